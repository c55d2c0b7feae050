//! Sessions, over memory on paused time and over real sockets.

use std::time::Duration;

use futures_util::SinkExt;
use serde_json::{Value, json};
use tokio::{net::TcpStream, sync::watch};
use tokio_tungstenite::{
    client_async,
    tungstenite::{Message, protocol::CloseFrame},
};
use wirebond_server::{
    Builder, Disconnect, EndedBy, Identity, Missed, Peer, PeerId, SendError, Server, Sessions,
    SlowPeer,
};

use crate::support::{Log, listen, next_message, send_text, serve_memory};

mod client;
mod cuts;
mod hostile;
mod negotiation;
mod reports;

use client::{Client, begun, code, frame, greeted, named, offered, resume, resumed, take, text};

fn with_sessions() -> Builder {
    Server::builder().sessions(Sessions::default())
}

fn build(builder: Builder) -> Server {
    builder.build().expect("settings that work")
}

/// A server that logs the numbers that it is sent, and sends each back.
fn echo() -> (Server, Log<u64>) {
    let log = Log::new();
    let write = log.writer();
    let builder = with_sessions().on("n", move |peer: Peer, number: u64| {
        write(number);
        peer.try_send("n", &number)
    });
    (build(builder), log)
}

async fn soon() {
    tokio::time::sleep(Duration::from_millis(1)).await;
}

