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
    #[message(from = "server")]
    Seen(User),
    #[message(from = "client")]
    Leave,
}

async fn use_it(app: &AppClient) {
    app.send(&User { name: "Ada".into() }).await.unwrap();
}

fn use_it_at_once(app: &AppClient) {
    app.try_send(&User { name: "Ada".into() }).unwrap();
}

fn main() {}
