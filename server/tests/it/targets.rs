//! Rooms, users, everybody: who gets what, and what happens to those who don't keep up.

use serde_json::json;
use tokio::io::AsyncWriteExt;
use wirebond_server::{Disconnect, Peer, SendError, Server};

use crate::support::{Log, connect, listen, next_message, send_text};

#[tokio::test]
async fn a_message_reaches_those_whom_it_is_for_once_each() {
    let mut log = Log::new();
    let joined = log.writer();
    let builder = Server::builder()
        .on("join", move |peer: Peer, room: String| {
            joined(peer.join(&room) && peer.join(&room));
        })
        .on("leave", |peer: Peer, room: String| {
            peer.leave(&room);
            peer.try_send("left", &room)
        })
        .on("say", |peer: Peer, text: String| {
            peer.room("a").except(&peer).send("said", &text).map(drop)
        });
    let (server, address) = listen(builder).await;
    let mut ada = connect(address, "/?user=ada").await;
    let mut phone = connect(address, "/?user=ada").await;
    let mut bob = connect(address, "/?user=bob").await;
    for client in [&mut ada, &mut phone, &mut bob] {
        send_text(client, r#"{"type":"join","data":"a"}"#).await;
        assert!(log.next().await);
    }
    send_text(&mut ada, r#"{"type":"say","data":"hi"}"#).await;
    assert_eq!(next_message(&mut phone).await, json!({"type":"said","data":"hi"}));
    assert_eq!(next_message(&mut bob).await, json!({"type":"said","data":"hi"}));
    assert_eq!(server.user("ada").send("you", &1).expect("sent").local, 2);
    assert_eq!(next_message(&mut ada).await, json!({"type":"you","data":1}), "not its own message");
    assert_eq!(next_message(&mut phone).await, json!({"type":"you","data":1}));
    send_text(&mut bob, r#"{"type":"leave","data":"a"}"#).await;
    assert_eq!(next_message(&mut bob).await["type"], "left");
    assert_eq!(server.room("a").send("room", &2).expect("sent").local, 2);
    assert_eq!(server.everyone().send("all", &3).expect("sent").local, 3);
    assert_eq!(next_message(&mut bob).await, json!({"type":"all","data":3}));
    assert_eq!(server.room("nobody's").send("room", &2).expect("sent").local, 0);
    assert!(matches!(server.everyone().send("nan", &f64::NAN), Err(SendError::Payload(_))));
}

#[tokio::test]
async fn a_peer_that_is_gone_is_in_no_room_and_joins_none() {
    let mut log = Log::new();
    let write = log.writer();
    let builder = Server::builder().connected(|peer: Peer| assert!(peer.join("a"))).disconnected(
        move |peer: Peer, _: Disconnect| {
            write((peer.join("b"), peer.try_send("x", &()), peer.is_connected()));
        },
    );
    let (server, address) = listen(builder).await;
    let mut client = connect(address, "/").await;
    client.close(None).await.expect("open");
    assert_eq!(log.next().await, (false, Err(SendError::Gone), false));
    assert_eq!((server.room("a").peers().len(), server.room("b").peers().len()), (0, 0));
}

#[tokio::test]
async fn a_peer_that_reads_nothing_is_closed_with_4408_and_nobody_else_notices() {
    let mut log = Log::new();
    let (write, connected) = (log.writer(), log.writer());
    let builder = Server::builder()
        .queue_messages(16)
        .queue_bytes(16 << 20)
        .connected(move |_: Peer| connected(None))
        .disconnected(move |_: Peer, end: Disconnect| write(Some(end)));
    let (server, address) = listen(builder).await;
    // It never reads.
    let _stalled = connect(address, "/").await;
    assert_eq!(log.next().await, None);
    let stalled = server.peers().pop().expect("one peer");
    let mut reader = connect(address, "/").await;
    assert_eq!(log.next().await, None);
    let (text, mut sent) = ("x".repeat(100_000), 0);
    while server.everyone().send("big", &text).expect("sent").too_slow == 0 {
        sent += 1;
        assert_eq!(next_message(&mut reader).await["type"], "big");
        assert!(sent < 1_000, "a socket's buffers end somewhere");
    }
    assert_eq!(next_message(&mut reader).await["type"], "big");
    let end = log.next().await.expect("the stalled peer's end");
    assert_eq!((end.code, end.reason.as_str()), (4408, "too slow"));
    assert_eq!(end.undelivered, [("big".to_owned(), 16)]);
    assert_eq!(server.stats().too_slow, 1);
    assert_eq!(stalled.send("more", &()).await, Err(SendError::Gone), "it doesn't wait for ever");
    server.everyone().send("after", &()).expect("sent");
    assert_eq!(next_message(&mut reader).await["type"], "after");
}

#[tokio::test]
async fn a_send_to_one_peer_waits_for_room_and_ends_with_the_peer() {
    let mut log = Log::new();
    let connected = log.writer();
    let builder = Server::builder()
        .queue_messages(4)
        .queue_bytes(1 << 20)
        .connected(move |peer: Peer| connected(peer));
    let (_server, address) = listen(builder).await;
    let client = connect(address, "/").await;
    let peer = log.next().await;
    let text = "x".repeat(200_000);
    // Until the sockets' buffers and the queue are full.
    let mut accepted = 0;
    let waiting = loop {
        let mut sending = Box::pin(peer.send("big", &text));
        let at_once = std::future::poll_fn(|cx| std::task::Poll::Ready(sending.as_mut().poll(cx)));
        if at_once.await.is_pending() {
            assert_eq!(peer.try_send("big", &text), Err(SendError::QueueFull));
            // The task may not have run yet.
            tokio::task::yield_now().await;
            if peer.stats().queued == 4 && accepted > 100 {
                break sending;
            }
        }
        accepted += 1;
        assert!(accepted < 100_000);
    };
    let mut client = client;
    client.get_mut().shutdown().await.expect("open");
    drop(client);
    assert_eq!(waiting.await, Err(SendError::Gone));
}
