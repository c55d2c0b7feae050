//! Broadcasts to many peers, which are written by tasks that they share: nothing is lost, doubled or reordered,
//! whatever the peers' own tasks do meanwhile.

use std::{
    sync::{Arc, Barrier},
    thread,
};

use futures_util::{SinkExt, StreamExt, stream::SplitStream};
use serde_json::json;
use tokio::{
    runtime::{Builder as RuntimeBuilder, Runtime},
    task::JoinSet,
    time::timeout,
};
use tokio_tungstenite::tungstenite::Message;
use wirebond_server::{Builder, Peer, Server};

use crate::support::{Client, LONG, Log, connect, listen, next_message};

/// More than are written to in one turn.
const PEERS: usize = 70;

/// The payloads of the messages with this name, until each of `senders` has sent `each`. Their order is checked.
async fn read_all(client: &mut SplitStream<Client>, senders: usize, each: u64) {
    let mut next = vec![0; senders];
    while next.iter().any(|&next| next < each) {
        let frame = timeout(LONG, client.next()).await.expect("a frame in time");
        let Message::Text(text) = frame.expect("open").expect("a sound frame") else { continue };
        let message: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let (sender, number): (usize, u64) =
            serde_json::from_value(message["data"].clone()).expect("a sender and a number");
        assert_eq!(number, next[sender], "of sender {sender}");
        next[sender] += 1;
    }
}

fn runtime() -> Runtime {
    RuntimeBuilder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
}

/// A server with so many clients, each of them connected.
async fn crowd(builder: Builder, count: usize) -> (Server, Vec<Client>) {
    let mut log = Log::new();
    let connected = log.writer();
    let (server, address) = listen(builder.connected(move |_: Peer| connected(()))).await;
    let mut clients = Vec::new();
    for _ in 0..count {
        clients.push(connect(address, "/").await);
        log.next().await;
    }
    (server, clients)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn senders_of_all_kinds_at_once_lose_double_and_reorder_nothing() {
    const EACH: u64 = 100;
    let builder = Server::builder()
        .queue_messages(100_000)
        // A peer's own task is at work while others write to it.
        .on("say", |peer: Peer, number: u64| peer.everyone().send("said", &(0, number)).map(drop))
        .on("echo", |peer: Peer, number: u64| peer.try_send("echoed", &(3, number)));
    let (server, clients) = crowd(builder, PEERS).await;
    let mut readers = JoinSet::new();
    let (mut speaker, mut others) = (None, JoinSet::new());
    for client in clients {
        let (mut writing, mut reading) = client.split();
        readers.spawn(async move { read_all(&mut reading, 4, EACH).await });
        if speaker.is_none() {
            speaker = Some(writing);
            continue;
        }
        others.spawn(async move {
            for number in 0..EACH {
                let text = json!({"type": "echo", "data": number}).to_string();
                writing.send(Message::text(text)).await.expect("open");
            }
            writing
        });
    }
    // The speaker's own echoes.
    let first = server.peers().into_iter().min_by_key(Peer::id).expect("a peer");
    (0..EACH).for_each(|number| first.try_send("echoed", &(3, number)).expect("room"));
    let broadcasting = server.clone();
    // Of a thread without a runtime.
    let thread = thread::spawn(move || {
        for number in 0..EACH {
            let sent = broadcasting.everyone().send("by-thread", &(1, number)).expect("sent");
            assert_eq!((sent.local, sent.too_slow), (PEERS, 0));
        }
    });
    let direct = tokio::spawn(async move {
        for number in 0..EACH {
            for peer in server.peers() {
                peer.send("direct", &(2, number)).await.expect("open");
            }
        }
        server
    });
    let mut speaker = speaker.expect("the first");
    for number in 0..EACH {
        let text = json!({"type": "say", "data": number}).to_string();
        speaker.send(Message::text(text)).await.expect("open");
    }
    while let Some(read) = readers.join_next().await {
        read.expect("all of them in order");
    }
    thread.join().expect("sent");
    let server = direct.await.expect("sent");
    for peer in server.peers() {
        let stats = peer.stats();
        assert_eq!((stats.accepted, stats.written, stats.queued), (4 * EACH, 4 * EACH, 0));
    }
}

#[tokio::test]
async fn what_one_peer_cannot_take_now_comes_later_and_holds_up_nobody() {
    let builder = Server::builder().queue_messages(10_000).queue_bytes(64 << 20);
    let (server, mut clients) = crowd(builder, PEERS).await;
    let mut slow = clients.pop().expect("many");
    let text = "x".repeat(50_000);
    let mut sent: u64 = 0;
    let slow_peer = server.peers().into_iter().max_by_key(Peer::id).expect("a peer");
    // Until the sockets' buffers are full, and then some.
    while slow_peer.stats().queued < 20 {
        assert_eq!(server.everyone().send("big", &(sent, &text)).expect("sent").local, PEERS);
        for client in &mut clients {
            assert_eq!(next_message(client).await["data"][0], sent);
        }
        sent += 1;
        assert!(sent < 1_000, "a socket's buffers end somewhere");
    }
    for number in 0..sent {
        assert_eq!(next_message(&mut slow).await["data"][0], number);
    }
    assert_eq!(slow_peer.stats().queued, 0);
}

#[test]
fn a_server_outlives_the_runtime_of_its_first_connection() {
    let server = Server::builder().build().expect("settings that work");
    for round in 0..2 {
        let runtime = runtime();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
            let address = listener.local_addr().expect("an address");
            let accepting = server.clone();
            tokio::spawn(async move {
                accepting.serve(listener, crate::support::authenticate).await;
            });
            let mut clients = Vec::new();
            for _ in 0..PEERS {
                clients.push(connect(address, "/").await);
            }
            while server.peers().len() < PEERS {
                tokio::task::yield_now().await;
            }
            assert_eq!(server.everyone().send("hello", &round).expect("sent").local, PEERS);
            for client in &mut clients {
                assert_eq!(next_message(client).await["data"], round);
            }
        });
        drop(runtime);
        assert_eq!(server.peers().len(), 0, "its peers ended with it");
    }
}

#[test]
fn a_broadcast_is_written_while_the_thread_that_sent_it_does_something_else() {
    let serving = runtime();
    let (server, mut clients) = serving.block_on(crowd(Server::builder(), PEERS));
    let read = Arc::new(Barrier::new(2));
    let reading = Arc::clone(&read);
    let reader = thread::spawn(move || {
        serving.block_on(async {
            for client in &mut clients {
                assert_eq!(next_message(client).await["type"], "hello");
            }
        });
        reading.wait();
    });
    // In another runtime, of one thread, which doesn't get any further before all have it.
    let sending = RuntimeBuilder::new_current_thread().build().expect("a runtime");
    sending.block_on(async {
        assert_eq!(server.everyone().send("hello", &()).expect("sent").local, PEERS);
        read.wait();
    });
    reader.join().expect("all have it");
}
