//! One direction's sender: numbered messages from acceptance to acknowledgement.

use std::{
    collections::{BTreeMap, VecDeque},
    mem,
};

use super::{
    control::GapReason,
    limits::Limits,
    message::{Class, Dropped, Full, Kept, MessageId, Overflow, Role, Write},
    protocol::Desync,
    rules::{Rule, holds},
};

#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
struct Body<T> {
    message: T,
    /// No message has 4 GiB.
    size: u32,
    class: Class,
}

/// A message, or a gap of one or more numbers. It is small, because a server holds one for each peer and
/// message.
#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
struct Entry<T> {
    /// The message's number, or the gap's last one. Its first one follows the entry before.
    last: u64,
    content: Result<Body<T>, GapReason>,
}

/// How many entries' memory is kept by a queue that is empty.
const KEPT: usize = 64;

/// The outcome of the messages of a session that is gone.
#[derive(Debug)]
pub(super) struct Fates<T> {
    pub(super) confirmed: Vec<T>,
    pub(super) unconfirmed: Vec<T>,
    pub(super) again: usize,
}

/// Numbered messages that the peer hasn't acknowledged.
///
/// A message has its number from the moment it is accepted, as its place in this queue. The cursor
/// marks how far the present connection has written.
#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
pub struct Outgoing<T> {
    role: Role,
    limits: Limits,
    overflow: Overflow,
    entries: VecDeque<Entry<T>>,
    /// The last number that the peer has acknowledged.
    base: u64,
    /// The last number on the present connection.
    cursor: u64,
    /// The last number that was ever written in this session.
    written: u64,
    held: usize,
    bytes: usize,
    /// By number, messages that were first sent in an earlier session.
    again: BTreeMap<u64, MessageId>,
}

impl<T> Body<T> {
    fn new(message: T, size: usize, class: Class) -> Self {
        Self { message, size: u32::try_from(size).unwrap_or(u32::MAX), class }
    }

    fn size(&self) -> usize {
        self.size as usize
    }
}

impl<T> Outgoing<T> {
    pub(super) fn new(role: Role, limits: Limits, overflow: Overflow) -> Self {
        Self {
            role,
            limits,
            overflow,
            entries: VecDeque::new(),
            base: 0,
            cursor: 0,
            written: 0,
            held: 0,
            bytes: 0,
            again: BTreeMap::new(),
        }
    }

    /// A server's, for one session.
    #[must_use]
    pub fn of_server(limits: Limits, overflow: Overflow) -> Self {
        Self::new(Role::Server, limits, overflow)
    }

    /// How many messages are held, gaps not counted.
    #[must_use]
    pub fn messages(&self) -> usize {
        self.held
    }

    /// How many bytes they have.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether everything is acknowledged, gaps included.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The number of the last message on the present connection.
    #[must_use]
    pub fn cursor(&self) -> u64 {
        self.cursor
    }

    /// Whether everything is written to the present connection, gaps included.
    #[must_use]
    pub fn is_written(&self) -> bool {
        self.cursor >= self.last()
    }

    /// Whether the last number is in a gap.
    #[must_use]
    pub fn ends_in_gap(&self) -> bool {
        self.entries.back().is_some_and(|entry| entry.content.is_err())
    }

