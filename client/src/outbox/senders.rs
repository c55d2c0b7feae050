//! Senders that wait for room in the queue. Pure.

use std::{collections::VecDeque, task::Waker};

use crate::settings::QueueLimits;

/// The place of a waiting sender among the others.
#[derive(Debug, Default)]
pub(crate) struct Ticket(Option<u64>);

impl Ticket {
    /// Whether its sender has been waiting.
    pub(super) fn is_taken(&self) -> bool {
        self.0.is_some()
    }
}

/// A sender that waits for room.
#[derive(Debug)]
struct WaitingSender {
    id: u64,
    size: usize,
    waker: Waker,
    /// Whether it was woken since it last looked.
    woken: bool,
}

/// Senders that wait for room. Each gets it before those that came later.
#[derive(Debug, Default)]
pub(super) struct WaitingSenders {
    senders: VecDeque<WaitingSender>,
    last_id: u64,
}

impl WaitingSenders {
    pub(super) fn is_empty(&self) -> bool {
        self.senders.is_empty()
    }

    /// Whether `room` has space for `size` bytes besides what the senders before this one need.
    pub(super) fn is_turn_of(&self, ticket: &Ticket, size: usize, room: QueueLimits) -> bool {
        let (mut messages, mut bytes) = (1, size);
        self.senders.iter().take_while(|other| Some(other.id) != ticket.0).all(|other| {
            (messages, bytes) = (messages + 1, bytes + other.size);
            messages <= room.messages && bytes <= room.bytes
        })
    }

    /// Whether the sender has lost its place: see [`take_all`](Self::take_all).
    pub(super) fn has_removed(&self, ticket: &Ticket) -> bool {
        ticket.0.is_some_and(|id| self.senders.iter().all(|other| other.id != id))
    }

    /// Adds a sender at the end, or updates the waker of one that waits already.
    pub(super) fn wait(&mut self, ticket: &mut Ticket, size: usize, waker: &Waker) {
        let own = ticket.0.and_then(|id| self.senders.iter_mut().find(|other| other.id == id));
        if let Some(own) = own {
            own.waker.clone_from(waker);
            own.woken = false;
        } else {
            self.last_id += 1;
            let id = self.last_id;
            ticket.0 = Some(id);
            self.senders.push_back(WaitingSender { id, size, waker: waker.clone(), woken: false });
        }
    }

    pub(super) fn leave(&mut self, ticket: &mut Ticket) {
        if let Some(id) = ticket.0.take() {
            self.senders.retain(|other| other.id != id);
        }
    }

    /// The senders for which there is room, from the first on, unless they were woken already. All are
    /// woken at once: one by one would cost a turn of the connection, and a write, each.
    pub(super) fn wakers_within(&mut self, room: QueueLimits) -> Vec<Waker> {
        let (mut wakers, mut messages, mut bytes) = (Vec::new(), 0, 0);
        for sender in &mut self.senders {
            (messages, bytes) = (messages + 1, bytes + sender.size);
            if messages > room.messages || bytes > room.bytes {
                break;
            }
            if !std::mem::replace(&mut sender.woken, true) {
                wakers.push(sender.waker.clone());
            }
        }
        wakers
    }

    pub(super) fn wakers(&self) -> Vec<Waker> {
        self.senders.iter().map(|sender| sender.waker.clone()).collect()
    }

    /// Removes all senders. They are refused when they look again.
    pub(super) fn take_all(&mut self) -> Vec<Waker> {
        self.senders.drain(..).map(|sender| sender.waker).collect()
    }
}
