//! A contract in each form.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wirebond::Contract;

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Item {
    pub(crate) name: String,
    pub(crate) count: u32,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(crate) enum Shape {
    Circle { radius: u32 },
    Square { side: u32 },
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Closed {
    pub(crate) only: String,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Open {
    pub(crate) title: String,
    #[serde(flatten)]
    pub(crate) rest: HashMap<String, u32>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Said {
    /// Who said it.
    pub(crate) user: String,
    pub(crate) text: Option<String>,
}

#[derive(Debug, Contract)]
#[contract(version = "1.0.0", tag = "type")]
pub(crate) enum Flat {
    /// An item.
    Item(Item),
    /// A shape, which has a tag of its own.
    Drawn(Shape),
    Closed(Closed),
    Titled(Open),
    /// Nothing but its name.
    #[message(from = "client")]
    Bye,
    #[message(from = "server")]
    Counts(HashMap<String, u32>),
    #[message(from = "server")]
    Said(Said),
}

/// Other keys, and the time under a key of its own.
#[derive(Debug, Contract)]
#[contract(version = "1.0.0", tag = "event", content = "payload", timestamp = "ts")]
pub(crate) enum Adjacent {
    Item(Item),
    Drawn(Shape),
    #[message(from = "client")]
    Number(u32),
    #[message(from = "server", name = "list/of")]
    List(Vec<Item>),
    #[message(from = "client")]
    Bye,
}

#[derive(Debug, Contract)]
#[contract(
    version = "1.0.0",
    client(tag = "method", content = "params"),
    server(tag = "channel", content = "data")
)]
pub(crate) enum PerSide {
    #[message(from = "client")]
    Subscribe(Item),
    /// Either side.
    Poke,
    Item(Item),
    #[message(from = "server")]
    Trades(Vec<Item>),
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Head {
    pub(crate) message_id: String,
    /// Which message it is.
    pub(crate) message_type: String,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Welcome {
    pub(crate) metadata: Head,
    pub(crate) payload: Item,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Keepalive {
    pub(crate) metadata: Head,
}

#[derive(Debug, Contract)]
#[contract(version = "1.0.0", client(tag = false), server(tag = "/metadata/message_type"))]
pub(crate) enum Pointer {
    #[message(from = "server", name = "session_welcome")]
    Welcome(Welcome),
    #[message(from = "server", name = "session_keepalive")]
    Keepalive(Keepalive),
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Hello {
    pub(crate) heartbeat_interval: u32,
}

#[derive(Debug, Contract)]
#[contract(version = "1.0.0", tag = "op", content = "d")]
pub(crate) enum Integers {
    #[message(from = "server", name = 10)]
    Hello(Hello),
    #[message(from = "client", name = 1)]
    Heartbeat(Option<u64>),
    #[message(from = "server", name = 11)]
    Alive,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Failure {
    pub(crate) code: i32,
    pub(crate) message: String,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Push {
    pub(crate) subscription: String,
    pub(crate) result: Item,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Failed {
    pub(crate) error: Failure,
}

/// JSON-RPC 2.0: pushes have a method, what answers has keys.
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
pub(crate) enum Rpc {
    #[message(from = "client", name = "eth_subscribe", reply = String, error = Failure)]
    Subscribe(Vec<String>),
    #[message(from = "client", name = "eth_blockNumber", reply = Item, error = Failure)]
    BlockNumber,
    #[message(from = "server", name = "eth_subscription")]
    Subscription(Push),
    /// An answer without a request.
    #[message(from = "server", key = "error")]
    Failed(Failed),
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Received {
    pub(crate) envelope_id: String,
}

#[derive(Debug, Contract)]
#[contract(version = "1.0.0", client(tag = false), server(tag = "type"))]
pub(crate) enum Untagged {
    #[message(from = "client", untagged)]
    Received(Received),
    #[message(from = "client", untagged)]
    Note(Said),
    #[message(from = "server")]
    Event(Item),
    #[message(from = "server", untagged)]
    Other(Open),
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Request {
    #[serde(rename = "requestType")]
    pub(crate) request_type: String,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Status {
    pub(crate) code: u32,
}

/// Calls whose numbers stand within the content, as strings.
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
pub(crate) enum Nested {
    #[message(from = "server", name = 0)]
    Hello(Hello),
    #[message(from = "client", name = 6, reply = Item, error = Status)]
    Request(Request),
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Wanted {
    pub(crate) args: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Outcome {
    pub(crate) success: bool,
}

/// Both sides use the same tags, for other messages.
#[derive(Debug, Contract)]
#[contract(version = "1.0.0", tag = "op")]
pub(crate) enum Shared {
    #[message(from = "client")]
    Subscribe(Wanted),
    #[message(from = "server", tag = "subscribe")]
    Subscribed(Outcome),
    #[message(from = "client", name = "beat", tag = "ping")]
    Ping,
    #[message(from = "server", tag = "ping")]
    Alive(Outcome),
    /// Either side.
    #[message(tag = "msg")]
    Said(Said),
}

/// The same with integers, and with a message that has no tag.
#[derive(Debug, Contract)]
#[contract(version = "1.0.0", tag = "op", content = "d")]
pub(crate) enum SharedIntegers {
    #[message(from = "client", name = 1)]
    Subscribe(Vec<String>),
    #[message(from = "server", tag = 1)]
    Subscribed(Outcome),
    #[message(from = "server", tag = 2)]
    Gone,
    #[message(from = "server", key = "error")]
    Failed(Failed),
}
