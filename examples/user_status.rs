//! Who is online: state that follows messages, `messages()` for an exhaustive match, and a
//! subscription that ends with its guard.

#[path = "support/mod.rs"]
mod support;

use std::{collections::BTreeSet, error::Error};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use support::{backend::Backend, demo::Demo};
use wirebond::Contract;

#[derive(Debug, Contract)]
#[contract(version = "1.0.0", server)]
enum Presence {
    /// The wire name is "user-status"; the methods are `*_status`.
    #[message(from = "server", name = "user-status")]
    Status(UserStatus),
    /// The list is complete.
    #[message(from = "server")]
    UpToDate,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct UserStatus {
    username: String,
    status: Line,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Line {
    Online,
    Offline,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (mut demo, log) = Demo::begin("Who is on line");
    let server = PresenceServer::builder()
        .connected(|peer: PresencePeer| async move {
            for (username, status) in
                [("ada", Line::Online), ("grace", Line::Online), ("ada", Line::Offline)]
            {
                let username = username.to_owned();
                peer.send_status(&UserStatus { username, status }).await?;
            }
            peer.send_up_to_date().await
        })
        .build()?;
    let backend = Backend::start("127.0.0.1:0", server.untyped()).await?;

    let presence = PresenceClient::builder(backend.url()).build()?;
    let writer = log.clone();
    // The guard ends the subscription when it is dropped: with the view that it belongs to, say.
    let view = presence
        .on_status(move |user| match user.status {
            Line::Online => writer.add("view", format!("{} is on line", user.username)),
            Line::Offline => writer.add("view", format!("{} has left", user.username)),
        })
        .guard();

    let mut messages = presence.messages();
    presence.connect().await?;
    let mut online = BTreeSet::new();
    while let Some(message) = messages.next().await {
        match message.data {
            Presence::Status(UserStatus { username, status: Line::Online }) => {
                online.insert(username);
            }
            Presence::Status(UserStatus { username, status: Line::Offline }) => {
                online.remove(&username);
            }
            Presence::UpToDate => break,
        }
    }
    log.add("list", format!("on line now: {online:?}"));
    demo.until("list", "on line now").await?;
    drop(view);
    presence.disconnect().await;
    demo.end("One list, always complete.");
    if online.iter().ne(["grace"]) {
        return Err("the list is wrong".into());
    }
    Ok(())
}
