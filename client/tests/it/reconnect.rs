//! Reconnecting, stopping, and the states between: cases 40 to 49 of the list of faults.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::DuplexStream,
    time::{Instant, sleep},
};
use wirebond_client::{
    Backoff, Client, ConnectErrorKind, DropReason, Event, FlushErrorKind, HeartbeatKind,
    SendErrorKind, State, Unconfirmed,
};

use crate::support::{
    Peer, Wire, adds_up, millis, open, peer, picked, reaches, secs, so_far, took,
};

fn connecting(
    client: &Client,
) -> tokio::task::JoinHandle<Result<(), wirebond_client::ConnectError>> {
    let client = client.clone();
    tokio::spawn(async move { client.connect().await })
}

#[tokio::test(start_paused = true)]
async fn lost_and_back_with_what_was_queued_first() {
    let (mut peer, builder) = peer();
    let (client, wire, mut events) = open(builder, &mut peer).await;
    let weak = client.downgrade();
    client.on_open(move || weak.upgrade().unwrap().try_send("from-on-open", &()));
    let mut wire = wire;
    assert_eq!(wire.next_name().await, "from-on-open", "registered while open: at once");
    drop(wire);
    reaches(&client, State::Reconnecting { attempt: 1 }).await;
    for name in ["one", "two", "three"] {
        client.send(name, &1).await.unwrap();
    }
    let (mut wire, delay) = took(peer.open()).await;
    assert!((secs(4)..=secs(6)).contains(&delay), "{delay:?}");
    for name in ["one", "two", "three", "from-on-open"] {
        assert_eq!(wire.next_name().await, name);
    }
    assert_eq!(
        so_far(&mut events).await,
        [
            "open",
            "error Connection",
            "close 1006",
            "unconfirmed from-on-open 1",
            "reconnect 1",
            "open"
        ]
    );
    let stats = client.stats();
    assert_eq!((stats.connections, stats.reconnects()), (2, 1));
    adds_up(&client);
}

/// 10,000 clients, one restart: when each of them tries again.
async fn herd(backoff: Backoff, interval: Duration) -> Vec<Duration> {
    const CLIENTS: usize = 10_000;
    let (restart, restarts) = tokio::sync::watch::channel(None);
    let attempts = Arc::new(Mutex::new(Vec::new()));
    let mut clients = Vec::new();
    for _ in 0..CLIENTS {
        let (attempts, restarts) = (Arc::clone(&attempts), restarts.clone());
        let client = Client::builder("ws://peer.test/")
            .connector(move |_| {
                let began: Option<Instant> = *restarts.borrow();
                let (near, stream) = tokio::io::duplex(512);
                if let Some(began) = began {
                    attempts.lock().unwrap().push(began.elapsed());
                } else {
                    let mut restarts = restarts.clone();
                    tokio::spawn(async move {
                        let mut wire = Wire { stream };
                        wire.upgrade().await;
                        restarts.changed().await.unwrap();
                    });
                }
                async move {
                    if began.is_some() {
                        Err(std::io::ErrorKind::ConnectionRefused.into())
                    } else {
                        Ok(near)
                    }
                }
            })
            .backoff(backoff)
            .reconnect_interval(interval)
            .max_reconnect_attempts(1)
            .build()
            .unwrap();
        client.connect().await.unwrap();
        clients.push(client);
    }
    restart.send_replace(Some(Instant::now()));
    for client in &clients {
        reaches(client, State::Failed).await;
    }
    let attempts = attempts.lock().unwrap();
    assert_eq!(attempts.len(), CLIENTS);
    attempts.clone()
}

#[tokio::test(start_paused = true)]
async fn case_40_attempts_of_a_herd_are_spread() {
    for (backoff, interval, from, to) in [
        (Backoff::Fixed, secs(50), 40, 60),
        (Backoff::Exponential { max: secs(60) }, secs(50), 25, 50),
    ] {
        let mut seconds = vec![0_u64; to];
        for attempt in herd(backoff, interval).await {
            // Timers end on whole milliseconds: the last may end on the span's end itself.
            seconds[usize::try_from(attempt.as_secs()).unwrap().min(to - 1)] += 1;
        }
        let uniform = 10_000 / (to - from) as u64;
        assert_eq!(seconds[..from].iter().sum::<u64>(), 0, "{backoff:?}: {seconds:?}");
        let peak = *seconds.iter().max().unwrap();
        assert!(peak * 2 <= uniform * 3, "{backoff:?}: {peak} in one second, {uniform} on average");
    }
}

