//! Kraken's WebSocket API v2.

use serde_json::{Value, json};
use wirebond::CallError;

use crate::support::{Server, arrives, in_time, json as value, soon};

#[path = "../../examples/wires/kraken_v2.rs"]
mod wire;

use wire::{Cancel, CancelBatch, Kraken, Order, Subscription, builder, private};

const STATUS: &str = r#"{"channel":"status","data":[{"api_version":"v2","connection_id":18266300427528990701,"system":"online","version":"2.0.10"}],"type":"update"}"#;
const REPLY: &str = r#"{"method":"subscribe","req_id":42,"result":{"channel":"ticker","event_trigger":"trades","snapshot":true,"symbol":"BTC/USD"},"success":true,"time_in":"2026-08-01T10:00:00.000001Z","time_out":"2026-08-01T10:00:00.000050Z"}"#;
const REFUSED: &str = r#"{"error":"Currency pair not supported XBT/USD","method":"subscribe","req_id":42,"success":false,"symbol":"XBT/USD","time_in":"2026-08-01T10:00:00.000001Z","time_out":"2026-08-01T10:00:00.000050Z"}"#;

const FRAMES: [(&str, &str); 11] = [
    (STATUS, "Status"),
    (r#"{"channel":"heartbeat"}"#, "Heartbeat"),
    (
        r#"{"channel":"ticker","type":"snapshot","data":[{"symbol":"BTC/USD","bid":60000.1,"bid_qty":0.5,"ask":60000.2,"ask_qty":1.25,"last":60000.1,"volume":12.5,"vwap":59950.3,"low":59000.0,"high":61000.0,"change":-120.4,"change_pct":-0.2}]}"#,
        "Ticker",
    ),
    (
        r#"{"channel":"book","type":"snapshot","data":[{"symbol":"BTC/USD","bids":[{"price":60000.1,"qty":0.5}],"asks":[{"price":60000.2,"qty":1.0}],"checksum":2439117997}]}"#,
        "Book",
    ),
    (
        r#"{"channel":"book","type":"update","data":[{"symbol":"BTC/USD","bids":[{"price":60000.1,"qty":0.0}],"asks":[],"checksum":2114181697,"timestamp":"2026-08-01T10:00:02.123456Z"}]}"#,
        "Book",
    ),
    (
        r#"{"channel":"trade","type":"update","data":[{"symbol":"BTC/USD","side":"buy","price":60000.2,"qty":0.01,"ord_type":"market","trade_id":4665906,"timestamp":"2026-08-01T10:00:02.2Z"}]}"#,
        "Trade",
    ),
    (
        r#"{"channel":"executions","type":"snapshot","data":[{"order_id":"OABC-1","order_status":"new","exec_type":"new","symbol":"BTC/USD","side":"buy","order_qty":0.01,"limit_price":30000.0,"timestamp":"2026-08-01T10:00:02.3Z"}],"sequence":1}"#,
        "Executions",
    ),
    // Nobody waits for these.
    (REPLY, "Reply"),
    (REFUSED, "Reply"),
    (
        r#"{"method":"pong","req_id":101,"time_in":"2026-08-01T10:00:01.000001Z","time_out":"2026-08-01T10:00:01.000010Z"}"#,
        "Reply",
    ),
    (r#"{"Error":"Exceeded msg rate"}"#, "TooFast"),
];

fn ticker(symbols: &[&str]) -> Subscription {
    Subscription {
        channel: "ticker".to_owned(),
        symbol: symbols.iter().map(|&symbol| symbol.to_owned()).collect(),
        ..Subscription::default()
    }
}

/// The answer with the number of the request.
fn answer(request: &Value, mut answer: Value) -> String {
    answer["req_id"] = request["req_id"].clone();
    answer["method"] = request["method"].clone();
    answer["time_in"] = json!("2026-08-01T10:00:03Z");
    answer["time_out"] = json!("2026-08-01T10:00:03.01Z");
    answer.to_string()
}

#[tokio::test]
async fn every_frame_of_the_server_is_its_message() {
    let server = Server::start().await;
    let app = soon(builder(&server.url()));
    let mut messages = app.messages();
    let mut statuses = app.stream_status();
    let (connected, mut peer) = tokio::join!(app.connect(), server.accept());
    connected.unwrap();
    arrives(&mut peer, &mut messages, &FRAMES).await;
    let status = in_time(statuses.next()).await.unwrap().data;
    assert_eq!(status.data[0].connection_id, Some(18_266_300_427_528_990_701));
    assert_eq!((app.stats().malformed, app.stats().unknown), (0, 0));
}

#[tokio::test]
async fn each_symbol_has_a_reply_and_the_first_is_the_answer() {
    let server = Server::start().await;
    let app = soon(builder(&server.url()));
    let mut replies = app.stream_reply();
    let (connected, mut peer) = tokio::join!(app.connect(), server.accept());
    connected.unwrap();
    let mut both = ticker(&["BTC/USD", "ETH/USD"]);
    both.event_trigger = Some("trades".to_owned());
    both.snapshot = Some(true);
    let served = async {
        let request = value(&peer.text().await);
        let number = request["req_id"].as_u64().unwrap();
        assert_eq!(
            request,
            json!({ "method": "subscribe", "params": { "channel": "ticker", "symbol": ["BTC/USD", "ETH/USD"], "event_trigger": "trades", "snapshot": true }, "req_id": number })
        );
        for symbol in ["BTC/USD", "ETH/USD"] {
            let frame = REPLY.replace("42", &number.to_string()).replace("BTC/USD", symbol);
            peer.send(&frame).await;
        }
        number
    };
    let (subscribed, number) =
        in_time(async { tokio::join!(app.call_subscribe(&both), served) }).await;
    assert_eq!(subscribed.unwrap().symbol.as_deref(), Some("BTC/USD"));
    let reply = in_time(replies.next()).await.unwrap().data;
    assert_eq!(reply.req_id, Some(number));
    assert_eq!(reply.result.unwrap().symbol.as_deref(), Some("ETH/USD"));

    let other = ticker(&["XBT/USD"]);
    let served = async {
        let number = value(&peer.text().await)["req_id"].to_string();
        peer.send(&REFUSED.replace("42", &number)).await;
    };
    let (refused, ()) = in_time(async { tokio::join!(app.call_subscribe(&other), served) }).await;
    match refused.unwrap_err() {
        CallError::Refused(failure) => {
            assert_eq!(failure.error, "Currency pair not supported XBT/USD");
            assert_eq!(failure.symbol.as_deref(), Some("XBT/USD"));
        }
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn orders_are_placed_and_cancelled() {
    let server = Server::start().await;
    let app = soon(builder(&server.url()));
    let (connected, mut peer) = tokio::join!(app.connect(), server.accept());
    connected.unwrap();
    let order = Order {
        order_type: "limit".to_owned(),
        side: "buy".to_owned(),
        order_qty: 0.01,
        symbol: "BTC/USD".to_owned(),
        limit_price: Some(30000.0),
        time_in_force: Some("gtc".to_owned()),
        cl_ord_id: Some("c-1".to_owned()),
        token: "TOK".to_owned(),
    };
    let orders = || vec!["OABC-1".to_owned(), "OABC-2".to_owned()];
    let cancel = Cancel { order_id: orders(), token: "TOK".to_owned() };
    let batch = CancelBatch { orders: orders(), token: "TOK".to_owned() };
    let calls = async {
        tokio::join!(
            app.call_add_order(&order),
            app.call_add_order(&order),
            app.call_cancel_order(&cancel),
            app.call_batch_cancel(&batch),
            app.call_ping(),
        )
    };
    let served = async {
        let mut requests = Vec::new();
        for params in [
            json!({ "order_type": "limit", "side": "buy", "order_qty": 0.01, "symbol": "BTC/USD", "limit_price": 30000.0, "time_in_force": "gtc", "cl_ord_id": "c-1", "token": "TOK" }),
            json!({ "order_type": "limit", "side": "buy", "order_qty": 0.01, "symbol": "BTC/USD", "limit_price": 30000.0, "time_in_force": "gtc", "cl_ord_id": "c-1", "token": "TOK" }),
            json!({ "order_id": ["OABC-1", "OABC-2"], "token": "TOK" }),
            json!({ "orders": ["OABC-1", "OABC-2"], "token": "TOK" }),
            Value::Null,
        ] {
            let request = value(&peer.text().await);
            assert_eq!(request["params"], params);
            assert!(request["req_id"].is_u64());
            requests.push(request);
        }
        let methods: Vec<_> = requests.iter().map(|request| &request["method"]).collect();
        assert_eq!(methods, ["add_order", "add_order", "cancel_order", "batch_cancel", "ping"]);
        assert!(requests[4].get("params").is_none());
        // In another order.
        let mut pong = value(&answer(&requests[4], json!({})));
        pong["method"] = json!("pong");
        peer.send(&pong.to_string()).await;
        let cancelled = json!({ "orders_cancelled": 2, "success": true });
        peer.send(&answer(&requests[3], cancelled)).await;
        let placed = json!({ "result": { "order_id": "OABC-1", "cl_ord_id": "c-1", "order_userref": 0 }, "success": true });
        peer.send(&answer(&requests[2], placed.clone())).await;
        let poor = json!({ "error": "EOrder:Insufficient funds", "success": false });
        peer.send(&answer(&requests[1], poor)).await;
        peer.send(&answer(&requests[0], placed)).await;
    };
    let ((placed, refused, cancelled, batch, pong), ()) =
        in_time(async { tokio::join!(calls, served) }).await;
    assert_eq!(placed.unwrap().cl_ord_id.as_deref(), Some("c-1"));
    let refused = refused.unwrap_err().into_refused().expect("Kraken's own words");
    assert_eq!(refused.error, "EOrder:Insufficient funds");
    assert_eq!(cancelled.unwrap().order_id, "OABC-1");
    assert_eq!(batch.unwrap().orders_cancelled, 2);
    assert_eq!(pong.unwrap().time_in, "2026-08-01T10:00:03Z");
}

#[tokio::test]
async fn subscriptions_come_back_after_a_cut() {
    let server = Server::start().await;
    let app = soon(builder(&server.url()));
    let (connected, mut peer) = tokio::join!(app.connect(), server.accept());
    connected.unwrap();
    let hold = app.hold_subscribe(&ticker(&["BTC/USD"])).unwrap();
    // A call, whose number is that of each connection.
    let subscribe =
        r#"{"method":"subscribe","req_id":1,"params":{"channel":"ticker","symbol":["BTC/USD"]}}"#;
    peer.expect(subscribe).await;
    drop(peer);
    let mut peer = server.accept().await;
    peer.expect(subscribe).await;
    hold.release();
    app.send_unsubscribe(&ticker(&["BTC/USD"])).await.unwrap();
    peer.expect(r#"{"method":"unsubscribe","params":{"channel":"ticker","symbol":["BTC/USD"]}}"#)
        .await;
}

#[tokio::test]
async fn private_subscriptions_have_a_token_of_each_connection() {
    let server = Server::start().await;
    let made = std::sync::atomic::AtomicUsize::new(0);
    let app = soon(private(&server.url(), move || {
        let number = made.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let executions = Subscription {
            channel: "executions".to_owned(),
            token: Some(format!("TOK{number}")),
            snap_orders: Some(true),
            snap_trades: Some(false),
            ..Subscription::default()
        };
        async { Ok(vec![executions]) }
    }));
    let frame = |number| json!({ "method": "subscribe", "params": { "channel": "executions", "token": format!("TOK{number}"), "snap_orders": true, "snap_trades": false } });
    let (connected, mut peer) = tokio::join!(app.connect(), server.accept());
    connected.unwrap();
    assert_eq!(value(&peer.text().await), frame(0));
    drop(peer);
    let mut peer = server.accept().await;
    assert_eq!(value(&peer.text().await), frame(1));
}

#[test]
fn the_contract_is_a_document() {
    crate::support::document_takes::<Kraken>(&FRAMES);
}
