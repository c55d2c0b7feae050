//! The handlers of one peer that run beside each other.

use std::{
    task::{Context, Poll},
    time::Duration,
};

use tokio::time::Instant;

use super::overdue::Pending;
use crate::handler::{Failure, Running};

/// A handler that has returned, with the name of its message.
pub(super) type Returned = (Result<(), Box<Failure>>, String);

/// A handler that runs.
struct One {
    running: Running,
    name: String,
    pending: Option<Pending>,
}

/// Handlers that run, in the order of their messages.
#[derive(Default)]
pub(super) struct Overlapping {
    running: Vec<One>,
    /// How many of them were polled at least once.
    begun: usize,
}

impl Overlapping {
    pub(super) fn len(&self) -> usize {
        self.running.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.running.is_empty()
    }

    pub(super) fn push(&mut self, running: Running, name: &str) {
        self.running.push(One { running, name: name.to_owned(), pending: None });
    }

    /// Begins those that were pushed since, before a later message is handled.
    pub(super) fn begin(&mut self, cx: &mut Context<'_>) -> Vec<Returned> {
        self.poll_from(self.begun, cx)
    }

    /// Continues all of them.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Vec<Returned> {
        self.poll_from(0, cx)
    }

    /// Reports those that have been running for long, with their names and for how long.
    pub(super) fn watch(&mut self, now: Instant, mut report: impl FnMut(&str, Duration)) {
        for One { name, pending, .. } in &mut self.running {
            if let Some(running) = pending.get_or_insert_with(|| Pending::new(now)).report(now) {
                report(name, running);
            }
        }
    }

    /// When that is due.
    pub(super) fn watch_at(&self) -> Option<Instant> {
        self.running.iter().filter_map(|one| one.pending.as_ref()?.due()).min()
    }

    fn poll_from(&mut self, first: usize, cx: &mut Context<'_>) -> Vec<Returned> {
        let mut returned = Vec::new();
        let mut at = 0;
        self.running.retain_mut(|One { running, name, .. }| {
            at += 1;
            if at <= first {
                return true;
            }
            let Poll::Ready(result) = running.as_mut().poll(cx) else { return true };
            returned.push((result, std::mem::take(name)));
            false
        });
        self.begun = self.running.len();
        returned
    }
}
