//! Heartbeats of every kind, beside traffic: cases 38 and 39.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use serde_json::Value;
use tokio::{
    io::AsyncWriteExt,
    time::{Instant, sleep},
};
use wirebond_client::{HeartbeatKind, State};

use crate::support::{Wire, adds_up, frame, millis, name, open, peer, secs, so_far};

#[tokio::test(start_paused = true)]
async fn the_contracts_heartbeat_is_answered_and_goes_no_further() {
    let (mut peer, builder) = peer();
    let (client, mut wire, _events) = open(builder.heartbeat(HeartbeatKind::Off), &mut peer).await;
    client.on_unknown(|name, _| panic!("{name}"));
    wire.text(r#"{"type":"pong","data":{"timestamp":1}}"#).await;
    wire.text(r#"{"type":"ping","data":{"timestamp":1}}"#).await;
    let answer: Value = serde_json::from_str(&wire.next().await).unwrap();
    assert_eq!(answer["type"], "pong");
    assert!(answer["data"]["timestamp"].is_u64());
}

#[tokio::test(start_paused = true)]
async fn case_38_a_late_answer_is_an_answer_and_a_strange_pong_is_none() {
    let (mut peer, builder) = peer();
    let builder = builder.heartbeat(HeartbeatKind::Ping).confirm_interval(None);
    let (client, mut wire, _events) = open(builder, &mut peer).await;
    for _ in 0..20 {
        let ping = wire.read().await.unwrap();
        assert!(ping.is_ping(), "{ping:?}");
        sleep(millis(9_900)).await;
        wire.frame(10, &ping.payload).await;
    }
    assert_eq!(client.state(), State::Open);
    assert_eq!(client.stats().connections, 1);
    drop(wire);

    let (mut peer, builder) = crate::support::peer();
    let builder = builder.heartbeat(HeartbeatKind::Off);
    let (client, mut wire, _events) = open(builder, &mut peer).await;
    client.send("chat", &1).await.unwrap();
    assert_eq!(name(wire.read().await.unwrap().text()), "chat");
    let ping = wire.read().await.unwrap();
    assert!(ping.is_ping());
    for nonsense in [&b""[..], b"99", b"-1", b"0", b"\xff\xfe", b"1e1"] {
        wire.frame(10, nonsense).await;
    }
    wire.message("x", "1").await;
    sleep(secs(1)).await;
    assert_eq!((client.stats().confirmed, client.stats().in_flight), (0, 1));
    wire.frame(10, &ping.payload).await;
    while client.stats().confirmed == 0 {
        sleep(millis(1)).await;
    }
    adds_up(&client);
}

#[tokio::test(start_paused = true)]
async fn case_39_traffic_and_heartbeat_do_not_starve_each_other() {
    let (mut peer, builder) = peer();
    let (client, wire, _events) = open(builder.heartbeat_interval(secs(10)), &mut peer).await;
    let received = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&received);
    client.on("tick", move |_: u64| {
        count.fetch_add(1, Ordering::Relaxed);
    });
    let (reader, mut writer) = tokio::io::split(wire.stream);
    let beats = tokio::spawn(async move {
        let mut wire = Wire { stream: tokio::io::join(reader, tokio::io::sink()) };
        let mut beats = 0;
        while let Some(frame) = wire.read().await {
            beats += u32::from(frame.is_beat());
        }
        beats
    });
    // A message every 10 ms for 10 minutes; no Pong at all.
    for number in 0..60_000_u64 {
        writer
            .write_all(&frame(0x81, format!(r#"{{"type":"tick","data":{number}}}"#).as_bytes()))
            .await
            .unwrap();
        sleep(millis(10)).await;
    }
    assert_eq!(received.load(Ordering::Relaxed), 60_000);
    assert_eq!(client.stats().connections, 1);
    drop(writer);
    drop(client);
    let beats = beats.await.unwrap();
    assert!((59..=61).contains(&beats), "{beats} heartbeats in 600 s");
}

#[tokio::test(start_paused = true)]
async fn case_39_a_slow_uplink_is_no_false_death() {
    let (mut peer, builder) = peer();
    // 0.5 Mbit/s, in steps of 25 ms.
    peer.set_buffer(1_600);
    let builder = builder
        .heartbeat_interval(secs(5))
        .heartbeat_timeout(secs(2))
        .queue_messages(10_000)
        .queue_bytes(2 << 20);
    let (client, wire, mut events) = open(builder, &mut peer).await;
    let line = "x".repeat(1_000);
    for _ in 0..1_024 {
        client.send("chat", &line).await.unwrap();
    }
    let (reader, writer) = tokio::io::split(wire.stream);
    let slow = Slow { inner: reader, next: Box::pin(sleep(Duration::ZERO)) };
    let mut wire = Wire { stream: tokio::io::join(slow, writer) };
    let mut lines = 0;
    let began = Instant::now();
    while lines < 1_024 {
        let frame = wire.read().await.expect("the connection stays");
        if frame.is_ping() {
            wire.frame(10, &frame.payload).await;
        } else if !frame.is_beat() {
            lines += 1;
        }
    }
    assert!(began.elapsed() > secs(15), "it was slow: {:?}", began.elapsed());
    assert_eq!(so_far(&mut events).await, ["open"], "no false death");
}

/// Yields at most 1,600 bytes every 25 ms.
struct Slow<R> {
    inner: R,
    next: std::pin::Pin<Box<tokio::time::Sleep>>,
}

impl<R: tokio::io::AsyncRead + Unpin> tokio::io::AsyncRead for Slow<R> {
    fn poll_read(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
        buffer: &mut tokio::io::ReadBuf<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        use std::{future::Future, pin::Pin, task::ready};
        ready!(self.next.as_mut().poll(cx));
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(cx, buffer))?;
        let read = buffer.filled().len() - before;
        let until = Instant::now() + Duration::from_nanos(25_000_000 / 1_600 * read as u64);
        self.next.as_mut().reset(until);
        std::task::Poll::Ready(Ok(()))
    }
}

#[tokio::test(start_paused = true)]
async fn a_day_has_2_880_heartbeats() {
    let (mut peer, builder) = peer();
    let (client, mut wire, _events) = open(builder, &mut peer).await;
    let began = Instant::now();
    let (mut beats, mut pings) = (0, 0);
    while began.elapsed() < secs(24 * 60 * 60) {
        let frame = wire.read().await.unwrap();
        if frame.is_ping() {
            pings += 1;
            wire.frame(10, &frame.payload).await;
        } else {
            assert!(frame.is_beat(), "{frame:?}");
            beats += 1;
        }
    }
    assert!((2_879..=2_881).contains(&beats), "{beats}");
    assert!((2_879..=2_881).contains(&pings), "{pings}");
    assert_eq!(client.stats().connections, 1);
}

#[tokio::test(start_paused = true)]
async fn each_kind_of_heartbeat_is_what_it_says() {
    for (kind, message, ping) in [
        (HeartbeatKind::Both, true, true),
        (HeartbeatKind::Message, true, false),
        (HeartbeatKind::Ping, false, true),
        (HeartbeatKind::Off, false, false),
    ] {
        let (mut peer, builder) = peer();
        let (client, mut wire, _events) = open(builder.heartbeat(kind), &mut peer).await;
        let began = Instant::now();
        if message {
            let frame = wire.read().await.unwrap();
            let beat: Value = serde_json::from_str(frame.text()).unwrap();
            assert_eq!(beat["type"], "ping");
            assert!(beat["data"]["timestamp"].is_u64());
        }
        if ping {
            assert!(wire.read().await.unwrap().is_ping());
        }
        if message || ping {
            assert_eq!(began.elapsed().as_secs(), 30, "{kind:?}");
        } else {
            sleep(secs(3_600)).await;
            assert_eq!(client.state(), State::Open);
            client.send("chat", &1).await.unwrap();
            assert_eq!(name(&wire.next().await), "chat", "and nothing before it");
        }
    }
}
