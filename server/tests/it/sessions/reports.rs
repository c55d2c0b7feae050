//! What a server counts and reports of messages that clients didn't get: the sums of the counters.

use serde_json::json;
use tokio::sync::watch;
use wirebond_server::{Builder, Disconnect, Peer, Server};

use super::{
    build,
    client::{Socket, Ticket, begun, code, dial, frame, named, offered, resumed, take, text},
    soon, with_sessions,
};
use crate::support::Log;

type Names = Vec<(String, u64)>;

fn names(names: &[(&str, u64)]) -> Names {
    names.iter().map(|&(name, count)| (name.to_owned(), count)).collect()
}

fn sum(names: &Names) -> u64 {
    names.iter().map(|(_, count)| count).sum()
}

/// A server with small queues, and the ends of its peers.
fn reporting() -> (Server, Log<(Peer, Disconnect)>) {
    let log = Log::new();
    let ended = log.writer();
    let disconnected = move |peer: Peer, end: Disconnect| ended((peer, end));
    let builder: Builder = with_sessions().queue_messages(4).disconnected(disconnected);
    (build(builder), log)
}

fn send(server: &Server, name: &str, count: u64) {
    for number in 1..=count {
        server.everyone().send(name, &number).expect("small");
    }
}

/// The counters of a peer that has ended, against its report; `confirmed` is what its client has handled.
fn assert_adds_up(peer: &Peer, end: &Disconnect, confirmed: u64) {
    let stats = peer.stats();
    assert_eq!(stats.accepted, stats.queued + stats.written + stats.undelivered, "{stats:?}");
    assert_eq!((stats.queued, stats.unacknowledged), (0, 0), "{stats:?}");
    assert_eq!(stats.undelivered, sum(&end.undelivered), "{stats:?} {end:?}");
    assert_eq!(stats.written, confirmed + sum(&end.unconfirmed), "{stats:?} {end:?}");
}

/// A client that has read one `outbid` and two `price`, and is away while six more come.
async fn flooded(server: &Server) -> Ticket {
    let (mut client, ticket): (Socket, _) = begun(server, "/").await;
    soon().await;
    send(server, "outbid", 1);
    send(server, "price", 2);
    for name in ["outbid", "price", "price"] {
        named(&mut client, name).await;
    }
    drop(client);
    soon().await;
    send(server, "price", 6);
    ticket
}

