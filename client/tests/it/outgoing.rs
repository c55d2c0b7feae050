//! Limits of what goes out: sizes, fragments, the rate.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, DuplexStream},
    time::{Instant, sleep},
};
use wirebond_client::{
    Client, DropReason, Event, HeartbeatKind, Overflow, SendErrorKind, Sessions, State,
};

use crate::support::{
    Wire, adds_up, millis, name, open, peer, picked, reaches, secs, so_far, took,
};

#[tokio::test(start_paused = true)]
async fn a_message_that_is_too_large_is_an_error_with_both_numbers() {
    let builder = Client::builder("ws://peer.test/ws").overflow(Overflow::Wait).queue_bytes(1_000);
    let client = builder.max_outgoing_message_size(100).build().unwrap();
    let text = |size: usize| "x".repeat(size);
    let size_of_empty = {
        let free = Client::builder("ws://peer.test/ws").queue_bytes(1).build().unwrap();
        let error = free.try_send("note", "").unwrap_err().to_string();
        let size = error.split("it has ").nth(1).unwrap().split(' ').next().unwrap();
        assert!(error.contains("more than the outbound queue holds (1)"), "{error}");
        size.parse::<usize>().unwrap()
    };
    client.send("note", &text(100 - size_of_empty)).await.unwrap();
    let errors = [
        client.send("note", &text(101 - size_of_empty)).await.unwrap_err(),
        client.try_send("note", &text(101 - size_of_empty)).unwrap_err(),
        client.send("note", &text(101 - size_of_empty)).tracked().await.unwrap_err(),
    ];
    for error in errors {
        assert_eq!(*error.kind(), SendErrorKind::TooLarge);
        let expected = "it has 101 bytes, more than max_outgoing_message_size (100)";
        assert!(error.to_string().contains(expected), "{error}");
        assert_eq!(error.message_name(), Some("note"));
    }
    let call = client.call::<(), ()>("ask", &text(100)).await.unwrap_err();
    assert!(format!("{call:?}").contains("max_outgoing_message_size (100)"), "{call:?}");
    assert_eq!((client.stats().accepted, client.stats().refused), (1, 4));
}

