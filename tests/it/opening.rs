//! The opening of a generated client and its holds, on real sockets.

mod batches;

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use wirebond::{Contract, OpeningError, State, Unauthorized};

use crate::support::server::{Connection, Server, in_time};

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct Hello {
    nonce: u32,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct Identify {
    answer: u32,
    resume: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct Ready {
    resume: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct Channel {
    channel: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct Leaving {
    channel: String,
}

#[derive(Debug, Contract)]
enum App {
    #[message(from = "server")]
    Hello(Hello),
    #[message(from = "client")]
    Identify(Identify),
    #[message(from = "server")]
    Ready(Ready),
    #[message(from = "server")]
    Banned,
    #[message(from = "client")]
    Subscribe(Channel),
    #[message(from = "client")]
    Unsubscribe(Leaving),
    #[message(from = "client")]
    Touch,
    #[message(from = "client")]
    Note(String),
    #[message(from = "server")]
    Price(f64),
}

async fn open(peer: AppOpening, resume: Arc<Mutex<Option<String>>>) -> Result<(), OpeningError> {
    let hello = peer.expect_hello().await?;
    let last = resume.lock().unwrap().take();
    assert_eq!(peer.was_open(), last.is_some());
    assert_eq!(peer.response().status(), 101);
    peer.send_identify(&Identify { answer: hello.nonce + 1, resume: last }).await?;
    match peer.next().await? {
        App::Ready(ready) => {
            *resume.lock().unwrap() = Some(ready.resume);
            Ok(())
        }
        App::Banned => Err(Unauthorized::new("banned").into()),
        _ => Err(OpeningError::unexpected("a message")),
    }
}

fn client(server: &Server) -> AppClient {
    let resume = Arc::new(Mutex::new(None));
    AppClient::builder(server.url())
        .reconnect_interval(Duration::from_millis(20))
        .opening(move |peer: AppOpening| open(peer, Arc::clone(&resume)))
        .build()
        .unwrap()
}

async fn identify(connection: &mut Connection, answer: &str) -> serde_json::Value {
    connection.send_text(r#"{"type":"hello","data":{"nonce":7}}"#).await;
    let identify = connection.next_message().await;
    assert_eq!((&identify["type"], &identify["data"]["answer"]), (&json!("identify"), &json!(8)));
    connection.send_text(answer).await;
    identify["data"]["resume"].clone()
}

async fn next(connection: &mut Connection) -> (String, serde_json::Value) {
    let message = connection.next_message().await;
    (message["type"].as_str().unwrap().to_owned(), message["data"].clone())
}

#[tokio::test]
async fn a_cut_connection_is_opened_again_with_its_resume_token_and_gets_its_holds() {
    let server = Server::start().await;
    let app = client(&server);
    let prices = app.hold_subscribe(&Channel { channel: "prices".into() }).unwrap();
    let touch = app.hold_touch().unwrap();
    let count = Mutex::new(0);
    let note = app.hold_note_with(move || {
        let mut count = count.lock().unwrap();
        *count += 1;
        count.to_string()
    });
    let note = note.unwrap();
    let mut high = app.stream_price_where(|price| *price > 10.0);
    let ready = r#"{"type":"ready","data":{"resume":"r1"}}"#;
    let (connected, mut connection) = tokio::join!(in_time(app.connect()), async {
        let mut connection = server.accept().await;
        assert_eq!(identify(&mut connection, ready).await, json!(null));
        connection
    });
    connected.unwrap();
    for count in ["2", "3"] {
        let subscribed = ("subscribe".to_owned(), json!({ "channel": "prices" }));
        assert_eq!(in_time(next(&mut connection)).await, subscribed);
        assert_eq!(in_time(next(&mut connection)).await.0, "touch");
        assert_eq!(in_time(next(&mut connection)).await, ("note".to_owned(), json!(count)));
        if count == "2" {
            // No Close frame.
            drop(connection);
            connection = in_time(server.accept()).await;
            assert_eq!(identify(&mut connection, ready).await, json!("r1"));
        }
    }
    assert!(prices.is_sent());
    for price in [1.0, 11.0, 2.0, 12.0] {
        connection.send_text(&format!(r#"{{"type":"price","data":{price}}}"#)).await;
    }
    assert_eq!(in_time(high.next()).await.unwrap().data.to_string(), "11");
    assert_eq!(in_time(high.next()).await.unwrap().data.to_string(), "12");
    assert!(high.try_next().is_none());
    prices.release_with(&Leaving { channel: "prices".into() }).unwrap();
    let left = ("unsubscribe".to_owned(), json!({ "channel": "prices" }));
    assert_eq!(in_time(next(&mut connection)).await, left);
    touch.release();
    drop(note);
    assert_eq!(app.stats().holds, 0);
    assert_eq!(app.stats().connections, 2);
}

#[tokio::test]
async fn credentials_that_an_opening_finds_rejected_stop_a_client_without_a_provider() {
    let server = Server::start().await;
    let app = client(&server);
    let (connected, _connection) = tokio::join!(in_time(app.connect()), async {
        let mut connection = server.accept().await;
        identify(&mut connection, r#"{"type":"banned"}"#).await;
        connection
    });
    let error = connected.unwrap_err();
    assert_eq!(error.to_string(), "the credentials were rejected: banned");
    assert_eq!(app.state(), State::Closed);
}
