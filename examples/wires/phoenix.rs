//! [Phoenix Channels](https://hexdocs.pm/phoenix/writing_a_channels_client.html), serializer 1.0.0, with the events of
//! [Supabase Realtime](https://supabase.com/docs/guides/realtime/protocol).
//!
//! The name is at `event`, with `topic`, `payload` and `ref` beside it. `ref` stands in every frame: a number where an
//! answer is wanted, which repeats it, and `null` otherwise. So the payload type declares it, and a call puts its number
//! into it. A join has a `ref` of its own, which is no number: when the channel ends, the server repeats it. The names of
//! an application's own events are its own: `new_msg` stands for them here.

use std::{
    error::Error,
    fmt,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use wirebond::{Builder, Contract, Hold};

#[derive(Debug, Contract)]
#[contract(
    version = "1.0.0",
    rename_all = "snake_case",
    tag = "event",
    id = "ref",
    ids = "string",
    result = "/payload/response",
    error = "/payload/response",
    success = "/payload/status"
)]
pub enum Phoenix {
    /// See [`join`].
    #[message(from = "client", name = "phx_join")]
    Join(Frame<Params>),
    #[message(from = "client", name = "phx_leave", reply = Value, error = Refusal)]
    Leave(Frame<Leave>),
    #[message(from = "client")]
    Heartbeat(Frame<Beat>),
    /// The answer to what has a `ref` of its own.
    #[message(from = "server", name = "phx_reply")]
    Reply(Frame<Reply>),
    /// The channel whose join had this `ref` is no more.
    #[message(from = "server", name = "phx_close")]
    Closed(Frame<Value>),
    /// It crashed, and has to be joined again.
    #[message(from = "server", name = "phx_error")]
    Crashed(Frame<Refusal>),
    #[message(from = "client", reply = Value, error = Refusal)]
    NewMsg(Frame<Value>),
    /// Both sides send it. It is answered only if the join said so (`config.broadcast.ack`).
    #[message(from = "both")]
    Broadcast(Frame<Event>),
    #[message(from = "client", reply = Value, error = Refusal)]
    Presence(Frame<Event>),
    #[message(from = "server")]
    PresenceState(Frame<Value>),
    #[message(from = "server")]
    PresenceDiff(Frame<Diff>),
    /// Replaces the token of a channel.
    #[message(from = "client")]
    AccessToken(Frame<Token>),
    /// How an extension is: changes come only after its `ok`, which is later than the answer to the join.
    #[message(from = "server")]
    System(Frame<System>),
    #[message(from = "server")]
    PostgresChanges(Frame<Changes>),
}

/// What stands beside the name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "{T}Frame")]
pub struct Frame<T> {
    pub topic: String,
    pub payload: T,
    /// `None` for a call, which has its number there.
    pub r#ref: Option<String>,
    /// The `ref` of the topic's join. The server doesn't send it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub join_ref: Option<String>,
}

impl<T> Frame<T> {
    pub fn new(topic: &str, payload: T) -> Self {
        Self { topic: topic.to_owned(), payload, r#ref: None, join_ref: None }
    }

    /// With a `ref` of its own. Let it be no number: those are the calls'.
    #[must_use]
    pub fn with_ref(self, own: &str) -> Self {
        Self { r#ref: Some(own.to_owned()), ..self }
    }

    #[must_use]
    pub fn with_join_ref(self, join_ref: &str) -> Self {
        Self { join_ref: Some(join_ref.to_owned()), ..self }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Beat {}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Leave {}

/// What a channel is joined with.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Params(pub Value);

impl fmt::Debug for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Params")
    }
}

#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Token {
    pub access_token: String,
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Reply {
    pub status: Status,
    pub response: Value,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Ok,
    Error,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Refusal {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// An event within the event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Event {
    pub r#type: String,
    pub event: String,
    #[serde(default)]
    pub payload: Value,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Diff {
    pub joins: Value,
    pub leaves: Value,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct System {
    pub extension: String,
    pub status: Status,
    pub message: String,
    pub channel: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Changes {
    /// Of the `postgres_changes` in the answer to the join.
    pub ids: Vec<u64>,
    pub data: Change,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    pub schema: String,
    pub table: String,
    pub commit_timestamp: String,
    /// `INSERT`, `UPDATE` or `DELETE`.
    pub r#type: String,
    pub columns: Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old_record: Option<Value>,
    pub errors: Option<Value>,
}

/// The settings of a client that keeps its connection. The server closes one that is silent for 60 s.
pub fn builder(url: &str) -> Builder<PhoenixClient> {
    PhoenixClient::builder(url)
        .heartbeat_message(|| {
            Phoenix::Heartbeat(Frame::new("phoenix", Beat {}).with_ref("heartbeat"))
        })
        .heartbeat_interval(Duration::from_secs(25))
        .heartbeat_timeout(Duration::from_secs(25))
        .close_rules(|rules| rules.stop(1000..=1000))
        .max_reconnect_attempts(None)
}

/// A topic that is joined on every connection, until this is dropped.
#[derive(Debug)]
pub struct Joined {
    pub hold: Hold<Phoenix>,
    /// What `phx_close` and `phx_error` of this channel have as `ref`; those of an earlier one have another.
    pub join_ref: String,
    /// The first answer. That to a later join comes as a [`Phoenix::Reply`] with the same `ref`.
    pub response: Value,
}

/// Joins a topic and waits for the answer. `params` is asked for every connection, such as for a fresh token.
pub async fn join(
    app: &PhoenixClient,
    topic: &str,
    params: impl Fn() -> Value + Send + Sync + 'static,
) -> Result<Joined, Box<dyn Error + Send + Sync>> {
    static JOINS: AtomicU64 = AtomicU64::new(0);
    let join_ref = format!("join-{}", JOINS.fetch_add(1, Ordering::Relaxed));
    let mut replies = app.stream_reply();
    let frame = Frame::new(topic, ()).with_ref(&join_ref).with_join_ref(&join_ref);
    let hold = app.hold_join_with(move || {
        let Frame { topic, r#ref, join_ref, .. } = frame.clone();
        Frame { topic, payload: Params(params()), r#ref, join_ref }
    })?;
    while let Some(reply) = replies.next().await {
        let Frame { r#ref, payload, .. } = reply.data;
        if r#ref.as_ref() != Some(&join_ref) {
            continue;
        }
        if payload.status == Status::Ok {
            return Ok(Joined { hold, join_ref, response: payload.response });
        }
        return Err(format!("the server refused to join {topic}: {}", payload.response).into());
    }
    Err("the client is gone".into())
}
