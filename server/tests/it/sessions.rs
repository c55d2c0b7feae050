//! Sessions, over memory on paused time and over real sockets.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::client_async;
use wirebond_server::{Builder, Peer, Server, Sessions};

use crate::support::{Log, listen, next_message, send_text};

mod client;
mod cuts;
mod endings;
mod hostile;
mod negotiation;
mod reports;
mod resuming;
mod room;

use client::{Client, begun, frame, resumed, text};

fn with_sessions() -> Builder {
    Server::builder().sessions(Sessions::default())
}

fn build(builder: Builder) -> Server {
    builder.build().expect("settings that work")
}

/// A server that logs the numbers that it is sent, and sends each back.
fn echo() -> (Server, Log<u64>) {
    let log = Log::new();
    let write = log.writer();
    let builder = with_sessions().on("n", move |peer: Peer, number: u64| {
        write(number);
        peer.try_send("n", &number)
    });
    (build(builder), log)
}

async fn soon() {
    tokio::time::sleep(Duration::from_millis(1)).await;
}

#[tokio::test(start_paused = true)]
async fn one_room_holds_peers_with_and_without_sessions() {
    let server = build(with_sessions().connected(|peer: Peer| assert!(peer.join("lobby"))));
    let (mut plain, _) = client::dial(&server, "/", "", usize::MAX).await.expect("101");
    let (mut session, _) = begun(&server, "/").await;
    let (away, ticket) = begun(&server, "/").await;
    soon().await;
    drop(away);
    soon().await;
    assert_eq!(server.room("lobby").send("hi", &1).expect("small").local, 3);
    assert_eq!(frame(&mut plain).await, Ok(json!({"type": "hi", "data": 1})));
    assert_eq!(frame(&mut session).await, Ok(json!({"type": "hi", "data": 1})));
    let (mut back, _) = resumed(&server, "/", &ticket, 1, 0).await;
    assert_eq!(frame(&mut back).await, Ok(json!({"type": "hi", "data": 1})));
}

#[tokio::test(start_paused = true)]
async fn a_handler_knows_the_name_of_its_message() {
    let mut log = Log::new();
    let (named, connected) = (log.writer(), log.writer());
    let name = |peer: &Peer| peer.message_id().map(|id| id.to_string());
    let builder = with_sessions().connected(move |peer: Peer| connected(name(&peer))).on(
        "n",
        move |peer: Peer, _: u64| {
            let named = named.clone();
            async move {
                tokio::task::yield_now().await;
                named(name(&peer));
            }
        },
    );
    let server = build(builder);
    let (mut client, ticket) = begun(&server, "/").await;
    assert_eq!(log.next_paused().await, None);
    for data in [r#""data":1"#, r#""data":2"#, r#""key":"old:16","data":3"#] {
        text(&mut client, &format!(r#"{{"type":"n",{data}}}"#)).await;
    }
    assert_eq!(log.next_paused().await, Some(format!("{}:1", ticket.id)));
    assert_eq!(log.next_paused().await, Some(format!("{}:2", ticket.id)));
    assert_eq!(log.next_paused().await, Some("old:16".to_owned()));
    let (mut plain, _) = client::dial(&server, "/", "", usize::MAX).await.expect("101");
    text(&mut plain, r#"{"type":"n","data":1}"#).await;
    assert_eq!((log.next_paused().await, log.next_paused().await), (None, None));
}

/// No key is shown by anything that a program may print.
#[tokio::test(start_paused = true)]
async fn no_debug_form_shows_a_key() {
    let (server, _log) = echo();
    let (_client, ticket) = begun(&server, "/").await;
    soon().await;
    let peer = server.peers().pop().expect("one");
    let shown = format!("{server:?} {peer:?} {:?} {:?}", peer.message_id(), server.everyone());
    assert!(!shown.contains(&ticket.key), "{shown}");
}

#[tokio::test]
async fn sessions_work_over_real_sockets() {
    let mut log = Log::new();
    let write = log.writer();
    let builder = with_sessions().on("n", move |peer: Peer, number: u64| {
        write(number);
        peer.try_send("n", &number)
    });
    let (_server, address) = listen(builder).await;
    let hello = |resume: Option<Value>| {
        let mut data = json!({"v": 1, "hold": 1000});
        data.as_object_mut().expect("an object").extend(resume.map(|one| ("resume".into(), one)));
        json!({"type": "$hello", "data": data}).to_string()
    };
    let connect = || async {
        let tcp = TcpStream::connect(address).await.expect("it listens");
        let request = client::request(&format!("ws://{address}/"), "wirebond.v1");
        client_async(request, tcp).await.expect("101").0
    };
    let mut client = connect().await;
    let offer = next_message(&mut client).await["data"]["session"].clone();
    send_text(&mut client, &hello(None)).await;
    send_text(&mut client, r#"{"type":"n","data":1}"#).await;
    assert_eq!(log.next().await, 1);
    drop(client);
    let mut client = connect().await;
    next_message(&mut client).await;
    let resume = json!({"id": offer["id"], "key": offer["key"], "try": 1, "got": 0});
    send_text(&mut client, &hello(Some(resume))).await;
    let answer = next_message(&mut client).await;
    assert_eq!(answer["data"], json!({"got": 1, "done": 1}));
    assert_eq!(next_message(&mut client).await["data"], 1, "what was not received");
}

#[tokio::test(start_paused = true)]
async fn a_whole_conversation_by_the_state_machines() {
    let (server, mut log) = echo();
    let mut client = Client::new();
    for number in 0..500_u64 {
        client.send("n", &json!(number));
    }
    let done = |client: &Client| client.got.len() == 500 && client.confirmed == 500;
    assert!(client.drive(&server, usize::MAX, done).await);
    for number in 0..500 {
        assert_eq!(log.next_paused().await, number);
        assert_eq!(client.got[usize::try_from(number).expect("small")], number);
    }
}