#[tokio::test(start_paused = true)]
async fn case_41_flapping_ends() {
    let (mut peer, builder) = peer();
    let builder = builder.max_reconnect_attempts(3);
    let (client, wire, mut events) = open(builder, &mut peer).await;
    drop(wire);
    let began = Instant::now();
    for _ in 0..3 {
        // Accepted and dropped at once: shorter than the uptime that resets the count.
        drop(peer.open().await);
    }
    reaches(&client, State::Failed).await;
    assert!(began.elapsed() >= secs(12), "never a tight loop: {:?}", began.elapsed());
    peer.expect_none_for(secs(3_600)).await;
    let events = so_far(&mut events).await;
    let failed = events.iter().filter(|event| *event == "reconnect-failed").count();
    assert_eq!(failed, 1, "{events:?}");
    let attempts: Vec<_> = events.iter().filter(|event| event.starts_with("reconnect ")).collect();
    assert_eq!(attempts, ["reconnect 1", "reconnect 2", "reconnect 3"]);
}

#[tokio::test(start_paused = true)]
async fn the_count_starts_afresh_after_enough_uptime() {
    let (mut peer, builder) = peer();
    let (client, wire, mut events) = open(builder.max_reconnect_attempts(1), &mut peer).await;
    drop(wire);
    for _ in 0..5 {
        let wire = peer.open().await;
        sleep(secs(6)).await;
        drop(wire);
    }
    let wire = peer.open().await;
    drop(wire);
    reaches(&client, State::Failed).await;
    let events = so_far(&mut events).await;
    assert!(!events.contains(&"reconnect 2".to_owned()), "{events:?}");
}

#[tokio::test(start_paused = true)]
async fn case_45_exhausted_attempts_keep_the_queue_and_connect_starts_afresh() {
    let (mut peer, builder) = peer();
    let builder = builder.max_reconnect_attempts(2).connect_timeout(secs(1));
    let (client, wire, mut events) = open(builder, &mut peer).await;
    drop(wire);
    reaches(&client, State::Reconnecting { attempt: 1 }).await;
    client.send("kept", &1).await.unwrap();
    let joined = connecting(&client);
    for _ in 0..2 {
        drop(peer.accept().await);
    }
    let error = joined.await.unwrap().expect_err("the attempts are over");
    assert_eq!(*error.kind(), ConnectErrorKind::Io);
    assert_eq!(client.state(), State::Failed);
    assert_eq!(
        so_far(&mut events).await,
        [
            "open",
            "error Connection",
            "close 1006",
            "reconnect 1",
            "error Connect(Io)",
            "reconnect 2",
            "error Connect(Io)",
            "reconnect-failed",
            "kept 1"
        ]
    );
    let refused = client.send("while-failed", &1).await.unwrap_err();
    assert_eq!(*refused.kind(), SendErrorKind::Stopped);
    let (connected, mut wire) = tokio::join!(client.connect(), peer.open());
    connected.unwrap();
    assert_eq!(wire.next_name().await, "kept");
    drop(wire);
    // All attempts are available again.
    for _ in 0..2 {
        drop(peer.accept().await);
    }
    reaches(&client, State::Failed).await;
}

#[tokio::test(start_paused = true)]
async fn retry_first_connect_makes_the_first_try_an_attempt_like_others() {
    let (mut peer, builder) = peer();
    let builder = builder.retry_first_connect(true).max_reconnect_attempts(2);
    let client = builder.build().unwrap();
    let mut events = client.events();
    let joined = connecting(&client);
    for _ in 0..3 {
        drop(peer.accept().await);
        assert!(matches!(client.state(), State::Connecting));
    }
    joined.await.unwrap().expect_err("three tries failed");
    assert_eq!(client.state(), State::Failed);
    let events = so_far(&mut events).await;
    assert_eq!(events.last().unwrap(), "reconnect-failed", "{events:?}");
    peer.expect_none_for(secs(60)).await;
}

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

