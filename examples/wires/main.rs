//! Protocols that are there already, each declared as an enum: what it takes to talk to them.
//!
//! ```sh
//! cargo run --example wires                                   # the list
//! cargo run --example wires -- hyperliquid wss://api.hyperliquid.xyz/ws
//! WIRES_TOKEN=… cargo run --example wires -- home-assistant ws://homeassistant.local:8123/api/websocket
//! ```
//!
//! With a URL it connects, says what the protocol wants, and prints the messages of ten seconds.
#![allow(
    dead_code,
    unreachable_pub,
    missing_debug_implementations,
    clippy::struct_field_names,
    reason = "each module is written as a crate would have it"
)]

use std::{env, error::Error, time::Duration};

use tokio::time::{Instant, timeout_at};

mod alpaca_stream;
mod coinbase_advanced;
mod discord_gateway;
mod graphql_transport_ws;
mod home_assistant;
mod hyperliquid;
mod json_rpc_2;
mod kraken_v2;
mod obs_websocket_v5;
mod openai_realtime;
mod phoenix;
mod pusher;
mod slack_socket_mode;
mod twitch_eventsub;

/// How long it listens.
const WATCH: Duration = Duration::from_secs(10);

const NAMES: &str = "alpaca-stream, coinbase-advanced, discord-gateway, graphql-transport-ws, home-assistant, \
                     hyperliquid, json-rpc-2, kraken-v2, obs-websocket-v5, openai-realtime, phoenix, pusher, \
                     slack-socket-mode, twitch-eventsub";

/// Connects a client and prints what arrives.
macro_rules! watch {
    ($builder:expr) => {
        watch!(app $builder.build()?)
    };
    (app $app:expr) => {{
        let app = $app;
        let mut messages = app.messages();
        app.connect().await?;
        println!("connected");
        let end = Instant::now() + WATCH;
        while let Ok(Some(message)) = timeout_at(end, messages.next()).await {
            println!("{:?}", message.data);
        }
        app.disconnect().await;
    }};
}

/// A credential, which the URL doesn't have.
fn secret(name: &str) -> Result<String, String> {
    env::var(name).map_err(|_| format!("set {name} to what the server wants for a credential"))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let Some(name) = arguments.next() else {
        println!("cargo run --example wires -- NAME URL, where NAME is one of {NAMES}");
        return Ok(());
    };
    let url = arguments.next().ok_or("which URL? cargo run --example wires -- NAME URL")?;
    match &*name {
        "alpaca-stream" => {
            let (key, token) = (secret("WIRES_KEY")?, secret("WIRES_TOKEN")?);
            watch!(alpaca_stream::builder(&url, &key, &token));
        }
        "coinbase-advanced" => watch!(coinbase_advanced::builder(&url)),
        "discord-gateway" => {
            let properties = discord_gateway::Properties {
                os: env::consts::OS.to_owned(),
                browser: "wirebond".to_owned(),
                device: "wirebond".to_owned(),
            };
            let token = secret("WIRES_TOKEN")?;
            let identify = discord_gateway::Identify { token, intents: 513, properties };
            watch!(discord_gateway::builder(&url, identify, &discord_gateway::Shared::default()));
        }
        "graphql-transport-ws" => watch!(graphql_transport_ws::builder(&url, || None)),
        "home-assistant" => watch!(home_assistant::builder(&url, &secret("WIRES_TOKEN")?)),
        "hyperliquid" => watch!(hyperliquid::builder(&url)),
        "json-rpc-2" => watch!(json_rpc_2::builder(&url)),
        "kraken-v2" => watch!(kraken_v2::builder(&url)),
        "obs-websocket-v5" => {
            let password = env::var("WIRES_TOKEN").ok();
            watch!(obs_websocket_v5::builder(&url, password.as_deref(), None));
        }
        "phoenix" => watch!(phoenix::builder(&url)),
        "pusher" => {
            let builder = pusher::builder(&url, |_| async { Ok(Vec::new()) });
            watch!(app pusher::client(builder)?);
        }
        "slack-socket-mode" => {
            // The address is good for one connection: ask for it just before.
            let builder = slack_socket_mode::builder(move |_| {
                std::future::ready(Ok::<_, std::convert::Infallible>(url.clone()))
            });
            watch!(app slack_socket_mode::client(builder)?);
        }
        "openai-realtime" => {
            let session = serde_json::json!({ "type": "realtime", "output_modalities": ["text"] });
            watch!(openai_realtime::builder(&url, &secret("WIRES_TOKEN")?, session));
        }
        "twitch-eventsub" => watch!(twitch_eventsub::builder(&url, |session| async move {
            println!("subscribe for the session {session} over HTTP now");
            Ok(())
        })),
        _ => return Err(format!("there is no `{name}`: one of {NAMES}").into()),
    }
    Ok(())
}
