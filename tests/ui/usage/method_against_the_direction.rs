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
    #[message(from = "server")]
    Gone,
    #[message(from = "client")]
    Joined(User),
    #[message(from = "client")]
    Leave,
}

async fn use_it(app: &AppClient) {
    app.send_order_update(&Order { id: 1 }).await.unwrap();
    app.send_gone().await.unwrap();
    app.on_leave(|| {});
    app.on_joined(|user| async move { drop(user) });
}

fn use_it_at_once(app: &AppClient) {
    app.try_send_order_update(&Order { id: 1 }).unwrap();
    app.off_joined();
    drop(app.stream_joined());
}

fn main() {}