    /// The messages that are held, oldest first, each with whether it was ever written.
    pub fn iter(&self) -> impl Iterator<Item = (&T, bool)> {
        let written = self.written;
        self.entries.iter().filter_map(move |entry| {
            Some((&entry.content.as_ref().ok()?.message, entry.last <= written))
        })
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (&mut T, bool)> {
        let written = self.written;
        self.entries.iter_mut().filter_map(move |entry| {
            Some((&mut entry.content.as_mut().ok()?.message, entry.last <= written))
        })
    }

    /// The oldest message that was never written.
    #[must_use]
    pub fn first_unwritten(&self) -> Option<&T> {
        let mut entries = self.entries.range(self.position(self.written + 1)..);
        entries.find_map(|entry| Some(&entry.content.as_ref().ok()?.message))
    }

    fn last(&self) -> u64 {
        self.entries.back().map_or(self.base, |entry| entry.last)
    }

    /// Accepts a message of `size` bytes and returns what was dropped for it; that may be the message
    /// itself, if no older one may be dropped. A reply always finds room: the number of calls in flight
    /// bounds how many there are. `attached` is whether there is a connection.
    ///
    /// # Errors
    ///
    /// [`Full`] gives the message back where there is no room and nothing may be dropped.
    pub fn accept(
        &mut self,
        message: T,
        size: usize,
        class: Class,
        attached: bool,
    ) -> Result<Vec<Dropped<T>>, Full<T>> {
        self.accept_or(self.overflow, message, size, class, attached)
    }

    /// As [`accept`](Self::accept), with what is to happen where there is no room.
    ///
    /// # Errors
    ///
    /// [`Full`] gives the message back where there is no room and nothing may be dropped.
    pub fn accept_or(
        &mut self,
        overflow: Overflow,
        message: T,
        size: usize,
        class: Class,
        attached: bool,
    ) -> Result<Vec<Dropped<T>>, Full<T>> {
        let mut dropped = Vec::new();
        let mut fits = true;
        let has_room = self.held < self.limits.messages
            && self.bytes.saturating_add(size) <= self.limits.bytes;
        if class != Class::Reply && !has_room {
            let oldest = match overflow {
                Overflow::Refuse => self.room_without(size, |_| false),
                Overflow::DropOldest => {
                    self.room_without(size, |entry| self.may_go(entry, attached))
                }
            };
            match oldest {
                Some(numbers) => {
                    for number in numbers {
                        dropped.extend(self.drop_at(number, GapReason::Overflow));
                    }
                }
                None if overflow == Overflow::Refuse || self.role == Role::Client => {
                    return Err(Full(message));
                }
                None => fits = false,
            }
        }
        let number = self.last() + 1;
        self.append(number, Body::new(message, size, class));
        if !fits {
            dropped.extend(self.drop_at(number, GapReason::Overflow));
        }
        Ok(dropped)
    }

    /// The numbers of the oldest messages that must go so that one of `size` bytes fits, if that is
    /// enough.
    fn room_without(&self, size: usize, may_go: impl Fn(&Entry<T>) -> bool) -> Option<Vec<u64>> {
        let (mut held, mut bytes, mut numbers) = (self.held, self.bytes, Vec::new());
        let mut entries = self.entries.iter();
        while held >= self.limits.messages || bytes.saturating_add(size) > self.limits.bytes {
            let entry = entries.by_ref().find(|entry| may_go(entry))?;
            held -= 1;
            bytes -= entry.content.as_ref().map_or(0, Body::size);
            numbers.push(entry.last);
        }
        Some(numbers)
    }

    fn may_go(&self, entry: &Entry<T>, attached: bool) -> bool {
        let Ok(body) = &entry.content else { return false };
        let is_kept_reply = body.class == Class::Reply && holds(Rule::RepliesKept);
        let is_kept_written = entry.last <= self.written
            && (self.role == Role::Client || attached)
            && holds(Rule::WrittenKept);
        !is_kept_reply && !is_kept_written
    }

    /// Drops those messages that `is_old` and that were never written; replies stay.
    pub fn expire(&mut self, mut is_old: impl FnMut(&T) -> bool) -> Vec<Dropped<T>> {
        let old: Vec<_> = self
            .entries
            .iter()
            .filter(|entry| entry.last > self.written)
            .filter_map(|entry| Some((entry.last, entry.content.as_ref().ok()?)))
            .filter(|(_, body)| body.class != Class::Reply && is_old(&body.message))
            .map(|(number, _)| number)
            .collect();
        old.into_iter().filter_map(|number| self.drop_at(number, GapReason::Expired)).collect()
    }

    /// Accepts a message whatever the limits are.
    pub(super) fn adopt(&mut self, kept: Kept<T>) {
        let Kept { message, size, class, again } = kept;
        let number = self.last() + 1;
        self.append(number, Body::new(message, size, class));
        self.again.extend(again.map(|again| (number, again)));
    }

    /// Whether the present connection has everything that was ever written.
    #[must_use]
    pub fn is_caught_up(&self) -> bool {
        self.cursor >= self.written
    }

    /// Accepts a message whatever the limits are, before all that were never written: those have their
    /// numbers on this side alone.
    pub(super) fn accept_first(&mut self, message: T, size: usize, class: Class) {
        let number = self.written.max(self.base) + 1;
        let mut at = self.position(number);
        // The end of a gap whose beginning was written stands behind the message.
        if self.entries.get(at).is_some_and(|_| self.first(at) < number)
            && let Some(Entry { content: Err(why), .. }) = self.entries.get(at)
        {
            self.entries.insert(at, Entry { last: number - 1, content: Err(*why) });
            at += 1;
        }
        for entry in self.entries.range_mut(at..) {
            entry.last += 1;
        }
        let later = self.again.split_off(&number);
        self.again.extend(later.into_iter().map(|(number, again)| (number + 1, again)));
        let body = Body::new(message, size, class);
        self.held += 1;
        self.bytes += body.size();
        self.entries.insert(at, Entry { last: number, content: Ok(body) });
    }

    /// Drops the first message that `is_it`, which is called with whether it was ever written.
    pub(super) fn drop_first(
        &mut self,
        why: GapReason,
        is_it: impl Fn(&T, bool) -> bool,
    ) -> Option<Dropped<T>> {
        let written = self.written;
        let found = self.entries.iter().find(|entry| {
            entry.content.as_ref().is_ok_and(|body| is_it(&body.message, entry.last <= written))
        });
        let number = found?.last;
        self.drop_at(number, why)
    }

    /// Drops the largest message that was written; of several, the oldest.
    pub(super) fn drop_largest(&mut self, why: GapReason) -> Option<Dropped<T>> {
        let written = self.entries.iter().take_while(|entry| entry.last <= self.written);
        let sizes = written.filter_map(|entry| {
            Some((entry.content.as_ref().ok()?.size, std::cmp::Reverse(entry.last)))
        });
        let (_, std::cmp::Reverse(number)) = sizes.max()?;
        self.drop_at(number, why)
    }

    fn append(&mut self, number: u64, body: Body<T>) {
        self.held += 1;
        self.bytes += body.size();
        if self.entries.len() == self.entries.capacity() {
            // By a quarter, as a server has one of these for each peer.
            self.entries.reserve_exact((self.entries.len() / 4).max(4));
        }
        self.entries.push_back(Entry { last: number, content: Ok(body) });
    }

    fn position(&self, number: u64) -> usize {
        // Without gaps, a message's place follows from its number.
        let guess = number.checked_sub(self.base + 1).and_then(|at| usize::try_from(at).ok());
        match guess {
            Some(at) if self.entries.get(at).is_some_and(|entry| entry.last == number) => at,
            _ => self.entries.partition_point(|entry| entry.last < number),
        }
    }

    /// The first number of the entry at `at`.
    fn first(&self, at: usize) -> u64 {
        let before = at.checked_sub(1).and_then(|at| self.entries.get(at));
        before.map_or(self.base, |entry| entry.last) + 1
    }

    /// Replaces a message by a gap, which merges with its neighbours.
    fn drop_at(&mut self, number: u64, why: GapReason) -> Option<Dropped<T>> {
        let at = self.position(number);
        let entry = self.entries.get_mut(at)?;
        let body = mem::replace(&mut entry.content, Err(why)).ok()?;
        self.held -= 1;
        self.bytes -= body.size();
        self.again.remove(&number);
        if holds(Rule::GapFrames) {
            self.merge(at);
        } else {
            self.entries.remove(at);
            for entry in self.entries.range_mut(at..) {
                entry.last -= 1;
            }
        }
        Some(Dropped { message: body.message, number, was_written: number <= self.written })
    }

    /// Merges the gap at `at` with gaps of the same reason beside it.
    fn merge(&mut self, at: usize) {
        let reason = |entry: &Entry<T>| entry.content.as_ref().err().copied();
        for left in [Some(at), at.checked_sub(1)].into_iter().flatten() {
            let (Some(one), Some(next)) = (self.entries.get(left), self.entries.get(left + 1))
            else {
                continue;
            };
            if reason(one).is_some() && reason(one) == reason(next) {
                let last = next.last;
                self.entries[left].last = last;
                self.entries.remove(left + 1);
            }
        }
    }

    /// Returns the next frame after the cursor, and moves the cursor past it.
    pub fn next_frame(&mut self) -> Option<Write<'_, T>> {
        let at = self.position(self.cursor + 1);
        let first = self.first(at);
        let entry = self.entries.get(at)?;
        // The cursor may stand within a gap that has grown since.
        let n = entry.last - self.cursor.max(first - 1);
        self.cursor = entry.last;
        self.written = self.written.max(entry.last);
        Some(match &entry.content {
            Ok(body) => Write::Message {
                message: &body.message,
                number: entry.last,
                again: self.again.get(&entry.last),
            },
            Err(why) => Write::Gap { n, why: *why },
        })
    }

