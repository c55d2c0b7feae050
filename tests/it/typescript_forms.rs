//! The contracts of the scripts in `tests/typescript` that speak with backends of other forms: their documents
//! are made here.
#![allow(dead_code, reason = "only the schemas of these types count")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use wirebond::Contract;

/// Home Assistant: the payload beside the tag, authentication first, numbers that rise.
#[derive(Debug, Contract)]
#[contract(
    version = "1.0.0",
    tag = "type",
    batch,
    id = "id",
    result = "result",
    error = "error",
    success = "success"
)]
enum Home {
    #[message(from = "server", name = "auth_required")]
    AuthRequired(Version),
    #[message(from = "client", name = "auth")]
    Auth(Token),
    #[message(from = "server", name = "auth_ok")]
    AuthOk(Version),
    #[message(from = "server", name = "auth_invalid")]
    AuthInvalid(Invalid),
    #[message(from = "client", name = "subscribe_events", reply = (), error = HomeError)]
    SubscribeEvents(Subscribe),
    #[message(from = "client", name = "unsubscribe_events", reply = (), error = HomeError)]
    UnsubscribeEvents(Unsubscribe),
    #[message(from = "client", name = "get_states", reply = Vec<EntityState>, error = HomeError)]
    GetStates,
    #[message(from = "server", name = "event")]
    Event(HomeEvent),
    /// Has an integer of 64 bits.
    #[message(from = "client", name = "count", reply = u64)]
    Count(Counted),
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct Version {
    ha_version: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct Token {
    access_token: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct Invalid {
    message: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct Subscribe {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    event_type: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct Unsubscribe {
    subscription: u32,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct HomeError {
    code: String,
    message: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct EntityState {
    entity_id: String,
    state: String,
}

/// Bears the number of its subscription.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct HomeEvent {
    id: u32,
    event: Value,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct Counted {
    since: u64,
}

/// Discord's gateway: integers tell the messages, the heartbeat's interval comes with the first.
#[derive(Debug, Contract)]
#[contract(version = "1.0.0", tag = "op", content = "d")]
enum Gateway {
    #[message(from = "server", name = 0)]
    Dispatch(Value),
    #[message(name = 1)]
    Heartbeat(Option<u32>),
    #[message(from = "client", name = 2)]
    Identify(Identify),
    #[message(from = "client", name = 6)]
    Resume(Resume),
    #[message(from = "server", name = 9)]
    InvalidSession(bool),
    #[message(from = "server", name = 10)]
    Hello(Hello),
    #[message(from = "server", name = 11)]
    HeartbeatAck,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct Identify {
    token: String,
    intents: u32,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct Resume {
    token: String,
    seq: u32,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct Hello {
    heartbeat_interval: u32,
}

/// Alpaca's market data: another tag for each side, and arrays of messages.
#[derive(Debug, Contract)]
#[contract(version = "1.0.0", batch, client(tag = "action"), server(tag = "T"))]
enum Feed {
    #[message(from = "client")]
    Auth(Keys),
    #[message(from = "client")]
    Subscribe(Symbols),
    #[message(from = "client")]
    Unsubscribe(Symbols),
    #[message(from = "server")]
    Success(Said),
    #[message(from = "server", name = "error")]
    Failure(Failed),
    #[message(from = "server")]
    Subscription(Symbols),
    #[message(from = "server", name = "t")]
    Trade(Trade),
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct Keys {
    key: String,
    secret: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct Symbols {
    trades: Vec<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct Said {
    msg: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct Failed {
    code: u32,
    msg: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct Trade {
    #[serde(rename = "S")]
    symbol: String,
    p: f64,
    t: String,
}

/// JSON-RPC 2.0 as Ethereum's nodes speak it: answers have no tag.
#[derive(Debug, Contract)]
#[contract(
    version = "1.0.0",
    tag = "method",
    content = "params",
    constant(jsonrpc = "2.0"),
    batch,
    id = "id",
    result = "result",
    error = "error"
)]
enum Rpc {
    #[message(from = "client", name = "eth_subscribe", reply = String, error = RpcError)]
    Subscribe(Vec<String>),
    #[message(from = "client", name = "eth_unsubscribe", reply = bool, error = RpcError)]
    Unsubscribe(Vec<String>),
    #[message(from = "client", name = "eth_blockNumber", reply = String, error = RpcError)]
    BlockNumber,
    #[message(from = "server", name = "eth_subscription")]
    Subscription(Push),
    /// An answer to nobody.
    #[message(from = "server", key = "error")]
    Broken(Broken),
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct RpcError {
    code: i32,
    message: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct Push {
    subscription: String,
    result: Value,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct Broken {
    error: RpcError,
}

/// obs-websocket: numbers that are strings, within the content.
#[derive(Debug, Contract)]
#[contract(
    version = "1.0.0",
    tag = "op",
    content = "d",
    id = "/d/requestId",
    ids = "string",
    result = "/d/responseData",
    error = "/d/requestStatus",
    success = "/d/requestStatus/result"
)]
enum Studio {
    #[message(from = "client", name = 6, reply = Scene, error = Status)]
    Request(Request),
    #[message(from = "server", name = 5)]
    Event(Value),
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct Request {
    #[serde(rename = "requestType")]
    request_type: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct Scene {
    #[serde(rename = "sceneName")]
    scene_name: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct Status {
    code: u32,
    comment: Option<String>,
}

/// Parts of Twitch's and Slack's: a tag behind a pointer, messages without any, and times.
#[derive(Debug, Contract)]
#[contract(
    version = "1.0.0",
    client(tag = false, timestamp = "sent"),
    server(tag = "/metadata/message_type", timestamp = "at")
)]
enum Mixed {
    #[message(from = "client", key = "envelope_id")]
    Ack(Ack),
    #[message(from = "client", untagged)]
    Note(Said),
    #[message(from = "server", name = "session_welcome")]
    Welcome(Welcome),
    #[message(from = "server", key = "result")]
    Result(Outcome),
    #[message(from = "server", untagged)]
    Other(Ack),
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct Ack {
    envelope_id: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct Metadata {
    message_type: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct Welcome {
    metadata: Metadata,
    keepalive: u32,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct Outcome {
    result: bool,
}

#[test]
fn the_contracts_of_the_scripts_are_up_to_date() {
    wirebond::assert_contract!(Home, "cli/tests/typescript/forms/home.json");
    wirebond::assert_contract!(Gateway, "cli/tests/typescript/forms/gateway.json");
    wirebond::assert_contract!(Feed, "cli/tests/typescript/forms/feed.json");
    wirebond::assert_contract!(Rpc, "cli/tests/typescript/forms/rpc.json");
    wirebond::assert_contract!(Studio, "cli/tests/typescript/forms/studio.json");
    wirebond::assert_contract!(Mixed, "cli/tests/typescript/forms/mixed.json");
}
