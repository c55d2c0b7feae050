//! Counters of messages and connections.

use std::{sync::atomic::Ordering, time::Duration};

use crate::delivery::hub::Counters;

/// Counters of messages, bytes and connections. See [`Client::stats`](crate::Client::stats).
///
/// At every moment `accepted` is the sum of `queued`, `in_flight`, `confirmed`, `unconfirmed` and the
/// `dropped_*` counters.
///
/// ```
/// use wirebond_client::Client;
///
/// let client = Client::builder("ws://127.0.0.1:9001/ws").build()?;
/// let stats = client.stats();
/// let known = stats.queued + stats.in_flight + stats.confirmed + stats.unconfirmed;
/// assert_eq!(stats.accepted, known + stats.dropped());
/// # Ok::<(), wirebond_client::BuildError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Stats {
    /// Messages that a `send` accepted.
    pub accepted: u64,
    /// Of these: waiting to be written.
    pub queued: u64,
    /// Written, not confirmed yet.
    pub in_flight: u64,
    /// Read by the peer's WebSocket layer.
    pub confirmed: u64,
    /// Written, and it is not known whether the server read them: their connection ended first, or
    /// confirmation is off or unavailable.
    pub unconfirmed: u64,
    /// Dropped because they waited longer than `message_ttl`.
    pub dropped_expired: u64,
    /// Dropped to make room for newer ones.
    pub dropped_overflowed: u64,
    /// Dropped with the last handle.
    pub dropped_closed: u64,
    /// Dropped because `max_deliveries` deliveries of them failed, or they were too large for the peer:
    /// with `Unconfirmed::Redeliver`.
    pub dropped_undeliverable: u64,
    /// Dropped by `clear_queue()`.
    pub dropped_cleared: u64,
    /// Messages that a `send` refused; its caller got the error.
    pub refused: u64,
    /// Text frames that arrived.
    pub received: u64,
    /// Of these: messages of the contract without a subscription. Their payloads were not decoded.
    pub unhandled: u64,
    /// Of these: messages whose name is not in the contract.
    pub unknown: u64,
    /// Frames that aren't messages, binary ones included, and messages whose payload doesn't match its
    /// type.
    pub malformed: u64,
    /// Messages that arrived but were lost in an inbox: it was full and set to drop the oldest, or
    /// `disconnect()` came first.
    pub lagged: u64,
    /// Bytes read from the stream, above TLS.
    pub bytes_received: u64,
    /// Bytes written to the stream, above TLS.
    pub bytes_sent: u64,
    /// Connections that were opened, the first included.
    pub connections: u64,
    /// How long the last Ping took to be answered.
    pub round_trip: Option<Duration>,
}

impl Stats {
    /// The outbox's counters with those of what arrived.
    pub(crate) fn of(outbox: Self, counters: &Counters) -> Self {
        let load = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
        Self {
            received: load(&counters.received),
            unhandled: load(&counters.unhandled),
            unknown: load(&counters.unknown),
            malformed: load(&counters.malformed),
            lagged: load(&counters.lagged),
            bytes_received: load(&counters.bytes_received),
            bytes_sent: load(&counters.bytes_sent),
            connections: load(&counters.connections),
            round_trip: match load(&counters.round_trip) {
                0 => None,
                nanos => Some(Duration::from_nanos(nanos)),
            },
            ..outbox
        }
    }

    /// Returns how often the client has reconnected.
    ///
    /// ```
    /// use wirebond_client::Stats;
    ///
    /// let mut stats = Stats::default();
    /// stats.connections = 3;
    /// assert_eq!(stats.reconnects(), 2);
    /// ```
    pub fn reconnects(&self) -> u64 {
        self.connections.saturating_sub(1)
    }

    /// Returns how many messages were accepted and then dropped, for any reason.
    ///
    /// ```
    /// use wirebond_client::Stats;
    ///
    /// let mut stats = Stats::default();
    /// (stats.dropped_expired, stats.dropped_cleared) = (2, 1);
    /// assert_eq!(stats.dropped(), 3);
    /// ```
    pub fn dropped(&self) -> u64 {
        self.dropped_expired
            + self.dropped_overflowed
            + self.dropped_closed
            + self.dropped_undeliverable
            + self.dropped_cleared
    }
}
