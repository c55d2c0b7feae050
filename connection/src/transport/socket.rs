//! An open WebSocket, for either side.
//!
//! tungstenite reads through a small buffer of its own (it clears all of it at every read) over a
//! read-ahead here, which grows while reads fill it and shrinks again: an idle connection costs
//! little, a busy one few system calls.
//!
//! A text message that is one frame, and for which the largest read-ahead has room, is taken from there
//! once it has arrived whole, without tungstenite and without a copy. Everything else goes through tungstenite, frame
//! by frame, so that it never holds half of one when that happens; tungstenite decides what a peer may send.
//!
//! A server's text messages go out without tungstenite, too, which would copy each for each peer.

use std::{
    borrow::Cow,
    io,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use tungstenite::{
    Error as WsError,
    error::{CapacityError, ProtocolError},
    protocol::{
        self, CloseFrame, Message, WebSocketConfig, WebSocketContext,
        frame::{
            Frame, Utf8Bytes,
            coding::{Data, OpCode},
        },
    },
};

use super::{
    frame_header::MAX_SIZE,
    io::Io,
    outgoing::Outgoing,
    read_ahead::{Polled, ReadAhead},
    scanner::Scanner,
};

/// About how many bytes are handed over before they have to be written: a heartbeat waits behind no
/// more than this.
pub const CHUNK: usize = 64 * 1024;
/// How many bytes the reason of a Close frame may have (RFC 6455, section 5.5).
const MAX_REASON: usize = 123;
/// tungstenite's own buffer: most messages pass it by.
const INNER_BUFFER: usize = 1024;

/// Which end of the connection a socket is (RFC 6455, section 5.1: a client masks what it sends).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The one that asked for the upgrade.
    Client,
    /// The one that answered.
    Server,
}

/// A frame that has arrived.
#[derive(Debug)]
pub enum Inbound<'a> {
    /// A text message where it was read.
    Direct(&'a str),
    /// A text message of several frames, or one that was larger than what is read at once. Also a binary message
    /// that is taken as text.
    Text(Utf8Bytes),
    /// A binary message; its content is dropped.
    Binary,
    /// A Ping. Its Pong is on its way.
    Ping,
    /// A Pong, with its payload.
    Pong(Bytes),
    /// The peer's Close frame.
    Close {
        /// Its code as sent, if it had one.
        code: Option<u16>,
        /// Its reason as sent.
        reason: String,
    },
    /// The stream ended.
    End,
}

/// Why a connection broke.
#[derive(Debug)]
pub enum Broken {
    /// The stream failed.
    Io(io::Error),
    /// Larger than `max_message_size`, which is this many bytes.
    TooLarge(usize),
    /// Text that isn't UTF-8.
    NotUtf8,
    /// Any other breach of RFC 6455.
    Protocol(String),
}

impl Broken {
    /// The code of the Close frame that answers it (RFC 6455, section 7.4.1).
    pub fn code(&self) -> Option<u16> {
        match self {
            Self::Io(_) => None,
            Self::TooLarge(_) => Some(1009),
            Self::NotUtf8 => Some(1007),
            Self::Protocol(_) => Some(1002),
        }
    }

    /// The reason of that Close frame: what was wrong, without anything that the peer sent. At most 123 bytes
    /// (RFC 6455, section 5.5). Empty where there is no such frame.
    pub fn reason(&self) -> Cow<'static, str> {
        match self {
            Self::Io(_) => "".into(),
            Self::TooLarge(limit) => format!("larger than {limit} bytes").into(),
            Self::NotUtf8 => "text that is not UTF-8".into(),
            Self::Protocol(what) => close_reason(what).to_owned().into(),
        }
    }
}

