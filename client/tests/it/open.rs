//! An open connection, and every fault on it: cases 17 to 39 of the list of faults.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};
use tokio::{
    io::AsyncWriteExt,
    net::TcpListener,
    time::{Instant, sleep},
};
use wirebond_client::{
    Client, ClosedBy, ErrorKind, Event, HeartbeatKind, Overflow, SendErrorKind, State,
};

use crate::support::{
    Wire, adds_up, frame, millis, name, next_error, open, peer, picked, reaches, secs, so_far, took,
};

/// A client with an open connection.
fn closed(event: &Event) -> Option<(u16, ClosedBy, bool)> {
    match event {
        Event::Close(info) => Some((info.code, info.by, info.clean)),
        _ => None,
    }
}

#[tokio::test(start_paused = true)]
async fn case_17_a_black_hole_is_found_and_dropped_at_once() {
    for (interval, timeout) in [(30, 10), (60, 60), (5, 1)] {
        let (mut peer, builder) = peer();
        let builder = builder.heartbeat_interval(secs(interval)).heartbeat_timeout(secs(timeout));
        // The wire stays open, and nobody reads it or writes to it.
        let (client, wire, mut events) = open(builder, &mut peer).await;
        let began = Instant::now();
        let error = next_error(&mut events).await;
        assert_eq!(*error.kind(), ErrorKind::HeartbeatTimeout);
        let found = began.elapsed();
        let limit = secs(interval + timeout);
        assert!(found >= limit && found <= limit.mul_f64(1.1), "{found:?} for {limit:?}");
        assert_eq!(picked(&mut events, closed).await, (1006, ClosedBy::Network, false));
        assert!(matches!(client.state(), State::Reconnecting { attempt: 1, .. }));
        drop(wire);
    }
}

#[tokio::test]
async fn cases_18_and_19_a_reset_and_an_end_without_close_are_retried() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    let client = Client::builder(url).reconnect_interval(millis(10)).build().unwrap();
    let mut events = client.events();
    let accept = async || {
        let (stream, _) = listener.accept().await.unwrap();
        let mut wire = Wire { stream };
        wire.upgrade().await;
        wire
    };
    let (connected, wire) = tokio::join!(client.connect(), accept());
    connected.unwrap();
    wire.stream.set_zero_linger().unwrap();
    drop(wire);
    assert_eq!(picked(&mut events, closed).await, (1006, ClosedBy::Network, false));
    let mut wire = accept().await;
    reaches(&client, State::Open).await;
    wire.stream.shutdown().await.unwrap();
    assert_eq!(picked(&mut events, closed).await, (1006, ClosedBy::Network, false));
    drop(accept().await);
}

