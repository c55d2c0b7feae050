//! When one side acknowledges what it has handled.

use super::{
    control::{Ack, DEFAULT_MESSAGES},
    limits::Limits,
    rules::{Rule, holds},
};

/// Which part of what the peer holds is handled before an acknowledgement is due: the rest has to last
/// until the peer has it.
const PART: usize = 4;

/// What this side has acknowledged, and what is due.
#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
pub(super) struct Acks {
    /// The last number acknowledged.
    level: u64,
    /// How much was sent when that was acknowledged.
    of: u64,
    /// Bytes received since.
    bytes: u64,
    /// After how many messages, and after how many bytes, an acknowledgement is due.
    after: (u64, u64),
    asked: bool,
}

impl Default for Acks {
    fn default() -> Self {
        Self { level: 0, of: 0, bytes: 0, after: (1, 0), asked: false }
    }
}

impl Acks {
    /// A connection begins. The peer keeps up to `hold` until it is acknowledged.
    pub(super) fn begin(&mut self, level: u64, of: u64, hold: Limits) {
        let messages = if holds(Rule::Quarter) { hold.messages } else { DEFAULT_MESSAGES };
        self.after = ((messages / PART).max(1) as u64, hold.bytes.div_ceil(PART) as u64);
        self.restart(level, of);
    }

    fn restart(&mut self, level: u64, of: u64) {
        self.level = level;
        self.of = if holds(Rule::Marks) { of } else { 0 };
        (self.bytes, self.asked) = (0, false);
    }

    pub(super) fn received(&mut self, bytes: usize) {
        self.bytes = self.bytes.saturating_add(bytes as u64);
    }

    pub(super) fn ask(&mut self, asked: bool) {
        self.asked |= asked;
    }

    /// Whether one would contain anything new.
    pub(super) fn is_useful(&self, level: u64, cursor: u64) -> bool {
        self.is_behind(level) || (holds(Rule::Marks) && cursor > self.of)
    }

    /// Whether something was handled that isn't acknowledged.
    pub(super) fn is_behind(&self, level: u64) -> bool {
        level > self.level
    }

    /// Whether one is due now.
    pub(super) fn is_due(&self, level: u64) -> bool {
        let (messages, bytes) = self.after;
        self.asked
            || level.saturating_sub(self.level) >= messages
            || (self.bytes >= bytes && self.bytes > 0 && self.is_behind(level))
    }

    pub(super) fn take(&mut self, level: u64, cursor: u64, ask: bool) -> Ack {
        self.restart(level, cursor);
        Ack { n: level, of: cursor, ask }
    }
}
