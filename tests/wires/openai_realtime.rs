//! `OpenAI` Realtime.

use crate::support::{Server, arrives, reaches, soon};
use serde_json::json;

#[path = "../../examples/wires/openai_realtime.rs"]
mod wire;

use wire::{
    AudioAppend, Content, Item, ItemCreate, ItemTruncate, Realtime, ResponseCancel, ResponseCreate,
    builder,
};

const CREATED: &str = r#"{"type":"session.created","event_id":"event_1","session":{"type":"realtime","object":"realtime.session","id":"sess_1","model":"gpt-realtime","output_modalities":["audio"],"instructions":"","tools":[],"tool_choice":"auto","max_output_tokens":"inf","tracing":null,"prompt":null,"expires_at":1785582000}}"#;
const UPDATED: &str = r#"{"type":"session.updated","event_id":"event_2","session":{"type":"realtime","object":"realtime.session","id":"sess_1","model":"gpt-realtime","output_modalities":["text"]}}"#;
const UPDATE: &str =
    r#"{"type":"session.update","session":{"type":"realtime","output_modalities":["text"]}}"#;

const FRAMES: [(&str, &str); 9] = [
    (
        r#"{"type":"error","event_id":"event_3","error":{"type":"invalid_request_error","code":"unknown_parameter","message":"Unknown parameter: 'session.foo'.","param":"session.foo","event_id":"c1"}}"#,
        "Error",
    ),
    (
        r#"{"type":"conversation.item.added","event_id":"event_4","previous_item_id":null,"item":{"id":"item_1","type":"message","status":"completed","role":"user","content":[{"type":"input_text","text":"hi"}]}}"#,
        "ItemAdded",
    ),
    (
        r#"{"type":"response.created","event_id":"event_5","response":{"object":"realtime.response","id":"resp_1","status":"in_progress","status_details":null,"output":[],"conversation_id":"conv_1","output_modalities":["text"],"max_output_tokens":"inf","usage":null,"metadata":null}}"#,
        "ResponseCreated",
    ),
    (
        r#"{"event_id":"event_6","type":"response.output_text.delta","response_id":"resp_1","item_id":"item_3","output_index":0,"content_index":0,"delta":"He"}"#,
        "TextDelta",
    ),
    (
        r#"{"event_id":"event_7","type":"response.output_audio.delta","response_id":"resp_1","item_id":"item_3","output_index":0,"content_index":0,"delta":"UklGRg=="}"#,
        "AudioDelta",
    ),
    (
        r#"{"event_id":"event_8","type":"response.function_call_arguments.done","response_id":"resp_1","item_id":"fc_1","output_index":0,"call_id":"call_1","name":"get_weather","arguments":"{\"city\":\"Oslo\"}"}"#,
        "FunctionCall",
    ),
    (
        r#"{"event_id":"event_9","type":"input_audio_buffer.speech_started","audio_start_ms":1000,"item_id":"item_4"}"#,
        "SpeechStarted",
    ),
    (
        r#"{"event_id":"event_10","type":"rate_limits.updated","rate_limits":[{"name":"tokens","limit":50000,"remaining":49950,"reset_seconds":60}]}"#,
        "RateLimits",
    ),
    (
        r#"{"type":"response.done","event_id":"event_11","response":{"object":"realtime.response","id":"resp_1","status":"completed","status_details":null,"output":[{"id":"item_3","type":"message","status":"completed","role":"assistant","content":[{"type":"output_text","text":"Hello"}]}],"usage":{"total_tokens":9,"input_tokens":4,"output_tokens":5},"metadata":{"k":"v"}}}"#,
        "ResponseDone",
    ),
];

fn session() -> serde_json::Value {
    json!({ "type": "realtime", "output_modalities": ["text"] })
}

/// Plays the opening.
async fn open(server: &Server) -> crate::support::Connection {
    let mut peer = server.accept().await;
    peer.send(CREATED).await;
    peer.expect(UPDATE).await;
    peer.send(UPDATED).await;
    peer
}

#[tokio::test]
async fn every_frame_is_its_message_both_ways() {
    let server = Server::start().await;
    let app = soon(builder(&server.url(), "key", session()));
    let mut messages = app.messages();
    let (connected, mut peer) = tokio::join!(app.connect(), open(&server));
    connected.unwrap();
    arrives(&mut peer, &mut messages, &FRAMES).await;
    assert_eq!((app.stats().malformed, app.stats().unknown), (0, 0));

    let content = vec![Content::InputText { text: "hi".to_owned() }];
    let item = Item {
        id: None,
        r#type: "message".to_owned(),
        status: None,
        role: Some("user".to_owned()),
        content,
    };
    app.send_item_create(&ItemCreate { event_id: None, previous_item_id: None, item })
        .await
        .unwrap();
    peer.expect(r#"{"type":"conversation.item.create","previous_item_id":null,"item":{"type":"message","role":"user","content":[{"type":"input_text","text":"hi"}]}}"#).await;
    app.send_response_create(&ResponseCreate::default()).await.unwrap();
    peer.expect(r#"{"type":"response.create"}"#).await;
    app.send_audio_append(&AudioAppend { audio: "AAAA".to_owned() }).await.unwrap();
    peer.expect(r#"{"type":"input_audio_buffer.append","audio":"AAAA"}"#).await;
    let truncate =
        ItemTruncate { item_id: "item_2".to_owned(), content_index: 0, audio_end_ms: 1500 };
    app.send_item_truncate(&truncate).await.unwrap();
    peer.expect(r#"{"type":"conversation.item.truncate","item_id":"item_2","content_index":0,"audio_end_ms":1500}"#).await;
    app.send_response_cancel(&ResponseCancel { response_id: Some("resp_1".to_owned()) })
        .await
        .unwrap();
    peer.expect(r#"{"type":"response.cancel","response_id":"resp_1"}"#).await;
}

#[tokio::test]
async fn each_session_begins_as_asked_for_and_an_expired_one_is_followed_by_another() {
    let server = Server::start().await;
    let app = soon(builder(&server.url(), "key", session()));
    let (connected, mut peer) = tokio::join!(app.connect(), open(&server));
    connected.unwrap();
    peer.send(r#"{"type":"error","event_id":"event_12","error":{"type":"invalid_request_error","code":"session_expired","message":"Your session hit the maximum duration of 60 minutes.","param":null,"event_id":null}}"#).await;
    peer.close(1001).await;
    open(&server).await.close(1008).await;
    reaches(app.watch_state(), wirebond::State::Closed).await;
}

#[test]
fn the_contract_is_a_document() {
    crate::support::document_takes::<Realtime>(&FRAMES);
}
