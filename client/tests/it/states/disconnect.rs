//! Cases 58 and 59: `disconnect()` in every state, and in handlers.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::Notify,
    time::{sleep, timeout},
};
use wirebond_client::{Client, FlushErrorKind, State};

use crate::{
    states::{Stand, fill, has_ended, stage, standing},
    support::{adds_up, frame, message, millis, open, peer, reaches, secs, so_far, took},
};

const LIMIT: Duration = Duration::from_millis(2_050);

/// Handlers that take 100 ms for each of twenty messages and errors: counts the calls.
fn slow(client: &Client, takes: Duration) -> Arc<AtomicU32> {
    let calls = Arc::new(AtomicU32::new(0));
    let (count, errors) = (Arc::clone(&calls), Arc::clone(&calls));
    client.on("chat", move |_: u8| {
        count.fetch_add(1, Ordering::SeqCst);
        sleep(takes)
    });
    client.on_error(move |_| {
        errors.fetch_add(1, Ordering::SeqCst);
        sleep(takes)
    });
    calls
}

#[tokio::test(start_paused = true)]
async fn case_58_no_call_begins_after_disconnect_in_any_state() {
    for stand in Stand::ALL {
        for takes in [millis(100), secs(1), secs(3_600)] {
            let mut calls = None;
            let stage = stage(
                stand,
                |builder| builder,
                async |client, wire| {
                    calls = Some(slow(client, takes));
                    if let Some(wire) = wire {
                        let burst = [message("chat", "1"), frame(0x81, b"no message")].concat();
                        wire.raw(&burst.repeat(20)).await;
                        sleep(millis(250)).await;
                    }
                },
            )
            .await;
            let client = &stage.client;
            let ((), time) = took(client.disconnect()).await;
            assert!(time <= LIMIT, "{stand:?}, {takes:?}: {time:?}");
            assert_eq!(client.state(), State::Closed, "{stand:?}, {takes:?}");
            let calls = calls.unwrap();
            let before = calls.load(Ordering::SeqCst);
            sleep(secs(60)).await;
            assert_eq!(calls.load(Ordering::SeqCst), before, "{stand:?}: a call began afterwards");
            let ((), time) = took(client.disconnect()).await;
            assert!(time <= LIMIT, "{stand:?}, {takes:?}: a second one takes {time:?}");
            adds_up(client);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn case_58_what_waited_is_not_heard_after_the_next_connect_either() {
    let (mut peer, builder) = peer();
    let (client, mut wire, _events) = open(builder, &mut peer).await;
    let calls = slow(&client, secs(10));
    wire.raw(&message("chat", "1").repeat(20)).await;
    wire.close(4404, "").await;
    reaches(&client, State::Closed).await;
    client.disconnect().await;
    let (connected, wire) = tokio::join!(client.connect(), peer.open());
    connected.unwrap();
    let before = calls.load(Ordering::SeqCst);
    sleep(secs(30)).await;
    assert_eq!(calls.load(Ordering::SeqCst), before, "from before `disconnect()`");
    drop(wire);
}

/// Without a connection a `flush()` fails at once, and what `disconnect()` can't write is kept.
#[tokio::test(start_paused = true)]
async fn what_stays_queued_is_counted_and_reported_in_every_state() {
    for stand in Stand::ALL {
        let mut events = None;
        let stage = stage(
            stand,
            |builder| builder,
            async |client, _| {
                events = Some(client.events());
                fill(client).await;
            },
        )
        .await;
        let client = &stage.client;
        if !matches!(stand.state(), State::Open | State::Closing) {
            let (flushed, time) = took(client.flush()).await;
            let kind = *flushed.unwrap_err().kind();
            assert_eq!((kind, time), (FlushErrorKind::NotOpen, Duration::ZERO), "{stand:?}");
        }
        client.disconnect().await;
        let events = so_far(&mut events.unwrap()).await;
        let kept = events.iter().filter(|event| event.starts_with("kept")).collect::<Vec<_>>();
        let queued = client.stats().queued;
        let expected = (queued > 0).then(|| format!("kept {queued}"));
        assert_eq!(kept, Vec::from_iter(&expected), "{stand:?}: {events:?}");
        assert!(
            expected.is_some() || matches!(stand, Stand::Open | Stand::Closed),
            "{stand:?}: {events:?}"
        );
        adds_up(client);
    }
}

#[tokio::test(start_paused = true)]
async fn case_58_no_socket_is_left_in_any_state() {
    for stand in Stand::ALL {
        let mut stage = standing(stand, |builder| builder.close_timeout(secs(100))).await;
        let disconnecting = stage.client.disconnect();
        let ended = timeout(secs(100) + millis(50), disconnecting).await;
        assert!(ended.is_ok(), "{stand:?}");
        for wire in &mut stage.wires {
            assert!(has_ended(wire).await, "{stand:?}: a socket is left");
        }
        assert_eq!(stage.client.state(), State::Closed, "{stand:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn case_58_a_socket_in_its_closing_handshake_goes_with_disconnect() {
    let mut stage =
        standing(Stand::ClosedByServer, |builder| builder.close_timeout(secs(100))).await;
    assert_eq!(stage.wires[0].next_close().await, 4404, "the echo");
    let ((), time) = took(stage.client.disconnect()).await;
    assert!(time < secs(1), "{time:?}");
    let left = timeout(Duration::ZERO, stage.wires[0].read_frame()).await;
    assert_eq!(left.expect("the stream has ended"), None);
}

#[tokio::test(start_paused = true)]
async fn case_58_disconnect_in_a_handler_of_the_end_ends_closed() {
    for (failed, spawns) in [(false, false), (false, true), (true, false), (true, true)] {
        let (mut peer, builder) = peer();
        let (client, mut wire, _events) = open(builder.max_reconnect_attempts(1), &mut peer).await;
        let (weak, done) = (client.downgrade(), Arc::new(Notify::new()));
        let end = Arc::clone(&done);
        let handler = move || {
            let (client, done) = (weak.upgrade().unwrap(), Arc::clone(&end));
            async move {
                let disconnecting = async move {
                    client.disconnect().await;
                    done.notify_one();
                };
                if spawns {
                    tokio::spawn(disconnecting);
                } else {
                    disconnecting.await;
                }
            }
        };
        if failed {
            client.on_reconnect_failed(handler);
            drop(wire);
            drop(peer.accept().await);
        } else {
            client.on_close(move |_| handler());
            wire.close(4404, "").await;
        }
        let ((), time) = took(done.notified()).await;
        assert!(time <= LIMIT, "{failed}, {spawns}: {time:?}");
        assert_eq!(client.state(), State::Closed, "{failed}, {spawns}");
        client.disconnect().await;
    }
}

#[tokio::test(start_paused = true)]
async fn case_58_the_last_handle_may_go_in_a_handler_of_the_end() {
    let (mut peer, builder) = peer();
    let (client, wire, mut events) = open(builder.max_reconnect_attempts(1), &mut peer).await;
    let kept = Arc::new(std::sync::Mutex::new(None));
    let held = Arc::clone(&kept);
    client.on_reconnect_failed(move || drop(held.lock().unwrap().take()));
    *kept.lock().unwrap() = Some(client);
    drop(wire);
    drop(peer.accept().await);
    let ended = timeout(secs(60), async { while events.next().await.is_some() {} }).await;
    assert!(ended.is_ok(), "the stream ends with the client");
}

#[tokio::test(start_paused = true)]
async fn case_58_cancelling_disconnect_changes_nothing_in_any_state() {
    for stand in Stand::ALL {
        let stage = standing(stand, |builder| builder).await;
        let cancelled = timeout(Duration::ZERO, stage.client.disconnect()).await;
        drop(cancelled);
        timeout(LIMIT, reaches(&stage.client, State::Closed)).await.expect("it goes on");
    }
}

#[tokio::test(start_paused = true)]
async fn case_59_a_handler_of_another_client_waits_like_anybody() {
    let (mut peer_a, builder) = peer();
    let (a, mut wire_a, _events) = open(builder, &mut peer_a).await;
    let (mut peer_b, builder) = peer();
    let (b, mut wire_b, _events) = open(builder, &mut peer_b).await;
    let running = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&running);
    b.on("chat", move |_: u8| {
        let running = Arc::clone(&count);
        async move {
            running.fetch_add(1, Ordering::SeqCst);
            sleep(secs(1)).await;
            running.fetch_sub(1, Ordering::SeqCst);
        }
    });
    let (left, other) = (Arc::clone(&running), b.clone());
    let (sender, mut found) = tokio::sync::mpsc::unbounded_channel();
    a.on("chat", move |_: u8| {
        let (left, other, sender) = (Arc::clone(&left), other.clone(), sender.clone());
        async move {
            other.disconnect().await;
            sender.send(left.load(Ordering::SeqCst)).unwrap();
        }
    });
    wire_b.message("chat", "1").await;
    sleep(millis(10)).await;
    tokio::spawn(wire_b.serve());
    assert_eq!(running.load(Ordering::SeqCst), 1);
    wire_a.message("chat", "1").await;
    assert_eq!(found.recv().await, Some(0), "B's handler still runs");
    assert_eq!(b.state(), State::Closed);
}

#[tokio::test(start_paused = true)]
async fn case_59_each_waits_for_the_others_handler_and_neither_for_ever() {
    let (mut peer_a, builder) = peer();
    let (a, mut wire_a, _events) = open(builder, &mut peer_a).await;
    let (mut peer_b, builder) = peer();
    let (b, mut wire_b, _events) = open(builder, &mut peer_b).await;
    let cross = |own: &Client, other: &Client| {
        let other = other.clone();
        own.on("chat", move |_: u8| {
            let other = other.clone();
            async move { other.disconnect().await }
        });
    };
    cross(&a, &b);
    cross(&b, &a);
    wire_a.message("chat", "1").await;
    wire_b.message("chat", "1").await;
    let ((), time) = took(async {
        reaches(&a, State::Closed).await;
        reaches(&b, State::Closed).await;
    })
    .await;
    assert!(time <= LIMIT, "{time:?}");
}

#[tokio::test(start_paused = true)]
async fn case_59_a_disconnect_cancelled_in_a_handler_leaves_no_mark() {
    for twice in [false, true] {
        let (mut peer, builder) = peer();
        let (client, mut wire, _events) = open(builder, &mut peer).await;
        let running = Arc::new(AtomicU32::new(0));
        let (weak, count) = (client.downgrade(), Arc::clone(&running));
        client.on("quit", move |_: u8| {
            let (client, running) = (weak.upgrade().unwrap(), Arc::clone(&count));
            async move {
                running.fetch_add(1, Ordering::SeqCst);
                drop(timeout(millis(10), client.disconnect()).await);
                if twice {
                    let both = async { tokio::join!(client.disconnect(), client.disconnect()) };
                    drop(timeout(millis(10), both).await);
                }
                drop(client);
                sleep(secs(1)).await;
                running.fetch_sub(1, Ordering::SeqCst);
            }
        });
        wire.message("quit", "1").await;
        sleep(millis(100)).await;
        assert_eq!(running.load(Ordering::SeqCst), 1);
        tokio::spawn(wire.serve());
        client.disconnect().await;
        assert_eq!(running.load(Ordering::SeqCst), 0, "the handler still runs");
    }
}

#[tokio::test(start_paused = true)]
async fn case_59_one_handler_that_disconnects_twice_does_not_excuse_another() {
    let (mut peer, builder) = peer();
    let (client, mut wire, _events) = open(builder, &mut peer).await;
    let running = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&running);
    client.on("chat", move |_: u8| {
        let running = Arc::clone(&count);
        async move {
            running.fetch_add(1, Ordering::SeqCst);
            sleep(secs(1)).await;
            running.fetch_sub(1, Ordering::SeqCst);
        }
    });
    let weak = client.downgrade();
    let (left, (sender, mut found)) =
        (Arc::clone(&running), tokio::sync::mpsc::unbounded_channel());
    client.on("quit", move |_: u8| {
        let (client, left, sender) = (weak.upgrade().unwrap(), Arc::clone(&left), sender.clone());
        async move {
            tokio::join!(client.disconnect(), client.disconnect(), client.disconnect());
            sender.send(left.load(Ordering::SeqCst)).unwrap();
        }
    });
    wire.message("chat", "1").await;
    wire.message("quit", "1").await;
    tokio::spawn(wire.serve());
    let (found, time) = took(found.recv()).await;
    assert_eq!(found, Some(0), "the other handler still runs");
    assert!(time < LIMIT, "{time:?}");
}

#[tokio::test(start_paused = true)]
async fn case_59_events_that_wait_for_a_handler_of_events_are_not_heard_afterwards() {
    let (mut peer, builder) = peer();
    let (client, mut wire, _events) = open(builder, &mut peer).await;
    let calls = Arc::new(AtomicU32::new(0));
    let (weak, count) = (client.downgrade(), Arc::clone(&calls));
    client.on_error(move |_| {
        let (client, count) = (weak.upgrade().unwrap(), Arc::clone(&count));
        async move {
            count.fetch_add(1, Ordering::SeqCst);
            client.disconnect().await;
            sleep(secs(1)).await;
        }
    });
    for _ in 0..10 {
        wire.text("no message").await;
    }
    tokio::spawn(wire.serve());
    reaches(&client, State::Closed).await;
    let before = calls.load(Ordering::SeqCst);
    sleep(secs(60)).await;
    assert_eq!((before, calls.load(Ordering::SeqCst)), (1, 1));
}
