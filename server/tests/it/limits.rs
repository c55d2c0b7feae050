//! What peers can't do to the server, nor to each other.

use std::net::SocketAddr;

use futures_util::{SinkExt, StreamExt};
use tokio::{io::AsyncWriteExt, net::TcpStream};
use tokio_tungstenite::tungstenite::Message;
use wirebond_server::{Peer, Server};

use crate::support::{closed, connect, listen, next_message, send_text};

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
async fn rooms_of_one_peer_are_bounded() {
    let builder = Server::builder()
        .max_rooms(2)
        .on("join", |peer: Peer, room: String| peer.try_send("joined", &peer.join(&room)));
    let (_server, address) = listen(builder).await;
    let mut client = connect(address, "/").await;
    for (room, joined) in [("a", true), ("b", true), ("c", false), ("a", true)] {
        send_text(&mut client, &format!(r#"{{"type":"join","data":"{room}"}}"#)).await;
        assert_eq!(next_message(&mut client).await["data"], joined, "{room}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_rate_of_one_peers_messages_is_bounded_and_none_is_lost() {
    let builder = Server::builder()
        .messages_per_second(10)
        .on("n", |peer: Peer, number: u32| peer.try_send("n", &number));
    let server = builder.build().expect("settings that work");
    let (ours, theirs) = tokio::io::duplex(64 * 1024);
    tokio::spawn(async move {
        let everybody = |_| async { Ok(wirebond_server::Identity::anonymous()) };
        server.serve_stream(theirs, everybody).await
    });
    let (mut client, _) = tokio_tungstenite::client_async("ws://test/", ours).await.expect("101");
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

/// Hostile connections.
async fn hostile(address: SocketAddr, number: u32) {
    let upgrade = "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                   Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    let Ok(mut tcp) = TcpStream::connect(address).await else { return };
    let bytes: Vec<u8> = match number % 8 {
        0 => b"GET / HTTP/1.1\r\nHo".to_vec(),
        1 => vec![0; 40_000],
        2 => [upgrade.as_bytes(), &[0x81, 0xfe]].concat(),
        // Not masked, reserved bits, a giant frame, a lone continuation, pings without end.
        3 => [upgrade.as_bytes(), &[0x81, 1, b'a']].concat(),
        4 => [upgrade.as_bytes(), &[0xff, 0x80, 0, 0, 0, 0]].concat(),
        5 => [upgrade.as_bytes(), &[0x81, 0xff], &u64::MAX.to_be_bytes()].concat(),
        6 => [upgrade.as_bytes(), &[0x00, 0x80, 0, 0, 0, 0]].concat(),
        _ => [upgrade.as_bytes().to_vec(), [0x89, 0x80, 1, 2, 3, 4].repeat(2_000)].concat(),
    };
    let _ = tcp.write_all(&bytes).await;
    if number.is_multiple_of(3) {
        let _ = tcp.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_connections_leave_nothing_behind_and_nobody_notices() {
    let builder = Server::builder()
        .handshake_timeout(std::time::Duration::from_millis(500))
        .on("echo", |peer: Peer, number: u32| peer.try_send("echo", &number));
    let (server, address) = listen(builder).await;
    let mut client = connect(address, "/").await;
    for number in 0..2_000 {
        hostile(address, number).await;
        if number.is_multiple_of(100) {
            send_text(&mut client, &format!(r#"{{"type":"echo","data":{number}}}"#)).await;
            assert_eq!(next_message(&mut client).await["data"], number);
        }
    }
    while server.stats().peers > 1 {
        tokio::task::yield_now().await;
    }
    let stats = server.stats();
    assert_eq!(stats.peers, 1);
    let (left, end) =
        tokio::join!(server.shutdown(std::time::Duration::from_secs(5)), closed(&mut client));
    assert_eq!((left, end.0), (0, 1012));
}