#[tokio::test(start_paused = true)]
async fn a_week_of_random_cuts() {
    let (mut peer, builder) = peer();
    let builder = builder
        .max_reconnect_attempts(None)
        .backoff(Backoff::Exponential { max: secs(60) })
        .unconfirmed(Unconfirmed::Redeliver);
    let client = builder.build().unwrap();
    let began = Instant::now();
    let received = Arc::new(Mutex::new(Vec::new()));
    let server = tokio::spawn({
        let received = Arc::clone(&received);
        async move {
            let mut seed = 11_u64;
            let mut random = move || {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                seed >> 33
            };
            loop {
                let mut wire = peer.open().await;
                let cut = sleep(secs(10 + random() % 7_200));
                tokio::pin!(cut);
                loop {
                    tokio::select! {
                        () = &mut cut => break,
                        message = wire.next() => received.lock().unwrap().push(message),
                    }
                }
            }
        }
    });
    client.connect().await.unwrap();
    let mut sent = 0_u64;
    while began.elapsed() < secs(7 * 24 * 60 * 60) {
        sleep(secs(600)).await;
        client.send("tick", &sent).await.unwrap();
        sent += 1;
        adds_up(&client);
    }
    reaches(&client, State::Open).await;
    client.flush().await.unwrap();
    let stats = client.stats();
    assert!(stats.reconnects() > 100, "{stats:?}");
    assert_eq!((stats.confirmed, stats.unconfirmed, stats.queued), (sent, 0, 0), "{stats:?}");
    server.abort();
    let received = received.lock().unwrap();
    let mut numbers: Vec<u64> = received
        .iter()
        .map(|text| {
            serde_json::from_str::<serde_json::Value>(text).unwrap()["data"].as_u64().unwrap()
        })
        .collect();
    numbers.dedup();
    assert_eq!(numbers, (0..sent).collect::<Vec<_>>(), "all, in order, some twice");
}

#[tokio::test(start_paused = true)]
async fn confirmation_comes_by_the_pong_behind_the_message() {
    let (mut peer, builder) = peer();
    let (client, mut wire, _events) = open(builder.heartbeat(HeartbeatKind::Off), &mut peer).await;
    client.send("a", &1).await.unwrap();
    client.send("b", &1).await.unwrap();
    assert_eq!(crate::support::name(wire.read().await.unwrap().text()), "a");
    assert_eq!(crate::support::name(wire.read().await.unwrap().text()), "b");
    let ping = wire.read().await.unwrap();
    assert!(ping.is_ping());
    client.send("c", &1).await.unwrap();
    assert_eq!(crate::support::name(wire.read().await.unwrap().text()), "c");
    let stats = client.stats();
    assert_eq!((stats.in_flight, stats.confirmed), (3, 0));
    wire.frame(10, &ping.payload).await;
    while client.stats().confirmed == 0 {
        sleep(millis(1)).await;
    }
    let stats = client.stats();
    assert_eq!((stats.in_flight, stats.confirmed), (1, 2), "`c` came after that Ping");
    assert!(stats.round_trip.is_some());
    // At most one Ping an interval.
    let (ping, time) = took(wire.read()).await;
    assert!(ping.unwrap().is_ping() && time >= millis(900), "{time:?}");
}

