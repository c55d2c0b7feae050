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

struct Silent;

fn use_it(app: &AppClient) {
    app.on_chat(|_| Err::<(), _>(Silent));
}

fn main() {}