#[tokio::test(start_paused = true)]
async fn a_peer_stays_the_same_over_a_takeover() {
    let mut log = Log::new();
    let (connected, resumed_with, ended) = (log.writer(), log.writer(), log.writer());
    let builder = with_sessions()
        .connected(move |peer: Peer| {
            peer.join("lobby");
            connected(format!("connected {}", peer.is_session()));
        })
        .resumed(move |peer: Peer, identity: Identity| {
            resumed_with(format!("resumed {:?} {}", identity.name(), peer.is_connected()));
        })
        .disconnected(move |_: Peer, end: Disconnect| ended(format!("ended {:?}", end.by)));
    let server = build(builder);
    let (mut first, ticket) = begun(&server, "/?user=ada").await;
    assert_eq!(log.next_paused().await, "connected true");
    let peer = server.peers().pop().expect("one");
    let (mut second, answer) = resumed(&server, "/?user=ada", &ticket, 1, 0).await;
    assert_eq!(answer, json!({"type": "$resumed", "data": {"got": 0, "done": 0}}));
    assert_eq!(code(&mut first).await, 4409);
    assert_eq!(log.next_paused().await, r#"resumed Some("ada") true"#);
    assert_eq!(server.room("lobby").send("hi", &1).expect("small").local, 1);
    assert_eq!(named(&mut second, "hi").await, 1);
    let ids: Vec<PeerId> = server.peers().iter().map(Peer::id).collect();
    assert_eq!(ids, [peer.id()]);
    let stats = server.stats();
    assert_eq!((stats.peers, stats.connected, stats.sessions.resumed), (1, 2, 1));
    assert_eq!((stats.sessions.attached, stats.sessions.detached), (1, 0));
    peer.close(1000, "bye");
    assert_eq!(code(&mut second).await, 1000);
    assert_eq!(log.next_paused().await, "ended Server");
}

#[tokio::test(start_paused = true)]
async fn what_is_sent_to_a_client_that_is_away_waits_for_it() {
    let (server, _log) = echo();
    let (first, ticket) = begun(&server, "/").await;
    drop(first);
    soon().await;
    let peer = server.peers().pop().expect("it stays");
    assert!(!peer.is_connected());
    peer.send("n", &1).await.expect("accepted");
    assert_eq!(server.everyone().send("n", &2).expect("small").local, 1);
    assert_eq!((peer.stats().queued, server.stats().sessions.detached), (2, 1));
    assert!(server.stats().sessions.detached_bytes > 40);
    let (mut second, answer) = resumed(&server, "/", &ticket, 1, 0).await;
    assert_eq!(answer["type"], "$resumed");
    assert_eq!(
        (named(&mut second, "n").await, named(&mut second, "n").await),
        (1.into(), 2.into())
    );
    assert_eq!((peer.stats().queued, peer.stats().unacknowledged), (0, 2));
    assert_eq!(server.stats().sessions.detached_bytes, 0);
    text(&mut second, r#"{"type":"$ack","data":{"n":2,"of":0}}"#).await;
    soon().await;
    assert_eq!((peer.stats().written, peer.stats().unacknowledged), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_runs_while_its_connection_dies_goes_on_and_counts() {
    let mut log = Log::new();
    let write = log.writer();
    let (go, gate) = watch::channel(false);
    let builder = with_sessions().on("n", move |_: Peer, number: u64| {
        let (write, mut gate) = (write.clone(), gate.clone());
        async move {
            write(number);
            let _ = gate.wait_for(|open| *open).await;
        }
    });
    let server = build(builder);
    let (mut first, ticket) = begun(&server, "/").await;
    for number in 1..=3 {
        text(&mut first, &format!(r#"{{"type":"n","data":{number}}}"#)).await;
    }
    assert_eq!(log.next_paused().await, 1);
    soon().await;
    drop(first);
    soon().await;
    let (second, answer) = resumed(&server, "/", &ticket, 1, 0).await;
    assert_eq!(answer["data"], json!({"got": 3, "done": 0}), "received, and not handled");
    drop(second);
    soon().await;
    go.send(true).expect("it waits");
    assert_eq!((log.next_paused().await, log.next_paused().await), (2, 3));
    soon().await;
    let (_third, answer) = resumed(&server, "/", &ticket, 2, 0).await;
    assert_eq!(answer["data"], json!({"got": 3, "done": 3}));
}

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
async fn who_lacks_the_key_or_is_another_user_learns_nothing_and_disturbs_nobody() {
    let (server, _log) = echo();
    let (mut client, ticket) = begun(&server, "/?user=ada").await;
    let forged = client::Ticket { key: "x".repeat(22), ..ticket.clone() };
    let unknown = json!({"type": "$gone", "data": {"why": "unknown"}});
    for (target, ticket, attempt) in
        [("/?user=ada", &forged, 1), ("/?user=bob", &ticket, 2), ("/", &ticket, 3)]
    {
        let (mut other, answer) = resumed(&server, target, ticket, attempt, 0).await;
        assert_eq!(answer, unknown, "{target}");
        text(&mut other, r#"{"type":"n","data":7}"#).await;
        assert_eq!(named(&mut other, "n").await, 7, "the offered session holds");
    }
    text(&mut client, r#"{"type":"n","data":1}"#).await;
    assert_eq!(named(&mut client, "n").await, 1);
    assert_eq!((server.stats().sessions.gone_unknown, server.stats().peers), (3, 4));
}

#[tokio::test(start_paused = true)]
async fn a_request_that_comes_late_is_refused() {
    let (server, _log) = echo();
    let (first, ticket) = begun(&server, "/").await;
    drop(first);
    let (mut late, _) = offered(&server, "/").await;
    let (mut second, _) = resumed(&server, "/", &ticket, 5, 0).await;
    resume(&mut late, &ticket, 4, 0).await;
    assert_eq!(code(&mut late).await, 4409);
    let (mut same, _) = offered(&server, "/").await;
    resume(&mut same, &ticket, 5, 0).await;
    assert_eq!(code(&mut same).await, 4409);
    text(&mut second, r#"{"type":"n","data":1}"#).await;
    assert_eq!(named(&mut second, "n").await, 1, "the session goes on");
}

/// R5b.
#[tokio::test(start_paused = true)]
async fn a_late_first_hello_is_refused_once_the_session_was_resumed() {
    let mut log = Log::new();
    let connected = log.writer();
    let server = build(with_sessions().connected(move |peer: Peer| connected(peer.id())));
    let (mut first, ticket) = offered(&server, "/").await;
    let (_second, answer) = resumed(&server, "/", &ticket, 1, 0).await;
    assert_eq!(answer, json!({"type": "$resumed", "data": {"got": 0, "done": 0}}));
    log.next_paused().await;
    take(&mut first).await;
    assert_eq!(code(&mut first).await, 4409);
    assert_eq!(server.stats().peers, 1, "the connect handler ran once, at the resume");
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
        assert_eq!(answer["data"]["why"], "expired", "{frame}");
    }
}

#[tokio::test(start_paused = true)]
async fn errors_and_cancellations_of_calls_are_numbered_and_survive_a_cut() {
    let server = build(with_sessions().on("n", |_: Peer, _: Value| ()));
    let (mut client, ticket) = begun(&server, "/").await;
    text(&mut client, r#"{"type":"no-such-call","id":1,"data":1}"#).await;
    text(&mut client, r#"{"type":"$cancel","re":1}"#).await;
    text(&mut client, r#"{"type":"$error","re":1,"data":{"code":"busy"}}"#).await;
    assert_eq!(named(&mut client, "$error").await["code"], "unknown");
    text(&mut client, r#"{"type":"$ack","data":{"n":0,"of":3,"ask":true}}"#).await;
    assert_eq!(named(&mut client, "$ack").await, json!({"n": 3, "of": 1}));
    // As if it had not come.
    let (mut client, answer) = resumed(&server, "/", &ticket, 1, 0).await;
    assert_eq!(answer, json!({"type": "$resumed", "data": {"got": 3, "done": 3}}));
    assert_eq!(named(&mut client, "$error").await["code"], "unknown");
}

#[tokio::test(start_paused = true)]
async fn a_resume_with_impossible_numbers_ends_the_session_and_begins_another() {
    let (server, mut log) = echo();
    let (mut first, ticket) = begun(&server, "/").await;
    text(&mut first, r#"{"type":"n","data":1}"#).await;
    assert_eq!(log.next_paused().await, 1);
    let (mut second, answer) = resumed(&server, "/", &ticket, 1, 40).await;
    assert_eq!(code(&mut first).await, 4409);
    assert_eq!(answer, json!({"type": "$gone", "data": {"why": "expired", "done": 1}}));
    text(&mut second, r#"{"type":"n","data":2}"#).await;
    assert_eq!(named(&mut second, "n").await, 2);
    let stats = server.stats();
    assert_eq!((stats.sessions.gone_mismatch, stats.peers), (1, 1));
}

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
async fn one_room_holds_peers_with_and_without_sessions() {
    let server = build(with_sessions().connected(|peer: Peer| assert!(peer.join("lobby"))));
    let (mut plain, _) = client::dial(&server, "/", "", usize::MAX).await.expect("101");
    let (mut session, _) = begun(&server, "/").await;
    let (away, ticket) = begun(&server, "/").await;
    soon().await;
    drop(away);
    soon().await;
    assert_eq!(server.room("lobby").send("hi", &1).expect("small").local, 3);
    assert_eq!(frame(&mut plain).await, Ok(json!({"type": "hi", "data": 1})));
    assert_eq!(frame(&mut session).await, Ok(json!({"type": "hi", "data": 1})));
    let (mut back, _) = resumed(&server, "/", &ticket, 1, 0).await;
    assert_eq!(frame(&mut back).await, Ok(json!({"type": "hi", "data": 1})));
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
    let mut log = Log::new();
    let ended = log.writer();
    let sessions = Sessions::default().max_detached(2).max_detached_bytes(100_000);
    let builder = Server::builder()
        .sessions(sessions)
        .disconnected(move |peer: Peer, end: Disconnect| ended((peer.id(), end.by)));
    let server = build(builder);
    let mut ids = Vec::new();
    for _ in 0..3 {
        let (client, _) = begun(&server, "/").await;
        soon().await;
        ids.push(server.peers().iter().map(Peer::id).max().expect("one"));
        drop(client);
        soon().await;
    }
    assert_eq!(log.next_paused().await, (ids[0], EndedBy::Expired), "too many");
    assert_eq!(server.stats().sessions.detached, 2);
    let large = "x".repeat(60_000);
    server.everyone().send("n", &large).expect("small enough");
    assert_eq!(log.next_paused().await, (ids[1], EndedBy::Expired), "too much");
    soon().await;
    let sessions = server.stats().sessions;
    assert_eq!(sessions.detached, 1);
    assert!((60_000..100_000).contains(&sessions.detached_bytes), "{sessions:?}");
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

/// What is sent while a connection is closing waits for the next one: nobody could tell the client otherwise.
#[tokio::test(start_paused = true)]
async fn a_close_that_leaves_the_session_loses_nothing() {
    let server = build(with_sessions());
    let (mut client, ticket) = begun(&server, "/").await;
    soon().await;
    let peer = server.peers().pop().expect("one");
    peer.close(4000, "come back");
    assert_eq!(server.everyone().send("n", &1).expect("small").local, 1);
    assert_eq!(code(&mut client).await, 4000);
    assert_eq!(server.everyone().send("n", &2).expect("small").local, 1);
    let (mut back, answer) = resumed(&server, "/", &ticket, 1, 0).await;
    assert_eq!(answer["type"], "$resumed");
    assert_eq!((named(&mut back, "n").await, named(&mut back, "n").await), (1.into(), 2.into()));
    drop(back);
    soon().await;
    peer.close(4403, "banned");
    let (mut back, _) = resumed(&server, "/", &ticket, 2, 0).await;
    assert_eq!(code(&mut back).await, 4403, "closed as soon as there is something to close");
    let (_back, answer) = resumed(&server, "/", &ticket, 3, 0).await;
    assert_eq!(answer["type"], "$resumed");
}

#[tokio::test(start_paused = true)]
async fn a_handler_knows_the_name_of_its_message() {
    let mut log = Log::new();
    let (named, connected) = (log.writer(), log.writer());
    let name = |peer: &Peer| peer.message_id().map(|id| id.to_string());
    let builder = with_sessions().connected(move |peer: Peer| connected(name(&peer))).on(
        "n",
        move |peer: Peer, _: u64| {
            let named = named.clone();
            async move {
                tokio::task::yield_now().await;
                named(name(&peer));
            }
        },
    );
    let server = build(builder);
    let (mut client, ticket) = begun(&server, "/").await;
    assert_eq!(log.next_paused().await, None);
    for data in [r#""data":1"#, r#""data":2"#, r#""key":"old:16","data":3"#] {
        text(&mut client, &format!(r#"{{"type":"n",{data}}}"#)).await;
    }
    assert_eq!(log.next_paused().await, Some(format!("{}:1", ticket.id)));
    assert_eq!(log.next_paused().await, Some(format!("{}:2", ticket.id)));
    assert_eq!(log.next_paused().await, Some("old:16".to_owned()));
    let (mut plain, _) = client::dial(&server, "/", "", usize::MAX).await.expect("101");
    text(&mut plain, r#"{"type":"n","data":1}"#).await;
    assert_eq!((log.next_paused().await, log.next_paused().await), (None, None));
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

#[tokio::test(start_paused = true)]
async fn cancelling_the_connection_detaches_its_session() {
    let server = build(with_sessions());
    let (ours, task) = serve_memory(&server, 16 * 1024);
    let request = client::request("ws://test/", "wirebond.v1");
    let (mut socket, _) = client_async(request, ours).await.expect("101");
    let hello = r#"{"type":"$hello","data":{"v":1,"hold":100}}"#;
    socket.send(Message::text(hello)).await.expect("open");
    soon().await;
    assert_eq!(server.stats().sessions.attached, 1);
    task.abort();
    soon().await;
    let sessions = server.stats().sessions;
    assert_eq!((sessions.attached, sessions.detached), (0, 1));
}

/// No key is shown by anything that a program may print.
#[tokio::test(start_paused = true)]
async fn no_debug_form_shows_a_key() {
    let (server, _log) = echo();
    let (_client, ticket) = begun(&server, "/").await;
    soon().await;
    let peer = server.peers().pop().expect("one");
    let shown = format!("{server:?} {peer:?} {:?} {:?}", peer.message_id(), server.everyone());
    assert!(!shown.contains(&ticket.key), "{shown}");
}

#[tokio::test]
async fn sessions_work_over_real_sockets() {
    let mut log = Log::new();
    let write = log.writer();
    let builder = with_sessions().on("n", move |peer: Peer, number: u64| {
        write(number);
        peer.try_send("n", &number)
    });
    let (_server, address) = listen(builder).await;
    let hello = |resume: Option<Value>| {
        let mut data = json!({"v": 1, "hold": 1000});
        data.as_object_mut().expect("an object").extend(resume.map(|one| ("resume".into(), one)));
        json!({"type": "$hello", "data": data}).to_string()
    };
    let connect = || async {
        let tcp = TcpStream::connect(address).await.expect("it listens");
        let request = client::request(&format!("ws://{address}/"), "wirebond.v1");
        client_async(request, tcp).await.expect("101").0
    };
    let mut client = connect().await;
    let offer = next_message(&mut client).await["data"]["session"].clone();
    send_text(&mut client, &hello(None)).await;
    send_text(&mut client, r#"{"type":"n","data":1}"#).await;
    assert_eq!(log.next().await, 1);
    drop(client);
    let mut client = connect().await;
    next_message(&mut client).await;
    let resume = json!({"id": offer["id"], "key": offer["key"], "try": 1, "got": 0});
    send_text(&mut client, &hello(Some(resume))).await;
    let answer = next_message(&mut client).await;
    assert_eq!(answer["data"], json!({"got": 1, "done": 1}));
    assert_eq!(next_message(&mut client).await["data"], 1, "what was not received");
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
async fn a_whole_conversation_by_the_state_machines() {
    let (server, mut log) = echo();
    let mut client = Client::new();
    for number in 0..500_u64 {
        client.send("n", &json!(number));
    }
    let done = |client: &Client| client.got.len() == 500 && client.confirmed == 500;
    assert!(client.drive(&server, usize::MAX, done).await);
    for number in 0..500 {
        assert_eq!(log.next_paused().await, number);
        assert_eq!(client.got[usize::try_from(number).expect("small")], number);
    }
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