/// Reads frames up to the end of a message. Returns its text and the length of each frame.
async fn fragments(wire: &mut Wire<DuplexStream>) -> (String, Vec<usize>) {
    let (mut text, mut lengths) = (Vec::new(), Vec::new());
    loop {
        let first = wire.stream.read_u8().await.unwrap();
        let length = usize::from(wire.stream.read_u8().await.unwrap() & 0x7f);
        assert!(length <= 125, "short ones in this test");
        let mut mask = [0; 4];
        wire.stream.read_exact(&mut mask).await.unwrap();
        let mut payload = vec![0; length];
        wire.stream.read_exact(&mut payload).await.unwrap();
        payload.iter_mut().zip(mask.iter().cycle()).for_each(|(byte, mask)| *byte ^= mask);
        assert_eq!(first & 0x0f, u8::from(lengths.is_empty()), "text, then continuations");
        text.extend(payload);
        lengths.push(length);
        if first & 0x80 != 0 {
            return (String::from_utf8(text).unwrap(), lengths);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_larger_than_a_fragment_is_written_as_several() {
    let (mut peer, builder) = peer();
    let builder = builder.fragment_size(50).confirm_interval(None);
    let (client, mut wire, _events) = open(builder, &mut peer).await;
    client.send("note", &"é".repeat(40)).await.unwrap();
    let (text, lengths) = fragments(&mut wire).await;
    assert_eq!(name(&text), "note");
    assert!(text.contains(&"é".repeat(40)));
    assert!(lengths.len() > 1);
    let (last, full) = lengths.split_last().unwrap();
    assert!(full.iter().all(|length| *length == 50) && (1..=50).contains(last), "{lengths:?}");
    // The queue's limits, and single bytes: nothing of it is too much for the buffer.
    let (mut peer, builder) = crate::support::peer();
    peer.set_buffer(64 << 20);
    let builder = builder.fragment_size(1).confirm_interval(None);
    let (client, mut wire, _events) = open(builder, &mut peer).await;
    client.send("note", &"x".repeat(1_000_000)).await.unwrap();
    let (text, lengths) = fragments(&mut wire).await;
    assert_eq!(lengths.len(), text.len());
    assert_eq!(client.state(), State::Open);
}

/// When each message arrives, in milliseconds from now, of so many; Pings are answered.
async fn arrivals(wire: &mut Wire<DuplexStream>, count: usize) -> Vec<u128> {
    let began = Instant::now();
    let mut times = Vec::new();
    while times.len() < count {
        let frame = wire.read().await.unwrap();
        match frame.opcode {
            9 => wire.frame(10, &frame.payload).await,
            _ => times.push(began.elapsed().as_millis()),
        }
    }
    times
}

#[tokio::test(start_paused = true)]
async fn messages_beyond_the_rate_wait_in_the_queue() {
    let (mut peer, builder) = peer();
    let builder =
        builder.heartbeat(HeartbeatKind::Off).confirm_interval(None).rate_limit(3, secs(10));
    let (client, mut wire, _events) = open(builder, &mut peer).await;
    for number in 0..8 {
        client.send("note", &number).await.unwrap();
    }
    assert_eq!(arrivals(&mut wire, 3).await, [0, 0, 0]);
    assert_eq!(client.stats().queued, 5);
    adds_up(&client);
    let times = arrivals(&mut wire, 5).await;
    assert!(times[..3].iter().all(|time| (10_000..10_020).contains(time)), "{times:?}");
    assert!(times[3..].iter().all(|time| (20_000..20_040).contains(time)), "{times:?}");
    assert_eq!(client.stats().queued, 0);
    // A pause makes room for as many at once, and no more.
    sleep(secs(60)).await;
    for number in 0..4 {
        client.send("note", &number).await.unwrap();
    }
    let times = arrivals(&mut wire, 4).await;
    assert_eq!(times[..3], [0, 0, 0]);
    assert!((10_000..10_020).contains(&times[3]), "{times:?}");
}

#[tokio::test(start_paused = true)]
async fn heartbeats_do_not_wait_for_the_rate_but_take_their_share() {
    let (mut peer, builder) = peer();
    let builder = builder
        .heartbeat_text(|| "beat".to_owned())
        .heartbeat_interval(secs(4))
        .confirm_interval(None)
        .rate_limit(4, secs(10));
    let (client, mut wire, _events) = open(builder, &mut peer).await;
    for number in 0..40 {
        client.send("note", &number).await.unwrap();
    }
    let began = Instant::now();
    let (mut beats, mut messages) = (Vec::new(), Vec::new());
    while messages.len() < 40 {
        let frame = wire.read().await.unwrap();
        let now = began.elapsed();
        if frame.text() == "beat" {
            assert_eq!(now.as_secs(), 4 * (beats.len() as u64 + 1), "on time");
            beats.push(now);
            wire.text(r#"{"type":"tick"}"#).await;
        } else {
            messages.push(now);
        }
    }
    for start in &messages {
        let in_window = |times: &[Duration]| {
            times.iter().filter(|time| (*start..*start + secs(10)).contains(*time)).count()
        };
        assert!(in_window(&messages) <= 4);
    }
    assert!(began.elapsed() > secs(150), "heartbeats have taken their share");
}

#[tokio::test(start_paused = true)]
async fn a_flush_waits_for_the_rate_and_a_disconnect_does_not() {
    let (mut peer, builder) = peer();
    let builder = builder.rate_limit(4, secs(600)).heartbeat(HeartbeatKind::Off);
    let (client, wire, _events) = open(builder, &mut peer).await;
    let served = tokio::spawn(wire.serve());
    for number in 0..5 {
        client.send("note", &number).await.unwrap();
    }
    // Longer than a flush waits for a server that doesn't answer.
    let (flushed, waited) = took(client.flush()).await;
    flushed.unwrap();
    assert!((600..660).contains(&waited.as_secs()), "{waited:?}");
    for number in 5..15 {
        client.send("note", &number).await.unwrap();
    }
    let ((), waited) = took(client.disconnect()).await;
    assert!(waited <= secs(2) + millis(50), "{waited:?}");
    let (written, stats) = (served.await.unwrap().len() as u64, client.stats());
    assert_eq!(stats.queued, 15 - written);
    assert!(stats.queued > 0);
    adds_up(&client);
    // The limit is the client's, not the connection's.
    let (connected, mut wire) = tokio::join!(client.connect(), peer.open());
    connected.unwrap();
    let times = arrivals(&mut wire, 1).await;
    assert!(times[0] > 300_000, "{times:?}");
}

#[tokio::test(start_paused = true)]
async fn what_waits_for_the_rate_expires_in_time() {
    let (mut peer, builder) = peer();
    let builder = builder
        .rate_limit(1, secs(3_600))
        .message_ttl(secs(5))
        .heartbeat(HeartbeatKind::Off)
        .confirm_interval(None);
    let (client, mut wire, mut events) = open(builder, &mut peer).await;
    client.send("first", &1).await.unwrap();
    client.send("second", &2).await.unwrap();
    assert_eq!(wire.next_name().await, "first");
    let dropped = picked(&mut events, |event| match event {
        Event::Dropped { name, reason, .. } => Some((name.to_string(), *reason)),
        _ => None,
    });
    let (dropped, waited) = took(dropped).await;
    assert_eq!(dropped, ("second".to_owned(), DropReason::Expired));
    assert_eq!(waited.as_secs(), 5);
    assert_eq!(client.stats().queued, 0);
    assert!(so_far(&mut events).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_sender_that_waits_for_room_is_let_in_as_the_rate_allows() {
    let (mut peer, builder) = peer();
    let builder = builder
        .rate_limit(1, secs(10))
        .queue_messages(1)
        .overflow(Overflow::Wait)
        .heartbeat(HeartbeatKind::Off)
        .confirm_interval(None);
    let (client, mut wire, _events) = open(builder, &mut peer).await;
    let sender = client.clone();
    let sent = tokio::spawn(async move {
        let began = Instant::now();
        for number in 0..4 {
            sender.send("note", &number).await.unwrap();
        }
        began.elapsed()
    });
    assert_eq!(arrivals(&mut wire, 4).await.len(), 4);
    assert_eq!(sent.await.unwrap().as_secs(), 20, "one is written, one waits, one is let in");
}

#[tokio::test(start_paused = true)]
async fn a_blocked_socket_beside_a_spent_rate_does_not_spin() {
    let (mut peer, builder) = peer();
    peer.set_buffer(1_000);
    let builder =
        builder.rate_limit(2, secs(1)).heartbeat(HeartbeatKind::Off).confirm_interval(None);
    let (client, mut wire, _events) = open(builder, &mut peer).await;
    for _ in 0..4 {
        client.send("note", &"x".repeat(5_000)).await.unwrap();
    }
    // Nobody reads. With a turn each millisecond this would take minutes.
    let (began, idle) = (std::time::Instant::now(), secs(24 * 3_600));
    sleep(idle).await;
    assert!(began.elapsed() < secs(20), "{:?}", began.elapsed());
    for _ in 0..4 {
        assert_eq!(wire.next_name().await, "note");
    }
}

#[tokio::test(start_paused = true)]
async fn the_rate_limits_the_messages_of_a_session_too() {
    let (mut peer, builder) = peer();
    let builder =
        builder.sessions(Sessions::Prefer).rate_limit(2, secs(10)).heartbeat(HeartbeatKind::Off);
    let client = builder.build().unwrap();
    for number in 0..5 {
        client.send("note", &number).await.unwrap();
    }
    let (connected, mut wire) = tokio::join!(client.connect(), async {
        let mut wire = peer.accept().await;
        wire.upgrade_with("Sec-WebSocket-Protocol: wirebond.v1\r\n").await;
        let hello = r#"{"type":"$hello","data":{"v":1,"boot":"b","session":{"id":"s","key":"k","keep":1},"hold":100000}}"#;
        wire.text(hello).await;
        wire
    });
    connected.unwrap();
    let began = Instant::now();
    let mut times = Vec::new();
    while times.len() < 5 {
        let text = wire.next().await;
        if name(&text) == "note" {
            times.push(began.elapsed().as_secs());
        }
    }
    assert_eq!(times, [0, 0, 10, 10, 20]);
    reaches(&client, State::Open).await;
}
