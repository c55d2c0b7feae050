//! Frames in and out of a stream: the only module that names tungstenite's protocol, and the buffer
//! under it.
//!
//! tungstenite reads through a small buffer of its own (it clears all of it at every read) over a
//! read-ahead here, which grows while reads fill it and shrinks again: an idle connection costs
//! little, a busy one few system calls.
//!
//! A text message that is one frame and lies whole in the read-ahead is taken from there, without
//! tungstenite and without a copy. Everything else goes through tungstenite, frame by frame, so that
//! it never holds half of one when that happens; what a peer may send is tungstenite's to say.

use std::{
    io,
    task::{Context, Poll},
};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite};
use tungstenite::{
    Error as WsError,
    error::{CapacityError, ProtocolError},
    protocol::{
        CloseFrame, Message, Role, WebSocketConfig, WebSocketContext,
        frame::{
            Frame, Utf8Bytes,
            coding::{Data, OpCode},
        },
    },
};

use crate::tap::Tap;

mod wire;

use wire::{Polled, Wire};

/// A connected byte stream: TCP, TLS over it, or one of a custom connector.
pub trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Io for S {}

/// About how many bytes are handed over before they have to be written: a heartbeat waits behind no
/// more than this.
pub(crate) const CHUNK: usize = 64 * 1024;
/// tungstenite's own buffer: most messages pass it by.
const INNER_BUFFER: usize = 1024;

/// A frame that concerns the connection's task.
#[derive(Debug)]
pub(crate) enum Inbound<'a> {
    /// Where it was read.
    Direct(&'a str),
    Text(Utf8Bytes),
    Binary,
    /// Answered already.
    Ping,
    Pong(Bytes),
    /// The peer's Close frame, its code as sent.
    Close {
        code: Option<u16>,
        reason: String,
    },
    /// The stream ended.
    End,
}

/// Why a connection broke.
#[derive(Debug)]
pub(crate) enum Broken {
    Io(io::Error),
    /// Larger than `max_message_size`.
    TooLarge,
    /// Text that isn't UTF-8.
    NotUtf8,
    /// Any other breach of RFC 6455.
    Protocol(String),
}

impl Broken {
    /// The code of the Close frame that answers it (RFC 6455, section 7.4.1).
    pub(crate) fn code(&self) -> Option<u16> {
        match self {
            Self::Io(_) => None,
            Self::TooLarge => Some(1009),
            Self::NotUtf8 => Some(1007),
            Self::Protocol(_) => Some(1002),
        }
    }
}

/// An open WebSocket.
pub(crate) struct Socket {
    protocol: WebSocketContext,
    wire: Wire,
    /// What tungstenite was given.
    fed: Tap,
    /// Whether whole text frames may pass tungstenite by: until something ends or breaks.
    direct: bool,
    /// Whether tungstenite may have a Pong that isn't written.
    owes_pong: bool,
    max_message_size: usize,
}

impl Socket {
    /// Continues where the opening handshake ended. `largest` is the largest message that will be
    /// handed over.
    pub(crate) fn new(
        stream: Box<dyn Io>,
        rest: Vec<u8>,
        max_message_size: usize,
        largest: usize,
    ) -> Self {
        // A chunk, whose last message may be the largest, with its headers. Pongs that would go beyond
        // it replace each other: only the latest Ping needs an answer (RFC 6455, section 5.5.3).
        let room = CHUNK.saturating_add(largest).saturating_mul(2);
        let config = WebSocketConfig::default()
            .read_buffer_size(INNER_BUFFER)
            // Nothing is written before a flush.
            .write_buffer_size(room - 1)
            .max_write_buffer_size(room)
            .max_message_size(Some(max_message_size))
            .max_frame_size(Some(max_message_size));
        Self {
            protocol: WebSocketContext::new(Role::Client, Some(config)),
            wire: Wire::new(stream, rest),
            fed: Tap::new(),
            direct: true,
            owes_pong: false,
            max_message_size,
        }
    }

    /// Begins a turn: how much is read is counted anew.
    pub(crate) fn begin_turn(&mut self) {
        self.wire.begin_turn();
    }

    /// Whether this turn's share of reading is used up.
    pub(crate) fn is_turn_over(&self) -> bool {
        self.wire.is_turn_over()
    }

    /// The next frame. Pings are answered, and a Close frame too, on the way.
    pub(crate) fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<Inbound<'_>, Broken>> {
        if self.owes_pong && self.direct {
            let mut polled = Polled { wire: &mut self.wire, fed: &mut self.fed, cx };
            match self.protocol.flush(&mut polled) {
                Ok(()) => self.owes_pong = false,
                // Reading goes on, and this is tried again.
                Err(WsError::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => {
                    self.direct = false;
                    return Poll::Ready(failed(error));
                }
            }
        }
        if self.direct && self.fed.is_between_messages() {
            if self.wire.is_empty() && !self.wire.refill(cx) {
                return Poll::Pending;
            }
            if let Some(text) = self.wire.whole_text(self.max_message_size) {
                self.fed.pass_message();
                let Ok(text) = std::str::from_utf8(self.wire.take(text)) else {
                    self.direct = false;
                    return Poll::Ready(Err(Broken::NotUtf8));
                };
                return Poll::Ready(Ok(Inbound::Direct(text)));
            }
        }
        self.poll_tungstenite(cx)
    }

