//! A server's text frames on their way to the stream. They need no mask, so they bypass tungstenite: what
//! waits is the messages' bytes, which many connections may share.

use std::{
    cell::Cell,
    collections::VecDeque,
    io,
    task::{Poll, ready},
};

use bytes::Bytes;

use super::frame_header::text_header;

/// How much is written at once, at most.
const BLOCK: usize = 64 * 1024;
/// A queue with room for more than this is given back when it is empty.
const KEPT: usize = 16;

thread_local! {
    /// The bytes of one write. A reentrant call sees an empty buffer and allocates its own.
    static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Text frames that wait to be written, and whose turn it is to write: theirs or tungstenite's. Neither
/// may begin in the middle of a frame of the other's.
#[derive(Debug, Default)]
pub(super) struct Outgoing {
    texts: VecDeque<Bytes>,
    /// How much of the first frame is written, header included.
    written: usize,
    /// How many bytes of tungstenite's are to be written before these frames.
    foreign: usize,
}

impl Outgoing {
    pub(super) fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    pub(super) fn push(&mut self, text: Bytes) {
        self.texts.push_back(text);
    }

    /// How many of these bytes of tungstenite's may be written now.
    pub(super) fn allowed(&self, foreign: usize) -> usize {
        if self.is_empty() { foreign } else { foreign.min(self.foreign) }
    }

    /// So many of `all` bytes that tungstenite had were written.
    pub(super) fn record_foreign(&mut self, count: usize, all: usize) {
        self.foreign = if self.is_empty() { all - count } else { self.foreign - count };
    }

    /// Whether tungstenite has begun something that it has to finish first.
    pub(super) fn is_foreign_turn(&self) -> bool {
        self.foreign > 0
    }

    /// Writes messages by `write`, and what is left of them later. Nothing may be waiting.
    pub(super) fn poll_send(
        &mut self,
        texts: &mut Vec<Bytes>,
        mut write: impl FnMut(&[u8]) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<()>> {
        let poll = write_block(texts.iter(), 0, &mut write);
        let mut count = if let Poll::Ready(Ok(count)) = poll { count } else { 0 };
        let mut left = texts.drain(..).skip_while(|text| {
            let size = frame_size(text);
            let whole = count >= size;
            count -= if whole { size } else { 0 };
            whole
        });
        if let Some(first) = left.next() {
            self.texts.push_back(first);
            self.texts.extend(left);
            self.written = count;
        }
        ready!(poll)?;
        self.poll_write(write)
    }

    /// Writes what waits.
    pub(super) fn poll_write(
        &mut self,
        mut write: impl FnMut(&[u8]) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<()>> {
        while !self.is_empty() {
            self.written += ready!(write_block(self.texts.iter(), self.written, &mut write))?;
            while let Some(first) = self.texts.front()
                && self.written >= frame_size(first)
            {
                self.written -= frame_size(first);
                self.texts.pop_front();
            }
            if self.is_empty() && self.texts.capacity() > KEPT {
                self.texts = VecDeque::new();
            }
        }
        Poll::Ready(Ok(()))
    }
}

fn frame_size(text: &Bytes) -> usize {
    text_header(text.len()).1 + text.len()
}

/// Writes a block of these frames, without the first `skip` bytes. Returns how many bytes were written.
fn write_block<'a>(
    texts: impl Iterator<Item = &'a Bytes>,
    mut skip: usize,
    write: &mut impl FnMut(&[u8]) -> Poll<io::Result<usize>>,
) -> Poll<io::Result<usize>> {
    let mut block = BUFFER.take();
    block.clear();
    for text in texts {
        let (header, size) = text_header(text.len());
        for part in [&header[..size], text] {
            let skipped = skip.min(part.len());
            skip -= skipped;
            let end = part.len().min(skipped + BLOCK - block.len());
            block.extend_from_slice(&part[skipped..end]);
        }
        if block.len() >= BLOCK {
            break;
        }
    }
    let poll = write(&block);
    BUFFER.set(block);
    match poll {
        // As tungstenite has it.
        Poll::Ready(Ok(0)) => Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())),
        poll => poll,
    }
}
