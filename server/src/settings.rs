//! The server's settings.

use std::time::Duration;

use wirebond_connection::session::Limits;

use crate::{
    contracts::{ContractPolicy, Contracts},
    error::BuildError,
    origin,
};

mod sessions;

pub use sessions::{Sessions, SlowPeer};

#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) max_message_size: usize,
    pub(crate) queue_messages: usize,
    pub(crate) queue_bytes: usize,
    pub(crate) inbox_messages: usize,
    pub(crate) heartbeat_interval: Duration,
    pub(crate) heartbeat_timeout: Duration,
    pub(crate) handshake_timeout: Duration,
    pub(crate) close_timeout: Duration,
    pub(crate) max_peers: Option<usize>,
    pub(crate) max_peers_per_user: Option<usize>,
    pub(crate) max_rooms: usize,
    pub(crate) messages_per_second: Option<u32>,
    /// As browsers write them, once the server is built.
    pub(crate) origins: Option<Vec<String>>,
    pub(crate) subprotocols: Vec<String>,
    pub(crate) sessions: Option<Sessions>,
    pub(crate) contracts: Option<Contracts>,
    pub(crate) contract_policy: ContractPolicy,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            max_message_size: 1 << 20,
            queue_messages: 1_024,
            queue_bytes: 1 << 20,
            inbox_messages: 64,
            heartbeat_interval: Duration::from_secs(30),
            heartbeat_timeout: Duration::from_secs(10),
            handshake_timeout: Duration::from_secs(10),
            close_timeout: Duration::from_secs(2),
            max_peers: None,
            max_peers_per_user: None,
            max_rooms: 128,
            messages_per_second: None,
            origins: Some(Vec::new()),
            subprotocols: Vec::new(),
            sessions: None,
            contracts: None,
            contract_policy: ContractPolicy::default(),
        }
    }
}

/// How many concurrent handlers of one peer run at a time.
pub(crate) const MAX_CALLS: u32 = 64;

/// How many bytes of received messages wait for a handler at most, and at least one message.
pub(crate) const INBOX_BYTES: usize = 256 * 1024;

/// The longest time that is waited for: 30 years. A clock may not be able to represent later moments.
pub(crate) const LONGEST: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);

impl Settings {
    /// Limits durations that mean "never", so that they can be added to an instant.
    pub(crate) fn shorten(&mut self) {
        for time in [
            &mut self.heartbeat_interval,
            &mut self.heartbeat_timeout,
            &mut self.handshake_timeout,
            &mut self.close_timeout,
        ] {
            *time = LONGEST.min(*time);
        }
        if let Some(sessions) = &mut self.sessions {
            sessions.keep = LONGEST.min(sessions.keep);
        }
    }

    /// Checks the origins, and writes them as browsers do.
    pub(crate) fn normalize_origins(&mut self) -> Result<(), BuildError> {
        for one in self.origins.iter_mut().flatten() {
            *one = origin::normalized(one).map_err(|why| {
                BuildError(format!(
                    "allowed_origins: {one:?} is not an origin: {why}. An origin is \
                     `scheme://host[:port]`, such as `https://app.example.com` (RFC 6454), or `null`"
                ))
            })?;
        }
        Ok(())
    }

    pub(crate) fn check(&self) -> Result<(), BuildError> {
        let sizes = [
            ("max_message_size", self.max_message_size),
            ("the queue's number of messages", self.queue_messages),
            ("the queue's number of bytes", self.queue_bytes),
            ("inbox", self.inbox_messages),
        ];
        let times = [
            ("heartbeat_interval", self.heartbeat_interval),
            ("heartbeat_timeout", self.heartbeat_timeout),
            ("handshake_timeout", self.handshake_timeout),
            ("close_timeout", self.close_timeout),
        ];
        let zero_size = sizes.iter().find(|(_, size)| *size == 0).map(|(name, _)| *name);
        let zero_time = times.iter().find(|(_, time)| time.is_zero()).map(|(name, _)| *name);
        let zero_rate = (self.messages_per_second == Some(0)).then_some("messages_per_second");
        match zero_size.or(zero_time).or(zero_rate) {
            Some(name) => Err(BuildError(format!("{name} is 0: nothing would get through"))),
            None => {
                self.sessions.as_ref().map_or(Ok(()), |sessions| sessions.check(self.queue_bytes))
            }
        }
    }

    /// The largest message to a peer.
    pub(crate) fn largest(&self) -> usize {
        self.queue_bytes.max(self.hold())
    }

    /// What is kept for the client of a session until it is acknowledged.
    pub(crate) fn session_limits(&self) -> Limits {
        Limits { messages: self.queue_messages, bytes: self.hold() }
    }

    /// How many bytes are held for the client of a session.
    pub(crate) fn hold(&self) -> usize {
        self.sessions.as_ref().and_then(|sessions| sessions.hold).unwrap_or(self.queue_bytes)
    }
}