    fn poll_tungstenite(&mut self, cx: &mut Context<'_>) -> Poll<Result<Inbound<'_>, Broken>> {
        let mut polled = Polled { wire: &mut self.wire, fed: &mut self.fed, cx };
        let read = self.protocol.read(&mut polled);
        if let Err(WsError::Io(error)) = &read
            && error.kind() == io::ErrorKind::WouldBlock
        {
            return Poll::Pending;
        }
        self.direct &= matches!(read, Ok(ref message) if !message.is_close());
        Poll::Ready(match read {
            Ok(Message::Text(text)) => Ok(Inbound::Text(text)),
            Ok(Message::Binary(_) | Message::Frame(_)) => Ok(Inbound::Binary),
            Ok(Message::Ping(_)) => {
                self.owes_pong = true;
                Ok(Inbound::Ping)
            }
            Ok(Message::Pong(payload)) => Ok(Inbound::Pong(payload)),
            Ok(Message::Close(_)) => {
                Ok(Inbound::Close { code: self.fed.close_code(), reason: self.fed.close_reason() })
            }
            Err(error) => failed(error),
        })
    }

    /// Throws away what arrives until the stream ends, or until this turn is over: after the connection
    /// has ended or broken, tungstenite can't say what it is.
    pub(crate) fn poll_discard(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.wire.poll_discard(cx)
    }

    /// Makes sure that, while nothing is read for the handlers, it is known whether there would be
    /// something to read. True: bytes wait; nothing is asked of the stream.
    pub(crate) fn poll_unread(&mut self, cx: &mut Context<'_>) -> bool {
        // tungstenite is given no frame before it has returned the last.
        if self.wire.is_empty() {
            self.wire.glance(cx);
        }
        !self.wire.is_empty()
    }

    /// Hands a text frame over; [`poll_flush`](Self::poll_flush) writes it.
    pub(crate) fn queue_text(&mut self, frame: Bytes, cx: &mut Context<'_>) -> Result<(), Broken> {
        // As a ready frame: the text comes from serde_json, and needn't be checked again.
        self.queue(Message::Frame(Frame::message(frame, OpCode::Data(Data::Text), true)), cx)
    }

    /// Hands a Ping over.
    pub(crate) fn queue_ping(&mut self, number: u64, cx: &mut Context<'_>) -> Result<(), Broken> {
        self.queue(Message::Ping(number.to_string().into()), cx)
    }

    /// Hands a Close frame over, after which nothing more can be.
    pub(crate) fn queue_close(&mut self, code: u16, cx: &mut Context<'_>) -> Result<(), Broken> {
        let frame = CloseFrame { code: code.into(), reason: Utf8Bytes::from_static("") };
        self.queue(Message::Close(Some(frame)), cx)
    }

    fn queue(&mut self, message: Message, cx: &mut Context<'_>) -> Result<(), Broken> {
        let mut polled = Polled { wire: &mut self.wire, fed: &mut self.fed, cx };
        match self.protocol.write(&mut polled, message) {
            Ok(()) => Ok(()),
            Err(WsError::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => Ok(()),
            Err(error) => Err(broken(error)),
        }
    }

    /// Writes all that was handed over.
    pub(crate) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        loop {
            let mut polled = Polled { wire: &mut self.wire, fed: &mut self.fed, cx };
            match self.protocol.flush(&mut polled) {
                // A Pong that found the buffer full is put into it by the next flush.
                Ok(()) if self.owes_pong => self.owes_pong = false,
                Ok(()) => return Poll::Ready(Ok(())),
                Err(WsError::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Poll::Pending;
                }
                Err(error) => return Poll::Ready(Err(broken(error))),
            }
        }
    }

    /// Gives a large buffer back if nothing has needed it since the last call.
    pub(crate) fn relax(&mut self) {
        self.wire.relax();
    }

    /// Whether anything of substance arrived since the last call.
    pub(crate) fn take_life(&mut self) -> bool {
        self.fed.take_life()
    }

    /// Whether a write that had found no room went on since the last call.
    pub(crate) fn take_progress(&mut self) -> bool {
        self.wire.take_progress()
    }

    /// Bytes read and written since the last call.
    pub(crate) fn take_bytes(&mut self) -> (u64, u64) {
        self.wire.take_bytes()
    }
}

/// What it means that reading failed.
fn failed<'a>(error: WsError) -> Result<Inbound<'a>, Broken> {
    match error {
        WsError::ConnectionClosed
        | WsError::AlreadyClosed
        | WsError::Protocol(ProtocolError::ResetWithoutClosingHandshake) => Ok(Inbound::End),
        WsError::Io(error) => Err(Broken::Io(error)),
        WsError::Capacity(CapacityError::MessageTooLong { .. }) => Err(Broken::TooLarge),
        WsError::Utf8(_) => Err(Broken::NotUtf8),
        error => Err(Broken::Protocol(error.to_string())),
    }
}

fn broken(error: WsError) -> Broken {
    match error {
        WsError::Io(error) => Broken::Io(error),
        WsError::ConnectionClosed | WsError::AlreadyClosed => {
            Broken::Io(io::ErrorKind::ConnectionReset.into())
        }
        error => Broken::Protocol(error.to_string()),
    }
}

impl std::fmt::Debug for Socket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Socket").field("direct", &self.direct).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
