//! The handlers of one peer that run beside each other.

use std::task::{Context, Poll};

use crate::handler::{Failure, Running};

/// A handler that has returned, with the name of its message.
pub(super) type Returned = (Result<(), Box<Failure>>, String);

/// Handlers that run, in the order of their messages.
#[derive(Default)]
pub(super) struct Overlapping {
    running: Vec<(Running, String)>,
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
        self.running.push((running, name.to_owned()));
    }

    /// Begins those that were pushed since, before a later message is handled.
    pub(super) fn begin(&mut self, cx: &mut Context<'_>) -> Vec<Returned> {
        self.poll_from(self.begun, cx)
    }

    /// Continues all of them.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Vec<Returned> {
        self.poll_from(0, cx)
    }

    fn poll_from(&mut self, first: usize, cx: &mut Context<'_>) -> Vec<Returned> {
        let mut returned = Vec::new();
        let mut at = 0;
        self.running.retain_mut(|(running, name)| {
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
