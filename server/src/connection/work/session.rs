//! What a session adds to a peer's received messages: numbers, acknowledgements, and the frames of the session
//! itself.

use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;
use wirebond_connection::{
    link::Reply,
    session::{Ack, Control, Desync, Incoming, Limits, is_numbered},
};
use wirebond_core::wire::{
    RawMessage,
    form::{PING, PONG},
};

use super::{Item, Work};
use crate::{
    core::Counters,
    error::{Error, ErrorKind},
    identity::Identity,
    log::Name,
    peer::{Handled, Missed},
};

/// How long after a message was handled it is acknowledged at the latest.
const ACK_DELAY: Duration = Duration::from_secs(1);

/// How far a connection is that this side closes. From [`Settling`](Self::Settling) on, everything is acknowledged
/// at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Stage {
    #[default]
    Open,
    /// The session ends, and the client is asked to acknowledge what it has.
    Settling {
        /// Whether messages of the client are read for their number alone.
        discards: bool,
    },
    /// Nothing more is read.
    Draining,
}

/// The state of a session's acknowledgements.
#[derive(Debug, Default)]
pub(super) struct SessionWork {
    /// How many bytes the client keeps until they are acknowledged.
    hold: usize,
    /// When what was handled has to be acknowledged.
    ack_at: Option<Instant>,
    /// When the client has to learn how much was sent to it, so that it can check that.
    mark_at: Option<Instant>,
    /// The number of the last message of which the client was asked to acknowledge it at once.
    asked: u64,
    /// How far the client has acknowledged on this connection.
    acknowledged: u64,
    stage: Stage,
    /// Whether the client's numbers contradict ours.
    contradicts: bool,
}

impl Work {
    /// The session begins. Its client keeps up to `hold` until it is acknowledged.
    pub(in crate::connection) fn begin_session(&mut self, hold: Limits) {
        self.incoming.begin(hold);
        self.begin_connection(hold);
    }

    /// The session goes on on a new connection.
    pub(in crate::connection) fn resumed(&mut self, identity: Identity) {
        if self.peer.core().handlers.resumed.is_some() {
            self.incoming.push_event(Item::Resumed(identity));
        }
    }

    /// How far messages are handled.
    pub(in crate::connection) fn done(&self) -> u64 {
        self.incoming.done()
    }

    /// Forgets what concerned the last connection, and returns what was received.
    pub(in crate::connection) fn begin_connection(&mut self, hold: Limits) -> &mut Incoming<Item> {
        let fresh = |_| SessionWork { hold: hold.bytes, ..SessionWork::default() };
        self.session = self.session.take().map(fresh);
        &mut self.incoming
    }

    /// Acknowledges at once from now on.
    pub(in crate::connection) fn drain(&mut self) {
        if let Some(session) = &mut self.session {
            session.stage = Stage::Draining;
        }
    }

    /// The session ends: its client is asked to acknowledge what it has. `discards`: what it sends is not handled
    /// any more.
    pub(in crate::connection) fn settle_numbers(&mut self, discards: bool) {
        if let Some(session) = &mut self.session {
            session.stage = Stage::Settling { discards };
        }
    }

    /// Takes a frame of a client whose messages aren't handled any more. Each is counted, as an acknowledgement says
    /// how many there were. `None`: it is to be handled.
    pub(super) fn discard(&mut self, frame: &RawMessage<'_>) -> Option<Reply> {
        let discards = Stage::Settling { discards: true };
        if self.session.as_ref().is_none_or(|session| session.stage != discards) {
            return None;
        }
        match frame.name() {
            PING => return Some(Reply::Pong),
            PONG => {}
            name if is_numbered(name) => self.incoming.skip(),
            _ => self.control(frame),
        }
        Some(Reply::Nothing)
    }

    /// Whether the client's numbers contradict ours: nothing more is read.
    pub(in crate::connection) fn contradicts(&self) -> bool {
        self.session.as_ref().is_some_and(|session| session.contradicts)
    }

    /// Whether more is read although the inbox is full. A handler may wait for room in the queue, which only
    /// acknowledgements make, and those come behind the client's messages: as many as it holds.
    pub(super) fn reads_on(&self) -> bool {
        let ours = self.peer.core().settings.hold();
        let is_within = |session: &SessionWork| self.inbox_bytes < session.hold.min(ours);
        self.session.as_ref().is_some_and(is_within) && self.peer.state.outbox.cursor().1
    }

