//! A link of either role that sends every text back, for a conformance suite. Built for that alone
//! (`--cfg fuzzing`); see `tests/autobahn`.

use std::{
    future::poll_fn,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Context,
    time::Duration,
};

use bytes::Bytes;
use tokio::time::{Instant, timeout};

use crate::{
    link::{Link, MessageSink, MessageSource, Reply},
    transport::{Io, Role, Socket},
};

/// How long the closing handshake of a server may take: less than the suite waits for the end of the stream.
const CLOSE_TIMEOUT: Duration = Duration::from_millis(200);

#[derive(Debug, Clone, Default)]
struct Echo {
    texts: Arc<Mutex<Vec<Bytes>>>,
    last: String,
}

impl Echo {
    fn texts(&self) -> MutexGuard<'_, Vec<Bytes>> {
        self.texts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl MessageSink for Echo {
    fn begin_turn(&mut self, _: &mut Context<'_>) -> bool {
        false
    }

    fn dispatch(&mut self, text: &str) -> Reply {
        text.clone_into(&mut self.last);
        self.texts().push(Bytes::copy_from_slice(text.as_bytes()));
        Reply::Nothing
    }

    fn refuse_binary(&mut self) {}

    fn is_held_back(&mut self, _: Instant, _: &mut Context<'_>) -> bool {
        // A blocked write, which wakes the task, comes before the next read.
        !self.texts().is_empty()
    }

    fn end_turn(&mut self, _: u32, _: Instant, cx: &mut Context<'_>) {
        if !self.texts().is_empty() {
            // More may be read when these are written.
            cx.waker().wake_by_ref();
        }
    }

    fn is_idle(&self) -> bool {
        true
    }

    fn pass_time(&mut self, _: Instant) {}

    fn due(&self, _: Instant) -> Option<Instant> {
        None
    }
}

impl MessageSource for Echo {
    fn take(&mut self, _: usize, texts: &mut Vec<Bytes>, _: Instant, _: &mut Context<'_>) {
        texts.append(&mut self.texts());
    }

    fn is_settled(&self) -> bool {
        self.texts().is_empty()
    }
}

/// Sends every text back until the connection ends, and returns the last one. Binary messages are not
/// sent back: neither side accepts them.
pub async fn echo(role: Role, io: Box<dyn Io>, rest: Vec<u8>, max_message_size: usize) -> String {
    let socket = Socket::new(role, io, rest, max_message_size, max_message_size);
    let echo = Echo::default();
    let mut link = Link::new(socket, echo.clone(), echo, None, None);
    let _ = poll_fn(|cx| link.poll(cx)).await;
    let (mut handshake, echo) = link.finish();
    let finished = poll_fn(|cx| handshake.poll(cx));
    match role {
        Role::Client => finished.await,
        Role::Server => timeout(CLOSE_TIMEOUT, finished).await.unwrap_or(()),
    }
    echo.last
}
