//! Live notifications: one handler for each kind of news, and a stream for the ones to keep.

#[path = "support/mod.rs"]
mod support;

use std::error::Error;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use support::{backend::Backend, demo::Demo};
use wirebond::Contract;

#[derive(Debug, Contract)]
#[contract(version = "1.0.0", server)]
enum News {
    #[message(from = "server")]
    Notification(Notification),
    #[message(from = "server")]
    Broadcast(Broadcast),
}

/// A notification, by its kind: `{"level":"warning","message":"…"}`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct Notification {
    level: Level,
    message: String,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Level {
    Info,
    Success,
    Warning,
    Error,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct Broadcast {
    title: String,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (mut demo, log) = Demo::begin("Live notifications");
    // The backend greets every connection with what has happened meanwhile.
    let server = NewsServer::builder()
        .connected(|peer: NewsPeer| async move {
            for (level, message) in [
                (Level::Info, "Version 2 is out"),
                (Level::Success, "Your export is ready"),
                (Level::Warning, "Your storage is nearly full"),
                (Level::Error, "The payment was refused"),
            ] {
                let message = message.to_owned();
                peer.send_notification(&Notification { level, message }).await?;
            }
            peer.send_broadcast(&Broadcast { title: "Maintenance at six".to_owned() }).await
        })
        .build()?;
    let backend = Backend::start("127.0.0.1:0", server.untyped()).await?;

    let news = NewsClient::builder(backend.url()).build()?;
    let writer = log.clone();
    // The level is an enum: a new level breaks the build here until it has its own mark.
    news.on_notification(move |note| {
        let mark = match note.level {
            Level::Info => "i",
            Level::Success => "+",
            Level::Warning => "!",
            Level::Error => "x",
        };
        writer.add("app", format!("[{mark}] {}", note.message));
    });
    // A stream is made before the connection, so that it misses nothing.
    let mut broadcasts = news.stream_broadcast();

    news.connect().await?;
    demo.until("app", "[x] The payment").await?;
    let broadcast = broadcasts.next().await.ok_or("the client is gone")?;
    let sent = broadcast.timestamp.map_or("some time".to_owned(), |millis| format!("{millis} ms"));
    log.add("stream", format!("{} (sent at {sent})", broadcast.data.title));
    demo.until("stream", "Maintenance").await?;
    news.disconnect().await;
    demo.end("Four notifications and a broadcast, each of its own type.");
    Ok(())
}
