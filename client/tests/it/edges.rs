//! Edge cases: user code that panics outside of a handler, senders that outlive their client,
//! peers that change their behaviour, and what remains after `disconnect()`.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use serde::{Deserialize, Deserializer};
use tokio::{io::DuplexStream, sync::mpsc, time::sleep};
use wirebond_client::{
    Client, ConnectErrorKind, ErrorKind, Event, FlushErrorKind, HeartbeatKind, Inbox, Overflow,
    ReconnectDecision, SendErrorKind, State,
};

use crate::support::{
    Wire, adds_up, millis, next_error, open, peer, picked, reaches, secs, so_far, took,
};

#[tokio::test(start_paused = true)]
async fn a_name_that_was_taken_off_is_unknown_again() {
    let (mut peer, builder) = peer();
    let (client, mut wire, _events) = open(builder, &mut peer).await;
    let (sender, mut unknown) = mpsc::unbounded_channel();
    client.on_unknown(move |name, _| sender.send(name).unwrap());
    client.on("chat", |_: u8| {});
    client.off("chat");
    client.off("never-there");
    wire.message("chat", "1").await;
    wire.message("never-there", "1").await;
    let received = async { (unknown.recv().await.unwrap(), unknown.recv().await.unwrap()) };
    let received = tokio::time::timeout(secs(1), received).await.expect("both are unknown now");
    assert_eq!(received, ("chat".to_owned(), "never-there".to_owned()));
    assert_eq!(client.stats().unknown, 2);
}

/// A payload whose `Deserialize` has a bug.
#[derive(Debug)]
struct Fragile;

impl<'de> Deserialize<'de> for Fragile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        assert!(text != "s3cret", "{text}");
        Ok(Self)
    }
}

#[tokio::test(start_paused = true)]
async fn case_34_a_payload_that_panics_while_it_is_read_harms_nothing() {
    let (mut peer, builder) = peer();
    let (client, mut wire, mut events) = open(builder, &mut peer).await;
    let (sender, mut received) = mpsc::unbounded_channel();
    client.on("chat", move |_: Fragile| sender.send(()).unwrap());
    wire.message("chat", r#""s3cret""#).await;
    let error = next_error(&mut events).await;
    assert_eq!((error.kind(), error.message_name()), (&ErrorKind::Payload, Some("chat")));
    assert!(error.to_string().contains("panicked"), "{error}");
    assert!(!format!("{error} {error:?}").contains("s3cret"), "{error:?}");
    wire.message("chat", r#""sound""#).await;
    received.recv().await.unwrap();
    assert_eq!((client.state(), client.stats().malformed), (State::Open, 1));
}

/// An error whose `Display` has a bug.
struct Unspeakable;

impl std::fmt::Display for Unspeakable {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        panic!("no text")
    }
}

#[tokio::test(start_paused = true)]
async fn case_51_an_error_that_panics_while_it_is_told_is_a_panic_of_its_handler() {
    let (mut peer, builder) = peer();
    let (client, mut wire, mut events) = open(builder, &mut peer).await;
    client.on("sync", |_: u8| Err::<(), _>(Unspeakable));
    client.on("soon", |_: u8| async { Err::<(), _>(Unspeakable) });
    client.on("later", |_: u8| async {
        tokio::task::yield_now().await;
        Err::<(), _>(Unspeakable)
    });
    for name in ["sync", "soon", "later", "later"] {
        wire.message(name, "1").await;
        let error = next_error(&mut events).await;
        assert_eq!((error.kind(), error.message_name()), (&ErrorKind::HandlerPanic, Some(name)));
    }
    assert_eq!(client.state(), State::Open);
}

#[tokio::test(start_paused = true)]
async fn case_16_a_connector_that_panics_is_a_failed_attempt() {
    for late in [false, true] {
        let tries = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&tries);
        let client = Client::builder("ws://peer.test/")
            .connector(move |_| {
                let tries = count.fetch_add(1, Ordering::SeqCst);
                assert!(late, "at once");
                async move {
                    tokio::task::yield_now().await;
                    assert!(tries > 9, "later");
                    Err::<DuplexStream, _>(std::io::ErrorKind::Other.into())
                }
            })
            .retry_first_connect(true)
            .max_reconnect_attempts(2)
            .build()
            .unwrap();
        let error = client.connect().await.unwrap_err();
        assert_eq!(*error.kind(), ConnectErrorKind::Io, "{error}");
        assert!(error.to_string().contains("panicked"), "{error}");
        assert_eq!((client.state(), tries.load(Ordering::SeqCst)), (State::Failed, 3));
    }
}

