//! When a client connects again, and when no more: cases 40 to 45.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::time::{Instant, sleep};
use wirebond_client::{Backoff, Client, ConnectErrorKind, SendErrorKind, State};

use super::connecting;
use crate::support::{Wire, adds_up, open, peer, reaches, secs, so_far, took};

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
