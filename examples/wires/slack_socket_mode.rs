//! [Slack's Socket Mode](https://docs.slack.dev/apis/events-api/using-socket-mode/): events for an app without a public
//! address.
//!
//! The server's messages have their name at `type`, which comes last and has namesakes inside; the client's have none: an
//! acknowledgement is the server's number alone, perhaps with an answer. The address is good for one connection, so
//! each attempt asks for another.

use std::{error::Error, future::Future, time::Duration};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use wirebond::{Attempt, BuildError, Builder, Contract};

#[derive(Debug, Contract)]
#[contract(version = "1.0.0", rename_all = "snake_case", client(tag = false), server(tag = "type"))]
pub enum Slack {
    #[message(from = "client", untagged)]
    Acknowledge(Acknowledge),
    #[message(from = "server")]
    Hello(Hello),
    /// The connection will end, or has to be another.
    #[message(from = "server", method = "disconnect_notice")]
    Disconnect(Disconnect),
    #[message(from = "server")]
    EventsApi(Envelope<EventCallback>),
    #[message(from = "server")]
    SlashCommands(Envelope<Command>),
    #[message(from = "server")]
    Interactive(Envelope<Interaction>),
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Acknowledge {
    pub envelope_id: String,
    /// Only if the message accepts one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<Value>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Hello {
    pub num_connections: u32,
    pub debug_info: DebugInfo,
    pub connection_info: ConnectionInfo,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct DebugInfo {
    pub host: String,
    /// Seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approximate_connection_time: Option<u64>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ConnectionInfo {
    pub app_id: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Disconnect {
    pub reason: Reason,
    pub debug_info: DebugInfo,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// In about ten seconds.
    Warning,
    RefreshRequested,
    TooManyWebsockets,
    /// Socket Mode was switched off.
    LinkDisabled,
}

/// What wants to be acknowledged within three seconds, or comes again.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "{T}Envelope")]
pub struct Envelope<T> {
    pub envelope_id: String,
    pub payload: T,
    pub accepts_response_payload: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_attempt: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_reason: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct EventCallback {
    pub team_id: String,
    /// The same event may come twice, with the same id.
    pub event_id: String,
    pub event_time: u64,
    /// Its own `type` says which.
    pub event: Value,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Command {
    pub team_id: String,
    pub command: String,
    pub text: String,
    pub user_id: String,
    pub channel_id: String,
    pub response_url: String,
    pub trigger_id: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Interaction {
    pub r#type: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger_id: Option<String>,
    #[serde(flatten)]
    pub rest: serde_json::Map<String, Value>,
}

/// The settings of a client that calls `open_connection` (`apps.connections.open`, over HTTP) for the address of each
/// attempt, and is open once the server has said hello. With [`Unauthorized`](wirebond::Unauthorized) as the error, such
/// as for `invalid_auth`, the client stops.
pub fn builder<F, U, E>(open_connection: F) -> Builder<SlackClient>
where
    F: Fn(Attempt) -> U + Send + Sync + 'static,
    U: Future<Output = Result<String, E>> + Send + 'static,
    E: Into<Box<dyn Error + Send + Sync>> + Send + 'static,
{
    SlackClient::builder(open_connection)
        .opening(|peer| async move {
            peer.expect_hello().await?;
            Ok(())
        })
        .heartbeat_interval(Duration::from_secs(5))
        .max_reconnect_attempts(None)
}

/// Builds a client that stops when Socket Mode is switched off. After another notice the server closes the connection
/// by itself, and the client comes back at another address.
pub fn client(builder: Builder<SlackClient>) -> Result<SlackClient, BuildError> {
    let app = builder.build()?;
    let weak = app.downgrade();
    app.on_disconnect_notice(move |notice| {
        let app = weak.upgrade().filter(|_| notice.reason == Reason::LinkDisabled);
        async move {
            if let Some(app) = app {
                app.disconnect().await;
            }
        }
    });
    Ok(app)
}
