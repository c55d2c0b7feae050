//! [Discord's gateway](https://discord.com/developers/docs/events/gateway): events of guilds, for bots.
//!
//! Both sides have an integer at `op` and the content at `d`. What happens comes as `op` 0 with a name at `t` and a number
//! at `s`: that is one message here, whose payload is an enum. A heartbeat carries the last number; a connection that
//! broke is resumed with it, at an address that the server gave.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
    time::Duration,
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use wirebond::{Attempt, Builder, Contract, OpeningError};

#[derive(Debug, Contract)]
#[contract(version = "1.0.0", tag = "op")]
pub enum Gateway {
    #[message(from = "server", name = 10)]
    Hello(Data<Hello>),
    #[message(name = 1)]
    Heartbeat(Data<Option<u64>>),
    #[message(from = "server", name = 11)]
    HeartbeatAck,
    #[message(from = "client", name = 2)]
    Identify(Data<Identify>),
    #[message(from = "client", name = 6)]
    Resume(Data<Resume>),
    #[message(from = "server", name = 0)]
    Dispatch(Dispatch),
    /// Whether the session may be resumed.
    #[message(from = "server", name = 9)]
    InvalidSession(Data<bool>),
    #[message(from = "server", name = 7, method = "reconnect_request")]
    Reconnect,
    #[message(from = "client", name = 3)]
    UpdatePresence(Data<Presence>),
    #[message(from = "client", name = 4)]
    UpdateVoiceState(Data<VoiceState>),
    #[message(from = "client", name = 8)]
    RequestGuildMembers(Data<RequestGuildMembers>),
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "{T}Data")]
pub struct Data<T> {
    pub d: T,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Hello {
    /// In milliseconds.
    pub heartbeat_interval: u64,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct Identify {
    pub token: String,
    /// The events that are asked for, as bits.
    pub intents: u64,
    pub properties: Properties,
}

impl std::fmt::Debug for Identify {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identify").field("intents", &self.intents).finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Properties {
    pub os: String,
    pub browser: String,
    pub device: String,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct Resume {
    pub token: String,
    pub session_id: String,
    pub seq: u64,
}

impl std::fmt::Debug for Resume {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Resume").field("seq", &self.seq).finish_non_exhaustive()
    }
}

/// An event, with its number.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Dispatch {
    pub s: u64,
    /// Its name.
    pub t: String,
    /// Its content, for the structs of the events that a bot reads.
    pub d: Value,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Ready {
    pub session_id: String,
    pub resume_gateway_url: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Presence {
    pub since: Option<u64>,
    pub activities: Vec<Activity>,
    pub status: String,
    pub afk: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Activity {
    pub name: String,
    pub r#type: u8,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct VoiceState {
    pub guild_id: String,
    /// `None` leaves.
    pub channel_id: Option<String>,
    pub self_mute: bool,
    pub self_deaf: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct RequestGuildMembers {
    pub guild_id: String,
    pub query: String,
    pub limit: u32,
    /// Comes back in the answers; at most 32 bytes.
    pub nonce: String,
}

/// What outlives a connection.
#[derive(Default)]
struct Session {
    /// The id, and where to resume it.
    resume: Option<(String, String)>,
    /// The number of the last event.
    seq: Option<u64>,
}

/// The session of one client, which its connections share.
#[derive(Clone, Default)]
pub struct Shared(Arc<Mutex<Session>>);

impl Shared {
    /// Notes an event. Call it with each one, before it is handled.
    pub fn note(&self, event: &Dispatch) {
        self.get(|session| session.seq = Some(event.s));
        if event.t == "READY"
            && let Ok(ready) = Ready::deserialize(&event.d)
        {
            self.get(|session| session.resume = Some((ready.session_id, ready.resume_gateway_url)));
        }
    }

    /// Begins a new session at the next connection: for the close codes 4007 and 4009.
    pub fn forget(&self) {
        self.get(|session| *session = Session::default());
    }

    fn get<T>(&self, get: impl FnOnce(&mut Session) -> T) -> T {
        get(&mut self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}

/// The settings of a client that identifies or resumes on every new connection.
pub fn builder(url: &str, identify: Identify, session: &Shared) -> Builder<GatewayClient> {
    let (url, at, last, kept) = (url.to_owned(), session.clone(), session.clone(), session.clone());
    GatewayClient::builder(move |_: Attempt| {
        let resume = at.get(|session| session.resume.as_ref().map(|(_, url)| url.clone()));
        let url = resume.unwrap_or_else(|| url.clone());
        async move { Ok::<_, Infallible>(url) }
    })
    .opening(move |peer| {
        let (identify, session) = (identify.clone(), kept.clone());
        async move {
            let hello = peer.expect_hello().await?.d;
            peer.heartbeat_interval(Duration::from_millis(hello.heartbeat_interval));
            let resume = session.get(|session| Some((session.resume.clone()?.0, session.seq?)));
            let is_resumed = resume.is_some();
            if let Some((session_id, seq)) = resume {
                let token = identify.token.clone();
                peer.send_resume(&Data { d: Resume { token, session_id, seq } }).await?;
            } else {
                peer.send_identify(&Data { d: identify }).await?;
            }
            // What was missed comes before `RESUMED`, and waits for the handlers as an event like others.
            if is_resumed {
                return Ok(());
            }
            match peer.next().await? {
                Gateway::Dispatch(event) if event.t == "READY" => {
                    session.note(&event);
                    Ok(())
                }
                Gateway::InvalidSession(_) => {
                    session.forget();
                    Err("the session is invalid".into())
                }
                _ => Err(OpeningError::unexpected("a message before READY")),
            }
        }
    })
    .heartbeat_message(move || Gateway::Heartbeat(Data { d: last.get(|session| session.seq) }))
    .close_rules(|rules| rules.stop(4004).stop(4010..=4014))
    .max_outgoing_message_size(4096)
    .rate_limit(120, Duration::from_secs(60))
    .max_reconnect_attempts(None)
}
