//! Handlers that panic, block, hang, or use the client: cases 51 to 54 of the list of faults, and inboxes.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{Notify, mpsc},
    time::{Instant, sleep},
};
use wirebond_client::{Client, ErrorKind, Event, FlushErrorKind, HeartbeatKind, Inbox, State};

use crate::support::{
    Wire, adds_up, millis, next_error, open, peer, picked, reaches, secs, so_far, took,
};

/// Collects what a handler is called with.
fn collect(client: &Client, name: &str) -> mpsc::UnboundedReceiver<u64> {
    let (sender, receiver) = mpsc::unbounded_channel();
    client.on(name, move |number: u64| {
        // The test may have seen enough.
        let _ = sender.send(number);
    });
    receiver
}

#[tokio::test(start_paused = true)]
async fn case_51_a_panic_is_reported_and_the_next_message_is_handled() {
    let (mut peer, builder) = peer();
    let (client, mut wire, mut events) = open(builder, &mut peer).await;
    client.on("sync", |number: u64| assert_ne!(number, 1, "sync"));
    client.on("async", |number: u64| async move {
        tokio::task::yield_now().await;
        assert_ne!(number, 1, "async");
    });
    client.on("early", |number: u64| {
        assert_ne!(number, 1, "early");
        async {}
    });
    for name in ["sync", "async", "early"] {
        let mut handled = collect(&client, name);
        wire.message(name, "1").await;
        let error = next_error(&mut events).await;
        assert_eq!(*error.kind(), ErrorKind::HandlerPanic, "{error}");
        assert_eq!(error.message_name(), Some(name));
        assert!(error.to_string().contains(name), "the panic's message: {error}");
        wire.message(name, "2").await;
        assert_eq!((handled.recv().await, handled.recv().await), (Some(1), Some(2)), "the others");
    }
    // The handler that panicked is still there.
    wire.message("async", "1").await;
    assert_eq!(*next_error(&mut events).await.kind(), ErrorKind::HandlerPanic);
    assert_eq!(client.state(), State::Open);
}

