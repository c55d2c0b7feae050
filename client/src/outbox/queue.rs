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

    pub(super) fn max_bytes(&self) -> usize {
        self.limits.bytes
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

    /// Removes the first message that `is_it`.
    pub(super) fn remove(&mut self, is_it: impl Fn(&Queued) -> bool) -> Option<Queued> {
        let at = self.messages.iter().position(is_it)?;
        let queued = self.messages.remove(at)?;
        self.bytes -= queued.size();
        Some(queued)
    }

    /// The first message that `is_it`.
    pub(super) fn first(&self, is_it: impl Fn(&Queued) -> bool) -> Option<&Queued> {
        self.messages.iter().find(|queued| is_it(queued))
    }

    pub(super) fn front(&self) -> Option<&Queued> {
        self.messages.front()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Queued> {
        self.messages.iter()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Queued> {
        self.messages.iter_mut()
    }

    pub(super) fn push_back(&mut self, queued: Queued) {
        self.bytes += queued.size();
        self.messages.push_back(queued);
    }

    /// Puts a message where its number belongs, which is near the front.
    pub(super) fn insert(&mut self, queued: Queued) {
        self.bytes += queued.size();
        let at = self.messages.partition_point(|other| other.seq < queued.seq);
        self.messages.insert(at, queued);
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
