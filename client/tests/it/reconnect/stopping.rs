//! Connecting and disconnecting in every state, and the end of handles and runtimes: cases 46 to 49.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use tokio::{io::DuplexStream, time::sleep};
use wirebond_client::{Client, ConnectErrorKind, DropReason, Event, SendErrorKind, State};

use super::connecting;
use crate::support::{
    Peer, Wire, adds_up, millis, open, peer, picked, reaches, secs, so_far, took,
};

/// Brings a client that connects to this phase; returns the connections that the peer holds.
async fn reach(phase: &str, client: &Client, peer: &mut Peer) -> Vec<Wire<DuplexStream>> {
    let mut held = Vec::new();
    match phase {
        "provider" | "stream" => sleep(secs(1)).await,
        "upgrade" => {
            let mut wire = peer.accept().await;
            wire.request().await;
            held.push(wire);
        }
        "open" => {
            let wire = peer.open().await;
            tokio::spawn(wire.serve());
            reaches(client, State::Open).await;
        }
        "silent" => {
            held.push(peer.open().await);
            reaches(client, State::Open).await;
            client.send("never-read", &1).await.unwrap();
        }
        "backoff" => {
            drop(peer.open().await);
            reaches(client, State::Reconnecting { attempt: 1 }).await;
        }
        _ => {
            held.push(peer.open().await);
            reaches(client, State::Open).await;
            let other = client.clone();
            tokio::spawn(async move { other.disconnect().await });
            reaches(client, State::Closing).await;
            assert_eq!(*client.send("x", &1).await.unwrap_err().kind(), SendErrorKind::Closed);
        }
    }
    held
}

/// Case 46: in every phase, `disconnect()` is quick, and nothing is received after it.
#[tokio::test(start_paused = true)]
async fn case_46_disconnect_in_every_phase() {
    let limit = secs(2) + millis(50);
    for phase in ["provider", "stream", "upgrade", "open", "silent", "backoff", "closing"] {
        let ended = Arc::new(AtomicBool::new(false));
        let (mut peer, builder) = if phase == "provider" {
            crate::support::peer_of(std::future::pending::<Result<String, String>>)
        } else {
            peer()
        };
        let builder = if phase == "stream" {
            builder.connector(|_| std::future::pending::<std::io::Result<DuplexStream>>())
        } else {
            builder
        };
        let client = builder.connect_timeout(secs(1_000)).build().unwrap();
        let late = Arc::new(AtomicU32::new(0));
        for event in [0, 1] {
            let (ended, late) = (Arc::clone(&ended), Arc::clone(&late));
            let called = move || {
                late.fetch_add(u32::from(ended.load(Ordering::SeqCst)), Ordering::SeqCst);
            };
            match event {
                0 => client.on("chat", move |_: u8| called()),
                _ => client.on_error(move |_| called()),
            };
        }
        let joined = connecting(&client);
        let mut held = reach(phase, &client, &mut peer).await;
        let ((), time) = took(client.disconnect()).await;
        ended.store(true, Ordering::SeqCst);
        assert!(time <= limit, "{phase}: {time:?}");
        assert_eq!(client.state(), State::Closed, "{phase}");
        for wire in &mut held {
            wire.message("chat", "1").await;
        }
        if let Ok(Err(error)) = joined.await {
            assert_eq!(*error.kind(), ConnectErrorKind::Disconnected, "{phase}");
        }
        drop(held);
        peer.expect_none_for(secs(3_600)).await;
        assert_eq!(late.load(Ordering::SeqCst), 0, "{phase}: a handler was called afterwards");
        let ((), time) = took(client.disconnect()).await;
        assert_eq!(time, Duration::ZERO, "{phase}: a second one returns at once");
        adds_up(&client);
    }
}

#[tokio::test(start_paused = true)]
async fn disconnect_drains_pings_and_closes_with_1000() {
    let (mut peer, builder) = peer();
    let (client, wire, mut events) = open(builder, &mut peer).await;
    for number in 0..500 {
        client.send("line", &number).await.unwrap();
    }
    let served = tokio::spawn(wire.serve());
    let ((), time) = took(client.disconnect()).await;
    assert!(time < millis(100), "{time:?}");
    assert_eq!(served.await.unwrap().len(), 500);
    let stats = client.stats();
    assert_eq!((stats.accepted, stats.confirmed, stats.unconfirmed), (500, 500, 0));
    assert_eq!(so_far(&mut events).await, ["open", "close 1000"]);
}

