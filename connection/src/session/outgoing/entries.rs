//! Messages and gaps in the order of their numbers.

use std::{
    collections::{BTreeMap, VecDeque},
    mem,
};

use crate::session::{
    control::GapReason,
    message::{Class, MessageId, Write},
    rules::{Rule, holds},
};

#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
pub(super) struct Body<T> {
    pub(super) message: T,
    /// No message has 4 GiB.
    size: u32,
    pub(super) class: Class,
}

impl<T> Body<T> {
    pub(super) fn new(message: T, size: usize, class: Class) -> Self {
        Self { message, size: u32::try_from(size).unwrap_or(u32::MAX), class }
    }

    pub(super) fn size(&self) -> usize {
        self.size as usize
    }
}

/// A message, or a gap of one or more numbers. It is small, because a server holds one for each peer and
/// message.
#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
pub(super) struct Entry<T> {
    /// The message's number, or the gap's last one. Its first one follows the entry before.
    pub(super) last: u64,
    pub(super) content: Result<Body<T>, GapReason>,
}

impl<T> Entry<T> {
    pub(super) fn message(&self) -> Option<&T> {
        Some(&self.content.as_ref().ok()?.message)
    }

    /// What has to be written of it on a connection that has the numbers up to `before`: that may be within a gap that
    /// has grown since.
    pub(super) fn write<'a>(
        &'a self,
        before: u64,
        again: &'a BTreeMap<u64, MessageId>,
    ) -> Write<'a, T> {
        match &self.content {
            Ok(body) => {
                let (message, number) = (&body.message, self.last);
                Write::Message { message, number, again: again.get(&number) }
            }
            Err(why) => Write::Gap { n: self.last - before, why: *why },
        }
    }
}

/// How many entries' memory is kept by a queue that is empty.
const KEPT: usize = 64;

/// Messages and gaps that aren't acknowledged. Each number behind `base` is in one entry.
#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
pub(super) struct Entries<T> {
    queue: VecDeque<Entry<T>>,
    /// The last number that the peer has acknowledged.
    base: u64,
    /// How many messages there are, and how many bytes they have.
    held: usize,
    bytes: usize,
}

impl<T> Entries<T> {
    pub(super) fn new() -> Self {
        Self { queue: VecDeque::new(), base: 0, held: 0, bytes: 0 }
    }

    pub(super) fn base(&self) -> u64 {
        self.base
    }

    pub(super) fn held(&self) -> usize {
        self.held
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// The last number.
    pub(super) fn last(&self) -> u64 {
        self.queue.back().map_or(self.base, |entry| entry.last)
    }

    pub(super) fn ends_in_gap(&self) -> bool {
        self.queue.back().is_some_and(|entry| entry.content.is_err())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Entry<T>> {
        self.queue.iter()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Entry<T>> {
        self.queue.iter_mut()
    }

    pub(super) fn into_iter(self) -> impl Iterator<Item = Entry<T>> {
        self.queue.into_iter()
    }

    /// The entries from the one that has this number.
    pub(super) fn range(&self, number: u64) -> impl Iterator<Item = &Entry<T>> {
        self.queue.range(self.position(number)..)
    }

    /// The entry that has this number, and its first number.
    pub(super) fn get(&self, number: u64) -> Option<(u64, &Entry<T>)> {
        let at = self.position(number);
        Some((self.first(at), self.queue.get(at)?))
    }

    /// Adds a message, and returns its number.
    pub(super) fn push(&mut self, body: Body<T>) -> u64 {
        let last = self.last() + 1;
        self.held += 1;
        self.bytes += body.size();
        if self.queue.len() == self.queue.capacity() {
            // By a quarter, as a server has one of these for each peer.
            self.queue.reserve_exact((self.queue.len() / 4).max(4));
        }
        self.queue.push_back(Entry { last, content: Ok(body) });
        last
    }

    /// Inserts a message that gets this number; what has it or a higher one moves up by one.
    pub(super) fn insert(&mut self, number: u64, body: Body<T>) {
        let mut at = self.position(number);
        // A gap that begins before is split: its end stands behind the message.
        if self.queue.get(at).is_some_and(|_| self.first(at) < number)
            && let Some(Entry { content: Err(why), .. }) = self.queue.get(at)
        {
            self.queue.insert(at, Entry { last: number - 1, content: Err(*why) });
            at += 1;
        }
        for entry in self.queue.range_mut(at..) {
            entry.last += 1;
        }
        self.held += 1;
        self.bytes += body.size();
        self.queue.insert(at, Entry { last: number, content: Ok(body) });
    }

    /// Replaces a message by a gap, which merges with its neighbours.
    pub(super) fn drop_at(&mut self, number: u64, why: GapReason) -> Option<Body<T>> {
        let at = self.position(number);
        let entry = self.queue.get_mut(at)?;
        let body = mem::replace(&mut entry.content, Err(why)).ok()?;
        self.held -= 1;
        self.bytes -= body.size();
        if holds(Rule::GapFrames) {
            self.merge(at);
        } else {
            self.queue.remove(at);
            for entry in self.queue.range_mut(at..) {
                entry.last -= 1;
            }
        }
        Some(body)
    }

    /// Merges the gap at `at` with gaps of the same reason beside it.
    fn merge(&mut self, at: usize) {
        let reason = |entry: &Entry<T>| entry.content.as_ref().err().copied();
        for left in [Some(at), at.checked_sub(1)].into_iter().flatten() {
            let (Some(one), Some(next)) = (self.queue.get(left), self.queue.get(left + 1)) else {
                continue;
            };
            if reason(one).is_some() && reason(one) == reason(next) {
                let last = next.last;
                self.queue[left].last = last;
                self.queue.remove(left + 1);
            }
        }
    }

    /// Removes everything up to `number`, which is acknowledged.
    pub(super) fn release(&mut self, number: u64, mut confirmed: impl FnMut(T)) {
        let count = self.queue.partition_point(|entry| entry.last <= number);
        for entry in self.queue.drain(..count) {
            if let Ok(body) = entry.content {
                self.held -= 1;
                self.bytes -= body.size();
                confirmed(body.message);
            }
        }
        // It may stand within a gap.
        self.base = self.base.max(number);
        if self.queue.is_empty() && self.queue.capacity() > KEPT {
            self.queue.shrink_to(KEPT);
        }
    }

    fn position(&self, number: u64) -> usize {
        // Without gaps, a message's place follows from its number.
        let guess = number.checked_sub(self.base + 1).and_then(|at| usize::try_from(at).ok());
        match guess {
            Some(at) if self.queue.get(at).is_some_and(|entry| entry.last == number) => at,
            _ => self.queue.partition_point(|entry| entry.last < number),
        }
    }

    /// The first number of the entry at `at`.
    fn first(&self, at: usize) -> u64 {
        let before = at.checked_sub(1).and_then(|at| self.queue.get(at));
        before.map_or(self.base, |entry| entry.last) + 1
    }

    /// What stands at each number: a message or a gap.
    #[cfg(test)]
    pub(super) fn places(&self) -> Vec<Option<&T>> {
        let places = self.queue.iter().enumerate().map(|(at, entry)| {
            let places = usize::try_from(entry.last + 1 - self.first(at)).expect("few enough");
            std::iter::repeat_n(entry.message(), places)
        });
        places.flatten().collect()
    }
}
