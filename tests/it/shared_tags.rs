//! A wire on which each side uses the same tags for messages of its own: the typed client, the generated server and
//! the generated TypeScript client.

use std::process::Command;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::mpsc};
use wirebond::{
    ClientEnvelope, Contract, ErrorKind, Event, OpeningError, ServerEnvelope, server::Identity,
};

use crate::{
    support::{
        server::{Server, in_time},
        tools,
    },
    typescript,
};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Topics {
    args: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Accepted {
    success: bool,
    args: Option<u32>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Said {
    text: String,
}

/// A request and what answers it have one tag, as with several exchanges.
#[derive(Debug, PartialEq, Contract)]
#[contract(version = "1.0.0", tag = "op", server)]
enum Exchange {
    #[message(from = "client")]
    Subscribe(Topics),
    /// What the server has understood.
    #[message(from = "server", tag = "subscribe")]
    Subscribed(Accepted),
    #[message(from = "client")]
    Poke,
    #[message(from = "server", tag = "poke")]
    Alive(Accepted),
    /// From either side.
    #[message(tag = "chat")]
    Said(Said),
}

fn said(text: &str) -> Said {
    Said { text: text.to_owned() }
}

async fn exchange() -> String {
    let server = ExchangeServer::builder()
        .settings(wirebond::server::Builder::any_origin)
        .on_subscribe(|peer: ExchangePeer, topics: Topics| async move {
            let args = u32::try_from(topics.args.len()).ok();
            peer.send_subscribed(&Accepted { success: true, args }).await
        })
        .on_poke(|peer: ExchangePeer| async move {
            peer.send_alive(&Accepted { success: true, args: None }).await
        })
        .on_said(|peer: ExchangePeer, said: Said| async move {
            // By its name, it has its tag.
            peer.untyped().send("said", &said).await
        })
        .build()
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        server.untyped().serve(listener, |_| async { Ok(Identity::user("ada")) }).await;
    });
    format!("ws://{address}/")
}

