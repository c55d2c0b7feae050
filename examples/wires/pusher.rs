//! [Pusher Channels](https://pusher.com/docs/channels/library_auth_reference/pusher-websockets-protocol/), protocol 7:
//! events of channels, also as served by Laravel Reverb and Soketi.
//!
//! The name is at `event`, with `channel` and `data` beside it. The server writes `data` as a string that holds JSON,
//! the client as it is; either may get the other. The names of an application's own events are its own: `price`, `note`
//! and `client-typing` stand for them here. Private channels are signed with the connection's number, so they are
//! subscribed to in the opening; public ones are holds.

use std::{collections::BTreeMap, future::Future, sync::Arc, time::Duration};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use wirebond::{BuildError, Builder, Contract, JsonText, OpeningError};

#[derive(Debug, Contract)]
#[contract(version = "1.0.0", tag = "event")]
pub enum Pusher {
    #[message(from = "server", name = "pusher:connection_established")]
    ConnectionEstablished(Content<Established>),
    #[message(from = "client", name = "pusher:subscribe")]
    Subscribe(Content<Subscription>),
    #[message(from = "client", name = "pusher:unsubscribe")]
    Unsubscribe(Content<Unsubscription>),
    #[message(from = "server", name = "pusher_internal:subscription_succeeded")]
    SubscriptionSucceeded(OfChannel<Members>),
    #[message(from = "server", name = "pusher_internal:member_added")]
    MemberAdded(OfChannel<Member>),
    #[message(from = "server", name = "pusher_internal:member_removed")]
    MemberRemoved(OfChannel<Member>),
    #[message(from = "server", name = "pusher_internal:subscription_count")]
    SubscriptionCount(OfChannel<Count>),
    /// A cache channel has no last event.
    #[message(from = "server", name = "pusher:cache_miss")]
    CacheMiss(Channel),
    #[message(from = "client", name = "pusher:signin")]
    Signin(Content<Signin>),
    #[message(from = "server", name = "pusher:signin_success")]
    SigninSuccess(Content<SignedIn>),
    #[message(from = "server", name = "pusher:error", method = "refusal")]
    Error(Content<Refusal>),
    #[message(from = "both", name = "pusher:ping")]
    Ping(Beat),
    #[message(from = "both", name = "pusher:pong")]
    Pong(Beat),
    #[message(from = "server")]
    Price(OfChannel<Price>),
    /// Its content is plain text, which needn't be JSON.
    #[message(from = "server")]
    Note(OfChannel<String>),
    /// From a client to the others of a private channel.
    #[message(from = "both", name = "client-typing")]
    Typing(OfChannel<Typing>),
}

/// A value, or a string that holds its JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
#[serde(bound(deserialize = "T: DeserializeOwned"))]
#[schemars(rename = "{T}Data")]
pub enum Data<T> {
    Text(JsonText<T>),
    Plain(T),
}

impl<T> Data<T> {
    pub fn into_inner(self) -> T {
        match self {
            Self::Text(JsonText(value)) | Self::Plain(value) => value,
        }
    }
}

/// What belongs to the connection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(bound(deserialize = "T: DeserializeOwned"))]
#[schemars(rename = "{T}Content")]
pub struct Content<T> {
    pub data: Data<T>,
}

impl<T> Content<T> {
    pub fn plain(data: T) -> Self {
        Self { data: Data::Plain(data) }
    }
}

/// What belongs to a channel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(bound(deserialize = "T: DeserializeOwned"))]
#[schemars(rename = "{T}OfChannel")]
pub struct OfChannel<T> {
    pub channel: String,
    pub data: Data<T>,
    /// Who sent it, on a presence channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Channel {
    pub channel: String,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Beat {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Data<Empty>>,
}

impl Beat {
    fn new() -> Self {
        Self { data: Some(Data::Plain(Empty {})) }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Empty {}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Established {
    pub socket_id: String,
    /// Seconds.
    pub activity_timeout: u64,
}

#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Subscription {
    pub channel: String,
    /// For a private channel and this connection, by the application's server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth: Option<String>,
    /// Who this is, on a presence channel: JSON, as it was signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel_data: Option<String>,
}

impl std::fmt::Debug for Subscription {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Subscription").field("channel", &self.channel).finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Unsubscription {
    pub channel: String,
}

/// Who is on a presence channel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Members {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub presence: Option<Presence>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Presence {
    pub count: u32,
    pub ids: Vec<String>,
    pub hash: BTreeMap<String, Option<serde_json::Value>>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Member {
    pub user_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_info: Option<serde_json::Value>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Count {
    pub subscription_count: u32,
}

#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Signin {
    pub auth: String,
    /// JSON, as it was signed.
    pub user_data: String,
}

impl std::fmt::Debug for Signin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Signin")
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SignedIn {
    pub user_data: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Refusal {
    pub code: Option<u16>,
    pub message: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Price {
    pub v: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Typing {
    pub who: String,
}

/// The settings of a client that asks `authorize` on every new connection for the subscriptions to private channels,
/// signed for its `socket_id`.
pub fn builder<F, S>(url: &str, authorize: F) -> Builder<PusherClient>
where
    F: Fn(String) -> S + Send + Sync + 'static,
    S: Future<Output = Result<Vec<Subscription>, OpeningError>> + Send + 'static,
{
    let authorize = Arc::new(authorize);
    PusherClient::builder(url)
        .opening(move |peer| {
            let authorize = Arc::clone(&authorize);
            async move {
                let Established { socket_id, activity_timeout } =
                    peer.expect_connection_established().await?.data.into_inner();
                peer.heartbeat_interval(Duration::from_secs(activity_timeout.clamp(1, 120)));
                for subscription in authorize(socket_id).await? {
                    peer.send_subscribe(&Content::plain(subscription)).await?;
                }
                Ok(())
            }
        })
        .heartbeat_message(|| Pusher::Ping(Beat::new()))
        .heartbeat_interval(Duration::from_secs(120))
        .heartbeat_timeout(Duration::from_secs(30))
        .close_rules(|rules| {
            rules
                .stop(4000..=4099)
                .retry_after(4100..=4199, Duration::from_secs(1))
                .retry(4200..=4299)
                .retry_after(1002..=1004, Duration::from_secs(1))
                .stop(4300..=4999)
        })
        .max_reconnect_attempts(None)
}

/// Builds a client that answers the server's pings.
pub fn client(builder: Builder<PusherClient>) -> Result<PusherClient, BuildError> {
    let app = builder.build()?;
    let weak = app.downgrade();
    app.on_ping(move |_| {
        let app = weak.upgrade();
        async move {
            if let Some(app) = app {
                // It fails only where there is no connection to keep.
                app.send_pong(&Beat::new()).await.ok();
            }
        }
    });
    Ok(app)
}
