//! What is logged at WARN, and when it isn't.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use tokio::time::sleep;
use tracing::Level;
use wirebond_client::{Client, DropReason, Overflow};

use crate::support::{Wire, lines::Lines, millis, open, peer, secs};

/// Exactly one line contains this.
fn has_one(log: &Lines, text: &str) {
    let lines = log.take(Level::WARN);
    assert_eq!(lines.iter().filter(|line| line.contains(text)).count(), 1, "{text}: {lines:?}");
}

fn unreachable() -> wirebond_client::Builder {
    Client::builder("ws://peer.test").connector(|_| async {
        Err::<tokio::io::DuplexStream, _>(std::io::ErrorKind::ConnectionRefused.into())
    })
}

async fn turn() {
    sleep(millis(1)).await;
}

#[tokio::test(start_paused = true)]
async fn field_d2_what_nobody_subscribed_to_is_logged_by_name() {
    let (log, _guard) = Lines::begin();
    let (mut peer, builder) = peer();
    let builder = builder.queue_messages(1).queue_bytes(10_000).overflow(Overflow::DropOldest);
    let client = builder.max_reconnect_attempts(1).build().unwrap();
    let (connected, mut wire) = tokio::join!(client.connect(), peer.open());
    connected.unwrap();
    assert!(log.take(Level::WARN).is_empty(), "nothing is wrong");
    client.on("chat", |_: u32| {});
    client.on("quarrel", |_: u32| Err("s3cret of a handler"));
    client.on("panic", |_: u32| panic!("s3cret of a handler"));

    wire.message("s3cretly-unknown", r#""s3cret-data""#).await;
    turn().await;
    has_one(&log, r#"unknown name was ignored name="s3cretly-unknown""#);
    wire.message("chat", r#""s3cret-data""#).await;
    turn().await;
    has_one(&log, r#"a payload is not of its type; `on_error` tells why name="chat""#);
    wire.message("quarrel", "1").await;
    turn().await;
    has_one(&log, r#"a handler failed; `on_error` tells why name="quarrel""#);
    wire.message("panic", "1").await;
    turn().await;
    has_one(&log, r#"a handler panicked; `on_error` tells why name="panic""#);
    wire.text(r#"{"type":"chat","data":"s3cret-data""#).await;
    turn().await;
    has_one(&log, "a frame is not a message");
    wire.frame(2, b"s3cret-data").await;
    turn().await;
    has_one(&log, "binary frames are not supported");

    client.send("order", &1).await.unwrap();
    turn().await;
    drop(wire);
    turn().await;
    let lines = log.take(Level::WARN);
    for text in ["the connection was lost", "closed by the network", r#"name="order""#] {
        assert!(lines.iter().any(|line| line.contains(text)), "{text}: {lines:?}");
    }
    client.send("late", &1).await.unwrap();
    client.send("later", &1).await.unwrap();
    has_one(&log, r#"a message was dropped: a newer message took its place name="late""#);
    drop(peer);
    sleep(secs(60)).await;
    let lines = log.take(Level::WARN);
    for text in
        ["the server could not be reached", "attempts to reconnect are exhausted", "stay queued"]
    {
        assert!(lines.iter().any(|line| line.contains(text)), "{text}: {lines:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn field_d2_no_content_and_no_escape_is_logged() {
    let (log, _guard) = Lines::begin();
    let (mut peer, builder) = peer();
    let client = builder.build().unwrap();
    let (connected, mut wire) = tokio::join!(client.connect(), peer.open());
    connected.unwrap();
    let long = "n".repeat(10_000);
    for text in [
        format!(r#"{{"type":"{long}","data":"s3cret"}}"#),
        r#"{"type":"\u001b[31mred","data":"s3cret"}"#.to_owned(),
        r#"{"type":7,"data":"s3cret"}"#.to_owned(),
        r#"{"type":"s3cret","type":"s3cret"}"#.to_owned(),
        "s3cret".to_owned(),
    ] {
        wire.text(&text).await;
        sleep(secs(2)).await;
        let lines = log.take(Level::WARN);
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(!lines[0].contains("s3cret") && !lines[0].contains('\u{1b}'), "{lines:?}");
        assert!(lines[0].len() < 300, "{lines:?}");
    }
    wire.close(4404, "s3cret").await;
    turn().await;
    let lines = log.take(Level::WARN);
    assert!(lines.iter().any(|line| line.contains("with code 4404")), "{lines:?}");
    assert!(!lines.concat().contains("s3cret"), "{lines:?}");
}

#[tokio::test(start_paused = true)]
async fn field_d2_who_subscribed_hears_and_the_log_is_silent() {
    let (log, _guard) = Lines::begin();
    let counts: Arc<[AtomicU64; 4]> = Arc::default();
    let count = |at: usize| {
        let counts = Arc::clone(&counts);
        move |by: u64| {
            counts[at].fetch_add(by, Ordering::Relaxed);
        }
    };
    let (mut peer, builder) = peer();
    let builder = builder.queue_messages(1).queue_bytes(10_000).overflow(Overflow::DropOldest);
    let client = builder.max_reconnect_attempts(1).build().unwrap();
    let (unconfirmed, dropped, kept, unknown) = (count(0), count(1), count(2), count(3));
    client.on_unconfirmed(move |name, count| {
        assert_eq!(name, "order");
        unconfirmed(count);
    });
    client.on_dropped(move |name, count, reason| {
        assert_eq!((name.as_str(), reason), ("late", DropReason::Overflowed));
        dropped(count);
    });
    let kept = client.on_kept(kept);
    client.on_unknown(move |_, _| unknown(1));
    client.on_error(|_| {});
    client.on_close(|_| {});
    client.on_reconnect_failed(|| {});
    let (connected, mut wire) = tokio::join!(client.connect(), peer.open());
    connected.unwrap();
    wire.message("unknown", "1").await;
    wire.text("[]").await;
    client.send("order", &1).await.unwrap();
    turn().await;
    drop(wire);
    turn().await;
    client.send("late", &1).await.unwrap();
    client.send("later", &1).await.unwrap();
    drop(peer);
    sleep(secs(60)).await;
    assert_eq!(log.take(Level::WARN), Vec::<String>::new());
    assert_eq!(counts.each_ref().map(|count| count.load(Ordering::Relaxed)), [1, 1, 1, 1]);
    // A subscription that has ended doesn't count; a stream of all events counts for every event.
    kept.cancel();
    client.connect().await.unwrap_err();
    sleep(secs(60)).await;
    let lines = log.take(Level::WARN);
    let events = client.events();
    client.connect().await.unwrap_err();
    sleep(secs(60)).await;
    assert_eq!(log.take(Level::WARN), Vec::<String>::new());
    drop((events, lines));
}

#[tokio::test(start_paused = true)]
async fn field_d2_a_flood_is_one_line_a_second_with_a_count() {
    let (log, _guard) = Lines::begin();
    let (mut peer, builder) = peer();
    let client = builder.build().unwrap();
    let (connected, mut wire) = tokio::join!(client.connect(), peer.open());
    connected.unwrap();
    flood(&mut wire, "a", 1_000).await;
    flood(&mut wire, "b", 10).await;
    turn().await;
    assert_eq!(log.take(Level::WARN).len(), 2, "one line a name");
    // The number of suppressed lines is logged, whether or not another follows.
    sleep(secs(3)).await;
    let lines = log.take(Level::WARN);
    for text in [r#"name="a" suppressed=999"#, r#"name="b" suppressed=9"#] {
        assert!(lines.iter().any(|line| line.ends_with(text)), "{text}: {lines:?}");
    }
    assert_eq!(lines.len(), 2, "{lines:?}");
    // A peer that invents names, or varies where errors are, fills neither the log nor the memory.
    for number in 0..10_000 {
        wire.message(&format!("invented-{number}"), "1").await;
        wire.text(&format!("{}x", " ".repeat(number % 500))).await;
    }
    turn().await;
    let lines = log.take(Level::WARN);
    assert!(lines.len() <= 66, "{lines:?}");
    let malformed = lines.iter().filter(|line| line.contains("is not a message"));
    assert_eq!(malformed.count(), 1, "{lines:?}");
    client.disconnect().await;
}

async fn flood(wire: &mut Wire<tokio::io::DuplexStream>, name: &str, count: u32) {
    for _ in 0..count {
        wire.message(name, "1").await;
    }
}

#[tokio::test(start_paused = true)]
async fn field_d2_a_first_connect_that_fails_is_logged_without_a_runtime_or_a_subscriber() {
    let client = unreachable().build().unwrap();
    client.connect().await.unwrap_err();
    let (log, _guard) = Lines::begin();
    client.connect().await.unwrap_err();
    has_one(&log, "the server could not be reached");
    let (client, _, _) = {
        let (mut peer, builder) = peer();
        open(builder, &mut peer).await
    };
    std::thread::spawn(move || drop(client.try_send("x", &1))).join().unwrap();
}

#[tokio::test(start_paused = true)]
async fn field_d2_what_the_caller_asked_for_is_not_warned_of() {
    let (log, _guard) = Lines::begin();
    let client = unreachable().build().unwrap();
    client.send("chat", &1).await.unwrap();
    assert_eq!(client.clear_queue(), 1);
    assert_eq!(log.take(Level::WARN), Vec::<String>::new());
}
