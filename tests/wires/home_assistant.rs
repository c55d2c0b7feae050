//! Home Assistant.

use std::collections::BTreeMap;

use serde_json::json;
use wirebond::{CallError, State};

use crate::support::{Connection, Server, arrives, in_time, json, reaches, soon};

#[path = "../../examples/wires/home_assistant.rs"]
mod wire;

use wire::{CallService, Home, SubscribeEvents, SubscribeTrigger, Unsubscribe, builder, events};

const REQUIRED: &str = r#"{"type":"auth_required","ha_version":"2026.8.1"}"#;
const AUTH: &str = r#"{"type":"auth","access_token":"eyJhbGciOi.demo.tok"}"#;
const OK: &str = r#"{"type":"auth_ok","ha_version":"2026.8.1"}"#;
const FEATURES: &str = r#"{"id":1,"type":"supported_features","features":{"coalesce_messages":1}}"#;
const INVALID: &str = r#"{"type":"auth_invalid","message":"Invalid access token or password"}"#;

const FRAMES: [(&str, &str); 4] = [
    (
        r#"{"id":18,"type":"event","event":{"event_type":"state_changed","data":{"entity_id":"light.hall","new_state":{"entity_id":"light.hall","state":"on","attributes":{"brightness":90}},"old_state":null},"origin":"LOCAL","time_fired":"2026-08-01T10:00:00.000001+00:00","context":{"id":"01J0","parent_id":null,"user_id":null}}}"#,
        "Event",
    ),
    (
        r#"{"id":25,"type":"event","event":{"a":{"light.hall":{"s":"on","a":{"brightness":90},"c":"01J0","lc":1785578400.1}}}}"#,
        "Event",
    ),
    (
        r#"{"id":25,"type":"event","event":{"c":{"light.hall":{"+":{"s":"off","lc":1785578460.5},"-":{"a":["brightness"]}}}}}"#,
        "Event",
    ),
    (
        r#"{"id":24,"type":"event","event":{"variables":{"trigger":{"id":"0","idx":"0","platform":"state","for":null}},"context":{"id":"01J1","parent_id":null,"user_id":null}}}"#,
        "Event",
    ),
];