    /// The connection is gone: nothing is in flight.
    pub fn detach(&mut self) {
        self.cursor = self.base;
    }

    /// Whether the peer may have received exactly up to `number`.
    #[must_use]
    pub fn is_known(&self, number: u64) -> bool {
        !holds(Rule::RangeCheck) || (self.base <= number && number <= self.written)
    }

    /// The peer has handled everything up to `number`; returns the messages that this confirms.
    ///
    /// # Errors
    ///
    /// [`Desync`] if so much was never written, or more was acknowledged before.
    pub fn release(&mut self, number: u64) -> Result<Vec<T>, Desync> {
        let mut confirmed = Vec::new();
        self.release_each(number, |message| confirmed.push(message))?;
        Ok(confirmed)
    }

    /// As [`release`](Self::release), with what is to be done with each message that this confirms.
    ///
    /// # Errors
    ///
    /// [`Desync`] if so much was never written, or more was acknowledged before.
    pub fn release_each(
        &mut self,
        number: u64,
        mut confirmed: impl FnMut(T),
    ) -> Result<(), Desync> {
        if !self.is_known(number) {
            return Err(Desync);
        }
        while self.entries.front().is_some_and(|entry| entry.last <= number) {
            let Some(entry) = self.entries.pop_front() else { break };
            self.base = entry.last;
            if let Ok(body) = entry.content {
                self.held -= 1;
                self.bytes -= body.size();
                confirmed(body.message);
            }
        }
        // It may stand within a gap.
        self.base = self.base.max(number);
        while self.again.first_key_value().is_some_and(|(again, _)| *again <= number) {
            self.again.pop_first();
        }
        if self.entries.is_empty() && self.entries.capacity() > KEPT {
            self.entries.shrink_to(KEPT);
        }
        Ok(())
    }

