//! What a server counts.

/// Counters of a server. See [`Server::stats`](crate::Server::stats).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Stats {
    /// Connections at present, which [`max_peers`](crate::Builder::max_peers) limits: each from the answer to its
    /// request until it is closed. One without a session is counted until its last handler has returned.
    pub connections: usize,
    /// Peers at present: connections without a session, and sessions, of which
    /// [`detached`](SessionStats::detached) have no connection. A peer that has ended is not counted, even
    /// while its handlers run.
    pub peers: usize,
    /// Connections that were accepted so far.
    pub connected: u64,
    /// Requests to upgrade that were refused, or whose stream ended before the upgrade. Where an HTTP server of your
    /// own takes them, only those count that reach [`Server::accept`](crate::Server::accept): what the extractor of axum
    /// or your handler answers before, this server doesn't see.
    pub refused: u64,
    /// Messages that arrived, without heartbeats. Those of a read are added when all of them were taken.
    pub received: u64,
    /// Of these: messages without a handler.
    pub unhandled: u64,
    /// Frames that weren't messages, and messages whose payload didn't match its type.
    pub malformed: u64,
    /// Peers that were closed because they read too slowly.
    pub too_slow: u64,
    /// Rooms that peers did not join, because they were in as many as [`max_rooms`](crate::Builder::max_rooms)
    /// allows.
    pub joins_refused: u64,
    /// Messages that were accepted for a peer, and that it did not get: the sum of
    /// [`PeerStats::undelivered`](crate::PeerStats::undelivered) of all peers, also of those that have ended.
    pub undelivered: u64,
    /// Counters of sessions; zero if [none are kept](crate::Builder::sessions).
    pub sessions: SessionStats,
}

/// Counters of a server's sessions. See [`Stats::sessions`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct SessionStats {
    /// Sessions that have a connection.
    pub attached: usize,
    /// Sessions that have none at present.
    pub detached: usize,
    /// The bytes of messages that those without a connection hold.
    pub detached_bytes: usize,
    /// How often a session was continued on a new connection.
    pub resumed: u64,
    /// Requests to continue a session that had ended: it expired, was closed for good, or was
    /// [evicted](Self::evicted). The client learned how far its messages were handled.
    pub gone_expired: u64,
    /// Requests to continue a session that this process doesn't know: of an earlier process, of another
    /// user, with a wrong key, or too old.
    pub gone_unknown: u64,
    /// Requests to continue a session that ended because its client's numbers contradict what was sent, be it
    /// those of this request. The client learned how far its messages were handled.
    pub gone_mismatch: u64,
    /// Sessions without a connection that were ended before they were kept for as long as they are, because of
    /// [`max_detached`](crate::Sessions::max_detached) or [`max_detached_bytes`](crate::Sessions::max_detached_bytes).
    /// Each is logged at WARN, with the setting.
    pub evicted: u64,
    /// Messages that clients did not get, because a queue was full; a gap stands in their place. They are
    /// part of [`Stats::undelivered`], whose others waited when their peer ended. A message that was written
    /// before its connection broke is counted when the client comes back without it.
    pub dropped: u64,
    /// Messages that clients reported as dropped. See [`Builder::missed`](crate::Builder::missed).
    pub missed: u64,
    /// Connections of clients that have another contract. See [`Builder::contracts`](crate::Builder::contracts).
    pub other_contracts: u64,
    /// Messages that were not sent to clients that can't read them. See [`ContractPolicy::Skip`](crate::ContractPolicy::Skip).
    pub skipped: u64,
}