/// The old messages that made room had arrived, as the resume shows, and are no loss.
#[tokio::test(start_paused = true)]
async fn what_a_resume_proves_received_is_neither_dropped_nor_unconfirmed() {
    for (got, lost) in [(3, 0), (2, 1), (0, 3)] {
        let (server, mut log) = reporting();
        let ticket = flooded(&server).await;
        let peer = server.peers().pop().expect("it stays");
        assert_eq!(server.stats().sessions.dropped, 2, "those that were never written");
        let (mut client, _) = resumed(&server, "/", &ticket, 1, got).await;
        let gap = json!({"type": "$gap", "data": {"n": 2 + lost, "why": "overflow"}});
        assert_eq!(frame(&mut client).await, Ok(gap));
        for number in 3..=6 {
            assert_eq!(frame(&mut client).await, Ok(json!({"type": "price", "data": number})));
        }
        let stats = server.stats();
        assert_eq!((stats.sessions.dropped, stats.undelivered), (2 + lost, 2 + lost), "{got}");
        assert_eq!((peer.stats().undelivered, peer.stats().unacknowledged), (2 + lost, 4));
        text(&mut client, r#"{"type":"$ack","data":{"n":9,"of":0}}"#).await;
        soon().await;
        peer.close(1000, "");
        let (peer, end) = log.next_paused().await;
        let undelivered = match got {
            0 => names(&[("outbid", 1), ("price", 4)]),
            _ => names(&[("price", 2 + lost)]),
        };
        assert_eq!((&end.undelivered, &end.unconfirmed), (&undelivered, &vec![]), "{got}");
        assert_adds_up(&peer, &end, 9 - (2 + lost));
        assert_eq!(server.stats().undelivered, 2 + lost, "counted once");
    }
}

/// Nobody knows any more whether what was written has arrived.
#[tokio::test(start_paused = true)]
async fn without_a_resume_what_was_written_is_unconfirmed_and_the_sums_hold() {
    let (server, mut log) = reporting();
    flooded(&server).await;
    let (peer, end) = log.next_paused().await;
    assert_eq!(end.undelivered, names(&[("price", 6)]));
    assert_eq!(end.unconfirmed, names(&[("outbid", 1), ("price", 2)]));
    assert_adds_up(&peer, &end, 0);
    // One that ends with a connection, and one without a session.
    let (client, _) = begun(&server, "/").await;
    soon().await;
    send(&server, "n", 1);
    drop(client);
    soon().await;
    send(&server, "n", 5);
    let ended = server.peers().pop().expect("one");
    ended.close(1000, "");
    let (peer, end) = log.next_paused().await;
    assert_adds_up(&peer, &end, 0);
    let stats = server.stats();
    // Two and one became gaps, four and four waited at the end.
    assert_eq!((stats.sessions.dropped, stats.undelivered), (3, 11), "{end:?}");
}

#[tokio::test(start_paused = true)]
async fn a_peer_is_counted_without_a_connection_and_a_connection_without_a_peer() {
    let (go, gate) = watch::channel(false);
    let builder = with_sessions().max_peers(1).on("n", move |_: Peer, _: u64| {
        let mut gate = gate.clone();
        async move { drop(gate.wait_for(|open| *open).await) }
    });
    let server = build(builder);
    let counts = || {
        let stats = server.stats();
        (stats.connections, stats.peers, stats.sessions.detached)
    };
    assert_eq!(counts(), (0, 0, 0));
    let (mut client, ticket) = offered(&server, "/").await;
    assert_eq!(counts(), (1, 0, 0), "before it has answered $hello");
    take(&mut client).await;
    soon().await;
    assert_eq!(counts(), (1, 1, 0));
    assert!(dial(&server, "/", "", usize::MAX).await.is_none(), "the limit is of connections");
    drop(client);
    soon().await;
    assert_eq!(counts(), (0, 1, 1), "the session waits for its client");
    assert_eq!(server.peers().len(), 1);
    let (mut plain, _) = dial(&server, "/", "", usize::MAX).await.expect("a place is free");
    text(&mut plain, r#"{"type":"n","data":1}"#).await;
    soon().await;
    assert_eq!(counts(), (1, 2, 1));
    drop(plain);
    soon().await;
    assert_eq!(counts(), (1, 1, 1), "its handler runs");
    go.send(true).expect("it waits");
    soon().await;
    assert_eq!(counts(), (0, 1, 1));
    let (_client, answer) = resumed(&server, "/", &ticket, 1, 0).await;
    assert_eq!(answer["type"], "$resumed");
    assert_eq!(counts(), (1, 1, 0));
}

/// What finds no room for itself is written with what comes next, not one by one.
#[tokio::test(start_paused = true)]
async fn gaps_in_a_row_are_one_gap_of_a_client_that_does_not_keep_up() {
    let gap = |n: u64| Ok(json!({"type": "$gap", "data": {"n": n, "why": "overflow"}}));
    let (server, mut log) = reporting();
    let (mut client, _) = begun(&server, "/").await;
    soon().await;
    send(&server, "n", 4);
    for number in 1..=4 {
        assert_eq!(frame(&mut client).await, Ok(json!({"type": "n", "data": number})));
    }
    // All four are held until they are acknowledged. The socket has room.
    let flood = || async {
        for _ in 0..5 {
            send(&server, "x", 1);
            soon().await;
        }
    };
    flood().await;
    text(&mut client, r#"{"type":"$ack","data":{"n":2,"of":0}}"#).await;
    assert_eq!(frame(&mut client).await, gap(5), "an acknowledgement brings it");
    send(&server, "y", 2);
    for number in 1..=2 {
        assert_eq!(frame(&mut client).await, Ok(json!({"type": "y", "data": number})));
    }
    flood().await;
    text(&mut client, r#"{"type":"a"}"#).await;
    assert_eq!(frame(&mut client).await, gap(5), "a message as well");
    flood().await;
    text(&mut client, r#"{"type":"$ack","data":{"n":11,"of":1}}"#).await;
    soon().await;
    send(&server, "z", 4);
    assert_eq!(frame(&mut client).await, gap(5), "in its place");
    assert_eq!(named(&mut client, "z").await, 1);
    for _ in 0..3 {
        named(&mut client, "z").await;
    }
    named(&mut client, "$ack").await;
    let began = tokio::time::Instant::now();
    flood().await;
    assert_eq!(frame(&mut client).await, gap(5));
    assert_eq!(began.elapsed().as_secs(), 29, "with a heartbeat at the latest");
    flood().await;
    server.peers().pop().expect("one").close(1000, "");
    assert_eq!(named(&mut client, "$gap").await["n"], 5, "before a Close frame");
    assert_eq!(code(&mut client).await, 1000);
    let (peer, end) = log.next_paused().await;
    assert_eq!(end.undelivered, names(&[("x", 25)]));
    assert_adds_up(&peer, &end, 6);
}