async fn open(server: &Server) -> Connection {
    let mut peer = server.accept().await;
    peer.send(REQUIRED).await;
    peer.expect(AUTH).await;
    peer.send(OK).await;
    peer.expect(FEATURES).await;
    peer.send(r#"{"id":1,"type":"result","success":true,"result":null}"#).await;
    peer
}

/// Takes a request that looks like this but for its number, and returns the number.
async fn asked(peer: &mut Connection, mut request: serde_json::Value) -> u64 {
    let frame = json(&peer.text().await);
    let id = frame["id"].as_u64().expect("a number");
    request["id"] = id.into();
    assert_eq!(frame, request);
    id
}

#[tokio::test]
async fn every_frame_is_its_message() {
    let server = Server::start().await;
    let app = soon(builder(&server.url(), "eyJhbGciOi.demo.tok"));
    let mut messages = app.messages();
    let (connected, mut peer) = tokio::join!(app.connect(), open(&server));
    connected.unwrap();
    arrives(&mut peer, &mut messages, &FRAMES).await;
    peer.send(r#"[{"id":25,"type":"event","event":{"r":["light.hall"]}},{"id":26,"type":"event","event":{}}]"#).await;
    for _ in 0..2 {
        in_time(messages.next()).await.unwrap();
    }
    assert_eq!((app.stats().malformed, app.stats().unknown), (0, 0));
}

#[tokio::test]
async fn calls_rise_and_are_answered_in_any_order() {
    let server = Server::start().await;
    let app = soon(builder(&server.url(), "eyJhbGciOi.demo.tok"));
    let (connected, mut peer) = tokio::join!(app.connect(), open(&server));
    connected.unwrap();
    let turn_on = CallService {
        domain: "light".to_owned(),
        service: "turn_on".to_owned(),
        service_data: Some(json!({ "brightness": 90 })),
        target: Some(BTreeMap::from([("entity_id".to_owned(), "light.hall".to_owned())])),
        return_response: Some(false),
    };
    let calls = async {
        tokio::join!(
            app.call_call_service(&turn_on),
            app.call_get_states(),
            app.call_list_entities_for_display(),
            app.call_ping(),
        )
    };
    let served = async {
        let second = asked(&mut peer, json!({ "type": "call_service", "domain": "light", "service": "turn_on", "service_data": { "brightness": 90 }, "target": { "entity_id": "light.hall" }, "return_response": false })).await;
        let third = asked(&mut peer, json!({ "type": "get_states" })).await;
        let fourth =
            asked(&mut peer, json!({ "type": "config/entity_registry/list_for_display" })).await;
        let fifth = asked(&mut peer, json!({ "type": "ping" })).await;
        assert_eq!([second, third, fourth, fifth], [2, 3, 4, 5]);
        peer.send(&format!(r#"{{"id":{fourth},"type":"result","success":false,"error":{{"code":"unknown_command","message":"Unknown command."}}}}"#)).await;
        peer.send(&format!(r#"{{"id":{third},"type":"result","success":true,"result":[{{"entity_id":"light.hall","state":"on","attributes":{{}}}}]}}"#)).await;
        peer.send(&format!(r#"[{{"id":{second},"type":"result","success":true,"result":{{"context":{{"id":"01J2","parent_id":null,"user_id":"u1"}},"response":null}}}},{{"id":{fifth},"type":"pong"}}]"#)).await;
    };
    let ((service, states, entities, ping), ()) =
        in_time(async { tokio::join!(calls, served) }).await;
    assert_eq!(service.unwrap().context.user_id.as_deref(), Some("u1"));
    assert_eq!(states.unwrap()[0].entity_id, "light.hall");
    ping.unwrap();
    match entities.unwrap_err() {
        CallError::Refused(failure) => assert_eq!(failure.code, "unknown_command"),
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn events_of_a_subscription_come_after_its_answer_with_its_number() {
    let server = Server::start().await;
    let app = soon(builder(&server.url(), "eyJhbGciOi.demo.tok"));
    let mut events = app.stream_event();
    let (connected, mut peer) = tokio::join!(app.connect(), open(&server));
    connected.unwrap();
    let changes = SubscribeEvents { event_type: Some("state_changed".to_owned()) };
    let trigger = SubscribeTrigger {
        trigger: json!({ "platform": "state", "entity_id": "binary_sensor.door", "to": "on" }),
    };
    let served = async {
        let id =
            asked(&mut peer, json!({ "type": "subscribe_events", "event_type": "state_changed" }))
                .await;
        peer.send(&format!(r#"{{"id":{id},"type":"result","success":true,"result":null}}"#)).await;
        peer.send(&FRAMES[0].0.replace("18", &id.to_string())).await;
        let second = asked(&mut peer, json!({ "type": "subscribe_trigger", "trigger": { "platform": "state", "entity_id": "binary_sensor.door", "to": "on" } })).await;
        peer.send(&format!(r#"{{"id":{second},"type":"result","success":true,"result":null}}"#))
            .await;
        let third = asked(&mut peer, json!({ "type": "subscribe_entities" })).await;
        peer.send(&format!(r#"{{"id":{third},"type":"result","success":true,"result":null}}"#))
            .await;
        let last =
            asked(&mut peer, json!({ "type": "unsubscribe_events", "subscription": id })).await;
        peer.send(&format!(r#"{{"id":{last},"type":"result","success":true,"result":null}}"#))
            .await;
        id
    };
    let calls = async {
        app.call_subscribe_events(&changes).await.unwrap();
        let event = in_time(events.next()).await.unwrap();
        assert_eq!(event.data.event["event_type"], "state_changed");
        app.call_subscribe_trigger(&trigger).await.unwrap();
        app.call_subscribe_entities().await.unwrap();
        app.call_unsubscribe_events(&Unsubscribe { subscription: 2 }).await.unwrap();
    };
    let ((), id) = in_time(async { tokio::join!(calls, served) }).await;
    assert_eq!(id, 2);
}

#[tokio::test]
async fn a_subscription_is_made_again_with_another_number() {
    let server = Server::start().await;
    let app = soon(builder(&server.url(), "eyJhbGciOi.demo.tok"));
    let (hold, mut changes) = events(&app, Some("state_changed")).unwrap();
    let other = app.hold_subscribe_entities().unwrap();
    let (connected, mut peer) = tokio::join!(app.connect(), open(&server));
    connected.unwrap();
    let subscribe = json!({ "type": "subscribe_events", "event_type": "state_changed" });
    let ok = |id| format!(r#"{{"id":{id},"type":"result","success":true,"result":null}}"#);
    for attempt in 0..2 {
        assert_eq!(asked(&mut peer, subscribe.clone()).await, 2);
        assert_eq!(asked(&mut peer, json!({ "type": "subscribe_entities" })).await, 3);
        // The events of another one don't come here.
        let entities = FRAMES[1].0.replace("25", "3");
        peer.send(&format!("[{},{entities},{}]", ok(3), ok(2))).await;
        peer.send(&FRAMES[0].0.replace("18", "2")).await;
        let change = in_time(changes.next()).await.unwrap().data;
        assert_eq!((change.id, &change.event["event_type"]), (2, &json!("state_changed")));
        if attempt == 0 {
            drop(peer);
            peer = open(&server).await;
        }
    }
    hold.release_with(&Unsubscribe { subscription: 2 }).unwrap();
    let release = json!({ "type": "unsubscribe_events", "subscription": 2 });
    assert_eq!(asked(&mut peer, release).await, 4);
    drop(other);
}

#[tokio::test]
async fn a_server_that_knows_no_features_is_opened_as_well() {
    let server = Server::start().await;
    let app = soon(builder(&server.url(), "eyJhbGciOi.demo.tok"));
    let served = async {
        let mut peer = server.accept().await;
        peer.send(REQUIRED).await;
        peer.expect(AUTH).await;
        peer.send(OK).await;
        peer.expect(FEATURES).await;
        peer.send(r#"{"id":1,"type":"result","success":false,"error":{"code":"unknown_command","message":"Unknown command."}}"#).await;
        peer
    };
    let (connected, _peer) = in_time(async { tokio::join!(app.connect(), served) }).await;
    connected.unwrap();
}

#[tokio::test]
async fn a_rejected_token_stops_and_a_restart_doesnt() {
    let server = Server::start().await;
    let app = soon(builder(&server.url(), "eyJhbGciOi.demo.tok"));
    let (connected, peer) = tokio::join!(app.connect(), open(&server));
    connected.unwrap();
    drop(peer);
    let mut peer = server.accept().await;
    peer.send(REQUIRED).await;
    peer.expect(AUTH).await;
    peer.send(INVALID).await;
    reaches(app.watch_state(), State::Closed).await;
    let _ = peer;
}

#[test]
fn the_contract_is_a_document() {
    crate::support::document_takes::<Home>(&FRAMES);
}
