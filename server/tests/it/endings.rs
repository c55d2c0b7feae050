//! How connections end: closed, expired, shut down, dropped, cut.

use std::time::{Duration, SystemTime};

use futures_util::SinkExt;
use tokio::{io::AsyncWriteExt, net::TcpStream};
use tokio_tungstenite::tungstenite::{Message, protocol::CloseFrame};
use wirebond_server::{Disconnect, EndedBy, Peer, Server};

use crate::support::{Log, closed, connect, listen, next_message, raw, send_text, serve_memory};

#[tokio::test]
async fn what_waits_goes_out_before_a_close() {
    let builder = Server::builder().on("bye", |peer: Peer, (): ()| {
        for number in 0..100 {
            peer.try_send("n", &number)?;
        }
        peer.close(4000, "bye");
        assert_eq!(peer.try_send("late", &()), Err(wirebond_server::SendError::Gone));
        Ok::<_, wirebond_server::SendError>(())
    });
    let (_server, address) = listen(builder).await;
    let mut client = connect(address, "/").await;
    send_text(&mut client, r#"{"type":"bye"}"#).await;
    for number in 0..100 {
        assert_eq!(next_message(&mut client).await["data"], number);
    }
    assert_eq!(closed(&mut client).await, (4000, "bye".to_owned()));
}

#[tokio::test]
async fn no_code_or_reason_can_break_the_closing_handshake() {
    for (code, sent) in [(0, 1000), (1005, 1000), (1006, 1000), (5000, 1000), (1001, 1001)] {
        let builder =
            Server::builder().connected(move |peer: Peer| peer.close(code, &"é".repeat(100)));
        let (_server, address) = listen(builder).await;
        let mut client = connect(address, "/").await;
        assert_eq!(closed(&mut client).await, (sent, "é".repeat(61)), "{code}");
    }
}

#[tokio::test]
async fn a_connection_ends_when_its_credentials_do() {
    let builder = Server::builder().connected(|peer: Peer| peer.expires(SystemTime::UNIX_EPOCH));
    let (_server, address) = listen(builder).await;
    let mut client = connect(address, "/").await;
    assert_eq!(closed(&mut client).await.0, 4401);
}

#[tokio::test]
async fn a_shutdown_finishes_what_was_received_and_refuses_what_comes() {
    let mut log = Log::new();
    let write = log.writer();
    let (go, gate) = tokio::sync::watch::channel(false);
    let begun = log.writer();
    let builder = Server::builder().on("work", move |peer: Peer, number: u32| {
        let (write, mut gate, begun) = (write.clone(), gate.clone(), begun.clone());
        async move {
            begun("begun");
            let _ = gate.wait_for(|open| *open).await;
            write("done");
            peer.try_send("done", &number)
        }
    });
    let (server, address) = listen(builder).await;
    let mut client = connect(address, "/").await;
    send_text(&mut client, r#"{"type":"work","data":1}"#).await;
    assert_eq!(log.next().await, "begun");
    let stopping = server.clone();
    let shutdown =
        tokio::spawn(async move { stopping.shutdown(Duration::from_millis(1_500)).await });
    go.send(true).expect("the handler waits");
    assert_eq!(log.next().await, "done");
    assert_eq!(next_message(&mut client).await["type"], "done");
    assert_eq!(closed(&mut client).await, (1012, "service restart".to_owned()));
    assert_eq!(shutdown.await.expect("no panic"), 0);
    assert_eq!(server.stats().peers, 0);
    let answer = TcpStream::connect(address).await;
    if answer.is_ok() {
        assert!(!raw(address, b"GET / HTTP/1.1\r\n\r\n").await.contains("101"));
    }
}

#[tokio::test]
async fn a_shutdown_ends_at_its_deadline_whatever_a_handler_does() {
    let mut log = Log::new();
    let begun = log.writer();
    let builder = Server::builder().connected(move |_: Peer| {
        begun(());
        std::future::pending::<()>()
    });
    let (server, address) = listen(builder).await;
    let _client = connect(address, "/").await;
    log.next().await;
    server.shutdown(Duration::from_millis(200)).await;
    assert_eq!(server.stats().peers, 0);
}

#[tokio::test]
async fn the_last_handle_closes_with_1001() {
    let mut log = Log::new();
    let connected = log.writer();
    let server =
        Server::builder().connected(move |_: Peer| connected(())).build().expect("settings");
    let (ours, task) = serve_memory(&server, 1024);
    let (mut client, _) = tokio_tungstenite::client_async("ws://test/", ours).await.expect("101");
    log.next().await;
    drop(server);
    // `serve_stream` borrows a handle itself, so the connection goes on until that is dropped, too.
    client.send(Message::text(r#"{"type":"ping"}"#)).await.expect("open");
    task.abort();
    let _ = task.await;
    while let Some(Ok(_)) = futures_util::StreamExt::next(&mut client).await {}
}

#[tokio::test]
async fn a_lost_connection_is_reported_as_the_networks() {
    let mut log = Log::new();
    let write = log.writer();
    let builder =
        Server::builder().disconnected(move |_: Peer, end: Disconnect| write((end.by, end.code)));
    let (_server, address) = listen(builder).await;
    let mut client = connect(address, "/").await;
    client.get_mut().shutdown().await.expect("open");
    assert_eq!(log.next().await, (EndedBy::Network, 1006));
    let mut client = connect(address, "/").await;
    client
        .close(Some(CloseFrame { code: 4321.into(), reason: "later".into() }))
        .await
        .expect("open");
    assert_eq!(log.next().await, (EndedBy::Peer, 4321));
}

#[tokio::test(start_paused = true)]
async fn a_thousand_shutdowns_leave_no_task() {
    for _ in 0..1_000 {
        let server = Server::builder().build().expect("settings that work");
        let (ours, task) = serve_memory(&server, 1024);
        let (mut client, _) =
            tokio_tungstenite::client_async("ws://test/", ours).await.expect("101");
        let read =
            async { while let Some(Ok(_)) = futures_util::StreamExt::next(&mut client).await {} };
        let (left, ()) = tokio::join!(server.shutdown(Duration::from_secs(5)), read);
        assert_eq!(left, 0);
        task.await.expect("no panic").expect("served");
    }
}
