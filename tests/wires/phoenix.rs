//! Phoenix Channels, serializer 1.0.0, as Supabase Realtime speaks it.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use wirebond::State;

use crate::support::{Connection, Server, arrives, in_time, json, reaches, soon};

#[path = "../../examples/wires/phoenix.rs"]
mod wire;

use wire::{Event, Frame, Leave, Params, Phoenix, PhoenixClient, Status, Token, builder, join};

const ROOM: &str = "realtime:room1";
const JOIN: &str = r#"{"topic":"realtime:room1","event":"phx_join","payload":{"config":{"broadcast":{"ack":false,"self":false},"presence":{"key":"","enabled":true},"postgres_changes":[{"event":"*","schema":"public","table":"notes","filter":"id=gt.0"}],"private":false},"access_token":"jwt"},"ref":"1","join_ref":"1"}"#;
const OK: &str = r#"{"topic":"realtime:room1","event":"phx_reply","payload":{"status":"ok","response":{"postgres_changes":[{"id":34219287,"event":"*","schema":"public","table":"notes","filter":"id=gt.0"}]}},"ref":"1"}"#;
const REFUSED: &str = r#"{"topic":"realtime:room1","event":"phx_reply","payload":{"status":"error","response":{"reason":"Unauthorized: You do not have permissions"}},"ref":"1"}"#;
const CURSOR: &str = r#"{"topic":"realtime:room1","event":"broadcast","payload":{"type":"broadcast","event":"cursor","payload":{"x":1}},"ref":null}"#;
const CLOSED: &str = r#"{"topic":"realtime:room1","event":"phx_close","payload":{},"ref":"1"}"#;

const FRAMES: [(&str, &str); 11] = [
    (OK, "Reply"),
    (
        r#"{"topic":"realtime:room1","event":"presence_state","payload":{},"ref":null}"#,
        "PresenceState",
    ),
    (
        r#"{"topic":"realtime:room1","event":"system","payload":{"extension":"postgres_changes","status":"ok","message":"Subscribed to PostgreSQL","channel":"room1"},"ref":null}"#,
        "System",
    ),
    (REFUSED, "Reply"),
    (
        r#"{"topic":"phoenix","event":"phx_reply","payload":{"status":"ok","response":{}},"ref":"7"}"#,
        "Reply",
    ),
    (CLOSED, "Closed"),
    (CURSOR, "Broadcast"),
    (
        r#"{"topic":"realtime:room1","event":"postgres_changes","payload":{"ids":[34219287],"data":{"schema":"public","table":"notes","commit_timestamp":"2026-08-01T10:00:00.877Z","type":"UPDATE","columns":[{"name":"id","type":"int8"}],"record":{"id":46},"old_record":{"id":46},"errors":null}},"ref":null}"#,
        "PostgresChanges",
    ),
    (
        r#"{"topic":"realtime:room1","event":"presence_diff","payload":{"joins":{"k1":{"metas":[{"phx_ref":"F0","user":"ann"}]}},"leaves":{}},"ref":null}"#,
        "PresenceDiff",
    ),
    (
        r#"{"topic":"realtime:room1","event":"phx_error","payload":{"reason":"channel_crash"},"ref":"1"}"#,
        "Crashed",
    ),
    (
        r#"{"topic":"realtime:room1","event":"system","payload":{"extension":"system","status":"error","message":"Token has expired 10 seconds ago","channel":"room1"},"ref":null}"#,
        "System",
    ),
];

async fn open(server: &Server) -> (PhoenixClient, Connection) {
    let app = soon(builder(&server.url()));
    let (connected, peer) = tokio::join!(app.connect(), server.accept());
    connected.unwrap();
    (app, peer)
}

/// Takes a frame that looks like this but for its `ref`, which is returned.
async fn asked(peer: &mut Connection, frame: &str) -> String {
    let mut received = json(&peer.text().await);
    let mut expected = json(frame);
    let own = received["ref"].as_str().expect("a string").to_owned();
    expected["ref"] = received["ref"].take();
    received["ref"] = expected["ref"].clone();
    assert_eq!(received, expected);
    own
}

/// Takes a join of the room, and returns its `ref`.
async fn joined(peer: &mut Connection, token: &str) -> String {
    let frame = json(&peer.text().await);
    let own = frame["ref"].as_str().expect("a string").to_owned();
    let expected = json!({
        "topic": ROOM, "event": "phx_join", "payload": { "access_token": token }, "ref": own, "join_ref": own,
    });
    assert_eq!(frame, expected);
    own
}

fn answer(own: &str, status: &str, response: &Value) -> String {
    let payload = json!({ "status": status, "response": response });
    json!({ "topic": ROOM, "event": "phx_reply", "payload": payload, "ref": own }).to_string()
}

