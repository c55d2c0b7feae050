//! Handlers that don't return: they hold up the messages behind them, or a place among those that may run at a
//! time.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::time::{Instant, Sleep, sleep_until};

use super::Work;
use crate::log::Name;

/// How long a handler runs before that is reported. It is again after twice that time, and so on.
const OVERDUE: Duration = Duration::from_secs(10);

/// A handler that has not returned at once.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pending {
    since: Instant,
    /// After how long it is reported next.
    after: Duration,
}

impl Pending {
    pub(super) fn new(now: Instant) -> Self {
        Self { since: now, after: OVERDUE }
    }

    /// When it is reported next.
    pub(super) fn due(&self) -> Option<Instant> {
        self.since.checked_add(self.after)
    }

    /// How long it has been running, if that is to be reported now.
    pub(super) fn report(&mut self, now: Instant) -> Option<Duration> {
        let running = now.saturating_duration_since(self.since);
        if running < self.after {
            return None;
        }
        while self.after <= running {
            self.after *= 2;
        }
        Some(running)
    }
}

impl Work {
    /// Reports handlers that have been running for long, and returns when that is to be looked at next. The
    /// handler of an event, such as `connected`, is one if something waits behind it.
    pub(in crate::connection) fn watch(&mut self, now: Instant) -> Option<Instant> {
        if self.running.is_some() {
            let pending = self.pending.get_or_insert_with(|| Pending::new(now));
            let (waiting, is_of_message) =
                (self.incoming.waiting(), self.running.as_ref().is_some_and(|one| one.1.is_some()));
            if (waiting > 0 || is_of_message)
                && let Some(running) = pending.report(now)
            {
                self.warn_overdue(running, waiting);
            }
        }
        if !self.overlapping.is_empty() {
            let core = self.peer.core();
            self.overlapping.watch(now, |name, running| {
                let what = format!("a concurrent handler has been running for {running:.0?}");
                core.log.warn(Some(self.peer.id().0), "overdue", what, Name::Known(name));
            });
        }
        self.watch_at(now)
    }

    #[cold]
    fn warn_overdue(&self, running: Duration, waiting: usize) {
        let core = self.peer.core();
        let name = self.running.as_ref().and_then(|(_, name)| name.as_deref());
        let (which, name) = match name {
            None => ("the handler of an event", Name::None),
            Some(name) if core.handlers.knows(name) => ("a handler", Name::Known(name)),
            Some(_) => ("the handler of unknown messages", Name::None),
        };
        let what = format!(
            "{which} has been running for {running:.0?}; {waiting} messages of its peer wait"
        );
        core.log.warn(Some(self.peer.id().0), "overdue", what, name);
    }

    /// When [`watch`](Self::watch) is due. What is overdue and not worth a report is looked at when something
    /// arrives.
    pub(super) fn watch_at(&self, now: Instant) -> Option<Instant> {
        let running = self.pending.as_ref().and_then(Pending::due);
        let overlapping = self.overlapping.watch_at();
        [running, overlapping].into_iter().flatten().filter(|at| *at > now).min()
    }
}

/// Wakes a task that has no connection, whose timer would do that.
#[derive(Debug, Default)]
pub(crate) struct Timer(Option<Pin<Box<Sleep>>>);

impl Timer {
    /// Has the task polled again at this time.
    pub(crate) fn set(&mut self, at: Option<Instant>, cx: &mut Context<'_>) {
        let Some(at) = at else { return self.0 = None };
        let sleep = self.0.get_or_insert_with(|| Box::pin(sleep_until(at)));
        if sleep.deadline() != at {
            sleep.as_mut().reset(at);
        }
        if let Poll::Ready(()) = sleep.as_mut().poll(cx) {
            self.0 = None;
            cx.waker().wake_by_ref();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handler_is_reported_after_ever_longer_times() {
        let began = Instant::now();
        let mut pending = Pending::new(began);
        let reported: Vec<_> = (0..200)
            .filter(|second| pending.report(began + Duration::from_secs(*second)).is_some())
            .collect();
        assert_eq!(reported, [10, 20, 40, 80, 160]);
        // Once for all that were missed.
        assert!(pending.report(began + Duration::from_secs(10_000)).is_some());
        assert_eq!(pending.report(began + Duration::from_secs(10_001)), None);
        assert_eq!(pending.due(), Some(began + Duration::from_secs(10_240)));
    }
}
