//! The typed client on the wires of others: what it writes, and what it makes of what arrives.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use wirebond::{
    ClientEnvelope, Contract, Envelope, ErrorKind, Event, HeartbeatKind, Inbox, JsonText,
    ServerEnvelope, Sessions,
};

use crate::support::server::{Server, in_time};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Trade {
    symbol: String,
    price: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Subscribe {
    trades: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Failure {
    error: String,
}

#[derive(Debug, PartialEq, Contract)]
#[contract(batch, client(tag = "action"), server(tag = "T"))]
enum Feed {
    #[message(from = "client")]
    Subscribe(Subscribe),
    #[message(from = "client")]
    Ping,
    #[message(from = "server", name = "t")]
    Trade(Trade),
    #[message(from = "server")]
    Success,
    #[message(from = "server", key = "error")]
    Failed(Failure),
}

fn trade(symbol: &str) -> Trade {
    Trade { symbol: symbol.to_owned(), price: 1.5 }
}

#[tokio::test]
async fn messages_are_written_and_read_in_the_form_of_either_side() {
    let server = Server::start().await;
    let feed = FeedClient::builder(server.url()).build().unwrap();
    let (connected, mut connection) = tokio::join!(in_time(feed.connect()), server.accept());
    connected.unwrap();
    feed.send_subscribe(&Subscribe { trades: vec!["A".into()] }).await.unwrap();
    feed.send_ping().await.unwrap();
    feed.untyped().send("subscribe", &json!({"trades": []})).await.unwrap();
    feed.untyped().send("later", &()).await.unwrap();
    for written in [
        json!({"action": "subscribe", "trades": ["A"]}),
        json!({"action": "ping"}),
        json!({"action": "subscribe", "trades": []}),
        json!({"action": "later"}),
    ] {
        assert_eq!(connection.next_message().await, written);
    }
    let error = feed.untyped().try_send("subscribe", &json!({"action": 1})).unwrap_err();
    assert!(error.to_string().contains("`action`"), "{error}");

    let (sender, mut received) = mpsc::unbounded_channel();
    let to = |sender: &mpsc::UnboundedSender<String>| sender.clone();
    let sent = to(&sender);
    feed.on_trade(move |trade| sent.send(format!("trade {}", trade.symbol)).unwrap());
    let sent = to(&sender);
    feed.on_success(move || sent.send("success".to_owned()).unwrap());
    let sent = to(&sender);
    feed.on_failed(move |failed| sent.send(format!("failed {}", failed.error)).unwrap());
    let sent = to(&sender);
    feed.untyped()
        .on("status", move |status: Value| sent.send(format!("status {status}")).unwrap());
    let sent = to(&sender);
    feed.untyped().on_unknown(move |name, _| sent.send(format!("unknown {name}")).unwrap());
    connection.send_text(r#"{"T":"t","symbol":"A","price":1}"#).await;
    connection
        .send_text(r#"[{"symbol":"B","price":1,"T":"t"},{"T":"success"},{"error":"limit"},{"T":"status","up":true}]"#)
        .await;
    // These are anybody's names here: nothing answers, and nothing is hidden.
    connection.send_text(r#"[{"T":"ping"},{"T":"$error"},{"T":"failed"}, {"T":"x.reply"}]"#).await;
    for expected in [
        "trade A",
        "trade B",
        "success",
        "failed limit",
        r#"status {"up":true}"#,
        "unknown ping",
        "unknown $error",
        "unknown \"failed\"",
        "unknown x.reply",
    ] {
        assert_eq!(in_time(received.recv()).await.unwrap(), expected);
    }
    assert_eq!(feed.untyped().stats().received, 9, "each message of a batch counts");
    feed.send_ping().await.unwrap();
    assert_eq!(
        connection.next_message().await,
        json!({"action": "ping"}),
        "no `ping` was answered"
    );
}

#[tokio::test]
async fn one_bad_message_of_a_batch_loses_none_of_its_neighbours() {
    let server = Server::start().await;
    let feed = FeedClient::builder(server.url()).build().unwrap();
    let mut events = feed.untyped().events();
    let mut trades = feed.stream_trade();
    let (connected, mut connection) = tokio::join!(in_time(feed.connect()), server.accept());
    connected.unwrap();
    let good = r#"{"T":"t","symbol":"A","price":1}"#;
    let bad = r#"{"T":"t","symbol":7}"#;
    connection.send_text(&format!("[{good},7,{bad},{good},[{good}],{good}]")).await;
    // Broken syntax ends the frame, with one error.
    connection.send_text(&format!("[{good},{{,{good}]")).await;
    // The reports of one frame are bounded.
    connection.send_text(&format!("[{}{good}]", "1,".repeat(1_000))).await;
    for _ in 0..5 {
        assert_eq!(in_time(trades.next()).await.unwrap().data.symbol, "A");
    }
    assert_eq!(feed.untyped().stats().malformed, 3 + 1 + 1_000);
    feed.disconnect().await;
    let mut errors = Vec::new();
    drop(feed);
    while let Some(event) = in_time(events.next()).await {
        if let Event::Error(error) = event {
            errors.push((*error.kind(), error.to_string()));
        }
    }
    assert_eq!(errors.len(), 3 + 1 + 16 + 1, "{errors:?}");
    assert_eq!(errors[1].0, ErrorKind::Payload);
    assert!(errors.last().unwrap().1.contains("984 more"), "{errors:?}");
}

#[tokio::test]
async fn a_batch_waits_for_room_as_single_messages_do() {
    let server = Server::start().await;
    let feed = FeedClient::builder(server.url()).inbox(Inbox::wait(4)).build().unwrap();
    let mut trades = feed.stream_trade();
    let (connected, mut connection) = tokio::join!(in_time(feed.connect()), server.accept());
    connected.unwrap();
    let all: Vec<_> =
        (0..10_000).map(|n| format!(r#"{{"T":"t","symbol":"{n}","price":1}}"#)).collect();
    connection.send_text(&format!("[{}]", all.join(","))).await;
    connection.send_text(r#"{"T":"t","symbol":"last","price":1}"#).await;
    // Until somebody takes them, no more are read than there is room for.
    in_time(async {
        while feed.untyped().stats().received < 4 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert!(feed.untyped().stats().received <= 5, "{:?}", feed.untyped().stats());
    for n in 0..10_000 {
        assert_eq!(in_time(trades.next()).await.unwrap().data.symbol, n.to_string());
    }
    assert_eq!(in_time(trades.next()).await.unwrap().data.symbol, "last");
}

#[tokio::test]
async fn a_million_messages_of_one_frame_hold_nothing_up() {
    let server = Server::start().await;
    let feed = FeedClient::builder(server.url()).max_message_size(8 << 20).build().unwrap();
    let (connected, mut connection) = tokio::join!(in_time(feed.connect()), server.accept());
    connected.unwrap();
    connection.send_text(&format!("[{}1]", "1,".repeat(999_999))).await;
    // What is sent goes out in between.
    feed.send_ping().await.unwrap();
    assert_eq!(connection.next_message().await, json!({"action": "ping"}));
    in_time(async {
        while feed.untyped().stats().malformed < 1_000_000 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn an_opening_gets_the_messages_of_a_batch_one_by_one() {
    let server = Server::start().await;
    let feed = FeedClient::builder(server.url()).opening(|peer: FeedOpening| async move {
        peer.expect_success().await?;
        peer.send_ping().await?;
        peer.expect_success().await
    });
    let feed = feed.build().unwrap();
    let mut trades = feed.stream_trade();
    let serve = async {
        let mut connection = server.accept().await;
        connection.send_text(r#"[{"T":"success"}]"#).await;
        assert_eq!(connection.next_message().await, json!({"action": "ping"}));
        let trade = |name: &str| format!(r#"{{"T":"t","symbol":"{name}","price":1}}"#);
        let frame = format!(r#"[{{"T":"success"}},{},{}]"#, trade("A"), trade("B"));
        connection.send_text(&frame).await;
        connection
    };
    let (connected, _connection) = tokio::join!(in_time(feed.connect()), serve);
    connected.unwrap();
    for symbol in ["A", "B"] {
        assert_eq!(in_time(trades.next()).await.unwrap().data.symbol, symbol);
    }
}

#[tokio::test]
async fn an_array_is_one_error_where_the_form_has_no_batches() {
    #[derive(Debug, Contract)]
    #[contract(tag = "T")]
    enum Single {
        #[message(from = "server", name = "t")]
        Trade(Trade),
    }

    let server = Server::start().await;
    let single = SingleClient::builder(server.url()).build().unwrap();
    let mut trades = single.stream_trade();
    let (connected, mut connection) = tokio::join!(in_time(single.connect()), server.accept());
    connected.unwrap();
    connection.send_text(r#"[{"T":"t","symbol":"A","price":1},1,2]"#).await;
    connection.send_text(r#"{"T":"t","symbol":"B","price":1}"#).await;
    assert_eq!(in_time(trades.next()).await.unwrap().data.symbol, "B");
    assert_eq!(single.untyped().stats().malformed, 1);
}

#[test]
fn what_only_wirebonds_own_form_has_is_refused_with_the_reason() {
    let builder = || FeedClient::builder("ws://127.0.0.1:1/");
    for (error, what) in [
        (builder().heartbeat(HeartbeatKind::Both).build(), "heartbeat"),
        (builder().heartbeat(HeartbeatKind::Message).build(), "heartbeat"),
        (builder().sessions(Sessions::Prefer).build(), "sessions"),
        (builder().contract("1.0.0 x").build(), "contract"),
    ] {
        let error = error.unwrap_err().to_string();
        assert!(error.contains(what) && error.contains("declares another"), "{error}");
    }
    assert!(builder().heartbeat(HeartbeatKind::Off).build().is_ok());
}

#[test]
fn envelopes_have_the_form_of_their_side() {
    let text = r#"{"T":"t","symbol":"A","price":1.5}"#;
    let message = Feed::Trade(trade("A"));
    let envelope: ServerEnvelope<Feed> = serde_json::from_str(text).unwrap();
    assert_eq!(envelope, ServerEnvelope { message, timestamp: None });
    assert_eq!(serde_json::to_string(&ServerEnvelope::now(envelope.message)).unwrap(), text);
    let ping = serde_json::to_value(ClientEnvelope::from(Feed::Ping)).unwrap();
    assert_eq!(ping, json!({"action": "ping"}));
    assert_eq!(serde_json::from_value::<ClientEnvelope<Feed>>(ping).unwrap().message, Feed::Ping);
    let failed: ServerEnvelope<Feed> = serde_json::from_str(r#"{"error":"x"}"#).unwrap();
    assert_eq!(failed.message, Feed::Failed(Failure { error: "x".into() }));
    // The other side's, and what is none.
    for wrong in
        [r#"{"action":"t","symbol":"A","price":1}"#, r#"{"T":"t"}"#, r#"{"action":"x"}"#, "[]"]
    {
        assert!(serde_json::from_str::<ClientEnvelope<Feed>>(wrong).is_err(), "{wrong}");
    }

    #[derive(Debug, PartialEq, Contract)]
    #[contract(tag = "event", content = "data", timestamp = "at")]
    enum One {
        Price(JsonText<Trade>),
        Quiet,
    }
    let text = r#"{"event":"price","data":"{\"symbol\":\"A\",\"price\":1.5}","at":7}"#;
    let envelope: Envelope<One> = serde_json::from_str(text).unwrap();
    assert_eq!(envelope.message, One::Price(JsonText(trade("A"))));
    assert_eq!(envelope.timestamp, Some(7));
    assert_eq!(serde_json::to_string(&envelope).unwrap(), text);
    let quiet = serde_json::to_string(&Envelope { message: One::Quiet, timestamp: None }).unwrap();
    assert_eq!(quiet, r#"{"event":"quiet"}"#);
}
