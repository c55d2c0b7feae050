//! Alpaca market data.

use wirebond::State;

use crate::support::{Connection, Server, in_time, reaches, soon};

#[path = "../../examples/wires/alpaca_stream.rs"]
mod wire;

use wire::{Alpaca, Channels, builder};

const CONNECTED: &str = r#"[{"T":"success","msg":"connected"}]"#;
const AUTH: &str = r#"{"action":"auth","key":"PK1","secret":"s3"}"#;
const AUTHENTICATED: &str = r#"[{"T":"success","msg":"authenticated"}]"#;

/// Frames, and the messages that are in each.
const FRAMES: [(&str, &[&str]); 11] = [
    (
        r#"[{"T":"subscription","trades":["AAPL"],"quotes":["AMD"],"bars":["*"],"updatedBars":[],"dailyBars":[],"statuses":[],"lulds":[],"corrections":["AAPL"],"cancelErrors":["AAPL"]}]"#,
        &["Subscription"],
    ),
    (
        r#"[{"T":"t","S":"AAPL","i":96921,"x":"D","p":126.55,"s":1,"t":"2026-08-01T14:30:00.123456789Z","c":["@","I"],"z":"C"}]"#,
        &["Trade"],
    ),
    (
        r#"[{"T":"q","S":"AMD","bx":"U","bp":87.66,"bs":1,"ax":"Q","ap":87.68,"as":4,"t":"2026-08-01T14:30:00.2Z","c":["R"],"z":"C"},{"T":"t","S":"AAPL","i":96922,"x":"D","p":126.56,"s":5,"t":"2026-08-01T14:30:00.3Z","c":["@"],"z":"C"}]"#,
        &["Quote", "Trade"],
    ),
    (
        r#"[{"T":"b","S":"SPY","o":388.985,"h":389.13,"l":388.975,"c":389.12,"v":49378,"n":461,"vw":389.062639,"t":"2026-08-01T14:30:00Z"}]"#,
        &["Bar"],
    ),
    (
        r#"[{"T":"s","S":"AAPL","sc":"H","sm":"Trading Halt","rc":"T12","rm":"Info Requested","t":"2026-08-01T15:00:00Z","z":"C"}]"#,
        &["TradingStatus"],
    ),
    (
        r#"[{"T":"l","S":"IONM","u":3.24,"d":2.65,"i":"B","t":"2026-08-01T15:00:01Z","z":"C"}]"#,
        &["Luld"],
    ),
    (
        r#"[{"T":"x","S":"GOOGL","i":20,"x":"D","p":100,"s":1,"a":"C","t":"2026-08-01T15:00:02Z","z":"C"}]"#,
        &["CancelError"],
    ),
    (
        r#"[{"T":"c","S":"EEM","x":"M","oi":52,"op":39.1,"os":100,"oc":["@","7"],"ci":53,"cp":39.2,"cs":100,"cc":["@"],"t":"2026-08-01T15:00:03Z","z":"B"}]"#,
        &["Correction"],
    ),
    (
        r#"[{"T":"n","id":24918784,"headline":"h","summary":"","author":"a","created_at":"2026-08-01T15:00:04Z","updated_at":"2026-08-01T15:00:04Z","url":"https://x","content":"","symbols":["AAPL"],"source":"s"}]"#,
        &["News"],
    ),
    (
        r#"[{"T":"o","S":"BTC/USD","t":"2026-08-01T15:00:05Z","b":[{"p":60000,"s":0.1}],"a":[],"r":true}]"#,
        &["Orderbook"],
    ),
    (r#"[{"T":"error","code":405,"msg":"symbol limit exceeded"}]"#, &["Error"]),
];

async fn open(server: &Server) -> Connection {
    let mut peer = server.accept().await;
    peer.send(CONNECTED).await;
    peer.expect(AUTH).await;
    peer.send(AUTHENTICATED).await;
    peer
}

fn trades() -> Channels {
    Channels {
        trades: vec!["AAPL".to_owned()],
        quotes: vec!["AMD".to_owned()],
        bars: vec!["*".to_owned()],
        ..Channels::default()
    }
}

#[tokio::test]
async fn every_message_of_every_frame_arrives() {
    let server = Server::start().await;
    let app = soon(builder(&server.url(), "PK1", "s3"));
    let mut messages = app.messages();
    let (connected, mut peer) = tokio::join!(app.connect(), open(&server));
    connected.unwrap();
    for (frame, variants) in FRAMES {
        peer.send(frame).await;
        for variant in variants {
            let message = in_time(messages.next()).await.unwrap().data;
            assert!(format!("{message:?}").starts_with(&format!("{variant}(")), "{message:?}");
        }
    }
    // A message that can't be read leaves its neighbours alone.
    peer.send(r#"[{"T":"t","S":7},{"T":"?"},{"T":"error","code":405,"msg":"x"}]"#).await;
    let message = in_time(messages.next()).await.unwrap().data;
    assert!(matches!(message, Alpaca::Error(_)), "{message:?}");
    assert_eq!((app.stats().malformed, app.stats().unknown), (1, 1));
}

#[tokio::test]
async fn subscriptions_come_back_after_a_cut_behind_the_login() {
    let server = Server::start().await;
    let app = soon(builder(&server.url(), "PK1", "s3"));
    let hold = app.hold_subscribe(&trades()).unwrap();
    let (connected, mut peer) = tokio::join!(app.connect(), open(&server));
    connected.unwrap();
    let subscribe = r#"{"action":"subscribe","trades":["AAPL"],"quotes":["AMD"],"bars":["*"]}"#;
    peer.expect(subscribe).await;
    drop(peer);
    let mut peer = in_time(open(&server)).await;
    peer.expect(subscribe).await;
    let quotes = Channels { quotes: vec!["AMD".to_owned()], ..Channels::default() };
    app.send_unsubscribe(&quotes).await.unwrap();
    peer.expect(r#"{"action":"unsubscribe","quotes":["AMD"]}"#).await;
    drop(hold);
}

#[tokio::test]
async fn a_refused_key_stops_and_too_many_connections_are_tried_again() {
    let server = Server::start().await;
    let app = soon(builder(&server.url(), "PK1", "s3"));
    let served = async {
        let mut peer = server.accept().await;
        peer.send(CONNECTED).await;
        peer.expect(AUTH).await;
        peer.send(r#"[{"T":"error","code":402,"msg":"auth failed"}]"#).await;
        peer
    };
    let (connected, _peer) = tokio::join!(app.connect(), served);
    let error = connected.unwrap_err().to_string();
    assert!(error.contains("auth failed"), "{error}");
    assert!(!error.contains("s3"), "{error}");

    // Once it has been open, it goes on trying.
    let (connected, peer) = tokio::join!(app.connect(), open(&server));
    connected.unwrap();
    drop(peer);
    let mut peer = server.accept().await;
    peer.send(CONNECTED).await;
    peer.expect(AUTH).await;
    peer.send(r#"[{"T":"error","code":406,"msg":"connection limit exceeded"}]"#).await;
    let _peer = in_time(open(&server)).await;
    reaches(app.watch_state(), State::Open).await;
}

#[test]
fn the_contract_is_a_document() {
    let frames: Vec<_> = FRAMES.iter().map(|(frame, _)| (*frame, "")).collect();
    crate::support::document_takes::<Alpaca>(&frames);
}
