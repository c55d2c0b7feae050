//! [Home Assistant](https://developers.home-assistant.io/docs/api/websocket): states and services of a home.
//!
//! Both sides have the name at `type` and the rest beside it. After the login, every message of the client's bears a
//! number at `id` that must rise; the answer repeats it, and says at `success` whether it is one. The events of a
//! subscription bear its number, too. A frame may be an array of messages, once the client has said that it reads them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use wirebond::{
    Builder, CallError, Contract, HeldAnswer, Hold, MessageStream, OpeningError, SendError,
    Unauthorized,
};

#[derive(Debug, Contract)]
#[contract(
    version = "1.0.0",
    rename_all = "snake_case",
    tag = "type",
    batch,
    id = "id",
    result = "result",
    error = "error",
    success = "success"
)]
pub enum Home {
    #[message(from = "server")]
    AuthRequired(Version),
    #[message(from = "client")]
    Auth(Auth),
    #[message(from = "server")]
    AuthOk(Version),
    /// The server closes the connection after it.
    #[message(from = "server")]
    AuthInvalid(Refused),
    /// Must be the first one after the login.
    #[message(from = "client", reply = (), error = Failure)]
    SupportedFeatures(SupportedFeatures),
    #[message(from = "client", reply = (), error = Failure, idempotent)]
    Ping,
    /// What happened; its shape follows from what was subscribed to with this number.
    #[message(from = "server")]
    Event(Event),
    #[message(from = "client", reply = (), error = Failure)]
    SubscribeEvents(SubscribeEvents),
    #[message(from = "client", reply = (), error = Failure)]
    SubscribeTrigger(SubscribeTrigger),
    #[message(from = "client", reply = (), error = Failure)]
    SubscribeEntities,
    #[message(from = "client", reply = (), error = Failure)]
    UnsubscribeEvents(Unsubscribe),
    #[message(from = "client", reply = ServiceResponse, error = Failure)]
    CallService(CallService),
    #[message(from = "client", reply = Vec<State>, error = Failure, idempotent)]
    GetStates,
    #[message(
        from = "client",
        name = "config/entity_registry/list_for_display",
        reply = Value,
        error = Failure,
        idempotent
    )]
    ListEntitiesForDisplay,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Version {
    pub ha_version: String,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct Auth {
    pub access_token: String,
}

impl std::fmt::Debug for Auth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Auth")
    }
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Refused {
    pub message: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct SupportedFeatures {
    pub features: Features,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Features {
    pub coalesce_messages: u8,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Failure {
    pub code: String,
    pub message: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Event {
    /// The number of the request that subscribed.
    pub id: u64,
    pub event: Value,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct SubscribeEvents {
    /// All events without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_type: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct SubscribeTrigger {
    pub trigger: Value,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Unsubscribe {
    /// The number of the request that subscribed.
    pub subscription: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct CallService {
    pub domain: String,
    pub service: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_data: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<BTreeMap<String, String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub return_response: Option<bool>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ServiceResponse {
    pub context: Context,
    pub response: Option<Value>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Context {
    pub id: String,
    pub parent_id: Option<String>,
    pub user_id: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct State {
    pub entity_id: String,
    pub state: String,
    #[serde(default)]
    pub attributes: BTreeMap<String, Value>,
}

/// The settings of a client that logs in on every new connection, and reads frames with several messages.
pub fn builder(url: &str, access_token: &str) -> Builder<HomeClient> {
    let auth = Auth { access_token: access_token.to_owned() };
    HomeClient::builder(url)
        .opening(move |peer| {
            let auth = auth.clone();
            async move {
                peer.expect_auth_required().await?;
                peer.send_auth(&auth).await?;
                match peer.next().await? {
                    Home::AuthOk(_) => {}
                    Home::AuthInvalid(refused) => {
                        return Err(Unauthorized::new(refused.message).into());
                    }
                    _ => return Err(OpeningError::unexpected("a message before `auth_ok`")),
                }
                let features = SupportedFeatures { features: Features { coalesce_messages: 1 } };
                match peer.call_supported_features(&features).await {
                    // Home Assistant before 2022.9 doesn't know it.
                    Err(CallError::Refused(_)) => Ok(()),
                    answer => Ok(answer?),
                }
            }
        })
        .max_reconnect_attempts(None)
}

/// The events of this type, or all: subscribed to on every new connection, until the hold is dropped.
pub fn events(app: &HomeClient, event_type: Option<&str>) -> Result<Events, SendError> {
    let subscribe = SubscribeEvents { event_type: event_type.map(str::to_owned) };
    let answer = HeldAnswer::new();
    let events = app.stream_event_where(answer.filter(|event: &Event, id, ()| event.id == id));
    Ok((app.hold_subscribe_events_with(move || subscribe.clone(), &answer)?, events))
}

pub type Events = (Hold<Home>, MessageStream<Event>);
