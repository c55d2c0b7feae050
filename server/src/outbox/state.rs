//! What an [`Outbox`](super::Outbox) has under its lock.

use std::task::{Context, Waker};

use bytes::Bytes;
use tokio::time::Instant;

use super::{
    closing::{Closing, Drain},
    queue::Queue,
    withheld::Withheld,
};

/// In the order in which a broadcast needs it.
#[derive(Debug)]
#[repr(C)]
pub(super) struct State {
    pub(super) ended: bool,
    /// Whether nobody may wait for room: a session has been without a connection for too long.
    pub(super) overdue: bool,
    /// Whether the task has been woken for anything but messages since it last asked how the connection
    /// is to end.
    pub(super) woken: bool,
    /// Whether somebody may wait for room.
    pub(super) is_awaited: bool,
    /// Whether a broadcast is about to write what waits, so that the task needn't be woken for it.
    pub(super) is_listed: bool,
    pub(super) closing: Option<Box<Closing>>,
    /// What isn't sent, because the peer can't read it.
    pub(super) withheld: Option<Box<Withheld>>,
    /// The connection's task.
    pub(super) writer: Option<Waker>,
    pub(super) written: u64,
    pub(super) queue: Queue,
    /// Frames about calls that have no place among the messages. Few peers ever have any.
    #[expect(clippy::box_collection, reason = "a third of the size where there is none")]
    pub(super) aside: Option<Box<Vec<Bytes>>>,
    pub(super) accepted: u64,
    pub(super) undelivered: u64,
    /// When the peer's credentials expire.
    pub(super) expires: Option<Instant>,
}

/// How many messages there were, as in `PeerStats`.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counts {
    pub(crate) accepted: u64,
    pub(crate) written: u64,
    pub(crate) queued: u64,
    pub(crate) undelivered: u64,
    pub(crate) unacknowledged: u64,
}

impl State {
    pub(super) fn new(queue: Queue) -> Self {
        Self {
            queue,
            closing: None,
            ended: false,
            overdue: false,
            expires: None,
            writer: None,
            woken: false,
            is_awaited: false,
            is_listed: false,
            accepted: 0,
            written: 0,
            undelivered: 0,
            aside: None,
            withheld: None,
        }
    }

    pub(super) fn wake_later(&mut self, cx: &mut Context<'_>) {
        match &mut self.writer {
            Some(writer) => writer.clone_from(cx.waker()),
            writer => *writer = Some(cx.waker().clone()),
        }
    }

    pub(super) fn accepts(&self) -> bool {
        // What a session's connection doesn't take any more is held for the next one.
        let is_kept =
            |closing: &Closing| self.queue.outgoing().is_some() && !closing.ends_session();
        let closing = self.closing.as_deref();
        !self.ended && closing.is_none_or(|one| one.drain == Drain::Answers || is_kept(one))
    }

    pub(super) fn counts(&self) -> Counts {
        let Self { accepted, written, undelivered, .. } = *self;
        let queued = accepted - written - undelivered;
        let held = self.queue.outgoing().map_or(0, |out| out.messages() as u64);
        Counts {
            accepted,
            written,
            queued,
            undelivered,
            unacknowledged: held.saturating_sub(queued),
        }
    }
}
