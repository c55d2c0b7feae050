//! One direction's sender: numbered messages from acceptance to acknowledgement.

use std::{collections::BTreeMap, mem};

use super::{
    control::GapReason,
    limits::Limits,
    message::{Class, Dropped, Full, Kept, MessageId, Overflow, Role, Write},
    protocol::Desync,
    rules::{Rule, holds},
};

mod entries;

use entries::{Body, Entries, Entry};

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
    entries: Entries<T>,
    /// The last number on the present connection.
    cursor: u64,
    /// The last number that was ever written in this session.
    written: u64,
    /// By number, messages that were first sent in an earlier session.
    again: BTreeMap<u64, MessageId>,
}

impl<T> Outgoing<T> {
    pub(super) fn new(role: Role, limits: Limits, overflow: Overflow) -> Self {
        Self {
            role,
            limits,
            overflow,
            entries: Entries::new(),
            cursor: 0,
            written: 0,
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
        self.entries.held()
    }

    /// How many bytes they have.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.entries.bytes()
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
        self.cursor >= self.entries.last()
    }

    /// Whether the last number is in a gap.
    #[must_use]
    pub fn ends_in_gap(&self) -> bool {
        self.entries.ends_in_gap()
    }

    /// The messages that are held, oldest first, each with whether it was ever written.
    pub fn iter(&self) -> impl Iterator<Item = (&T, bool)> {
        let written = self.written;
        self.entries.iter().filter_map(move |entry| Some((entry.message()?, entry.last <= written)))
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
        self.entries.range(self.written + 1).find_map(Entry::message)
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
        let has_room = self.messages() < self.limits.messages
            && self.bytes().saturating_add(size) <= self.limits.bytes;
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
        let number = self.entries.push(Body::new(message, size, class));
        if !fits {
            dropped.extend(self.drop_at(number, GapReason::Overflow));
        }
        Ok(dropped)
    }

    /// The numbers of the oldest messages that must go so that one of `size` bytes fits, if that is
    /// enough.
    fn room_without(&self, size: usize, may_go: impl Fn(&Entry<T>) -> bool) -> Option<Vec<u64>> {
        let (mut held, mut bytes, mut numbers) = (self.messages(), self.bytes(), Vec::new());
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
        let number = self.entries.push(Body::new(message, size, class));
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
        let number = self.written.max(self.entries.base()) + 1;
        let later = self.again.split_off(&number);
        self.again.extend(later.into_iter().map(|(number, again)| (number + 1, again)));
        self.entries.insert(number, Body::new(message, size, class));
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
            Some((entry.content.as_ref().ok()?.size(), std::cmp::Reverse(entry.last)))
        });
        let (_, std::cmp::Reverse(number)) = sizes.max()?;
        self.drop_at(number, why)
    }

    /// Replaces a message by a gap, which merges with its neighbours.
    fn drop_at(&mut self, number: u64, why: GapReason) -> Option<Dropped<T>> {
        let body = self.entries.drop_at(number, why)?;
        self.again.remove(&number);
        Some(Dropped { message: body.message, number, was_written: number <= self.written })
    }

    /// Returns the next frame after the cursor, and moves the cursor past it.
    pub fn next_frame(&mut self) -> Option<Write<'_, T>> {
        let (first, entry) = self.entries.get(self.cursor + 1)?;
        let before = self.cursor.max(first - 1);
        self.cursor = entry.last;
        self.written = self.written.max(entry.last);
        Some(entry.write(before, &self.again))
    }

    /// Gives `take` the frames after the cursor, one after another, and moves the cursor past them, until it returns
    /// false. Several cost less than by [`next_frame`](Self::next_frame).
    pub fn next_frames(&mut self, mut take: impl FnMut(Write<'_, T>) -> bool) {
        let Some((first, _)) = self.entries.get(self.cursor + 1) else { return };
        let mut before = self.cursor.max(first - 1);
        for entry in self.entries.range(self.cursor + 1) {
            let goes_on = take(entry.write(before, &self.again));
            before = entry.last;
            self.cursor = before;
            if !goes_on {
                break;
            }
        }
        self.written = self.written.max(self.cursor);
    }

    /// The connection is gone: nothing is in flight.
    pub fn detach(&mut self) {
        self.cursor = self.entries.base();
    }

    /// Whether the peer may have received exactly up to `number`.
    #[must_use]
    pub fn is_known(&self, number: u64) -> bool {
        !holds(Rule::RangeCheck) || (self.entries.base()..=self.written).contains(&number)
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
    pub fn release_each(&mut self, number: u64, confirmed: impl FnMut(T)) -> Result<(), Desync> {
        if !self.is_known(number) {
            return Err(Desync);
        }
        self.entries.release(number, confirmed);
        while self.again.first_key_value().is_some_and(|(again, _)| *again <= number) {
            self.again.pop_first();
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
        self.cursor = got.max(self.entries.base());
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
        let entries = mem::replace(&mut self.entries, Entries::new());
        let written = self.written;
        let mut names = mem::take(&mut self.again);
        (self.cursor, self.written) = (0, 0);
        for entry in entries.into_iter() {
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
            let number = self.entries.push(body);
            self.again.extend(again.map(|again| (number, again)));
        }
        fates
    }

    /// What stands at each number from the first that isn't acknowledged: a message or a gap.
    #[cfg(test)]
    pub(super) fn places(&self) -> Vec<Option<&T>> {
        self.entries.places()
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
mod tests;
