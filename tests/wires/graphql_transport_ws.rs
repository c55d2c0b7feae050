//! graphql-transport-ws.

use serde_json::{Map, Value, json};
use tokio_tungstenite::{
    accept_hdr_async,
    tungstenite::handshake::server::{ErrorResponse, Request as Upgrade, Response},
};
use wirebond::{CallError, State};

use crate::support::{Connection, Server, arrives, in_time, json, reaches, soon};

#[path = "../../examples/wires/graphql_transport_ws.rs"]
mod wire;

use wire::{
    Answer, Graphql, GraphqlClient, Operation, Payload, Request, Segment, Subscribe, answer_pings,
    builder,
};

const INIT: &str = r#"{"type":"connection_init","payload":{"token":"t0k"}}"#;
const ACK: &str = r#"{"type":"connection_ack","payload":{"node":"eu-1"}}"#;
const SUBSCRIPTION: &str =
    r#"{"id":"a1","type":"subscribe","payload":{"query":"subscription { n }"}}"#;

const FRAMES: [(&str, &str); 8] = [
    (r#"{"id":"a1","type":"next","payload":{"data":{"n":1}}}"#, "Next"),
    (
        r#"{"id":"q7","type":"next","payload":{"data":null,"errors":[{"message":"boom","path":["hello",0,"x"],"locations":[{"line":1,"column":3}]}],"extensions":{"cost":2}}}"#,
        "Next",
    ),
    (r#"{"id":"a2","type":"error","payload":[{"message":"Cannot query field \"zz\""}]}"#, "Error"),
    (r#"{"id":"a1","type":"complete"}"#, "Complete"),
    (r#"{"type":"ping","payload":null}"#, "Ping"),
    (r#"{"type":"pong"}"#, "Pong"),
    (r#"{"type":"pong","payload":{"t":1}}"#, "Pong"),
    (r#"{"type":"connection_ack"}"#, "ConnectionAck"),
];

fn token() -> Option<Map<String, Value>> {
    Some(Map::from_iter([("token".to_owned(), json!("t0k"))]))
}

fn client(server: &Server) -> GraphqlClient {
    let app = soon(builder(&server.url(), token));
    answer_pings(&app);
    app
}

/// Accepts a connection that offers the subprotocol.
async fn accept(server: &Server) -> Connection {
    #[expect(clippy::result_large_err, reason = "the signature is tungstenite's")]
    fn select(request: &Upgrade, mut response: Response) -> Result<Response, ErrorResponse> {
        let offered = &request.headers()["sec-websocket-protocol"];
        assert_eq!(offered, "graphql-transport-ws");
        response.headers_mut().insert("sec-websocket-protocol", offered.clone());
        Ok(response)
    }
    let (tcp, _) = in_time(server.0.accept()).await.unwrap();
    Connection(in_time(accept_hdr_async(tcp, select)).await.unwrap())
}

async fn open(server: &Server) -> Connection {
    let mut peer = accept(server).await;
    peer.expect(INIT).await;
    peer.send(ACK).await;
    peer
}

fn query(query: &str) -> Subscribe {
    let payload = Request { query: query.to_owned(), ..Request::default() };
    Subscribe { id: None, payload }
}

fn subscription(id: &str) -> Subscribe {
    Subscribe { id: Some(id.to_owned()), ..query("subscription { n }") }
}

#[tokio::test]
async fn every_frame_of_the_server_is_its_message() {
    let server = Server::start().await;
    let app = client(&server);
    let mut messages = app.messages();
    let (connected, mut peer) = tokio::join!(app.connect(), open(&server));
    connected.unwrap();
    arrives(&mut peer, &mut messages, &FRAMES).await;
    assert_eq!((app.stats().malformed, app.stats().unknown), (0, 0));
    // The answer to the ping among them.
    peer.expect(r#"{"type":"pong"}"#).await;

    let mut results = app.stream_next();
    peer.send(FRAMES[1].0).await;
    let result = in_time(results.next()).await.unwrap().data.payload;
    let path = [Segment::Field("hello".into()), Segment::Index(0), Segment::Field("x".into())];
    assert!(result.data.is_none());
    assert_eq!(result.errors[0].path, path);
}

#[tokio::test]
async fn what_the_client_sends_is_as_documented() {
    let server = Server::start().await;
    let app = client(&server);
    let (connected, mut peer) = tokio::join!(app.connect(), open(&server));
    connected.unwrap();
    let payload = Request {
        operation_name: Some("S".to_owned()),
        query: "subscription S($x:Int){ n(x:$x) }".to_owned(),
        variables: Some(Map::from_iter([("x".to_owned(), json!(3))])),
        extensions: None,
    };
    app.send_subscribe(&Subscribe { id: Some("a1".to_owned()), payload }).await.unwrap();
    peer.expect(r#"{"id":"a1","type":"subscribe","payload":{"operationName":"S","query":"subscription S($x:Int){ n(x:$x) }","variables":{"x":3}}}"#).await;
    app.send_complete(&Operation { id: "a1".to_owned() }).await.unwrap();
    peer.expect(r#"{"id":"a1","type":"complete"}"#).await;
    app.send_ping(&Payload::default()).await.unwrap();
    peer.expect(r#"{"type":"ping"}"#).await;
    peer.send(r#"{"type":"ping","payload":{"t":1}}"#).await;
    peer.expect(r#"{"type":"pong","payload":{"t":1}}"#).await;
}

#[tokio::test]
async fn pings_are_answered_before_the_ack_and_nothing_else_goes_out() {
    let server = Server::start().await;
    let app = client(&server);
    let hold = app.hold_subscribe(&subscription("a1")).unwrap();
    let served = async {
        let mut peer = accept(&server).await;
        peer.expect(INIT).await;
        peer.send(r#"{"type":"ping","payload":{"t":1}}"#).await;
        peer.expect(r#"{"type":"pong","payload":{"t":1}}"#).await;
        peer.send(r#"{"type":"connection_ack"}"#).await;
        peer.expect(SUBSCRIPTION).await;
        peer
    };
    let (connected, _peer) = tokio::join!(app.connect(), served);
    connected.unwrap();
    drop(hold);
}

#[tokio::test]
async fn queries_are_calls() {
    let server = Server::start().await;
    let app = client(&server);
    let (connected, mut peer) = tokio::join!(app.connect(), open(&server));
    connected.unwrap();
    let mut completed = app.stream_complete();
    let (hello, invalid) = (query("{ hello }"), query("{ zz }"));
    let calls = async { tokio::join!(app.call_subscribe(&hello), app.call_subscribe(&invalid)) };
    let served = async {
        for text in ["{ hello }", "{ zz }"] {
            let mut frame = json(&peer.text().await);
            frame["id"] = (if text == "{ zz }" { "a2" } else { "q7" }).into();
            let id = frame["id"].clone();
            assert_eq!(
                frame,
                json!({ "id": id, "type": "subscribe", "payload": { "query": text } })
            );
        }
        peer.send(&FRAMES[2].0.replace("a2", "2")).await;
        peer.send(r#"{"id":"1","type":"next","payload":{"data":{"hello":"you"}}}"#).await;
        peer.send(r#"{"id":"1","type":"complete"}"#).await;
    };
    let ((hello, invalid), ()) = in_time(async { tokio::join!(calls, served) }).await;
    let Answer::Result(hello) = hello.unwrap() else { panic!("errors") };
    assert_eq!(hello.data.unwrap()["hello"], "you");
    let Answer::Errors(errors) = invalid.unwrap() else { panic!("no errors") };
    assert_eq!(errors[0].message, "Cannot query field \"zz\"");
    assert_eq!(in_time(completed.next()).await.unwrap().data.id, "1");
    assert_eq!(app.stats().calls_in_flight, 0);

    // Nobody knows whether a mutation was executed.
    let mutation = query("mutation { pay }");
    let call = app.call_subscribe(&mutation);
    let cut = async {
        assert_eq!(json(&peer.text().await)["payload"]["query"], "mutation { pay }");
        drop(peer);
    };
    let (paid, ()) = in_time(async { tokio::join!(call, cut) }).await;
    assert!(matches!(paid, Err(CallError::Unknown)), "{paid:?}");
    let mut peer = open(&server).await;
    app.send_pong(&Payload::default()).await.unwrap();
    peer.expect(r#"{"type":"pong"}"#).await;
}

#[tokio::test]
async fn subscriptions_begin_anew_until_they_are_cancelled() {
    let server = Server::start().await;
    let app = client(&server);
    let mut results = app.stream_next();
    let hold = app.hold_subscribe(&subscription("a1")).unwrap();
    let (connected, mut peer) = tokio::join!(app.connect(), open(&server));
    connected.unwrap();
    for code in [None, Some(1000), Some(1001), Some(1012), Some(4408), Some(4403), Some(4504)] {
        peer.expect(SUBSCRIPTION).await;
        peer.send(FRAMES[0].0).await;
        let next = in_time(results.next()).await.unwrap().data;
        assert_eq!((next.id.as_str(), next.payload.data.unwrap()["n"].as_u64()), ("a1", Some(1)));
        match code {
            None => drop(peer),
            Some(code) => peer.close(code).await,
        }
        peer = in_time(open(&server)).await;
    }
    peer.expect(SUBSCRIPTION).await;
    hold.release_with(&Operation { id: "a1".to_owned() }).unwrap();
    peer.expect(r#"{"id":"a1","type":"complete"}"#).await;
    drop(peer);
    let mut peer = open(&server).await;
    app.send_pong(&Payload::default()).await.unwrap();
    peer.expect(r#"{"type":"pong"}"#).await;
}

#[tokio::test]
async fn mistakes_stop() {
    for code in [1002, 1011, 4004, 4005, 4400, 4401, 4406, 4409, 4429, 4500] {
        let server = Server::start().await;
        let app = client(&server);
        let (connected, peer) = tokio::join!(app.connect(), open(&server));
        connected.unwrap();
        peer.close(code).await;
        reaches(app.watch_state(), State::Closed).await;
    }
}

#[tokio::test]
async fn a_refused_init_is_an_error_of_connect() {
    let server = Server::start().await;
    let app = client(&server);
    let served = async {
        let mut peer = accept(&server).await;
        peer.expect(INIT).await;
        peer.close(4403).await;
    };
    let (connected, ()) = tokio::join!(app.connect(), served);
    let error = connected.unwrap_err().to_string();
    assert!(error.contains("4403") && !error.contains("t0k"), "{error}");
}

#[test]
fn the_contract_is_a_document() {
    crate::support::document_takes::<Graphql>(&FRAMES);
}