#[tokio::test]
async fn every_frame_of_the_server_is_its_message() {
    let server = Server::start().await;
    let (app, mut peer) = open(&server).await;
    let mut messages = app.messages();
    arrives(&mut peer, &mut messages, &FRAMES).await;
    // Older servers say nothing of a crash, and what was deleted has no record.
    peer.send(r#"{"topic":"t","event":"phx_error","payload":{},"ref":"1"}"#).await;
    peer.send(r#"{"topic":"t","event":"postgres_changes","payload":{"ids":[1],"data":{"schema":"public","table":"notes","commit_timestamp":"","type":"DELETE","columns":[],"old_record":{"id":46},"errors":null}},"ref":null}"#).await;
    for _ in 0..2 {
        in_time(messages.next()).await.unwrap();
    }
    assert_eq!((app.stats().malformed, app.stats().unknown), (0, 0));
}

#[tokio::test]
async fn what_the_client_sends_is_as_documented() {
    let server = Server::start().await;
    let (app, mut peer) = open(&server).await;
    let params = Params(json(JOIN)["payload"].take());
    app.send_join(&Frame::new(ROOM, params).with_ref("1").with_join_ref("1")).await.unwrap();
    peer.expect(JOIN).await;
    let token = Token { access_token: "jwt2".to_owned() };
    assert!(!format!("{token:?}").contains("jwt2"));
    app.send_access_token(&Frame::new(ROOM, token).with_ref("10").with_join_ref("1"))
        .await
        .unwrap();
    peer.expect(r#"{"topic":"realtime:room1","event":"access_token","payload":{"access_token":"jwt2"},"ref":"10","join_ref":"1"}"#).await;
    let cursor = Event {
        r#type: "broadcast".to_owned(),
        event: "cursor".to_owned(),
        payload: json!({ "x": 1 }),
    };
    let cursor = Frame::new(ROOM, cursor);
    app.send_broadcast(&cursor.clone().with_ref("8").with_join_ref("1")).await.unwrap();
    peer.expect(r#"{"topic":"realtime:room1","event":"broadcast","payload":{"type":"broadcast","event":"cursor","payload":{"x":1}},"ref":"8","join_ref":"1"}"#).await;
    // The key stands there without a value, too.
    app.send_broadcast(&cursor).await.unwrap();
    peer.expect(CURSOR).await;
    app.send_new_msg(&Frame::new("room:9", json!({ "body": "x" }))).await.unwrap();
    peer.expect(r#"{"topic":"room:9","event":"new_msg","payload":{"body":"x"},"ref":null}"#).await;
}

#[tokio::test]
async fn calls_are_answered_in_any_order() {
    let server = Server::start().await;
    let (app, mut peer) = open(&server).await;
    let track = Event {
        r#type: "presence".to_owned(),
        event: "track".to_owned(),
        payload: json!({ "user": "ann" }),
    };
    let track = Frame::new(ROOM, track).with_join_ref("1");
    let message = Frame::new("room:9", json!({ "body": "x" }));
    let leave = Frame::new(ROOM, Leave {}).with_join_ref("1");
    let calls = async {
        tokio::join!(app.call_presence(&track), app.call_new_msg(&message), app.call_leave(&leave))
    };
    let served = async {
        let track = asked(&mut peer, r#"{"topic":"realtime:room1","event":"presence","payload":{"type":"presence","event":"track","payload":{"user":"ann"}},"ref":"9","join_ref":"1"}"#).await;
        let message = asked(
            &mut peer,
            r#"{"topic":"room:9","event":"new_msg","payload":{"body":"x"},"ref":"12"}"#,
        )
        .await;
        let leave = asked(&mut peer, r#"{"topic":"realtime:room1","event":"phx_leave","payload":{},"ref":"11","join_ref":"1"}"#).await;
        // The close of a channel, whose join wasn't numbered by a call, answers none.
        peer.send(&CLOSED.replace(r#""1""#, r#""join-1""#)).await;
        peer.send(&answer(&leave, "ok", &json!({}))).await;
        peer.send(&answer(&message, "error", &json!({ "reason": "too long" }))).await;
        peer.send(&answer(&track, "ok", &json!({}))).await;
    };
    let ((track, message, leave), ()) = in_time(async { tokio::join!(calls, served) }).await;
    assert_eq!((track.unwrap(), leave.unwrap()), (json!({}), json!({})));
    let refused = message.unwrap_err().into_refused().unwrap();
    assert_eq!(refused.reason.as_deref(), Some("too long"));
    assert_eq!(app.stats().late_answers, 0);
}

#[tokio::test]
async fn a_cut_joins_again_with_a_fresh_token() {
    let server = Server::start().await;
    let (app, mut peer) = open(&server).await;
    let tokens = Arc::new(AtomicU32::new(0));
    // A hold's payload is made once where it is made, to tell an error at once.
    let params =
        move || json!({ "access_token": format!("t{}", tokens.fetch_add(1, Ordering::Relaxed)) });
    let served = async {
        let own = joined(&mut peer, "t0").await;
        // Answers to others.
        peer.send(&answer("join-0000", "error", &json!({ "reason": "stale" }))).await;
        peer.send(&answer(&own, "ok", &json!({ "postgres_changes": [] }))).await;
        own
    };
    let (room, own) = in_time(async { tokio::join!(join(&app, ROOM, params), served) }).await;
    let room = room.unwrap();
    assert_eq!((&room.join_ref, &room.response), (&own, &json!({ "postgres_changes": [] })));

    let mut replies = app.stream_reply();
    drop(peer);
    let mut peer = server.accept().await;
    assert_eq!(joined(&mut peer, "t1").await, own);
    peer.send(&answer(&own, "ok", &json!({}))).await;
    assert_eq!(in_time(replies.next()).await.unwrap().data.payload.status, Status::Ok);

    // Once it is left, it isn't joined again.
    let leave = Frame::new(ROOM, Leave {}).with_join_ref(&own);
    room.hold.release_with(&leave).unwrap();
    let left = json(&peer.text().await);
    assert_eq!(
        (&left["event"], &left["join_ref"], &left["ref"]),
        (&json!("phx_leave"), &json!(own), &json!("1"))
    );
    drop(peer);
    let mut peer = server.accept().await;
    app.send_new_msg(&Frame::new("room:9", json!({}))).await.unwrap();
    assert_eq!(json(&peer.text().await)["event"], "new_msg");
}

#[tokio::test]
async fn a_refused_join_is_an_error_and_is_not_repeated() {
    let server = Server::start().await;
    let (app, mut peer) = open(&server).await;
    for reason in ["Unauthorized: You do not have permissions", "unmatched topic"] {
        let served = async {
            let own = joined(&mut peer, "jwt").await;
            peer.send(&answer(&own, "error", &json!({ "reason": reason }))).await;
        };
        let params = || json!({ "access_token": "jwt" });
        let (room, ()) = in_time(async { tokio::join!(join(&app, ROOM, params), served) }).await;
        let error = room.unwrap_err().to_string();
        assert!(error.contains(reason) && !error.contains("jwt"), "{error}");
    }
    assert_eq!(app.stats().holds, 0);
}

/// A second join of a topic closes the first: that `phx_close` is not about the second.
#[tokio::test]
async fn the_close_of_an_earlier_join_has_its_ref() {
    let server = Server::start().await;
    let (app, mut peer) = open(&server).await;
    let mut closed = app.stream_closed();
    let params = || json!({ "access_token": "jwt" });
    let served = async {
        let first = joined(&mut peer, "jwt").await;
        peer.send(&answer(&first, "ok", &json!({}))).await;
        let second = joined(&mut peer, "jwt").await;
        peer.send(&CLOSED.replace(r#""1""#, &json!(first).to_string())).await;
        peer.send(&answer(&second, "ok", &json!({}))).await;
    };
    let joins = async {
        let first = join(&app, ROOM, params).await.unwrap();
        (first, join(&app, ROOM, params).await.unwrap())
    };
    let ((first, second), ()) = in_time(async { tokio::join!(joins, served) }).await;
    let closed = in_time(closed.next()).await.unwrap().data;
    assert_eq!(closed.r#ref.as_ref(), Some(&first.join_ref));
    assert_ne!(closed.r#ref.as_ref(), Some(&second.join_ref));
}

#[tokio::test]
async fn a_heartbeat_is_answered_and_silence_ends_the_connection() {
    let server = Server::start().await;
    let tick = std::time::Duration::from_millis(50);
    let app = soon(builder(&server.url()).heartbeat_interval(tick).heartbeat_timeout(tick));
    let mut replies = app.stream_reply();
    let (connected, mut peer) = tokio::join!(app.connect(), server.accept());
    connected.unwrap();
    let beat = r#"{"topic":"phoenix","event":"heartbeat","payload":{},"ref":"7"}"#;
    let own = asked(&mut peer, beat).await;
    peer.send(&FRAMES[4].0.replace("\"7\"", &json!(own).to_string())).await;
    assert_eq!(in_time(replies.next()).await.unwrap().data.r#ref, Some(own));
    // It isn't answered any more.
    let mut peer = server.accept().await;
    asked(&mut peer, beat).await;
}

#[tokio::test]
async fn close_codes_rule_as_documented() {
    let server = Server::start().await;
    let (app, mut peer) = open(&server).await;
    for code in [1001, 1011, 4000] {
        peer.close(code).await;
        peer = server.accept().await;
        reaches(app.watch_state(), State::Open).await;
    }
    drop(peer);
    let peer = server.accept().await;
    reaches(app.watch_state(), State::Open).await;
    peer.close(1000).await;
    reaches(app.watch_state(), State::Closed).await;
}

#[tokio::test]
async fn a_key_that_is_refused_stops() {
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let app = soon(builder(&format!("ws://{}/socket", server.local_addr().unwrap())));
    let served = async {
        let (mut tcp, _) = server.accept().await.unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            request.push(tcp.read_u8().await.unwrap());
        }
        tcp.write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n").await.unwrap();
    };
    let (connected, ()) = in_time(async { tokio::join!(app.connect(), served) }).await;
    assert!(connected.unwrap_err().to_string().contains("403"));
    assert_eq!(*app.watch_state().borrow(), State::Closed);
}

#[test]
fn the_contract_is_a_document() {
    crate::support::document_takes::<Phoenix>(&FRAMES);
}
