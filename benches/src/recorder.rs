//! What a client under test has received, and how long that took.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use tokio::sync::Notify;

use crate::{
    app::{Chat, Tagged},
    process::cpu_time,
};

/// Time that passed, and what this process used of the processors meanwhile.
#[derive(Debug, Clone, Copy, Default)]
pub struct Span {
    pub wall: Duration,
    pub cpu: Duration,
}

/// Both clocks, at one moment.
#[derive(Debug, Clone, Copy)]
pub struct Mark(Instant, Duration);

impl Mark {
    pub fn now() -> Self {
        Self(Instant::now(), cpu_time())
    }

    pub fn span(self) -> Span {
        Span { wall: self.0.elapsed(), cpu: cpu_time().saturating_sub(self.1) }
    }
}

/// Every client's handlers do the same with what they get: they report to this.
#[derive(Debug)]
pub struct Recorder {
    /// How many chat messages there will be; the last one ends it as `done` does.
    expected: u64,
    chats: AtomicU64,
    bytes: AtomicU64,
    began: Mutex<Option<Mark>>,
    span: Mutex<Option<Span>>,
    over: Notify,
}

impl Recorder {
    /// Waits for so many chat messages, or for `done`.
    pub fn expecting(expected: u64) -> Self {
        Self {
            expected,
            chats: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            began: Mutex::default(),
            span: Mutex::default(),
            over: Notify::new(),
        }
    }

    pub fn begin(&self) {
        *self.began.lock().expect("unpoisoned") = Some(Mark::now());
    }

    pub fn chat(&self, chat: &Chat) {
        // One at a time, so that a load and a store do.
        let chats = self.chats.load(Relaxed) + 1;
        self.chats.store(chats, Relaxed);
        self.bytes.store(self.bytes.load(Relaxed) + chat.content.len() as u64, Relaxed);
        if chats == self.expected {
            self.done();
        }
    }

    pub fn done(&self) {
        let began = *self.began.lock().expect("unpoisoned");
        self.span
            .lock()
            .expect("unpoisoned")
            .get_or_insert(began.map(Mark::span).unwrap_or_default());
        self.over.notify_one();
    }

    /// What a hand-written client's `match` does. True: that was the last message.
    pub fn take(&self, message: Tagged) -> bool {
        match message {
            Tagged::Begin => self.begin(),
            Tagged::Chat(chat) => self.chat(&chat),
            Tagged::Done => {
                self.done();
                return true;
            }
            _ => {}
        }
        false
    }

    /// Waits for the last message.
    pub async fn over(&self) {
        self.over.notified().await;
    }

    pub fn chats(&self) -> u64 {
        self.chats.load(Relaxed)
    }

    /// Waits for the last message, outside of any runtime. Does nothing meanwhile.
    pub fn wait(&self) -> Span {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        runtime.expect("a runtime").block_on(self.over());
        self.span().expect("it ended")
    }

    pub fn span(&self) -> Option<Span> {
        *self.span.lock().expect("unpoisoned")
    }
}
