//! What a server logs, and how little of it a peer can cause.

use std::{future::pending, time::Duration};

use futures_util::{SinkExt, StreamExt};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::sleep,
};
use tokio_tungstenite::{
    client_async,
    tungstenite::{Message, client::IntoClientRequest},
};
use tracing::Level;
use wirebond_server::{
    Builder, Contracts, Identity, Peer, Request, Server, Sessions, UpgradeError,
};

use crate::{
    lines::Lines,
    support::{MemoryClient, connect_memory, serve_memory},
};

/// A client of a server without a socket, on paused time.
async fn client_of(builder: Builder) -> (Server, MemoryClient) {
    let server = builder.build().expect("settings that work");
    let client = connect_memory(&server, "/").await;
    (server, client)
}

/// Sends these and waits until the server has taken them: frames are taken in order.
async fn send_all(client: &mut MemoryClient, frames: Vec<Message>) {
    for frame in frames {
        client.feed(frame).await.expect("open");
    }
    client.send(Message::text(r#"{"type":"ping"}"#)).await.expect("open");
    loop {
        let frame = client.next().await.expect("open").expect("sound");
        if frame.to_text().is_ok_and(|text| text.contains("pong")) {
            return;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn wrong_frames_are_logged_once_a_second_by_their_kind() {
    let (lines, _guard) = Lines::begin();
    let builder = Server::builder()
        .on("number", |_: Peer, _: u8| {})
        .on("fails", |_: Peer, (): ()| Err::<(), _>("s3cret of a handler"));
    let (server, mut client) = client_of(builder).await;
    for (frame, says) in [
        (Message::text("garbage"), "a frame is not a message: "),
        (Message::binary(vec![1]), "binary frames are not supported peer="),
        (Message::text(r#"{"type":"number","data":"s3cret"}"#), "a payload is not of its type: "),
        (Message::text(r#"{"type":"fails"}"#), "a handler failed; `errors` gets the reason peer="),
        (
            Message::text(r#"{"type":"x.reply","re":1}"#),
            r#"no call waits for this answer (the message "x.reply") peer="#,
        ),
    ] {
        send_all(&mut client, vec![frame.clone(); 500]).await;
        let at_once = lines.take(Level::WARN);
        assert_eq!(at_once.len(), 1, "{at_once:?}");
        assert!(at_once[0].starts_with(says), "{at_once:?}");
        // Another peer can't write more either.
        send_all(&mut connect_memory(&server, "/").await, vec![frame; 500]).await;
        assert_eq!(lines.take(Level::WARN), [""; 0]);
        sleep(Duration::from_millis(1_001)).await;
        let late = lines.take(Level::WARN);
        assert_eq!(late.len(), 1, "{late:?}");
        assert!(late[0].contains("suppressed=999"), "{late:?}");
        assert!(!format!("{at_once:?}{late:?}").contains("s3cret"), "{at_once:?} {late:?}");
    }
    sleep(Duration::from_secs(60)).await;
    assert_eq!(lines.take(Level::WARN), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_message_without_a_handler_is_logged_by_name() {
    let (lines, _guard) = Lines::begin();
    let (server, mut client) = client_of(Server::builder()).await;
    let invented = |number: usize| format!(r#"{{"type":"\u001b{number}","data":"s3cret"}}"#);
    let frames = (0..500).map(|number| Message::text(invented(number))).collect();
    send_all(&mut client, frames).await;
    let says = r#"a message with an unknown name was ignored (the message "\u{1b}0") peer="#;
    let at_once = lines.take(Level::WARN);
    assert!(at_once.len() == 1 && at_once[0].starts_with(says), "{at_once:?}");
    assert_eq!(server.stats().unhandled, 500);
    // What is left is logged when the server ends, if that is before its time.
    drop(client);
    drop(server);
    sleep(Duration::from_millis(500)).await;
    let late = lines.take(Level::WARN);
    assert!(late.len() == 1 && late[0].ends_with("suppressed=499"), "{late:?}");

    let (_server, mut client) = client_of(Server::builder().unknown(|_: Peer, _, _| {})).await;
    send_all(&mut client, vec![Message::text(invented(1))]).await;
    assert_eq!(lines.take(Level::WARN), [""; 0]);
}

/// Lines about handlers that don't return.
fn overdue(lines: &Lines) -> Vec<String> {
    let all = lines.take(Level::WARN).into_iter();
    all.filter(|line| line.contains("has been running for")).collect()
}

async fn seconds(seconds: u64) {
    sleep(Duration::from_secs(seconds)).await;
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_does_not_return_is_logged_after_ever_longer_times() {
    let (lines, _guard) = Lines::begin();
    let builder = Server::builder()
        .on("hangs", |_: Peer, (): ()| pending::<()>())
        .on("next", |_: Peer, (): ()| {});
    let (_server, mut client) = client_of(builder).await;
    send_all(&mut client, vec![Message::text(r#"{"type":"hangs","data":null}"#)]).await;
    send_all(&mut client, vec![Message::text(r#"{"type":"next","data":null}"#); 3]).await;
    seconds(9).await;
    assert_eq!(overdue(&lines), [""; 0]);
    seconds(2).await;
    let logged = overdue(&lines);
    let says = "a handler has been running for 10s; 3 messages of its peer wait";
    assert!(logged.len() == 1 && logged[0].starts_with(says), "{logged:?}");
    assert!(logged[0].contains(r#"name="hangs""#), "{logged:?}");
    // At 20, 40, 80 and 160 s.
    seconds(200).await;
    assert_eq!(overdue(&lines).len(), 4);
    // Neither does it end with the connection.
    drop(client);
    seconds(200).await;
    assert_eq!(overdue(&lines).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_handler_of_an_event_that_does_not_return_is_logged_once_a_message_waits() {
    let (lines, _guard) = Lines::begin();
    let builder = Server::builder().connected(|_: Peer| pending::<()>());
    let (_server, mut client) = client_of(builder).await;
    seconds(25).await;
    assert_eq!(overdue(&lines), [""; 0]);
    send_all(&mut client, vec![Message::text(r#"{"type":"next","data":null}"#)]).await;
    let logged = overdue(&lines);
    let says = "the handler of an event has been running for 25s; 1 messages of its peer wait";
    assert!(logged.len() == 1 && logged[0].starts_with(says), "{logged:?}");
}

#[tokio::test(start_paused = true)]
async fn concurrent_handlers_that_do_not_return_are_logged_too() {
    let (lines, _guard) = Lines::begin();
    let builder =
        Server::builder().concurrent("hangs").on("hangs", |_: Peer, (): ()| pending::<()>());
    let (_server, mut client) = client_of(builder).await;
    send_all(&mut client, vec![Message::text(r#"{"type":"hangs","data":null}"#)]).await;
    seconds(25).await;
    let logged = overdue(&lines);
    let says = "a concurrent handler has been running for 10s";
    assert!(logged.len() == 2 && logged[0].starts_with(says), "{logged:?}");
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_waits_for_less_is_not_logged() {
    let (lines, _guard) = Lines::begin();
    let builder = Server::builder().on("slow", |_: Peer, (): ()| seconds(6));
    let (_server, mut client) = client_of(builder).await;
    send_all(&mut client, vec![Message::text(r#"{"type":"slow","data":null}"#); 9]).await;
    seconds(100).await;
    assert_eq!(overdue(&lines), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_a_limit_refuses_is_logged() {
    let (lines, _guard) = Lines::begin();
    let user = |_: Request| async { Ok(Identity::user("s3cret")) };
    for (builder, says) in [
        (Server::builder().max_peers(1), "`max_peers`"),
        (Server::builder().max_peers_per_user(1), "`max_peers_per_user`"),
    ] {
        let server = builder.build().expect("settings that work");
        let _first = connect_memory(&server, "/?user=s3cret").await;
        for _ in 0..100 {
            refused(&server, "", user).await;
        }
        let logged = lines.take(Level::WARN);
        assert!(logged.len() == 1 && logged[0].contains(says), "{logged:?}");
        assert!(!logged[0].contains("s3cret"), "{logged:?}");
        // What was left out is logged later.
        sleep(Duration::from_secs(2)).await;
        lines.take(Level::WARN);
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_for_which_a_peer_that_does_not_read_leaves_no_room_is_logged() {
    let (lines, _guard) = Lines::begin();
    let (server, mut client) = client_of(Server::builder()).await;
    for id in 0..5_000 {
        let call = format!(r#"{{"type":"nobody","id":{id},"data":null}}"#);
        client.send(Message::text(call)).await.expect("open");
    }
    while server.stats().received < 5_000 {
        sleep(Duration::from_millis(1)).await;
    }
    let logged = lines.take(Level::WARN);
    let dropped = logged.iter().filter(|line| line.contains("`$cancel` to it was dropped"));
    assert!(dropped.count() >= 1, "{logged:?}");
}

#[tokio::test(start_paused = true)]
async fn a_room_that_a_peer_may_not_join_is_logged() {
    let (lines, _guard) = Lines::begin();
    let builder = Server::builder().max_rooms(2).on("join", |peer: Peer, room: String| {
        peer.join(&room);
    });
    let (server, mut client) = client_of(builder).await;
    let join = |room: usize| Message::text(format!(r#"{{"type":"join","data":"s3cret{room}"}}"#));
    send_all(&mut client, (0..2).map(join).collect()).await;
    assert_eq!(lines.take(Level::WARN), [""; 0]);
    send_all(&mut client, (0..100).map(join).collect()).await;
    let says = "a peer can't join a room: it is in 2, as many as `max_rooms` allows peer=";
    let logged = lines.take(Level::WARN);
    assert!(logged.len() == 1 && logged[0].starts_with(says), "{logged:?}");
    assert_eq!(server.stats().joins_refused, 98);
}

/// Makes a request that is refused, and returns the answer.
async fn refused<F, Fut>(server: &Server, fields: &str, authenticate: F) -> String
where
    F: Fn(Request) -> Fut,
    Fut: Future<Output = Result<Identity, UpgradeError>>,
{
    let (mut ours, theirs) = tokio::io::duplex(1 << 16);
    let request = format!(
        "GET /?token=s3cret HTTP/1.1\r\nHost: app.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{fields}\r\n"
    );
    ours.write_all(request.as_bytes()).await.expect("room");
    server.serve_stream(theirs, authenticate).await.expect_err("it is refused");
    let mut answer = String::new();
    ours.read_to_string(&mut answer).await.expect("an answer");
    answer
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_logged_with_its_status_and_reason() {
    let (lines, _guard) = Lines::begin();
    let server = Server::builder().max_peers(0).build().expect("settings that work");
    let anybody = |_| async { Ok(Identity::anonymous()) };
    for (fields, error, says) in [
        ("", Some(UpgradeError::Unauthorized), "status=401 reason=unauthorized"),
        ("", Some(UpgradeError::Forbidden), "status=403 reason=forbidden"),
        ("", None, "status=503 reason=the server accepts no more connections at present"),
        ("Sec-WebSocket-Key: x\r\n", None, "status=400 reason=not a valid request to upgrade: no"),
    ] {
        let _ = match error {
            Some(error) => {
                refused(&server, fields, |_| std::future::ready(Err(error.clone()))).await
            }
            None => refused(&server, fields, anybody).await,
        };
        let logged = lines.take(Level::DEBUG).into_iter();
        let logged: Vec<_> =
            logged.filter(|line| line.starts_with("an upgrade was refused")).collect();
        assert!(logged.len() == 1 && logged[0].contains(says), "{says}: {logged:?}");
        assert!(!logged[0].contains("s3cret"), "{logged:?}");
    }
    // Many wrong origins are one line.
    for number in 0..100 {
        let origin = format!("Origin: https://{number}.test\r\n");
        let answer = refused(&server, &origin, anybody).await;
        assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
    }
    let warned = lines.take(Level::WARN);
    assert_eq!(warned.len(), 1, "{warned:?}");
    for says in ["https://0.test", "(app.test)", "`Builder::allowed_origins`"] {
        assert!(warned[0].contains(says), "{says}: {warned:?}");
    }
}

async fn later(_: Request) -> Result<Identity, UpgradeError> {
    tokio::task::yield_now().await;
    panic!("s3cret")
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_the_authentication_is_answered_and_logged() {
    let (lines, _guard) = Lines::begin();
    let server = Server::builder().build().expect("settings that work");
    let at_once = |_| -> std::future::Ready<Result<Identity, UpgradeError>> { panic!("s3cret") };
    let answer = refused(&server, "", at_once).await;
    assert!(answer.starts_with("HTTP/1.1 500 "), "{answer}");
    assert!(answer.ends_with("\r\n\r\nan internal error\n"), "{answer}");
    let logged = lines.take(Level::ERROR);
    assert!(logged.len() == 1 && logged[0].contains("panicked"), "{logged:?}");
    sleep(Duration::from_secs(2)).await;
    for _ in 0..100 {
        assert!(refused(&server, "", later).await.starts_with("HTTP/1.1 500 "));
    }
    let logged = lines.take(Level::ERROR);
    assert!(logged.len() == 1 && !logged[0].contains("s3cret"), "{logged:?}");
    assert_eq!(server.stats().refused, 101);
    // It goes on.
    let mut client = connect_memory(&server, "/").await;
    send_all(&mut client, Vec::new()).await;
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_blocks_its_thread_is_named() {
    let (lines, _guard) = Lines::begin();
    let builder = Server::builder()
        .on("fine", |_: Peer, (): ()| {})
        .on("blocks", |_: Peer, (): ()| std::thread::sleep(Duration::from_millis(101)));
    let (_server, mut client) = client_of(builder).await;
    let message = |name: &str| Message::text(format!(r#"{{"type":"{name}"}}"#));
    send_all(&mut client, vec![message("fine")]).await;
    assert_eq!(lines.take(Level::WARN), [""; 0]);
    // In one turn, and then each by itself.
    send_all(&mut client, vec![message("fine"), message("blocks"), message("fine")]).await;
    let logged = lines.take(Level::WARN);
    let says = "a handler blocks its thread: one of 3, or all together took 1";
    assert!(logged.len() == 1 && logged[0].starts_with(says), "{logged:?}");
    send_all(&mut client, vec![message("fine"), message("blocks"), message("fine")]).await;
    let logged = lines.take(Level::WARN);
    assert!(logged.len() == 1 && logged[0].contains(r#"name="blocks""#), "{logged:?}");
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_the_judge_of_contracts_is_logged_and_the_session_begins() {
    let (lines, _guard) = Lines::begin();
    let contracts = Contracts::new("2.0.0 x", |_| panic!("s3cret"));
    let builder = Server::builder().sessions(Sessions::default()).contracts(contracts);
    let server = builder.build().expect("settings that work");
    let (ours, _) = serve_memory(&server, 64 * 1024);
    let mut request = "ws://test/".into_client_request().expect("a URL");
    let offer = "wirebond.v1".parse().expect("a value");
    request.headers_mut().insert("sec-websocket-protocol", offer);
    let mut client = client_async(request, ours).await.expect("an upgrade").0;
    let hello = r#"{"type":"$hello","data":{"v":1,"hold":1048576,"contract":"1.0.0 y"}}"#;
    send_all(&mut client, vec![Message::text(hello)]).await;
    let logged = lines.take(Level::ERROR);
    assert!(logged.len() == 1 && logged[0].contains("contracts panicked"), "{logged:?}");
    assert_eq!(server.stats().sessions.attached, 1);
}
