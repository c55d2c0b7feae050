//! A session that goes on on another connection, and requests for that which are refused.

use futures_util::SinkExt;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio_tungstenite::{client_async, tungstenite::Message};
use wirebond_server::{Disconnect, Identity, Peer, PeerId};

use super::{
    build,
    client::{self, begun, code, named, offered, resume, resumed, take, text},
    echo, soon, with_sessions,
};
use crate::support::{Log, serve_memory};

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
    assert_eq!(answer, json!({"type": "$gone", "data": {"why": "mismatch", "done": 1}}));
    text(&mut second, r#"{"type":"n","data":2}"#).await;
    assert_eq!(named(&mut second, "n").await, 2);
    let stats = server.stats();
    let gone = (stats.sessions.gone_mismatch, stats.sessions.gone_expired);
    assert_eq!((gone, stats.peers), ((1, 0), 1));
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
