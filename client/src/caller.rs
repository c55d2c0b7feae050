//! Whose code runs on this thread: a connection's task, a delivery of events, a handler's future. It
//! detects a call that would wait for the task it runs on.

use std::{
    cell::RefCell,
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
};

/// A number that is unique in this process: a client's or a handler's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Id(u64);

impl Id {
    pub(crate) fn number(self) -> u64 {
        self.0
    }
}

impl Default for Id {
    fn default() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// What a thread is executing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    /// A poll of this client's task.
    Task(Id),
    /// A delivery of this client's events.
    Delivery(Id),
    /// A poll of an asynchronous handler, which may wait: its task continues it.
    Future,
}

thread_local! {
    /// The innermost is the last.
    static MARKS: RefCell<Vec<Mark>> = const { RefCell::new(Vec::new()) };
}

/// Removes a mark when dropped.
struct Marked;

impl Drop for Marked {
    fn drop(&mut self) {
        // A thread that is ending has no marks any more.
        let _ = MARKS.try_with(|marks| marks.borrow_mut().pop());
    }
}

fn mark(mark: Mark) -> Marked {
    let _ = MARKS.try_with(|marks| marks.borrow_mut().push(mark));
    Marked
}

/// Whether the innermost marks up to a handler's future include this one.
fn is_within(target: Mark) -> bool {
    let found = MARKS.try_with(|marks| {
        let marks = marks.borrow();
        marks.iter().rev().take_while(|mark| **mark != Mark::Future).any(|mark| *mark == target)
    });
    found.unwrap_or(false)
}

/// Whether waiting for this client's task here would wait for ever: the task waits for the caller.
pub(crate) fn would_deadlock(client: Id) -> bool {
    is_within(Mark::Task(client))
}

/// Whether the caller is a synchronous handler of this client's events.
pub(crate) fn is_delivering(client: Id) -> bool {
    is_within(Mark::Delivery(client))
}

/// Runs a delivery of this client's events.
pub(crate) fn delivering<T>(client: Id, what: impl FnOnce() -> T) -> T {
    let _marked = mark(Mark::Delivery(client));
    what()
}

/// A handler, and the client that it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Caller {
    pub(crate) client: Id,
    pub(crate) handler: Id,
}

tokio::task_local! {
    static CALLER: Caller;
}

/// The asynchronous handler of this client that the caller is.
pub(crate) fn handler_of(client: Id) -> Option<Id> {
    let caller = CALLER.try_with(|caller| *caller).ok()?;
    (caller.client == client).then_some(caller.handler)
}

/// Polls a handler's future where its message was read.
pub(crate) fn as_handler<T>(caller: Caller, poll: impl FnOnce() -> T) -> T {
    let _marked = mark(Mark::Future);
    CALLER.sync_scope(caller, poll)
}

/// Runs the rest of a handler's future in a task of its own.
pub(crate) fn handler_task<F: Future>(caller: Caller, task: F) -> impl Future<Output = F::Output> {
    CALLER.scope(caller, task)
}

/// Counts the polls of a task, so that a watcher can detect one that doesn't return.
#[derive(Debug, Default)]
pub(crate) struct Polls {
    /// Odd while a poll is running.
    count: AtomicU64,
    /// The count at the last look.
    seen: AtomicU64,
    /// The poll that was reported.
    reported: AtomicU64,
}

/// Ends a poll when dropped.
pub(crate) struct Polling<'a>(&'a AtomicU64);

impl Drop for Polling<'_> {
    fn drop(&mut self) {
        self.0.store(self.0.load(Ordering::Relaxed) + 1, Ordering::Release);
    }
}

impl Polls {
    /// Begins a poll. There is never more than one at a time.
    pub(crate) fn begin(&self) -> Polling<'_> {
        self.count.store(self.count.load(Ordering::Relaxed) + 1, Ordering::Release);
        Polling(&self.count)
    }

    pub(crate) fn count(&self) -> u64 {
        self.count.load(Ordering::Acquire)
    }

    /// Whether the poll that was running at the last look is still running. There is one watcher.
    pub(crate) fn look(&self) -> bool {
        let now = self.count();
        self.seen.swap(now, Ordering::Relaxed) == now && now % 2 == 1
    }

    /// Whether the present poll has not been reported yet; it counts as reported from now on.
    pub(crate) fn report(&self) -> bool {
        let now = self.count();
        self.reported.swap(now, Ordering::Relaxed) != now
    }
}

/// A client's task: marks its thread once for each poll.
pub(crate) struct Task<F> {
    client: Id,
    polls: Arc<Polls>,
    future: Pin<Box<F>>,
}

impl<F: Future> Task<F> {
    pub(crate) fn new(client: Id, polls: Arc<Polls>, task: F) -> Self {
        Self { client, polls, future: Box::pin(task) }
    }
}

impl<F: Future> Future for Task<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { client, polls, future } = &mut *self;
        let (_marked, _polling) = (mark(Mark::Task(*client)), polls.begin());
        future.as_mut().poll(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_waits_for_its_own_task_would_deadlock() {
        let (a, b) = (Id::default(), Id::default());
        assert!(!would_deadlock(a));
        let _outer = mark(Mark::Task(a));
        assert!(would_deadlock(a) && !would_deadlock(b));
        {
            let _inner = mark(Mark::Task(b));
            assert!(would_deadlock(a) && would_deadlock(b), "the outer task waits, too");
            as_handler(Caller { client: b, handler: a }, || {
                assert!(!would_deadlock(a) && !would_deadlock(b), "its task goes on with it");
                assert_eq!((handler_of(a), handler_of(b)), (None, Some(a)));
            });
        }
        delivering(a, || assert!(would_deadlock(a) && is_delivering(a) && !is_delivering(b)));
        assert!(!would_deadlock(b) && !is_delivering(a));
    }

    #[test]
    fn a_poll_that_does_not_return_is_found_at_the_second_look_and_reported_once() {
        let polls = Polls::default();
        drop(polls.begin());
        assert!(!polls.look() && !polls.look());
        let polling = polls.begin();
        assert!(!polls.look());
        assert!(polls.look() && polls.report());
        assert!(polls.look() && !polls.report());
        drop(polling);
        assert!(!polls.look());
        let _polling = polls.begin();
        assert!(!polls.look() && polls.look() && polls.report(), "another one");
    }
}
