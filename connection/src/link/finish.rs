//! The closing handshake of a connection that has ended.

use std::task::{Context, Poll, ready};

use crate::transport::{Inbound, Role, Socket};

/// A connection that has ended, until its stream may be closed.
#[derive(Debug)]
pub struct ClosingHandshake {
    socket: Socket,
    /// Whether the peer's Close frame has been read.
    is_peer_closed: bool,
    /// Whether frames up to the peer's Close frame are read. A client waits for the end of the stream
    /// instead, and after a breach of the protocol no frame can be read any more.
    reads: bool,
}

impl ClosingHandshake {
    /// Of a socket without a link, to which a Close frame was handed.
    #[must_use]
    pub fn of(socket: Socket) -> Self {
        Self::new(socket, false, false)
    }

    pub(super) fn new(socket: Socket, is_peer_closed: bool, is_broken: bool) -> Self {
        let reads = socket.role() == Role::Server && !is_broken;
        Self { socket, is_peer_closed, reads }
    }

    /// Writes what was handed to the socket, and drops what still arrives. Ready when the stream may be
    /// closed: for a client when the server has ended it, for a server when the Close frames are exchanged
    /// (RFC 6455, section 7.1.1).
    pub fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.socket.begin_turn();
        if self.reads && !self.is_peer_closed {
            match self.poll_close_frame(cx) {
                Poll::Ready(true) => self.is_peer_closed = true,
                Poll::Ready(false) => return Poll::Ready(()),
                Poll::Pending => {}
            }
        }
        match self.socket.poll_flush(cx) {
            Poll::Ready(Err(_)) => return Poll::Ready(()),
            Poll::Ready(Ok(())) if self.reads && self.is_peer_closed => return Poll::Ready(()),
            _ => {}
        }
        if !self.reads && self.socket.poll_discard(cx).is_ready() {
            return Poll::Ready(());
        }
        if self.socket.is_turn_over() {
            cx.waker().wake_by_ref();
        }
        Poll::Pending
    }

    /// Reads up to the peer's Close frame. False: the stream ended or broke before.
    fn poll_close_frame(&mut self, cx: &mut Context<'_>) -> Poll<bool> {
        loop {
            match ready!(self.socket.poll_read(cx)) {
                Ok(Inbound::Close { .. }) => return Poll::Ready(true),
                Ok(Inbound::End) | Err(_) => return Poll::Ready(false),
                Ok(_) => {}
            }
        }
    }
}
