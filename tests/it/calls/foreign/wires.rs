//! What each backend's requests and answers look like.

use super::*;

#[tokio::test]
async fn home_assistant_answers_by_number_and_its_events_repeat_it() {
    let server = Server::start().await;
    let (home, mut connection) = open::<HomeClient>(&server).await;
    let mut fired = home.stream_event();
    let states = begin(home.call_get_states());
    assert_eq!(connection.next_message().await, json!({"type": "get-states", "id": 1}));
    let payload = Subscribe { event_type: "state_changed".into() };
    let subscribed = begin(home.call_subscribe(&payload).with_id());
    let second = connection.next_message().await;
    assert_eq!(second, json!({"type": "subscribe", "id": 2, "event_type": "state_changed"}));
    // A message that asks for no answer has no number, and takes none.
    home.send_subscribe(&payload).await.unwrap();
    let sent = connection.next_message().await;
    assert_eq!(sent, json!({"type": "subscribe", "event_type": "state_changed"}));
    let touched = begin(home.call_touch());
    assert_eq!(connection.next_message().await, json!({"type": "touch", "id": 3}));
    // In any order; the events of the subscription have its number.
    for answer in [
        r#"{"id":3,"type":"pong"}"#,
        r#"{"id":2,"type":"result","success":true,"result":null}"#,
        r#"{"id":2,"type":"event","event":"on"}"#,
        r#"{"type":"event","event":"off","id":2}"#,
        r#"{"type":"result","success":true,"result":["hall"],"id":1}"#,
    ] {
        connection.send_text(answer).await;
    }
    in_time(touched).await.unwrap().unwrap();
    assert_eq!(in_time(subscribed).await.unwrap().unwrap(), (2, None));
    for event in ["on", "off"] {
        let expected = Fired { id: 2, event: event.into() };
        assert_eq!(next(&mut fired).await, expected);
    }
    assert_eq!(in_time(states).await.unwrap().unwrap(), ["hall"]);
    let stats = home.untyped().stats();
    assert_eq!((stats.calls_in_flight, stats.late_answers, stats.unknown), (0, 0, 0));
}

#[tokio::test]
async fn a_failure_is_the_contracts_error_or_says_that_it_is_another() {
    let server = Server::start().await;
    let (home, mut connection) = open::<HomeClient>(&server).await;
    for (answer, refused) in [
        (json!({"success": false, "error": {"code": "unknown_command"}}), Some("unknown_command")),
        (json!({"error": {"code": "no flag"}}), Some("no flag")),
        (json!({"success": false, "error": "another type"}), None),
        (json!({"success": false}), None),
        (json!({"success": true, "result": "no list"}), None),
        (json!({"success": "true", "error": {"code": "no boolean"}}), Some("no boolean")),
    ] {
        let call = begin(home.call_get_states());
        let mut text = answer.clone();
        text["id"] = connection.next_message().await["id"].clone();
        text["type"] = json!("result");
        connection.send_text(&text.to_string()).await;
        let error = in_time(call).await.unwrap().expect_err("a failure");
        assert_eq!(error.ran(), Ran::Yes, "{answer}");
        match (error, refused) {
            (CallError::Refused(Failure { code }), Some(refused)) => assert_eq!(code, refused),
            (CallError::BadAnswer { message, .. }, None) => {
                let is_error = answer["success"] == false;
                assert_eq!(message.starts_with("it is an error: "), is_error, "{message}");
                assert!(!message.contains("another type"), "the payload: {message}");
            }
            (error, _) => panic!("{answer}: {error}"),
        }
    }
    // A call without an error of its own has no type for one.
    let call = begin(home.call_touch());
    let id = connection.next_message().await["id"].clone();
    let text = json!({"id": id, "type": "result", "success": false, "error": {"code": "x"}});
    connection.send_text(&text.to_string()).await;
    let error = in_time(call).await.unwrap().expect_err("a failure");
    assert!(error.to_string().contains("the contract has no error for this call"), "{error}");
}

