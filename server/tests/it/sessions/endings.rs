//! What ends a session: time, its bounds, contradictions, a goodbye, the server's shutdown.

use std::time::Duration;

use serde_json::json;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tracing::Level;
use wirebond_server::{Disconnect, EndedBy, Peer, SendError, Server, Sessions, SlowPeer};

use super::{
    build,
    client::{begun, code, named, offered, resumed, text},
    soon, with_sessions,
};
use crate::{lines::Lines, support::Log};

#[tokio::test(start_paused = true)]
async fn a_session_that_is_not_continued_expires_and_leaves_how_far_it_was_handled() {
    let mut log = Log::new();
    let ended = log.writer();
    let builder = with_sessions()
        .on("n", |_: Peer, _: u64| ())
        .disconnected(move |peer: Peer, end: Disconnect| ended((peer.id(), end)));
    let server = build(builder);
    let (mut client, ticket) = begun(&server, "/").await;
    text(&mut client, r#"{"type":"n","data":1}"#).await;
    soon().await;
    let peer = server.peers().pop().expect("one");
    peer.try_send("written", &1).expect("room");
    named(&mut client, "written").await;
    drop(client);
    soon().await;
    peer.try_send("waits", &1).expect("room");
    peer.try_send("waits", &2).expect("room");
    let began = tokio::time::Instant::now();
    let (id, end) = log.next_paused().await;
    assert!((119..=120).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
    assert_eq!((id, end.by, end.code), (peer.id(), EndedBy::Expired, 1006));
    assert_eq!(end.undelivered, [("waits".to_owned(), 2)]);
    assert_eq!(end.unconfirmed, [("written".to_owned(), 1)]);
    assert_eq!(peer.try_send("n", &1), Err(SendError::Gone));
    assert_eq!(server.stats().peers, 0);
    let (_socket, answer) = resumed(&server, "/", &ticket, 1, 1).await;
    assert_eq!(answer, json!({"type": "$gone", "data": {"why": "expired", "done": 1}}));
    assert_eq!(server.stats().sessions.gone_expired, 1);
    tokio::time::sleep(Duration::from_secs(1_201)).await;
    let (_socket, answer) = resumed(&server, "/", &ticket, 2, 1).await;
    assert_eq!(answer, json!({"type": "$gone", "data": {"why": "unknown"}}), "forgotten");
}

#[tokio::test(start_paused = true)]
async fn numbers_that_contradict_each_other_end_the_session() {
    for frame in [
        r#"{"type":"$ack","data":{"n":0,"of":1}}"#,
        r#"{"type":"$ack","data":{"n":1,"of":0}}"#,
        r#"{"type":"$ack","data":{"n":9007199254740993,"of":0}}"#,
        r#"{"type":"$ack"}"#,
        r#"{"type":"$resumed","data":{"got":0,"done":0}}"#,
        r#"{"type":"$hello","data":{"v":1,"hold":1}}"#,
        r#"{"type":"$gap","data":{"n":0,"why":"overflow"}}"#,
    ] {
        let mut log = Log::new();
        let ended = log.writer();
        let builder = with_sessions()
            .on("n", |_: Peer, _: u64| ())
            .disconnected(move |_: Peer, end: Disconnect| ended((end.by, end.code)));
        let server = build(builder);
        let (mut client, ticket) = begun(&server, "/").await;
        text(&mut client, frame).await;
        assert_eq!(code(&mut client).await, 4409, "{frame}");
        assert_eq!(log.next_paused().await, (EndedBy::Server, 4409));
        let (_socket, answer) = resumed(&server, "/", &ticket, 1, 0).await;
        assert_eq!(answer["data"]["why"], "mismatch", "{frame}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_that_does_not_keep_up_ends_if_that_is_the_policy() {
    let mut log = Log::new();
    let ended = log.writer();
    let builder = Server::builder()
        .sessions(Sessions::default().slow_peer(SlowPeer::Close))
        .queue_messages(2)
        .disconnected(move |_: Peer, end: Disconnect| ended((end.code, end.undelivered)));
    let server = build(builder);
    let (first, ticket) = begun(&server, "/").await;
    soon().await;
    drop(first);
    soon().await;
    let slow: Vec<_> = (1..=4)
        .map(|number| server.everyone().send("n", &number).expect("small"))
        .map(|sent| (sent.local, sent.too_slow))
        .collect();
    assert_eq!(slow, [(1, 0), (1, 0), (0, 1), (0, 0)]);
    assert_eq!(log.next_paused().await, (4408, vec![("n".to_owned(), 2)]));
    let (_second, answer) = resumed(&server, "/", &ticket, 1, 0).await;
    assert_eq!(answer["data"], json!({"why": "expired", "done": 0}));
}

#[tokio::test(start_paused = true)]
async fn the_oldest_sessions_without_a_connection_make_room() {
    let (lines, _guard) = Lines::begin();
    let mut log = Log::new();
    let ended = log.writer();
    let sessions = Sessions::default().max_detached(2).max_detached_bytes(100_000);
    let builder = Server::builder()
        .sessions(sessions)
        .disconnected(move |peer: Peer, end: Disconnect| ended((peer.id(), end.by)));
    let server = build(builder);
    let (mut ids, mut tickets) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        let (client, ticket) = begun(&server, "/").await;
        tickets.push(ticket);
        soon().await;
        ids.push(server.peers().iter().map(Peer::id).max().expect("one"));
        drop(client);
        soon().await;
    }
    assert_eq!(log.next_paused().await, (ids[0], EndedBy::Expired), "too many");
    let logged = lines.take(Level::WARN);
    assert!(logged.len() == 1 && logged[0].contains("more than `max_detached` (2)"), "{logged:?}");
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(server.stats().sessions.detached, 2);
    let large = "x".repeat(60_000);
    server.everyone().send("n", &large).expect("small enough");
    assert_eq!(log.next_paused().await, (ids[1], EndedBy::Expired), "too much");
    soon().await;
    let sessions = server.stats().sessions;
    assert_eq!(sessions.detached, 1);
    assert!((60_000..100_000).contains(&sessions.detached_bytes), "{sessions:?}");
    let logged = lines.take(Level::WARN);
    let says = "more than `max_detached_bytes` (100000)";
    assert!(logged.len() == 1 && logged[0].contains(says), "{logged:?}");
    assert_eq!(sessions.evicted, 2);
    for ticket in &tickets[..2] {
        let (_socket, answer) = resumed(&server, "/", ticket, 1, 0).await;
        assert_eq!(answer["data"], json!({"why": "evicted", "done": 0}));
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_says_goodbye_ends_its_session_and_another_close_does_not() {
    let mut log = Log::new();
    let ended = log.writer();
    let builder = with_sessions()
        .on("expire", |peer: Peer, (): ()| peer.expires(std::time::SystemTime::UNIX_EPOCH))
        .disconnected(move |_: Peer, end: Disconnect| ended((end.by, end.code)));
    let server = build(builder);
    for (closes, ends) in [(1000, true), (1001, true), (4000, false)] {
        let (mut client, ticket) = begun(&server, "/").await;
        soon().await;
        let frame = CloseFrame { code: closes.into(), reason: "".into() };
        client.close(Some(frame)).await.expect("open");
        if ends {
            assert_eq!(log.next_paused().await, (EndedBy::Peer, closes));
        }
        soon().await;
        let (_back, answer) = resumed(&server, "/", &ticket, 1, 0).await;
        assert_eq!(answer["type"] == "$gone", ends, "{closes}");
    }
    let (client, ticket) = begun(&server, "/").await;
    soon().await;
    let peer = server.peers().into_iter().max_by_key(Peer::id).expect("one");
    drop(client);
    soon().await;
    peer.close(1008, "banned");
    assert_eq!(log.next_paused().await, (EndedBy::Server, 1008), "without a connection");
    let (_back, answer) = resumed(&server, "/", &ticket, 1, 0).await;
    assert_eq!(answer["type"], "$gone");
    let (mut client, ticket) = begun(&server, "/").await;
    text(&mut client, r#"{"type":"expire"}"#).await;
    assert_eq!(code(&mut client).await, 4401);
    let (mut back, answer) = resumed(&server, "/", &ticket, 1, 0).await;
    assert_eq!(answer["type"], "$resumed", "credentials expire, the session doesn't");
    text(&mut back, r#"{"type":"$ack","data":{"n":0,"of":1,"ask":true}}"#).await;
    soon().await;
    assert!(server.peers().iter().any(|peer| peer.is_connected() && peer.is_session()));
}

/// A handler that waits for room waits for the client, and the session for the handler.
#[tokio::test(start_paused = true)]
async fn a_handler_that_waits_for_room_does_not_keep_a_session_for_ever() {
    let mut log = Log::new();
    let (failed, ended) = (log.writer(), log.writer());
    let builder = with_sessions()
        .queue_messages(1)
        .on("n", |peer: Peer, _: u64| async move {
            peer.send("a", &1).await?;
            peer.send("b", &2).await
        })
        .errors(move |_: Peer, error| failed(error.to_string()))
        .disconnected(move |_: Peer, end: Disconnect| ended(format!("{:?}", end.by)));
    let server = build(builder);
    let (mut client, _) = begun(&server, "/").await;
    text(&mut client, r#"{"type":"n","data":1}"#).await;
    soon().await;
    drop(client);
    assert!(log.next_paused().await.contains("the peer is gone"));
    assert_eq!(log.next_paused().await, "Expired");
    assert_eq!(server.stats().peers, 0);
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_finishes_handlers_acknowledges_and_ends_every_session() {
    let mut log = Log::new();
    let ended = log.writer();
    let builder = with_sessions()
        .on("n", |_: Peer, _: u64| tokio::time::sleep(Duration::from_millis(300)))
        .disconnected(move |_: Peer, end: Disconnect| ended(end.undelivered));
    let server = build(builder);
    let (away, _) = begun(&server, "/").await;
    soon().await;
    drop(away);
    soon().await;
    server.everyone().send("waits", &1).expect("small");
    let (mut client, _) = begun(&server, "/").await;
    let (mut undecided, _) = offered(&server, "/").await;
    text(&mut client, r#"{"type":"n","data":1}"#).await;
    soon().await;
    let ends = async {
        let ack = named(&mut client, "$ack").await;
        (ack, code(&mut client).await, code(&mut undecided).await)
    };
    let (left, ends) = tokio::join!(server.shutdown(Duration::from_secs(5)), ends);
    assert_eq!((left, ends), (0, (json!({"n": 1, "of": 0}), 1012, 1012)));
    let mut undelivered = [log.next_paused().await, log.next_paused().await];
    undelivered.sort();
    assert_eq!(undelivered, [vec![], vec![("waits".to_owned(), 1)]]);
    let stats = server.stats();
    assert_eq!((stats.peers, stats.sessions.attached, stats.sessions.detached), (0, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_thousand_shutdowns_leave_no_task_and_no_session() {
    let alive = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let before = alive();
    for round in 0..1_000 {
        let server = build(with_sessions());
        let (first, ticket) = begun(&server, "/").await;
        let (mut second, _) = begun(&server, "/").await;
        soon().await;
        drop(first);
        soon().await;
        let (third, _) = offered(&server, "/").await;
        let mut back = None;
        if round % 2 == 0 {
            back = Some(resumed(&server, "/", &ticket, 1, 0).await.0);
        }
        let reads = async {
            code(&mut second).await;
            if let Some(back) = &mut back {
                code(back).await;
            }
        };
        let (left, ()) = tokio::join!(server.shutdown(Duration::from_secs(5)), reads);
        assert_eq!((left, server.stats().peers), (0, 0));
        drop((second, third, back));
    }
    soon().await;
    assert_eq!(alive(), before);
}

/// A server that counts what is unconfirmed at the end of each session.
fn unconfirmed() -> (Server, Log<Vec<(String, u64)>>) {
    let log = Log::new();
    let ended = log.writer();
    let builder = with_sessions()
        .on("n", |_: Peer, _: u64| ())
        .disconnected(move |_: Peer, end: Disconnect| ended(end.unconfirmed));
    (build(builder), log)
}

#[tokio::test(start_paused = true)]
async fn a_client_is_asked_for_what_it_has_before_a_shutdown_ends_its_session() {
    let (server, mut log) = unconfirmed();
    let (mut client, _) = begun(&server, "/").await;
    soon().await;
    for number in 0..5 {
        server.everyone().send("state", &number).expect("small");
    }
    let reads = async {
        assert_eq!(named(&mut client, "$ack").await, json!({"n": 0, "of": 5, "ask": true}));
        // What is handled meanwhile is acknowledged.
        text(&mut client, r#"{"type":"n","data":1}"#).await;
        text(&mut client, r#"{"type":"$ack","data":{"n":5,"of":1}}"#).await;
        let ack = named(&mut client, "$ack").await;
        let asked = tokio::time::Instant::now();
        assert_eq!(code(&mut client).await, 1012);
        (ack, asked.elapsed())
    };
    let (left, ends) = tokio::join!(server.shutdown(Duration::from_secs(2)), reads);
    assert_eq!((left, ends), (0, (json!({"n": 1, "of": 5}), Duration::ZERO)));
    assert_eq!(log.next_paused().await, []);
}

#[tokio::test(start_paused = true)]
async fn the_answer_of_a_handler_that_a_shutdown_waits_for_is_asked_for_as_well() {
    let mut log = Log::new();
    let ended = log.writer();
    let builder = with_sessions()
        .on("n", |peer: Peer, _: u64| async move {
            tokio::time::sleep(Duration::from_millis(300)).await;
            peer.try_send("late", &1)
        })
        .disconnected(move |_: Peer, end: Disconnect| ended(end.unconfirmed));
    let server = build(builder);
    let (mut client, _) = begun(&server, "/").await;
    text(&mut client, r#"{"type":"n","data":1}"#).await;
    soon().await;
    let reads = async {
        assert_eq!(named(&mut client, "late").await, 1);
        assert_eq!(named(&mut client, "$ack").await, json!({"n": 1, "of": 1, "ask": true}));
        text(&mut client, r#"{"type":"$ack","data":{"n":1,"of":1}}"#).await;
        code(&mut client).await
    };
    // The peer is closed within half of it at random, which is before the handler has returned.
    let (left, code) = tokio::join!(server.shutdown(Duration::from_millis(500)), reads);
    assert_eq!((left, code), (0, 1012));
    assert_eq!(log.next_paused().await, []);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_say_what_it_has_is_waited_for_for_half_of_the_close_timeout() {
    let (server, mut log) = unconfirmed();
    let (mut client, _) = begun(&server, "/").await;
    soon().await;
    server.everyone().send("state", &1).expect("small");
    let peer = server.peers().pop().expect("one");
    let began = tokio::time::Instant::now();
    peer.close(1000, "done");
    assert_eq!(code(&mut client).await, 1000);
    assert_eq!(began.elapsed().as_millis(), 1_000);
    assert_eq!(log.next_paused().await, [("state".to_owned(), 1)]);
}

#[tokio::test(start_paused = true)]
async fn what_comes_after_a_close_is_counted_and_not_handled() {
    let mut log = Log::new();
    let (handled, ended) = (log.writer(), log.writer());
    let builder = with_sessions()
        .on("leave", |peer: Peer, (): ()| {
            let sent = peer.try_send("bye", &1);
            peer.close(1008, "banned");
            sent
        })
        .on("n", move |_: Peer, number: u64| handled(vec![("n".to_owned(), number)]))
        .disconnected(move |_: Peer, end: Disconnect| ended(end.unconfirmed));
    let server = build(builder);
    let (mut client, ticket) = begun(&server, "/").await;
    text(&mut client, r#"{"type":"leave","data":null}"#).await;
    let ask = named(&mut client, "$ack").await;
    assert_eq!((&ask["of"], &ask["ask"]), (&json!(1), &json!(true)));
    text(&mut client, r#"{"type":"n","data":1}"#).await;
    text(&mut client, r#"{"type":"$ack","data":{"n":1,"of":2}}"#).await;
    assert_eq!(code(&mut client).await, 1008);
    assert_eq!(log.next_paused().await, []);
    let (_socket, answer) = resumed(&server, "/", &ticket, 1, 1).await;
    assert_eq!(answer["data"], json!({"why": "expired", "done": 1}));
}
