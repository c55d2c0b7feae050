//! The generated client on a real socket: every method that a message gets, and every shape that a
//! handler may have.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::mpsc;
use wirebond::{Contract, Envelope, ErrorKind, Event, SendErrorKind, State};

use crate::support::server::{Connection, Server, in_time};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Chat {
    user: User,
    content: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
struct User {
    name: String,
}

#[derive(Debug, Clone, PartialEq, Contract)]
#[contract(version = "1.0.0")]
enum App {
    Chat(Chat),
    #[message(from = "server")]
    OrderUpdate(u32),
    #[message(from = "server", name = "user-status")]
    Presence(bool),
    Joined(User),
    Left(User),
    Typing,
    #[message(from = "client")]
    Leave,
}

fn ada() -> User {
    User { name: "Ada".to_owned() }
}

fn chat(content: &str) -> Chat {
    Chat { user: ada(), content: content.to_owned() }
}

async fn open() -> (Server, AppClient, Connection) {
    let server = Server::start().await;
    let app = AppClient::builder(server.url())
        .reconnect_interval(Duration::from_millis(20))
        .build()
        .unwrap();
    let (connected, connection) = tokio::join!(in_time(app.connect()), server.accept());
    connected.unwrap();
    (server, app, connection)
}

async fn send(connection: &mut Connection, message: App) {
    connection.send_text(&serde_json::to_string(&Envelope::now(message)).unwrap()).await;
}

#[tokio::test]
async fn every_way_to_send() {
    let (_server, app, mut connection) = open().await;
    app.send_chat(&chat("sent")).await.unwrap();
    app.try_send_chat(&chat("tried")).unwrap();
    app.send(&chat("typed")).await.unwrap();
    app.try_send(&chat("typed, tried")).unwrap();
    app.send_joined(&ada()).await.unwrap();
    app.send_left(&ada()).await.unwrap();
    app.send_leave().await.unwrap();
    app.try_send_typing().unwrap();
    app.untyped().send("any-name", &json!({"any": "thing"})).await.unwrap();

    for content in ["sent", "tried", "typed", "typed, tried"] {
        let received = connection.next_message().await;
        assert!(received["timestamp"].as_u64().unwrap() > 1_600_000_000_000, "milliseconds");
        let read: Envelope<App> = serde_json::from_value(received).unwrap();
        assert_eq!(read.message, App::Chat(chat(content)));
    }
    for (name, data) in [("joined", json!({"name": "Ada"})), ("left", json!({"name": "Ada"}))] {
        let received = connection.next_message().await;
        assert_eq!((&received["type"], &received["data"]), (&json!(name), &data));
    }
    for name in ["leave", "typing"] {
        let received = connection.next_message().await;
        assert_eq!((&received["type"], received.get("data")), (&json!(name), None));
    }
    assert_eq!(connection.next_message().await["data"]["any"], "thing");
}

#[tokio::test]
async fn every_shape_of_a_handler() {
    let (_server, app, mut connection) = open().await;
    let (sender, mut received) = mpsc::unbounded_channel();
    let reporter = |label: &'static str| {
        let sender = sender.clone();
        move |text: String| sender.send(format!("{label} {text}")).unwrap()
    };
    let report = reporter("sync");
    app.on_chat(move |chat| report(chat.content));
    let report = reporter("async");
    app.on_chat(move |chat| {
        let report = report.clone();
        async move {
            tokio::task::yield_now().await;
            report(chat.content);
        }
    });
    let report = reporter("fallible");
    app.on_chat(move |chat| {
        let number: u32 = chat.content.parse()?;
        report(number.to_string());
        Ok::<_, std::num::ParseIntError>(())
    });
    let report = reporter("boxed");
    app.on_chat(
        move |chat| -> std::pin::Pin<Box<dyn Future<Output = Result<(), String>> + Send>> {
            let report = report.clone();
            Box::pin(async move {
                report(chat.content);
                Ok(())
            })
        },
    );
    let report = reporter("unit");
    app.on_typing(move || report(String::new()));
    let report = reporter("error");
    app.on_error(move |error| report(error.to_string()));

    send(&mut connection, App::Chat(chat("7"))).await;
    let mut all: Vec<String> = Vec::new();
    for _ in 0..4 {
        all.push(in_time(received.recv()).await.unwrap());
    }
    all.sort();
    assert_eq!(all, ["async 7", "boxed 7", "fallible 7", "sync 7"]);

    send(&mut connection, App::Chat(chat("seven"))).await;
    send(&mut connection, App::Typing).await;
    let mut all: Vec<String> = Vec::new();
    for _ in 0..5 {
        all.push(in_time(received.recv()).await.unwrap());
    }
    assert!(all.iter().any(|line| line.starts_with("error") && line.contains("invalid digit")));
    assert!(all.contains(&"unit ".to_owned()), "{all:?}");
}

