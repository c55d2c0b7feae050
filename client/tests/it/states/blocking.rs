//! Case 61: synchronous handlers that block, on their own client or for good. On real threads and real
//! time: that is what they block.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
        mpsc,
    },
    task::Poll,
    thread,
    time::Duration,
};

use tokio::{
    runtime::{Handle, Runtime},
    task::block_in_place,
    time::timeout,
};
use wirebond_client::{
    Client, ConnectErrorKind, ErrorKind, Event, FlushErrorKind, Overflow, SendErrorKind, State,
};

use crate::support::{self, millis, open, peer, secs};

/// Longer than anything here takes, on the slowest machine.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(3).enable_all().build().unwrap()
}

/// Runs a test, and doesn't wait for threads that it left blocked.
pub(super) fn run(test: impl Future<Output = ()>) {
    let runtime = runtime();
    runtime.block_on(async { timeout(PATIENCE, test).await.expect("in time") });
    runtime.shutdown_background();
}

#[test]
fn case_61_what_would_wait_for_its_own_task_fails_at_once() {
    run(async {
        let (mut peer, builder) = peer();
        let builder = builder.queue_messages(1).queue_bytes(1 << 20).overflow(Overflow::Wait);
        let (client, mut wire, _events) = open(builder, &mut peer).await;
        let (sender, ended) = mpsc::channel();
        let weak = client.downgrade();
        client.on("chat", move |_: u8| {
            let client = weak.upgrade().unwrap();
            let (flushed, sent) = block_in_place(|| {
                Handle::current().block_on(async {
                    client.send("first", &1).await.unwrap();
                    (client.flush().await, client.send("second", &1).await)
                })
            });
            let connected = block_in_place(|| Handle::current().block_on(client.connect()));
            sender.send((flushed, sent, connected)).unwrap();
        });
        wire.message("chat", "1").await;
        let (flushed, sent, connected) =
            block_in_place(|| ended.recv_timeout(PATIENCE)).expect("no deadlock");
        assert_eq!(*flushed.unwrap_err().kind(), FlushErrorKind::WouldDeadlock);
        assert_eq!(*sent.unwrap_err().kind(), SendErrorKind::WouldDeadlock);
        connected.expect("it is open");
        assert_eq!(wire.next_name().await, "first", "the connection goes on");
        support::adds_up(&client);
    });
}

#[test]
fn case_61_connect_in_a_handler_of_the_outage_fails_at_once() {
    run(async {
        let (mut peer, builder) = peer();
        let (client, wire, _events) = open(builder.reconnect_interval(millis(50)), &mut peer).await;
        let (sender, ended) = mpsc::channel();
        let weak = client.downgrade();
        client.on_close(move |_| {
            let client = weak.upgrade().unwrap();
            let connected = block_in_place(|| Handle::current().block_on(client.connect()));
            // The test may have seen enough.
            let _ = sender.send(connected);
        });
        drop(wire);
        let connected = block_in_place(|| ended.recv_timeout(PATIENCE)).expect("no deadlock");
        assert_eq!(*connected.unwrap_err().kind(), ConnectErrorKind::WouldDeadlock);
        let _wire = peer.open().await;
        support::reaches(&client, State::Open).await;
    });
}

#[test]
fn case_61_disconnect_in_a_synchronous_handler_returns_and_goes_on() {
    for event in [false, true] {
        run(async {
            let (mut peer, builder) = peer();
            let (client, mut wire, _events) = open(builder, &mut peer).await;
            let (sender, returned) = mpsc::channel();
            let weak = client.downgrade();
            let disconnect = move || {
                let client = weak.upgrade().unwrap();
                block_in_place(|| Handle::current().block_on(client.disconnect()));
                let _ = sender.send(());
            };
            if event {
                client.on_error(move |_| disconnect());
                wire.text("no message").await;
            } else {
                client.on("chat", move |_: u8| disconnect());
                wire.message("chat", "1").await;
            }
            block_in_place(|| returned.recv_timeout(PATIENCE)).expect("no deadlock");
            assert_eq!(wire.next_close().await, 1000);
            wire.close(1000, "").await;
            drop(wire);
            support::reaches(&client, State::Closed).await;
        });
    }
}

/// What a handler does that hangs.
#[derive(Debug, Clone, Copy)]
enum Hangs {
    /// It is synchronous.
    Direct,
    /// Its future blocks at its first poll.
    Inline,
    /// Its future blocks in its own task.
    Task,
    /// It handles events.
    Event,
    /// It waits on another thread for its own client.
    Thread,
}