    /// A new connection: the peer has received up to `got` and handled up to `done`. Returns the messages
    /// that this confirms.
    ///
    /// # Errors
    ///
    /// [`Desync`] if that contradicts what was written.
    pub fn resume(&mut self, got: u64, done: u64) -> Result<Vec<T>, Desync> {
        if got < done || !self.is_known(got) {
            return Err(Desync);
        }
        let confirmed = self.release(done)?;
        self.cursor = got.max(self.base);
        Ok(confirmed)
    }

    /// The session `id` is gone; what is kept begins a new one at number 1.
    ///
    /// `done` is how far the peer had handled, if that is known: then the rest is certainly unhandled.
    /// Otherwise every written message is in doubt, unless `answered` is true for it.
    pub(super) fn renew(
        &mut self,
        id: &str,
        done: Option<u64>,
        redeliver: bool,
        answered: impl Fn(&T) -> bool,
    ) -> Fates<T> {
        let mut fates = Fates { confirmed: Vec::new(), unconfirmed: Vec::new(), again: 0 };
        let (entries, written) = (mem::take(&mut self.entries), self.written);
        let mut names = mem::take(&mut self.again);
        (self.base, self.cursor, self.written, self.held, self.bytes) = (0, 0, 0, 0, 0);
        for entry in entries {
            let Ok(body) = entry.content else { continue };
            let mut again = names.remove(&entry.last);
            let is_answered = holds(Rule::AnswerConfirms) && answered(&body.message);
            if is_answered || done.is_some_and(|done| entry.last <= done) {
                fates.confirmed.push(body.message);
                continue;
            }
            let is_unhandled = entry.last > written || done.is_some();
            let may_repeat = match body.class {
                Class::IdempotentCall => true,
                Class::Call => redeliver && !holds(Rule::CallsOnce),
                Class::Message | Class::Reply => redeliver,
                Class::Once => false,
            };
            let stays = is_unhandled && body.class != Class::Once;
            if !stays && !may_repeat {
                fates.unconfirmed.push(body.message);
                continue;
            }
            if !is_unhandled {
                fates.again += 1;
                let first_id = || MessageId { session: id.to_owned(), number: entry.last };
                again.get_or_insert_with(first_id);
            }
            let number = self.last() + 1;
            self.append(number, body);
            self.again.extend(again.map(|again| (number, again)));
        }
        fates
    }

