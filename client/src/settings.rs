//! The settings: plain data with defaults, readable from a file, checked before use.

use std::{fmt, time::Duration};

use serde::{Deserialize, Deserializer};

use crate::error::{BuildError, BuildErrorKind};

/// How the delay before an attempt grows. See [`Builder::backoff`](crate::Builder::backoff).
///
/// Both forms are random within bounds, so that clients don't all reconnect at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Backoff {
    /// The delay is always `reconnect_interval`, ±20 % at random.
    #[default]
    Fixed,
    /// The delay doubles with each attempt: d is `reconnect_interval` at first and `max` at most. The
    /// actual delay is random between d / 2 and d.
    // Users write this as a literal: another way to grow will be another variant, not another field.
    Exponential {
        /// The longest delay.
        #[serde(deserialize_with = "millis")]
        max: Duration,
    },
}

impl Backoff {
    /// A delay that doubles with each attempt, up to `max`: [`Backoff::Exponential`].
    ///
    /// ```
    /// use std::time::Duration;
    /// use wirebond_client::{Backoff, Client};
    ///
    /// // 1 s, 2 s, 4 s and so on, 30 s at most; each at random between half and all of it.
    /// let client = Client::builder("ws://127.0.0.1:9001/ws")
    ///     .reconnect_interval(Duration::from_secs(1))
    ///     .backoff(Backoff::exponential(Duration::from_secs(30)))
    ///     .build()?;
    /// # Ok::<(), wirebond_client::BuildError>(())
    /// ```
    pub const fn exponential(max: Duration) -> Self {
        Self::Exponential { max }
    }
}

/// What a heartbeat consists of. See [`Builder::heartbeat`](crate::Builder::heartbeat).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum HeartbeatKind {
    /// A WebSocket Ping and the message `{"type":"ping","data":{"timestamp":…}}`.
    #[default]
    Both,
    /// The message alone, for a server that looks at messages only.
    Message,
    /// The Ping alone (RFC 6455, section 5.5.2).
    Ping,
    /// No heartbeat. A connection that dies silently is noticed when a write fails, or never.
    Off,
}

/// What happens to a message when the outbound queue is full. See
/// [`Builder::overflow`](crate::Builder::overflow).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Overflow {
    /// `send` fails with `QueueFull`.
    #[default]
    Reject,
    /// The oldest messages are dropped, counted and reported.
    DropOldest,
    /// `send` waits for room, and `try_send` fails with `QueueFull`. A waiting `send` fails with
    /// `QueueFull` as well once a handler has blocked the client's task for `stall_timeout`.
    Wait,
}

/// What happens to messages that were written but not confirmed when their connection ended. See
/// [`Builder::unconfirmed`](crate::Builder::unconfirmed).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Unconfirmed {
    /// They are reported by name and count.
    #[default]
    Report,
    /// They are queued again, before all others, for the next connection. Nothing is lost, but a message
    /// that did arrive arrives twice. Their bytes count against the queue's limit until they are
    /// confirmed, and [`max_deliveries`](crate::Builder::max_deliveries) limits how often one is sent.
    Redeliver,
}

/// The limits of the outbound queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct QueueLimits {
    /// How many messages.
    pub(crate) messages: usize,
    /// How many bytes of JSON.
    pub(crate) bytes: usize,
}

impl Default for QueueLimits {
    fn default() -> Self {
        Self { messages: 1_024, bytes: 1 << 20 }
    }
}

/// How many messages may wait for a subscription, and what happens when its inbox is full.
///
/// Only asynchronous handlers and streams have an inbox. A synchronous handler is called as soon as the
/// message is read.
///
/// ```
/// use wirebond_client::{Client, Inbox};
///
/// let client = Client::builder("ws://127.0.0.1:9001/ws").inbox(Inbox::wait(100)).build()?;
/// let mut prices = client.stream::<f64>("price");
/// prices.set_inbox(Inbox::drop_oldest(1)); // only the newest is of interest
/// # Ok::<(), wirebond_client::BuildError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[non_exhaustive]
pub struct Inbox {
    /// How many messages.
    pub messages: usize,
    /// Whether a full inbox drops its oldest message, which is counted and reported as
    /// `Event::Lagged`. If not, nothing more is read from the connection until there is room.
    pub drop_oldest: bool,
}

