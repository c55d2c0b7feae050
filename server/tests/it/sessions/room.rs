//! Acknowledgements, the room that they make, and the gaps where there was none.

use std::time::Duration;

use futures_util::SinkExt;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;
use wirebond_server::{Disconnect, Missed, Peer, SendError};

use super::{
    build,
    client::{Client, begun, code, frame, greeted, named, resumed, text},
    soon, with_sessions,
};
use crate::support::Log;

#[tokio::test(start_paused = true)]
async fn acknowledgements_come_after_a_quarter_of_what_is_held_a_second_or_at_once() {
    let server = build(with_sessions().on("n", |_: Peer, _: Value| ()));
    let (mut client, _) = begun(&server, "/").await;
    let began = tokio::time::Instant::now();
    for number in 1..=64 {
        text(&mut client, &format!(r#"{{"type":"n","data":{number}}}"#)).await;
    }
    assert_eq!(named(&mut client, "$ack").await, json!({"n": 64, "of": 0}));
    assert!(began.elapsed() < Duration::from_millis(100));
    text(&mut client, r#"{"type":"n","data":65}"#).await;
    assert_eq!(named(&mut client, "$ack").await, json!({"n": 65, "of": 0}));
    assert_eq!(began.elapsed().as_secs(), 1);
    let large = json!({"type": "n", "data": "x".repeat(300_000)}).to_string();
    text(&mut client, &large).await;
    assert_eq!(named(&mut client, "$ack").await, json!({"n": 66, "of": 0}));
    text(&mut client, r#"{"type":"n","data":67}"#).await;
    text(&mut client, r#"{"type":"$ack","data":{"n":0,"of":67,"ask":true}}"#).await;
    assert_eq!(named(&mut client, "$ack").await, json!({"n": 67, "of": 0}));
    assert_eq!(began.elapsed().as_secs(), 1);
    server.everyone().send("n", &1).expect("small");
    assert_eq!(named(&mut client, "$ack").await, json!({"n": 67, "of": 1}), "a mark");
    assert_eq!(began.elapsed().as_secs(), 31);
}

#[tokio::test(start_paused = true)]
async fn a_client_with_few_messages_is_acknowledged_before_it_is_full() {
    for (messages, due) in [(1_024, 256), (12, 3), (3, 1), (0, 1)] {
        let server = build(with_sessions().queue_messages(40).on("n", |_: Peer, _: Value| ()));
        let (mut client, hello) = greeted(&server, "/").await;
        assert_eq!(hello["messages"], 40);
        let hello = json!({"v": 1, "hold": 1 << 20, "messages": messages});
        text(&mut client, &json!({"type": "$hello", "data": hello}).to_string()).await;
        let began = tokio::time::Instant::now();
        for _ in 0..due {
            text(&mut client, r#"{"type":"n","data":1}"#).await;
        }
        assert_eq!(named(&mut client, "$ack").await, json!({"n": due, "of": 0}), "{messages}");
        assert!(began.elapsed() < Duration::from_millis(100), "{messages}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_is_away_too_long_learns_what_it_misses_in_its_place() {
    let mut log = Log::new();
    let ended = log.writer();
    let builder = with_sessions()
        .queue_messages(3)
        .disconnected(move |_: Peer, end: Disconnect| ended(end.undelivered));
    let server = build(builder);
    let (first, ticket) = begun(&server, "/").await;
    soon().await;
    drop(first);
    soon().await;
    let missed: Vec<_> =
        (1..=5).map(|number| server.everyone().send("n", &number).expect("small").missed).collect();
    assert_eq!(missed, [0, 0, 0, 1, 1]);
    let peer = server.peers().pop().expect("one");
    assert_eq!(peer.try_send("n", &6), Err(SendError::QueueFull), "to one peer nothing is dropped");
    let (mut second, _) = resumed(&server, "/", &ticket, 1, 0).await;
    let gap = json!({"type": "$gap", "data": {"n": 2, "why": "overflow"}});
    assert_eq!(frame(&mut second).await, Ok(gap));
    for number in 3..=5 {
        assert_eq!(frame(&mut second).await, Ok(json!({"type": "n", "data": number})));
    }
    let stats = server.stats();
    assert_eq!((stats.sessions.dropped, stats.undelivered, stats.too_slow), (2, 2, 0));
    peer.close(1000, "");
    assert_eq!(log.next_paused().await, [("n".to_owned(), 2)]);
}

#[tokio::test(start_paused = true)]
async fn messages_that_a_client_has_dropped_are_reported_in_their_place() {
    let mut log = Log::new();
    let (number, missed) = (log.writer(), log.writer());
    let builder = with_sessions()
        .on("n", move |_: Peer, data: u64| number(format!("{data}")))
        .missed(move |_: Peer, gap: Missed| missed(format!("{} {:?}", gap.count, gap.reason)));
    let server = build(builder);
    let (mut client, ticket) = begun(&server, "/").await;
    text(&mut client, r#"{"type":"n","data":1}"#).await;
    text(&mut client, r#"{"type":"$gap","data":{"n":7,"why":"expired"}}"#).await;
    text(&mut client, r#"{"type":"n","data":9}"#).await;
    let seen = [log.next_paused().await, log.next_paused().await, log.next_paused().await];
    assert_eq!(seen, ["1", "7 Expired", "9"]);
    drop(client);
    let (_back, answer) = resumed(&server, "/", &ticket, 1, 0).await;
    assert_eq!(answer["data"], json!({"got": 9, "done": 9}));
    assert_eq!(server.stats().sessions.missed, 7);
}

/// A handler waits for room, which acknowledgements make that come behind more messages than wait for it.
#[tokio::test(start_paused = true)]
async fn handlers_that_wait_for_room_do_not_wait_for_ever() {
    let builder =
        with_sessions().queue_messages(8).inbox(4).on("n", |peer: Peer, number: u64| async move {
            peer.send("n", &number).await?;
            peer.send("n", &number).await
        });
    let server = build(builder);
    let mut client = Client::new();
    for number in 0..300_u64 {
        client.send("n", &json!(number));
    }
    let done = |client: &Client| client.got.len() == 600 && client.confirmed == 300;
    let exchange = client.drive(&server, usize::MAX, done);
    let exchange = tokio::time::timeout(Duration::from_secs(3_600), exchange).await;
    assert!(exchange.expect("it comes to an end"));
}

#[tokio::test(start_paused = true)]
async fn what_stands_behind_limited_messages_is_read_as_soon_as_they_are() {
    let builder = with_sessions().messages_per_second(10).on("n", |_: Peer, _: u64| {});
    let server = build(builder);
    let (mut client, _) = begun(&server, "/").await;
    let begun = tokio::time::Instant::now();
    for number in 0..30 {
        text(&mut client, &json!({"type": "n", "data": number}).to_string()).await;
    }
    // What a client asks while it waits.
    for of in 0..100 {
        let ack = json!({"type": "$ack", "data": {"n": 0, "of": 30, "ask": of > 0}}).to_string();
        text(&mut client, &ack).await;
        client.send(Message::Ping("x".into())).await.expect("open");
    }
    client.send(Message::Close(None)).await.expect("open");
    assert_eq!(code(&mut client).await, 1005);
    // Ten at once, and ten each second from then on.
    let passed = begun.elapsed().as_secs_f64();
    assert!((1.9..2.2).contains(&passed), "{passed} s");
}
