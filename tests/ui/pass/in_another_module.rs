//! A contract in a module of its own: the code that uses it stands elsewhere.

#![deny(warnings)]

mod contract {
    #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    pub(crate) struct Chat(pub(crate) String);

    #[derive(wirebond::Contract)]
    pub(crate) enum App {
        Chat(Chat),
        Leave,
    }
}

use contract::{App, AppClient, AppHandler, Chat};

struct Desk;

impl AppHandler for Desk {
    async fn chat(&mut self, Chat(_): Chat) {}
    async fn leave(&mut self) {}
}

fn main() {
    let Ok(app) = AppClient::builder("ws://localhost:9001").build() else { return };
    app.on_chat(|chat| drop(chat.0));
    drop(app.send(&Chat(String::new())));
    drop(app.try_send(&Chat(String::new())));
    drop(app.send_leave());
    app.handle(Desk);
    let _ = |message: App| matches!(message, App::Leave);
}