#[tokio::test(start_paused = true)]
async fn flush_pings_at_once_and_never_hangs() {
    let (mut peer, builder) = peer();
    let client = builder.build().unwrap();
    assert_eq!(*client.flush().await.unwrap_err().kind(), FlushErrorKind::NotOpen);
    let (connected, mut wire) = tokio::join!(client.connect(), peer.open());
    connected.unwrap();
    client.flush().await.expect("nothing to wait for");
    for number in 0..10 {
        client.send("chat", &number).await.unwrap();
        let ((flushed, time), ()) = tokio::join!(took(client.flush()), async {
            loop {
                let frame = wire.read().await.unwrap();
                if frame.is_ping() {
                    break wire.frame(10, &frame.payload).await;
                }
            }
        });
        flushed.unwrap();
        assert!(time < millis(10), "no waiting for the interval: {time:?}");
    }
    client.send("chat", &1).await.unwrap();
    let (flushed, ()) = tokio::join!(client.flush(), async { drop(wire) });
    assert_eq!(*flushed.unwrap_err().kind(), FlushErrorKind::Lost);

    let (mut peer, builder) = crate::support::peer();
    let (client, _wire, _events) = open(builder.confirm_interval(None), &mut peer).await;
    client.send("chat", &1).await.unwrap();
    assert_eq!(*client.flush().await.unwrap_err().kind(), FlushErrorKind::Unavailable);
    sleep(millis(10)).await;
    assert_eq!(client.stats().unconfirmed, 1, "written, and nothing more to report");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_never_answers_pings_confirms_nothing_and_that_is_reported_once() {
    let (mut peer, builder) = peer();
    let (client, mut wire, mut events) = open(builder, &mut peer).await;
    client.send("chat", &1).await.unwrap();
    let began = Instant::now();
    while began.elapsed() < secs(60) {
        wire.message("news", "1").await;
        sleep(secs(1)).await;
        if began.elapsed() == secs(30) {
            client.send("chat", &2).await.unwrap();
        }
    }
    let events = so_far(&mut events).await;
    assert_eq!(events, ["open", "ConfirmationUnavailable", "unconfirmed chat 1"]);
    let stats = client.stats();
    assert_eq!((stats.unconfirmed, stats.in_flight), (2, 0), "{stats:?}");
    assert_eq!(*client.flush().await.unwrap_err().kind(), FlushErrorKind::Unavailable);
    assert_eq!(client.state(), State::Open);
}

#[tokio::test(start_paused = true)]
async fn what_was_in_flight_is_reported_or_delivered_again() {
    for choice in [Unconfirmed::Report, Unconfirmed::Redeliver] {
        let (mut peer, builder) = peer();
        let (client, mut wire, mut events) = open(builder.unconfirmed(choice), &mut peer).await;
        client.send("confirmed", &1).await.unwrap();
        let (flushed, ()) = tokio::join!(client.flush(), async {
            assert_eq!(wire.next_name().await, "confirmed");
            let ping = wire.read().await.unwrap();
            wire.frame(10, &ping.payload).await;
        });
        flushed.unwrap();
        for name in ["a", "b", "a"] {
            client.send(name, &1).await.unwrap();
        }
        for name in ["a", "b", "a"] {
            assert_eq!(wire.next_name().await, name);
        }
        drop(wire);
        reaches(&client, State::Reconnecting { attempt: 1 }).await;
        client.send("later", &1).await.unwrap();
        let mut wire = peer.open().await;
        if choice == Unconfirmed::Redeliver {
            for name in ["a", "b", "a"] {
                assert_eq!(wire.next_name().await, name);
            }
        }
        assert_eq!(wire.next_name().await, "later");
        let events = so_far(&mut events).await;
        let reported: Vec<_> =
            events.iter().filter(|event| event.starts_with("unconfirmed")).collect();
        if choice == Unconfirmed::Report {
            assert_eq!(reported, ["unconfirmed a 2", "unconfirmed b 1"]);
        } else {
            assert!(reported.is_empty(), "{reported:?}");
        }
        adds_up(&client);
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_that_waited_too_long_is_dropped_and_reported() {
    let (mut peer, builder) = peer();
    let builder = builder.reconnect_interval(secs(10)).message_ttl(secs(6));
    let (client, wire, mut events) = open(builder, &mut peer).await;
    drop(wire);
    reaches(&client, State::Reconnecting { attempt: 1 }).await;
    client.send("old", &1).await.unwrap();
    sleep(secs(7)).await;
    client.send("young", &1).await.unwrap();
    let mut wire = peer.open().await;
    assert_eq!(wire.next_name().await, "young");
    let events = so_far(&mut events).await;
    assert!(events.contains(&"dropped old 1 Expired".to_owned()), "{events:?}");
    adds_up(&client);
}
