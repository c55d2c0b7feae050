//! The table of promises in `docs/reliability.md`, each in every state.

use std::fmt::Write;

use tokio::{
    io::DuplexStream,
    time::{Instant, sleep, timeout},
};
use wirebond_client::{Client, Event, Inbox, State};

use crate::{
    states::{Stand, fill, has_ended, stage, standing},
    support::{Wire, adds_up, message, millis, secs, so_far, took},
};

const TABLE: &str = include_str!("../../../../docs/reliability.md");

#[test]
fn every_promise_is_walked_here() {
    let section = TABLE.split("## Promises").nth(1).unwrap().split("\n## ").next().unwrap();
    let promises = section.lines().filter(|line| line.split_once(". **").is_some()).count();
    let walked = include_str!("promises.rs").matches("fn promise_").count();
    // The one in the line above is no test.
    assert_eq!(promises, walked - 1, "a promise without a walk through the states");
}

/// What the events report about messages that didn't arrive.
fn reported(events: &[Event]) -> u64 {
    let count = |event: &Event| match event {
        Event::Unconfirmed { count, .. } | Event::Dropped { count, .. } => *count,
        _ => 0,
    };
    events.iter().map(count).sum()
}

#[tokio::test(start_paused = true)]
async fn promise_1_no_message_is_lost_unreported() {
    for stand in Stand::ALL {
        let mut events = None;
        let stage = stage(
            stand,
            |builder| builder.heartbeat(wirebond_client::HeartbeatKind::Off),
            async |client, _| {
                events = Some(client.events());
                fill(client).await;
                adds_up(client);
            },
        )
        .await;
        let client = stage.client;
        adds_up(&client);
        for number in 0..10 {
            // Some states take it, others refuse it: both are counted.
            let _ = client.try_send("more", &number);
            adds_up(&client);
        }
        client.disconnect().await;
        adds_up(&client);
        let stats = client.stats();
        assert_eq!(stats.in_flight, 0, "{stand:?}: {stats:?}");
        drop(client);
        let mut events = events.unwrap();
        let mut all = Vec::new();
        while let Ok(Some(event)) = timeout(secs(10), events.next()).await {
            all.push(event);
        }
        let lost = stats.unconfirmed + stats.dropped() + stats.queued;
        assert_eq!(reported(&all), lost, "{stand:?}: {stats:?}, {all:?}");
        assert_eq!(stats.accepted, stats.confirmed + lost, "{stand:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn promise_2_a_dead_connection_is_found() {
    for stand in Stand::ALL {
        let stage = standing(stand, |builder| builder).await;
        let mut states = stage.client.watch_state();
        let dead = states.wait_for(|state| *state != State::Open && *state != State::Closing);
        // No silent connection outlasts the interval and the timeout.
        let found = timeout(secs(41), dead).await.is_ok();
        let lives = stand == Stand::Open;
        assert_eq!(found, !lives, "{stand:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn promise_3_attempts_are_bounded_spread_and_counted() {
    for stand in Stand::ALL {
        let mut stage = standing(stand, |builder| builder.connect_timeout(secs(10))).await;
        let mut events = stage.client.events();
        // The network is gone.
        stage.wires.clear();
        stage.say = None;
        let (mut attempts, began) = (0, Instant::now());
        let mut last = None::<Instant>;
        while let Ok(wire) = timeout(secs(3_600), stage.peer.incoming()).await {
            drop(wire);
            let delay = last.replace(Instant::now()).map_or(secs(60), |last| last.elapsed());
            assert!(delay >= secs(4), "{stand:?}: {delay:?} between two attempts");
            attempts += 1;
            assert!(attempts < 10, "{stand:?}: no end");
        }
        let state = stage.client.state();
        let (expected, end) = match stand {
            Stand::Open => (0, State::Open),
            Stand::OpenSilent | Stand::Waiting | Stand::ConnectingAgain => (1, State::Failed),
            Stand::Reconnecting | Stand::Failed => (0, State::Failed),
            Stand::Idle | Stand::Connecting => (0, State::Idle),
            Stand::Closing | Stand::Closed | Stand::ClosedByServer | Stand::Refused => {
                (0, State::Closed)
            }
        };
        // A peer that is serving keeps serving.
        assert_eq!((attempts, state), (expected, end), "{stand:?} after {:?}", began.elapsed());
        let failed = so_far(&mut events).await;
        let failed = failed.iter().filter(|event| *event == "reconnect-failed").count();
        let now = end == State::Failed && stand != Stand::Failed;
        assert_eq!(failed, usize::from(now), "{stand:?}: reported once");
    }
}

#[tokio::test(start_paused = true)]
async fn promise_4_disconnect_returns_and_is_the_end() {
    for stand in Stand::ALL {
        let (sender, mut calls) = tokio::sync::mpsc::unbounded_channel();
        let mut stage = stage(
            stand,
            |builder| builder,
            async |client, wire| {
                client.on("chat", move |_: u8| {
                    let _ = sender.send(());
                    sleep(millis(700))
                });
                if let Some(wire) = wire {
                    wire.raw(&message("chat", "1").repeat(10)).await;
                    sleep(millis(1)).await;
                }
            },
        )
        .await;
        let ((), time) = took(stage.client.disconnect()).await;
        assert!(time <= secs(2) + millis(50), "{stand:?}: {time:?}");
        assert_eq!(stage.client.state(), State::Closed, "{stand:?}");
        while calls.try_recv().is_ok() {}
        for wire in &mut stage.wires {
            wire.message("chat", "1").await;
            assert!(has_ended(wire).await, "{stand:?}: a socket is left");
        }
        stage.peer.expect_none_for(secs(3_600)).await;
        assert!(calls.try_recv().is_err(), "{stand:?}: a call began afterwards");
    }
}

#[tokio::test(start_paused = true)]
async fn promise_5_memory_is_bounded() {
    for stand in Stand::ALL {
        let stage = stage(
            stand,
            |builder| builder.queue_messages(10).queue_bytes(1_000).inbox(Inbox::wait(10)),
            async |client, wire| {
                client.on("chat", |_: u8| std::future::pending::<()>());
                // A Close frame can't follow a frame that was cut off.
                if let Some(wire) = wire.filter(|_| stand != Stand::ClosedByServer) {
                    // More than the inbox and the stream take.
                    let flood = message("chat", "1").repeat(1_000);
                    let _ = timeout(millis(10), wire.raw(&flood)).await;
                }
            },
        )
        .await;
        let client = &stage.client;
        for number in 0..10_000 {
            let _ = client.try_send("flood", &number);
        }
        let stats = client.stats();
        assert!(stats.queued <= 10, "{stand:?}: {stats:?}");
        assert!(stats.received <= 50, "{stand:?}: {stats:?}");
        adds_up(client);
    }
}

#[tokio::test(start_paused = true)]
async fn promise_6_no_credential_is_shown() {
    for stand in Stand::ALL {
        let mut events = None;
        let mut stage = stage(
            stand,
            |builder| builder.header("Authorization", "s3cret").connect_timeout(secs(10)),
            async |client, _| events = Some(client.events()),
        )
        .await;
        stage.wires.clear();
        let connected = timeout(secs(60), stage.client.connect()).await;
        let sent = stage.client.try_send("chat", "s3cret");
        let mut shown = format!("{:?} {connected:?} {sent:?}", stage.client);
        if let Err(error) = sent {
            shown += &error.to_string();
        }
        let mut events = events.unwrap();
        while let Ok(Some(event)) = timeout(millis(1), events.next()).await {
            write!(shown, "{event:?}").unwrap();
            if let Event::Error(error) = event {
                shown += &error.to_string();
            }
        }
        assert!(!shown.contains("s3cret"), "{stand:?}: {shown}");
    }
}

#[tokio::test(start_paused = true)]
async fn promise_7_no_call_hangs() {
    for stand in Stand::ALL {
        let full = async |client: &Client, _: Option<&mut Wire<DuplexStream>>| fill(client).await;
        let change = |builder: wirebond_client::Builder| builder.connect_timeout(secs(10));
        let stage = stage(stand, change, full).await;
        let client = &stage.client;
        let hour = secs(3_600);
        let flushed = timeout(hour, client.flush()).await;
        assert!(flushed.is_ok(), "{stand:?}: flush hangs");
        if client.state() != State::Idle {
            // A client that was never connected, or that waits for `connect()`, has no task that makes room.
            let sent = timeout(hour, client.send("waits", &1)).await;
            let idle = client.state() == State::Idle;
            assert!(sent.is_ok() || idle, "{stand:?}: send hangs in {}", client.state());
        }
        assert!(timeout(hour, client.connect()).await.is_ok(), "{stand:?}: connect hangs");
        let mut stream = client.stream::<u8>("chat");
        let mut events = client.events();
        assert!(timeout(hour, client.disconnect()).await.is_ok(), "{stand:?}: disconnect hangs");
        let sent = timeout(hour, client.send("late", &1)).await;
        assert!(sent.expect("it ends").is_err(), "{stand:?}");
        drop(stage);
        assert!(timeout(hour, stream.next()).await.expect("it ends").is_none(), "{stand:?}");
        let all = async { while events.next().await.is_some() {} };
        assert!(timeout(hour, all).await.is_ok(), "{stand:?}: events hang");
    }
}
