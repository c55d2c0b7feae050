//! When one side acknowledges what it has handled.

use super::{
    control::Ack,
    rules::{Rule, holds},
};

/// How many messages are handled before an acknowledgement is due.
const ACK_AFTER: u64 = 64;

/// What this side has acknowledged, and what is due.
#[derive(Debug, Default)]
#[cfg_attr(test, derive(Clone))]
pub(super) struct Acks {
    /// The last number acknowledged.
    level: u64,
    /// How much was sent when that was acknowledged.
    of: u64,
    /// Bytes received since.
    bytes: u64,
    /// What the peer holds at most.
    hold: u64,
    asked: bool,
}

impl Acks {
    pub(super) fn begin(&mut self, level: u64, of: u64, hold: u64) {
        *self = Self {
            level,
            of: if holds(Rule::Marks) { of } else { 0 },
            bytes: 0,
            hold,
            asked: false,
        };
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
        let quarter = self.bytes.saturating_mul(4) >= self.hold && self.bytes > 0;
        self.asked
            || level.saturating_sub(self.level) >= ACK_AFTER
            || (quarter && self.is_behind(level))
    }

    pub(super) fn take(&mut self, level: u64, cursor: u64, ask: bool) -> Ack {
        self.begin(level, cursor, self.hold);
        Ack { n: level, of: cursor, ask }
    }
}
