//! Frames and messages that are not as they should be, or too many: cases 27 to 35.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU64, Ordering},
};

use serde_json::json;
use tokio::{
    io::AsyncWriteExt,
    time::{Instant, sleep},
};
use wirebond_client::{ClosedBy, ErrorKind, Event, State};

use crate::support::{frame, millis, next_error, open, peer, picked, reaches, secs};

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
