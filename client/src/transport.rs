//! Frames in and out of a stream: the only module that names tungstenite's protocol, and the buffer
//! under it.
//!
//! tungstenite reads through a small buffer of its own (it clears all of it at every read) over a
//! read-ahead here, which grows while reads fill it and shrinks again: an idle connection costs
//! little, a busy one few system calls.

use std::{
    io::{self, Read, Write},
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
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

/// A connected byte stream: TCP, TLS over it, or one of a custom connector.
pub trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Io for S {}

/// What is read at once from the stream at first, and at most.
const READ_AHEAD: (usize, usize) = (4 * 1024, 64 * 1024);
/// tungstenite's own buffer.
const INNER_BUFFER: usize = 4 * 1024;
/// How much is read in one turn before others get theirs.
const TURN: usize = 256 * 1024;

/// A frame that concerns the connection's task.
#[derive(Debug)]
pub(crate) enum Inbound {
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
    /// How many messages and control frames were returned.
    delivered: u64,
}

struct Wire {
    stream: Box<dyn Io>,
    ahead: Box<[u8]>,
    /// What of `ahead` is read but not passed on.
    unread: std::ops::Range<usize>,
    /// How much may still be read in this turn.
    turn: usize,
    tap: Tap,
    /// Whether a read has needed more than the smallest buffer lately.
    filled: bool,
    bytes_in: u64,
    bytes_out: u64,
    /// Whether the last write found no room.
    blocked: bool,
    /// Whether a blocked write went on.
    progress: bool,
}

/// The wire for the length of one poll: tungstenite wants `Read` and `Write`.
struct Polled<'a, 'b> {
    wire: &'a mut Wire,
    cx: &'a mut Context<'b>,
}

impl Socket {
    /// Continues where the opening handshake ended.
    pub(crate) fn new(stream: Box<dyn Io>, rest: Vec<u8>, max_message_size: usize) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(INNER_BUFFER)
            // The task bounds what it hands over; here nothing is written before a flush.
            .write_buffer_size(usize::MAX - 1)
            .max_message_size(Some(max_message_size))
            .max_frame_size(Some(max_message_size));
        let unread = 0..rest.len();
        let mut tap = Tap::new();
        tap.pass(&rest);
        let wire = Wire {
            stream,
            ahead: if rest.is_empty() { vec![0; READ_AHEAD.0].into() } else { rest.into() },
            unread,
            turn: TURN,
            tap,
            filled: false,
            bytes_in: 0,
            bytes_out: 0,
            blocked: false,
            progress: false,
        };
        Self { protocol: WebSocketContext::new(Role::Client, Some(config)), wire, delivered: 0 }
    }

    /// Begins a turn: how much is read is counted anew.
    pub(crate) fn begin_turn(&mut self) {
        self.wire.turn = TURN;
    }

    /// Whether this turn's share of reading is used up.
    pub(crate) fn is_turn_over(&self) -> bool {
        self.wire.turn == 0
    }

    /// The next frame. Pings are answered, and a Close frame too, on the way.
    pub(crate) fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<Inbound, Broken>> {
        let read = self.protocol.read(&mut Polled { wire: &mut self.wire, cx });
        self.delivered += u64::from(read.is_ok());
        Poll::Ready(match read {
            Ok(Message::Text(text)) => Ok(Inbound::Text(text)),
            Ok(Message::Binary(_) | Message::Frame(_)) => Ok(Inbound::Binary),
            Ok(Message::Ping(_)) => Ok(Inbound::Ping),
            Ok(Message::Pong(payload)) => Ok(Inbound::Pong(payload)),
            Ok(Message::Close(_)) => Ok(Inbound::Close {
                code: self.wire.tap.close_code(),
                reason: self.wire.tap.close_reason(),
            }),
            Err(WsError::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => {
                return Poll::Pending;
            }
            Err(
                WsError::ConnectionClosed
                | WsError::AlreadyClosed
                | WsError::Protocol(ProtocolError::ResetWithoutClosingHandshake),
            ) => Ok(Inbound::End),
            Err(WsError::Io(error)) => Err(Broken::Io(error)),
            Err(WsError::Capacity(CapacityError::MessageTooLong { .. })) => Err(Broken::TooLarge),
            Err(WsError::Utf8(_)) => Err(Broken::NotUtf8),
            Err(error) => Err(Broken::Protocol(error.to_string())),
        })
    }

    /// Makes sure that, while nothing is read for the handlers, it is known whether there would be
    /// something to read. True: bytes wait; nothing is asked of the stream.
    pub(crate) fn poll_unread(&mut self, cx: &mut Context<'_>) -> bool {
        let waits = self.wire.tap.completed() > self.delivered;
        if !waits && self.wire.unread.is_empty() {
            // An error or the end will be met when reading goes on.
            let _ = self.wire.fill(cx);
        }
        waits || !self.wire.unread.is_empty()
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
        match self.protocol.write(&mut Polled { wire: &mut self.wire, cx }, message) {
            Ok(()) => Ok(()),
            Err(WsError::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => Ok(()),
            Err(error) => Err(broken(error)),
        }
    }

    /// Writes all that was handed over.
    pub(crate) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        match self.protocol.flush(&mut Polled { wire: &mut self.wire, cx }) {
            Ok(()) => Poll::Ready(Ok(())),
            Err(WsError::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => Poll::Pending,
            Err(error) => Poll::Ready(Err(broken(error))),
        }
    }

    /// Gives a large buffer back if nothing has needed it since the last call.
    pub(crate) fn relax(&mut self) {
        let wire = &mut self.wire;
        let idle = !std::mem::take(&mut wire.filled) && wire.unread.is_empty();
        if idle && wire.ahead.len() > READ_AHEAD.0 {
            wire.unread = 0..0;
            wire.resize(READ_AHEAD.0);
        }
    }

    /// Whether anything of substance arrived since the last call.
    pub(crate) fn take_life(&mut self) -> bool {
        self.wire.tap.take_life()
    }

    /// Whether a write that had found no room went on since the last call.
    pub(crate) fn take_progress(&mut self) -> bool {
        std::mem::take(&mut self.wire.progress)
    }

    /// Bytes read and written since the last call.
    pub(crate) fn take_bytes(&mut self) -> (u64, u64) {
        (std::mem::take(&mut self.wire.bytes_in), std::mem::take(&mut self.wire.bytes_out))
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

impl Wire {
    /// Reads ahead. The buffer must be used up.
    fn fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut buffer = ReadBuf::new(&mut self.ahead);
        let poll = Pin::new(&mut self.stream).poll_read(cx, &mut buffer);
        let count = buffer.filled().len();
        match poll {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
            Poll::Ready(Ok(())) => {}
        }
        self.unread = 0..count;
        self.filled |= count >= READ_AHEAD.0;
        self.bytes_in += count as u64;
        self.turn = self.turn.saturating_sub(count);
        self.tap.pass(&self.ahead[..count]);
        Poll::Ready(Ok(count))
    }

    fn resize(&mut self, size: usize) {
        self.ahead = vec![0; size].into();
    }
}

impl Read for Polled<'_, '_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let wire = &mut *self.wire;
        if wire.unread.is_empty() {
            if wire.turn == 0 {
                // Others' turn. Whoever polls sees to it that this one comes again.
                return Err(io::ErrorKind::WouldBlock.into());
            }
            let was_full = wire.unread.end == wire.ahead.len();
            if was_full && wire.ahead.len() < READ_AHEAD.1 {
                wire.resize((wire.ahead.len() * 4).clamp(READ_AHEAD.0, READ_AHEAD.1));
            }
            match wire.fill(self.cx) {
                Poll::Pending => {
                    wire.unread = 0..0;
                    return Err(io::ErrorKind::WouldBlock.into());
                }
                Poll::Ready(result) => {
                    result?;
                }
            }
        }
        let count = wire.unread.len().min(out.len());
        out[..count].copy_from_slice(&wire.ahead[wire.unread.start..wire.unread.start + count]);
        wire.unread.start += count;
        Ok(count)
    }
}

impl Write for Polled<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let wire = &mut *self.wire;
        match Pin::new(&mut wire.stream).poll_write(self.cx, bytes) {
            Poll::Pending => {
                wire.blocked = true;
                Err(io::ErrorKind::WouldBlock.into())
            }
            Poll::Ready(Err(error)) => Err(error),
            Poll::Ready(Ok(count)) => {
                wire.progress |= std::mem::take(&mut wire.blocked) && count > 0;
                wire.bytes_out += count as u64;
                Ok(count)
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match Pin::new(&mut self.wire.stream).poll_flush(self.cx) {
            Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
            Poll::Ready(result) => result,
        }
    }
}

impl std::fmt::Debug for Socket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Socket").field("unread", &self.wire.unread.len()).finish_non_exhaustive()
    }
}
