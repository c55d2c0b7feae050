//! Every setting with its default and its range.

use std::{fmt, sync::Arc, time::Duration};

use serde::Deserialize;

use super::{
    close_rules::CloseRules,
    millis::{CENTURY, millis, millis_pair, optional_millis},
    options::{
        Backoff, HeartbeatKind, Inbox, Overflow, QueueLimits, RateLimit, Sessions, Unconfirmed,
    },
};
use crate::error::{BuildError, BuildErrorKind};

/// Every setting that is plain data.
#[derive(Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct Tuning {
    /// Empty where a provider gives it.
    pub(crate) url: String,
    #[serde(deserialize_with = "millis")]
    pub(crate) heartbeat_interval: Duration,
    /// `None`: 10 s, or the interval where that is shorter.
    #[serde(deserialize_with = "optional_millis")]
    pub(crate) heartbeat_timeout: Option<Duration>,
    /// `None`: what the form's default is.
    pub(crate) heartbeat: Option<HeartbeatKind>,
    #[serde(deserialize_with = "millis")]
    pub(crate) reconnect_interval: Duration,
    pub(crate) backoff: Backoff,
    pub(crate) max_reconnect_attempts: Option<u32>,
    #[serde(deserialize_with = "millis")]
    pub(crate) min_uptime: Duration,
    #[serde(deserialize_with = "millis_pair")]
    pub(crate) restart_delay: (Duration, Duration),
    pub(crate) close_rules: CloseRules,
    #[serde(deserialize_with = "millis")]
    pub(crate) connect_timeout: Duration,
    #[serde(deserialize_with = "millis")]
    pub(crate) close_timeout: Duration,
    #[serde(deserialize_with = "millis")]
    pub(crate) call_timeout: Duration,
    #[serde(deserialize_with = "millis")]
    pub(crate) stall_timeout: Duration,
    pub(crate) retry_first_connect: bool,
    pub(crate) queue: QueueLimits,
    pub(crate) overflow: Overflow,
    #[serde(deserialize_with = "optional_millis")]
    pub(crate) confirm_interval: Option<Duration>,
    pub(crate) unconfirmed: Unconfirmed,
    pub(crate) sessions: Sessions,
    /// The contract's version and fingerprint.
    #[serde(skip)]
    pub(crate) contract: Option<Arc<str>>,
    pub(crate) max_deliveries: Option<u32>,
    #[serde(deserialize_with = "optional_millis")]
    pub(crate) message_ttl: Option<Duration>,
    pub(crate) inbox: Inbox,
    pub(crate) max_message_size: usize,
    /// Of messages that are sent.
    pub(crate) max_outgoing_message_size: Option<usize>,
    pub(crate) fragment_size: Option<usize>,
    pub(crate) rate_limit: Option<RateLimit>,
    /// Text frames that are activity and nothing else.
    pub(crate) ignore_text: Vec<String>,
    pub(crate) binary_as_text: bool,
}

impl Default for Tuning {
    fn default() -> Self {
        Self {
            url: String::new(),
            heartbeat_interval: Duration::from_secs(30),
            heartbeat_timeout: None,
            heartbeat: None,
            reconnect_interval: Duration::from_secs(5),
            backoff: Backoff::default(),
            max_reconnect_attempts: Some(5),
            min_uptime: Duration::from_secs(5),
            restart_delay: (Duration::from_secs(5), Duration::from_secs(30)),
            close_rules: CloseRules::NONE,
            connect_timeout: Duration::from_secs(10),
            close_timeout: Duration::from_secs(2),
            call_timeout: Duration::from_secs(30),
            stall_timeout: Duration::from_secs(60),
            retry_first_connect: false,
            queue: QueueLimits::default(),
            overflow: Overflow::default(),
            confirm_interval: Some(Duration::from_secs(1)),
            unconfirmed: Unconfirmed::default(),
            sessions: Sessions::default(),
            contract: None,
            max_deliveries: Some(3),
            message_ttl: None,
            inbox: Inbox::default(),
            max_message_size: 1 << 20,
            max_outgoing_message_size: None,
            fragment_size: None,
            rate_limit: None,
            ignore_text: Vec::new(),
            binary_as_text: false,
        }
    }
}

impl fmt::Debug for Tuning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tuning")
            .field(
                "heartbeat",
                &(self.heartbeat(), self.heartbeat_interval, self.heartbeat_timeout()),
            )
            .field(
                "reconnect",
                &(self.backoff, self.reconnect_interval, self.max_reconnect_attempts),
            )
            .field("queue", &(self.queue, self.overflow, self.unconfirmed))
            // The URL among the rest may hold a credential.
            .finish_non_exhaustive()
    }
}

impl Tuning {
    pub(crate) fn heartbeat(&self) -> HeartbeatKind {
        self.heartbeat.unwrap_or_default()
    }

    pub(crate) fn heartbeat_timeout(&self) -> Duration {
        let default = Duration::from_secs(10).min(self.heartbeat_interval);
        self.heartbeat_timeout.unwrap_or(default)
    }

    /// The timeout for another interval than the setting's.
    pub(crate) fn heartbeat_timeout_for(&self, interval: Duration) -> Duration {
        self.heartbeat_timeout.unwrap_or(Duration::from_secs(10)).min(interval)
    }

