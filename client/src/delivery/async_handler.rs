//! A handler whose calls may wait: values that arrive meanwhile are kept in its inbox.
//!
//! A call is started and polled once where its value was read: many calls end there, and a task would
//! cost more than their work. A call that waits moves to a task, which continues with the inbox. When the
//! inbox is empty, the task stays for a while, so that the next call that waits needs no new one.

use std::{
    future::poll_fn,
    marker::PhantomData,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::{Pin, pin},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Waker},
};

use crate::{
    caller::{Caller, as_handler},
    delivery::{
        events::Emitter,
        handler::{CallResult, Class, HandlerContext, settled},
        inbox::Waiting,
        subscription::{Sink, Subscriber},
        turn::Turn,
    },
    event::{Event, Name},
    outcome::Outcome,
    settings,
    sync::{lock, wake},
};

/// An asynchronous handler.
pub(crate) struct AsyncHandler<T, F, R: Outcome<M>, M> {
    context: HandlerContext,
    open: AtomicBool,
    state: Mutex<State<T, F, R::Settled>>,
    shape: PhantomData<fn() -> (R, M)>,
}

struct State<T, F, S> {
    waiting: Waiting<T>,
    /// `None` while a call is under way, which runs outside of the lock.
    call: Option<F>,
    task: Task<F, S>,
}

/// What the handler's task does, if there is one.
enum Task<F, S> {
    /// There is none, or it is busy.
    Away,
    /// It waits for a call to continue.
    Idle {
        waker: Option<Waker>,
        /// Whether it was idle at the last look.
        seen: bool,
    },
    /// It is to continue this call.
    Given(F, Pin<Box<S>>),
    /// It is to end.
    Ending,
}

impl<T, F, R, M> AsyncHandler<T, F, R, M>
where
    T: Send + 'static,
    F: FnMut(T) -> R + Send + 'static,
    R: Outcome<M, Settled: Send + 'static> + 'static,
    M: 'static,
{
    pub(crate) fn new(context: HandlerContext, limit: settings::Inbox, call: F) -> Arc<Self> {
        let state = State { waiting: Waiting::new(limit), call: Some(call), task: Task::Away };
        Arc::new(Self {
            context,
            open: AtomicBool::new(true),
            state: Mutex::new(state),
            shape: PhantomData,
        })
    }

    /// Calls the closure with value after value, until one call has to wait.
    fn work(self: &Arc<Self>, mut value: T, call: F, turn: &mut Turn) {
        let mut call = Some(call);
        loop {
            let Some(closure) = call.as_mut() else { return };
            let began = self.context.time(turn);
            let polling = self.context.polls.begin();
            let begun = self.context.call(closure, value).and_then(|future| {
                let mut future = Box::pin(future);
                let cx = &mut Context::from_waker(Waker::noop());
                let caller = Caller { client: self.context.client, handler: self.context.id };
                match as_handler(caller, || poll_caught(future.as_mut(), cx)) {
                    Poll::Ready(ended) => {
                        self.context.report(settled(ended));
                        None
                    }
                    Poll::Pending => Some(future),
                }
            });
            drop(polling);
            self.context.warn_if_slow(began, turn);
            if let Some(future) = begun {
                if let Some(call) = call {
                    self.give_to_task(call, future, turn);
                }
                return;
            }
            match self.next(&mut call, false) {
                Some(next) => value = next,
                None => return,
            }
        }
    }

    /// Passes a call to the handler's task, or to a new one if there is none.
    fn give_to_task(self: &Arc<Self>, call: F, future: Pin<Box<R::Settled>>, turn: &mut Turn) {
        turn.record_task();
        let mut state = lock(&self.state);
        match &mut state.task {
            Task::Idle { waker, .. } => {
                let waker = waker.take();
                state.task = Task::Given(call, future);
                drop(state);
                wake(waker);
            }
            // It was woken for its end already.
            Task::Ending => state.task = Task::Given(call, future),
            Task::Away | Task::Given(..) => {
                drop(state);
                let work = Work {
                    _events: self.context.events.upgrade(),
                    handler: Arc::clone(self),
                    call: Some(call),
                    is_over: false,
                };
                self.context.tasks.spawn(self.context.id, work.run(future));
            }
        }
    }

    /// The next value. If there is none, the closure is given back under the same lock, so that no value
    /// can arrive in between; a `task` is idle from then on.
    fn next(&self, call: &mut Option<F>, task: bool) -> Option<T> {
        let mut state = lock(&self.state);
        let is_open = self.open.load(Ordering::Acquire);
        let discarded = if is_open { Default::default() } else { state.waiting.clear() };
        let (value, room) = state.waiting.pop();
        if value.is_none() {
            state.call = call.take();
            // The connection ends idle tasks. Events have none.
            let stays = is_open && self.context.class == Class::Message;
            if task && stays {
                state.task = Task::Idle { waker: None, seen: false };
            }
        }
        // The connection's task reports what messages lost; events come from anywhere.
        let lost = if self.context.class == Class::Event { state.waiting.take_lost() } else { 0 };
        drop(state);
        wake(room);
        wake(discarded.1);
        self.context.counters.lagged.add(discarded.0.len() as u64);
        if lost > 0 {
            self.context.counters.lagged.add(lost);
            self.context.emit(Event::Lagged { name: self.context.name.clone(), count: lost });
        }
        value
    }

    /// Waits for a call to continue. `None`: the task ends.
    async fn given(&self) -> Option<(F, Pin<Box<R::Settled>>)> {
        poll_fn(|cx| {
            let mut state = lock(&self.state);
            match std::mem::replace(&mut state.task, Task::Away) {
                Task::Given(call, future) => Poll::Ready(Some((call, future))),
                Task::Idle { seen, .. } => {
                    state.task = Task::Idle { waker: Some(cx.waker().clone()), seen };
                    Poll::Pending
                }
                Task::Away | Task::Ending => Poll::Ready(None),
            }
        })
        .await
    }

    /// Awaits the rest of a call.
    async fn finish(&self, mut future: Pin<&mut R::Settled>) {
        let ended = poll_fn(|cx| {
            let _polling = self.context.polls.begin();
            poll_caught(future.as_mut(), cx).map(settled)
        });
        self.context.report(ended.await);
    }
}