    /// What stands at each number from the first that isn't acknowledged: a message or a gap.
    #[cfg(test)]
    pub(super) fn places(&self) -> Vec<Option<&T>> {
        let places = self.entries.iter().enumerate().map(|(at, entry)| {
            let places = usize::try_from(entry.last + 1 - self.first(at)).expect("few enough");
            std::iter::repeat_n(entry.content.as_ref().ok().map(|body| &body.message), places)
        });
        places.flatten().collect()
    }

    /// What was never written in this session, in order.
    pub(super) fn into_kept(self) -> impl Iterator<Item = Kept<T>> {
        let (written, mut names) = (self.written, self.again);
        let bodies = self.entries.into_iter().filter(move |entry| entry.last > written);
        bodies.filter_map(move |entry| {
            let again = names.remove(&entry.last);
            let body = entry.content.ok()?;
            let size = body.size();
            Some(Kept { message: body.message, size, class: body.class, again })
        })
    }

    /// Everything that is held, with whether it was ever written.
    pub fn into_messages(self) -> impl Iterator<Item = (T, bool)> {
        let written = self.written;
        let bodies =
            self.entries.into_iter().filter_map(|entry| Some((entry.last, entry.content.ok()?)));
        bodies.map(move |(number, body)| (body.message, number <= written))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_message_comes_before_what_was_never_written() {
        let limits = Limits { messages: 8, bytes: 100 };
        let mut out = Outgoing::new(Role::Client, limits, Overflow::Refuse);
        for message in ["a", "b", "c"] {
            out.accept(message, 1, Class::Message, true).expect("room");
        }
        let next = |out: &mut Outgoing<&'static str>| match out.next_frame() {
            Some(Write::Message { message, number, .. }) => Some((*message, number)),
            Some(Write::Gap { n, .. }) => Some(("gap", n)),
            None => None,
        };
        assert_eq!(next(&mut out), Some(("a", 1)));
        assert!(out.is_caught_up());
        out.accept_first("first", 5, Class::Once);
        assert_eq!(next(&mut out), Some(("first", 2)));
        assert_eq!([next(&mut out), next(&mut out)], [Some(("b", 3)), Some(("c", 4))]);
        assert_eq!((out.messages(), out.bytes()), (4, 8));
        // On another connection it stands behind what is written again.
        out.resume(1, 1).expect("known");
        assert!(!out.is_caught_up());
        out.accept_first("later", 1, Class::Once);
        let again = std::iter::from_fn(|| next(&mut out)).collect::<Vec<_>>();
        assert_eq!(again, [("first", 2), ("b", 3), ("c", 4), ("later", 5)]);
        // Another session has none of them.
        let fates = out.renew("id", Some(1), true, |_| false);
        assert_eq!(fates.unconfirmed, ["first", "later"]);
        assert_eq!(out.iter().map(|(message, _)| *message).collect::<Vec<_>>(), ["b", "c"]);
    }

    #[test]
    fn a_first_message_splits_a_gap_that_was_written_in_part() {
        let limits = Limits { messages: 8, bytes: 100 };
        let mut out = Outgoing::new(Role::Client, limits, Overflow::Refuse);
        for message in ["a", "b", "c"] {
            out.accept(message, 1, Class::Message, true).expect("room");
        }
        out.expire(|message| *message == "a");
        assert!(matches!(out.next_frame(), Some(Write::Gap { n: 1, .. })));
        out.expire(|message| *message == "b");
        out.accept_first("first", 1, Class::Once);
        assert_eq!(out.places(), [None, Some(&"first"), None, Some(&"c")]);
        assert!(matches!(out.next_frame(), Some(Write::Message { number: 2, .. })));
        assert!(matches!(out.next_frame(), Some(Write::Gap { n: 1, .. })));
        assert!(matches!(out.next_frame(), Some(Write::Message { number: 4, .. })));
    }

    #[test]
    fn a_message_of_a_room_takes_48_bytes_for_each_peer() {
        assert_eq!(size_of::<Entry<bytes::Bytes>>(), 48);
    }
}
