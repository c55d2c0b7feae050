//! How many messages a second are read from a peer.

use std::time::Duration;

use tokio::time::Instant;

/// A token bucket with room for one second's worth.
#[derive(Debug)]
pub(super) struct Rate {
    per_second: f64,
    tokens: f64,
    at: Instant,
}

impl Rate {
    pub(super) fn new(per_second: u32, now: Instant) -> Self {
        let per_second = f64::from(per_second);
        Self { per_second, tokens: per_second, at: now }
    }

    fn tokens(&self, now: Instant) -> f64 {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        (self.tokens + passed * self.per_second).min(self.per_second.max(1.0))
    }

    pub(super) fn has_token(&self, now: Instant) -> bool {
        self.tokens(now) >= 1.0
    }

    pub(super) fn spend(&mut self, now: Instant) {
        (self.tokens, self.at) = (self.tokens(now) - 1.0, now);
    }

    /// When it has a token, if it has none now.
    pub(super) fn more_at(&self, now: Instant) -> Option<Instant> {
        let wait = || Duration::from_secs_f64((1.0 - self.tokens) / self.per_second);
        (!self.has_token(now)).then(|| self.at + wait())
    }
}
