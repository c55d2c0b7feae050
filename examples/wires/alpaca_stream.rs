//! [Alpaca market data](https://docs.alpaca.markets/docs/real-time-stock-pricing-data): trades, quotes and bars.
//!
//! The client sends objects with their name at `action`; the server sends arrays of objects whose names are one letter
//! at `T`. Other keys differ from it in case alone. A key and a secret come first, and what is subscribed is said by
//! the server, whole, after each change.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wirebond::{Builder, Contract, OpeningError};

#[derive(Debug, Contract)]
#[contract(version = "1.0.0", client(tag = "action"), server(tag = "T"), batch)]
pub enum Alpaca {
    #[message(from = "client")]
    Auth(Auth),
    #[message(from = "client")]
    Subscribe(Channels),
    #[message(from = "client")]
    Unsubscribe(Channels),
    /// "connected", then "authenticated".
    #[message(from = "server")]
    Success(Success),
    #[message(from = "server", method = "refusal")]
    Error(Failure),
    /// Everything that is subscribed by now.
    #[message(from = "server")]
    Subscription(Channels),
    #[message(from = "server", name = "t")]
    Trade(Trade),
    #[message(from = "server", name = "q")]
    Quote(Quote),
    #[message(from = "server", name = "b")]
    Bar(Bar),
    #[message(from = "server", name = "d")]
    DailyBar(Bar),
    #[message(from = "server", name = "u")]
    UpdatedBar(Bar),
    #[message(from = "server", name = "s")]
    TradingStatus(TradingStatus),
    #[message(from = "server", name = "l")]
    Luld(Luld),
    #[message(from = "server", name = "x")]
    CancelError(CancelError),
    #[message(from = "server", name = "c")]
    Correction(Correction),
    #[message(from = "server", name = "n")]
    News(News),
    #[message(from = "server", name = "o")]
    Orderbook(Orderbook),
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct Auth {
    pub key: String,
    pub secret: String,
}

impl std::fmt::Debug for Auth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Auth")
    }
}

/// Symbols, or `*`, for each channel.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Channels {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub trades: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub quotes: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub bars: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub updated_bars: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub daily_bars: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub statuses: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lulds: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub corrections: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cancel_errors: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub news: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub orderbooks: Vec<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Success {
    pub msg: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Failure {
    pub code: u16,
    pub msg: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Trade {
    #[serde(rename = "S")]
    pub symbol: String,
    #[serde(rename = "i")]
    pub id: u64,
    #[serde(rename = "x")]
    pub exchange: String,
    #[serde(rename = "p")]
    pub price: f64,
    #[serde(rename = "s")]
    pub size: u64,
    #[serde(rename = "t")]
    pub time: String,
    #[serde(rename = "c")]
    pub conditions: Vec<String>,
    #[serde(rename = "z")]
    pub tape: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Quote {
    #[serde(rename = "S")]
    pub symbol: String,
    #[serde(rename = "bx")]
    pub bid_exchange: String,
    #[serde(rename = "bp")]
    pub bid_price: f64,
    #[serde(rename = "bs")]
    pub bid_size: u64,
    #[serde(rename = "ax")]
    pub ask_exchange: String,
    #[serde(rename = "ap")]
    pub ask_price: f64,
    #[serde(rename = "as")]
    pub ask_size: u64,
    #[serde(rename = "t")]
    pub time: String,
    #[serde(rename = "c")]
    pub conditions: Vec<String>,
    #[serde(rename = "z")]
    pub tape: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Bar {
    #[serde(rename = "S")]
    pub symbol: String,
    #[serde(rename = "o")]
    pub open: f64,
    #[serde(rename = "h")]
    pub high: f64,
    #[serde(rename = "l")]
    pub low: f64,
    #[serde(rename = "c")]
    pub close: f64,
    #[serde(rename = "v")]
    pub volume: u64,
    #[serde(rename = "n")]
    pub trades: u64,
    pub vw: f64,
    #[serde(rename = "t")]
    pub time: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct TradingStatus {
    #[serde(rename = "S")]
    pub symbol: String,
    #[serde(rename = "sc")]
    pub status_code: String,
    #[serde(rename = "sm")]
    pub status: String,
    #[serde(rename = "rc")]
    pub reason_code: String,
    #[serde(rename = "rm")]
    pub reason: String,
    #[serde(rename = "t")]
    pub time: String,
    #[serde(rename = "z")]
    pub tape: String,
}

/// The band in which a price may move.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Luld {
    #[serde(rename = "S")]
    pub symbol: String,
    #[serde(rename = "u")]
    pub up: f64,
    #[serde(rename = "d")]
    pub down: f64,
    #[serde(rename = "i")]
    pub indicator: String,
    #[serde(rename = "t")]
    pub time: String,
    #[serde(rename = "z")]
    pub tape: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct CancelError {
    #[serde(rename = "S")]
    pub symbol: String,
    #[serde(rename = "i")]
    pub id: u64,
    #[serde(rename = "x")]
    pub exchange: String,
    #[serde(rename = "p")]
    pub price: f64,
    #[serde(rename = "s")]
    pub size: u64,
    #[serde(rename = "a")]
    pub action: String,
    #[serde(rename = "t")]
    pub time: String,
    #[serde(rename = "z")]
    pub tape: String,
}

/// A trade as it was (`o…`) and as it is now (`c…`).
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Correction {
    #[serde(rename = "S")]
    pub symbol: String,
    #[serde(rename = "x")]
    pub exchange: String,
    pub oi: u64,
    pub op: f64,
    pub os: u64,
    pub oc: Vec<String>,
    pub ci: u64,
    pub cp: f64,
    pub cs: u64,
    pub cc: Vec<String>,
    #[serde(rename = "t")]
    pub time: String,
    #[serde(rename = "z")]
    pub tape: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct News {
    pub id: u64,
    pub headline: String,
    pub summary: String,
    pub author: String,
    pub created_at: String,
    pub updated_at: String,
    pub url: String,
    pub content: String,
    pub symbols: Vec<String>,
    pub source: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Orderbook {
    #[serde(rename = "S")]
    pub symbol: String,
    #[serde(rename = "t")]
    pub time: String,
    #[serde(rename = "b")]
    pub bids: Vec<Level>,
    #[serde(rename = "a")]
    pub asks: Vec<Level>,
    /// Whether this is the whole book, and not a change.
    #[serde(rename = "r", default, skip_serializing_if = "std::ops::Not::not")]
    pub reset: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Level {
    #[serde(rename = "p")]
    pub price: f64,
    #[serde(rename = "s")]
    pub size: f64,
}

/// The settings of a client that logs in on every new connection. Hold its subscriptions: the server forgets them.
pub fn builder(url: &str, key: &str, secret: &str) -> Builder<AlpacaClient> {
    let auth = Auth { key: key.to_owned(), secret: secret.to_owned() };
    AlpacaClient::builder(url)
        .opening(move |peer| {
            let auth = auth.clone();
            async move {
                peer.expect_success().await?;
                peer.send_auth(&auth).await?;
                match peer.next().await? {
                    Alpaca::Success(_) => Ok(()),
                    // Too many connections, or too late: another attempt may do.
                    Alpaca::Error(Failure { code: 404 | 406, msg }) => Err(msg.into()),
                    Alpaca::Error(Failure { msg, .. }) => Err(OpeningError::stop(msg)),
                    _ => Err(OpeningError::unexpected("a message before `success`")),
                }
            }
        })
        .fragment_size(32 * 1024)
        .max_reconnect_attempts(None)
}
