//! Typed calls of the client, and the client's answers to the server's calls, against a server that
//! writes its frames by hand.

use std::convert::Infallible;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use wirebond::{CallError, Contract, ErrorCode, ErrorKind, Event, Ran};

use crate::support::server::{Connection, Server, in_time};

mod foreign;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Order {
    item: String,
    count: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum OrderError {
    SoldOut,
}

#[derive(Debug, Contract)]
enum Desk {
    #[message(from = "client", reply = u64, error = OrderError, timeout = "5s")]
    PlaceOrder(Order),
    #[message(from = "client", reply = (), idempotent)]
    Touch,
    #[message(from = "client", reply = String)]
    Rename(String),
    #[message(from = "server", reply = bool, error = OrderError)]
    Confirm(Order),
    #[message(from = "server", reply = f64)]
    Measure,
    #[message(from = "server")]
    Bye,
}

async fn open(server: &Server) -> (DeskClient, Connection) {
    let desk = DeskClient::builder(server.url()).build().unwrap();
    let (connected, connection) = tokio::join!(desk.connect(), server.accept());
    connected.unwrap();
    (desk, connection)
}

#[tokio::test]
async fn the_client_calls_and_gets_typed_answers() {
    let server = Server::start().await;
    let (desk, mut connection) = open(&server).await;
    let order = Order { item: "tea".into(), count: 2 };
    let serve = async {
        let mut seen = Vec::new();
        for answer in [
            json!({"type": "place-order.reply", "data": 7}),
            json!({"type": "place-order.error", "data": "sold-out"}),
            json!({"type": "touch.reply"}),
            json!({"type": "rename.reply", "data": "Ada"}),
            json!({"type": "rename.error", "data": "no such error"}),
            json!({"type": "$error", "data": {"code": "busy"}}),
        ] {
            let request = connection.next_message().await;
            let mut answer = answer;
            answer["re"] = request["id"].clone();
            connection.send_text(&answer.to_string()).await;
            seen.push((request["type"].clone(), request["data"].clone()));
        }
        seen
    };
    let call = async {
        let placed: Result<u64, CallError<OrderError>> = desk.call_place_order(&order).await;
        assert_eq!(placed.unwrap(), 7);
        let refused = desk.call_place_order(&order).await.unwrap_err();
        assert_eq!(refused.into_refused(), Some(OrderError::SoldOut));
        desk.call_touch().await.unwrap();
        let renamed: Result<String, CallError<Infallible>> = desk.call_rename("Ada").await;
        assert_eq!(renamed.unwrap(), "Ada");
        let bad = desk.call_rename("Ada").await.unwrap_err();
        assert!(matches!(bad, CallError::BadAnswer { .. }), "{bad}");
        let busy = desk.call_rename("Ada").await.unwrap_err();
        assert!(matches!(busy, CallError::Peer { code: ErrorCode::Busy, .. }), "{busy}");
        assert_eq!(busy.ran(), Ran::No);
    };
    let (seen, ()) = in_time(async { tokio::join!(serve, call) }).await;
    let order = json!({"item": "tea", "count": 2});
    assert_eq!(seen[0], (json!("place-order"), order));
    assert_eq!(seen[2], (json!("touch"), Value::Null));
}

/// What the client answers to this.
async fn answer(connection: &mut Connection, call: Value) -> Value {
    connection.send_text(&call.to_string()).await;
    let mut answer = connection.next_message().await;
    answer.as_object_mut().unwrap().remove("timestamp");
    answer
}

fn confirm(id: u64, count: u32) -> Value {
    json!({"type": "confirm", "id": id, "data": {"item": "tea", "count": count}})
}

#[tokio::test]
async fn what_a_handler_returns_is_the_answer() {
    let server = Server::start().await;
    let (desk, mut connection) = open(&server).await;
    let unhandled = answer(&mut connection, confirm(1, 1)).await;
    assert_eq!((&unhandled["type"], &unhandled["re"]), (&json!("$error"), &json!(1)));
    assert_eq!(unhandled["data"]["code"], "unhandled");
    // Asynchronous, with all its ends.
    desk.on_confirm(|order| async move {
        tokio::task::yield_now().await;
        match order.count {
            0 => Err(OrderError::SoldOut),
            13 => panic!("unlucky"),
            count => Ok(count > 1),
        }
    });
    // Synchronous, without an error of its own.
    desk.on_measure(|| 0.5);
    let replied = answer(&mut connection, confirm(2, 2)).await;
    assert_eq!(replied, json!({"type": "confirm.reply", "re": 2, "data": true}));
    let refused = answer(&mut connection, confirm(3, 0)).await;
    assert_eq!(refused, json!({"type": "confirm.error", "re": 3, "data": "sold-out"}));
    let panicked = answer(&mut connection, confirm(4, 13)).await;
    assert_eq!(panicked["data"]["code"], "panicked");
    let measured = answer(&mut connection, json!({"type": "measure", "id": 5})).await;
    assert_eq!(measured, json!({"type": "measure.reply", "re": 5, "data": 0.5}));
    let wrong = json!({"type": "confirm", "id": 6, "data": {"item": "tea", "count": "x"}});
    let wrong = answer(&mut connection, wrong).await;
    assert_eq!(
        (&wrong["data"]["code"], &wrong["data"]["path"]),
        (&json!("payload"), &json!("count"))
    );
    let unknown = answer(&mut connection, json!({"type": "newer", "id": 7})).await;
    assert_eq!(unknown["data"]["code"], "unknown");
    // Without a number it is an ordinary message: the handler runs, and nobody is answered.
    connection.send_text(&json!({"type": "measure"}).to_string()).await;
    let next = answer(&mut connection, json!({"type": "measure", "id": 8})).await;
    assert_eq!(next["re"], 8);
}

#[tokio::test]
async fn an_answer_that_is_no_json_is_an_error_at_both_ends() {
    let server = Server::start().await;
    let (desk, mut connection) = open(&server).await;
    let mut events = desk.events();
    desk.on_measure(|| async { f64::NAN });
    let error = answer(&mut connection, json!({"type": "measure", "id": 1})).await;
    assert_eq!(error["data"]["code"], "panicked");
    let kind = async {
        loop {
            if let Some(Event::Error(error)) = events.next().await {
                return *error.kind();
            }
        }
    };
    assert_eq!(in_time(kind).await, ErrorKind::Handler);
}

struct Answering;

impl DeskHandler for Answering {
    async fn confirm(&mut self, order: Order) -> Result<bool, OrderError> {
        assert_ne!(order.count, 13, "unlucky");
        if order.count == 0 { Err(OrderError::SoldOut) } else { Ok(true) }
    }
    async fn measure(&mut self) -> f64 {
        1.5
    }
    async fn bye(&mut self) {}
}

#[tokio::test]
async fn the_handler_trait_answers() {
    let server = Server::start().await;
    let (desk, mut connection) = open(&server).await;
    desk.handle(Answering);
    let replied = answer(&mut connection, confirm(1, 2)).await;
    assert_eq!(replied, json!({"type": "confirm.reply", "re": 1, "data": true}));
    let refused = answer(&mut connection, confirm(2, 0)).await;
    assert_eq!(refused["type"], "confirm.error");
    let panicked = answer(&mut connection, confirm(3, 13)).await;
    assert_eq!(panicked["data"]["code"], "panicked");
    let measured = answer(&mut connection, json!({"type": "measure", "id": 4})).await;
    assert_eq!(measured["data"], 1.5);
}

#[tokio::test]
async fn the_first_of_several_handlers_answers() {
    let server = Server::start().await;
    let (desk, mut connection) = open(&server).await;
    desk.on_measure(|| 1.0);
    desk.on_measure(|| 2.0);
    let _stream = desk.stream_measure();
    for id in 1..3 {
        let measured = answer(&mut connection, json!({"type": "measure", "id": id})).await;
        assert_eq!((&measured["re"], &measured["data"]), (&json!(id), &json!(1.0)));
    }
    // A stream answers nothing.
    desk.off_measure();
    let unhandled = answer(&mut connection, json!({"type": "measure", "id": 3})).await;
    assert_eq!(unhandled["data"]["code"], "unhandled");
}