impl<F, S> Task<F, S> {
    /// Ends an idle task; returns the waker to call.
    fn end(&mut self) -> Option<Waker> {
        let Self::Idle { waker, .. } = self else { return None };
        let waker = waker.take();
        *self = Self::Ending;
        waker
    }
}

impl<T, F, R, M> Subscriber for AsyncHandler<T, F, R, M>
where
    T: Send + 'static,
    F: Send + 'static,
    R: Outcome<M, Settled: Send + 'static> + 'static,
    M: 'static,
{
    fn close(&self) {
        self.open.store(false, Ordering::Release);
        let mut state = lock(&self.state);
        // The connection may be held back by values that are never delivered now.
        let (room, task) = (state.waiting.drop_oldest_from_now_on(), state.task.end());
        drop(state);
        wake(room);
        wake(task);
    }

    fn is_open(&self) -> bool {
        self.open.load(Ordering::Acquire)
    }

    fn set_limit(&self, limit: settings::Inbox) {
        // There is no connection that could hold events back.
        let drop_oldest = limit.drop_oldest || self.context.class == Class::Event;
        let limit = settings::Inbox { drop_oldest, ..limit };
        let room = lock(&self.state).waiting.set_limit(limit);
        wake(room);
    }

    fn name(&self) -> &Name {
        &self.context.name
    }

    fn is_full(&self, waker: &Waker) -> bool {
        lock(&self.state).waiting.is_full(waker)
    }

    fn give_up_waiting(&self) {
        let room = lock(&self.state).waiting.drop_oldest_from_now_on();
        wake(room);
    }

    fn take_lost(&self) -> u64 {
        lock(&self.state).waiting.take_lost()
    }

    fn is_handler(&self) -> bool {
        true
    }

    fn discard(&self) -> u64 {
        // Bound, so that the values are dropped when the lock is free: they are foreign code.
        let mut state = lock(&self.state);
        let ((discarded, room), task) = (state.waiting.clear(), state.task.end());
        drop(state);
        wake(room);
        wake(task);
        discarded.len() as u64
    }

    fn is_stuck(&self, _stuck: bool) -> bool {
        self.context.polls.look() && self.context.polls.report()
    }

    fn was_called_in(&self, turn: &Turn) -> bool {
        self.context.was_called_in(turn)
    }

    fn end_idle_task(&self, at_once: bool) -> bool {
        let mut state = lock(&self.state);
        let mut waker = None;
        if let Task::Idle { seen, .. } = &mut state.task
            && (std::mem::replace(seen, true) || at_once)
        {
            waker = state.task.end();
        }
        let has_task = match state.task {
            Task::Away => state.call.is_none(),
            Task::Idle { .. } | Task::Given(..) => true,
            Task::Ending => false,
        };
        drop(state);
        wake(waker);
        has_task
    }
}

