//! Coinbase Advanced Trade.

use crate::support::{Server, arrives, soon};

#[path = "../../examples/wires/coinbase_advanced.rs"]
mod wire;

use wire::{Coinbase, Selection, builder};

fn selection(channel: &str, products: &[&str], jwt: Option<&str>) -> Selection {
    Selection {
        channel: channel.to_owned(),
        product_ids: products.iter().map(|&product| product.to_owned()).collect(),
        jwt: jwt.map(str::to_owned),
    }
}

const FRAMES: [(&str, &str); 10] = [
    (
        r#"{"channel":"l2_data","client_id":"","timestamp":"2026-08-01T10:00:00.1Z","sequence_num":0,"events":[{"type":"snapshot","product_id":"BTC-USD","updates":[{"side":"bid","event_time":"1970-01-01T00:00:00Z","price_level":"60000.01","new_quantity":"0.5"},{"side":"offer","event_time":"1970-01-01T00:00:00Z","price_level":"60000.02","new_quantity":"1.2"}]}]}"#,
        "Level2",
    ),
    (
        r#"{"channel":"subscriptions","client_id":"","timestamp":"2026-08-01T10:00:00.2Z","sequence_num":1,"events":[{"subscriptions":{"heartbeats":["heartbeats"],"level2":["BTC-USD"]}}]}"#,
        "Subscriptions",
    ),
    (r#"{"type":"error","message":"authentication failure"}"#, "Error"),
    (
        r#"{"channel":"heartbeats","client_id":"","timestamp":"2026-08-01T10:00:01Z","sequence_num":3,"events":[{"current_time":"2026-08-01 10:00:01.674409 +0000 UTC m=+139651.272674714","heartbeat_counter":139651}]}"#,
        "Heartbeats",
    ),
    (
        r#"{"channel":"l2_data","client_id":"","timestamp":"2026-08-01T10:00:02Z","sequence_num":4,"events":[{"type":"update","product_id":"BTC-USD","updates":[{"side":"bid","event_time":"2026-08-01T10:00:01.9Z","price_level":"60000.01","new_quantity":"0"}]}]}"#,
        "Level2",
    ),
    (
        r#"{"channel":"market_trades","client_id":"","timestamp":"2026-08-01T10:00:02Z","sequence_num":5,"events":[{"type":"update","trades":[{"trade_id":"1000","product_id":"BTC-USD","price":"60000.02","size":"0.01","side":"BUY","time":"2026-08-01T10:00:01.99Z"}]}]}"#,
        "MarketTrades",
    ),
    (
        r#"{"channel":"ticker","client_id":"","timestamp":"2026-08-01T10:00:03Z","sequence_num":6,"events":[{"type":"update","tickers":[{"type":"ticker","product_id":"BTC-USD","price":"60000.02","volume_24_h":"12345.6","low_24_h":"59000","high_24_h":"61000","low_52_w":"20000","high_52_w":"70000","price_percent_chg_24_h":"-0.2","best_bid":"60000.01","best_bid_quantity":"0.5","best_ask":"60000.02","best_ask_quantity":"1.2"}]}]}"#,
        "Ticker",
    ),
    (
        r#"{"channel":"candles","client_id":"","timestamp":"2026-08-01T10:00:03Z","sequence_num":7,"events":[{"type":"snapshot","candles":[{"start":"1785578400","high":"2","low":"1","open":"1","close":"2","volume":"10","product_id":"BTC-USD"}]}]}"#,
        "Candles",
    ),
    (
        r#"{"channel":"status","client_id":"","timestamp":"2026-08-01T10:00:03Z","sequence_num":8,"events":[{"type":"snapshot","products":[{"product_type":"SPOT","id":"BTC-USD","base_currency":"BTC","quote_currency":"USD","base_increment":"0.00000001","quote_increment":"0.01","display_name":"BTC/USD","status":"online","status_message":"","min_market_funds":"1"}]}]}"#,
        "Status",
    ),
    (
        r#"{"channel":"user","client_id":"","timestamp":"2026-08-01T10:00:04Z","sequence_num":1,"events":[{"type":"update","orders":[{"order_id":"o-1","client_order_id":"c-1","status":"OPEN","product_id":"BTC-USD","order_side":"BUY","order_type":"Limit","cumulative_quantity":"0","leaves_quantity":"0.01","avg_price":"0","total_fees":"0","creation_time":"2026-08-01T10:00:04Z"}]}]}"#,
        "User",
    ),
];

#[tokio::test]
async fn every_frame_of_the_server_is_its_message() {
    let server = Server::start().await;
    let app = soon(builder(&server.url()));
    let mut messages = app.messages();
    let (connected, mut peer) = tokio::join!(app.connect(), server.accept());
    connected.unwrap();
    arrives(&mut peer, &mut messages, &FRAMES).await;
    // An error that names a channel, too, is that channel's message, or none.
    peer.send(r#"{"type":"error","message":"x","channel":"unheard-of"}"#).await;
    arrives(&mut peer, &mut messages, &FRAMES[2..3]).await;
    assert_eq!((app.stats().malformed, app.stats().unknown), (0, 1));
}

#[tokio::test]
async fn what_the_client_sends_is_as_documented() {
    let server = Server::start().await;
    let app = soon(builder(&server.url()));
    let (connected, mut peer) = tokio::join!(app.connect(), server.accept());
    connected.unwrap();
    app.send_subscribe(&selection("heartbeats", &[], None)).await.unwrap();
    peer.expect(r#"{"type":"subscribe","channel":"heartbeats"}"#).await;
    app.send_subscribe(&selection("user", &["BTC-USD"], Some("eyJ.c.d"))).await.unwrap();
    peer.expect(
        r#"{"type":"subscribe","channel":"user","product_ids":["BTC-USD"],"jwt":"eyJ.c.d"}"#,
    )
    .await;
    app.send_unsubscribe(&selection("level2", &["BTC-USD"], None)).await.unwrap();
    peer.expect(r#"{"type":"unsubscribe","product_ids":["BTC-USD"],"channel":"level2"}"#).await;
}

#[tokio::test]
async fn subscriptions_come_back_with_a_fresh_signature() {
    let server = Server::start().await;
    let app = soon(builder(&server.url()));
    let signed = std::sync::atomic::AtomicU32::new(0);
    let sign = move || {
        let number = signed.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        selection("level2", &["BTC-USD"], Some(&format!("jwt-{number}")))
    };
    let _heartbeats = app.hold_subscribe(&selection("heartbeats", &[], None)).unwrap();
    let _level2 = app.hold_subscribe_with(sign);
    let (connected, mut peer) = tokio::join!(app.connect(), server.accept());
    connected.unwrap();
    let mut jwts = Vec::new();
    for connection in 0..2 {
        peer.expect(r#"{"type":"subscribe","channel":"heartbeats"}"#).await;
        let frame = crate::support::json(&peer.text().await);
        assert_eq!(frame["channel"], "level2");
        jwts.push(frame["jwt"].clone());
        if connection == 0 {
            drop(peer);
            peer = server.accept().await;
        }
    }
    assert_ne!(jwts[0], jwts[1]);
}

#[test]
fn the_contract_is_a_document() {
    crate::support::document_takes::<Coinbase>(&FRAMES);
}
