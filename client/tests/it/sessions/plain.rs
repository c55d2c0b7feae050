//! Servers without sessions, as they are in use.

use std::process::Stdio;

use tokio::{
    io::{AsyncBufReadExt, BufReader},
    net::TcpListener,
    time::timeout,
};
use wirebond_client::{Client, ConnectErrorKind, SessionEvent, Sessions};

use super::session_event;
use crate::support::{peer, secs, so_far};

/// The default of npm's `ws`: of the subprotocols that a client offers, the first is selected.
const NPM: &str = r#"
const { WebSocketServer } = require("ws");
const server = new WebSocketServer({ port: 0 }, () => console.log(server.address().port));
server.on("connection", (socket) => socket.on("message", (text) => socket.send(`${text}`)));
"#;

#[tokio::test]
async fn a_server_of_npm_s_ws_echoes_the_name_and_is_used_without_a_session() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/typescript");
    let node = tokio::process::Command::new("node")
        .args(["-e", NPM])
        .current_dir(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn();
    let port = match node {
        Err(_) => None,
        Ok(mut node) => {
            let mut lines = BufReader::new(node.stdout.take().unwrap()).lines();
            lines.next_line().await.unwrap().map(|port| (port, node))
        }
    };
    let Some((port, _node)) = port else {
        assert!(std::env::var_os("WIREBOND_REQUIRE_TOOLS").is_none(), "no node with `ws`");
        return eprintln!("skipped: node or its package `ws` is missing");
    };
    let url = format!("ws://127.0.0.1:{port}/");
    let client = Client::builder(url.clone()).sessions(Sessions::Prefer).build().unwrap();
    let mut events = client.events();
    let mut echoes = client.stream::<u64>("chat");
    client.send("chat", &7).await.unwrap();
    client.connect().await.unwrap();
    assert_eq!(client.subprotocol(), None);
    assert_eq!(session_event(&mut events).await, SessionEvent::Plain);
    let echo = timeout(secs(20), echoes.next()).await.expect("in time").unwrap();
    assert_eq!(echo.data, 7);
    client.flush().await.unwrap();
    client.disconnect().await;
    let client = Client::builder(url).sessions(Sessions::Require).build().unwrap();
    let error = client.connect().await.unwrap_err();
    assert_eq!(*error.kind(), ConnectErrorKind::Session);
}

#[tokio::test]
async fn a_server_of_tungstenite_selects_nothing_and_is_used_at_once() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    let serving = std::thread::spawn(move || {
        let listener = listener.into_std().unwrap();
        listener.set_nonblocking(false).unwrap();
        let mut socket = tungstenite::accept(listener.accept().unwrap().0).unwrap();
        while let Ok(message) = socket.read() {
            if message.is_text() {
                socket.send(message).unwrap();
            }
        }
    });
    let client = Client::builder(url).sessions(Sessions::Prefer).build().unwrap();
    let mut echoes = client.stream::<u64>("chat");
    timeout(secs(4), client.connect()).await.expect("nothing is waited for").unwrap();
    client.send("chat", &7).await.unwrap();
    let echo = timeout(secs(20), echoes.next()).await.expect("in time").unwrap();
    assert_eq!(echo.data, 7);
    client.disconnect().await;
    serving.join().unwrap();
}

/// The user's own subprotocol stays a requirement, and stands before ours.
#[tokio::test(start_paused = true)]
async fn a_server_that_selects_another_subprotocol_may_have_sessions_or_not() {
    let own = "Sec-WebSocket-Protocol: chat.v2\r\n";
    for speaks in [false, true] {
        let (mut peer, builder) = peer();
        let client = builder.subprotocols(["chat.v2"]).sessions(Sessions::Prefer).build().unwrap();
        let mut events = client.events();
        let opening = async {
            let mut wire = peer.accept().await;
            let request = wire.request().await;
            let offer = "Sec-WebSocket-Protocol: chat.v2, wirebond.v1\r\n";
            assert!(request.contains(offer), "{request}");
            wire.accept(&request, own).await;
            if speaks {
                let session = r#"{"id":"s1","key":"k","keep":120000}"#;
                let data = format!(r#"{{"v":1,"boot":"b","session":{session},"hold":1000}}"#);
                wire.message("$hello", &data).await;
            }
            wire
        };
        let (connected, mut wire) = tokio::join!(client.connect(), opening);
        connected.unwrap();
        assert_eq!(client.subprotocol().as_deref(), Some("chat.v2"));
        let expected = if speaks { SessionEvent::Began } else { SessionEvent::Plain };
        assert_eq!(session_event(&mut events).await, expected);
        assert_eq!(
            speaks,
            client.try_send("chat", &1).is_ok() && wire.next_name().await == "$hello"
        );
    }
    for answer in ["", "Sec-WebSocket-Protocol: wirebond.v1\r\n"] {
        let (mut peer, builder) = peer();
        let client = builder.subprotocols(["chat.v2"]).sessions(Sessions::Prefer).build().unwrap();
        let opening = async { peer.accept().await.upgrade_with(answer).await };
        let (connected, ()) = tokio::join!(client.connect(), opening);
        assert_eq!(*connected.unwrap_err().kind(), ConnectErrorKind::Subprotocol);
    }
}

/// Without the setting nothing of sessions is on the wire, and `$` names are any names.
#[tokio::test(start_paused = true)]
async fn without_the_setting_nothing_changes() {
    let (mut peer, builder) = peer();
    let client = builder.build().unwrap();
    let mut events = client.events();
    let opening = async {
        let mut wire = peer.accept().await;
        let request = wire.request().await;
        assert!(!request.contains("Sec-WebSocket-Protocol"), "{request}");
        wire.accept(&request, "").await;
        wire.message("$hello", "{}").await;
        wire
    };
    let (connected, mut wire) = tokio::join!(client.connect(), opening);
    connected.unwrap();
    client.send("$own", &1).await.unwrap();
    assert_eq!(wire.next_name().await, "$own");
    assert_eq!(client.stats().unknown, 1);
    assert!(!so_far(&mut events).await.iter().any(|event| event.contains("Session")));
}
