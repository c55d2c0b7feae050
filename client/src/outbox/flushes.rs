//! Calls of `flush` that wait until everything up to a message is confirmed. Pure.

use std::time::Duration;

use tokio::{sync::oneshot, time::Instant};

use crate::error::FlushErrorKind;

/// What a `flush` waits for.
pub(crate) type Flushed = oneshot::Receiver<Result<(), FlushErrorKind>>;

/// One call of `flush`.
#[derive(Debug)]
struct Flush {
    /// The last message that it waits for.
    last: u64,
    since: Instant,
    done: oneshot::Sender<Result<(), FlushErrorKind>>,
}

/// The calls of `flush` that wait.
#[derive(Debug)]
pub(super) struct Flushes {
    waiting: Vec<Flush>,
    /// How long a call waits while nothing is written or confirmed.
    timeout: Duration,
    /// When something was last written or confirmed.
    progress: Instant,
}

impl Flushes {
    pub(super) fn new(timeout: Duration, now: Instant) -> Self {
        Self { waiting: Vec::new(), timeout, progress: now }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Begins to wait for everything up to message `last`.
    pub(super) fn add(&mut self, last: u64, now: Instant) -> Flushed {
        let (done, flushed) = oneshot::channel();
        self.waiting.push(Flush { last, since: now, done });
        flushed
    }

    /// Records that something was written or confirmed.
    pub(super) fn record_progress(&mut self, now: Instant) {
        self.progress = now;
    }

    /// When they time out.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let first = self.waiting.iter().map(|flush| flush.since).min()?;
        Some(first.max(self.progress) + self.timeout)
    }

    /// Ends those that only wait for messages before `oldest`, the oldest unconfirmed one.
    pub(super) fn complete(&mut self, oldest: Option<u64>) {
        let oldest = oldest.unwrap_or(u64::MAX);
        for flush in self.waiting.extract_if(.., |flush| flush.last < oldest) {
            // The caller may have stopped waiting.
            let _ = flush.done.send(Ok(()));
        }
    }

    /// Fails all of them.
    pub(super) fn fail(&mut self, why: FlushErrorKind) {
        for flush in self.waiting.drain(..) {
            let _ = flush.done.send(Err(why));
        }
    }

    /// Fails those that wait for message `seq`, which was dropped.
    pub(super) fn fail_for(&mut self, seq: u64) {
        for flush in self.waiting.extract_if(.., |flush| flush.last >= seq) {
            let _ = flush.done.send(Err(FlushErrorKind::Dropped));
        }
    }
}
