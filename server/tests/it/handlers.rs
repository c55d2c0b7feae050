//! What handlers are called with, and how their failures are reported.

use std::{sync::Arc, time::Duration};

use futures_util::SinkExt;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio_tungstenite::tungstenite::Message;
use wirebond_server::{Disconnect, EndedBy, Error, ErrorKind, Peer, Server};

use crate::support::{
    Log, REQUEST, connect, connect_memory, listen, next_message, send_text, serve_memory,
};

#[tokio::test]
async fn messages_reach_their_handlers_and_heartbeats_are_answered() {
    let builder = Server::builder()
        .on("echo", |peer: Peer, value: Value| async move { peer.send("echo", &value).await })
        .on("leave", |peer: Peer, (): ()| peer.try_send("left", &()));
    let (_server, address) = listen(builder).await;
    let mut client = connect(address, "/").await;
    send_text(&mut client, r#"{"data":{"a":[1]},"type":"echo","timestamp":1}"#).await;
    assert_eq!(next_message(&mut client).await, json!({"type":"echo","data":{"a":[1]}}));
    send_text(&mut client, r#"{"type":"ping","data":{"timestamp":1}}"#).await;
    assert_eq!(next_message(&mut client).await["type"], "pong");
    send_text(&mut client, r#"{"type":"leave"}"#).await;
    assert_eq!(next_message(&mut client).await, json!({"type":"left","data":null}));
}

#[tokio::test]
async fn one_peers_messages_are_handled_one_at_a_time_in_order() {
    let mut log = Log::new();
    let (write, disconnected) = (log.writer(), log.writer());
    let builder = Server::builder()
        .connected({
            let write = log.writer();
            move |_: Peer| {
                let write = write.clone();
                async move {
                    tokio::task::yield_now().await;
                    write("connect".to_owned());
                }
            }
        })
        .on("slow", move |_: Peer, number: u32| {
            let write = write.clone();
            async move {
                write(format!("{number} begins"));
                for _ in 0..10 {
                    tokio::task::yield_now().await;
                }
                write(format!("{number} ends"));
            }
        })
        .disconnected(move |_: Peer, end: Disconnect| {
            disconnected(format!("{:?} {}", end.by, end.code));
        });
    let (_server, address) = listen(builder).await;
    let mut client = connect(address, "/").await;
    for number in 0..100 {
        send_text(&mut client, &format!(r#"{{"type":"slow","data":{number}}}"#)).await;
    }
    client.close(None).await.expect("open");
    assert_eq!(log.next().await, "connect");
    for number in 0..100 {
        assert_eq!(log.next().await, format!("{number} begins"));
        assert_eq!(log.next().await, format!("{number} ends"));
    }
    assert_eq!(log.next().await, "Peer 1005");
}

#[tokio::test]
async fn concurrent_handlers_of_one_peer_overlap_up_to_a_limit() {
    let mut log = Log::new();
    let (write, disconnected) = (log.writer(), log.writer());
    let release = Arc::new(Semaphore::new(0));
    let gate = Arc::clone(&release);
    let builder = Server::builder()
        .on_call("wait", move |_: Peer, number: u32| {
            let (write, gate) = (write.clone(), Arc::clone(&gate));
            async move {
                write(format!("{number} begins"));
                if number != 70 {
                    gate.acquire().await.expect("open").forget();
                }
                Ok::<_, String>(number)
            }
        })
        .concurrent("wait")
        .disconnected(move |_: Peer, _: Disconnect| disconnected("gone".to_owned()));
    let (_server, address) = listen(builder).await;
    let mut client = connect(address, "/").await;
    let call = |number: u32| format!(r#"{{"type":"wait","id":{number},"data":{number}}}"#);
    for number in 0..71 {
        send_text(&mut client, &call(number)).await;
    }
    // 64 overlap, the next one runs as any other handler does, and the rest waits behind it.
    for number in 0..65 {
        assert_eq!(log.next().await, format!("{number} begins"));
    }
    release.add_permits(70);
    for number in 65..71 {
        assert_eq!(log.next().await, format!("{number} begins"));
    }
    let mut answered: Vec<u64> = Vec::new();
    for _ in 0..71 {
        let answer = next_message(&mut client).await;
        assert_eq!((&answer["type"], &answer["re"]), (&json!("wait.reply"), &answer["data"]));
        answered.extend(answer["re"].as_u64());
    }
    answered.sort_unstable();
    assert_eq!(answered, (0..71).collect::<Vec<_>>());
    // What runs is finished before the peer is gone.
    send_text(&mut client, &call(71)).await;
    assert_eq!(log.next().await, "71 begins");
    client.close(None).await.expect("open");
    release.add_permits(1);
    assert_eq!(log.next().await, "gone");
}

#[tokio::test]
async fn what_fails_is_reported_and_the_connection_goes_on() {
    let mut log = Log::new();
    let (errors, unknown) = (log.writer(), log.writer());
    let builder = Server::builder()
        .on("panics", |_: Peer, (): ()| panic!("oh"))
        .on("later", |_: Peer, (): ()| async {
            tokio::task::yield_now().await;
            panic!("later")
        })
        .on("fails", |_: Peer, (): ()| Err::<(), _>("no"))
        .on("number", |_: Peer, _: u8| {})
        .on("fine", |peer: Peer, (): ()| peer.try_send("fine", &()))
        .errors(move |_: Peer, error: Error| errors((Some(error.kind()), error.to_string())))
        .unknown(move |_: Peer, name: String, text: String| unknown((None, name + &text)));
    let (server, address) = listen(builder).await;
    let mut client = connect(address, "/").await;
    for (sent, kind, says) in [
        (r#"{"type":"panics"}"#, Some(ErrorKind::HandlerPanic), "oh"),
        (r#"{"type":"later"}"#, Some(ErrorKind::HandlerPanic), "later"),
        (r#"{"type":"fails"}"#, Some(ErrorKind::Handler), "no"),
        (r#"{"type":"number","data":{"s3cret":1}}"#, Some(ErrorKind::Payload), "number"),
        (r#"{"type":"number"}"#, Some(ErrorKind::Payload), "no data"),
        ("{", Some(ErrorKind::Envelope), "byte"),
        ("[1]", Some(ErrorKind::Envelope), ""),
        (r#"{"type":"new"}"#, None, r#"new{"type":"new"}"#),
    ] {
        send_text(&mut client, sent).await;
        let (reported, message) = log.next().await;
        assert_eq!(reported, kind, "{sent}");
        assert!(message.contains(says) && !message.contains("s3cret"), "{sent}: {message}");
    }
    client.send(Message::binary(vec![1])).await.expect("open");
    assert_eq!(log.next().await.0, Some(ErrorKind::Binary));
    send_text(&mut client, r#"{"type":"fine"}"#).await;
    assert_eq!(next_message(&mut client).await["type"], "fine");
    let stats = server.stats();
    assert_eq!((stats.unhandled, stats.malformed, stats.received), (1, 5, 7));
}

#[tokio::test]
async fn an_error_of_a_call_that_nobody_waits_for_is_reported() {
    let mut log = Log::new();
    let write = log.writer();
    let builder = Server::builder()
        .on_call("now", |_: Peer, fails: bool| if fails { Err("sold out") } else { Ok(1) })
        .on_call("later", |_: Peer, fails: bool| async move {
            tokio::task::yield_now().await;
            if fails { Err("sold out") } else { Ok(1) }
        })
        .on_call("beside", |_: Peer, fails: bool| async move {
            tokio::task::yield_now().await;
            if fails { Err("sold out") } else { Ok(1) }
        })
        .concurrent("beside")
        .on_call("panics", |_: Peer, _: bool| -> Result<u8, String> { panic!("oh") })
        .errors(move |_: Peer, error: Error| {
            write((error.kind(), error.message_name().map(str::to_owned), error.to_string()));
        });
    let (_server, address) = listen(builder).await;
    let mut client = connect(address, "/").await;
    for (name, data, kind, says) in [
        ("now", "true", ErrorKind::Handler, "sold out"),
        ("later", "true", ErrorKind::Handler, "sold out"),
        ("beside", "true", ErrorKind::Handler, "sold out"),
        ("panics", "true", ErrorKind::HandlerPanic, "oh"),
        ("now", "7", ErrorKind::Payload, ""),
    ] {
        send_text(&mut client, &format!(r#"{{"type":"{name}","data":{data}}}"#)).await;
        let (reported, of, text) = log.next().await;
        assert_eq!((reported, of.as_deref()), (kind, Some(name)), "{text}");
        assert!(text.contains(says), "{text}");
    }
    // What is answered isn't reported, and a reply that nobody waits for isn't sent.
    for name in ["now", "later", "beside"] {
        send_text(&mut client, &format!(r#"{{"type":"{name}","data":false}}"#)).await;
        send_text(&mut client, &format!(r#"{{"type":"{name}","data":true,"id":1}}"#)).await;
        let answer = json!({"type": format!("{name}.error"), "re": 1, "data": "sold out"});
        assert_eq!(next_message(&mut client).await, answer);
    }
    send_text(&mut client, "{").await;
    assert_eq!(log.next().await.0, ErrorKind::Envelope);
}

#[tokio::test]
async fn a_full_inbox_holds_the_peer_back_and_loses_nothing() {
    let mut log = Log::new();
    let write = log.writer();
    let (go, gate) = tokio::sync::watch::channel(false);
    let builder = Server::builder().inbox(2).on("n", move |_: Peer, number: u32| {
        let (write, mut gate) = (write.clone(), gate.clone());
        async move {
            let _ = gate.wait_for(|open| *open).await;
            write(number);
        }
    });
    let (_server, address) = listen(builder).await;
    let mut client = connect(address, "/").await;
    for number in 0..1_000 {
        send_text(&mut client, &format!(r#"{{"type":"n","data":{number}}}"#)).await;
    }
    go.send(true).expect("the handler waits");
    for number in 0..1_000 {
        assert_eq!(log.next().await, number);
    }
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_is_held_back_is_shown_that_the_server_lives() {
    let builder =
        Server::builder().inbox(1).on("n", |_: Peer, _: u32| std::future::pending::<()>());
    let server = builder.build().expect("settings that work");
    let mut client = connect_memory(&server, "/").await;
    for number in 0..3 {
        let text = format!(r#"{{"type":"n","data":{number}}}"#);
        client.send(Message::text(text)).await.expect("open");
    }
    let began = tokio::time::Instant::now();
    for _ in 0..4 {
        let frame = futures_util::StreamExt::next(&mut client).await.expect("open");
        assert!(matches!(frame, Ok(Message::Ping(_))), "{frame:?}");
    }
    assert!(began.elapsed() <= Duration::from_secs(21), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_silent_peer_is_found_and_let_go() {
    let mut log = Log::new();
    let write = log.writer();
    let builder =
        Server::builder().disconnected(move |_: Peer, end: Disconnect| write((end.by, end.code)));
    let server = builder.build().expect("settings that work");
    let (mut ours, _) = serve_memory(&server, 64 * 1024);
    tokio::io::AsyncWriteExt::write_all(&mut ours, REQUEST.as_bytes()).await.expect("room");
    let began = tokio::time::Instant::now();
    assert_eq!(log.next_paused().await, (EndedBy::Network, 1006));
    let took = began.elapsed();
    assert!(took >= Duration::from_secs(40) && took < Duration::from_secs(41), "{took:?}");
    assert_eq!(server.stats().peers, 0);
}
