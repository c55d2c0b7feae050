//! The byte stream under tungstenite, with a buffer of bytes that were read ahead.

use std::{
    io::{self, Read, Write},
    ops::Range,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{
    frame_header::{FrameHeader, WHOLE_TEXT, WholeText, unmask},
    io::Io,
    outgoing::Outgoing,
    scanner::Scanner,
};

/// What is read at once from the stream at first, and at most.
const READ_AHEAD: (usize, usize) = (1024, 64 * 1024);
/// How much is read in one turn before others get theirs.
const TURN: usize = 256 * 1024;

/// What a write needs stands first.
#[repr(C)]
pub(super) struct ReadAhead {
    io: Box<dyn Io>,
    bytes_out: u64,
    /// Whether the last write found no room.
    blocked: bool,
    /// Whether a blocked write went on.
    progress: bool,
    /// Whether a read has needed more than the smallest buffer lately.
    filled: bool,
    ahead: Box<[u8]>,
    /// What of `ahead` is read but not passed on.
    unread: Range<usize>,
    /// How much may still be read in this turn.
    turn: usize,
    /// A read that brought no bytes and that tungstenite doesn't know of yet: the end, or an error.
    end: Option<io::Result<usize>>,
    bytes_in: u64,
}

/// The stream during one poll, as the `Read` and `Write` that tungstenite needs.
pub(super) struct Polled<'a, 'b> {
    pub(super) stream: &'a mut ReadAhead,
    pub(super) scanner: &'a mut Scanner,
    pub(super) outgoing: &'a mut Outgoing,
    pub(super) cx: &'a mut Context<'b>,
}

impl ReadAhead {
    /// `rest` came along with the opening handshake.
    pub(super) fn new(io: Box<dyn Io>, rest: Vec<u8>) -> Self {
        let unread = 0..rest.len();
        let bytes_in = rest.len() as u64;
        Self {
            io,
            ahead: if rest.is_empty() { vec![0; READ_AHEAD.0].into() } else { rest.into() },
            unread,
            turn: TURN,
            end: None,
            filled: false,
            bytes_in,
            bytes_out: 0,
            blocked: false,
            progress: false,
        }
    }

    pub(super) fn begin_turn(&mut self) {
        self.turn = TURN;
    }

    pub(super) fn is_turn_over(&self) -> bool {
        self.turn == 0
    }

    /// Whether nothing that was read is left.
    pub(super) fn is_empty(&self) -> bool {
        self.unread.is_empty()
    }

    /// Looks whether there is more to read; an error or the end is kept until the next read.
    pub(super) fn peek(&mut self, cx: &mut Context<'_>) -> bool {
        self.end.is_none() && self.fill(cx).is_some_and(|count| count > 0)
    }

    /// Gives a large buffer back if nothing has needed it since the last call.
    pub(super) fn shrink(&mut self) {
        let idle = !std::mem::take(&mut self.filled) && self.unread.is_empty();
        if idle && self.ahead.len() > READ_AHEAD.0 {
            self.resize(READ_AHEAD.0);
        }
    }

    pub(super) fn take_progress(&mut self) -> bool {
        std::mem::take(&mut self.progress)
    }

    pub(super) fn take_bytes(&mut self) -> (u64, u64) {
        (std::mem::take(&mut self.bytes_in), std::mem::take(&mut self.bytes_out))
    }

    /// Takes a message that [`whole_text`](Self::whole_text) has found.
    pub(super) fn take(&mut self, text: Range<usize>) -> &[u8] {
        self.unread.start = text.end;
        &self.ahead[text]
    }

    /// Reads ahead, behind what is unread: nothing, or the beginning of a message that the largest buffer has room for.
    /// Returns how many bytes came: none at the end, or at an error, which is kept. `None`: nothing can be read at present.
    fn fill(&mut self, cx: &mut Context<'_>) -> Option<usize> {
        let left = self.unread.len();
        let was_full = self.unread.end == self.ahead.len();
        if was_full && self.ahead.len() < READ_AHEAD.1 {
            self.resize((self.ahead.len() * 4).clamp(READ_AHEAD.0, READ_AHEAD.1));
        } else if self.unread.start > 0 {
            self.ahead.copy_within(self.unread.clone(), 0);
            self.unread = 0..left;
        }
        let mut buffer = ReadBuf::new(&mut self.ahead[left..]);
        let poll = Pin::new(&mut self.io).poll_read(cx, &mut buffer);
        let count = buffer.filled().len();
        match poll {
            Poll::Pending => return None,
            Poll::Ready(Err(error)) => self.end = Some(Err(error)),
            Poll::Ready(Ok(())) if count == 0 => self.end = Some(Ok(0)),
            Poll::Ready(Ok(())) => {
                self.unread.end += count;
                self.filled |= self.unread.end >= READ_AHEAD.0;
                self.bytes_in += count as u64;
                self.turn = self.turn.saturating_sub(count);
            }
        }
        Some(if self.end.is_none() { count } else { 0 })
    }

    /// Reads ahead as far as this turn allows, once everything is taken or the rest is [cut](Self::is_cut). False:
    /// nothing can be read at present; the waker is called when something can, or the caller polls again in its
    /// next turn.
    pub(super) fn refill(&mut self, cx: &mut Context<'_>) -> bool {
        if self.end.is_some() {
            return true;
        }
        self.turn > 0 && self.fill(cx).is_some()
    }

    /// Whether the rest is the beginning of a message that [`whole_text`](Self::whole_text) will find when more of it
    /// was read.
    #[cold]
    pub(super) fn is_cut(&self, max_size: usize, is_masked: bool) -> bool {
        let unread = &self.ahead[self.unread.clone()];
        let is_begun = match FrameHeader::parse(unread) {
            Ok(header) => {
                let is_one = header.is_whole_text() && header.mask.is_some() == is_masked;
                let length = usize::try_from(header.length).unwrap_or(usize::MAX);
                let size = header.size.saturating_add(length);
                is_one && length <= max_size && unread.len() < size && size <= READ_AHEAD.1
            }
            // Half a header.
            Err(_) => unread.first() == Some(&WHOLE_TEXT),
        };
        is_begun && self.end.is_none()
    }

    /// Throws away what arrives, as far as this turn goes. Ready when nothing more will.
    pub(super) fn poll_discard(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            self.unread.start = self.unread.end;
            if !self.refill(cx) {
                return Poll::Pending;
            }
            if self.end.is_some() {
                return Poll::Ready(());
            }
        }
    }

    /// Where the text of the next message is, if that is one frame and has arrived whole. With `is_masked`
    /// its mask is removed, so it has to be [taken](Self::take) at once. Any unusual frame is left to tungstenite.
    #[inline]
    pub(super) fn whole_text(&mut self, max_size: usize, is_masked: bool) -> Option<Range<usize>> {
        let unread = &mut self.ahead[self.unread.clone()];
        let WholeText { header, length, mask } = WholeText::parse(unread, is_masked)?;
        let length = usize::try_from(length).ok().filter(|length| *length <= max_size)?;
        let text = unread[header..].get_mut(..length)?;
        if is_masked {
            unmask(text, mask);
        }
        let start = self.unread.start + header;
        Some(start..start + length)
    }

    pub(super) fn poll_write(
        &mut self,
        bytes: &[u8],
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        let poll = Pin::new(&mut self.io).poll_write(cx, bytes);
        match poll {
            Poll::Pending => self.blocked = true,
            Poll::Ready(Ok(count)) => {
                self.progress |= std::mem::take(&mut self.blocked) && count > 0;
                self.bytes_out += count as u64;
            }
            Poll::Ready(Err(_)) => {}
        }
        poll
    }

    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    /// Gives the buffer another size, in which what is unread has room.
    fn resize(&mut self, size: usize) {
        let mut ahead: Box<[u8]> = vec![0; size].into();
        let left = self.unread.len();
        ahead[..left].copy_from_slice(&self.ahead[self.unread.clone()]);
        (self.ahead, self.unread) = (ahead, 0..left);
    }
}

impl Read for Polled<'_, '_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let stream = &mut *self.stream;
        if stream.unread.is_empty() {
            if !stream.refill(self.cx) {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            if let Some(end) = stream.end.take() {
                return end;
            }
        }
        let count = stream.unread.len().min(out.len());
        let bytes = &stream.ahead[stream.unread.start..stream.unread.start + count];
        let count = self.scanner.scan_frame(bytes);
        out[..count].copy_from_slice(&bytes[..count]);
        stream.unread.start += count;
        Ok(count)
    }
}

impl Write for Polled<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let allowed = self.outgoing.allowed(bytes.len());
        if allowed == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        match self.stream.poll_write(&bytes[..allowed], self.cx) {
            Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
            Poll::Ready(Err(error)) => Err(error),
            Poll::Ready(Ok(count)) => {
                self.outgoing.record_foreign(count, bytes.len());
                Ok(count)
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self.stream.poll_flush(self.cx) {
            Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
            Poll::Ready(result) => result,
        }
    }
}
