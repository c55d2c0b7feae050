//! What the chat's clients and server say to each other.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wirebond::Contract;

/// Everything that the app and its backend say to each other.
#[derive(Debug, Clone, Contract)]
#[contract(version = "1.0.0", server)]
pub(crate) enum App {
    /// A line that somebody typed.
    Chat(Chat),
    /// Says who is there. The room answers with the lines that this person has missed.
    #[message(from = "client")]
    Join(Join),
    /// News for everybody.
    #[message(from = "server")]
    Notification(Notification),
    /// An order went on.
    #[message(from = "server")]
    OrderUpdate(OrderUpdate),
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Chat {
    pub(crate) user: String,
    pub(crate) content: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Join {
    pub(crate) user: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Notification {
    pub(crate) level: Level,
    pub(crate) message: String,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Level {
    Info,
    Warning,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct OrderUpdate {
    pub(crate) order_id: String,
    pub(crate) status: String,
}
