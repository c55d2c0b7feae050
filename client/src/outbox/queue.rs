//! Messages that wait to be written, in order and within bounds. Pure.

use std::collections::VecDeque;

use super::message::Queued;
use crate::settings::QueueLimits;

/// The messages that wait.
#[derive(Debug)]
pub(super) struct Queue {
    limits: QueueLimits,
    messages: VecDeque<Queued>,
    bytes: usize,
}

impl Queue {
    pub(super) fn new(limits: QueueLimits) -> Self {
        Self { limits, messages: VecDeque::new(), bytes: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.messages.len()
    }

    /// How much more may be queued besides `kept_bytes`. `None` where the limits are exceeded: redelivery
    /// may do that.
    pub(super) fn room(&self, kept_bytes: usize) -> Option<QueueLimits> {
        Some(QueueLimits {
            messages: self.limits.messages.checked_sub(self.len())?,
            bytes: self.limits.bytes.checked_sub(self.bytes + kept_bytes)?,
        })
    }

    pub(super) fn front(&self) -> Option<&Queued> {
        self.messages.front()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Queued> {
        self.messages.iter_mut()
    }

    pub(super) fn push_back(&mut self, queued: Queued) {
        self.bytes += queued.size();
        self.messages.push_back(queued);
    }

    pub(super) fn push_front(&mut self, queued: Queued) {
        self.bytes += queued.size();
        self.messages.push_front(queued);
    }

    pub(super) fn pop_front(&mut self) -> Option<Queued> {
        let queued = self.messages.pop_front()?;
        self.bytes -= queued.size();
        Some(queued)
    }

    #[cfg(test)]
    pub(super) fn check(&self) {
        assert_eq!(self.messages.iter().map(Queued::size).sum::<usize>(), self.bytes);
        let numbers: Vec<_> = self.messages.iter().map(|queued| queued.seq).collect();
        assert!(numbers.is_sorted_by(|a, b| a < b), "in order: {numbers:?}");
    }
}
