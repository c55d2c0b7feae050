//! The floor: bare TCP, frame headers walked, the same payload decoded and encoded.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use wirebond::Payload;
use wirebond_core::wire::{Head, RawMessage, form::Layout};

use super::{Held, Job, Load, Peer};
use crate::{
    app::Chat,
    frames::{Header, chat},
    recorder::Recorder,
    stream::{Counted, Target},
};

#[derive(Debug)]
pub struct Floor;

/// How much is read and written at once.
const BLOCK: usize = 64 * 1024;

struct Bare {
    stream: Counted,
    buffer: Box<[u8]>,
    /// What of the buffer is read and not used.
    unread: std::ops::Range<usize>,
}

impl Bare {
    async fn open(at: &Target) -> Self {
        let stream = at.upgraded().await.expect("an upgrade");
        Self { stream, buffer: vec![0; BLOCK].into(), unread: 0..0 }
    }

    /// Reads until the last message.
    async fn each(&mut self, mut take: impl FnMut(&str) -> bool) {
        loop {
            let rest = &self.buffer[self.unread.clone()];
            if let Some(header) = Header::read(rest)
                && header.end() <= rest.len()
            {
                let text = std::str::from_utf8(&rest[header.start..header.end()]);
                self.unread.start += header.end();
                if take(text.expect("UTF-8")) {
                    return;
                }
                continue;
            }
            self.buffer.copy_within(self.unread.clone(), 0);
            self.unread = 0..self.unread.len();
            let room = &mut self.buffer[self.unread.end..];
            let count = self.stream.read(room).await.expect("a sound connection");
            assert!(count > 0, "the server hung up");
            self.unread.end += count;
        }
    }
}

/// Appends a message as a client's frame.
fn push(out: &mut Vec<u8>, chat: &Chat, mask: [u8; 4]) {
    let message = Payload::encode(chat, &Head::plain(r#"{"type":"chat""#)).expect("plain data");
    out.push(0x81);
    match u8::try_from(message.len()) {
        Ok(length) if length < 126 => out.push(0x80 | length),
        _ => {
            out.push(0x80 | 126);
            out.extend(u16::try_from(message.len()).expect("short").to_be_bytes());
        }
    }
    out.extend(mask);
    let start = out.len();
    out.extend_from_slice(&message);
    for chunk in out[start..].chunks_mut(4) {
        chunk.iter_mut().zip(mask).for_each(|(byte, mask)| *byte ^= mask);
    }
}

impl Peer for Floor {
    fn name(&self) -> &'static str {
        "bare TCP"
    }

    fn receive(&self, at: &Target, recorder: &Arc<Recorder>) -> Option<Job<()>> {
        let (at, recorder) = (at.clone(), Arc::clone(recorder));
        Some(Box::pin(async move {
            let mut bare = Bare::open(&at).await;
            bare.each(|text| {
                let Ok(frame) = RawMessage::open(Layout::DEFAULT, text) else { return false };
                match frame.name() {
                    "begin" => recorder.begin(),
                    "chat" => {
                        if let Ok(chat) = frame.payload::<Chat>() {
                            recorder.chat(&chat.data);
                        }
                    }
                    "done" => {
                        recorder.done();
                        return true;
                    }
                    _ => {}
                }
                false
            })
            .await;
        }))
    }

    fn send(&self, at: &Target, load: Load) -> Option<Job<()>> {
        if load.tasks > 1 {
            return None;
        }
        let at = at.clone();
        Some(Box::pin(async move {
            let mut bare = Bare::open(&at).await;
            let (chat, mut out) = (chat(), Vec::with_capacity(BLOCK + 1_024));
            for _ in 0..load.count {
                push(&mut out, &chat, [1, 2, 3, 4]);
                if out.len() >= BLOCK {
                    bare.stream.write_all(&out).await.expect("a sound connection");
                    out.clear();
                }
            }
            bare.stream.write_all(&out).await.expect("a sound connection");
            bare.each(|text| text.contains("done")).await;
        }))
    }

    fn round_trip(&self, at: &Target, count: usize) -> Option<Job<Vec<Duration>>> {
        let at = at.clone();
        Some(Box::pin(async move {
            let mut bare = Bare::open(&at).await;
            let (mut chat, mut out) = (chat(), Vec::new());
            let mut times = Vec::with_capacity(count);
            for _ in 0..count {
                let sent = Instant::now();
                out.clear();
                push(&mut out, &chat, [1, 2, 3, 4]);
                bare.stream.write_all(&out).await.expect("a sound connection");
                bare.each(|text| {
                    let frame = RawMessage::open(Layout::DEFAULT, text).expect("a message");
                    chat = frame.payload::<Chat>().expect("a payload").data;
                    true
                })
                .await;
                times.push(sent.elapsed());
            }
            times
        }))
    }

    fn idle(&self, at: &Target, count: usize, _: Duration) -> Option<Job<Held>> {
        let at = at.clone();
        Some(Box::pin(async move {
            let mut streams = Vec::with_capacity(count);
            for _ in 0..count {
                streams.push(at.upgraded().await.expect("an upgrade"));
            }
            Box::new(streams) as Held
        }))
    }
}