#[tokio::test]
async fn every_way_to_stop_listening() {
    let (_server, app, mut connection) = open().await;
    let received = Arc::new(Mutex::new(Vec::new()));
    let note = |label: &'static str| {
        let received = Arc::clone(&received);
        move |number: u32| received.lock().unwrap().push((label, number))
    };
    let cancelled = app.on_order_update(note("cancelled"));
    let guard = app.on_order_update(note("guarded")).guard();
    app.on_order_update(note("off"));
    let mut stream = app.stream_order_update();
    let mut marks = app.stream_presence();
    let mut step = async |number: u32| {
        send(&mut connection, App::OrderUpdate(number)).await;
        send(&mut connection, App::Presence(true)).await;
        in_time(marks.next()).await.unwrap();
    };
    step(1).await;
    cancelled.cancel();
    step(2).await;
    drop(guard);
    step(3).await;
    app.off_order_update();
    step(4).await;
    assert_eq!(
        *received.lock().unwrap(),
        [("cancelled", 1), ("guarded", 1), ("off", 1), ("guarded", 2), ("off", 2), ("off", 3)]
    );
    for number in 1..=4 {
        let received = in_time(stream.next()).await.unwrap();
        assert_eq!(received.data, number, "`off` leaves streams alone");
        assert!(received.timestamp.is_some());
    }
}

/// Records what it is called with.
#[derive(Default)]
struct Desk(Arc<Mutex<Vec<App>>>);

impl AppHandler for Desk {
    async fn chat(&mut self, data: Chat) {
        tokio::task::yield_now().await;
        self.0.lock().unwrap().push(App::Chat(data));
    }
    async fn order_update(&mut self, data: u32) {
        self.0.lock().unwrap().push(App::OrderUpdate(data));
    }
    async fn presence(&mut self, data: bool) {
        self.0.lock().unwrap().push(App::Presence(data));
    }
    async fn joined(&mut self, data: User) {
        self.0.lock().unwrap().push(App::Joined(data));
    }
    async fn left(&mut self, data: User) {
        self.0.lock().unwrap().push(App::Left(data));
    }
    async fn typing(&mut self) {
        self.0.lock().unwrap().push(App::Typing);
    }
}