#[tokio::test]
async fn numbers_rise_in_the_order_of_the_frames() {
    let server = Server::start().await;
    let (home, mut connection) = open::<HomeClient>(&server).await;
    // Made in one order, written in another, and some never.
    let mut calls: Vec<_> = (0..50).map(|_| home.call_touch()).collect();
    calls.reverse();
    drop(calls.split_off(40));
    let calls: Vec<_> = calls.into_iter().map(begin).collect();
    for id in 1..=40 {
        assert_eq!(connection.next_message().await, json!({"type": "touch", "id": id}));
    }
    for id in (1..=40).rev() {
        connection.send_text(&json!({"id": id, "type": "pong"}).to_string()).await;
    }
    for call in calls {
        in_time(call).await.unwrap().unwrap();
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
struct RpcError {
    code: i64,
    message: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Orphan {
    error: RpcError,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Push {
    subscription: String,
    result: u64,
}

/// JSON-RPC 2.0, whose answers have no tag.
#[derive(Debug, Contract)]
#[contract(
    tag = "method",
    content = "params",
    constant(jsonrpc = "2.0"),
    id = "id",
    result = "result",
    error = "error"
)]
enum Rpc {
    #[message(from = "client", name = "eth_chainId", reply = String, error = RpcError)]
    ChainId,
    #[message(from = "client", name = "eth_subscribe", reply = String, error = RpcError)]
    Subscribe(Vec<String>),
    #[message(from = "server", name = "eth_subscription")]
    Subscription(Push),
    #[message(from = "server", key = "error")]
    Orphan(Orphan),
}

#[tokio::test]
async fn json_rpc_answers_without_a_tag() {
    let server = Server::start().await;
    let (rpc, mut connection) = open::<RpcClient>(&server).await;
    let (mut pushes, mut orphans) = (rpc.stream_subscription(), rpc.stream_orphan());
    let chain = begin(rpc.call_chain_id());
    let request = connection.next_message().await;
    assert_eq!(request, json!({"jsonrpc": "2.0", "id": 1, "method": "eth_chainId"}));
    let heads = begin(rpc.call_subscribe(&vec!["newHeads".to_owned()]));
    let request = connection.next_message().await;
    let params = json!(["newHeads"]);
    let expected = json!({"jsonrpc": "2.0", "id": 2, "method": "eth_subscribe", "params": params});
    assert_eq!(request, expected);
    for answer in [
        r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"empty batch"}}"#,
        r#"{"jsonrpc":"2.0","id":2,"error":{"code":-32601,"message":"no such method"}}"#,
        r#"{"jsonrpc":"2.0","id":1,"result":"0x1"}"#,
        r#"{"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"0x9c","result":1}}"#,
    ] {
        connection.send_text(answer).await;
    }
    let refused = in_time(heads).await.unwrap().unwrap_err().into_refused().expect("its error");
    assert_eq!(refused.code, -32601);
    assert_eq!(in_time(chain).await.unwrap().unwrap(), "0x1");
    let orphan = next(&mut orphans).await;
    assert_eq!(orphan.error.code, -32600);
    let push = next(&mut pushes).await;
    assert_eq!(push, Push { subscription: "0x9c".into(), result: 1 });
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Request {
    request_type: String,
    request_data: Option<Value>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Status {
    code: u32,
    comment: Option<String>,
}

/// The form of obs-websocket: integer tags, and numbers that are strings within the content.
#[derive(Debug, Contract)]
#[contract(
    tag = "op",
    content = "d",
    id = "/d/requestId",
    re = "/d/requestId",
    ids = "string",
    result = "/d/responseData",
    error = "/d/requestStatus",
    success = "/d/requestStatus/result"
)]
enum Obs {
    #[message(from = "client", name = 6, reply = Value, error = Status)]
    Request(Request),
    #[message(from = "client", name = 8, reply = (), error = Status)]
    Batch,
}