impl Inbox {
    /// An inbox that applies back-pressure: while it is full, nothing more is read from the connection,
    /// and nothing is lost.
    ///
    /// ```
    /// use wirebond_client::Inbox;
    ///
    /// assert_eq!(Inbox::wait(1_024), Inbox::default());
    /// ```
    pub const fn wait(messages: usize) -> Self {
        Self { messages, drop_oldest: false }
    }

    /// An inbox that keeps the newest messages and drops the others, counted and reported as
    /// `Event::Lagged`.
    ///
    /// ```
    /// use wirebond_client::Inbox;
    ///
    /// assert!(Inbox::drop_oldest(100).drop_oldest);
    /// ```
    pub const fn drop_oldest(messages: usize) -> Self {
        Self { messages, drop_oldest: true }
    }
}

impl Default for Inbox {
    fn default() -> Self {
        Self::wait(1_024)
    }
}

/// Settings from a config file.
///
/// Names are in camel case and times in milliseconds. Each setting except `url` is optional; an unknown
/// name is an error. [`Builder`](crate::Builder) has a method for each, with its meaning and default.
///
/// ```
/// let settings: wirebond_client::Settings = serde_json::from_str(
///     r#"{ "url": "ws://127.0.0.1:9001/ws", "heartbeatInterval": 60000, "maxReconnectAttempts": 10 }"#,
/// )?;
/// let client = wirebond_client::Client::builder(settings).build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Settings(pub(crate) Tuning);

impl<'de> Deserialize<'de> for Settings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let tuning = Tuning::deserialize(deserializer)?;
        if tuning.url.is_empty() {
            return Err(serde::de::Error::missing_field("url"));
        }
        Ok(Self(tuning))
    }
}

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
    pub(crate) heartbeat: HeartbeatKind,
    #[serde(deserialize_with = "millis")]
    pub(crate) reconnect_interval: Duration,
    pub(crate) backoff: Backoff,
    pub(crate) max_reconnect_attempts: Option<u32>,
    #[serde(deserialize_with = "millis")]
    pub(crate) min_uptime: Duration,
    #[serde(deserialize_with = "millis_pair")]
    pub(crate) restart_delay: (Duration, Duration),
    #[serde(deserialize_with = "millis")]
    pub(crate) connect_timeout: Duration,
    #[serde(deserialize_with = "millis")]
    pub(crate) close_timeout: Duration,
    #[serde(deserialize_with = "millis")]
    pub(crate) stall_timeout: Duration,
    pub(crate) retry_first_connect: bool,
    pub(crate) queue: QueueLimits,
    pub(crate) overflow: Overflow,
    #[serde(deserialize_with = "optional_millis")]
    pub(crate) confirm_interval: Option<Duration>,
    pub(crate) unconfirmed: Unconfirmed,
    pub(crate) max_deliveries: Option<u32>,
    #[serde(deserialize_with = "optional_millis")]
    pub(crate) message_ttl: Option<Duration>,
    pub(crate) inbox: Inbox,
    pub(crate) max_message_size: usize,
}