/// Cases 20 to 25: what each close code leads to.
#[tokio::test(start_paused = true)]
async fn cases_20_to_25_every_close_code_has_its_ruling() {
    enum Then {
        Retry,
        RetryLate,
        Stop,
        Illegal,
    }
    use Then::{Illegal, Retry, RetryLate, Stop};
    let table: &[(u8, &[u16], Then)] = &[
        (
            20,
            &[1000, 1001, 1004, 1011, 1014, 1016, 2999, 3001, 3499, 4000, 4399, 4402, 4499],
            Retry,
        ),
        (21, &[1012, 1013], RetryLate),
        (22, &[1002, 1003, 1007, 1009, 1010, 3500, 3999, 4400, 4404, 4500, 4999], Stop),
        (23, &[1008, 3000, 3003, 4401, 4403], Stop),
        (25, &[0, 1, 999, 1005, 1006, 1015, 5000, 65535], Illegal),
    ];
    for (case, codes, then) in table {
        for &code in *codes {
            let label = format!("case {case}: code {code}");
            let (mut peer, builder) = peer();
            let (client, mut wire, mut events) = open(builder, &mut peer).await;
            let began = Instant::now();
            wire.close(code, "why").await;
            let info = picked(&mut events, |event| match event {
                Event::Close(info) => Some(info.clone()),
                _ => None,
            })
            .await;
            assert_eq!((info.code, &*info.reason), (code, "why"), "{label}: as sent (case 24)");
            assert_eq!((info.by, info.clean), (ClosedBy::Server, true), "{label}");
            match then {
                Stop => {
                    reaches(&client, State::Closed).await;
                    peer.expect_none_for(secs(3_600)).await;
                    continue;
                }
                Illegal => {
                    assert_eq!(wire.next_close().await, 1002, "{label}");
                }
                Retry | RetryLate => {}
            }
            drop(wire);
            let wire = peer.open().await;
            let delay = began.elapsed();
            let expected = match then {
                RetryLate => secs(5)..=secs(30),
                _ => secs(4)..=secs(6),
            };
            assert!(expected.contains(&delay), "{label}: {delay:?}");
            drop(wire);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn case_20_an_empty_close_is_retried() {
    let (mut peer, builder) = peer();
    let (_client, mut wire, mut events) = open(builder, &mut peer).await;
    wire.frame(8, b"").await;
    assert_eq!(picked(&mut events, closed).await, (1005, ClosedBy::Server, true));
    assert_eq!(wire.read().await.map(|frame| frame.opcode), Some(8), "its echo");
    peer.open().await;
}

#[tokio::test(start_paused = true)]
async fn case_24_the_users_ruling_sees_code_and_reason() {
    let (mut peer, builder) = peer();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let note = Arc::clone(&seen);
    let builder = builder.reconnect_policy(move |gone| {
        let close = gone.close.as_ref().map(|close| (close.code, close.reason.clone()));
        note.lock().unwrap().push((close, gone.attempts));
        wirebond_client::ReconnectDecision::Retry
    });
    let (client, mut wire, _events) = open(builder, &mut peer).await;
    wire.close(4999, "for good, by default").await;
    let wire = peer.open().await;
    assert_eq!(
        *seen.lock().unwrap(),
        [(Some((4999, "for good, by default".to_owned())), 0)],
        "and the user retries"
    );
    reaches(&client, State::Open).await;
    drop(wire);
}

#[tokio::test(start_paused = true)]
async fn case_26_a_close_without_the_end_of_the_stream_holds_nothing_up() {
    let (mut peer, builder) = peer();
    let (client, mut wire, _events) = open(builder.close_timeout(secs(2)), &mut peer).await;
    wire.close(1001, "").await;
    // The first wire is neither read to its end nor closed.
    let second = peer.open().await;
    reaches(&client, State::Open).await;
    // And on disconnect: the peer answers with its Close, and never ends the stream.
    let mut second = second;
    let ((), ((), time)) = tokio::join!(
        async {
            assert_eq!(second.next_close().await, 1000);
            second.close(1000, "").await;
        },
        took(client.disconnect()),
    );
    assert!(time <= secs(2) + millis(50), "{time:?}");
    assert_eq!(client.state(), State::Closed);
    drop((wire, second));
}

#[tokio::test(start_paused = true)]
async fn case_27_a_flood_of_pings_starves_nothing() {
    let (mut peer, builder) = peer();
    peer.set_buffer(64 * 1024);
    let (client, wire, _events) = open(builder, &mut peer).await;
    let seen = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&seen);
    client.on("chat", move |number: u64| {
        assert_eq!(count.fetch_add(1, Ordering::Relaxed), number, "in order");
    });
    let (mut reader, mut writer) = tokio::io::split(wire.stream);
    let drain = tokio::spawn(async move {
        tokio::io::copy(&mut reader, &mut tokio::io::sink()).await.unwrap_or(0)
    });
    for round in 0..50 {
        let mut flood = frame(0x89, b"still there?").repeat(1_000);
        flood.extend(frame(0x81, json!({"type": "chat", "data": round}).to_string().as_bytes()));
        writer.write_all(&flood).await.unwrap();
    }
    while seen.load(Ordering::Relaxed) < 50 {
        tokio::task::yield_now().await;
    }
    client.disconnect().await;
    drop(writer);
    let answered = drain.await.unwrap();
    assert!(answered < 50_000 * 18 + 10_000, "no more is written than was asked: {answered}");
}

#[tokio::test(start_paused = true)]
async fn case_28_a_message_that_is_too_large_is_refused_before_it_is_read() {
    let whole = {
        // Only the header of a frame of 2 MiB.
        let mut header = vec![0x81, 127];
        header.extend((2_u64 << 20).to_be_bytes());
        header
    };
    let fragments = {
        let mut bytes = frame(0x01, &vec![b'a'; 600 * 1024]);
        bytes.extend(frame(0x00, &vec![b'a'; 600 * 1024]));
        bytes
    };
    for (label, bytes) in [("whole", whole), ("in fragments", fragments)] {
        let (mut peer, builder) = peer();
        let (client, mut wire, mut events) = open(builder, &mut peer).await;
        let (close, ()) = tokio::join!(
            async {
                let error = next_error(&mut events).await;
                assert_eq!(*error.kind(), ErrorKind::TooLarge, "{label}");
                assert!(error.to_string().contains("larger than 1048576 bytes"), "{error}");
                picked(&mut events, |event| match event {
                    Event::Close(info) => {
                        Some((info.code, info.by, info.clean, info.reason.clone()))
                    }
                    _ => None,
                })
                .await
            },
            wire.raw(&bytes)
        );
        let reason = "larger than 1048576 bytes".to_owned();
        assert_eq!(close, (1009, ClosedBy::Client, false, reason), "{label}");
        assert_eq!(wire.next_close().await, 1009, "{label}");
        reaches(&client, State::Closed).await;
    }
}

#[tokio::test(start_paused = true)]
async fn case_29_empty_fragments_are_no_life() {
    let (mut peer, builder) = peer();
    let (client, mut wire, mut events) = open(builder, &mut peer).await;
    let flood = tokio::spawn(async move {
        wire.raw(&frame(0x01, b"")).await;
        // It never ends: the client has to close it.
        while wire.stream.write_all(&frame(0x00, b"").repeat(1_000)).await.is_ok() {
            sleep(millis(100)).await;
        }
    });
    let began = Instant::now();
    assert_eq!(*next_error(&mut events).await.kind(), ErrorKind::HeartbeatTimeout);
    assert!(began.elapsed() <= secs(44), "{:?}", began.elapsed());
    flood.await.unwrap();
    drop(client);
}

#[tokio::test(start_paused = true)]
async fn case_30_text_that_is_not_utf8_is_answered_with_1007() {
    let (mut peer, builder) = peer();
    let (_client, mut wire, mut events) = open(builder, &mut peer).await;
    wire.frame(1, b"{\"type\":\"\xff\"}").await;
    let error = next_error(&mut events).await;
    assert_eq!(*error.kind(), ErrorKind::Protocol, "{error}");
    assert_eq!(wire.next_close().await, 1007);
    drop(wire);
    peer.open().await;
}

/// Frames that break RFC 6455: our Close 1002, then another try.
#[tokio::test(start_paused = true)]
async fn breaches_of_the_protocol_are_answered_with_1002() {
    let masked = [0x81, 0x81, 1, 2, 3, 4, b'a' ^ 1];
    let breaches: &[(&str, &[u8])] = &[
        ("a reserved bit", &[0xc1, 1, b'a']),
        ("a reserved opcode", &[0x83, 0]),
        ("a masked frame from the server", &masked),
        ("a continuation of nothing", &[0x80, 1, b'a']),
        ("a control frame in fragments", &[0x09, 0]),
        ("half a close code", &[0x88, 1, 3]),
    ];
    for (label, bytes) in breaches {
        let (mut peer, builder) = peer();
        let (_client, mut wire, mut events) = open(builder, &mut peer).await;
        wire.raw(bytes).await;
        assert_eq!(*next_error(&mut events).await.kind(), ErrorKind::Protocol, "{label}");
        assert_eq!(wire.next_close().await, 1002, "{label}");
        drop(wire);
        peer.open().await;
    }
}

#[derive(serde::Deserialize)]
struct Chat {
    user: User,
}

#[derive(serde::Deserialize)]
struct User {
    name: String,
}

/// Cases 31 to 35: frames that are not messages are reported, and the connection stays open.
#[tokio::test(start_paused = true)]
async fn cases_31_to_35_what_is_no_message_is_reported_and_harms_nothing() {
    let deep = "[".repeat(200_000);
    let table: &[(u8, String, ErrorKind)] = &[
        (31, "s3cret".into(), ErrorKind::Envelope),
        (31, String::new(), ErrorKind::Envelope),
        (31, r#"{"type":"chat","data":1}s3cret"#.into(), ErrorKind::Envelope),
        (31, "\u{feff}{\"type\":\"chat\"}".into(), ErrorKind::Envelope),
        (31, r#"["chat","s3cret"]"#.into(), ErrorKind::Envelope),
        (31, "7".into(), ErrorKind::Envelope),
        (31, r#"{"data":"s3cret"}"#.into(), ErrorKind::Envelope),
        (31, r#"{"type":"s3cret","data":}"#.into(), ErrorKind::Envelope),
        (31, r#"{"type":"chat","data":"s3cret","timestamp":-1}"#.into(), ErrorKind::Envelope),
        (33, r#"{"type":"chat","data":{"user":"s3cret"}}"#.into(), ErrorKind::Payload),
        (33, r#"{"type":"chat","data":{"user":{"name":1.5}}}"#.into(), ErrorKind::Payload),
        (33, r#"{"type":"chat"}"#.into(), ErrorKind::Payload),
        (34, format!(r#"{{"type":"chat","data":{deep}"#), ErrorKind::Envelope),
        (34, deep.clone(), ErrorKind::Envelope),
        (34, r#"{"type":"chat","data":{"user":{"name":1e400}}}"#.into(), ErrorKind::Payload),
        (34, r#"{"type":"chat","type":"chat","data":1}"#.into(), ErrorKind::Envelope),
        (34, r#"{"type":"chat","data":{"user":{"name":"\ud800"}}}"#.into(), ErrorKind::Payload),
    ];
    let (mut peer, builder) = peer();
    let (client, mut wire, mut events) = open(builder, &mut peer).await;
    let names = Arc::new(Mutex::new(Vec::new()));
    let received = Arc::clone(&names);
    client.on("chat", move |chat: Chat| received.lock().unwrap().push(chat.user.name.len()));
    for (case, text, kind) in table {
        wire.text(text).await;
        let error = next_error(&mut events).await;
        let label = format!("case {case}: {} gives {error}", &text[..text.len().min(60)]);
        assert_eq!(error.kind(), kind, "{label}");
        assert!(!format!("{error} {error:?}").contains("s3cret"), "{label}: no payload");
        if *kind == ErrorKind::Payload {
            assert_eq!(error.message_name(), Some("chat"), "{label}");
        } else {
            assert!(error.to_string().contains("at byte"), "{label}");
        }
    }
    wire.text(r#"{"type":"chat","data":{"user":{"name":[]}}}"#).await;
    let error = next_error(&mut events).await.to_string();
    assert!(error.contains("user.name"), "the path: {error}");

    // Case 35.
    wire.frame(2, b"binary").await;
    assert_eq!(*next_error(&mut events).await.kind(), ErrorKind::Binary);

    // Case 34: a large, valid message.
    let long = "x".repeat(1_000_000);
    wire.text(&json!({"type": "chat", "data": {"user": {"name": long}}}).to_string()).await;
    // Case 32.
    let (sender, mut unknown) = tokio::sync::mpsc::unbounded_channel();
    client.on_unknown(move |name, raw| sender.send((name, raw)).unwrap());
    let raw = r#"{"type":"wea\u0000ther","data":[1]}"#;
    wire.text(raw).await;
    assert_eq!(unknown.recv().await.unwrap(), ("wea\0ther".to_owned(), raw.to_owned()));
    assert_eq!(*names.lock().unwrap(), [1_000_000]);
    let stats = client.stats();
    assert_eq!(stats.unknown, 1);
    assert_eq!(stats.malformed, table.len() as u64 + 2, "{stats:?}");
    assert_eq!(client.state(), State::Open);
    drop(wire);
}

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
async fn case_36_a_peer_that_stops_reading_fills_the_queue_and_no_more() {
    for overflow in [Overflow::Reject, Overflow::DropOldest] {
        let (mut peer, builder) = peer();
        peer.set_buffer(4 * 1024);
        let builder = builder.queue_messages(100).queue_bytes(1 << 20).overflow(overflow);
        let (client, wire, _events) = open(builder, &mut peer).await;
        let mut refused = 0;
        let line = "x".repeat(1_000);
        for _ in 0..1_000 {
            match client.send("chat", &line).await {
                Ok(()) => {}
                Err(error) => {
                    assert_eq!(*error.kind(), SendErrorKind::QueueFull);
                    refused += 1;
                }
            }
            tokio::task::yield_now().await;
            adds_up(&client);
            assert!(client.stats().queued <= 100);
        }
        let stats = client.stats();
        assert_eq!(stats.refused, refused);
        // The socket was given one chunk, and what the stream has accepted.
        assert!(stats.in_flight <= 150, "{stats:?}");
        match overflow {
            Overflow::Reject => assert!(refused > 700, "{stats:?}"),
            _ => assert_eq!(stats.accepted, 1_000, "{stats:?}"),
        }
        drop(wire);
    }
}

#[tokio::test(start_paused = true)]
async fn case_36_send_waits_for_room_in_turn() {
    let (mut peer, builder) = peer();
    peer.set_buffer(1 << 10);
    let builder = builder.queue_messages(2).queue_bytes(1 << 20).overflow(Overflow::Wait);
    let (client, mut wire, _events) = open(builder, &mut peer).await;
    let sending: Vec<_> = (0..200_u32)
        .map(|number| {
            let client = client.clone();
            let text = (number, "x".repeat(1_000));
            tokio::spawn(async move { client.send("chat", &text).await })
        })
        .collect();
    for number in 0..200_u32 {
        let message: Value = serde_json::from_str(&wire.next().await).unwrap();
        assert_eq!(message["data"][0], number, "first come, first served");
        adds_up(&client);
    }
    for send in sending {
        send.await.unwrap().unwrap();
    }
    assert_eq!(
        *client.try_send("chat", &"x".repeat(2 << 20)).unwrap_err().kind(),
        SendErrorKind::TooLarge
    );
}

#[tokio::test(start_paused = true)]
async fn case_37_a_cancelled_send_is_queued_whole_or_not_at_all() {
    let (mut peer, builder) = peer();
    peer.set_buffer(1 << 10);
    let builder = builder.queue_messages(4).queue_bytes(1 << 20).overflow(Overflow::Wait);
    let (client, mut wire, _events) = open(builder, &mut peer).await;
    let mut accepted = Vec::new();
    for number in 0..100_u32 {
        let send = client.send("chat", &(number, "x".repeat(500)));
        // Cancelled where it would wait.
        if tokio::time::timeout(Duration::ZERO, send).await.is_ok_and(|sent| sent.is_ok()) {
            accepted.push(number);
        }
        if number % 10 == 9 {
            let message: Value = serde_json::from_str(&wire.next().await).unwrap();
            assert_eq!(message["data"][0], accepted.remove(0));
        }
    }
    assert!(accepted.len() < 80, "some had to wait");
    for number in accepted {
        let message: Value = serde_json::from_str(&wire.next().await).unwrap();
        assert_eq!(message["data"][0], number);
    }
    client.flush().await.expect_err("nobody answers its Ping now, and the wire is gone soon");
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
