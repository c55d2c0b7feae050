//! A connection in memory: what a client costs without the system's share, which is the same for all.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::{
    frames::{Header, push, unit},
    upgrade,
};

/// How much a read returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reads {
    /// One message, as from a server that has one now and then.
    One,
    /// As much as there is room for, as under flood.
    Full,
}

/// A server in memory that answers the opening handshake, sends `begin`, so many messages and `done`,
/// and counts what it is sent.
#[derive(Debug)]
pub struct Drip {
    reads: Reads,
    frame: Vec<u8>,
    /// How many messages are prepared at once.
    block: u64,
    /// How many messages are left to send.
    left: u64,
    /// What goes out next, and from where.
    out: Vec<u8>,
    at: usize,
    began: bool,
    /// What came in: the request's head, then frames.
    received: Vec<u8>,
    upgraded: bool,
    /// How many text messages must come in before `done` goes out.
    expected: u64,
    /// How many bytes of a frame are still to come.
    skip: usize,
    waker: Option<std::task::Waker>,
}

impl Drip {
    /// Sends `count` messages of `text`.
    pub fn new(reads: Reads, text: &str, count: u64) -> Self {
        let mut frame = Vec::new();
        push(&mut frame, 1, text.as_bytes());
        Self {
            reads,
            block: (64 * 1024 / frame.len() as u64).max(1),
            frame,
            left: count,
            out: Vec::new(),
            at: 0,
            began: false,
            received: Vec::new(),
            upgraded: false,
            expected: 0,
            skip: 0,
            waker: None,
        }
    }

    /// Sends nothing but `begin`, and `done` once `count` messages have come in.
    pub fn sink(count: u64) -> Self {
        Self { expected: count, ..Self::new(Reads::Full, "", 0) }
    }

    /// For clients that leave the handshake to others.
    #[must_use]
    pub fn upgraded(mut self) -> Self {
        self.upgraded = true;
        self
    }

    /// Prepares what goes out next; false: nothing at present.
    fn refill(&mut self) -> bool {
        if self.at < self.out.len() {
            return true;
        }
        if !self.upgraded {
            return false;
        }
        self.out.clear();
        self.at = 0;
        if !self.began {
            self.began = true;
            push(&mut self.out, 1, unit("begin").as_bytes());
            return true;
        }
        if self.left > 0 {
            let most = if self.reads == Reads::One { 1 } else { self.block };
            let count = self.left.min(most);
            self.left -= count;
            for _ in 0..count {
                self.out.extend_from_slice(&self.frame);
            }
            return true;
        }
        if self.expected == 0 {
            // Sent once: from now on no more messages are expected.
            self.expected = u64::MAX;
            push(&mut self.out, 1, unit("done").as_bytes());
            return true;
        }
        false
    }

    fn take(&mut self, mut bytes: &[u8]) {
        loop {
            let skipped = self.skip.min(bytes.len());
            self.skip -= skipped;
            bytes = &bytes[skipped..];
            if bytes.is_empty() {
                return;
            }
            // A header may be cut in two: what is there of it waits in `received`.
            let had = self.received.len();
            let some = bytes.len().min(14 - had);
            self.received.extend_from_slice(&bytes[..some]);
            let Some(header) = Header::read(&self.received) else { return };
            if header.opcode == 1 && self.expected != u64::MAX {
                self.expected = self.expected.saturating_sub(1);
            }
            self.received.clear();
            bytes = &bytes[header.start - had..];
            self.skip = header.length;
        }
    }
}

impl AsyncRead for Drip {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut some = false;
        while buffer.remaining() > 0 && self.refill() {
            let from = &self.out[self.at..];
            let count = from.len().min(buffer.remaining());
            buffer.put_slice(&from[..count]);
            self.at += count;
            some = true;
            if self.reads == Reads::One {
                break;
            }
        }
        if some {
            return Poll::Ready(Ok(()));
        }
        self.waker = Some(cx.waker().clone());
        Poll::Pending
    }
}

impl AsyncWrite for Drip {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.upgraded {
            let before = self.expected;
            self.take(bytes);
            if before > 0
                && self.expected == 0
                && let Some(waker) = self.waker.take()
            {
                waker.wake();
            }
            return Poll::Ready(Ok(bytes.len()));
        }
        self.received.extend_from_slice(bytes);
        if self.received.ends_with(b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&std::mem::take(&mut self.received)).into_owned();
            let answer = upgrade::answer(&head, "").unwrap_or_default();
            self.out = answer.into_bytes();
            self.upgraded = true;
            if let Some(waker) = self.waker.take() {
                waker.wake();
            }
        }
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
