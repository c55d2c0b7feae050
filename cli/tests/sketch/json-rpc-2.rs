// `Node` as `wirebond sketch` reads it from captured frames (8 of the client, 12 of the server).
// It is a start: give the types better names, and hold it against the backend's documentation.
//
// - messages of the client: `method` names 8 of 8, and payloads stand beside it
// - messages of the server: `method` names 3 of 12, and payloads stand under `params`
// - the server repeats `id` of the client's messages as `id` (5 of 7): to make calls of them, add
//   `id = "id", re = "id", ids = "string"` to `contract`, take `id` out of the requests' payloads,
//   and give each request its `reply`
// - arrays of messages in 3 frames: `batch`
// - captured once, so that all fields look required: `EthChainId`, `EthUnsubscribe`,
//   `EthBlockNumber`, `EthNope`
// - numbers that were whole in all frames are `i64`: prices and the like may want `f64`

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wirebond::Contract;

#[derive(Debug, Contract)]
#[contract(
    version = "0.1.0",
    client(tag = "method"),
    server(tag = "method", content = "params"),
    constant(jsonrpc = "2.0"),
    batch,
)]
pub enum Node {
    #[message(from = "client", name = "eth_chainId")]
    EthChainId(EthChainId),
    #[message(from = "client", name = "eth_subscribe")]
    EthSubscribe(EthSubscribe),
    #[message(from = "client", name = "eth_unsubscribe")]
    EthUnsubscribe(EthUnsubscribe),
    #[message(from = "client", name = "eth_blockNumber")]
    EthBlockNumber(EthBlockNumber),
    #[message(from = "client", name = "eth_nope")]
    EthNope(EthNope),
    #[message(from = "client", name = "eth_ping")]
    EthPing,
    #[message(from = "server", key = "result")]
    Result(ResultPayload),
    #[message(from = "server", name = "eth_subscription")]
    EthSubscription(EthSubscription),
    #[message(from = "server", key = "error", method = "error_message")]
    Error(Error),
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct EthChainId {
    pub id: i64,
    // empty in every frame
    pub params: Vec<serde_json::Value>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct EthSubscribe {
    // a number or a string here
    pub id: serde_json::Value,
    // a boolean or a string or an object here
    pub params: Vec<serde_json::Value>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct EthUnsubscribe {
    pub id: i64,
    pub params: Vec<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct EthBlockNumber {
    pub id: i64,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct EthNope {
    pub id: i64,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ResultPayload {
    pub id: i64,
    // a boolean or a string here
    pub result: Option<serde_json::Value>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct EthSubscription {
    pub subscription: String,
    // a boolean or an object here
    pub result: serde_json::Value,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Error {
    pub id: Option<i64>,
    pub error: ErrorBody,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ErrorBody {
    pub code: i64,
    pub message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
}