/// Makes a handler that hangs until the sender is dropped, and counts its calls.
fn hang(client: &Client, how: Hangs, gate: mpsc::Receiver<()>) -> Arc<AtomicU32> {
    let calls = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&calls);
    let gate = std::sync::Mutex::new(gate);
    let wait = move || {
        // Its sender never sends: its end is what counts.
        let _ = gate.lock().unwrap().recv();
    };
    let wait = Arc::new(wait);
    let begins = move || {
        count.fetch_add(1, Ordering::SeqCst);
    };
    match how {
        Hangs::Direct => client.on("chat", move |_: u8| {
            begins();
            wait();
        }),
        Hangs::Inline => client.on("chat", move |_: u8| {
            begins();
            let wait = Arc::clone(&wait);
            async move { wait() }
        }),
        Hangs::Task => client.on("chat", move |_: u8| {
            begins();
            let wait = Arc::clone(&wait);
            async move {
                tokio::time::sleep(millis(1)).await;
                wait();
            }
        }),
        Hangs::Event => client.on_error(move |_| {
            begins();
            wait();
        }),
        Hangs::Thread => {
            let weak = client.downgrade();
            client.on("chat", move |_: u8| {
                begins();
                let (client, wait) = (weak.upgrade().unwrap(), Arc::clone(&wait));
                let runtime = Handle::current();
                let flushing = thread::spawn(move || {
                    runtime.block_on(async {
                        // The test may have disconnected by now.
                        let _ = client.try_send("asked", &1);
                        let _ = client.flush().await;
                        client.disconnect().await;
                    });
                });
                flushing.join().unwrap();
                wait();
            })
        }
    };
    calls
}

#[test]
fn case_61_disconnect_from_outside_ends_whatever_a_handler_does() {
    for how in [Hangs::Direct, Hangs::Inline, Hangs::Task, Hangs::Event, Hangs::Thread] {
        run(async {
            let (mut peer, builder) = peer();
            let builder = builder.close_timeout(millis(300)).reconnect_interval(millis(50));
            let (client, mut wire, _events) = open(builder, &mut peer).await;
            let (release, gate) = mpsc::channel();
            let calls = hang(&client, how, gate);
            let other = Arc::new(AtomicU32::new(0));
            let count = Arc::clone(&other);
            client.on("chat", move |_: u8| {
                count.fetch_add(1, Ordering::SeqCst);
            });
            let burst = [support::message("chat", "1"), support::frame(0x81, b"none")].concat();
            wire.raw(&burst.repeat(5)).await;
            // Without tokio's timers: a worker that is blocked may be the one that drives them.
            let called = async {
                while calls.load(Ordering::SeqCst) == 0 {
                    block_in_place(|| thread::sleep(millis(5)));
                    tokio::task::yield_now().await;
                }
            };
            called.await;
            let joined = {
                let client = client.clone();
                tokio::spawn(async move { client.disconnect().await })
            };
            timeout(secs(20), client.disconnect())
                .await
                .unwrap_or_else(|_| panic!("{how:?} hangs"));
            joined.await.unwrap();
            assert_eq!(client.state(), State::Closed, "{how:?}");
            let sent = client.try_send("late", &1).unwrap_err();
            assert_eq!(*sent.kind(), SendErrorKind::Stopped, "{how:?}");
            let before = (calls.load(Ordering::SeqCst), other.load(Ordering::SeqCst));
            // The handler returns, and the late task ends without a trace.
            drop(release);
            while wire.read_frame().await.is_some() {}
            tokio::time::sleep(millis(50)).await;
            let after = (calls.load(Ordering::SeqCst), other.load(Ordering::SeqCst));
            assert_eq!(after, before, "{how:?}: a call began afterwards");
            assert_eq!(client.state(), State::Closed, "{how:?}");
            support::adds_up(&client);
            // And the client is as good as new.
            client.off("chat");
            client.clear_queue();
            let (connected, mut wire) = tokio::join!(client.connect(), peer.open());
            connected.unwrap();
            client.send("again", &1).await.unwrap();
            assert_eq!(wire.next_name().await, "again", "{how:?}");
        });
    }
}

#[test]
fn case_61_a_handler_that_hangs_is_named_while_it_hangs() {
    for how in [Hangs::Direct, Hangs::Inline, Hangs::Task] {
        run(async {
            let (mut peer, builder) = peer();
            let (client, mut wire, mut events) = open(builder, &mut peer).await;
            let (release, gate) = mpsc::channel();
            let hanging = Arc::new(AtomicBool::new(true));
            let (sender, mut reported) = tokio::sync::mpsc::unbounded_channel();
            let while_it_hangs = Arc::clone(&hanging);
            client.on_error(move |error| {
                let _ = sender.send((error, while_it_hangs.load(Ordering::SeqCst)));
            });
            hang(&client, how, gate);
            wire.message("chat", "1").await;
            let (error, in_time) = reported.recv().await.unwrap();
            assert_eq!(*error.kind(), ErrorKind::HandlerBlocked, "{how:?}: {error}");
            assert_eq!((error.message_name(), in_time), (Some("chat"), true), "{how:?}");
            let streamed = support::picked(&mut events, |event| match event {
                Event::Error(error) => Some(*error.kind()),
                _ => None,
            });
            assert_eq!(streamed.await, ErrorKind::HandlerBlocked);
            hanging.store(false, Ordering::SeqCst);
            drop(release);
        });
    }
}