#[tokio::test]
async fn client_and_server_tell_messages_apart_by_who_sent_them() {
    let client = ExchangeClient::builder(exchange().await).build().unwrap();
    let (sender, mut received) = mpsc::unbounded_channel();
    let put = |sender: &mpsc::UnboundedSender<String>| {
        let sender = sender.clone();
        move |text: String| sender.send(text).unwrap()
    };
    let (typed, alive, note) = (put(&sender), put(&sender), put(&sender));
    client.on_subscribed(move |accepted| typed(format!("subscribed {:?}", accepted.args)));
    client.on_alive(move |accepted| alive(format!("alive {}", accepted.success)));
    client.on_said(move |said| note(format!("said {}", said.text)));
    let untyped = put(&sender);
    client.untyped().on("subscribed", move |payload: Value| untyped(payload.to_string()));
    in_time(client.connect()).await.unwrap();
    client.send_subscribe(&Topics { args: vec!["a".into(), "b".into()] }).await.unwrap();
    client.send_poke().await.unwrap();
    client.send_said(&said("x")).await.unwrap();
    client.untyped().send("said", &said("y")).await.unwrap();
    let mut first = Vec::new();
    for _ in 0..2 {
        first.push(in_time(received.recv()).await.unwrap());
    }
    first.sort();
    assert_eq!(first, ["subscribed Some(2)", r#"{"args":2,"success":true}"#]);
    for expected in ["alive true", "said x", "said y"] {
        assert_eq!(in_time(received.recv()).await.unwrap(), expected);
    }
}

#[tokio::test]
async fn reports_and_openings_name_the_message_that_it_is() {
    let server = Server::start().await;
    let client =
        ExchangeClient::builder(server.url()).opening(|peer: ExchangeOpening| async move {
            peer.send_subscribe(&Topics { args: Vec::new() }).await?;
            peer.expect_subscribed().await?;
            match peer.next().await? {
                Exchange::Alive(_) => Ok(()),
                _ => Err(OpeningError::unexpected("something else")),
            }
        });
    let client = client.build().unwrap();
    let mut events = client.untyped().events();
    let _said = client.on_said(|_| ());
    let (sender, mut unknown) = mpsc::unbounded_channel();
    client.untyped().on_unknown(move |name, _| sender.send(name).unwrap());
    let serve = async {
        let mut connection = server.accept().await;
        assert_eq!(connection.next_message().await, json!({"op": "subscribe", "args": []}));
        connection.send_text(r#"{"op":"subscribe","success":true,"args":null}"#).await;
        connection.send_text(r#"{"args":null,"success":true,"op":"poke"}"#).await;
        connection
    };
    let (connected, mut connection) = tokio::join!(in_time(client.connect()), serve);
    connected.unwrap();
    // No name stands for a tag, and the client's messages aren't the server's.
    for tag in ["subscribed", "said", "alive", "other"] {
        connection.send_text(&format!(r#"{{"op":"{tag}","text":"x"}}"#)).await;
        let name = in_time(unknown.recv()).await.unwrap();
        assert_eq!(name, if tag == "other" { "other".to_owned() } else { format!("{tag:?}") });
    }
    connection.send_text(r#"{"op":"chat","text":7}"#).await;
    let error = loop {
        match in_time(events.next()).await.unwrap() {
            Event::Error(error) if *error.kind() == ErrorKind::Payload => break error,
            _ => {}
        }
    };
    assert_eq!(error.message_name(), Some("said"));
    // A name that isn't the contract's would be read as the message with that tag.
    let error = client.untyped().try_send("chat", &said("x")).unwrap_err().to_string();
    assert!(error.contains("the tag `chat` is that of the message `said`"), "{error}");
    assert_eq!(client.untyped().stats().malformed, 1);
}

#[tokio::test]
async fn a_call_and_what_answers_nobody_may_have_one_tag() {
    #[derive(Debug, Contract)]
    #[contract(tag = "op", id = "req_id", success = "success")]
    enum Calls {
        #[message(from = "client", reply = Accepted, error = Accepted)]
        Subscribe(Topics),
        /// Told again after each change.
        #[message(from = "server", tag = "subscribe")]
        Subscribed(Accepted),
    }

    let server = Server::start().await;
    let client = CallsClient::builder(server.url()).build().unwrap();
    let mut told = client.stream_subscribed();
    let serve = async {
        let mut connection = server.accept().await;
        for (number, success) in [(1, true), (2, false)] {
            let request = json!({"op": "subscribe", "req_id": number, "args": ["a"]});
            assert_eq!(connection.next_message().await, request);
            let mut answer = json!({"op": "subscribe", "success": success, "args": number});
            connection.send_text(&answer.to_string()).await;
            answer["req_id"] = json!(number);
            connection.send_text(&answer.to_string()).await;
        }
        connection
    };
    let topics = Topics { args: vec!["a".into()] };
    let called = async {
        in_time(client.connect()).await.unwrap();
        let reply = in_time(client.call_subscribe(&topics)).await.unwrap();
        let error = in_time(client.call_subscribe(&topics)).await.unwrap_err();
        (reply.args, format!("{error:?}"))
    };
    let ((reply, error), _connection) = tokio::join!(called, serve);
    assert_eq!(reply, Some(1));
    assert!(error.contains("Refused"), "{error}");
    for number in 1..=2 {
        assert_eq!(in_time(told.next()).await.unwrap().data.args, Some(number));
    }
}

#[test]
fn envelopes_are_read_by_side() {
    let request = r#"{"op":"subscribe","args":["a"]}"#;
    let answer = r#"{"op":"subscribe","success":true,"args":1}"#;
    let client: ClientEnvelope<Exchange> = serde_json::from_str(request).unwrap();
    assert_eq!(client.message, Exchange::Subscribe(Topics { args: vec!["a".into()] }));
    assert_eq!(serde_json::to_string(&client).unwrap(), request);
    let server: ServerEnvelope<Exchange> = serde_json::from_str(answer).unwrap();
    let accepted = Accepted { success: true, args: Some(1) };
    assert_eq!(server.message, Exchange::Subscribed(accepted));
    assert_eq!(serde_json::to_string(&server).unwrap(), answer);
    assert!(serde_json::from_str::<ClientEnvelope<Exchange>>(answer).is_err());
    assert!(serde_json::from_str::<ServerEnvelope<Exchange>>(request).is_err());
    let named = r#"{"op":"subscribed","success":true,"args":1}"#;
    let error = serde_json::from_str::<ServerEnvelope<Exchange>>(named).unwrap_err().to_string();
    assert!(error.contains("has no message"), "{error}");
}

#[test]
fn the_contract_of_the_script_is_up_to_date() {
    wirebond::assert_contract!(Exchange, "cli/tests/typescript/forms/exchange.json");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_generated_client_speaks_with_the_generated_server() {
    if !typescript::has_node("messages of one tag in Node") {
        return;
    }
    let url = exchange().await;
    let script = tokio::task::spawn_blocking(move || {
        tools::output(Command::new("node").arg(typescript::script("exchange_node.js")).arg(url))
    });
    assert_eq!(script.await.unwrap(), "all passed\n");
}