impl Default for Tuning {
    fn default() -> Self {
        Self {
            url: String::new(),
            heartbeat_interval: Duration::from_secs(30),
            heartbeat_timeout: None,
            heartbeat: HeartbeatKind::default(),
            reconnect_interval: Duration::from_secs(5),
            backoff: Backoff::default(),
            max_reconnect_attempts: Some(5),
            min_uptime: Duration::from_secs(5),
            restart_delay: (Duration::from_secs(5), Duration::from_secs(30)),
            connect_timeout: Duration::from_secs(10),
            close_timeout: Duration::from_secs(2),
            stall_timeout: Duration::from_secs(60),
            retry_first_connect: false,
            queue: QueueLimits::default(),
            overflow: Overflow::default(),
            confirm_interval: Some(Duration::from_secs(1)),
            unconfirmed: Unconfirmed::default(),
            max_deliveries: Some(3),
            message_ttl: None,
            inbox: Inbox::default(),
            max_message_size: 1 << 20,
        }
    }
}

impl fmt::Debug for Tuning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tuning")
            .field(
                "heartbeat",
                &(self.heartbeat, self.heartbeat_interval, self.heartbeat_timeout()),
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
    pub(crate) fn heartbeat_timeout(&self) -> Duration {
        let default = Duration::from_secs(10).min(self.heartbeat_interval);
        self.heartbeat_timeout.unwrap_or(default)
    }

    /// Refuses what can't work, and says why.
    pub(crate) fn check(&self) -> Result<(), BuildError> {
        let durations = [
            ("heartbeat_interval", self.heartbeat_interval),
            ("heartbeat_timeout", self.heartbeat_timeout()),
            ("reconnect_interval", self.reconnect_interval),
            ("connect_timeout", self.connect_timeout),
            ("close_timeout", self.close_timeout),
            ("stall_timeout", self.stall_timeout),
            ("confirm_interval", self.confirm_interval.unwrap_or(Duration::MAX)),
            ("message_ttl", self.message_ttl.unwrap_or(Duration::MAX)),
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
        ];
        if let Some((name, _)) = sizes.iter().find(|(_, value)| *value == 0) {
            return refuse(format!("{name} is 0: nothing would pass"));
        }
        if self.heartbeat != HeartbeatKind::Off
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
        if self.max_deliveries == Some(0) {
            return refuse("max_deliveries is 0: nothing would be written".to_owned());
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

/// The longest time that a setting may have.
pub(crate) const CENTURY: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

fn refuse<T>(why: String) -> Result<T, BuildError> {
    Err(BuildError::new(BuildErrorKind::Setting).context(why))
}

pub(crate) fn millis<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    u64::deserialize(deserializer).map(Duration::from_millis)
}

fn optional_millis<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Duration>, D::Error> {
    Ok(Option::deserialize(deserializer)?.map(Duration::from_millis))
}

fn millis_pair<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<(Duration, Duration), D::Error> {
    let (from, to) = <(u64, u64)>::deserialize(deserializer)?;
    Ok((Duration::from_millis(from), Duration::from_millis(to)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Tuning, String> {
        let settings: Settings = serde_json::from_str(json).map_err(|error| error.to_string())?;
        Ok(settings.0)
    }

    #[test]
    fn a_url_alone_gives_the_defaults() {
        let expected = Tuning { url: "ws://h".into(), ..Tuning::default() };
        assert_eq!(read(r#"{"url":"ws://h"}"#), Ok(expected.clone()));
        assert!(expected.check().is_ok());
    }

    #[test]
    fn every_name_is_camel_case_in_milliseconds() {
        let tuning = read(
            r#"{"url":"ws://h","heartbeatInterval":60000,"heartbeatTimeout":5000,"heartbeat":"ping",
                "reconnectInterval":3000,"backoff":{"exponential":{"max":60000}},
                "maxReconnectAttempts":null,"minUptime":1,"restartDelay":[1,2],"connectTimeout":3,
                "closeTimeout":4,"stallTimeout":5,"retryFirstConnect":true,
                "queue":{"messages":7},"overflow":"dropOldest","confirmInterval":6,
                "unconfirmed":"redeliver","maxDeliveries":null,"messageTtl":8,
                "inbox":{"messages":9,"dropOldest":true},"maxMessageSize":10}"#,
        );
        let ms = Duration::from_millis;
        let expected = Tuning {
            url: "ws://h".into(),
            heartbeat_interval: ms(60_000),
            heartbeat_timeout: Some(ms(5_000)),
            heartbeat: HeartbeatKind::Ping,
            reconnect_interval: ms(3_000),
            backoff: Backoff::Exponential { max: ms(60_000) },
            max_reconnect_attempts: None,
            min_uptime: ms(1),
            restart_delay: (ms(1), ms(2)),
            connect_timeout: ms(3),
            close_timeout: ms(4),
            stall_timeout: ms(5),
            retry_first_connect: true,
            queue: QueueLimits { messages: 7, bytes: 1 << 20 },
            overflow: Overflow::DropOldest,
            confirm_interval: Some(ms(6)),
            unconfirmed: Unconfirmed::Redeliver,
            max_deliveries: None,
            message_ttl: Some(ms(8)),
            inbox: Inbox::drop_oldest(9),
            max_message_size: 10,
        };
        assert_eq!(tuning, Ok(expected));
    }

    #[test]
    fn a_file_with_a_mistake_is_refused() {
        for (json, word) in [
            ("{}", "missing field `url`"),
            (r#"{"url":"ws://h","heartbeatIntervall":1}"#, "unknown field"),
            (r#"{"url":"ws://h","heartbeatInterval":-1}"#, "invalid value"),
            (r#"{"url":"ws://h","overflow":"explode"}"#, "unknown variant"),
        ] {
            let error = read(json).expect_err(json);
            assert!(error.contains(word), "{json}: {error}");
        }
    }

    #[test]
    fn what_cannot_work_is_refused_with_its_name() {
        let second = Duration::from_secs(1);
        let wrong = |change: fn(&mut Tuning), words: &str| {
            let mut tuning = Tuning::default();
            change(&mut tuning);
            let error = tuning.check().expect_err(words).to_string();
            assert!(error.contains(words), "{error}");
        };
        wrong(|t| t.heartbeat_interval = Duration::ZERO, "heartbeat_interval");
        wrong(
            |t| t.heartbeat_timeout = Some(Duration::from_secs(31)),
            "longer than heartbeat_interval",
        );
        wrong(|t| t.reconnect_interval = Duration::ZERO, "reconnect_interval");
        wrong(|t| t.close_timeout = Duration::from_secs(u64::MAX), "century");
        wrong(|t| t.queue.messages = 0, "queue.messages");
        wrong(|t| t.queue.bytes = 0, "queue.bytes");
        wrong(|t| t.inbox.messages = 0, "inbox.messages");
        wrong(|t| t.max_message_size = 0, "max_message_size");
        wrong(|t| t.max_deliveries = Some(0), "max_deliveries");
        wrong(|t| t.message_ttl = Some(Duration::ZERO), "message_ttl");
        wrong(|t| t.backoff = Backoff::Exponential { max: Duration::from_secs(1) }, "max");
        wrong(
            |t| t.restart_delay = (Duration::from_secs(2), Duration::from_secs(1)),
            "restart_delay",
        );
        wrong(
            |t| {
                t.unconfirmed = Unconfirmed::Redeliver;
                t.confirm_interval = None;
            },
            "confirm_interval",
        );
        let mut quick = Tuning { heartbeat_interval: second, ..Tuning::default() };
        assert_eq!(quick.heartbeat_timeout(), second);
        assert!(quick.check().is_ok());
        quick.heartbeat_timeout = Some(2 * second);
        quick.heartbeat = HeartbeatKind::Off;
        assert!(quick.check().is_ok(), "no heartbeat, no contradiction");
    }

    #[test]
    fn debug_keeps_the_url_to_itself() {
        let settings = read(r#"{"url":"ws://u:s3cret@h/?t=s3cret"}"#).map(Settings);
        assert!(!format!("{settings:?}").contains("s3cret"));
    }
}
