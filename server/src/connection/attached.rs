//! A peer's present connection, and how it comes to its end.

use std::{
    future::Future,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use tokio::{sync::oneshot, time::Instant};
use wirebond_connection::{
    link::{ClosingHandshake, Ended, Heartbeat, Link, MessageSource, Pace},
    session::Desync,
    transport::{CHUNK, Socket},
};

use super::{Arrival, work::Work};
use crate::{
    core::Place,
    outbox::{CREDENTIALS_EXPIRED, Closing, Drain, Ends, Outbox},
    peer::Peer,
};

/// How a connection came to its end.
#[derive(Debug)]
pub(super) enum End {
    /// This side closes.
    Server(Closing),
    /// The peer or the network ended it.
    Link(Ended),
    /// The session goes on on another connection.
    Replaced(Box<Arrival>),
}

/// A connection, and how this side ends it. What [`send_listed`](Self::send_listed) needs stands first, in few
/// cache lines, of which processors fetch two at a time.
#[repr(C, align(128))]
pub(super) struct Attached {
    has_begun: bool,
    link: Link<Work, PeerMessages>,
    /// Wakes the task for anything but messages to be written.
    waker: Waker,
    peer: Peer,
    /// The deadline of a connection that is closing.
    drained_by: Option<Instant>,
    /// The deadline of a client that was asked for an acknowledgement, once all is written.
    settled_by: Option<Instant>,
    pub(super) place: Place,
    /// See [`Arrival::ended`].
    ended: Option<oneshot::Sender<()>>,
}

/// The messages that are queued for a peer.
struct PeerMessages {
    peer: Peer,
    /// The answer to a request to resume, and the notice about the client's contract.
    first: [Option<Bytes>; 2],
}

impl MessageSource for PeerMessages {
    fn take(&mut self, budget: usize, texts: &mut Vec<Bytes>, _: Instant, _: &mut Context<'_>) {
        texts.extend(self.first.iter_mut().filter_map(Option::take));
        self.peer.state.outbox.take(budget, texts);
    }

    fn is_settled(&self) -> bool {
        self.peer.state.outbox.is_written()
    }
}

impl Attached {
    /// `first` is written before anything else.
    pub(super) fn new(
        work: Work,
        socket: Socket,
        first: [Option<Bytes>; 2],
        place: Place,
        ended: Option<oneshot::Sender<()>>,
    ) -> Box<Self> {
        let peer = work.peer.clone();
        let settings = &peer.core().settings;
        let (interval, deadline) = (settings.heartbeat_interval, settings.heartbeat_timeout);
        let heartbeat = Heartbeat::new(Pace::WhenIdle, interval, deadline);
        let source = PeerMessages { peer: peer.clone(), first };
        let link = Link::new(socket, work, source, None, Some(heartbeat));
        let waker = Arc::clone(&peer.state).into();
        Box::new(Self {
            has_begun: false,
            waker,
            peer,
            link,
            drained_by: None,
            settled_by: None,
            place,
            ended,
        })
    }

    /// Drives the connection until it ends, or until this side has nothing left to do but to close it.
    /// Cancel-safe: no message is half handled between two polls.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<End> {
        if self.has_begun && self.send_alone(cx) {
            return Poll::Pending;
        }
        self.has_begun = true;
        let now = Instant::now();
        let (closing, expires) = self.peer.state.outbox.closing(cx);
        let waker = self.waker.clone();
        let cx = &mut Context::from_waker(&waker);
        let is_over = closing.as_ref().is_some_and(Closing::ends_session);
        if !is_over && let Some(end) = self.poll_replaced(cx) {
            return Poll::Ready(end);
        }
        if let Some(closing) = closing {
            return self.poll_closing(closing, now, cx);
        }
        if expires.is_some_and(|at| now >= at) {
            // This wakes the task again.
            self.peer.close(CREDENTIALS_EXPIRED, "the credentials have expired");
        }
        self.link.sink_mut().wake_at(expires);
        self.poll_link(cx)
    }

    /// Writes what waits, if nothing else has happened since the last poll: to look at everything costs as much as
    /// the write. False if there is more to do.
    fn send_alone(&mut self, cx: &mut Context<'_>) -> bool {
        let (outbox, waker) = (&self.peer.state.outbox, &self.waker);
        let take = |texts: &mut Vec<Bytes>| outbox.take_alone(CHUNK, texts, cx);
        self.link.send(take, &mut Context::from_waker(waker))
    }

    /// The same for a broadcast, in another task. The connection's own is woken where this is false.
    pub(super) fn send_listed(&mut self, outbox: &Outbox) -> bool {
        let waker = &self.waker;
        let take = |texts: &mut Vec<Bytes>| outbox.take_listed(CHUNK, texts);
        self.has_begun && self.link.send(take, &mut Context::from_waker(waker))
    }

    /// Whether another connection replaces this one, or whoever awaits it has given up.
    fn poll_replaced(&mut self, cx: &mut Context<'_>) -> Option<End> {
        let session = self.peer.state.session.as_ref()?;
        if let Some(arrival) = session.seat.poll(cx) {
            let reason = "continued on another connection";
            // If this fails, so does the closing handshake.
            let _ = self.link.close(Desync::CLOSE_CODE, reason, cx);
            return Some(End::Replaced(arrival));
        }
        let cancelled =
            self.ended.as_mut().is_some_and(|end| pin!(end.closed()).poll(cx).is_ready());
        cancelled.then_some(End::Link(Ended::Unannounced))
    }

    fn poll_link(&mut self, cx: &mut Context<'_>) -> Poll<End> {
        let ended = match self.link.poll(cx) {
            Poll::Ready(ended) => ended,
            Poll::Pending => return Poll::Pending,
        };
        if !self.link.sink_mut().contradicts() {
            return Poll::Ready(End::Link(ended));
        }
        let reason = "the message numbers contradict each other";
        let closing = Closing::new(Desync::CLOSE_CODE, reason, Drain::None, Ends::Session);
        let _ = self.link.close(closing.code, &closing.reason, cx);
        Poll::Ready(End::Server(closing))
    }

    /// What is queued is written, and what was received is handled. Then a Close frame is handed over.
    fn poll_closing(&mut self, closing: Closing, now: Instant, cx: &mut Context<'_>) -> Poll<End> {
        if closing.drain != Drain::None {
            let timeout = self.peer.core().settings.close_timeout;
            let drained_by = *self.drained_by.get_or_insert(now + timeout);
            if self.settled_by.is_none() {
                self.link.drain();
                let sink = self.link.sink_mut();
                sink.wake_at(Some(drained_by));
                if closing.ends_session() {
                    sink.settle_numbers(closing.drain == Drain::Queue);
                } else {
                    sink.drain();
                }
                if let Poll::Ready(ended) = self.poll_link(cx) {
                    return Poll::Ready(ended);
                }
                if !self.link.is_drained() && now < drained_by {
                    return Poll::Pending;
                }
            }
            if closing.ends_session()
                && let Some(end) = self.poll_settled(&closing, drained_by, now, cx)
            {
                return end;
            }
        }
        // If this fails, so does the closing handshake.
        let _ = self.link.close(closing.code, &closing.reason, cx);
        Poll::Ready(End::Server(closing))
    }

    /// Before a session ends, its client is asked to acknowledge what it has: what it got would be reported as
    /// unconfirmed. The connection is read again for that. `None` once there is nothing to wait for.
    fn poll_settled(
        &mut self,
        closing: &Closing,
        drained_by: Instant,
        now: Instant,
        cx: &mut Context<'_>,
    ) -> Option<Poll<End>> {
        if self.peer.state.outbox.is_confirmed() && self.link.is_drained() {
            return None;
        }
        let patience = closing.patience.min(self.peer.core().settings.close_timeout / 2);
        let until = *self.settled_by.get_or_insert(drained_by.min(now + patience));
        if now >= until {
            return None;
        }
        // What is still sent is asked for as well, which only a whole poll does.
        self.has_begun = false;
        self.link.read_on();
        self.link.sink_mut().wake_at(Some(until));
        match self.poll_link(cx) {
            Poll::Pending if self.peer.state.outbox.is_confirmed() && self.link.is_drained() => {
                None
            }
            end => Some(end),
        }
    }

    /// What is left to do for a connection that has ended. It is read no more.
    pub(super) fn finish(self) -> (ClosingHandshake, Work, Place) {
        let (handshake, work) = self.link.finish();
        (handshake, work, self.place)
    }
}
