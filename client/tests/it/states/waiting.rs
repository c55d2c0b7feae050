//! What a stopped client does with messages, and what a waiting client reports.

use wirebond_client::{DropReason, SendErrorKind, State};

use crate::{
    states::{Stand, standing},
    support::{adds_up, millis, open, peer, picked, reaches, secs, so_far, took},
};
use tokio::time::{Instant, sleep, timeout};

#[tokio::test(start_paused = true)]
async fn field_d1_a_stopped_client_refuses_and_a_waiting_one_queues() {
    for stand in Stand::ALL {
        let stage = standing(stand, |builder| builder).await;
        let client = &stage.client;
        let before = client.stats();
        let expected = match stand.state() {
            State::Closed | State::Failed => Err(SendErrorKind::Stopped),
            State::Closing => Err(SendErrorKind::Closed),
            _ => Ok(()),
        };
        let sent = timeout(secs(1), client.send("secret", &1)).await.expect("no wait");
        assert_eq!(sent.map_err(|error| *error.kind()), expected, "{stand:?}");
        let sent = client.try_send("secret", &1);
        assert_eq!(sent.map_err(|error| *error.kind()), expected, "{stand:?}");
        let after = client.stats();
        let accepted = if expected.is_ok() { (2, 0) } else { (0, 2) };
        let counted = (after.accepted - before.accepted, after.refused - before.refused);
        assert_eq!(counted, accepted, "{stand:?}");
        adds_up(client);
    }
}

#[tokio::test(start_paused = true)]
async fn field_d1_what_was_queued_before_the_end_is_for_the_next_connect() {
    let (mut peer, builder) = peer();
    let (client, wire, _events) = open(builder.max_reconnect_attempts(1), &mut peer).await;
    drop(wire);
    reaches(&client, State::Reconnecting { attempt: 1 }).await;
    client.send("kept", &1).await.unwrap();
    drop(peer.accept().await);
    reaches(&client, State::Failed).await;
    client.send("refused", &1).await.unwrap_err();
    let (connected, mut wire) = tokio::join!(client.connect(), peer.open());
    connected.unwrap();
    client.send("new", &1).await.unwrap();
    assert_eq!((wire.next_name().await, wire.next_name().await), ("kept".into(), "new".into()));
}

#[tokio::test(start_paused = true)]
async fn field_d1_a_first_connect_that_fails_leaves_queueing_as_it_was() {
    let (mut peer, builder) = peer();
    let client = builder.build().unwrap();
    let (failed, ()) = tokio::join!(client.connect(), async { drop(peer.accept().await) });
    failed.unwrap_err();
    assert_eq!(client.state(), State::Idle);
    client.send("queued", &1).await.unwrap();
    client.disconnect().await;
    let (failed, ()) = tokio::join!(client.connect(), async { drop(peer.accept().await) });
    failed.unwrap_err();
    assert_eq!(client.state(), State::Closed, "as it was");
    let error = client.send("refused", &1).await.unwrap_err();
    assert_eq!(*error.kind(), SendErrorKind::Stopped);
}

#[tokio::test(start_paused = true)]
async fn field_d1_a_handler_of_the_end_finds_the_client_stopped() {
    for failed in [false, true] {
        let (mut peer, builder) = peer();
        let (client, mut wire, _events) = open(builder.max_reconnect_attempts(1), &mut peer).await;
        let (sender, mut kinds) = tokio::sync::mpsc::unbounded_channel();
        let weak = client.downgrade();
        let note = move || {
            let client = weak.upgrade().unwrap();
            let sent = client.try_send("late", &1).map_err(|error| *error.kind());
            sender.send((client.state(), sent)).unwrap();
        };
        if failed {
            client.on_reconnect_failed(note);
            drop(wire);
            drop(peer.accept().await);
        } else {
            client.on_close(move |_| note());
            wire.close(4404, "").await;
        }
        let state = if failed { State::Failed } else { State::Closed };
        assert_eq!(kinds.recv().await, Some((state, Err(SendErrorKind::Stopped))));
    }
}

#[tokio::test(start_paused = true)]
async fn field_d1_disconnect_ends_closed_for_a_client_that_never_connected() {
    let (mut peer, builder) = peer();
    let client = builder.build().unwrap();
    let mut events = client.events();
    client.send("queued", &1).await.unwrap();
    client.disconnect().await;
    assert_eq!(client.state(), State::Closed);
    assert_eq!(so_far(&mut events).await, ["kept 1"]);
    let (connected, mut wire) = tokio::join!(client.connect(), peer.open());
    connected.unwrap();
    assert_eq!(wire.next_name().await, "queued");
}

