//! obs-websocket, version 5.

use serde_json::json;
use wirebond::State;

use crate::support::{Connection, Server, arrives, in_time, json, reaches, soon};

#[path = "../../examples/wires/obs_websocket_v5.rs"]
mod wire;

use wire::{Obs, Reidentify, Request, RequestBatch, builder};

const HELLO: &str = r#"{"op":0,"d":{"obsStudioVersion":"31.0.1","obsWebSocketVersion":"5.6.1","rpcVersion":1,"authentication":{"challenge":"Y2hhbGxlbmdl","salt":"c2FsdA=="}}}"#;
const OPEN_HELLO: &str =
    r#"{"op":0,"d":{"obsStudioVersion":"31.0.1","obsWebSocketVersion":"5.6.1","rpcVersion":1}}"#;
/// Computed by another implementation, for the password `s3cret`.
const IDENTIFY: &str = r#"{"op":1,"d":{"rpcVersion":1,"authentication":"naLNZMlkcw/C26ZiW+YbQtM8ysUYZIaajFxO0VevdWE=","eventSubscriptions":33}}"#;
const IDENTIFIED: &str = r#"{"op":2,"d":{"negotiatedRpcVersion":1}}"#;
const METERS: &str = r#"{"op":3,"d":{"eventSubscriptions":65549}}"#;