#[tokio::test]
async fn obs_has_numbers_as_strings_within_the_content() {
    let server = Server::start().await;
    let (obs, mut connection) = open::<ObsClient>(&server).await;
    let request = Request { request_type: "GetVersion".into(), request_data: None };
    let version = begin(obs.call_request(&request));
    let d = json!({"requestId": "1", "requestType": "GetVersion", "requestData": null});
    assert_eq!(connection.next_message().await, json!({"op": 6, "d": d}));
    let failing = begin(obs.call_request(&request));
    assert_eq!(connection.next_message().await["d"]["requestId"], "2");
    let batch = begin(obs.call_batch());
    assert_eq!(connection.next_message().await, json!({"op": 8, "d": {"requestId": "3"}}));
    for answer in [
        r#"{"op":7,"d":{"requestId":"3","requestStatus":{"result":true,"code":100}}}"#,
        r#"{"op":7,"d":{"requestId":"2","requestStatus":{"result":false,"code":600,"comment":"no"}}}"#,
        r#"{"op":7,"d":{"requestId":"1","requestStatus":{"result":true,"code":100},"responseData":{"v":5}}}"#,
    ] {
        connection.send_text(answer).await;
    }
    in_time(batch).await.unwrap().unwrap();
    let refused = in_time(failing).await.unwrap().unwrap_err().into_refused().expect("its error");
    assert_eq!(refused, Status { code: 600, comment: Some("no".into()) });
    assert_eq!(in_time(version).await.unwrap().unwrap(), json!({"v": 5}));
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Symbols {
    channel: String,
    symbol: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Subscribed {
    symbol: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
struct MoreReplies {
    method: String,
    req_id: u64,
    result: Subscribed,
}

/// The form of Kraken: another tag on each side, and several replies to one request.
#[derive(Debug, Contract)]
#[contract(
    client(tag = "method", content = "params"),
    server(tag = "channel", content = "data"),
    id = "req_id",
    result = "result",
    error = "error",
    success = "success"
)]
enum Kraken {
    #[message(from = "client", name = "subscribe", reply = Subscribed, error = String)]
    SubscribeTo(Symbols),
    #[message(from = "server")]
    Ticker(Vec<u64>),
    #[message(from = "server", key = "method")]
    AnotherReply(MoreReplies),
}

#[tokio::test]
async fn only_the_first_of_several_replies_ends_the_call() {
    let server = Server::start().await;
    let (kraken, mut connection) = open::<KrakenClient>(&server).await;
    let (mut more, mut ticks) = (kraken.stream_another_reply(), kraken.stream_ticker());
    let symbols = Symbols { channel: "ticker".into(), symbol: vec!["A".into(), "B".into()] };
    let call = begin(kraken.call_subscribe_to(&symbols).with_id());
    let params = json!({"channel": "ticker", "symbol": ["A", "B"]});
    let expected = json!({"method": "subscribe", "req_id": 1, "params": params});
    assert_eq!(connection.next_message().await, expected);
    for answer in [
        r#"{"channel":"ticker","type":"snapshot","data":[1]}"#,
        r#"{"method":"subscribe","req_id":1,"result":{"symbol":"A"},"success":true}"#,
        r#"{"method":"subscribe","req_id":1,"result":{"symbol":"B"},"success":true}"#,
    ] {
        connection.send_text(answer).await;
    }
    let (id, first) = in_time(call).await.unwrap().unwrap();
    assert_eq!((id, first), (1, Subscribed { symbol: "A".into() }));
    assert_eq!(next(&mut ticks).await, [1]);
    let second = next(&mut more).await;
    assert_eq!((second.req_id, second.result.symbol.as_str()), (1, "B"));
    // An error is a string there.
    let call = begin(kraken.call_subscribe_to(&symbols));
    assert_eq!(connection.next_message().await["req_id"], 2);
    let text = r#"{"error":"no such pair","method":"subscribe","req_id":2,"success":false}"#;
    connection.send_text(text).await;
    let refused = in_time(call).await.unwrap().unwrap_err().into_refused();
    assert_eq!(refused.as_deref(), Some("no such pair"));
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Join {
    topic: String,
    event: String,
    payload: Value,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Closed {
    topic: String,
    #[serde(rename = "ref")]
    reference: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Reason {
    reason: String,
}

/// The form of Phoenix channels: each message has a topic beside its tag.
#[derive(Debug, Contract)]
#[contract(
    tag = "/event",
    id = "ref",
    ids = "string",
    result = "/payload/response",
    error = "/payload/response",
    success = "/payload/status"
)]
enum Phoenix {
    #[message(from = "client", name = "phx_join", reply = Value, error = Reason)]
    Join(Join),
    #[message(from = "server", name = "phx_close")]
    Closed(Closed),
}

#[tokio::test]
async fn phoenix_says_ok_or_error() {
    let server = Server::start().await;
    let (phoenix, mut connection) = open::<PhoenixClient>(&server).await;
    let mut closed = phoenix.stream_closed();
    let join =
        Join { topic: "room:1".into(), event: "phx_join".into(), payload: json!({"ref": "9"}) };
    let joined = begin(phoenix.call_join(&join));
    let request = connection.next_message().await;
    let expected =
        json!({"ref": "1", "topic": "room:1", "event": "phx_join", "payload": {"ref": "9"}});
    assert_eq!(request, expected);
    let failing = begin(phoenix.call_join(&join));
    assert_eq!(connection.next_message().await["ref"], "2");
    for answer in [
        r#"{"topic":"room:1","event":"phx_reply","payload":{"status":"error","response":{"reason":"full"}},"ref":"2"}"#,
        r#"{"topic":"room:1","event":"phx_reply","payload":{"status":"ok","response":{"id":7}},"ref":"1"}"#,
        r#"{"topic":"room:1","event":"phx_close","payload":{},"ref":"1"}"#,
    ] {
        connection.send_text(answer).await;
    }
    let refused = in_time(failing).await.unwrap().unwrap_err().into_refused();
    assert_eq!(refused, Some(Reason { reason: "full".into() }));
    assert_eq!(in_time(joined).await.unwrap().unwrap(), json!({"id": 7}));
    let closed = next(&mut closed).await;
    assert_eq!(closed, Closed { topic: "room:1".into(), reference: Some("1".into()) });
}
