//! [Hyperliquid](https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/websocket): prices and trades of
//! an exchange.
//!
//! The client's messages have their name at `method` and their content beside it; the server's have it at
//! `channel`, with the content at `data`. The first frame may be a line of plain text. The server closes a
//! connection to which it had nothing to send for a minute, so the client pings.

use std::{collections::BTreeMap, time::Duration};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wirebond::{Builder, Contract};

#[derive(Debug, Contract)]
#[contract(
    version = "1.0.0",
    rename_all = "camelCase",
    client(tag = "method"),
    server(tag = "channel", content = "data"),
    id = "id",
    re = "/data/id",
    result = "/data/response"
)]
pub enum Hyperliquid {
    #[message(from = "client")]
    Subscribe(Selection),
    #[message(from = "client")]
    Unsubscribe(Selection),
    /// A question or a signed action, answered by the number that it bears.
    #[message(from = "client", reply = Response)]
    Post(Post),
    #[message(from = "client")]
    Ping,
    #[message(from = "server")]
    Pong,
    /// The subscription as the server has understood it.
    #[message(from = "server")]
    SubscriptionResponse(Subscribed),
    /// Words about a request that was refused.
    #[message(from = "server", method = "refusal")]
    Error(String),
    #[message(from = "server")]
    AllMids(AllMids),
    #[message(from = "server")]
    Trades(Vec<Trade>),
    #[message(from = "server", name = "l2Book")]
    L2Book(L2Book),
    #[message(from = "server")]
    Candle(Candle),
    /// Events of the user who subscribed as `userEvents`.
    #[message(from = "server", name = "user")]
    UserEvents(UserEvents),
    #[message(from = "server")]
    UserFills(UserFills),
    #[message(from = "server")]
    OrderUpdates(Vec<OrderUpdate>),
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Selection {
    pub subscription: Subscription,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum Subscription {
    AllMids,
    Trades {
        coin: String,
    },
    #[serde(rename = "l2Book", rename_all = "camelCase")]
    L2Book {
        coin: String,
        n_sig_figs: Option<u8>,
        mantissa: Option<u8>,
    },
    Candle {
        coin: String,
        interval: String,
    },
    UserEvents {
        user: String,
    },
    UserFills {
        user: String,
    },
    OrderUpdates {
        user: String,
    },
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Subscribed {
    pub method: String,
    pub subscription: Subscription,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Post {
    pub request: Request,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", content = "payload", rename_all = "camelCase")]
pub enum Request {
    Info(serde_json::Value),
    /// Signed by the caller.
    Action(serde_json::Value),
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", content = "payload", rename_all = "camelCase")]
pub enum Response {
    Info(serde_json::Value),
    Action(serde_json::Value),
    Error(String),
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct AllMids {
    pub mids: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Trade {
    pub coin: String,
    pub side: String,
    pub px: String,
    pub sz: String,
    /// Milliseconds since the Unix epoch, as every `time` here.
    pub time: u64,
    pub hash: String,
    pub tid: u64,
    pub users: Vec<String>,
}

/// Bids and asks, always whole.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct L2Book {
    pub coin: String,
    pub time: u64,
    pub levels: [Vec<Level>; 2],
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Level {
    pub px: String,
    pub sz: String,
    pub n: u32,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Candle {
    #[serde(rename = "t")]
    pub from: u64,
    #[serde(rename = "T")]
    pub until: u64,
    pub s: String,
    pub i: String,
    pub o: String,
    pub c: String,
    pub h: String,
    pub l: String,
    pub v: String,
    pub n: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum UserEvents {
    Fills(Vec<Fill>),
    Funding(serde_json::Value),
    Liquidation(serde_json::Value),
    NonUserCancel(serde_json::Value),
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserFills {
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_snapshot: bool,
    pub user: String,
    pub fills: Vec<Fill>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Fill {
    pub coin: String,
    pub px: String,
    pub sz: String,
    pub side: String,
    pub time: u64,
    pub start_position: String,
    pub dir: String,
    pub closed_pnl: String,
    pub hash: String,
    pub oid: u64,
    pub crossed: bool,
    pub fee: String,
    pub tid: u64,
    pub fee_token: String,
    pub twap_id: Option<u64>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderUpdate {
    pub order: Order,
    pub status: String,
    pub status_timestamp: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Order {
    pub coin: String,
    pub side: String,
    pub limit_px: String,
    pub sz: String,
    pub oid: u64,
    pub timestamp: u64,
    pub orig_sz: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cloid: Option<String>,
}

/// The settings of a client that pings as the official ones do.
pub fn builder(url: &str) -> Builder<HyperliquidClient> {
    HyperliquidClient::builder(url)
        .heartbeat_message(|| Hyperliquid::Ping)
        .heartbeat_interval(Duration::from_secs(50))
        .ignore_text(["Websocket connection established."])
        .max_reconnect_attempts(None)
}
