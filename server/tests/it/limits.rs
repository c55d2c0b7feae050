//! What peers can't do to the server, nor to each other.

use std::{
    future::poll_fn,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::{SinkExt, StreamExt};
use tokio_tungstenite::{client_async, tungstenite::Message};
use wirebond_server::{Disconnect, EndedBy, Peer, Server, Sessions};

use crate::support::{
    Log, authenticate, connect, connect_memory, listen, next_message, raw, send_text,
};

#[tokio::test]
async fn a_message_that_is_too_large_closes_with_1009() {
    let (_server, address) = listen(Server::builder().max_message_size(1_000)).await;
    for size in [1_001, 100_000, 10_000_000] {
        let mut client = connect(address, "/").await;
        // The server may close before all of it is written.
        let _ = client.send(Message::text("x".repeat(size))).await;
        while let Some(frame) = client.next().await {
            match frame {
                Ok(Message::Close(Some(close))) => assert_eq!(u16::from(close.code), 1009),
                Ok(_) => {}
                // A reset may overtake the Close frame of so large a message.
                Err(_) if size > 1_000_000 => break,
                Err(error) => panic!("{size}: {error}"),
            }
        }
    }
}

#[tokio::test]
async fn a_breach_of_the_protocol_is_closed_with_a_reason_that_both_sides_get() {
    let too_large = [&[0x81, 0xfe][..], &1_001_u16.to_be_bytes(), &[0; 4]].concat();
    for (frame, code, says) in [
        (&[0x81, 1, b'a'][..], 1002, "unmasked"),
        (&[0xf1, 0x81, 0, 0, 0, 0, b'a'], 1002, "reserved bits"),
        (&[0x81, 0x82, 0, 0, 0, 0, 0xff, 0xfe], 1007, "text that is not utf-8"),
        (&too_large, 1009, "larger than 1000 bytes"),
    ] {
        for is_session in [false, true] {
            let mut log = Log::new();
            let write = log.writer();
            let builder = Server::builder()
                .max_message_size(1_000)
                .disconnected(move |_: Peer, end: Disconnect| write((end.code, end.by, end.reason)))
                .sessions(is_session.then(Sessions::default));
            let (_server, address) = listen(builder).await;
            let offer = if is_session { "Sec-WebSocket-Protocol: wirebond.v1\r\n" } else { "" };
            let request = format!(
                "GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n{offer}\
                 Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
            );
            let answer = raw(address, &[request.as_bytes(), frame].concat()).await;
            let lower = answer.to_lowercase();
            let (_, reason) = lower.rsplit_once('\u{3}').expect("the first byte of the code");
            assert!(reason.contains(says), "{code}: {answer:?}");
            // Before its `$hello`, a client has no peer.
            if !is_session {
                let (reported, by, reason) = log.next().await;
                assert_eq!((reported, by), (code, EndedBy::Server), "{reason}");
                assert!(reason.to_lowercase().contains(says), "{reason}");
            }
        }
    }
}

#[tokio::test]
async fn rooms_of_one_peer_are_bounded() {
    let builder = Server::builder()
        .max_rooms(2)
        .on("join", |peer: Peer, room: String| peer.try_send("joined", &peer.join(&room)));
    let (server, address) = listen(builder).await;
    let mut client = connect(address, "/").await;
    for (room, joined) in [("a", true), ("b", true), ("c", false), ("a", true)] {
        send_text(&mut client, &format!(r#"{{"type":"join","data":"{room}"}}"#)).await;
        assert_eq!(next_message(&mut client).await["data"], joined, "{room}");
    }
    assert_eq!(server.stats().joins_refused, 1);
}

#[tokio::test(start_paused = true)]
async fn the_rate_of_one_peers_messages_is_bounded_and_none_is_lost() {
    let builder = Server::builder()
        .messages_per_second(10)
        .on("n", |peer: Peer, number: u32| peer.try_send("n", &number));
    let server = builder.build().expect("settings that work");
    let mut client = connect_memory(&server, "/").await;
    let began = tokio::time::Instant::now();
    for number in 0..40 {
        let text = format!(r#"{{"type":"n","data":{number}}}"#);
        client.send(Message::text(text)).await.expect("open");
    }
    for number in 0..40 {
        loop {
            match client.next().await {
                Some(Ok(Message::Text(text))) => {
                    assert!(text.contains(&format!(r#""data":{number},"#)), "{text}");
                    break;
                }
                Some(Ok(Message::Ping(_))) => {}
                other => panic!("{other:?}"),
            }
        }
    }
    let took = began.elapsed().as_secs_f64();
    assert!((2.5..4.0).contains(&took), "ten at once, then ten a second: {took}");
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_has_used_its_rate_up_and_is_quiet_costs_nothing() {
    let builder = Server::builder().messages_per_second(10).on("n", |_: Peer, _: u32| {});
    let server = builder.build().expect("settings that work");
    let (ours, theirs) = tokio::io::duplex(64 * 1024);
    let polls = Arc::new(AtomicUsize::new(0));
    let (serving, counted) = (server.clone(), Arc::clone(&polls));
    tokio::spawn(async move {
        let mut connection = pin!(serving.serve_stream(theirs, authenticate));
        poll_fn(|cx| {
            counted.fetch_add(1, Ordering::Relaxed);
            connection.as_mut().poll(cx)
        })
        .await
    });
    let mut client = client_async("ws://test/", ours).await.expect("an upgrade").0;
    for number in 0..15 {
        let text = format!(r#"{{"type":"n","data":{number}}}"#);
        client.send(Message::text(text)).await.expect("open");
    }
    while server.stats().received < 15 {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let before = polls.load(Ordering::Relaxed);
    tokio::time::sleep(Duration::from_secs(20)).await;
    let after = polls.load(Ordering::Relaxed);
    assert!(after - before < 10, "{} polls", after - before);
}
