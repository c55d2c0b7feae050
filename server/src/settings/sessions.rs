//! The settings of sessions.

use std::time::Duration;

use crate::error::BuildError;

/// How a server keeps sessions. See [`Builder::sessions`](crate::Builder::sessions).
///
/// ```
/// use std::time::Duration;
/// use wirebond_server::{Server, Sessions};
///
/// let sessions = Sessions::default().keep(Duration::from_secs(300));
/// let server = Server::builder().sessions(sessions).build()?;
/// # Ok::<(), wirebond_server::BuildError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Sessions {
    pub(crate) keep: Duration,
    pub(crate) max_detached: usize,
    pub(crate) max_detached_bytes: usize,
    pub(crate) hold: Option<usize>,
    pub(crate) slow_peer: SlowPeer,
}

/// What happens to a session's peer that doesn't keep up with what is sent to rooms, users or everyone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum SlowPeer {
    /// The oldest messages that may be dropped make room. The client learns how many it misses, in their
    /// place.
    #[default]
    Gap,
    /// The session ends, and its connection is closed with 4408. The client learns that the session is
    /// gone.
    Close,
}

impl Default for Sessions {
    fn default() -> Self {
        Self {
            keep: Duration::from_secs(120),
            max_detached: 10_000,
            max_detached_bytes: 64 << 20,
            hold: None,
            slow_peer: SlowPeer::default(),
        }
    }
}

impl Sessions {
    /// Sets how long a session is kept without a connection. Default: 2 minutes.
    ///
    /// While a handler runs the session is kept, too, but it must not wait for room in the queue any more:
    /// [`Peer::send`](crate::Peer::send) fails with [`SendError::Gone`](crate::SendError::Gone).
    ///
    /// ```
    /// use std::time::Duration;
    /// use wirebond_server::Sessions;
    ///
    /// let sessions = Sessions::default().keep(Duration::from_secs(30));
    /// ```
    #[must_use]
    pub fn keep(mut self, keep: Duration) -> Self {
        self.keep = keep;
        self
    }

    /// Sets how many sessions without a connection are kept. Beyond that, the one that has been without one
    /// for the longest time ends, which is logged at WARN and counted in
    /// [`SessionStats::evicted`](crate::SessionStats::evicted). Default: 10,000.
    ///
    /// ```
    /// use wirebond_server::Sessions;
    ///
    /// let sessions = Sessions::default().max_detached(1_000);
    /// ```
    #[must_use]
    pub fn max_detached(mut self, sessions: usize) -> Self {
        self.max_detached = sessions;
        self
    }

    /// Sets how many bytes of messages all sessions without a connection hold together. Beyond that, the one
    /// that has been without one for the longest time ends, which is logged at WARN and counted in
    /// [`SessionStats::evicted`](crate::SessionStats::evicted). Default: 64 MiB.
    ///
    /// A message to several peers is in memory once and counts for each of them: 1,000 sessions without a
    /// connection and one message of 64 KiB to everyone are 64 MiB here. So the limit is reached long before the
    /// memory is used where such messages are large; what to set is the number of sessions that may be away at a time
    /// multiplied with what is sent to each within [`keep`](Self::keep).
    ///
    /// ```
    /// use wirebond_server::Sessions;
    ///
    /// let sessions = Sessions::default().max_detached_bytes(256 << 20);
    /// ```
    #[must_use]
    pub fn max_detached_bytes(mut self, bytes: usize) -> Self {
        self.max_detached_bytes = bytes;
        self
    }

    /// Sets how many bytes of messages are held for the client of one session, from when they are accepted
    /// until it acknowledges them. Default: [`queue_bytes`](crate::Builder::queue_bytes), less than which
    /// it can't be.
    ///
    /// ```
    /// use wirebond_server::Sessions;
    ///
    /// let sessions = Sessions::default().hold(4 << 20);
    /// ```
    #[must_use]
    pub fn hold(mut self, bytes: usize) -> Self {
        self.hold = Some(bytes);
        self
    }

    /// Sets what happens to a session's peer that doesn't keep up with what is sent to rooms, users or
    /// everyone. Default: [`SlowPeer::Gap`].
    ///
    /// ```
    /// use wirebond_server::{Sessions, SlowPeer};
    ///
    /// let sessions = Sessions::default().slow_peer(SlowPeer::Close);
    /// ```
    #[must_use]
    pub fn slow_peer(mut self, policy: SlowPeer) -> Self {
        self.slow_peer = policy;
        self
    }

    pub(crate) fn check(&self, queue_bytes: usize) -> Result<(), BuildError> {
        if self.keep.is_zero() {
            return Err(BuildError("a session's `keep` is 0: none would be resumed".to_owned()));
        }
        if self.hold.is_some_and(|hold| hold < queue_bytes) {
            let what = "a session's `hold` is less than `queue_bytes`: a message could not be held";
            return Err(BuildError(what.to_owned()));
        }
        Ok(())
    }
}