    /// The largest message that is sent, in bytes.
    pub(crate) fn max_sent(&self) -> usize {
        self.max_outgoing_message_size.unwrap_or(usize::MAX).min(self.queue.bytes)
    }

    /// Checks that the settings can work. The error explains why they can't.
    pub(crate) fn check(&self) -> Result<(), BuildError> {
        let durations = [
            ("heartbeat_interval", self.heartbeat_interval),
            ("heartbeat_timeout", self.heartbeat_timeout()),
            ("reconnect_interval", self.reconnect_interval),
            ("connect_timeout", self.connect_timeout),
            ("close_timeout", self.close_timeout),
            ("call_timeout", self.call_timeout),
            ("stall_timeout", self.stall_timeout),
            ("confirm_interval", self.confirm_interval.unwrap_or(Duration::MAX)),
            ("message_ttl", self.message_ttl.unwrap_or(Duration::MAX)),
            ("rate_limit", self.rate_limit.map_or(Duration::MAX, |limit| limit.per)),
        ];
        for (name, value) in durations {
            if value.is_zero() {
                return refuse(format!("{name} is 0: give it a length"));
            }
            // Instants are computed from these: a century stays far from their overflow.
            if value != Duration::MAX && value > CENTURY {
                return refuse(format!("{name} is longer than a century"));
            }
        }
        let sizes = [
            ("queue.messages", self.queue.messages),
            ("queue.bytes", self.queue.bytes),
            ("inbox.messages", self.inbox.messages),
            ("max_message_size", self.max_message_size),
            ("max_outgoing_message_size", self.max_outgoing_message_size.unwrap_or(usize::MAX)),
            ("fragment_size", self.fragment_size.unwrap_or(usize::MAX)),
            ("rate_limit", self.rate_limit.map_or(usize::MAX, |limit| limit.messages as usize)),
        ];
        if let Some((name, _)) = sizes.iter().find(|(_, value)| *value == 0) {
            return refuse(format!("{name} is 0: nothing would pass"));
        }
        self.check_together()?;
        self.check_rate_limit()
    }

    /// Refuses a limit that the heartbeats alone would use up.
    fn check_rate_limit(&self) -> Result<(), BuildError> {
        let Some(RateLimit { messages, per }) = self.rate_limit else { return Ok(()) };
        let frames = match self.heartbeat() {
            HeartbeatKind::Both => 2,
            HeartbeatKind::Message | HeartbeatKind::Ping => 1,
            HeartbeatKind::Listen | HeartbeatKind::Off => 0,
        };
        let heartbeats = per.as_nanos() / self.heartbeat_interval.as_nanos();
        if heartbeats.saturating_mul(frames) >= messages.into() {
            return refuse(format!(
                "rate_limit ({messages} in {per:?}) leaves no room for messages beside the heartbeats \
                 (one every {:?})",
                self.heartbeat_interval
            ));
        }
        Ok(())
    }

    /// Takes the defaults of a form that isn't wirebond's own, and refuses what only that has.
    pub(crate) fn suit_foreign_form(&mut self, has_own_heartbeat: bool) -> Result<(), BuildError> {
        let refuse = |what: &str| {
            let why = "only wirebond's own form has, and the contract declares another";
            refuse(format!("{what} {why}"))
        };
        match *self.heartbeat.get_or_insert(HeartbeatKind::Ping) {
            HeartbeatKind::Both | HeartbeatKind::Message if !has_own_heartbeat => {
                return refuse("heartbeat takes the message `ping`, which");
            }
            _ => {}
        }
        if self.sessions != Sessions::Off {
            return refuse("sessions take messages that");
        }
        if self.contract.is_some() {
            return refuse("contract is said in a session, which");
        }
        Ok(())
    }

    /// Refuses settings that contradict each other.
    fn check_together(&self) -> Result<(), BuildError> {
        if self.heartbeat() != HeartbeatKind::Off
            && self.heartbeat_timeout() > self.heartbeat_interval
        {
            return refuse(format!(
                "heartbeat_timeout ({:?}) is longer than heartbeat_interval ({:?})",
                self.heartbeat_timeout(),
                self.heartbeat_interval
            ));
        }
        if let Backoff::Exponential { max } = self.backoff
            && !(self.reconnect_interval..=CENTURY).contains(&max)
        {
            return refuse(format!(
                "the backoff's max ({max:?}) is below reconnect_interval ({:?}) or endless",
                self.reconnect_interval
            ));
        }
        if self.restart_delay.0 > self.restart_delay.1 || self.restart_delay.1 > CENTURY {
            return refuse("restart_delay ends before it begins, or never".to_owned());
        }
        if let Some(fault) = self.close_rules.fault() {
            return refuse(fault);
        }
        if self.max_deliveries == Some(0) {
            return refuse("max_deliveries is 0: nothing would be written".to_owned());
        }
        if self.sessions != Sessions::Off && !self.ignore_text.is_empty() {
            return refuse(
                "ignore_text can't be used with sessions: every message has a number there"
                    .to_owned(),
            );
        }
        if self.unconfirmed == Unconfirmed::Redeliver && self.confirm_interval.is_none() {
            return refuse(
                "Unconfirmed::Redeliver needs a confirm_interval: nothing else tells what arrived"
                    .to_owned(),
            );
        }
        Ok(())
    }
}

fn refuse<T>(why: String) -> Result<T, BuildError> {
    Err(BuildError::new(BuildErrorKind::Setting).context(why))
}
