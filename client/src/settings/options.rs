//! The types of single settings.

use std::time::Duration;

use serde::Deserialize;

use super::millis::millis;

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
    /// The message alone, for a server that looks at messages only: that of
    /// [`heartbeat_message`](crate::Builder::heartbeat_message) or
    /// [`heartbeat_text`](crate::Builder::heartbeat_text) if one is set.
    Message,
    /// The Ping alone (RFC 6455, section 5.5.2).
    Ping,
    /// Nothing is sent, and silence alone is judged: for a server that sends heartbeats of its own. The connection is
    /// dead if nothing arrives for `heartbeat_interval` and `heartbeat_timeout` together.
    Listen,
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

/// Whether messages have numbers that outlive their connection. See
/// [`Builder::sessions`](crate::Builder::sessions).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Sessions {
    /// No session is offered. Messages are confirmed by Pings, and may be lost with their connection.
    #[default]
    Off,
    /// A session is offered. A server that has none is used without.
    Prefer,
    /// A session is offered. With a server that has none the client stops: the error is
    /// [`ConnectErrorKind::Session`](crate::ConnectErrorKind::Session).
    Require,
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

/// How many messages may be written within a time. See [`Builder::rate_limit`](crate::Builder::rate_limit).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RateLimit {
    pub(crate) messages: u32,
    #[serde(deserialize_with = "millis")]
    pub(crate) per: Duration,
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