/// As much of a text as the reason of a Close frame may be: 123 bytes (RFC 6455, section 5.5).
#[must_use]
pub fn close_reason(text: &str) -> &str {
    let mut end = text.len().min(MAX_REASON);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// An open WebSocket. What [`poll_send`](Self::poll_send) needs stands first, in few cache lines.
#[repr(C)]
pub struct Socket {
    /// Whether whole text frames may pass tungstenite by: until something ends or breaks.
    direct: bool,
    role: Role,
    /// Whether tungstenite may have something that isn't written.
    is_dirty: bool,
    /// Whether that may be a Pong.
    owes_pong: bool,
    /// A server's text frames.
    outgoing: Outgoing,
    stream: ReadAhead,
    /// What tungstenite was given.
    scanner: Scanner,
    max_message_size: usize,
    /// How much of a message one frame holds, for a client.
    fragment_size: usize,
    binary_as_text: bool,
    protocol: WebSocketContext,
}

impl Socket {
    /// Continues where the opening handshake ended: `rest` is what was read behind it. A larger message
    /// than `max_message_size` breaks the connection; `largest` is the largest that will be handed over.
    /// Both are in bytes.
    #[must_use]
    pub fn new(
        role: Role,
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
        let protocol_role = match role {
            Role::Client => protocol::Role::Client,
            Role::Server => protocol::Role::Server,
        };
        Self {
            protocol: WebSocketContext::new(protocol_role, Some(config)),
            stream: ReadAhead::new(stream, rest),
            scanner: Scanner::new(),
            direct: true,
            role,
            outgoing: Outgoing::default(),
            is_dirty: false,
            owes_pong: false,
            max_message_size,
            fragment_size: usize::MAX,
            binary_as_text: false,
        }
    }

    /// Hands binary messages over as text. One that isn't UTF-8 stays [`Inbound::Binary`].
    #[must_use]
    pub fn with_binary_as_text(mut self) -> Self {
        self.binary_as_text = true;
        self
    }

    /// Writes messages that are larger than `size` bytes as fragments of at most that (RFC 6455, section 5.4). At
    /// least 1. `largest` is that of [`new`](Self::new). Of a server nothing: its messages bypass tungstenite.
    #[must_use]
    pub fn with_fragments(mut self, size: usize, largest: usize) -> Self {
        self.fragment_size = size.max(1);
        // Each fragment has a header.
        let headers = (CHUNK.saturating_add(largest) / self.fragment_size).saturating_mul(MAX_SIZE);
        self.protocol.set_config(|config| {
            config.write_buffer_size = config.write_buffer_size.saturating_add(headers);
            config.max_write_buffer_size = config.max_write_buffer_size.saturating_add(headers);
        });
        self
    }

    /// Which end of the connection it is.
    pub fn role(&self) -> Role {
        self.role
    }

    /// Begins a turn: how much is read is counted anew.
    pub fn begin_turn(&mut self) {
        self.stream.begin_turn();
    }

    /// Whether this turn's share of reading is used up.
    pub fn is_turn_over(&self) -> bool {
        self.stream.is_turn_over()
    }

    /// The next frame. Pings are answered, and a Close frame too, on the way.
    pub fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<Inbound<'_>, Broken>> {
        if self.owes_pong && self.direct {
            let (protocol, mut polled) = self.polled(cx);
            match protocol.flush(&mut polled) {
                Ok(()) => self.owes_pong = false,
                // Reading goes on, and this is tried again.
                Err(WsError::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => {
                    self.direct = false;
                    return Poll::Ready(failed(error));
                }
            }
        }
        if self.direct && self.scanner.is_between_messages() {
            let (most, is_masked) = (self.max_message_size, self.role == Role::Server);
            let mut is_fresh = false;
            loop {
                if self.stream.is_empty() {
                    if !self.stream.refill(cx) {
                        return Poll::Pending;
                    }
                    is_fresh = true;
                }
                if let Some(text) = self.stream.whole_text(most, is_masked) {
                    self.scanner.record_activity();
                    let Ok(text) = std::str::from_utf8(self.stream.take(text)) else {
                        self.direct = false;
                        return Poll::Ready(Err(Broken::NotUtf8));
                    };
                    return Poll::Ready(Ok(Inbound::Direct(text)));
                }
                if !self.stream.is_cut(most, is_masked) {
                    break;
                }
                if is_fresh {
                    self.scanner.record_activity();
                }
                if !self.stream.refill(cx) {
                    return Poll::Pending;
                }
                is_fresh = true;
            }
        }
        self.poll_tungstenite(cx)
    }

    /// tungstenite, and the stream for one call of it.
    fn polled<'a, 'b>(
        &'a mut self,
        cx: &'a mut Context<'b>,
    ) -> (&'a mut WebSocketContext, Polled<'a, 'b>) {
        let Self { protocol, stream, scanner, outgoing, .. } = self;
        (protocol, Polled { stream, scanner, outgoing, cx })
    }

    fn poll_tungstenite(&mut self, cx: &mut Context<'_>) -> Poll<Result<Inbound<'_>, Broken>> {
        // A Ping or a Close frame is answered.
        self.is_dirty = true;
        let (protocol, mut polled) = self.polled(cx);
        let read = protocol.read(&mut polled);
        if let Err(WsError::Io(error)) = &read
            && error.kind() == io::ErrorKind::WouldBlock
        {
            return Poll::Pending;
        }
        self.direct &= matches!(read, Ok(ref message) if !message.is_close());
        Poll::Ready(match read {
            Ok(Message::Text(text)) => Ok(Inbound::Text(text)),
            Ok(Message::Binary(content)) if self.binary_as_text => {
                Ok(Utf8Bytes::try_from(content).map_or(Inbound::Binary, Inbound::Text))
            }
            Ok(Message::Binary(_) | Message::Frame(_)) => Ok(Inbound::Binary),
            Ok(Message::Ping(_)) => {
                self.owes_pong = true;
                Ok(Inbound::Ping)
            }
            Ok(Message::Pong(payload)) => Ok(Inbound::Pong(payload)),
            Ok(Message::Close(_)) => Ok(Inbound::Close {
                code: self.scanner.close_code(),
                reason: self.scanner.close_reason(),
            }),
            Err(error) => failed(error),
        })
    }

    /// Throws away what arrives until the stream ends, or until this turn is over: after the connection
    /// has ended or broken, tungstenite can't determine what it is.
    pub fn poll_discard(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.stream.poll_discard(cx)
    }

    /// Makes sure that, while nothing is read for the handlers, it is known whether there would be
    /// something to read. True: bytes wait; nothing is asked of the stream, unless they are half a message. Then only
    /// more of it counts, for its sender may be gone.
    pub fn poll_unread(&mut self, cx: &mut Context<'_>) -> bool {
        // tungstenite is given no frame before it has returned the last.
        if self.stream.is_empty() || self.is_cut() {
            return self.stream.peek(cx);
        }
        true
    }

    /// Whether nothing but the beginning of a message is left that will be taken without tungstenite.
    fn is_cut(&self) -> bool {
        self.direct
            && self.scanner.is_between_messages()
            && self.stream.is_cut(self.max_message_size, self.role == Role::Server)
    }

    /// Hands a text frame over; [`poll_flush`](Self::poll_flush) writes it.
    pub fn queue_text(&mut self, frame: Bytes, cx: &mut Context<'_>) -> Result<(), Broken> {
        if self.role == Role::Server {
            self.outgoing.push(frame);
            return Ok(());
        }
        if frame.len() > self.fragment_size {
            return self.queue_fragments(frame, cx);
        }
        // As a ready frame: the text comes from serde_json, and needn't be checked again.
        self.queue(Message::Frame(Frame::message(frame, OpCode::Data(Data::Text), true)), cx)
    }

    /// Hands a text over as a text frame and continuations. Nothing comes between them but a Pong of tungstenite's,
    /// which may.
    #[cold]
    fn queue_fragments(&mut self, mut rest: Bytes, cx: &mut Context<'_>) -> Result<(), Broken> {
        let mut data = Data::Text;
        loop {
            let fragment = rest.split_to(self.fragment_size.min(rest.len()));
            let is_last = rest.is_empty();
            let frame = Frame::message(fragment, OpCode::Data(data), is_last);
            self.queue(Message::Frame(frame), cx)?;
            if is_last {
                return Ok(());
            }
            data = Data::Continue;
        }
    }

    /// Whether nothing waits to be written, for a server.
    pub fn is_quiet(&self) -> bool {
        self.role == Role::Server && self.outgoing.is_empty() && !self.is_dirty
    }

    /// Writes messages at once. It has to be [quiet](Self::is_quiet). If this isn't ready, or fails,
    /// [`poll_flush`](Self::poll_flush) goes on.
    pub fn poll_send(
        &mut self,
        texts: &mut Vec<Bytes>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Broken>> {
        let write = |bytes: &[u8]| self.stream.poll_write(bytes, cx);
        ready!(self.outgoing.poll_send(texts, write)).map_err(Broken::Io)?;
        self.stream.poll_flush(cx).map_err(Broken::Io)
    }

    /// Hands a Ping over.
    pub fn queue_ping(&mut self, number: u64, cx: &mut Context<'_>) -> Result<(), Broken> {
        self.queue(Message::Ping(number.to_string().into()), cx)
    }

    /// Hands a Close frame over, after which nothing more can be.
    /// The reason has 123 bytes at most (RFC 6455, section 5.5).
    pub fn queue_close(
        &mut self,
        code: u16,
        reason: &str,
        cx: &mut Context<'_>,
    ) -> Result<(), Broken> {
        let frame = CloseFrame { code: code.into(), reason: reason.into() };
        self.queue(Message::Close(Some(frame)), cx)
    }

    fn queue(&mut self, message: Message, cx: &mut Context<'_>) -> Result<(), Broken> {
        self.is_dirty = true;
        let (protocol, mut polled) = self.polled(cx);
        match protocol.write(&mut polled, message) {
            Ok(()) => Ok(()),
            Err(WsError::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => Ok(()),
            Err(error) => Err(broken(error)),
        }
    }

    /// Writes all that was handed over.
    pub fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        if self.outgoing.is_foreign_turn()
            && self.poll_flush_tungstenite(cx)?.is_pending()
            && self.outgoing.is_foreign_turn()
        {
            return Poll::Pending;
        }
        let write = |bytes: &[u8]| self.stream.poll_write(bytes, cx);
        ready!(self.outgoing.poll_write(write)).map_err(Broken::Io)?;
        if self.is_dirty {
            return self.poll_flush_tungstenite(cx);
        }
        self.stream.poll_flush(cx).map_err(Broken::Io)
    }

    fn poll_flush_tungstenite(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        loop {
            let (protocol, mut polled) = self.polled(cx);
            match protocol.flush(&mut polled) {
                // A Pong that found the buffer full is put into it by the next flush.
                Ok(()) if self.owes_pong => self.owes_pong = false,
                Ok(()) => {
                    self.is_dirty = false;
                    return Poll::Ready(Ok(()));
                }
                Err(WsError::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Poll::Pending;
                }
                Err(error) => return Poll::Ready(Err(broken(error))),
            }
        }
    }

    /// Gives a large buffer back if nothing has needed it since the last call.
    pub fn shrink(&mut self) {
        self.stream.shrink();
    }

    /// Whether anything of substance arrived since the last call.
    pub fn take_activity(&mut self) -> bool {
        self.scanner.take_activity()
    }

    /// Whether a write that had found no room went on since the last call.
    pub fn take_progress(&mut self) -> bool {
        self.stream.take_progress()
    }

    /// Bytes read and written since the last call.
    pub fn take_bytes(&mut self) -> (u64, u64) {
        self.stream.take_bytes()
    }
}

/// What it means that reading failed.
fn failed<'a>(error: WsError) -> Result<Inbound<'a>, Broken> {
    match error {
        WsError::ConnectionClosed
        | WsError::AlreadyClosed
        | WsError::Protocol(ProtocolError::ResetWithoutClosingHandshake) => Ok(Inbound::End),
        WsError::Io(error) => Err(Broken::Io(error)),
        WsError::Capacity(CapacityError::MessageTooLong { max_size, .. }) => {
            Err(Broken::TooLarge(max_size))
        }
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
