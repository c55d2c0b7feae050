//! The contract of all benches: twelve messages, for wirebond and as serde's own enum.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wirebond::Contract;

/// A line in a chat.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Chat {
    pub user: String,
    pub room: String,
    pub content: String,
}

/// What became of an order.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct OrderUpdate {
    pub order_id: String,
    pub status: Status,
    pub items: Vec<OrderItem>,
    pub total_cents: u64,
    pub paid: bool,
    pub note: Option<String>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Placed,
    Shipped,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct OrderItem {
    pub sku: String,
    pub quantity: u32,
    pub price: f64,
}

/// A long text.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Note {
    pub title: String,
    pub paragraphs: Vec<String>,
}

/// Writes the same enum twice: for wirebond and for serde.
macro_rules! messages {
    ($($name:ident $(($payload:ty))?),* $(,)?) => {
        #[derive(Debug, Contract)]
        #[contract(server)]
        pub enum App { $($name $(($payload))?),* }

        #[derive(Debug, Serialize, Deserialize)]
        #[serde(tag = "type", content = "data", rename_all = "kebab-case")]
        pub enum Tagged { $($name $(($payload))?),* }
    };
}

messages! {
    Begin,
    Done,
    Chat(Chat),
    Whisper(Chat),
    Announcement(Chat),
    Joined(Chat),
    Left(Chat),
    Alert(Chat),
    Topic(Chat),
    Reaction(Chat),
    OrderUpdate(OrderUpdate),
    Note(Note),
}

/// A contract with a call.
#[derive(Debug, Contract)]
#[contract(server)]
pub enum Calls {
    #[message(from = "client", reply = Chat)]
    Echo(Chat),
}

/// The enum with the envelope's time kept.
#[derive(Debug, Serialize, Deserialize)]
pub struct Stamped {
    #[serde(flatten)]
    pub message: Tagged,
    pub timestamp: Option<u64>,
}
