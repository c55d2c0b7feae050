//! A server on a wire that isn't wirebond's own.

use std::{
    borrow::Cow,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::mpsc, time::timeout};
use wirebond_core::wire::form::{Member, SideForm, WireForm};
use wirebond_server::{Builder, FromServer, Peer, Server, Sessions};

use crate::support::{LONG, authenticate, connect, next_message, send_text};

static FORM: WireForm = WireForm {
    client: SideForm {
        tag: Some(Cow::Borrowed("action")),
        content: None,
        timestamp: None,
        ..SideForm::DEFAULT
    },
    server: SideForm {
        tag: Some(Cow::Borrowed("T")),
        content: Some(Cow::Borrowed("d")),
        timestamp: None,
        constants: Cow::Borrowed(&[Member { key: Cow::Borrowed("v"), json: Cow::Borrowed("2") }]),
        ..SideForm::DEFAULT
    },
    batch: true,
    calls: None,
};

struct Foreign(Server);

impl FromServer for Foreign {
    const FORM: &'static WireForm = &FORM;

    fn from_server(server: Server) -> Self {
        Self(server)
    }
}

fn builder() -> Builder<Foreign> {
    Server::builder_of()
}

async fn listen(builder: Builder<Foreign>) -> (Server, SocketAddr) {
    let Foreign(server) = builder.build().expect("settings that work");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let accepting = server.clone();
    tokio::spawn(async move { accepting.serve(listener, authenticate).await });
    (server, address)
}

#[tokio::test]
async fn messages_are_read_and_written_in_the_form_of_either_side() {
    let echo = |name: &'static str| {
        move |peer: Peer, payload: Value| async move { peer.send(name, &payload).await }
    };
    // The names of wirebond's own messages are anybody's here.
    let (server, address) =
        listen(builder().on("chat", echo("chat")).on("ping", echo("pong"))).await;
    let mut client = connect(address, "/").await;
    send_text(&mut client, r#"{"action":"chat","line":"x"}"#).await;
    assert_eq!(next_message(&mut client).await, json!({"T": "chat", "v": 2, "d": {"line": "x"}}));
    send_text(&mut client, r#"[{"n":1,"action":"chat"},{"action":"ping"}]"#).await;
    assert_eq!(next_message(&mut client).await, json!({"T": "chat", "v": 2, "d": {"n": 1}}));
    assert_eq!(next_message(&mut client).await, json!({"T": "pong", "v": 2, "d": {}}));
    server.everyone().send("news", &1).expect("a payload");
    assert_eq!(next_message(&mut client).await, json!({"T": "news", "v": 2, "d": 1}));
}

#[tokio::test]
async fn a_batch_of_a_client_is_handled_in_order_within_the_inbox() {
    let (sender, mut received) = mpsc::unbounded_channel();
    let running = Arc::new(AtomicU64::new(0));
    let handle = move |_: Peer, payload: Value| {
        let (sender, running) = (sender.clone(), Arc::clone(&running));
        async move {
            assert_eq!(running.fetch_add(1, Ordering::SeqCst), 0, "one at a time");
            tokio::task::yield_now().await;
            running.fetch_sub(1, Ordering::SeqCst);
            sender.send(payload["n"].as_u64()).expect("the test is here");
        }
    };
    let (errors, mut reports) = mpsc::unbounded_channel();
    let report = move |_: Peer, error: wirebond_server::Error| {
        errors.send(error.to_string()).expect("the test is here");
    };
    let (server, address) = listen(builder().inbox(4).on("n", handle).errors(report)).await;
    let mut client = connect(address, "/").await;
    let all: Vec<_> = (0..1_000).map(|n| format!(r#"{{"action":"n","n":{n}}}"#)).collect();
    send_text(&mut client, &format!("[{},7,{}]", all[..500].join(","), all[500..].join(","))).await;
    send_text(&mut client, &format!("[{}1,{}", "1,".repeat(99), "{")).await;
    send_text(&mut client, r#"{"action":"n","n":1000}"#).await;
    for n in 0..=1_000 {
        let next =
            timeout(LONG, received.recv()).await.expect("in time").expect("the server is here");
        assert_eq!(next, Some(n));
    }
    let mut texts = Vec::new();
    while let Ok(error) = reports.try_recv() {
        texts.push(error);
    }
    // One of the first frame, sixteen of the second, the one that ended it, and how many more there were.
    assert_eq!(texts.len(), 1 + 16 + 1 + 1, "{texts:?}");
    assert!(texts.last().is_some_and(|text| text.contains("84 more")), "{texts:?}");
    assert_eq!(server.stats().malformed, 1 + 100 + 1);
}

#[tokio::test]
async fn what_is_left_of_a_batch_is_handled_when_its_client_leaves() {
    let (sender, mut received) = mpsc::unbounded_channel();
    let handle = move |_: Peer, payload: Value| {
        let sender = sender.clone();
        async move {
            tokio::task::yield_now().await;
            sender.send(payload["n"].as_u64()).expect("the test is here");
        }
    };
    let (_server, address) = listen(builder().inbox(2).on("n", handle)).await;
    let mut client = connect(address, "/").await;
    let all: Vec<_> = (0..300).map(|n| format!(r#"{{"action":"n","n":{n}}}"#)).collect();
    send_text(&mut client, &format!("[{}]", all.join(","))).await;
    client.close(None).await.expect("an open connection");
    for n in 0..300 {
        let next =
            timeout(LONG, received.recv()).await.expect("in time").expect("the server is here");
        assert_eq!(next, Some(n));
    }
}

#[test]
fn what_only_wirebonds_own_form_has_is_refused_with_the_reason() {
    let refused = builder().sessions(Sessions::default()).build().map(|Foreign(_)| ());
    let text = refused.expect_err("refused").to_string();
    assert!(text.contains("sessions") && text.contains("declares another"), "{text}");
}