/// An asynchronous handler may wait, so only time shows that it blocks its thread.
#[test]
fn case_61_what_an_asynchronous_handler_blocks_on_ends() {
    run(async {
        let (mut peer, builder) = peer();
        let builder = builder
            .queue_messages(1)
            .queue_bytes(1 << 20)
            .overflow(Overflow::Wait)
            .stall_timeout(secs(2));
        let builder = builder.close_timeout(millis(300));
        let (client, mut wire, _events) = open(builder, &mut peer).await;
        let (sender, ended) = mpsc::channel();
        let weak = client.downgrade();
        client.on("chat", move |_: u8| {
            let (client, sender) = (weak.upgrade().unwrap(), sender.clone());
            async move {
                let (flushed, sent) = block_in_place(|| {
                    Handle::current().block_on(async {
                        client.send("first", &1).await.unwrap();
                        (client.flush().await, client.send("second", &1).await)
                    })
                });
                block_in_place(|| Handle::current().block_on(client.disconnect()));
                sender.send((flushed, sent)).unwrap();
            }
        });
        wire.message("chat", "1").await;
        let (flushed, sent) = block_in_place(|| ended.recv_timeout(PATIENCE)).expect("no deadlock");
        assert_eq!(*flushed.unwrap_err().kind(), FlushErrorKind::Stalled);
        assert_eq!(*sent.unwrap_err().kind(), SendErrorKind::QueueFull);
        assert_eq!(client.state(), State::Closed);
        support::adds_up(&client);
    });
}

#[test]
fn field_d9_a_runtime_that_nobody_drives_is_told() {
    let single = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (mut peer, builder) = peer();
    let client = builder.build().unwrap();
    let (sender, reported) = mpsc::channel();
    client.on_error(move |error| sender.send(error).unwrap());
    let _wire = single.block_on(async {
        let (connected, wire) = tokio::join!(client.connect(), peer.open());
        connected.unwrap();
        wire
    });
    let error = reported.recv_timeout(PATIENCE).expect("it is reported without the runtime");
    assert_eq!(*error.kind(), ErrorKind::RuntimeStalled, "{error}");
    assert!(error.to_string().contains("block_on"), "{error}");
}

#[test]
fn case_61_disconnect_ends_where_the_only_thread_is_blocked() {
    let single = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (mut peer, builder) = peer();
    let client = builder.close_timeout(millis(200)).build().unwrap();
    let (release, gate) = mpsc::channel::<()>();
    let (began, blocked) = mpsc::channel();
    let other = client.clone();
    let runs = thread::spawn(move || {
        single.block_on(async {
            let (connected, mut wire) = tokio::join!(other.connect(), peer.open());
            connected.unwrap();
            let gate = std::sync::Mutex::new(gate);
            other.on("chat", move |_: u8| {
                began.send(()).unwrap();
                let _ = gate.lock().unwrap().recv();
            });
            wire.message("chat", "1").await;
            support::reaches(&other, State::Closed).await;
            while wire.read_frame().await.is_some() {}
        });
    });
    blocked.recv_timeout(PATIENCE).unwrap();
    runtime().block_on(async {
        timeout(secs(20), client.disconnect()).await.expect("it ends");
        assert_eq!(client.state(), State::Closed);
    });
    drop(release);
    runs.join().unwrap();
}

#[test]
fn case_61_streams_end_with_the_last_handle_whatever_a_handler_does() {
    for (how, disconnects) in
        [Hangs::Direct, Hangs::Event].map(|how| [(how, true), (how, false)]).concat()
    {
        run(async {
            let (mut peer, builder) = peer();
            let builder = builder.close_timeout(millis(200));
            let (client, mut wire, mut events) = open(builder, &mut peer).await;
            let (release, gate) = mpsc::channel();
            let calls = hang(&client, how, gate);
            wire.raw(&[support::message("chat", "1"), support::frame(0x81, b"none")].concat())
                .await;
            while calls.load(Ordering::SeqCst) == 0 {
                block_in_place(|| thread::sleep(millis(5)));
                tokio::task::yield_now().await;
            }
            client.try_send("late", &1).unwrap();
            if disconnects {
                // Begun, and waited for no longer.
                let mut disconnecting = Box::pin(client.disconnect());
                let begun = std::future::poll_fn(|cx| Poll::Ready(disconnecting.as_mut().poll(cx)));
                assert!(begun.await.is_pending(), "{how:?}");
            }
            drop(client);
            let mut dropped = 0;
            while let Some(event) = events.next().await {
                dropped += u32::from(matches!(event, Event::Dropped { .. }));
            }
            assert_eq!(dropped, 1, "{how:?}, {disconnects}");
            drop(release);
        });
    }
}

#[test]
fn case_61_disconnect_ends_where_nobody_drives_the_runtime() {
    let single = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (mut peer, builder) = peer();
    let client = builder.close_timeout(millis(200)).build().unwrap();
    let _wire = single.block_on(async {
        let (connected, wire) = tokio::join!(client.connect(), peer.open());
        connected.unwrap();
        wire
    });
    // From here on nobody does.
    runtime().block_on(async {
        timeout(secs(20), client.disconnect()).await.expect("it ends");
    });
    assert_eq!(client.state(), State::Closed);
}
