//! All that a contract may be.
#![deny(warnings, missing_docs, missing_debug_implementations, unreachable_pub)]
#![deny(clippy::pedantic, clippy::nursery)]

mod api {
    //! A facade under another name.
    pub(crate) use ::wirebond as bonds;
}

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wirebond::Contract;

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct Chat {
    content: String,
}

/// Named like what the expansion might use.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct Order {
    id: u32,
}

#[derive(Debug, Contract)]
#[contract(
    version = "1.2.3-rc.1",
    name = "Shop API",
    rename_all = "snake_case",
    client = "Shop",
    crate = "crate::api::bonds"
)]
#[allow(dead_code)]
enum App {
    Chat(Chat),
    #[message(from = "server")]
    Order(Order),
    #[message(from = "client")]
    Client(Vec<Chat>),
    Place(Option<u8>),
    Move(HashMap<String, u8>),
    Type,
    r#Gen(u16),
    r#Async,
    #[message(method = "shut", from = "both")]
    Open(String),
    #[cfg(any())]
    Absent(Missing),
    #[cfg(all())]
    Present(bool),
    #[deprecated = "use Chat"]
    Line(String),
}

struct Desk;

impl AppHandler for Desk {
    async fn chat(&mut self, _: Chat) {}
    async fn order(&mut self, _: Order) {}
    async fn place(&mut self, _: Option<u8>) {}
    async fn r#move(&mut self, _: HashMap<String, u8>) {}
    async fn r#type(&mut self) {}
    async fn r#gen(&mut self, _: u16) {}
    async fn r#async(&mut self) {}
    async fn shut(&mut self, _: String) {}
    async fn present(&mut self, _: bool) {}
    async fn line(&mut self, _: String) {}
}

fn fails() -> Result<(), std::io::Error> {
    Ok(())
}

#[allow(dead_code)]
async fn talk() -> Result<(), Box<dyn std::error::Error>> {
    let app = Shop::builder("ws://localhost").build()?;
    app.on_chat(|chat| println!("{}", chat.content));
    app.on_order(|order| async move { println!("{}", order.id) });
    app.on_move(|counts| async move {
        if counts.is_empty() { Err("nothing".to_owned()) } else { Ok(()) }
    });
    app.on_type(fails);
    app.on_shut(|_| todo!());
    app.handle(Desk);
    app.send(&Chat { content: String::new() }).await?;
    app.send(&vec![]).await?;
    app.try_send(&Some(1_u8))?;
    app.send_type().await?;
    app.on_present(|_| {}).cancel();
    Ok(())
}

/// A deprecated enum: its users get a warning, the derive does not.
#[derive(Debug, Contract)]
#[deprecated]
#[allow(dead_code)]
enum Legacy {
    Chat(Chat),
    Leave,
}

fn main() {}