#[tokio::test(start_paused = true)]
async fn field_d1_clear_queue_drops_counts_and_reports_in_every_state() {
    for stand in Stand::ALL {
        let stage = super::stage(
            stand,
            |builder| builder,
            async |client, _| {
                client.send("secret", &"x".repeat(200_000)).await.unwrap();
                client.send("secret", &"x".repeat(200_000)).await.unwrap();
            },
        )
        .await;
        let client = &stage.client;
        let mut events = client.events();
        let queued = client.stats().queued;
        assert_eq!(client.clear_queue(), queued, "{stand:?}");
        let stats = client.stats();
        assert_eq!((stats.queued, stats.dropped_cleared), (0, queued), "{stand:?}");
        adds_up(client);
        if queued > 0 {
            let dropped = picked(&mut events, |event| match event {
                wirebond_client::Event::Dropped { name, count, reason, .. } => {
                    Some((name.to_string(), *count, *reason))
                }
                _ => None,
            });
            assert_eq!(dropped.await, ("secret".into(), queued, DropReason::Cleared), "{stand:?}");
        }
        assert_eq!(client.clear_queue(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn field_d1_room_that_clear_queue_makes_goes_to_who_waits() {
    let stage = standing(Stand::Waiting, |builder| builder).await;
    super::fill(&stage.client).await;
    let client = stage.client.clone();
    let sending = tokio::spawn(async move { client.send("waits", &1).await });
    sleep(millis(1)).await;
    assert!(stage.client.clear_queue() > 0);
    timeout(secs(1), sending).await.unwrap().unwrap().unwrap();
    assert_eq!(stage.client.stats().queued, 1);
}

#[tokio::test(start_paused = true)]
async fn field_d4_reconnect_now_begins_what_waits_and_nothing_else() {
    for stand in Stand::ALL {
        let mut stage = standing(stand, |builder| builder.reconnect_interval(secs(1_000))).await;
        let waits = matches!(stand, Stand::Waiting | Stand::ConnectingAgain);
        let client = stage.client.clone();
        let mut events = client.events();
        assert_eq!(client.reconnect_now(), waits, "{stand:?}");
        assert_eq!(client.state(), stand.state(), "{stand:?}");
        if waits {
            let ((), time) = took(async { drop(stage.peer.open().await) }).await;
            assert!(time < millis(10), "{stand:?}: {time:?}");
            assert!(!client.reconnect_now(), "{stand:?}: it is under way");
            assert!(so_far(&mut events).await.contains(&"reconnect 1".to_owned()), "{stand:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn field_d4_an_attempt_before_its_time_counts_and_the_next_waits_again() {
    let (mut peer, builder) = peer();
    let builder = builder.reconnect_interval(secs(100)).max_reconnect_attempts(3);
    let (client, wire, mut events) = open(builder, &mut peer).await;
    drop(wire);
    for attempt in 1..=3 {
        reaches(&client, State::Reconnecting { attempt }).await;
        // A double click is one attempt.
        assert!(client.reconnect_now());
        client.reconnect_now();
        drop(peer.accept().await);
        sleep(millis(10)).await;
        if attempt < 3 {
            peer.expect_none_for(secs(50)).await;
        }
    }
    assert_eq!(client.state(), State::Failed);
    assert!(!client.reconnect_now(), "connect() begins afresh");
    let reconnects = |event: &String| event.starts_with("reconnect ");
    let events: Vec<_> = so_far(&mut events).await.into_iter().filter(reconnects).collect();
    assert_eq!(events, ["reconnect 1", "reconnect 2", "reconnect 3"]);
}

#[tokio::test(start_paused = true)]
async fn field_d4_reconnect_now_in_a_handler_of_the_outage() {
    let (mut peer, builder) = peer();
    let (client, wire, _events) = open(builder.reconnect_interval(secs(100)), &mut peer).await;
    let weak = client.downgrade();
    client.on_close(move |_| assert!(weak.upgrade().unwrap().reconnect_now()));
    let began = Instant::now();
    drop(wire);
    drop(peer.open().await);
    assert!(began.elapsed() < secs(1), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn field_d4_the_next_attempt_is_told_for_a_countdown() {
    for stand in Stand::ALL {
        let stage = standing(stand, |builder| builder.reconnect_interval(secs(1_000))).await;
        let next = stage.client.next_attempt();
        let expected = match stand {
            Stand::Waiting | Stand::ConnectingAgain | Stand::Reconnecting => Some(1),
            _ => None,
        };
        assert_eq!(next.map(|next| next.number), expected, "{stand:?}");
        if let Some(next) = next {
            let remaining = next.remaining();
            if stand == Stand::Reconnecting {
                assert_eq!(remaining, secs(0), "under way");
            } else {
                assert!(remaining > secs(700) && remaining <= secs(1_200), "{remaining:?}");
                let at = next.at.saturating_duration_since(Instant::now().into_std());
                assert_eq!(at, remaining);
                sleep(secs(100)).await;
                assert!(next.remaining() + secs(100) <= remaining, "it counts down");
                assert!(stage.client.reconnect_now());
                assert_eq!(stage.client.next_attempt().unwrap().remaining(), secs(0));
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn field_d4_who_watches_the_state_is_told_when_a_delay_begins() {
    let (mut peer, builder) = peer();
    let client = builder.retry_first_connect(true).build().unwrap();
    let connecting = client.clone();
    tokio::spawn(async move { connecting.connect().await });
    let mut states = client.watch_state();
    reaches(&client, State::Connecting).await;
    states.borrow_and_update();
    for number in 1..=5 {
        drop(peer.accept().await);
        states.changed().await.unwrap();
        assert_eq!(*states.borrow_and_update(), State::Connecting);
        assert_eq!(client.next_attempt().unwrap().number, number);
    }
}