#[tokio::test]
async fn the_whole_contract_in_arrival_order() {
    let (_server, app, mut connection) = open().await;
    let desk = Desk::default();
    let handled = Arc::clone(&desk.0);
    app.handle(desk);
    let mut messages = app.messages();
    let sent = [
        App::Chat(chat("first")),
        App::Typing,
        App::OrderUpdate(1),
        App::Joined(ada()),
        App::Presence(true),
        App::Left(ada()),
        App::Chat(chat("last")),
    ];
    for message in &sent {
        send(&mut connection, message.clone()).await;
    }
    for message in &sent {
        assert_eq!(in_time(messages.next()).await.unwrap().data, *message);
    }
    // The handler may still be busy with the last one; it gets the messages in the same order.
    in_time(async {
        while handled.lock().unwrap().len() < sent.len() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(*handled.lock().unwrap(), sent);
}

#[tokio::test]
async fn what_is_no_message_is_reported_and_everything_goes_on() {
    let (_server, app, mut connection) = open().await;
    let mut events = app.events();
    let mut updates = app.stream_order_update();
    app.on_chat(|_| {});
    let (sender, mut unknown) = mpsc::unbounded_channel();
    app.on_unknown(move |name, text| sender.send((name, text)).unwrap());
    let deep = "[".repeat(200_000);
    for (text, kind, message) in [
        ("not JSON", ErrorKind::Envelope, "at byte"),
        (&*deep, ErrorKind::Envelope, "at byte"),
        (
            r#"{"type":"chat","data":{"user":{"name":7},"content":""}}"#,
            ErrorKind::Payload,
            "user.name",
        ),
        (r#"{"type":"order-update","data":"x"}"#, ErrorKind::Payload, "order-update"),
    ] {
        connection.send_text(text).await;
        let error = next_error(&mut events).await;
        assert_eq!(*error.kind(), kind, "{error}");
        assert!(error.to_string().contains(message), "{error}");
    }
    connection.send_bytes(b"binary").await;
    assert_eq!(*next_error(&mut events).await.kind(), ErrorKind::Binary);
    // Only the client sends this one; from the server it is an unknown message.
    for text in [r#"{"type":"weather","data":1}"#, r#"{"type":"leave"}"#] {
        connection.send_text(text).await;
        let (name, raw) = in_time(unknown.recv()).await.unwrap();
        assert_eq!(raw, text);
        assert!(text.contains(&name));
    }
    send(&mut connection, App::OrderUpdate(42)).await;
    assert_eq!(in_time(updates.next()).await.unwrap().data, 42);
    assert_eq!(app.state(), State::Open);
    assert_eq!((app.stats().malformed, app.stats().unknown), (5, 2));
}

async fn next_error(events: &mut wirebond::Events) -> wirebond::Error {
    loop {
        if let Event::Error(error) = in_time(events.next()).await.unwrap() {
            return error;
        }
    }
}

#[tokio::test]
async fn a_panic_in_a_handler_is_reported_and_the_next_message_is_handled() {
    let (_server, app, mut connection) = open().await;
    let mut events = app.events();
    let (sender, mut received) = mpsc::unbounded_channel();
    app.on_order_update(move |number| {
        assert_ne!(number, 1, "not this one");
        sender.send(number).unwrap();
    });
    send(&mut connection, App::OrderUpdate(1)).await;
    send(&mut connection, App::OrderUpdate(2)).await;
    assert_eq!(in_time(received.recv()).await, Some(2));
    let error = next_error(&mut events).await;
    assert_eq!(
        (error.kind(), error.message_name()),
        (&ErrorKind::HandlerPanic, Some("order-update"))
    );
    assert!(error.to_string().contains("not this one"), "{error}");
}

#[tokio::test]
async fn cut_off_and_back_subscriptions_and_queue_outlive_it() {
    let (server, app, mut connection) = open().await;
    let mut updates = app.stream_order_update();
    send(&mut connection, App::OrderUpdate(1)).await;
    assert_eq!(in_time(updates.next()).await.unwrap().data, 1);
    drop(connection);
    let mut states = app.watch_state();
    in_time(states.wait_for(|state| *state != State::Open)).await.unwrap();
    app.send_chat(&chat("while off line")).await.unwrap();
    let mut connection = server.accept().await;
    assert_eq!(connection.next_message().await["data"]["content"], "while off line");
    send(&mut connection, App::OrderUpdate(2)).await;
    assert_eq!(in_time(updates.next()).await.unwrap().data, 2);

    let ((), ()) = tokio::join!(in_time(app.disconnect()), connection.until_closed());
    assert_eq!(app.state(), State::Closed);
    assert_eq!(app.stats().unconfirmed, 0, "asked about before the Close");
    // A closed client refuses to send; `connect` opens it again.
    let refused = app.send_typing().await.unwrap_err();
    assert_eq!(*refused.kind(), SendErrorKind::Stopped);
    let (connected, mut connection) = tokio::join!(in_time(app.connect()), server.accept());
    connected.unwrap();
    app.send_typing().await.unwrap();
    assert_eq!(connection.next_message().await["type"], "typing");
}

#[tokio::test]
async fn a_payload_that_cannot_be_serialized_is_the_callers_error() {
    #[derive(Debug, Contract)]
    enum Odd {
        Map(std::collections::BTreeMap<Vec<u8>, u8>),
    }
    let odd = OddClient::builder("ws://localhost/").build().unwrap();
    let map = std::collections::BTreeMap::from([(vec![1], 1)]);
    let error = odd.send_map(&map).await.unwrap_err();
    assert_eq!((error.kind(), error.message_name()), (&SendErrorKind::Payload, Some("map")));
    assert_eq!(odd.stats().accepted, 0);
}

#[derive(Debug, Contract)]
#[contract(client = "MeasuredClient")]
enum Measured {
    Value(f64),
    Pair((f32, Option<f64>)),
}

#[tokio::test]
async fn case_68_a_typed_payload_with_nan_is_refused_and_reaches_nobody() {
    let app = MeasuredClient::builder("ws://localhost/").build().unwrap();
    let errors = [
        app.send_value(&f64::NAN).await.unwrap_err(),
        app.try_send_value(&f64::INFINITY).unwrap_err(),
        app.send(&f64::NAN).await.unwrap_err(),
        app.try_send(&(1.0, Some(f64::NAN))).unwrap_err(),
        app.send_pair(&(f32::NEG_INFINITY, None)).tracked().await.unwrap_err(),
    ];
    for error in errors {
        assert_eq!(*error.kind(), SendErrorKind::Payload, "{error}");
        assert!(error.to_string().contains("is no number in JSON"), "{error}");
    }
    app.send_pair(&(1.5, None)).await.unwrap();
    assert_eq!(app.stats().accepted, 1);
}

mod texts {
    #![allow(unused_qualifications, reason = "a path is another way to write it")]

    use super::Contract;

    #[derive(Debug, Contract)]
    #[contract(client = "TextClient")]
    pub(crate) enum Texts {
        Note(String),
        Alias(std::string::String),
        Tags(Vec<String>),
    }
}

/// One `String`, so that its type alone picks the message.
#[derive(Debug, Contract)]
#[contract(client = "OneTextClient")]
enum OneText {
    Note(String),
    Count(u32),
}

mod own {
    use super::{Contract, Deserialize, JsonSchema, Serialize};

    /// Another type of that name.
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    pub(crate) struct String(pub(crate) u8);

    #[derive(Debug, Contract)]
    #[contract(client = "OwnClient")]
    pub(crate) enum Own {
        Note(String),
    }
}

#[tokio::test]
async fn field_d9_text_may_stand_for_a_string() {
    let app = texts::TextClient::builder("ws://localhost/").build().unwrap();
    let (owned, boxed) = (String::from("owned"), Box::<str>::from("boxed"));
    let shared: Arc<str> = Arc::from("shared");
    app.send_note("text").await.unwrap();
    app.send_note(&owned).await.unwrap();
    app.send_note(&"reference").await.unwrap();
    app.send_note(&boxed).await.unwrap();
    app.send_note(&shared).await.unwrap();
    app.send_note(&std::borrow::Cow::from("borrowed")).await.unwrap();
    let receipt = app.send_note(&format!("for{}", "matted")).tracked().await.unwrap();
    assert_eq!(receipt.name(), "note");
    app.try_send_note("tried").unwrap();
    app.try_send_alias("written with its path").unwrap();
    app.send_tags(&vec!["a list is a list".to_owned()]).await.unwrap();
    assert_eq!(app.stats().accepted, 10);

    let (server, one) = {
        let server = Server::start().await;
        let one = OneTextClient::builder(server.url()).build().unwrap();
        (server, one)
    };
    let (connected, mut connection) = tokio::join!(in_time(one.connect()), server.accept());
    connected.unwrap();
    one.send("typed").await.unwrap();
    one.send(&owned).await.unwrap();
    one.try_send("tried").unwrap();
    one.send_note("named").await.unwrap();
    for text in ["typed", "owned", "tried", "named"] {
        assert_eq!(connection.next_message().await["data"], text);
    }

    let own = own::OwnClient::builder("ws://localhost/").build().unwrap();
    own.send_note(&own::String(1)).await.unwrap();
    own.send(&own::String(1)).await.unwrap();
}
