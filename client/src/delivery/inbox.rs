//! Values that wait for their consumer, within a bound.

use std::{collections::VecDeque, task::Waker};

use crate::{delivery::turn::Turn, settings};

#[derive(Debug)]
pub(crate) struct Waiting<T> {
    values: VecDeque<T>,
    limit: settings::Inbox,
    /// Woken when there is room.
    room: Option<Waker>,
    lost: u64,
}

impl<T> Waiting<T> {
    pub(crate) fn new(limit: settings::Inbox) -> Self {
        Self { values: VecDeque::new(), limit: sound(limit), room: None, lost: 0 }
    }

    /// Appends a value, at the cost of the oldest if that is the policy, which `turn` records.
    /// Returns whether the sender must hold back now.
    pub(crate) fn push(&mut self, value: T, turn: &mut Turn) -> bool {
        // More than one if the limit was lowered meanwhile.
        while self.limit.drop_oldest
            && self.values.len() >= self.limit.messages
            && self.values.pop_front().is_some()
        {
            self.lost += 1;
            turn.record_loss();
        }
        self.values.push_back(value);
        !self.limit.drop_oldest && self.values.len() >= self.limit.messages
    }

    pub(crate) fn drops_oldest(&self) -> bool {
        self.limit.drop_oldest
    }

    /// Takes the oldest value. Also returns the waker to call because there is room.
    pub(crate) fn pop(&mut self) -> (Option<T>, Option<Waker>) {
        let value = self.values.pop_front();
        let room = if self.values.len() < self.limit.messages { self.room.take() } else { None };
        (value, room)
    }

    /// Takes everything out to be dropped. Also returns the waker to call because there is room.
    pub(crate) fn clear(&mut self) -> (VecDeque<T>, Option<Waker>) {
        (std::mem::take(&mut self.values), self.room.take())
    }

    pub(crate) fn is_full(&mut self, waker: &Waker) -> bool {
        let full = !self.limit.drop_oldest && self.values.len() >= self.limit.messages;
        if full {
            self.room = Some(waker.clone());
        }
        full
    }

    pub(crate) fn set_limit(&mut self, limit: settings::Inbox) -> Option<Waker> {
        self.limit = sound(limit);
        self.room.take()
    }

    pub(crate) fn drop_oldest_from_now_on(&mut self) -> Option<Waker> {
        self.set_limit(settings::Inbox { drop_oldest: true, ..self.limit })
    }

    pub(crate) fn take_lost(&mut self) -> u64 {
        std::mem::take(&mut self.lost)
    }
}

/// An inbox without room would stop the connection: it holds at least one message.
fn sound(limit: settings::Inbox) -> settings::Inbox {
    settings::Inbox { messages: limit.messages.max(1), ..limit }
}