#[tokio::test(start_paused = true)]
async fn a_delay_of_for_ever_is_a_long_time() {
    let (mut peer, builder) = peer();
    let builder = builder.reconnect_policy(|_| ReconnectDecision::RetryAfter(Duration::MAX));
    let (client, wire, _events) = open(builder, &mut peer).await;
    drop(wire);
    reaches(&client, State::Reconnecting { attempt: 1 }).await;
    sleep(secs(24 * 60 * 60)).await;
    assert_eq!(client.state(), State::Reconnecting { attempt: 1 });
    client.disconnect().await;
    assert_eq!(client.state(), State::Closed);
}

#[tokio::test(start_paused = true)]
async fn what_waits_for_a_slow_handler_of_events_is_bounded_and_reported() {
    let (mut peer, builder) = peer();
    let (client, mut wire, mut events) = open(builder, &mut peer).await;
    let go = Arc::new(tokio::sync::Notify::new());
    let (sender, mut handled) = mpsc::unbounded_channel();
    let wait = Arc::clone(&go);
    // `Inbox::wait` would have no effect: events don't come from the wire.
    let slow = client.on_error(move |_| {
        let (wait, sender) = (Arc::clone(&wait), sender.clone());
        async move {
            wait.notified().await;
            sender.send(()).unwrap();
            wait.notify_one();
        }
    });
    slow.set_inbox(Inbox::wait(10));
    for _ in 0..100 {
        wire.text("no message").await;
    }
    while client.stats().malformed < 100 {
        sleep(millis(1)).await;
    }
    go.notify_one();
    let lost = picked(&mut events, |event| match event {
        Event::Lagged { name, count, .. } => Some((name.to_string(), *count)),
        _ => None,
    })
    .await;
    assert_eq!(lost, ("$error".to_owned(), 89), "one was under way, ten waited");
    for _ in 0..11 {
        handled.recv().await.unwrap();
    }
    sleep(secs(1)).await;
    assert!(handled.try_recv().is_err());
    assert_eq!(client.stats().lagged, 89);
    slow.cancel();
}

#[tokio::test(start_paused = true)]
async fn an_inbox_of_none_is_one_of_one() {
    let (mut peer, builder) = peer();
    let (client, mut wire, _events) = open(builder, &mut peer).await;
    let (sender, mut handled) = mpsc::unbounded_channel();
    let handler = move |number: u64| {
        let sender = sender.clone();
        async move {
            sleep(millis(10)).await;
            sender.send(number).unwrap();
        }
    };
    client.on("chat", handler).set_inbox(Inbox::wait(0));
    for number in 0..5 {
        wire.message("chat", &number.to_string()).await;
    }
    let (all, time) = took(async {
        let mut all = Vec::new();
        for _ in 0..5 {
            all.push(handled.recv().await.unwrap());
        }
        all
    })
    .await;
    assert_eq!(all, [0, 1, 2, 3, 4]);
    assert!(time < secs(1), "nothing stalls: {time:?}");
}

#[tokio::test(start_paused = true)]
async fn a_sender_that_waits_gets_the_room_that_expired_messages_leave() {
    let (mut peer, builder) = peer();
    let builder = builder
        .queue_messages(1)
        .queue_bytes(1 << 20)
        .overflow(Overflow::Wait)
        .message_ttl(secs(2))
        .reconnect_interval(secs(1_000));
    let (client, wire, _events) = open(builder, &mut peer).await;
    drop(wire);
    reaches(&client, State::Reconnecting { attempt: 1 }).await;
    client.send("old", &1).await.unwrap();
    let (sent, time) = took(client.send("young", &1)).await;
    sent.unwrap();
    assert!(time < secs(5), "{time:?}");
    adds_up(&client);
}

#[tokio::test(start_paused = true)]
async fn a_sender_that_outlives_its_client_gets_an_error() {
    for connected in [false, true] {
        let (mut peer, builder) = peer();
        peer.set_buffer(256);
        let builder = builder.queue_messages(1).queue_bytes(1 << 20).overflow(Overflow::Wait);
        let client = builder.build().unwrap();
        let mut held = None;
        if connected {
            let (result, wire) = tokio::join!(client.connect(), peer.open());
            result.unwrap();
            held = Some(wire);
        }
        let text = "x".repeat(100_000);
        let mut waiting = Vec::new();
        for _ in 0..5 {
            waiting.push(tokio::spawn(client.send("chat", &text)));
            tokio::task::yield_now().await;
        }
        let late = client.send("late", &1);
        drop(client);
        let mut closed = 0;
        for sending in waiting {
            let sent = tokio::time::timeout(secs(60), sending).await.expect("it ends").unwrap();
            closed += u32::from(sent.is_err_and(|error| *error.kind() == SendErrorKind::Closed));
        }
        assert!(closed >= 3, "{closed} were reported");
        assert_eq!(*late.await.unwrap_err().kind(), SendErrorKind::Closed, "{connected}");
        drop(held);
    }
}

