use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wirebond::Contract;

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct Chat {
    content: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct Order {
    id: u32,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct User {
    name: String,
}

#[derive(Debug, Contract)]
enum App {
    Chat(Chat),
    #[message(from = "server")]
    OrderUpdate(Order),
    Joined(User),
    Left(User),
    #[message(from = "client")]
    Leave,
}

struct Desk;

impl AppHandler for Desk {
    async fn chat(&mut self, _: Chat) {}
    async fn joined(&mut self, _: User) {}
    async fn left(&mut self, _: User) {}
}

fn main() {}
