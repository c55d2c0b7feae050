//! [JSON-RPC 2.0](https://www.jsonrpc.org/specification), as an [Ethereum
//! node](https://geth.ethereum.org/docs/interacting-with-geth/rpc/pubsub) speaks it.
//!
//! The client's messages and the server's notifications have their name at `method` and their content at `params`.
//! An answer has no name: it repeats the number of the request, with `result` or `error` beside it. An error that
//! belongs to no request has `null` for a number. A frame may be an array of messages.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use wirebond::{Builder, Contract, HeldAnswer, SendError};

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
pub enum Ethereum {
    #[message(
        from = "client",
        name = "eth_chainId",
        reply = String,
        error = Failure,
        idempotent
    )]
    ChainId([(); 0]),
    #[message(
        from = "client",
        name = "eth_blockNumber",
        reply = String,
        error = Failure,
        idempotent
    )]
    BlockNumber,
    /// The block with a number, or `latest`, and whether with its transactions. `None` if there is none.
    #[message(
        from = "client",
        name = "eth_getBlockByNumber",
        reply = Option<Head>,
        error = Failure,
        idempotent
    )]
    GetBlockByNumber((String, bool)),
    /// Runs code at a block without a transaction.
    #[message(from = "client", name = "eth_call", reply = String, error = Failure, idempotent)]
    Call((Transaction, String)),
    /// The hash of the transaction. Not to be repeated blindly.
    #[message(
        from = "client",
        name = "eth_sendRawTransaction",
        reply = String,
        error = Failure
    )]
    SendRawTransaction([String; 1]),
    /// The id that the pushes bear. It is good for one connection.
    #[message(from = "client", name = "eth_subscribe", reply = String, error = Failure)]
    Subscribe(Subscribe),
    #[message(from = "client", name = "eth_unsubscribe", reply = bool, error = Failure)]
    Unsubscribe([String; 1]),
    #[message(from = "server", name = "eth_subscription")]
    Subscription(Push),
    /// About a frame that the server couldn't read.
    #[message(from = "server", key = "error")]
    Unreadable(Unreadable),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Subscribe {
    To([Topic; 1]),
    Logs(Topic, Filter),
    /// Whether with the whole transactions, not only their hashes.
    Transactions(Topic, bool),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Topic {
    NewHeads,
    Logs,
    NewPendingTransactions,
    Syncing,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Filter {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// By position: any, or one of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub topics: Vec<Option<Vec<String>>>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct Transaction {
    pub to: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Failure {
    pub code: i64,
    pub message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Unreadable {
    pub error: Failure,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Push {
    pub subscription: String,
    pub result: Pushed,
}

/// Which of them follows from what was subscribed to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Pushed {
    Head(Head),
    Log(Log),
    Hash(String),
    IsSyncing(bool),
    Syncing { syncing: bool, status: SyncStatus },
    Transaction(Value),
}

/// Numbers are hexadecimal here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Head {
    pub number: String,
    pub hash: String,
    pub parent_hash: String,
    pub timestamp: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_fee_per_gas: Option<String>,
    pub extra_data: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Log {
    pub address: String,
    pub topics: Vec<String>,
    pub data: String,
    pub block_number: String,
    pub log_index: String,
    /// The block is no longer in the chain.
    pub removed: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SyncStatus {
    pub starting_block: String,
    pub current_block: String,
    pub highest_block: String,
}

/// The settings of a client that reads and writes frames as large as the node does.
pub fn builder(url: &str) -> Builder<EthereumClient> {
    EthereumClient::builder(url)
        .max_message_size(32 << 20)
        .max_outgoing_message_size(32 << 20)
        .max_reconnect_attempts(None)
}

/// Subscribes on each connection, since a subscription ends with its connection, and calls `pushed` with what comes.
/// What was pushed between two connections is missing. A node that refuses is told by `on_error`.
pub async fn watch(
    app: &EthereumClient,
    what: Subscribe,
    mut pushed: impl FnMut(Pushed),
) -> Result<(), SendError> {
    let (mut pushes, id) = (app.stream_subscription(), HeldAnswer::new());
    let _held = app.hold_subscribe_with(move || what.clone(), &id)?;
    while let Some(push) = pushes.next().await {
        // Some servers push before they answer.
        if let Some(Ok((_, id))) = id.answered().await.as_deref()
            && *id == push.data.subscription
        {
            pushed(push.data.result);
        }
    }
    Ok(())
}