/// Answers the first Ping, and none after it.
async fn answers_one_ping(mut wire: Wire<DuplexStream>, talks: bool) {
    let mut answered = false;
    loop {
        tokio::select! {
            frame = wire.read_frame() => match frame {
                Some(frame) if frame.is_ping() && !answered => {
                    wire.frame(10, &frame.payload).await;
                    answered = true;
                }
                Some(_) => {}
                None => return,
            },
            () = sleep(secs(1)), if talks => wire.message("news", "1").await,
        }
    }
}

#[tokio::test(start_paused = true)]
async fn flush_ends_where_a_server_answers_no_more_pings() {
    for (heartbeat, talks) in
        [(HeartbeatKind::Both, true), (HeartbeatKind::Off, true), (HeartbeatKind::Off, false)]
    {
        let (mut peer, builder) = peer();
        let (client, wire, mut events) = open(builder.heartbeat(heartbeat), &mut peer).await;
        let server = tokio::spawn(answers_one_ping(wire, talks));
        client.send("first", &1).await.unwrap();
        client.flush().await.expect("this one is answered");
        client.send("second", &1).await.unwrap();
        let flushed = tokio::time::timeout(secs(120), client.flush()).await;
        let error = flushed.expect("it fails, never hangs").unwrap_err();
        assert_eq!(*error.kind(), FlushErrorKind::Unavailable, "{heartbeat:?}, {talks}");
        assert_eq!(client.state(), State::Open);
        assert_eq!(so_far(&mut events).await, ["open"], "slow is not unwilling");
        adds_up(&client);
        server.abort();
    }
}

#[tokio::test(start_paused = true)]
async fn flush_ends_where_a_server_reads_no_more() {
    let (mut peer, builder) = peer();
    peer.set_buffer(1_024);
    let (client, wire, _events) = open(builder.heartbeat(HeartbeatKind::Off), &mut peer).await;
    client.send("chat", &"x".repeat(10_000)).await.unwrap();
    let flushed = tokio::time::timeout(secs(120), client.flush()).await;
    assert_eq!(*flushed.expect("it fails").unwrap_err().kind(), FlushErrorKind::Unavailable);
    drop(wire);
}

#[tokio::test(start_paused = true)]
async fn case_46_no_socket_is_left_after_disconnect() {
    let (mut peer, builder) = peer();
    let (client, mut wire, _events) = open(builder.close_timeout(secs(100)), &mut peer).await;
    // The peer sends its Close and never ends the stream, so the client waits for it in the background.
    wire.close(1001, "").await;
    reaches(&client, State::Reconnecting { attempt: 1 }).await;
    assert_eq!(wire.next_close().await, 1001, "the echo comes at once");
    client.disconnect().await;
    let left = tokio::time::timeout(Duration::ZERO, wire.read_frame()).await;
    assert_eq!(left.expect("the stream has ended"), None);
}

#[tokio::test(start_paused = true)]
async fn case_46_no_handler_begins_after_disconnect_in_any_phase() {
    for phase in ["open", "backoff"] {
        let (mut peer, builder) = peer();
        let (client, mut wire, _events) = open(builder, &mut peer).await;
        let calls = Arc::new(AtomicU32::new(0));
        let calls_of = |calls: &AtomicU32| calls.load(Ordering::SeqCst);
        let received = Arc::clone(&calls);
        client.on("chat", move |_: u8| {
            received.fetch_add(1, Ordering::SeqCst);
            sleep(secs(1))
        });
        let received = Arc::clone(&calls);
        client.on_error(move |_| {
            received.fetch_add(1, Ordering::SeqCst);
            sleep(secs(1))
        });
        for _ in 0..20 {
            wire.message("chat", "1").await;
            wire.text("no message").await;
        }
        sleep(millis(10)).await;
        if phase == "backoff" {
            drop(wire);
            reaches(&client, State::Reconnecting { attempt: 1 }).await;
        } else {
            tokio::spawn(wire.serve());
        }
        let ((), time) = took(client.disconnect()).await;
        assert!(time <= secs(2) + millis(50), "{phase}: {time:?}");
        let before = calls_of(&calls);
        sleep(secs(60)).await;
        assert_eq!(calls_of(&calls), before, "{phase}: a handler was called afterwards");
        assert_eq!(client.state(), State::Closed);
    }
}

