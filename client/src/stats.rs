//! Counters of messages and connections.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

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
    /// Messages that a `send` accepted, and those of openings and holds that were written.
    pub accepted: u64,
    /// Of these: waiting to be written.
    pub queued: u64,
    /// Written, not confirmed yet.
    pub in_flight: u64,
    /// Read by the peer's WebSocket layer. In a session: handled by the server.
    pub confirmed: u64,
    /// Written, and it is not known whether the server read them: their connection ended first, or
    /// confirmation is off or unavailable. In a session: the session was lost first.
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
    /// Dropped because nobody waits for them any more: requests of calls that were given up while they
    /// were queued, and answers to calls whose connection had ended.
    pub dropped_withdrawn: u64,
    /// Messages that a `send` refused; its caller got the error.
    pub refused: u64,
    /// Messages that are held at present: see [`Client::hold`](crate::Client::hold). Each counts as accepted
    /// whenever it is written.
    pub holds: u64,
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
    /// Calls that wait for their answer.
    pub calls_in_flight: u64,
    /// Answers that no call waited for: they came too late, or twice.
    pub late_answers: u64,
    /// Bytes read from the stream, above TLS.
    pub bytes_received: u64,
    /// Bytes written to the stream, above TLS.
    pub bytes_sent: u64,
    /// Connections that were opened, the first included.
    pub connections: u64,
    /// How often a session was resumed after its connection was lost. See
    /// [`Builder::sessions`](crate::Builder::sessions).
    pub sessions_resumed: u64,
    /// How often a session was lost: each time, messages of the server may be missing.
    pub sessions_lost: u64,
    /// Messages that the server has reported as missing within a session.
    pub gaps: u64,
    /// How long the last Ping took to be answered.
    pub round_trip: Option<Duration>,
}

impl Stats {
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
            + self.dropped_withdrawn
    }
}

/// A number that grows, read from anywhere.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    /// Adds one, where a single task writes: a load and a store cost less than `fetch_add`.
    pub(crate) fn increment(&self) {
        self.0.store(self.0.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// The part of [`Stats`] about what arrives and about connections. The outbox has the other one, under
/// its lock, so that it adds up at every moment.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) received: Counter,
    pub(crate) unhandled: Counter,
    pub(crate) unknown: Counter,
    pub(crate) malformed: Counter,
    pub(crate) lagged: Counter,
    pub(crate) late_answers: Counter,
    pub(crate) bytes_received: Counter,
    pub(crate) bytes_sent: Counter,
    pub(crate) connections: Counter,
    pub(crate) sessions_resumed: Counter,
    pub(crate) sessions_lost: Counter,
    pub(crate) gaps: Counter,
    /// Nanoseconds; 0 while unknown.
    round_trip: AtomicU64,
}

impl Counters {
    pub(crate) fn set_round_trip(&self, took: Duration) {
        let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX).max(1);
        self.round_trip.store(nanos, Ordering::Relaxed);
    }

    /// All counters, with those of the outbox.
    pub(crate) fn stats(&self, outbox: Stats) -> Stats {
        let round_trip = match self.round_trip.load(Ordering::Relaxed) {
            0 => None,
            nanos => Some(Duration::from_nanos(nanos)),
        };
        Stats {
            received: self.received.get(),
            unhandled: self.unhandled.get(),
            unknown: self.unknown.get(),
            malformed: self.malformed.get(),
            lagged: self.lagged.get(),
            late_answers: self.late_answers.get(),
            bytes_received: self.bytes_received.get(),
            bytes_sent: self.bytes_sent.get(),
            connections: self.connections.get(),
            sessions_resumed: self.sessions_resumed.get(),
            sessions_lost: self.sessions_lost.get(),
            gaps: self.gaps.get(),
            round_trip,
            ..outbox
        }
    }
}
