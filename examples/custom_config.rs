//! Custom settings: from a config file, from code, and settings that are refused.

#[path = "support/mod.rs"]
mod support;

use std::{error::Error, time::Duration};

use support::{backend::Backend, demo::Demo};
use wirebond::{Backoff, Contract, HeartbeatKind, Inbox, Overflow, Settings, Unconfirmed};

#[derive(Debug, Contract)]
#[contract(version = "1.0.0", server)]
enum App {
    Chat(String),
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (mut demo, log) = Demo::begin("Settings");
    let server = AppServer::builder()
        .on_chat(|peer, line| peer.everyone().send_chat(&line).map(drop))
        .build()?;
    let backend = Backend::start("127.0.0.1:0", server.untyped()).await?;

    // As in a config file: camel case, milliseconds, and only the settings that differ.
    let file = format!(
        r#"{{ "url": "{}", "heartbeatInterval": 60000, "reconnectInterval": 3000,
              "maxReconnectAttempts": 10 }}"#,
        backend.url()
    );
    let settings: Settings = serde_json::from_str(&file)?;
    let app = AppClient::builder(settings)
        // Code can set more, and overrides the file.
        .heartbeat(HeartbeatKind::Ping)
        .backoff(Backoff::exponential(Duration::from_secs(60)))
        .queue_messages(2)
        .queue_bytes(1_000)
        .overflow(Overflow::DropOldest)
        .unconfirmed(Unconfirmed::Redeliver)
        .message_ttl(Duration::from_secs(30))
        .inbox(Inbox::drop_oldest(100))
        .header("X-Client", "example")
        .build()?;

    // Nothing is connected yet, and the queue has room for two: the oldest is dropped, and reported.
    let mut events = app.events();
    for line in ["one", "two", "three"] {
        app.send_chat(&line.to_owned()).await?;
    }
    if let Some(event) = events.next().await {
        log.add("queue", format!("{event:?}"));
    }
    demo.until("queue", "Overflowed").await?;

    let writer = log.clone();
    app.on_chat(move |line| writer.add("app", format!("« {line}")));
    app.connect().await?;
    demo.until("app", "three").await?;
    app.disconnect().await;

    // A setting that can't work is refused before anything is connected, with its reason.
    let wrong = AppClient::builder("ws://localhost/ws")
        .heartbeat_interval(Duration::from_secs(5))
        .heartbeat_timeout(Duration::from_secs(10))
        .build();
    let Err(error) = wrong else { return Err("it was accepted".into()) };
    log.add("build", error.to_string());
    demo.until("build", "longer than heartbeat_interval").await?;
    demo.end("Two lines arrived, the third was reported as dropped.");
    Ok(())
}
