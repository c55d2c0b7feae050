//! What was sent when the connection was lost: confirmed, reported, or sent again.

use std::sync::{Arc, Mutex};

use tokio::time::{Instant, sleep};
use wirebond_client::{Backoff, FlushErrorKind, HeartbeatKind, State, Unconfirmed};

use crate::support::{adds_up, millis, open, peer, reaches, secs, so_far, took};

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