const FRAMES: [(&str, &str); 5] = [
    (
        r#"{"op":5,"d":{"eventType":"CurrentProgramSceneChanged","eventIntent":4,"eventData":{"sceneName":"Live","sceneUuid":"u1"}}}"#,
        "Event",
    ),
    (r#"{"op":5,"d":{"eventType":"ExitStarted","eventIntent":1}}"#, "Event"),
    (
        r#"{"op":5,"d":{"eventType":"InputVolumeMeters","eventIntent":65536,"eventData":{"inputs":[{"inputName":"Mic","inputUuid":"u2","inputLevelsMul":[[0.1,0.2,0.2]]}]}}}"#,
        "Event",
    ),
    (IDENTIFIED, "Identified"),
    (HELLO, "Hello"),
];

async fn open(server: &Server) -> Connection {
    let mut peer = server.accept().await;
    peer.send(HELLO).await;
    peer.expect(IDENTIFY).await;
    peer.send(IDENTIFIED).await;
    peer
}

fn request(request_type: &str, request_data: Option<serde_json::Value>) -> Request {
    Request { request_type: request_type.to_owned(), request_data, request_id: None }
}

/// A request that looks like this, but for its number, which is returned.
async fn asked(peer: &mut Connection, frame: &str) -> String {
    let mut received = json(&peer.text().await);
    let mut expected = json(frame);
    let id = received["d"]["requestId"].as_str().expect("a string").to_owned();
    received["d"]["requestId"] = "…".into();
    expected["d"]["requestId"] = "…".into();
    assert_eq!(received, expected);
    id
}

#[tokio::test]
async fn every_frame_of_the_server_is_its_message() {
    let server = Server::start().await;
    let app = soon(builder(&server.url(), Some("s3cret"), Some(33)));
    let mut messages = app.messages();
    let (connected, mut peer) = tokio::join!(app.connect(), open(&server));
    connected.unwrap();
    arrives(&mut peer, &mut messages, &FRAMES).await;
    // 5 is a number there.
    peer.send(r#"{"op":"5","d":{"eventType":"ExitStarted","eventIntent":1}}"#).await;
    arrives(&mut peer, &mut messages, &FRAMES[1..2]).await;
    assert_eq!((app.stats().malformed, app.stats().unknown), (0, 1));
}

#[tokio::test]
async fn without_a_password_nothing_is_proven() {
    let server = Server::start().await;
    let app = soon(builder(&server.url(), None, None));
    let served = async {
        let mut peer = server.accept().await;
        peer.send(OPEN_HELLO).await;
        peer.expect(r#"{"op":1,"d":{"rpcVersion":1}}"#).await;
        peer.send(IDENTIFIED).await;
        peer
    };
    let (connected, _peer) = tokio::join!(app.connect(), served);
    connected.unwrap();
    app.disconnect().await;

    let served = async {
        let mut peer = server.accept().await;
        peer.send(HELLO).await;
        peer.until_closed().await;
    };
    let (connected, ()) = tokio::join!(app.connect(), served);
    let error = connected.unwrap_err().to_string();
    assert!(error.contains("a password is needed"), "{error}");
    assert_eq!(*app.watch_state().borrow(), State::Closed);
}

#[tokio::test]
async fn requests_are_answered_in_any_order() {
    let server = Server::start().await;
    let app = soon(builder(&server.url(), Some("s3cret"), Some(33)));
    let (connected, mut peer) = tokio::join!(app.connect(), open(&server));
    connected.unwrap();
    let scene = request("SetCurrentProgramScene", Some(json!({ "sceneName": "Live" })));
    let volume = request("GetInputVolume", Some(json!({ "inputName": "Mic" })));
    let scenes = request("GetSceneList", None);
    let vendor = request(
        "CallVendorRequest",
        Some(json!({ "vendorName": "acme", "requestType": "doIt", "requestData": {} })),
    );
    let calls = async {
        tokio::join!(
            app.call_request(&scene),
            app.call_request(&volume),
            app.call_request(&scenes),
            app.call_request(&vendor),
        )
    };
    let served = async {
        let mut ids = Vec::new();
        for frame in [
            r#"{"op":6,"d":{"requestType":"SetCurrentProgramScene","requestId":"r-2","requestData":{"sceneName":"Live"}}}"#,
            r#"{"op":6,"d":{"requestType":"GetInputVolume","requestId":"r-4","requestData":{"inputName":"Mic"}}}"#,
            r#"{"op":6,"d":{"requestType":"GetSceneList","requestId":"r-5"}}"#,
            r#"{"op":6,"d":{"requestType":"CallVendorRequest","requestId":"r-3","requestData":{"vendorName":"acme","requestType":"doIt","requestData":{}}}}"#,
        ] {
            ids.push(asked(&mut peer, frame).await);
        }
        for (id, answer) in [
            (
                3,
                r#"{"op":7,"d":{"requestType":"CallVendorRequest","requestId":"ID","requestStatus":{"result":false,"code":204}}}"#,
            ),
            (
                2,
                r#"{"op":7,"d":{"requestType":"GetSceneList","requestId":"ID","requestStatus":{"result":true,"code":100},"responseData":{"currentProgramSceneName":"Live","currentProgramSceneUuid":"u1","currentPreviewSceneName":null,"currentPreviewSceneUuid":null,"scenes":[{"sceneIndex":0,"sceneName":"Live","sceneUuid":"u1"}]}}}"#,
            ),
            (
                1,
                r#"{"op":7,"d":{"requestType":"GetInputVolume","requestId":"ID","requestStatus":{"result":false,"code":600,"comment":"No source was found by the name `Mic`."}}}"#,
            ),
            (
                0,
                r#"{"op":7,"d":{"requestType":"SetCurrentProgramScene","requestId":"ID","requestStatus":{"result":true,"code":100}}}"#,
            ),
        ] {
            peer.send(&answer.replace("ID", &ids[id])).await;
        }
    };
    let ((scene, volume, scenes, vendor), ()) =
        in_time(async { tokio::join!(calls, served) }).await;
    let scene = scene.unwrap();
    assert_eq!((scene.request_status.code, scene.response_data), (100, None));
    let volume = volume.unwrap_err().into_refused().unwrap();
    assert_eq!(volume.code, 600);
    assert_eq!(volume.comment.unwrap(), "No source was found by the name `Mic`.");
    let scenes = scenes.unwrap();
    assert_eq!(scenes.request_type, "GetSceneList");
    assert_eq!(scenes.response_data.unwrap()["scenes"][0]["sceneUuid"], "u1");
    assert_eq!(vendor.unwrap_err().into_refused().unwrap().comment, None);
    let stats = app.stats();
    assert_eq!((stats.calls_in_flight, stats.unknown, stats.late_answers), (0, 0, 0));
}

#[tokio::test]
async fn a_batch_is_one_request_and_its_failures_are_data() {
    let server = Server::start().await;
    let app = soon(builder(&server.url(), Some("s3cret"), Some(33)));
    let (connected, mut peer) = tokio::join!(app.connect(), open(&server));
    connected.unwrap();
    let version = Request { request_id: Some(json!(7)), ..request("GetVersion", None) };
    let requests = vec![request("Sleep", Some(json!({ "sleepMillis": 50 }))), version];
    let batch = RequestBatch { halt_on_failure: true, execution_type: 0, requests };
    let served = async {
        let id = asked(&mut peer, r#"{"op":8,"d":{"requestId":"b-1","haltOnFailure":true,"executionType":0,"requests":[{"requestType":"Sleep","requestData":{"sleepMillis":50}},{"requestType":"GetVersion","requestId":7}]}}"#).await;
        let answer = r#"{"op":9,"d":{"requestId":"ID","results":[{"requestType":"Sleep","requestStatus":{"result":true,"code":100}},{"requestType":"GetVersion","requestId":7,"requestStatus":{"result":true,"code":100},"responseData":{"obsVersion":"31.0.1"}}]}}"#;
        peer.send(&answer.replace("ID", &id)).await;
        let id = asked(&mut peer, r#"{"op":8,"d":{"requestId":"b-1","haltOnFailure":true,"executionType":0,"requests":[{"requestType":"Sleep","requestData":{"sleepMillis":50}},{"requestType":"GetVersion","requestId":7}]}}"#).await;
        let answer = r#"{"op":9,"d":{"requestId":"ID","results":[{"requestType":"Sleep","requestStatus":{"result":false,"code":402}}]}}"#;
        peer.send(&answer.replace("ID", &id)).await;
    };
    let calls = async {
        let whole = app.call_request_batch(&batch).await.unwrap();
        (whole, app.call_request_batch(&batch).await.unwrap())
    };
    let ((whole, halted), ()) = in_time(async { tokio::join!(calls, served) }).await;
    assert_eq!(whole.results[1].request_id, Some(json!(7)));
    assert_eq!(whole.results[1].response_data, Some(json!({ "obsVersion": "31.0.1" })));
    assert_eq!(halted.results.len(), 1);
    assert!(!halted.results[0].request_status.result);
}

#[tokio::test]
async fn a_restart_is_identified_to_anew_with_the_events_of_now() {
    let server = Server::start().await;
    let app = soon(builder(&server.url(), Some("s3cret"), Some(33)));
    let mut identified = app.stream_identified();
    let (connected, mut peer) = tokio::join!(app.connect(), open(&server));
    connected.unwrap();
    let _hold = app.hold_reidentify(&Reidentify { event_subscriptions: 65549 }).unwrap();
    peer.expect(METERS).await;
    peer.send(IDENTIFIED).await;
    in_time(identified.next()).await.unwrap();
    peer.close(1001).await;
    let mut peer = in_time(open(&server)).await;
    peer.expect(METERS).await;
    drop(peer);
    let mut peer = in_time(open(&server)).await;
    peer.expect(METERS).await;
}

#[tokio::test]
async fn its_own_close_codes_stop() {
    let server = Server::start().await;
    let app = soon(builder(&server.url(), Some("s3cret"), Some(33)));
    // The password is wrong.
    let served = async {
        let mut peer = server.accept().await;
        peer.send(HELLO).await;
        peer.expect(IDENTIFY).await;
        peer.close(4009).await;
    };
    let (connected, ()) = tokio::join!(app.connect(), served);
    let error = connected.unwrap_err().to_string();
    assert!(error.contains("4009") && !error.contains("s3cret"), "{error}");

    for code in [4000, 4002, 4003, 4004, 4005, 4006, 4007, 4008, 4009, 4010, 4011, 4012] {
        let (connected, peer) = tokio::join!(app.connect(), open(&server));
        connected.unwrap();
        peer.close(code).await;
        reaches(app.watch_state(), State::Closed).await;
    }
}

#[test]
fn the_contract_is_a_document() {
    crate::support::document_takes::<Obs>(&FRAMES);
}
