//! [Twitch EventSub](https://dev.twitch.tv/docs/eventsub/handling-websocket-events/): events of channels.
//!
//! The name is at `metadata.message_type`, and the payload is the whole object. The client sends nothing at all: it
//! subscribes over HTTP, with the session's id out of the welcome. The server says how long it may be silent.

use std::{future::Future, sync::Arc, time::Duration};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wirebond::{Builder, Contract, HeartbeatKind, OpeningError};

#[derive(Debug, Contract)]
#[contract(version = "1.0.0", rename_all = "snake_case", tag = "/metadata/message_type")]
pub enum Twitch {
    #[message(from = "server")]
    SessionWelcome(Message<SessionOf>),
    #[message(from = "server")]
    SessionKeepalive(Message<Empty>),
    #[message(from = "server")]
    Notification(Message<Notification>),
    /// This session goes on at another address: see [`hand_over`].
    #[message(from = "server")]
    SessionReconnect(Message<SessionOf>),
    /// A subscription has ended.
    #[message(from = "server")]
    Revocation(Message<Notification>),
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "{T}Message")]
pub struct Message<T> {
    pub metadata: Metadata,
    pub payload: T,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Metadata {
    /// The same message may come twice, with the same id.
    pub message_id: String,
    pub message_type: String,
    pub message_timestamp: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subscription_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subscription_version: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Empty {}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct SessionOf {
    pub session: Session,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Session {
    pub id: String,
    pub status: String,
    pub connected_at: String,
    /// In a welcome.
    pub keepalive_timeout_seconds: Option<u64>,
    /// In a reconnect.
    pub reconnect_url: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Notification {
    pub subscription: Subscription,
    /// What happened; its shape follows from the subscription's type. Absent in a revocation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<serde_json::Value>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Subscription {
    pub id: String,
    pub status: String,
    pub r#type: String,
    pub version: String,
    pub cost: u32,
    pub condition: serde_json::Value,
    pub transport: Transport,
    pub created_at: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Transport {
    pub method: String,
    pub session_id: String,
}

/// The settings of a client that calls `subscribe` with the session's id on every new connection: it makes the subscriptions over
/// HTTP, in ten seconds.
pub fn builder<F, S>(url: &str, subscribe: F) -> Builder<TwitchClient>
where
    F: Fn(String) -> S + Send + Sync + 'static,
    S: Future<Output = Result<(), OpeningError>> + Send + 'static,
{
    let subscribe = Arc::new(subscribe);
    TwitchClient::builder(url)
        .heartbeat(HeartbeatKind::Listen)
        .opening(move |peer| {
            let subscribe = Arc::clone(&subscribe);
            async move {
                let Session { id, keepalive_timeout_seconds, .. } =
                    peer.expect_session_welcome().await?.payload.session;
                let keepalive = keepalive_timeout_seconds.unwrap_or(10);
                peer.heartbeat_interval(Duration::from_secs(keepalive));
                subscribe(id).await
            }
        })
        // The client has sent something, which is a mistake in it.
        .close_rules(|rules| rules.stop(4001))
        .max_reconnect_attempts(None)
}

/// Goes on at the `reconnect_url` of a [`SessionReconnect`](Twitch::SessionReconnect): connects a second client, whose
/// session already has the subscriptions. Disconnect the first one then; until then both may get events. The second one
/// comes back to `url`, with subscriptions of its own, if its connection breaks.
pub async fn hand_over<F, S>(
    reconnect_url: String,
    url: &str,
    subscribe: F,
) -> Result<TwitchClient, Box<dyn std::error::Error + Send + Sync>>
where
    F: Fn(String) -> S + Send + Sync + 'static,
    S: Future<Output = Result<(), OpeningError>> + Send + 'static,
{
    let (subscribe, url) = (Arc::new(subscribe), url.to_owned());
    let app = TwitchClient::builder(move |attempt: wirebond::Attempt| {
        let url = if attempt.number == 0 { reconnect_url.clone() } else { url.clone() };
        async move { Ok::<_, std::convert::Infallible>(url) }
    })
    .heartbeat(HeartbeatKind::Listen)
    .opening(move |peer| {
        let subscribe = Arc::clone(&subscribe);
        async move {
            let session = peer.expect_session_welcome().await?.payload.session;
            if peer.attempt().number == 0 { Ok(()) } else { subscribe(session.id).await }
        }
    })
    .max_reconnect_attempts(None)
    .build()?;
    app.connect().await?;
    Ok(app)
}
