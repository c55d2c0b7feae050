//! [obs-websocket](https://github.com/obsproject/obs-websocket/blob/master/docs/generated/protocol.md), version 5: the
//! remote control of OBS Studio.
//!
//! Both sides have an integer at `op` and the content at `d`. Requests and events have names of their own within it, of
//! which OBS and its plugins have hundreds: a request is one message here, and so is an event. A request's number is
//! a string at `/d/requestId`; the answer repeats it, and says at `/d/requestStatus/result` whether it is a reply.

use base64::{Engine, prelude::BASE64_STANDARD};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use wirebond::{Builder, Contract, Unauthorized};

#[derive(Debug, Contract)]
#[contract(
    version = "1.0.0",
    tag = "op",
    content = "d",
    id = "/d/requestId",
    ids = "string",
    error = "/d/requestStatus",
    success = "/d/requestStatus/result"
)]
pub enum Obs {
    #[message(from = "server", name = 0)]
    Hello(Hello),
    #[message(from = "client", name = 1)]
    Identify(Identify),
    #[message(from = "server", name = 2)]
    Identified(Identified),
    /// Changes the events that are sent; answered by `Identified`. Hold it, so that a reconnect doesn't undo it.
    #[message(from = "client", name = 3)]
    Reidentify(Reidentify),
    #[message(from = "server", name = 5)]
    Event(Event),
    #[message(from = "client", name = 6, reply = Response, error = Status)]
    Request(Request),
    #[message(from = "client", name = 8, reply = Responses, error = Status)]
    RequestBatch(RequestBatch),
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Hello {
    pub obs_studio_version: String,
    pub obs_web_socket_version: String,
    pub rpc_version: u32,
    /// Where a password is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authentication: Option<Challenge>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Challenge {
    pub challenge: String,
    pub salt: String,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Identify {
    pub rpc_version: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authentication: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_subscriptions: Option<u32>,
}

impl std::fmt::Debug for Identify {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identify")
            .field("event_subscriptions", &self.event_subscriptions)
            .finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Identified {
    pub negotiated_rpc_version: u32,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reidentify {
    pub event_subscriptions: u32,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// Its name.
    pub event_type: String,
    /// The bit of `event_subscriptions` that it belongs to.
    pub event_intent: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_data: Option<Value>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// Its name.
    pub request_type: String,
    /// Only within a batch, where it is optional.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_data: Option<Value>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Response {
    pub request_type: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<Value>,
    pub request_status: Status,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_data: Option<Value>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Status {
    pub result: bool,
    pub code: u16,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RequestBatch {
    pub halt_on_failure: bool,
    /// 0: one after the other, 1: one a frame of the video, 2: all at once.
    pub execution_type: u8,
    pub requests: Vec<Request>,
}

/// In the order of the requests; with `halt_on_failure`, the first failure is the last one.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Responses {
    pub results: Vec<Response>,
}

/// The settings of a client that identifies on every new connection, and is sent the events of these bits, or those that
/// OBS sends by default.
pub fn builder(url: &str, password: Option<&str>, events: Option<u32>) -> Builder<ObsClient> {
    let password = password.map(str::to_owned);
    ObsClient::builder(url)
        .opening(move |peer| {
            let password = password.clone();
            async move {
                let authentication = match peer.expect_hello().await?.authentication {
                    None => None,
                    Some(challenge) => {
                        let password = password.ok_or(Unauthorized::new("a password is needed"))?;
                        Some(answer(&challenge, &password))
                    }
                };
                let event_subscriptions = events;
                let identify = Identify { rpc_version: 1, authentication, event_subscriptions };
                peer.send_identify(&identify).await?;
                peer.expect_identified().await?;
                Ok(())
            }
        })
        // A mistake of the client's, a wrong password (4009), or another client wanted this one away (4011).
        .close_rules(|rules| rules.stop(4000..=4012))
        .max_reconnect_attempts(None)
}

/// What proves that the password is known.
fn answer(challenge: &Challenge, password: &str) -> String {
    let hash = |text: String| BASE64_STANDARD.encode(Sha256::digest(text));
    hash(hash(format!("{password}{}", challenge.salt)) + &challenge.challenge)
}
