//! Hyperliquid.

use crate::support::{Server, arrives, in_time, soon};

#[path = "../../examples/wires/hyperliquid.rs"]
mod wire;

use wire::{Hyperliquid, Post, Request, Response, Selection, Subscription, builder};

fn trades() -> Selection {
    Selection { subscription: Subscription::Trades { coin: "BTC".to_owned() } }
}

const FRAMES: [(&str, &str); 11] = [
    (
        r#"{"channel":"subscriptionResponse","data":{"method":"subscribe","subscription":{"type":"trades","coin":"BTC"}}}"#,
        "SubscriptionResponse",
    ),
    (
        r#"{"channel":"error","data":"Invalid subscription {\"type\":\"tradez\",\"coin\":\"BTC\"}"}"#,
        "Error",
    ),
    (r#"{"channel":"pong"}"#, "Pong"),
    (
        r#"{"channel":"trades","data":[{"coin":"BTC","side":"B","px":"68900.5","sz":"0.01","time":1785578400123,"hash":"0xab","tid":118906512037719,"users":["0x1","0x2"]}]}"#,
        "Trades",
    ),
    (r#"{"channel":"trades","data":[]}"#, "Trades"),
    (
        r#"{"channel":"l2Book","data":{"coin":"ETH","time":1785578400123,"levels":[[{"px":"3500.1","sz":"2.5","n":3}],[{"px":"3500.2","sz":"1","n":1}]]}}"#,
        "L2Book",
    ),
    (r#"{"channel":"allMids","data":{"mids":{"BTC":"68900.5","@142":"1.1"}}}"#, "AllMids"),
    (
        r#"{"channel":"candle","data":{"t":1785578400000,"T":1785578459999,"s":"BTC","i":"1m","o":"1","c":"2","h":"3","l":"1","v":"10.5","n":7}}"#,
        "Candle",
    ),
    (
        r#"{"channel":"user","data":{"fills":[{"coin":"BTC","px":"1","sz":"1","side":"A","time":1785578400123,"startPosition":"0","dir":"Open Short","closedPnl":"0","hash":"0xe2","oid":55,"crossed":false,"fee":"0.1","tid":74,"feeToken":"USDC","twapId":null}]}}"#,
        "UserEvents",
    ),
    (r#"{"channel":"userFills","data":{"isSnapshot":true,"user":"0x1","fills":[]}}"#, "UserFills"),
    (
        r#"{"channel":"orderUpdates","data":[{"order":{"coin":"BTC","side":"B","limitPx":"1","sz":"1","oid":9,"timestamp":1785578400123,"origSz":"1","cloid":"0xc1"},"status":"open","statusTimestamp":1785578400124}]}"#,
        "OrderUpdates",
    ),
];

#[tokio::test]
async fn every_frame_of_the_server_is_its_message() {
    let server = Server::start().await;
    let app = soon(builder(&server.url()));
    let mut messages = app.messages();
    let (connected, mut peer) = tokio::join!(app.connect(), server.accept());
    connected.unwrap();
    peer.send("Websocket connection established.").await;
    arrives(&mut peer, &mut messages, &FRAMES).await;
    assert_eq!(app.stats().malformed, 0);
}

#[tokio::test]
async fn what_the_client_sends_is_as_documented() {
    let server = Server::start().await;
    let app = soon(builder(&server.url()));
    let (connected, mut peer) = tokio::join!(app.connect(), server.accept());
    connected.unwrap();
    app.send_subscribe(&trades()).await.unwrap();
    peer.expect(r#"{"method":"subscribe","subscription":{"type":"trades","coin":"BTC"}}"#).await;
    let book = Subscription::L2Book { coin: "ETH".to_owned(), n_sig_figs: Some(5), mantissa: None };
    app.send_subscribe(&Selection { subscription: book }).await.unwrap();
    peer.expect(r#"{"method":"subscribe","subscription":{"type":"l2Book","coin":"ETH","nSigFigs":5,"mantissa":null}}"#).await;
    app.send_unsubscribe(&trades()).await.unwrap();
    peer.expect(r#"{"method":"unsubscribe","subscription":{"type":"trades","coin":"BTC"}}"#).await;
    app.send_ping().await.unwrap();
    peer.expect(r#"{"method":"ping"}"#).await;
}

#[tokio::test]
async fn a_post_is_answered_by_its_number() {
    let server = Server::start().await;
    let app = soon(builder(&server.url()));
    let (connected, mut peer) = tokio::join!(app.connect(), server.accept());
    connected.unwrap();
    let post = |what: &str| Post { request: Request::Info(serde_json::json!({ "type": what })) };
    let (first, second) = (post("l2Book"), post("allMids"));
    let calls = async { tokio::join!(app.call_post(&first), app.call_post(&second)) };
    let served = async {
        let mut ids = Vec::new();
        for what in ["l2Book", "allMids"] {
            let frame = crate::support::json(&peer.text().await);
            assert_eq!(frame["method"], "post");
            assert_eq!(frame["request"]["payload"]["type"], what);
            ids.push(frame["id"].as_u64().unwrap());
        }
        // The other way round.
        peer.send(&format!(r#"{{"channel":"post","data":{{"id":{},"response":{{"type":"error","payload":"Cannot track more than 10 total users."}}}}}}"#, ids[1])).await;
        peer.send(&format!(r#"{{"channel":"post","data":{{"id":{},"response":{{"type":"info","payload":{{"type":"l2Book","data":{{"coin":"ETH","time":1,"levels":[[],[]]}}}}}}}}}}"#, ids[0])).await;
    };
    let ((first, second), ()) = in_time(async { tokio::join!(calls, served) }).await;
    assert!(matches!(first.unwrap(), Response::Info(_)));
    assert!(matches!(second.unwrap(), Response::Error(_)));
}

#[tokio::test]
async fn subscriptions_come_back_after_a_cut() {
    let server = Server::start().await;
    let app = soon(builder(&server.url()));
    let (connected, mut peer) = tokio::join!(app.connect(), server.accept());
    connected.unwrap();
    let hold = app.hold_subscribe(&trades()).unwrap();
    let subscribe = r#"{"method":"subscribe","subscription":{"type":"trades","coin":"BTC"}}"#;
    peer.expect(subscribe).await;
    drop(peer);
    let mut peer = server.accept().await;
    peer.expect(subscribe).await;
    assert!(hold.is_sent());
    hold.release();
}

#[test]
fn the_contract_is_a_document() {
    crate::support::document_takes::<Hyperliquid>(&FRAMES);
}