    /// Gives the peer that the next handler is called with the number of its message.
    pub(super) fn name_message(&mut self) {
        if self.session.is_some() {
            self.peer.handled = self.incoming.handling().map_or(Handled::Nothing, Handled::Number);
        }
    }

    /// The client reports that messages will not come.
    pub(super) fn miss(&mut self, missed: Missed) {
        if let Some(table) = &self.peer.core().sessions {
            Counters::add(&table.counters.missed, missed.count);
        }
        if let Some(handler) = &self.peer.core().handlers.missed {
            let called = handler(&self.peer, missed);
            self.begin(called, None);
            return;
        }
        let (peer, Missed { count, reason }) = (self.peer.id().0, missed);
        let what = format!("a client has dropped {count} messages: {reason:?}");
        self.peer.core().log.warn(Some(peer), "missed", what, Name::None);
        self.incoming.handled();
    }

    /// A frame of the session itself. Unknown ones are ignored.
    pub(super) fn control(&mut self, frame: &RawMessage<'_>) {
        let name = frame.name();
        let kept = match Control::decode(name, frame.data().unwrap_or_default()) {
            Ok(Some(Control::Ack(ack))) => self.acknowledged(ack),
            Ok(Some(Control::Gap(gap))) => self.incoming.push_gap(gap),
            // These are the server's own.
            Ok(Some(_)) => Err(Desync),
            Ok(None) if name == "$hello" => Err(Desync),
            Ok(None) => Ok(()),
            Err(_) => {
                Counters::add(&self.peer.core().counters.malformed, 1);
                self.report(Error::new(ErrorKind::Payload, Some(name), "a session's frame"));
                Err(Desync)
            }
        };
        if let (Err(Desync), Some(session)) = (kept, &mut self.session) {
            session.contradicts = true;
        }
    }

    fn acknowledged(&mut self, ack: Ack) -> Result<(), Desync> {
        self.incoming.check(ack)?;
        self.peer.state.outbox.release(ack.n)?;
        if let Some(session) = &mut self.session {
            session.acknowledged = session.acknowledged.max(ack.n);
        }
        Ok(())
    }

    /// The acknowledgement that has to be sent now, behind everything that was taken to be sent. `beat`: a
    /// heartbeat is sent.
    pub(super) fn acknowledge(&mut self, beat: bool, now: Instant) -> Option<Bytes> {
        let session = self.session.as_mut()?;
        let (cursor, is_waited_for) = self.peer.state.outbox.cursor();
        // Once for what was sent until then; at the end, again once the client has all that it was asked for.
        let settles = matches!(session.stage, Stage::Settling { .. })
            && session.acknowledged >= session.asked
            && self.peer.state.outbox.is_written()
            && !self.peer.state.outbox.is_confirmed();
        let asks = (is_waited_for || settles) && cursor > session.asked;
        let is_past = |at: Option<Instant>| at.is_some_and(|at| at <= now);
        let is_late = beat || session.stage != Stage::Open || is_past(session.mark_at);
        let is_due = asks
            || self.incoming.ack_is_due()
            || (is_late && self.incoming.ack_is_useful(cursor))
            || (is_past(session.ack_at) && self.incoming.is_unacknowledged());
        if is_due {
            (session.ack_at, session.mark_at) = (None, None);
            if asks {
                session.asked = cursor;
            }
            let ack = self.incoming.take_ack(cursor, asks);
            return Some(Control::Ack(ack).encode().into());
        }
        if self.incoming.is_unacknowledged() {
            session.ack_at.get_or_insert(now + ACK_DELAY);
        }
        if self.incoming.ack_is_useful(cursor) {
            let interval = self.peer.core().settings.heartbeat_interval;
            session.mark_at.get_or_insert(now + interval);
        }
        None
    }

    /// When an acknowledgement has to be sent. One that is overdue waits for the socket.
    pub(super) fn ack_at(&self, now: Instant) -> Option<Instant> {
        let session = self.session.as_ref()?;
        let times = [session.ack_at, session.mark_at].into_iter().flatten();
        times.filter(|at| *at > now).min()
    }
}