impl<T, F, R, M> Sink<T> for AsyncHandler<T, F, R, M>
where
    T: Send + 'static,
    F: FnMut(T) -> R + Send + 'static,
    R: Outcome<M, Settled: Send + 'static> + 'static,
    M: 'static,
{
    fn put(self: &Arc<Self>, value: T, turn: &mut Turn) -> bool {
        let mut state = lock(&self.state);
        // Checked under the lock that `close` takes: once that has returned, no call begins here.
        if !self.open.load(Ordering::Acquire) {
            return false;
        }
        match state.call.take() {
            Some(call) => {
                drop(state);
                self.work(value, call, turn);
                false
            }
            None => state.waiting.push(value, turn),
        }
    }
}

/// A task's hold on a handler's closure. Whatever becomes of the task, the closure goes back, so that
/// the next value can be handled.
struct Work<T, F, R, M>
where
    R: Outcome<M>,
{
    handler: Arc<AsyncHandler<T, F, R, M>>,
    call: Option<F>,
    /// Whether the task has ended by itself: another one may be there.
    is_over: bool,
    /// Errors are reported as long as the task lives.
    _events: Option<Arc<Emitter>>,
}

impl<T, F, R, M> Work<T, F, R, M>
where
    T: Send + 'static,
    F: FnMut(T) -> R + Send + 'static,
    R: Outcome<M, Settled: Send + 'static> + 'static,
    M: 'static,
{
    /// Continues a call that is running, then the inbox, then the next call that is given to this
    /// task.
    async fn run(mut self, mut under_way: Pin<Box<R::Settled>>) {
        loop {
            self.handler.finish(under_way.as_mut()).await;
            drop(under_way);
            while let Some(value) = self.handler.next(&mut self.call, true) {
                let Some(call) = self.call.as_mut() else { break };
                let polling = self.handler.context.polls.begin();
                let begun = self.handler.context.call(call, value);
                drop(polling);
                if let Some(future) = begun {
                    self.handler.finish(pin!(future)).await;
                }
            }
            let Some((call, future)) = self.handler.given().await else { break };
            (self.call, under_way) = (Some(call), future);
        }
        self.is_over = true;
    }
}

impl<T, F, R, M> Drop for Work<T, F, R, M>
where
    R: Outcome<M>,
{
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        let mut state = lock(&self.handler.state);
        let task = std::mem::replace(&mut state.task, Task::Away);
        let (call, future) = match task {
            Task::Given(call, future) => (Some(call), Some(future)),
            _ => (self.call.take(), None),
        };
        if let Some(call) = call {
            state.call = Some(call);
        }
        // User code: it is dropped when the lock is free.
        drop(state);
        drop(future);
    }
}

/// Polls the call; a panic ends it.
fn poll_caught<F: Future>(
    future: Pin<&mut F>,
    cx: &mut Context<'_>,
) -> Poll<CallResult<F::Output>> {
    match catch_unwind(AssertUnwindSafe(|| future.poll(cx))) {
        Ok(poll) => poll.map(Ok),
        Err(panic) => Poll::Ready(Err(panic)),
    }
}
