//! One turn of the connection: many messages at once, followed by an end, or with a full queue.

use tokio::{sync::mpsc, time::timeout};
use wirebond_client::{ErrorKind, Event, HeartbeatKind, Inbox, State};

use crate::support::{frame, message, millis, next_error, open, peer, picked, reaches, secs, took};

#[tokio::test(start_paused = true)]
async fn case_28_a_large_message_that_is_there_already_is_thrown_away() {
    for size in [2_000, 20_000] {
        let (mut peer, builder) = peer();
        let (client, mut wire, mut events) = open(builder.max_message_size(100), &mut peer).await;
        wire.raw(&frame(0x81, &vec![b'a'; size])).await;
        assert_eq!(*next_error(&mut events).await.kind(), ErrorKind::TooLarge, "{size}");
        assert_eq!(wire.next_close().await, 1009, "{size}");
        reaches(&client, State::Closed).await;
        // More of it arrives, and somebody still reads it.
        for _ in 0..10 {
            wire.raw(&vec![b'a'; 100_000]).await;
        }
        wire.raw(&frame(0x88, &1009_u16.to_be_bytes())).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_pong_that_found_no_room_goes_out_while_a_handler_holds_reading_back() {
    let (mut peer, builder) = peer();
    peer.set_buffer(64);
    let builder = builder.heartbeat(HeartbeatKind::Off).inbox(Inbox::wait(1));
    let (client, mut wire, _events) = open(builder, &mut peer).await;
    client.on("chat", async |_: u8| std::future::pending::<()>().await);
    let payload = [b'p'; 125];
    wire.frame(9, &payload).await;
    for _ in 0..3 {
        wire.raw(&message("chat", "1")).await;
    }
    let (pong, time) = took(wire.read()).await;
    assert_eq!(pong.unwrap().payload, payload);
    assert!(time < secs(1), "{time:?}");
}

#[tokio::test(start_paused = true)]
async fn what_was_lost_in_the_last_turn_of_a_connection_is_reported() {
    let (mut peer, builder) = peer();
    let builder = builder.inbox(Inbox::drop_oldest(1)).reconnect_interval(millis(10));
    let (client, mut wire, mut events) = open(builder, &mut peer).await;
    client.on("chat", async |_: u8| std::future::pending::<()>().await);
    let burst = [message("chat", "1").repeat(4), frame(0x88, &1001_u16.to_be_bytes())].concat();
    wire.raw(&burst).await;
    let lagged = |event: &Event| match event {
        Event::Lagged { count, .. } => Some(*count),
        _ => None,
    };
    assert_eq!(timeout(secs(1), picked(&mut events, lagged)).await, Ok(2));
    assert_eq!(client.stats().lagged, 2);
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_owns_another_subscription_may_be_taken_off() {
    let (mut peer, builder) = peer();
    let (client, mut wire, _events) = open(builder, &mut peer).await;
    let (sender, mut received) = mpsc::unbounded_channel();
    let owned = client.on("owned", |_: u8| {}).guard();
    client.on("owner", move |_: u8| {
        let _still_there = &owned;
    });
    client.on("chat", move |_: u8| sender.send(()).unwrap());
    wire.raw(&message("owner", "1")).await;
    wire.raw(&message("chat", "1")).await;
    received.recv().await.unwrap();
    client.off("owner");
    // On another thread: a task that waits for a lock that it holds can't be timed out.
    let (done, finished) = std::sync::mpsc::channel();
    wire.raw(&message("chat", "1")).await;
    let watch = std::thread::spawn(move || {
        if finished.recv_timeout(std::time::Duration::from_secs(20)).is_err() {
            eprintln!("the connection's task waits for itself");
            std::process::abort();
        }
    });
    received.recv().await.unwrap();
    done.send(()).unwrap();
    watch.join().unwrap();
}
