//! The next attempt, as users see it.

use std::time::Duration;

use tokio::time::Instant;

/// An attempt to connect that is scheduled or under way. See
/// [`Client::next_attempt`](crate::Client::next_attempt).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct NextAttempt {
    /// Its number since the disconnect, counted from 1, as in
    /// [`on_reconnect`](crate::Client::on_reconnect).
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

    /// Returns how long until it begins; zero once it is under way.
    ///
    /// It is measured with tokio's clock, so that it is right on paused time as well.
    ///
    /// ```
    /// # fn example(client: &wirebond_client::Client) {
    /// if let Some(next) = client.next_attempt() {
    ///     println!("attempt {} in {:?}", next.number, next.remaining());
    /// }
    /// # }
    /// ```
    pub fn remaining(&self) -> Duration {
        self.begins.saturating_duration_since(Instant::now())
    }
}