#[tokio::test(start_paused = true)]
async fn case_47_a_second_connect_joins_the_first() {
    let (mut peer, builder) = peer();
    let client = builder.build().unwrap();
    let (first, second) = (connecting(&client), connecting(&client));
    let wire = peer.open().await;
    first.await.unwrap().unwrap();
    second.await.unwrap().unwrap();
    let (result, time) = took(client.connect()).await;
    assert_eq!((result.is_ok(), time), (true, Duration::ZERO), "while open: at once");
    peer.expect_none_for(secs(20)).await;
    drop(wire);
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_connect_stops_waiting_not_connecting() {
    let (mut peer, builder) = peer();
    let client = builder.build().unwrap();
    let waiting = connecting(&client);
    let mut wire = peer.accept().await;
    waiting.abort();
    sleep(secs(1)).await;
    assert_eq!(client.state(), State::Connecting);
    wire.upgrade().await;
    reaches(&client, State::Open).await;
}

#[tokio::test(start_paused = true)]
async fn connect_while_closing_waits_and_starts_anew() {
    let (mut peer, builder) = peer();
    let (client, mut wire, _events) = open(builder, &mut peer).await;
    let ending = {
        let client = client.clone();
        tokio::spawn(async move { client.disconnect().await })
    };
    assert_eq!(wire.next_close().await, 1000);
    let again = connecting(&client);
    sleep(millis(10)).await;
    assert_eq!(client.state(), State::Closing);
    wire.close(1000, "").await;
    drop(wire);
    ending.await.unwrap();
    let wire = peer.open().await;
    again.await.unwrap().unwrap();
    assert_eq!(client.state(), State::Open);
    drop(wire);
}

#[tokio::test(start_paused = true)]
async fn case_48_the_last_handle_closes_with_1001() {
    let (mut peer, builder) = peer();
    let (client, mut wire, mut events) = open(builder, &mut peer).await;
    client.send("last-message", &1).await.unwrap();
    let other = client.clone();
    drop(client);
    sleep(secs(1)).await;
    assert!(other.is_connected());
    drop(other);
    assert_eq!(wire.next_name().await, "last-message");
    assert_eq!(wire.next_close().await, 1001);
    drop(wire);
    let events = so_far(&mut events).await;
    assert_eq!(events, ["open", "close 1001"]);
    sleep(secs(10)).await;
    let tasks = tokio::runtime::Handle::current().metrics().num_alive_tasks();
    assert_eq!(tasks, 0, "none of the client's goes on");
}

#[tokio::test(start_paused = true)]
async fn case_48_what_waits_when_the_last_handle_goes_is_reported() {
    let (_peer, builder) = peer();
    let client = builder.build().unwrap();
    let mut events = client.events();
    client.send("chat", &1).await.unwrap();
    client.send("chat", &2).await.unwrap();
    drop(client);
    let dropped = picked(&mut events, |event| match event {
        Event::Dropped { name, count, reason, .. } => Some((name.to_string(), *count, *reason)),
        _ => None,
    })
    .await;
    assert_eq!(dropped, ("chat".to_owned(), 2, DropReason::Closed));
    assert!(events.next().await.is_none(), "the stream ends with the client");
}

#[test]
fn case_49_a_runtime_that_is_shut_down_is_an_error_and_no_hang() {
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .unwrap()
    };
    let (mut peer, builder) = peer();
    let client = builder.build().unwrap();
    let first = runtime();
    let wire = first.block_on(async {
        let (connected, wire) = tokio::join!(client.connect(), peer.open());
        connected.unwrap();
        client.send("chat", &1).await.unwrap();
        wire
    });
    drop(first);
    assert_eq!(client.state(), State::Closed);
    adds_up(&client);
    drop(wire);
    // Another runtime may serve it.
    runtime().block_on(async {
        client.disconnect().await;
        let (connected, wire) = tokio::join!(client.connect(), peer.open());
        connected.unwrap();
        drop(wire);
    });
    let error = polled_once(client.connect()).expect_err("no runtime");
    assert_eq!(*error.kind(), ConnectErrorKind::Runtime);
}

/// Polls once: a future that needs no runtime is ready at once.
fn polled_once<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    match future.as_mut().poll(&mut cx) {
        std::task::Poll::Ready(value) => value,
        std::task::Poll::Pending => panic!("it waits for something"),
    }
}
