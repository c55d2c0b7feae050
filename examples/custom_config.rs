//! Settings of one's own: from a config file, from code, and what is refused.

#[path = "support/mod.rs"]
mod support;

use std::{error::Error, time::Duration};

use support::{
    backend::{Backend, Happening},
    story::Story,
};
use wirebond::{Backoff, Contract, HeartbeatKind, Inbox, Overflow, Settings, Unconfirmed};

#[derive(Debug, Contract)]
#[contract(version = "1.0.0")]
enum App {
    Chat(String),
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (mut story, teller) = Story::begin("Settings");
    let backend = Backend::start("127.0.0.1:0", |room, happening: Happening<App>| {
        if let Happening::Said(_, App::Chat(line)) = happening {
            room.broadcast(App::Chat(line));
        }
    })
    .await?;

    // As it stands in a config file: camel case, milliseconds, and only what differs.
    let file = format!(
        r#"{{ "url": "{}", "heartbeatInterval": 60000, "reconnectInterval": 3000,
              "maxReconnectAttempts": 10 }}"#,
        backend.url()
    );
    let settings: Settings = serde_json::from_str(&file)?;
    let app = AppClient::builder(settings)
        // Code can say more, and has the last word.
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

    // Nothing is connected yet, and the queue has room for two: the oldest is dropped, and told.
    let mut events = app.events();
    for line in ["one", "two", "three"] {
        app.send_chat(&line.to_owned()).await?;
    }
    if let Some(event) = events.next().await {
        teller.tell("queue", format!("{event:?}"));
    }
    story.until("queue", "Overflowed").await?;

    let tell = teller.clone();
    app.on_chat(move |line| tell.tell("app", format!("« {line}")));
    app.connect().await?;
    story.until("app", "three").await?;
    app.disconnect().await;

    // A setting that can't work is refused before anything is connected, with its reason.
    let wrong = AppClient::builder("ws://localhost/ws")
        .heartbeat_interval(Duration::from_secs(5))
        .heartbeat_timeout(Duration::from_secs(10))
        .build();
    let Err(error) = wrong else { return Err("it was accepted".into()) };
    teller.tell("build", error.to_string());
    story.until("build", "longer than heartbeat_interval").await?;
    story.end("Two lines arrived, the third was reported as dropped.");
    Ok(())
}
