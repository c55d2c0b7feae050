//! The frames of an [`Outbox`](super::Outbox): in a queue, or in a session until they are acknowledged.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};

use bytes::Bytes;
use wirebond_connection::session::{
    Class, Control, Desync, Dropped, Gap, Limits, Outgoing, Overflow, Write,
};
use wirebond_core::wire::form::Layout;

use super::undelivered::{InDoubt, Undelivered};
use crate::error::SendError;

/// What happens to a message for which there is no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WhenFull {
    /// It is refused.
    Fail,
    /// In a session, older messages or itself become a gap. Without one it is refused.
    Drop,
}

/// The result of accepting a message.
#[derive(Debug, Default)]
pub(crate) struct Pushed {
    /// How many messages became gaps.
    pub(crate) gaps: u64,
    /// How many of them will never be written; the others were.
    pub(super) never_written: u64,
    /// Whether the message itself is one of them.
    pub(super) is_gap: bool,
    /// Whether it isn't sent, because the peer can't read it.
    pub(crate) is_skipped: bool,
    /// Whether no task is woken to write it: whoever queued it sees to that.
    pub(crate) is_listed: bool,
}

impl Pushed {
    pub(super) fn skipped() -> Self {
        Self { is_skipped: true, ..Self::default() }
    }
}

/// What the sessions of a server count together.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    /// The bytes that those without a connection hold.
    pub(crate) detached_bytes: AtomicUsize,
    /// The messages that became gaps and that clients didn't get.
    pub(crate) dropped: AtomicU64,
}

/// The result of taking frames.
#[derive(Debug)]
pub(super) struct Taken {
    /// How many messages are written for the first time.
    pub(super) messages: u64,
    pub(super) made_room: bool,
}

#[derive(Debug)]
pub(super) enum Queue {
    Plain(Waiting),
    Session(Box<Held>),
}

/// The messages of a connection without a session.
#[derive(Debug)]
pub(super) struct Waiting {
    /// The first stands here, so that one at a time needs no more memory.
    first: Option<Bytes>,
    rest: VecDeque<Bytes>,
    bytes: usize,
}

/// The messages of a session.
#[derive(Debug)]
pub(super) struct Held {
    out: Outgoing<Bytes>,
    attached: bool,
    /// The number of the last message that was ever written.
    written: u64,
    /// The messages that became gaps and that the client didn't get.
    dropped: Undelivered,
    /// Those that became gaps after they were written.
    in_doubt: InDoubt,
    totals: Arc<Totals>,
}

impl Waiting {
    fn len(&self) -> usize {
        usize::from(self.first.is_some()) + self.rest.len()
    }

    fn push(&mut self, frame: Bytes, class: Class, limits: Limits) -> Result<(), SendError> {
        let bytes = self.bytes.saturating_add(frame.len());
        let is_full = self.len() >= limits.messages || bytes > limits.bytes;
        // An answer always finds room: calls in flight bound how many there are.
        if is_full && class != Class::Reply {
            return Err(SendError::QueueFull);
        }
        self.bytes = bytes;
        if self.first.is_none() {
            self.first = Some(frame);
        } else {
            self.rest.push_back(frame);
        }
        Ok(())
    }

    fn take(&mut self, budget: usize, out: &mut Vec<Bytes>) -> u64 {
        let (mut taken, mut messages) = (0, 0);
        while taken < budget
            && let Some(frame) = self.first.take()
        {
            self.first = self.rest.pop_front();
            taken += frame.len();
            messages += 1;
            out.push(frame);
        }
        self.bytes -= taken;
        if self.first.is_none() && self.rest.capacity() > 64 {
            // A burst's memory isn't kept by a peer that is idle.
            self.rest = VecDeque::new();
        }
        messages
    }
}

impl Held {
    /// Does something that changes how much is held.
    fn change<R>(&mut self, change: impl FnOnce(&mut Self) -> R) -> R {
        let before = self.out.bytes();
        let result = change(self);
        if !self.attached {
            let after = self.out.bytes();
            // Wraps, as the difference is negative where there is less now.
            self.totals.detached_bytes.fetch_add(after.wrapping_sub(before), Ordering::Relaxed);
        }
        result
    }

    fn push(
        &mut self,
        frame: Bytes,
        class: Class,
        when_full: WhenFull,
    ) -> Result<Pushed, SendError> {
        let (size, attached) = (frame.len(), self.attached);
        let overflow = match when_full {
            WhenFull::Fail => Overflow::Refuse,
            WhenFull::Drop => Overflow::DropOldest,
        };
        let accept = |held: &mut Self| held.out.accept_or(overflow, frame, size, class, attached);
        let dropped = self.change(accept).map_err(|_| SendError::QueueFull)?;
        let mut pushed = Pushed { is_gap: self.out.ends_in_gap(), ..Pushed::default() };
        for Dropped { message, number, was_written } in dropped {
            pushed.gaps += 1;
            if was_written {
                self.in_doubt.add(&message, number);
            } else {
                pushed.never_written += 1;
                self.dropped.add_gap(&message);
            }
        }
        if pushed.never_written > 0 {
            self.totals.dropped.fetch_add(pushed.never_written, Ordering::Relaxed);
        }
        Ok(pushed)
    }

