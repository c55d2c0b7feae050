//! A handler whose calls are over when they return: it is called in place, without a queue or a task.

use std::{
    marker::PhantomData,
    sync::{Arc, Condvar, Mutex, PoisonError},
    task::Waker,
};

use crate::{
    delivery::{
        handler::{Class, HandlerContext},
        subscription::{Sink, Subscriber},
        turn::Turn,
    },
    event::Name,
    outcome::Outcome,
    settings,
    sync::lock,
};

/// A synchronous handler.
pub(crate) struct SyncHandler<F, R, M> {
    context: HandlerContext,
    state: Mutex<State<F>>,
    /// Notified when the closure is back, if somebody waits for it.
    back: Condvar,
    shape: PhantomData<fn() -> (R, M)>,
}

struct State<F> {
    /// Whether calls may begin.
    is_open: bool,
    /// `None` while a call is under way, which runs outside of the lock. It is boxed so that it moves
    /// fast.
    call: Option<Box<F>>,
    /// How many threads wait for the closure.
    waiting: usize,
}

impl<F, R, M> SyncHandler<F, R, M> {
    pub(crate) fn new(context: HandlerContext, call: F) -> Arc<Self> {
        let state = State { is_open: true, call: Some(Box::new(call)), waiting: 0 };
        Arc::new(Self {
            context,
            state: Mutex::new(state),
            back: Condvar::new(),
            shape: PhantomData,
        })
    }

    /// Takes the closure for a call, unless the handler is closed.
    fn take(&self) -> Option<Taken<'_, F, R, M>> {
        let mut state = lock(&self.state);
        while state.is_open {
            if let Some(call) = state.call.take() {
                return Some(Taken { handler: self, call: Some(call) });
            }
            // One task calls it, one call after the other. Only where a call blocks for longer than
            // `disconnect()` waits, the next connection meets the end of the call.
            state.waiting += 1;
            state = self.back.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.waiting -= 1;
        }
        None
    }
}

/// The closure while it is called. It goes back whatever happens.
struct Taken<'a, F, R, M> {
    handler: &'a SyncHandler<F, R, M>,
    call: Option<Box<F>>,
}

impl<F, R, M> Drop for Taken<'_, F, R, M> {
    fn drop(&mut self) {
        let mut state = lock(&self.handler.state);
        state.call = self.call.take();
        if state.waiting > 0 {
            self.handler.back.notify_one();
        }
    }
}

impl<T, F, R, M> Sink<T> for SyncHandler<F, R, M>
where
    F: FnMut(T) -> R + Send + 'static,
    R: Outcome<M> + 'static,
    M: 'static,
{
    fn put(self: &Arc<Self>, value: T, turn: &mut Turn) -> bool {
        let Some(mut taken) = self.take() else { return false };
        if let Some(call) = taken.call.as_mut() {
            let context = &self.context;
            // The connection's task is watched itself.
            let polling = (context.class == Class::Event).then(|| context.polls.begin());
            let began = context.time(turn);
            context.call(&mut **call, value);
            context.warn_if_slow(began, turn);
            drop(polling);
        }
        false
    }
}

impl<F: Send, R, M> Subscriber for SyncHandler<F, R, M> {
    fn close(&self) {
        let mut state = lock(&self.state);
        state.is_open = false;
        if state.waiting > 0 {
            self.back.notify_all();
        }
    }

    fn is_open(&self) -> bool {
        lock(&self.state).is_open
    }

    /// It has no inbox.
    fn set_limit(&self, _limit: settings::Inbox) {}

    fn name(&self) -> &Name {
        &self.context.name
    }

    fn is_full(&self, _waker: &Waker) -> bool {
        false
    }

    fn give_up_waiting(&self) {}

    fn take_lost(&self) -> u64 {
        0
    }

    fn is_handler(&self) -> bool {
        true
    }

    fn is_stuck(&self, stuck: bool) -> bool {
        match self.context.class {
            Class::Message => stuck && lock(&self.state).call.is_none(),
            // Events come from any thread.
            Class::Event => self.context.polls.look() && self.context.polls.report(),
        }
    }

    fn was_called_in(&self, turn: &Turn) -> bool {
        self.context.was_called_in(turn)
    }
}