#[tokio::test(start_paused = true)]
async fn the_subprotocol_is_that_of_an_open_connection() {
    let (mut peer, builder) = peer();
    let client = builder.subprotocols(["v1"]).build().unwrap();
    let (connected, wire) = tokio::join!(client.connect(), async {
        let mut wire = peer.accept().await;
        wire.upgrade_with("Sec-WebSocket-Protocol: v1\r\n").await;
        wire
    });
    connected.unwrap();
    assert_eq!(client.subprotocol().as_deref(), Some("v1"));
    drop(wire);
    reaches(&client, State::Reconnecting { attempt: 1 }).await;
    assert_eq!(client.subprotocol(), None);
}

#[test]
fn case_49_a_runtime_that_is_shut_down_closes_for_those_who_listen() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    let (mut peer, builder) = peer();
    let client = builder.build().unwrap();
    let closed = Arc::new(Mutex::new(Vec::new()));
    let note = Arc::clone(&closed);
    client.on_close(move |info| note.lock().unwrap().push(info.code));
    let wire = runtime.block_on(async {
        let (connected, wire) = tokio::join!(client.connect(), peer.open());
        connected.unwrap();
        wire
    });
    drop(runtime);
    assert_eq!(*closed.lock().unwrap(), [1006]);
    client.on_open(|| panic!("it is not open"));
    assert_eq!(client.state(), State::Closed);
    drop(wire);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_shown_without_what_the_answer_set() {
    let (mut peer, builder) = peer();
    let shown = Arc::new(Mutex::new(String::new()));
    let note = Arc::clone(&shown);
    let client = builder
        .reconnect_policy(move |gone| {
            assert_eq!(gone.header("set-cookie"), Some("session=s3cret"));
            *note.lock().unwrap() = format!("{gone:?}");
            gone.decision
        })
        .build()
        .unwrap();
    let (result, ()) = tokio::join!(client.connect(), async {
        let mut wire = peer.accept().await;
        wire.request().await;
        wire.raw(b"HTTP/1.1 503 Busy\r\nSet-Cookie: session=s3cret\r\n\r\n").await;
    });
    result.unwrap_err();
    let shown = shown.lock().unwrap();
    assert!(shown.contains("503") && !shown.contains("s3cret"), "case 55: {shown}");
}

/// Settings whose effect no other test shows.
#[tokio::test(start_paused = true)]
async fn the_bounds_of_case_21_and_28_and_the_uptime_are_settings() {
    let (mut peer, builder) = peer();
    let builder = builder.restart_delay(secs(100)..=secs(101)).reconnect_interval(secs(1));
    let (_client, mut wire, _events) = open(builder, &mut peer).await;
    wire.close(1012, "").await;
    let (wire, time) = took(peer.open()).await;
    assert!((secs(100)..=secs(101) + millis(1)).contains(&time), "{time:?}");
    drop(wire);

    let (mut peer, builder) = crate::support::peer();
    let (client, mut wire, mut events) = open(builder.max_message_size(100), &mut peer).await;
    let mut received = client.events();
    wire.message("chat", &format!("\"{}\"", "x".repeat(50))).await;
    wire.message("chat", &format!("\"{}\"", "x".repeat(100))).await;
    assert_eq!(*next_error(&mut events).await.kind(), ErrorKind::TooLarge);
    assert_eq!((client.stats().received, wire.next_close().await), (1, 1009));
    drop(so_far(&mut received).await);

    let (mut peer, builder) = crate::support::peer();
    let builder = builder.min_uptime(secs(60)).max_reconnect_attempts(1);
    let (client, wire, _events) = open(builder, &mut peer).await;
    drop(wire);
    let wire = peer.open().await;
    sleep(secs(59)).await;
    drop(wire);
    reaches(&client, State::Failed).await;

    let (mut peer, builder) = crate::support::peer();
    let builder =
        builder.inbox(Inbox::wait(2)).stall_timeout(secs(15)).heartbeat(HeartbeatKind::Off);
    let (client, mut wire, mut events) = open(builder, &mut peer).await;
    client.on("chat", |_: u8| std::future::pending::<()>());
    for _ in 0..9 {
        wire.message("chat", "1").await;
    }
    let (lost, time) = took(picked(&mut events, |event| match event {
        Event::Lagged { count, .. } => Some(*count),
        _ => None,
    }))
    .await;
    assert!(lost > 0 && (secs(15)..secs(21)).contains(&time), "{lost} after {time:?}");
}