    /// The client has a new connection, and has got everything up to the cursor. Returns how many messages
    /// became gaps that were written and that it hasn't got.
    fn settle(&mut self) -> u64 {
        // At once: what became a gap after this would be decided by the next resume, whose number counts gaps.
        self.set_attached(true);
        let lost = self.in_doubt.decide(self.out.cursor(), &mut self.dropped);
        self.totals.dropped.fetch_add(lost, Ordering::Relaxed);
        lost
    }

    fn take(&mut self, budget: usize, frames: &mut Vec<Bytes>) -> u64 {
        let (mut bytes, mut messages) = (0, 0);
        let Self { out, written, .. } = self;
        out.next_frames(|write| {
            let frame = match write {
                Write::Gap { n, why } => Control::Gap(Gap { n, why }).encode().into(),
                Write::Message { message, number, .. } => {
                    if number > *written {
                        *written = number;
                        messages += 1;
                    }
                    message.clone()
                }
            };
            bytes += frame.len();
            frames.push(frame);
            bytes < budget
        });
        messages
    }

    fn set_attached(&mut self, attached: bool) {
        if self.attached == attached {
            return;
        }
        self.attached = attached;
        let bytes = self.out.bytes();
        if attached {
            self.totals.detached_bytes.fetch_sub(bytes, Ordering::Relaxed);
        } else {
            self.totals.detached_bytes.fetch_add(bytes, Ordering::Relaxed);
        }
    }
}

impl Queue {
    pub(super) fn plain() -> Self {
        Self::Plain(Waiting { first: None, rest: VecDeque::new(), bytes: 0 })
    }

    pub(super) fn of_session(limits: Limits, totals: Arc<Totals>) -> Self {
        Self::Session(Box::new(Held {
            out: Outgoing::of_server(limits, Overflow::Refuse),
            attached: false,
            written: 0,
            dropped: Undelivered::default(),
            in_doubt: InDoubt::default(),
            totals,
        }))
    }

    /// `limits` are those of messages without a session, which has its own.
    pub(super) fn push(
        &mut self,
        frame: Bytes,
        class: Class,
        when_full: WhenFull,
        limits: Limits,
    ) -> Result<Pushed, SendError> {
        match self {
            Self::Session(held) => held.push(frame, class, when_full),
            Self::Plain(waiting) => waiting.push(frame, class, limits).map(|()| Pushed::default()),
        }
    }

    pub(super) fn take(&mut self, budget: usize, out: &mut Vec<Bytes>) -> Taken {
        match self {
            Self::Session(held) => Taken { messages: held.take(budget, out), made_room: false },
            Self::Plain(waiting) => {
                let messages = waiting.take(budget, out);
                Taken { messages, made_room: messages > 0 }
            }
        }
    }

    pub(super) fn is_written(&self) -> bool {
        match self {
            Self::Session(held) => held.out.is_written(),
            Self::Plain(waiting) => waiting.first.is_none(),
        }
    }

    pub(super) fn outgoing(&self) -> Option<&Outgoing<Bytes>> {
        match self {
            Self::Session(held) => Some(&held.out),
            Self::Plain(_) => None,
        }
    }

    pub(super) fn confirm<R>(
        &mut self,
        confirm: impl FnOnce(&mut Outgoing<Bytes>) -> Result<R, Desync>,
    ) -> Result<R, Desync> {
        match self {
            Self::Session(held) => held.change(|held| confirm(&mut held.out)),
            Self::Plain(_) => Err(Desync),
        }
    }

    /// Continues a session on a new connection. Returns as well how many messages the client hasn't got that
    /// were written and became gaps meanwhile.
    pub(super) fn resume<R>(
        &mut self,
        confirm: impl FnOnce(&mut Outgoing<Bytes>) -> Result<R, Desync>,
    ) -> Result<(R, u64), Desync> {
        let result = self.confirm(confirm)?;
        let lost = match self {
            Self::Session(held) => held.settle(),
            Self::Plain(_) => 0,
        };
        Ok((result, lost))
    }

    pub(super) fn attach(&mut self) {
        if let Self::Session(held) = self {
            held.set_attached(true);
        }
    }

    pub(super) fn detach(&mut self) {
        if let Self::Session(held) = self {
            held.out.detach();
            held.set_attached(false);
        }
    }

    pub(super) fn is_attached(&self) -> bool {
        match self {
            Self::Session(held) => held.attached,
            Self::Plain(_) => true,
        }
    }

    pub(super) fn count_unwritten(&self) -> u64 {
        match self {
            Self::Session(held) => held.out.iter().filter(|(_, written)| !written).count() as u64,
            Self::Plain(waiting) => waiting.len() as u64,
        }
    }

    pub(super) fn into_undelivered(self, form: Layout<'_>) -> Undelivered {
        match self {
            Self::Session(mut held) => {
                held.set_attached(true);
                let Held { out, dropped: mut undelivered, in_doubt, .. } = *held;
                in_doubt.give_up(&mut undelivered);
                for (frame, written) in out.into_messages() {
                    undelivered.add_left(&frame, written, form);
                }
                undelivered
            }
            Self::Plain(Waiting { first, rest, .. }) => {
                let mut undelivered = Undelivered::default();
                for frame in first.iter().chain(&rest) {
                    undelivered.add_left(frame, false, form);
                }
                undelivered
            }
        }
    }
}
