//! [Kraken's WebSocket API v2](https://docs.kraken.com/api/docs/websocket-v2/add_order): market data and orders.
//!
//! The client's messages have their name at `method` and their content at `params`. What the server pushes has its
//! name at `channel`; its replies have `method`, and the number of the request; one error has neither. A request for
//! several symbols gets a reply for each: the first one answers the call, the others come as [`Kraken::Reply`].

use std::{future::Future, sync::Arc, time::Duration};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wirebond::{Builder, Contract, OpeningError};

#[derive(Debug, Contract)]
#[contract(
    version = "1.0.0",
    rename_all = "snake_case",
    client(tag = "method", content = "params"),
    server(tag = "channel"),
    id = "req_id",
    result = "result",
    success = "success"
)]
pub enum Kraken {
    #[message(from = "client", reply = Subscribed, error = Failure)]
    Subscribe(Subscription),
    #[message(from = "client", reply = Subscribed, error = Failure)]
    Unsubscribe(Subscription),
    #[message(from = "client", reply = OrderPlaced, error = Failure)]
    AddOrder(Order),
    #[message(from = "client", reply = OrderPlaced, error = Failure)]
    CancelOrder(Cancel),
    #[message(from = "client", reply = Cancelled, error = Failure)]
    BatchCancel(CancelBatch),
    #[message(from = "client", reply = Pong)]
    Ping,
    #[message(from = "server")]
    Status(Data<Status>),
    #[message(from = "server")]
    Heartbeat,
    #[message(from = "server")]
    Ticker(Data<Ticker>),
    #[message(from = "server")]
    Book(Data<Book>),
    #[message(from = "server")]
    Trade(Data<Trade>),
    #[message(from = "server")]
    Executions(Data<Execution>),
    /// Replies after the first one of a request.
    #[message(from = "server", key = "method")]
    Reply(Reply),
    #[message(from = "server", key = "Error")]
    TooFast(TooFast),
}

#[derive(Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct Subscription {
    pub channel: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub symbol: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_trigger: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<bool>,
    /// Of this connection, for what is private.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snap_orders: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snap_trades: Option<bool>,
}

impl std::fmt::Debug for Subscription {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Subscription").field("channel", &self.channel).finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Subscribed {
    pub channel: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub symbol: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// Why a request was refused. The others of its symbols may not be.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Failure {
    pub error: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub symbol: Option<String>,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct Order {
    pub order_type: String,
    pub side: String,
    pub order_qty: f64,
    pub symbol: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit_price: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_in_force: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cl_ord_id: Option<String>,
    pub token: String,
}

impl std::fmt::Debug for Order {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Order").field("symbol", &self.symbol).finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct OrderPlaced {
    pub order_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cl_ord_id: Option<String>,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct Cancel {
    pub order_id: Vec<String>,
    pub token: String,
}

impl std::fmt::Debug for Cancel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cancel").field("order_id", &self.order_id).finish_non_exhaustive()
    }
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct CancelBatch {
    pub orders: Vec<String>,
    pub token: String,
}

impl std::fmt::Debug for CancelBatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CancelBatch").field("orders", &self.orders).finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Pong {
    pub time_in: String,
    pub time_out: String,
}

/// It stands beside the name, not in `result`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Cancelled {
    pub orders_cancelled: u32,
}

/// What is pushed.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "{T}Data")]
pub struct Data<T> {
    pub r#type: Kind,
    pub data: Vec<T>,
    /// Counts the messages of a private subscription.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Snapshot,
    Update,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Status {
    pub api_version: String,
    /// Absent during maintenance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection_id: Option<u64>,
    pub system: String,
    pub version: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Ticker {
    pub symbol: String,
    pub bid: f64,
    pub bid_qty: f64,
    pub ask: f64,
    pub ask_qty: f64,
    pub last: f64,
    pub volume: f64,
    pub vwap: f64,
    pub low: f64,
    pub high: f64,
    pub change: f64,
    pub change_pct: f64,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Book {
    pub symbol: String,
    pub bids: Vec<Level>,
    pub asks: Vec<Level>,
    /// CRC32 over the digits of the prices, as they were sent.
    pub checksum: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<String>,
}

/// The digits for the checksum need `serde_json::Number` with its feature `arbitrary_precision` in place of `f64`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Level {
    pub price: f64,
    /// 0 takes the level away.
    pub qty: f64,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Trade {
    pub symbol: String,
    pub side: String,
    pub price: f64,
    pub qty: f64,
    pub ord_type: String,
    pub trade_id: u64,
    pub timestamp: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Execution {
    pub order_id: String,
    pub order_status: String,
    pub exec_type: String,
    pub symbol: String,
    pub side: String,
    pub order_qty: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit_price: Option<f64>,
    pub timestamp: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Reply {
    pub method: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub req_id: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<Subscribed>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// Slow down.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct TooFast {
    #[serde(rename = "Error")]
    pub error: String,
}

/// The settings of a client of what is public: hold its subscriptions. Five silent seconds are the end of a connection.
pub fn builder(url: &str) -> Builder<KrakenClient> {
    KrakenClient::builder(url)
        .heartbeat_interval(Duration::from_secs(3))
        .heartbeat_timeout(Duration::from_secs(2))
        .max_reconnect_attempts(None)
}

/// The settings of a client that asks `subscriptions` on every new connection for those that it begins with, with a
/// fresh token in them.
pub fn private<F, S>(url: &str, subscriptions: F) -> Builder<KrakenClient>
where
    F: Fn() -> S + Send + Sync + 'static,
    S: Future<Output = Result<Vec<Subscription>, OpeningError>> + Send + 'static,
{
    let subscriptions = Arc::new(subscriptions);
    builder(url).opening(move |peer| {
        let subscriptions = Arc::clone(&subscriptions);
        async move {
            for subscription in subscriptions().await? {
                peer.send_subscribe(&subscription).await?;
            }
            Ok(())
        }
    })
}
