//! [Coinbase Advanced Trade](https://docs.cdp.coinbase.com/coinbase-app/advanced-trade-apis/websocket/websocket-overview):
//! market data and orders.
//!
//! The client's messages have their name at `type`, the server's at `channel`; an error of the server's has no channel,
//! but a `type`. There are no numbers of requests: what is subscribed is said by the server, whole, after each
//! change. A connection that subscribes to nothing is closed after five seconds, so subscriptions are holds, and
//! each is signed anew.

use std::{collections::BTreeMap, time::Duration};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wirebond::{Builder, Contract, HeartbeatKind};

#[derive(Debug, Contract)]
#[contract(
    version = "1.0.0",
    rename_all = "snake_case",
    client(tag = "type"),
    server(tag = "channel")
)]
pub enum Coinbase {
    #[message(from = "client")]
    Subscribe(Selection),
    #[message(from = "client")]
    Unsubscribe(Selection),
    /// Everything that is subscribed by now.
    #[message(from = "server")]
    Subscriptions(Frame<Subscribed>),
    /// Each second, for who subscribed to it.
    #[message(from = "server")]
    Heartbeats(Frame<Heartbeat>),
    /// What a subscription to `level2` gets.
    #[message(from = "server", name = "l2_data")]
    Level2(Frame<Level2>),
    #[message(from = "server")]
    MarketTrades(Frame<Trades>),
    #[message(from = "server")]
    Ticker(Frame<Tickers>),
    #[message(from = "server")]
    TickerBatch(Frame<Tickers>),
    #[message(from = "server")]
    Candles(Frame<Candles>),
    #[message(from = "server")]
    Status(Frame<Products>),
    #[message(from = "server")]
    User(Frame<Orders>),
    /// It names neither the channel nor the request.
    #[message(from = "server", key = "type", method = "refusal")]
    Error(Failure),
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Selection {
    pub channel: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub product_ids: Vec<String>,
    /// Valid for two minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwt: Option<String>,
}

/// What all messages of the server have around their events.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "{T}Frame")]
pub struct Frame<T> {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    pub timestamp: String,
    /// Counts all frames of a connection: a gap means that some were lost.
    pub sequence_num: u64,
    pub events: Vec<T>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Subscribed {
    pub subscriptions: BTreeMap<String, Vec<String>>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Heartbeat {
    pub current_time: String,
    pub heartbeat_counter: Counter,
}

/// Documented as a string, sent as an integer.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Counter {
    Number(u64),
    Text(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Snapshot,
    Update,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Level2 {
    pub r#type: Kind,
    pub product_id: String,
    pub updates: Vec<Level>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Level {
    pub side: String,
    pub event_time: String,
    pub price_level: String,
    /// What there is now; "0" takes the level away.
    pub new_quantity: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Trades {
    pub r#type: Kind,
    pub trades: Vec<Trade>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Trade {
    pub trade_id: String,
    pub product_id: String,
    pub price: String,
    pub size: String,
    pub side: String,
    pub time: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Tickers {
    pub r#type: Kind,
    pub tickers: Vec<Ticker>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Ticker {
    pub r#type: String,
    pub product_id: String,
    pub price: String,
    pub volume_24_h: String,
    pub low_24_h: String,
    pub high_24_h: String,
    pub low_52_w: String,
    pub high_52_w: String,
    pub price_percent_chg_24_h: String,
    /// Absent in `ticker_batch`, as the following are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub best_bid: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub best_bid_quantity: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub best_ask: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub best_ask_quantity: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Candles {
    pub r#type: Kind,
    pub candles: Vec<Candle>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Candle {
    /// Seconds since the Unix epoch.
    pub start: String,
    pub high: String,
    pub low: String,
    pub open: String,
    pub close: String,
    pub volume: String,
    pub product_id: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Products {
    pub r#type: Kind,
    pub products: Vec<Product>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Product {
    pub product_type: String,
    pub id: String,
    pub base_currency: String,
    pub quote_currency: String,
    pub base_increment: String,
    pub quote_increment: String,
    pub display_name: String,
    pub status: String,
    pub status_message: String,
    pub min_market_funds: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Orders {
    pub r#type: Kind,
    pub orders: Vec<Order>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Order {
    pub order_id: String,
    pub client_order_id: String,
    pub status: String,
    pub product_id: String,
    pub order_side: String,
    pub order_type: String,
    pub cumulative_quantity: String,
    pub leaves_quantity: String,
    pub avg_price: String,
    pub total_fees: String,
    pub creation_time: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Failure {
    pub r#type: String,
    pub message: String,
}

/// The settings of a client that takes five silent seconds for the end, so hold a subscription to `heartbeats`. Others are
/// made with a fresh signature by `hold_subscribe_with`.
pub fn builder(url: &str) -> Builder<CoinbaseClient> {
    CoinbaseClient::builder(url)
        .heartbeat(HeartbeatKind::Listen)
        .heartbeat_interval(Duration::from_secs(4))
        .heartbeat_timeout(Duration::from_secs(1))
        .max_message_size(10 << 20)
        .max_reconnect_attempts(None)
}
