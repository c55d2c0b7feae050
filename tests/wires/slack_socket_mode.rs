//! Slack's Socket Mode.

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use serde_json::json;
use wirebond::{State, Unauthorized};

use crate::support::{Connection, Server, arrives, in_time, reaches, soon};

#[path = "../../examples/wires/slack_socket_mode.rs"]
mod wire;

use wire::{Acknowledge, Slack, SlackClient, builder, client};

const HELLO: &str = r#"{"type":"hello","num_connections":1,"debug_info":{"host":"applink-7f-abc","build_number":10,"approximate_connection_time":18060},"connection_info":{"app_id":"A111"}}"#;
const DISABLED: &str =
    r#"{"type":"disconnect","reason":"link_disabled","debug_info":{"host":"wss-111.slack.com"}}"#;

const FRAMES: [(&str, &str); 6] = [
    (
        r#"{"envelope_id":"e-1","payload":{"token":"t","team_id":"T1","command":"/go","text":"","user_id":"U1","channel_id":"C1","response_url":"https://hooks.slack.com/x","trigger_id":"1.2.x","api_app_id":"A111"},"type":"slash_commands","accepts_response_payload":true}"#,
        "SlashCommands",
    ),
    (
        r#"{"envelope_id":"e-2","payload":{"token":"t","team_id":"T1","api_app_id":"A111","event":{"type":"app_mention","user":"U2","text":"<@U1>","ts":"1785578400.000200","channel":"C1","event_ts":"1785578400.000200"},"type":"event_callback","event_id":"Ev1","event_time":1785578400,"authorizations":[{"enterprise_id":null,"team_id":"T1","user_id":"U1","is_bot":true,"is_enterprise_install":false}],"is_ext_shared_channel":false},"type":"events_api","accepts_response_payload":false,"retry_attempt":0,"retry_reason":""}"#,
        "EventsApi",
    ),
    (
        r#"{"envelope_id":"e-3","payload":{"type":"block_actions","user":{"id":"U1","username":"ann"},"api_app_id":"A111","trigger_id":"1.2.y","team":{"id":"T1","domain":"d"},"enterprise":null,"is_enterprise_install":false,"actions":[{"action_id":"a","block_id":"b","type":"button","value":"v"}]},"type":"interactive","accepts_response_payload":false}"#,
        "Interactive",
    ),
    (
        r#"{"type":"disconnect","reason":"warning","debug_info":{"host":"wss-111.slack.com"}}"#,
        "Disconnect",
    ),
    (
        r#"{"type":"disconnect","reason":"refresh_requested","debug_info":{"host":"wss-111.slack.com"}}"#,
        "Disconnect",
    ),
    (
        r#"{"type":"disconnect","reason":"too_many_websockets","num_connections":11,"debug_info":{"host":"applink-1"},"connection_info":{"app_id":"A111"}}"#,
        "Disconnect",
    ),
];

/// A client of this server, and how often it asked for an address.
fn asking(server: &Server) -> (wirebond::Builder<SlackClient>, Arc<AtomicUsize>) {
    let (url, asked) = (server.url(), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&asked);
    let builder = builder(move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        let url = url.clone();
        async move { Ok::<_, Infallible>(url) }
    });
    (builder, asked)
}

async fn greeted(server: &Server) -> Connection {
    let mut peer = server.accept().await;
    peer.send(HELLO).await;
    peer
}

#[tokio::test]
async fn every_frame_of_the_server_is_its_message() {
    let server = Server::start().await;
    let app = soon(asking(&server).0);
    let mut messages = app.messages();
    let (connected, mut peer) = tokio::join!(app.connect(), greeted(&server));
    connected.unwrap();
    arrives(&mut peer, &mut messages, &FRAMES).await;
    assert_eq!((app.stats().malformed, app.stats().unknown), (0, 0));
}

#[tokio::test]
async fn what_arrives_is_acknowledged_without_a_name() {
    let server = Server::start().await;
    let app = soon(asking(&server).0);
    let (mut commands, mut events) = (app.stream_slash_commands(), app.stream_events_api());
    let (connected, mut peer) = tokio::join!(app.connect(), greeted(&server));
    connected.unwrap();
    peer.send(FRAMES[0].0).await;
    peer.send(FRAMES[1].0).await;
    let event = in_time(events.next()).await.unwrap().data;
    assert_eq!((&*event.payload.event_id, event.retry_attempt), ("Ev1", Some(0)));
    let command = in_time(commands.next()).await.unwrap().data;
    assert!(command.accepts_response_payload && command.payload.command == "/go");
    // In any order.
    for (envelope_id, payload, frame) in [
        (event.envelope_id, None, r#"{"envelope_id":"e-2"}"#),
        (
            command.envelope_id,
            Some(json!({ "text": "done" })),
            r#"{"envelope_id":"e-1","payload":{"text":"done"}}"#,
        ),
        ("e-3".to_owned(), Some(json!({})), r#"{"envelope_id":"e-3","payload":{}}"#),
        (
            "e-4".to_owned(),
            Some(
                json!({ "options": [{ "text": { "type": "plain_text", "text": "One" }, "value": "1" }] }),
            ),
            r#"{"envelope_id":"e-4","payload":{"options":[{"text":{"type":"plain_text","text":"One"},"value":"1"}]}}"#,
        ),
    ] {
        app.send_acknowledge(&Acknowledge { envelope_id, payload }).await.unwrap();
        peer.expect(frame).await;
    }
}

#[tokio::test]
async fn each_connection_has_an_address_of_its_own() {
    let server = Server::start().await;
    let (builder, asked) = asking(&server);
    let app = soon(builder);
    let (connected, mut peer) = tokio::join!(app.connect(), greeted(&server));
    connected.unwrap();
    peer.send(FRAMES[4].0).await;
    peer.close(1000).await;
    let peer = greeted(&server).await;
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    drop(peer);
    // Without a hello it isn't open.
    let mut peer = server.accept().await;
    peer.send(FRAMES[0].0).await;
    greeted(&server).await;
    assert_eq!(asked.load(Ordering::SeqCst), 4);
}

#[tokio::test]
async fn a_rejected_app_token_stops() {
    let app = soon(builder(|_| async { Err::<String, _>(Unauthorized::new("invalid_auth")) }));
    let error = in_time(app.connect()).await.unwrap_err();
    assert!(error.to_string().contains("invalid_auth"), "{error}");
    assert_eq!(app.state(), State::Closed);
}

#[tokio::test]
async fn switching_socket_mode_off_stops() {
    let server = Server::start().await;
    let app = client(asking(&server).0).unwrap();
    let (connected, mut peer) = tokio::join!(app.connect(), greeted(&server));
    connected.unwrap();
    peer.send(FRAMES[3].0).await;
    peer.send(DISABLED).await;
    peer.until_closed().await;
    reaches(app.watch_state(), State::Closed).await;
}

#[test]
fn the_contract_is_a_document() {
    crate::support::document_takes::<Slack>(&[(HELLO, "Hello"), (DISABLED, "Disconnect")]);
    crate::support::document_takes::<Slack>(&FRAMES);
}
