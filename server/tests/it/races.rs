//! Ends that are easy to get wrong: races, hostile peers, extreme settings, user code that panics.

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex},
    time::Instant,
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Message, client::IntoClientRequest, protocol::Role},
};
use wirebond_server::{
    Disconnect, EndedBy, Error, ErrorKind, Identity, Peer, Server, UpgradeError,
};

use crate::support::{
    Log, MemoryClient, REQUEST, closed, connect, connect_memory, listen, raw, send_text,
    serve_memory,
};

async fn text(client: &mut MemoryClient) -> Value {
    loop {
        match client.next().await.expect("open").expect("a sound frame") {
            Message::Text(text) => return serde_json::from_str(&text).expect("JSON"),
            Message::Ping(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

/// An error whose `Display` panics.
struct Mute;

impl fmt::Display for Mute {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("mute")
    }
}

/// A payload that can't be read.
#[derive(Debug)]
struct Unreadable;

impl<'de> serde::Deserialize<'de> for Unreadable {
    fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        panic!("unreadable")
    }
}

#[tokio::test]
async fn a_panic_of_a_payload_or_of_an_errors_text_is_reported_too() {
    let mut log = Log::new();
    let errors = log.writer();
    let builder = Server::builder()
        .on("read", |_: Peer, _: Unreadable| {})
        .on("now", |_: Peer, (): ()| Err::<(), _>(Mute))
        .on("later", |_: Peer, (): ()| async { Err::<(), _>(Mute) })
        .errors(move |_: Peer, error: Error| errors(error));
    let (_server, address) = listen(builder).await;
    let mut client = connect(address, "/").await;
    for name in ["now", "later", "read"] {
        send_text(&mut client, &format!(r#"{{"type":"{name}","data":null}}"#)).await;
        let error = log.next().await;
        assert_eq!((error.kind(), error.message_name()), (ErrorKind::HandlerPanic, Some(name)));
    }
}

#[tokio::test(start_paused = true)]
async fn the_longest_durations_are_no_overflow() {
    let mut log = Log::new();
    let (connected, ended) = (log.writer(), log.writer());
    let server = Server::builder()
        .heartbeat_interval(Duration::MAX)
        .heartbeat_timeout(Duration::MAX)
        .handshake_timeout(Duration::MAX)
        .close_timeout(Duration::MAX)
        .connected(move |peer: Peer| {
            peer.expires(SystemTime::now() + Duration::from_secs(1 << 40));
            connected(None);
        })
        .disconnected(move |_: Peer, end: Disconnect| ended(Some(end.code)))
        .build()
        .expect("settings that work");
    let mut client = connect_memory(&server, "/").await;
    assert_eq!(log.next_paused().await, None);
    let read = async { while let Some(Ok(_)) = client.next().await {} };
    let (left, ()) = tokio::join!(server.shutdown(Duration::MAX), read);
    assert_eq!(left, 0);
    assert_eq!(log.next_paused().await, Some(1012));
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_counts_whose_handlers_it_dropped() {
    let mut log = Log::new();
    let begun = log.writer();
    let server = Server::builder()
        .on("stuck", move |_: Peer, (): ()| {
            begun(());
            std::future::pending::<()>()
        })
        .build()
        .expect("settings that work");
    let mut client = connect_memory(&server, "/").await;
    client.send(Message::text(r#"{"type":"stuck"}"#)).await.expect("open");
    log.next_paused().await;
    let read = async { while let Some(Ok(_)) = client.next().await {} };
    let (left, ()) = tokio::join!(server.shutdown(Duration::from_secs(60)), read);
    assert_eq!(left, 1);
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_writes_the_answers_of_handlers_that_run() {
    let mut log = Log::new();
    let begun = log.writer();
    let server = Server::builder()
        .on("work", move |peer: Peer, (): ()| {
            begun(());
            async move {
                // Longer than the Close frames are spread over, shorter than `close_timeout`.
                tokio::time::sleep(Duration::from_millis(1_500)).await;
                peer.send("done", &()).await
            }
        })
        .build()
        .expect("settings that work");
    let mut client = connect_memory(&server, "/").await;
    client.send(Message::text(r#"{"type":"work"}"#)).await.expect("open");
    log.next_paused().await;
    let read = async {
        assert_eq!(text(&mut client).await["type"], "done");
        match client.next().await.expect("open").expect("a sound frame") {
            Message::Close(Some(close)) => {
                while let Some(Ok(_)) = client.next().await {}
                u16::from(close.code)
            }
            other => panic!("{other:?}"),
        }
    };
    let (left, code) = tokio::join!(server.shutdown(Duration::from_millis(2_500)), read);
    assert_eq!((left, code), (0, 1012));
}

#[tokio::test]
async fn while_a_server_shuts_down_requests_are_refused_with_503() {
    let mut log = Log::new();
    let begun = log.writer();
    let builder = Server::builder().connected(move |_: Peer| {
        begun(());
        std::future::pending::<()>()
    });
    let (server, address) = listen(builder).await;
    let _stuck = connect(address, "/").await;
    log.next().await;
    let stopping = server.clone();
    let shutdown = tokio::spawn(async move { stopping.shutdown(Duration::from_secs(600)).await });
    tokio::task::yield_now().await;
    for _ in 0..3 {
        let answer = raw(address, REQUEST.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    }
    shutdown.abort();
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_late_is_answered_with_408() {
    let server = Server::builder().build().expect("settings that work");
    let (mut ours, task) = serve_memory(&server, 1024);
    ours.write_all(&REQUEST.as_bytes()[..40]).await.expect("room");
    let mut answer = String::new();
    ours.read_to_string(&mut answer).await.expect("text");
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert_eq!(task.await.expect("no panic"), Err(UpgradeError::Timeout));
    assert_eq!(server.stats().refused, 1);
}

#[tokio::test(start_paused = true)]
async fn a_heartbeat_that_waits_for_its_answer_ends_no_connection_that_drains() {
    let mut log = Log::new();
    let (connected, ended) = (log.writer(), log.writer());
    let server = Server::builder()
        .close_timeout(Duration::from_secs(20))
        .on("slow", move |peer: Peer, (): ()| {
            connected((None, 0));
            async move {
                tokio::time::sleep(Duration::from_secs(39)).await;
                peer.close(4000, "done");
                tokio::time::sleep(Duration::from_secs(5)).await;
            }
        })
        .disconnected(move |_: Peer, end: Disconnect| ended((Some(end.by), end.code)))
        .build()
        .expect("settings that work");
    let mut client = connect_memory(&server, "/").await;
    client.send(Message::text(r#"{"type":"slow"}"#)).await.expect("open");
    assert_eq!(log.next_paused().await, (None, 0));
    // It doesn't read, and so answers no Ping.
    assert_eq!(log.next_paused().await, (Some(EndedBy::Server), 4000));
}

#[tokio::test(start_paused = true)]
async fn the_server_ends_the_stream_once_its_close_frame_is_answered() {
    let server = Server::builder()
        .close_timeout(Duration::from_secs(60))
        .connected(|peer: Peer| peer.close(4000, "bye"))
        .build()
        .expect("settings that work");
    let mut client = connect_memory(&server, "/").await;
    let began = Instant::now();
    // This client answers, and waits for the server to end the stream (RFC 6455, section 7.1.1).
    while let Some(Ok(_)) = client.next().await {}
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn handlers_go_on_while_a_peer_delays_the_closing_handshake() {
    let mut log = Log::new();
    let (begun, done) = (log.writer(), log.writer());
    let server = Server::builder()
        .close_timeout(Duration::from_secs(60))
        .on("work", move |_: Peer, (): ()| {
            begun("begun");
            let done = done.clone();
            async move {
                tokio::time::sleep(Duration::from_secs(1)).await;
                done("done");
            }
        })
        .build()
        .expect("settings that work");
    let (mut ours, _) = serve_memory(&server, 64 * 1024);
    ours.write_all(REQUEST.as_bytes()).await.expect("room");
    let work = br#"{"type":"work"}"#;
    ours.write_all(&[&[0x81, 0x80 | 15, 0, 0, 0, 0][..], work].concat()).await.expect("room");
    assert_eq!(log.next_paused().await, "begun");
    let began = Instant::now();
    // Breaks the protocol, and neither reads nor ends the stream.
    ours.write_all(&[0xff, 0x80, 0, 0, 0, 0]).await.expect("room");
    assert_eq!(log.next_paused().await, "done");
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn credentials_that_are_renewed_expire_later_and_leave_nothing_behind() {
    let mut log = Log::new();
    let (connected, ended) = (log.writer(), log.writer());
    let server = Server::builder()
        .heartbeat_interval(Duration::from_secs(10_000))
        .connected(move |peer: Peer| {
            peer.expires(SystemTime::now() + Duration::from_secs(100));
            connected((Some(peer), 0));
        })
        .disconnected(move |_: Peer, end: Disconnect| ended((None, end.code)))
        .build()
        .expect("settings that work");
    let mut client = connect_memory(&server, "/").await;
    let began = Instant::now();
    let peer = log.next_paused().await.0.expect("a peer");
    peer.expires(SystemTime::now() + Duration::from_secs(1_000));
    while let Some(Ok(_)) = client.next().await {}
    assert_eq!(log.next_paused().await.1, 4401);
    assert!(began.elapsed() >= Duration::from_secs(999), "{:?}", began.elapsed());

    let tasks = tokio::runtime::Handle::current().metrics();
    let before = tasks.num_alive_tasks();
    let mut client = connect_memory(&server, "/").await;
    let (Some(_), _) = log.next_paused().await else { panic!("no peer") };
    client.close(None).await.expect("open");
    while let Some(Ok(_)) = client.next().await {}
    assert_eq!(log.next_paused().await.1, 1005);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(tasks.num_alive_tasks(), before);
}

#[tokio::test(start_paused = true)]
async fn limits_hold_for_requests_that_come_at_once() {
    for (per_user, refused) in [(false, "503"), (true, "429")] {
        let builder = Server::builder();
        let builder = if per_user { builder.max_peers_per_user(2) } else { builder.max_peers(2) };
        let server = builder.build().expect("settings that work");
        let request = REQUEST.replace("GET / ", "GET /?user=ada ");
        // The answers have no room until all requests have been read.
        let mut streams = Vec::new();
        for _ in 0..5 {
            let (mut ours, _) = serve_memory(&server, 64);
            ours.write_all(request.as_bytes()).await.expect("room");
            streams.push(ours);
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        let mut answers = Vec::new();
        for stream in &mut streams {
            let mut answer = [0; 12];
            stream.read_exact(&mut answer).await.expect("an answer");
            answers.push(String::from_utf8_lossy(&answer[9..]).into_owned());
        }
        answers.sort();
        assert_eq!(answers.iter().filter(|answer| *answer == "101").count(), 2, "{answers:?}");
        assert_eq!(answers.iter().filter(|answer| *answer == refused).count(), 3, "{answers:?}");
        drop(streams);
        tokio::time::sleep(Duration::from_secs(1)).await;
        let mut client = connect_memory(&server, "/?user=ada").await;
        client.close(None).await.expect("a place is free again");
    }
}

/// An upgrade whose stream exists only once it is requested.
fn upgrade(
    stream: impl Future<Output = Option<DuplexStream>> + Send + 'static,
) -> wirebond_server::Upgrade {
    let request = "ws://test/".into_client_request().expect("a request");
    let (parts, ()) = request.into_parts();
    let stream = async move {
        let io: Box<dyn wirebond_server::Io> = Box::new(stream.await?);
        Some((io, Vec::new()))
    };
    wirebond_server::Upgrade::new(parts.method, parts.uri, parts.headers, stream)
}

#[tokio::test(start_paused = true)]
async fn an_upgrade_that_is_answered_has_its_place_until_its_stream_fails() {
    let server = Server::builder().max_peers(1).build().expect("settings that work");
    let (give, stream) = tokio::sync::oneshot::channel();
    let accept = |upgrade| server.accept::<String>(upgrade, Identity::anonymous()).status();
    assert_eq!(accept(upgrade(async { stream.await.ok() })), 101);
    assert_eq!(accept(upgrade(async { None })), 503);
    drop::<tokio::sync::oneshot::Sender<DuplexStream>>(give);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(accept(upgrade(std::future::pending())), 101);
    assert_eq!(accept(upgrade(async { None })), 503);
    // The wait for a stream is bounded.
    tokio::time::sleep(Duration::from_secs(11)).await;
    assert_eq!(accept(upgrade(async { None })), 101);
}

#[tokio::test(start_paused = true)]
async fn an_upgrade_that_is_answered_before_a_shutdown_gets_its_close_frame() {
    let server = Server::builder().build().expect("settings that work");
    let (ours, theirs) = duplex(1024);
    let late = async move {
        tokio::time::sleep(Duration::from_secs(1)).await;
        Some(theirs)
    };
    let answer = server.accept::<String>(upgrade(late), Identity::anonymous());
    assert_eq!(answer.status(), 101);
    let read = async {
        let mut client = WebSocketStream::from_raw_socket(ours, Role::Client, None).await;
        let frame = client.next().await;
        while let Some(Ok(_)) = client.next().await {}
        frame
    };
    let (left, frame) = tokio::join!(server.shutdown(Duration::from_secs(10)), read);
    let Some(Ok(Message::Close(Some(close)))) = frame else { panic!("{frame:?}") };
    assert_eq!((u16::from(close.code), left), (1012, 0));
}

#[tokio::test]
async fn a_peer_that_is_too_slow_is_counted_once_and_its_messages_add_up() {
    let mut log = Log::new();
    let connected = log.writer();
    let gone = log.writer();
    let builder = Server::builder()
        .queue_messages(1)
        .queue_bytes(1 << 20)
        .connected(move |peer: Peer| connected(peer))
        .disconnected(move |peer: Peer, _: Disconnect| gone(peer));
    let (server, address) = listen(builder).await;
    let mut client = connect(address, "/").await;
    let peer = log.next().await;
    // Nothing is written in between: the runtime has one thread.
    assert_eq!(server.everyone().send("a", &()).expect("sent").local, 1);
    assert_eq!(server.everyone().send("b", &()).expect("sent").too_slow, 1);
    assert_eq!(server.everyone().send("c", &()).expect("sent").too_slow, 0);
    assert_eq!(closed(&mut client).await.0, 4408);
    log.next().await;
    let stats = peer.stats();
    assert_eq!((stats.accepted, stats.queued, stats.written, stats.undelivered), (1, 0, 0, 1));
    assert_eq!((server.stats().too_slow, server.stats().undelivered), (1, 1));
}

#[tokio::test]
async fn numbers_of_peers_are_unique_among_servers() {
    let mut ids = Vec::new();
    for _ in 0..2 {
        let mut log = Log::new();
        let connected = log.writer();
        let builder = Server::builder().connected(move |peer: Peer| {
            connected(peer.id());
        });
        let (_server, address) = listen(builder).await;
        let _client = connect(address, "/").await;
        ids.push(log.next().await);
    }
    assert_ne!(ids[0], ids[1]);
}

#[tokio::test]
async fn a_request_without_exactly_one_host_is_refused() {
    let without = REQUEST.replace("Host: test\r\n", "");
    let twice = REQUEST.replace("Host: test\r\n", "Host: test\r\nHost: evil.test\r\n");
    for request in [without, twice] {
        let (_server, address) = listen(Server::builder()).await;
        let answer = raw(address, request.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    }
}

#[tokio::test(start_paused = true)]
async fn binary_frames_count_against_the_rate() {
    let mut log = Log::new();
    let errors = log.writer();
    let server = Server::builder()
        .messages_per_second(10)
        .errors(move |_: Peer, error: Error| errors(error.kind()))
        .build()
        .expect("settings that work");
    let mut client = connect_memory(&server, "/").await;
    let began = Instant::now();
    for _ in 0..30 {
        client.send(Message::binary(vec![1])).await.expect("open");
    }
    for _ in 0..30 {
        assert_eq!(log.next_paused().await, ErrorKind::Binary);
    }
    assert!(began.elapsed() >= Duration::from_millis(1_900), "{:?}", began.elapsed());
}
