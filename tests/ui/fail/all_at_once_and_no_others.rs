//! Every mistake is reported at once, and code that uses the client gets no further errors.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wirebond::Contract;

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Chat {
    content: String,
}

#[derive(Contract)]
#[contract(version = "one")]
enum App {
    #[message(from = "everybody")]
    Chat(Chat),
    Ping,
    Close(Chat),
    Leave,
}

async fn talk() -> Result<(), Box<dyn std::error::Error>> {
    let app = AppClient::builder("ws://localhost").build()?;
    app.on_chat(|chat| println!("{}", chat.content));
    app.connect().await?;
    app.send_chat(&Chat { content: "Hello!".into() }).await?;
    app.send_leave().await?;
    Ok(())
}

fn main() {}