#[tokio::test(start_paused = true)]
async fn an_error_of_a_handler_is_reported() {
    let (mut peer, builder) = peer();
    let (client, mut wire, mut events) = open(builder, &mut peer).await;
    client.on("sync", |_: u64| Err::<(), _>("not now"));
    client.on("async", |_: u64| async { Err::<(), _>("not ever") });
    for (name, message) in [("sync", "not now"), ("async", "not ever")] {
        wire.message(name, "1").await;
        let error = next_error(&mut events).await;
        assert_eq!((error.kind(), error.message_name()), (&ErrorKind::Handler, Some(name)));
        assert!(error.to_string().contains(message), "{error}");
    }
    // A failing event handler causes no event, which would call it again.
    client.on_error(|_| Err::<(), _>("and again"));
    wire.message("sync", "1").await;
    next_error(&mut events).await;
    sleep(secs(1)).await;
    assert!(so_far(&mut events).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn calls_of_one_handler_come_one_at_a_time_in_order() {
    let (mut peer, builder) = peer();
    let (client, mut wire, _events) = open(builder, &mut peer).await;
    let (sender, mut order) = mpsc::unbounded_channel();
    let running = Arc::new(AtomicU64::new(0));
    client.on("chat", move |number: u64| {
        let (sender, running) = (sender.clone(), Arc::clone(&running));
        async move {
            assert_eq!(running.fetch_add(1, Ordering::SeqCst), 0, "one at a time");
            // Earlier messages take longer; the order must not depend on that.
            sleep(millis(100 - number)).await;
            sender.send(number).unwrap();
            running.fetch_sub(1, Ordering::SeqCst);
        }
    });
    for number in 0..50 {
        wire.message("chat", &number.to_string()).await;
    }
    for number in 0..50 {
        assert_eq!(order.recv().await, Some(number));
    }
}

#[tokio::test(start_paused = true)]
async fn case_52_a_handler_that_never_ends_holds_back_then_is_told_then_loses_the_oldest() {
    let (mut peer, builder) = peer();
    peer.set_buffer(4_096);
    let builder = builder.inbox(Inbox::wait(10)).heartbeat_interval(secs(5));
    let (client, wire, mut events) = open(builder, &mut peer).await;
    client.on("chat", |_: u64| std::future::pending::<()>());
    let mut others = collect(&client, "other");
    let began = Instant::now();
    let (reader, mut writer) = tokio::io::split(wire.stream);
    let pongs = tokio::spawn(async move {
        let mut wire = Wire { stream: tokio::io::join(reader, tokio::io::sink()) };
        while wire.read().await.is_some() {}
    });
    // The peer goes on sending: its bytes wait in the stream, and count as activity.
    let talking = tokio::spawn(async move {
        for number in 0..2_000_u64 {
            let name = if number % 100 == 99 { "other" } else { "chat" };
            let text = format!(r#"{{"type":"{name}","data":{number}}}"#);
            let bytes = crate::support::frame(0x81, text.as_bytes());
            if tokio::io::AsyncWriteExt::write_all(&mut writer, &bytes).await.is_err() {
                break;
            }
        }
        writer
    });
    let stalled = picked(&mut events, |event| match event {
        Event::Stalled { name, .. } => Some(name.to_string()),
        _ => None,
    })
    .await;
    assert_eq!(stalled, "chat");
    assert!((secs(10)..secs(12)).contains(&began.elapsed()), "{:?}", began.elapsed());
    assert!(others.try_recv().is_err(), "nothing more is read");
    client.send("asked", &1).await.unwrap();
    let (flushed, time) = took(client.flush()).await;
    assert_eq!(*flushed.unwrap_err().kind(), FlushErrorKind::Stalled);
    assert_eq!(time, Duration::ZERO);

    let lost = picked(&mut events, |event| match event {
        Event::Lagged { name, count, .. } => Some((name.to_string(), *count)),
        _ => None,
    })
    .await;
    assert_eq!(lost.0, "chat");
    assert!((secs(60)..secs(66)).contains(&began.elapsed()), "{:?}", began.elapsed());
    assert_eq!(others.recv().await, Some(99), "reading goes on");
    assert_eq!((client.state(), client.stats().connections), (State::Open, 1));
    drop(talking.await.unwrap());
    drop(client);
    pongs.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn case_52_a_stalled_connection_to_a_dead_peer_is_found() {
    let (mut peer, builder) = peer();
    let builder =
        builder.inbox(Inbox::wait(1)).heartbeat_interval(secs(5)).stall_timeout(secs(600));
    let (client, mut wire, mut events) = open(builder, &mut peer).await;
    client.on("chat", |_: u64| std::future::pending::<()>());
    for number in 0..3 {
        wire.message("chat", &number.to_string()).await;
    }
    // Then nothing more comes. One message is left unread, which doesn't prove that the peer is dead.
    let began = Instant::now();
    sleep(secs(60)).await;
    assert_eq!(client.state(), State::Open, "bytes that we leave unread are not the peer's death");
    let ((), time) = took(client.disconnect()).await;
    assert!(time <= secs(2) + millis(50), "{time:?}");
    assert!(began.elapsed() >= secs(60));
    drop((wire, so_far(&mut events).await));

    let (mut peer, builder) = crate::support::peer();
    let builder =
        builder.inbox(Inbox::wait(2)).heartbeat_interval(secs(5)).stall_timeout(secs(600));
    let (client, mut wire, mut events) = open(builder, &mut peer).await;
    client.on("chat", |_: u64| std::future::pending::<()>());
    for number in 0..3 {
        wire.message("chat", &number.to_string()).await;
    }
    // All of it was read: the inbox is full, and nothing waits in the stream.
    let error = next_error(&mut events).await;
    assert_eq!(*error.kind(), ErrorKind::HeartbeatTimeout);
    drop(wire);
}

#[tokio::test(start_paused = true)]
async fn an_inbox_may_drop_the_oldest_and_say_so() {
    let (mut peer, builder) = peer();
    let (client, mut wire, mut events) = open(builder, &mut peer).await;
    let go = Arc::new(Notify::new());
    let (sender, mut handled) = mpsc::unbounded_channel();
    let wait = Arc::clone(&go);
    let slow = client.on("chat", move |number: u64| {
        let (wait, sender) = (Arc::clone(&wait), sender.clone());
        async move {
            wait.notified().await;
            sender.send(number).unwrap();
            wait.notify_one();
        }
    });
    slow.set_inbox(Inbox::drop_oldest(3));
    for number in 0..10 {
        wire.message("chat", &number.to_string()).await;
    }
    let lost = picked(&mut events, |event| match event {
        Event::Lagged { count, .. } => Some(*count),
        _ => None,
    })
    .await;
    go.notify_one();
    let mut numbers = Vec::new();
    for _ in 0..4 {
        numbers.push(handled.recv().await.unwrap());
    }
    assert_eq!((lost, numbers), (6, vec![0, 7, 8, 9]), "the first was under way");
    assert_eq!(client.stats().lagged, 6);
    slow.cancel();
}

#[tokio::test(start_paused = true)]
async fn case_53_handlers_may_do_anything_with_their_client() {
    let (mut peer, builder) = peer();
    let (client, mut wire, mut events) = open(builder, &mut peer).await;
    let received = Arc::new(Mutex::new(Vec::new()));

    // One that sends, adds another, and removes itself.
    let weak = client.downgrade();
    let note = Arc::clone(&received);
    client.on("chat", move |number: u64| {
        let client = weak.upgrade().unwrap();
        note.lock().unwrap().push(format!("first {number}"));
        client.try_send("answer", &number).unwrap();
        let inner = Arc::clone(&note);
        client.off("chat");
        client.on("chat", move |number: u64| inner.lock().unwrap().push(format!("added {number}")));
    });
    wire.message("chat", "1").await;
    assert_eq!(wire.next_name().await, "answer");
    wire.message("chat", "2").await;
    wire.message("chat", "3").await;
    let mut sync = collect(&client, "sync");
    wire.message("sync", "0").await;
    sync.recv().await.unwrap();
    assert_eq!(*received.lock().unwrap(), ["first 1", "added 2", "added 3"]);

    // One that cancels its own subscription.
    let slot: Arc<Mutex<Option<wirebond_client::Subscription>>> = Arc::default();
    let own = Arc::clone(&slot);
    let mut once = collect(&client, "once");
    let calls = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&calls);
    let subscription = client.on("once", move |_: u64| {
        count.fetch_add(1, Ordering::SeqCst);
        own.lock().unwrap().take().unwrap().cancel();
    });
    *slot.lock().unwrap() = Some(subscription);
    for number in 0..3 {
        wire.message("once", &number.to_string()).await;
        once.recv().await.unwrap();
    }
    assert_eq!(calls.load(Ordering::SeqCst), 1);

    // One that disconnects, and waits for it.
    let weak = client.downgrade();
    client.on("quit", move |_: u64| {
        let client = weak.upgrade().unwrap();
        async move { client.disconnect().await }
    });
    wire.message("quit", "1").await;
    assert_eq!(wire.next_close().await, 1000);
    wire.close(1000, "").await;
    drop(wire);
    reaches(&client, State::Closed).await;
    let events = so_far(&mut events).await;
    assert_eq!(events.last().unwrap(), "close 1000", "{events:?}");
    adds_up(&client);
}

#[tokio::test]
async fn case_53_no_call_begins_after_off_returned() {
    // Real threads: the handler runs on the connection's, `off` comes from here.
    let (mut peer, builder) = peer();
    let builder = builder.heartbeat(HeartbeatKind::Off);
    let client = builder.build().unwrap();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (connecting, stop) = (client.clone(), Arc::new(Notify::new()));
    let stopped = Arc::clone(&stop);
    let talking = runtime.spawn(async move {
        let (connected, mut wire) = tokio::join!(connecting.connect(), peer.open());
        connected.unwrap();
        drop(connecting);
        tokio::select! {
            () = stopped.notified() => {}
            () = async { loop { wire.message("chat", "1").await; tokio::task::yield_now().await } } => {}
        }
    });
    for _ in 0..200 {
        let calls = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&calls);
        let began = Arc::new(AtomicU64::new(0));
        let begun = Arc::clone(&began);
        client.on("chat", move |_: u64| {
            begun.fetch_add(1, Ordering::SeqCst);
            std::thread::yield_now();
            count.fetch_add(1, Ordering::SeqCst);
        });
        while calls.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        client.off("chat");
        let after = began.load(Ordering::SeqCst);
        tokio::task::yield_now().await;
        std::thread::yield_now();
        assert!(began.load(Ordering::SeqCst) <= after, "a call began after `off` returned");
    }
    stop.notify_one();
    talking.await.unwrap();
    runtime.shutdown_background();
}

#[tokio::test(start_paused = true)]
async fn a_guard_ends_its_subscription() {
    let (mut peer, builder) = peer();
    let (client, mut wire, _events) = open(builder, &mut peer).await;
    let (sender, mut handled) = mpsc::unbounded_channel();
    let guard = client.on("chat", move |number: u64| sender.send(number).unwrap()).guard();
    wire.message("chat", "1").await;
    assert_eq!(handled.recv().await, Some(1));
    // It outlives the connection.
    drop(wire);
    let mut wire = peer.open().await;
    wire.message("chat", "2").await;
    assert_eq!(handled.recv().await, Some(2));
    drop(guard);
    let mut marker = collect(&client, "marker");
    wire.message("chat", "3").await;
    wire.message("marker", "0").await;
    marker.recv().await.unwrap();
    assert_eq!(handled.recv().await, None, "its closure is gone");
    assert_eq!(client.stats().unknown, 1);
}

#[tokio::test(start_paused = true)]
async fn a_handler_added_is_called_from_the_next_message_on_and_events_keep_their_order() {
    let (mut peer, builder) = peer();
    let client = builder.build().unwrap();
    let order = Arc::new(Mutex::new(Vec::new()));
    let note = |event: &'static str| {
        let order = Arc::clone(&order);
        move || order.lock().unwrap().push(event)
    };
    let (opened, lost) = (note("open"), note("close"));
    client.on_open(opened);
    client.on_close(move |_| lost());
    let again = note("reconnect");
    client.on_reconnect(move |attempt| {
        assert_eq!(attempt, 1);
        again();
    });
    let (connected, wire) = tokio::join!(client.connect(), peer.open());
    connected.unwrap();
    client.on_open(note("open, late"));
    drop(wire);
    let wire = peer.open().await;
    reaches(&client, State::Open).await;
    sleep(millis(1)).await;
    assert_eq!(
        *order.lock().unwrap(),
        ["open", "open, late", "close", "reconnect", "open", "open, late"]
    );
    drop(wire);
}
