//! Messages of a connection that is not open yet: they wait for its opening to ask for them.

use std::{
    collections::VecDeque,
    sync::Mutex,
    task::{Context, Poll, Waker},
    time::Duration,
};

use crate::sync::{lock, wake};

/// How many messages wait at most, whatever the inbox setting is.
const MAX_HELD: usize = 1_024;

/// What an opening and its connection share.
#[derive(Debug)]
pub(crate) struct Held {
    limit: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    texts: VecDeque<String>,
    /// How many the opening has taken.
    taken: u64,
    /// The interval of the heartbeat that the opening has set.
    heartbeat: Option<Duration>,
    /// Whether the opening is over: nothing can be taken any more.
    is_over: bool,
    /// The opening, which waits for a message.
    reader: Option<Waker>,
    /// The connection, which waits for room or for something to do.
    connection: Option<Waker>,
}

impl Held {
    /// For so many messages as an inbox has.
    pub(crate) fn new(inbox: usize) -> Self {
        Self { limit: inbox.clamp(1, MAX_HELD), state: Mutex::default() }
    }

    /// Keeps a message for the opening.
    pub(crate) fn push(&self, text: &str) {
        let mut state = lock(&self.state);
        state.texts.push_back(text.to_owned());
        let reader = state.reader.take();
        drop(state);
        wake(reader);
    }

    /// The next message; `None` if the opening is over.
    pub(crate) fn poll_next(&self, cx: &Context<'_>) -> Poll<Option<String>> {
        let mut state = lock(&self.state);
        if state.is_over {
            return Poll::Ready(None);
        }
        let Some(text) = state.texts.pop_front() else {
            state.reader = Some(cx.waker().clone());
            return Poll::Pending;
        };
        state.taken += 1;
        let connection = state.connection.take();
        drop(state);
        wake(connection);
        Poll::Ready(Some(text))
    }

    /// Whether there is no room for another. The waker is called when there is.
    pub(crate) fn is_full(&self, waker: &Waker) -> bool {
        let mut state = lock(&self.state);
        let is_full = state.texts.len() >= self.limit;
        if is_full {
            state.connection = Some(waker.clone());
        }
        is_full
    }

    /// Sets the interval of the connection's heartbeat.
    pub(crate) fn set_heartbeat(&self, interval: Duration) {
        let mut state = lock(&self.state);
        state.heartbeat = Some(interval);
        let connection = state.connection.take();
        drop(state);
        wake(connection);
    }

    /// The interval that was set since the last call. The waker is called when one is set.
    pub(crate) fn take_heartbeat(&self, waker: &Waker) -> Option<Duration> {
        let mut state = lock(&self.state);
        state.connection = Some(waker.clone());
        state.heartbeat.take()
    }

    /// Whether the opening is over.
    pub(crate) fn is_over(&self) -> bool {
        lock(&self.state).is_over
    }

    /// The opening is over: it gets nothing more.
    pub(crate) fn close(&self) {
        let mut state = lock(&self.state);
        state.is_over = true;
        let reader = state.reader.take();
        drop(state);
        wake(reader);
    }

    /// The opening is over. Returns the messages that it did not take, and how many it took.
    pub(crate) fn end(&self) -> (VecDeque<String>, u64) {
        self.close();
        let mut state = lock(&self.state);
        let (texts, taken) = (std::mem::take(&mut state.texts), std::mem::take(&mut state.taken));
        (texts, taken)
    }
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Not the messages.
        f.debug_struct("State").field("count", &self.texts.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inbox_of_any_size_holds_a_message_and_no_more_than_1_024() {
        let waker = Waker::noop();
        for (inbox, limit) in [(0, 1), (1, 1), (7, 7), (usize::MAX, MAX_HELD)] {
            let held = Held::new(inbox);
            for _ in 0..limit {
                assert!(!held.is_full(waker));
                held.push("{}");
            }
            assert!(held.is_full(waker));
            let taken = held.poll_next(&Context::from_waker(waker));
            assert_eq!(taken, Poll::Ready(Some("{}".to_owned())));
            assert!(!held.is_full(waker));
            let (left, taken) = held.end();
            assert_eq!((left.len(), taken), (limit - 1, 1));
            assert_eq!(held.poll_next(&Context::from_waker(waker)), Poll::Ready(None));
        }
    }
}
