//! [OpenAI Realtime](https://platform.openai.com/docs/guides/realtime): a conversation in text and sound.
//!
//! Both sides have the name at `type`, with dots in it, and the rest beside it. A new connection is a new conversation,
//! so the opening says again how it shall be. What belongs together is told by the ids of responses and items.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use wirebond::{Builder, Contract};

#[derive(Debug, Contract)]
#[contract(version = "1.0.0", tag = "type")]
pub enum Realtime {
    #[message(from = "client", name = "session.update")]
    SessionUpdate(SessionUpdate),
    #[message(from = "client", name = "conversation.item.create")]
    ItemCreate(ItemCreate),
    #[message(from = "client", name = "conversation.item.truncate")]
    ItemTruncate(ItemTruncate),
    #[message(from = "client", name = "input_audio_buffer.append")]
    AudioAppend(AudioAppend),
    #[message(from = "client", name = "response.create")]
    ResponseCreate(ResponseCreate),
    #[message(from = "client", name = "response.cancel")]
    ResponseCancel(ResponseCancel),

    #[message(from = "server", name = "session.created")]
    SessionCreated(SessionEvent),
    /// The whole session as it is now.
    #[message(from = "server", name = "session.updated")]
    SessionUpdated(SessionEvent),
    #[message(from = "server", name = "conversation.item.added")]
    ItemAdded(ItemEvent),
    #[message(from = "server", name = "conversation.item.done")]
    ItemDone(ItemEvent),
    #[message(from = "server", name = "response.created")]
    ResponseCreated(ResponseEvent),
    #[message(from = "server", name = "response.output_text.delta")]
    TextDelta(Delta),
    /// In base64.
    #[message(from = "server", name = "response.output_audio.delta")]
    AudioDelta(Delta),
    #[message(from = "server", name = "response.function_call_arguments.done")]
    FunctionCall(FunctionCall),
    #[message(from = "server", name = "response.done")]
    ResponseDone(ResponseEvent),
    #[message(from = "server", name = "input_audio_buffer.speech_started")]
    SpeechStarted(SpeechStarted),
    #[message(from = "server", name = "rate_limits.updated")]
    RateLimits(RateLimits),
    /// The session goes on, unless it has expired.
    #[message(from = "server", method = "failure")]
    Error(ErrorEvent),
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct SessionUpdate {
    /// Comes back in an error about this message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
    pub session: Value,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ItemCreate {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
    pub previous_item_id: Option<String>,
    pub item: Item,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Item {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    pub r#type: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub content: Vec<Content>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Content {
    InputText { text: String },
    OutputText { text: String },
    InputAudio { transcript: Option<String> },
    OutputAudio { transcript: Option<String> },
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ItemTruncate {
    pub item_id: String,
    pub content_index: u32,
    pub audio_end_ms: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct AudioAppend {
    /// In base64.
    pub audio: String,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct ResponseCreate {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<Value>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct ResponseCancel {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_id: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct SessionEvent {
    pub event_id: String,
    pub session: Session,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Session {
    pub id: String,
    pub model: String,
    /// Seconds since the Unix epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<u64>,
    #[serde(flatten)]
    pub rest: serde_json::Map<String, Value>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ItemEvent {
    pub event_id: String,
    pub previous_item_id: Option<String>,
    pub item: Item,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ResponseEvent {
    pub event_id: String,
    pub response: Response,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Response {
    pub id: String,
    pub status: String,
    pub status_details: Option<Value>,
    pub output: Vec<Item>,
    pub usage: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_output_tokens: Option<Limit>,
    pub metadata: Option<Value>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Limit {
    Tokens(u32),
    /// "inf".
    None(String),
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Delta {
    pub event_id: String,
    pub response_id: String,
    pub item_id: String,
    pub output_index: u32,
    pub content_index: u32,
    pub delta: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct FunctionCall {
    pub event_id: String,
    pub response_id: String,
    pub item_id: String,
    pub output_index: u32,
    pub call_id: String,
    pub name: String,
    /// JSON, as the model wrote it.
    pub arguments: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct SpeechStarted {
    pub event_id: String,
    pub audio_start_ms: u64,
    pub item_id: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct RateLimits {
    pub event_id: String,
    pub rate_limits: Vec<RateLimit>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct RateLimit {
    pub name: String,
    pub limit: u64,
    pub remaining: u64,
    pub reset_seconds: f64,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ErrorEvent {
    pub event_id: String,
    pub error: Failure,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Failure {
    pub r#type: String,
    pub code: Option<String>,
    pub message: String,
    pub param: Option<String>,
    /// That of the client's message.
    pub event_id: Option<String>,
}

/// The settings of a client whose sessions all begin as `session` says.
pub fn builder(url: &str, key: &str, session: Value) -> Builder<RealtimeClient> {
    RealtimeClient::builder(url)
        .header("authorization", format!("Bearer {key}"))
        .opening(move |peer| {
            let update = SessionUpdate { event_id: None, session: session.clone() };
            async move {
                peer.expect_session_created().await?;
                peer.send_session_update(&update).await?;
                peer.expect_session_updated().await?;
                Ok(())
            }
        })
        .close_rules(|rules| rules.stop(1000).stop(1008))
}
