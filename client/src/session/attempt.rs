//! The attempt that comes next, for whoever shows it.

use std::time::Duration;

use tokio::time::Instant;

/// An attempt to connect that waits for its time or is under way. See
/// [`Client::next_attempt`](crate::Client::next_attempt).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct NextAttempt {
    /// Its number in this outage, counted from 1, as [`on_reconnect`](crate::Client::on_reconnect) gives
    /// it.
    pub number: u32,
    /// When it begins; in the past once it is under way.
    pub at: std::time::Instant,
    begins: Instant,
}

impl NextAttempt {
    pub(crate) fn new(number: u32, begins: Instant) -> Self {
        Self { number, at: begins.into_std(), begins }
    }

    pub(crate) fn begin_at(&mut self, begins: Instant) {
        (self.at, self.begins) = (begins.into_std(), begins);
    }

    /// How long it still waits; zero once it is under way.
    ///
    /// Measured with tokio's clock, so that it is right on paused time, too.
    pub fn remaining(&self) -> Duration {
        self.begins.saturating_duration_since(Instant::now())
    }
}
