//! A handler: a closure that is called with one value at a time, in order.

use std::{
    any::Any,
    fmt,
    future::poll_fn,
    marker::PhantomData,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::{Pin, pin},
    sync::{
        Arc, Mutex, TryLockError, Weak,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use crate::{
    caller::{Caller, Id, Polls, as_handler},
    delivery::events::Emitter,
    delivery::inbox::Waiting,
    delivery::subscription::{Sink, Subscriber},
    delivery::tasks::Tasks,
    delivery::turn::Turn,
    error::{Error, ErrorKind},
    event::{Event, Name},
    outcome::{Outcome, Settle, Started},
    settings,
    stats::Counters,
    sync::{lock, wake},
};

/// How long a handler may hold the connection up before that is worth a warning.
pub(crate) const SLOW: Duration = Duration::from_millis(100);

/// What a handler is called with: the difference is what happens to it at the end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// Messages: after `disconnect()` no call begins.
    Message,
    /// System events: they tell of the end, so they outlast it.
    Event,
}

/// What handlers report to.
#[derive(Debug, Clone)]
pub(crate) struct HandlerContext {
    /// The client's.
    pub(crate) client: Id,
    /// It holds handlers itself.
    pub(crate) events: Weak<Emitter>,
    pub(crate) tasks: Arc<Tasks>,
    pub(crate) counters: Arc<Counters>,
}

impl HandlerContext {
    fn emit(&self, event: Event) {
        if let Some(events) = self.events.upgrade() {
            events.emit(event);
        }
    }
}

/// A closure with what it needs to be called one value at a time.
///
/// A call that is done when it returns happens where the value was read: no queue, no task. One that
/// goes on is polled once there and, if that isn't enough, moves to a task, which lives until the
/// inbox is empty: an idle handler has none.
pub(crate) struct Handler<T, F, R, M> {
    id: Id,
    name: Name,
    class: Class,
    context: HandlerContext,
    open: AtomicBool,
    /// The connection's turn in which a call was last not timed.
    turn: AtomicU64,
    /// Counts the polls of its calls, but for those that the connection's task makes directly.
    polls: Polls,
    desk: Mutex<Desk<T, F>>,
    /// The closure of a synchronous handler of messages, which stays here: the connection's task alone
    /// calls it, one message after the other.
    direct: Mutex<Option<F>>,
    shape: PhantomData<fn() -> (R, M)>,
}

struct Desk<T, F> {
    waiting: Waiting<T>,
    /// Absent while a call is under way.
    call: Option<F>,
}

impl<T, F, R, M> Handler<T, F, R, M>
where
    T: Send + 'static,
    F: FnMut(T) -> R + Send + 'static,
    R: Outcome<M, Settled: Send + 'static> + 'static,
    M: 'static,
{
    pub(crate) fn new(
        name: Name,
        class: Class,
        context: HandlerContext,
        limit: settings::Inbox,
        call: F,
    ) -> Arc<Self> {
        let (direct, call) =
            if Self::is_direct(class) { (Some(call), None) } else { (None, Some(call)) };
        let desk = Desk { waiting: Waiting::new(limit), call };
        let (desk, direct) = (Mutex::new(desk), Mutex::new(direct));
        Arc::new(Self {
            id: Id::default(),
            name,
            class,
            context,
            open: AtomicBool::new(true),
            turn: AtomicU64::new(0),
            polls: Polls::default(),
            desk,
            direct,
            shape: PhantomData,
        })
    }

    /// Whether each call is over before the next value can come.
    const fn is_direct(class: Class) -> bool {
        // Events come from any thread, and from within their own handlers.
        R::AT_ONCE && matches!(class, Class::Message)
    }

    /// Calls the closure; what it comes to at once is reported at once.
    fn begin(&self, call: &mut F, value: T) -> Option<R::Settled> {
        let started = catch_unwind(AssertUnwindSafe(|| call(value).start()));
        match started {
            Ok(Started::Running(future)) => return Some(future),
            Ok(Started::Done(Ok(()))) => {}
            Ok(Started::Done(Err(words))) => self.report(Ok(Err(words))),
            Err(panic) => self.report(Err(panic)),
        }
        None
    }

    /// When a call begins, if it is timed by itself; otherwise its turn is.
    fn time(&self, turn: &mut Turn) -> Option<Instant> {
        let began = turn.time_this_call();
        if began.is_none() {
            self.turn.store(turn.number(), Ordering::Relaxed);
        }
        began
    }

    /// Warns of a call that took long.
    fn warn_if_slow(&self, began: Option<Instant>, turn: &mut Turn) {
        if let Some(took) = began.map(|began| began.elapsed())
            && took > SLOW
        {
            tracing::warn!(name = %self.name.escape_debug(), ?took, "a handler blocks the connection");
            turn.record_slow_call(took);
        }
    }

    fn report(&self, end: Result<Result<(), String>, Box<dyn Any + Send>>) {
        let error = match end {
            Ok(Ok(())) => return,
            Ok(Err(words)) => Error::new(ErrorKind::Handler).context(words),
            Err(panic) => {
                let words = panic.downcast_ref::<String>().map(String::as_str);
                let words = words.or_else(|| panic.downcast_ref::<&str>().copied());
                Error::new(ErrorKind::HandlerPanic).context(words.unwrap_or("without a message"))
            }
        };
        let error = error.about(&self.name);
        match self.class {
            Class::Message => self.context.emit(Event::Error(error)),
            // An event can't report it: the handler would get it, and fail again.
            Class::Event => tracing::error!(%error, "a handler of system events failed"),
        }
    }

    /// Awaits the rest of a call.
    async fn finish(&self, mut future: Pin<&mut R::Settled>) {
        let end = poll_fn(|cx| {
            let _polling = self.polls.begin();
            poll_caught(future.as_mut(), cx).map(settled)
        });
        self.report(end.await);
    }

    /// The value to go on with; without one, the closure is handed back under the same lock, so that
    /// nothing can slip in between.
    fn next(&self, call: &mut Option<F>) -> Option<T> {
        let mut desk = lock(&self.desk);
        let is_open = self.open.load(Ordering::Acquire);
        let unheard = if is_open { Default::default() } else { desk.waiting.clear() };
        let (value, room) = desk.waiting.pop();
        if value.is_none() {
            desk.call = call.take();
        }
        // What messages lost, the connection's task tells; events come from anywhere.
        let lost = if self.class == Class::Event { desk.waiting.take_lost() } else { 0 };
        drop(desk);
        wake(room);
        wake(unheard.1);
        self.context.counters.lagged.add(unheard.0.len() as u64);
        if lost > 0 {
            self.context.counters.lagged.add(lost);
            self.context.emit(Event::Lagged { name: self.name.clone(), count: lost });
        }
        value
    }

    /// Calls the closure with value after value, until one call has to wait.
    fn work(self: &Arc<Self>, mut value: T, call: F, turn: &mut Turn) {
        let mut call = Some(call);
        loop {
            let Some(closure) = call.as_mut() else { return };
            let began = self.time(turn);
            let polling = self.polls.begin();
            let begun = self.begin(closure, value).and_then(|future| {
                let mut future = Box::pin(future);
                // Many are done at their first poll; a task would cost them more than their work.
                let cx = &mut Context::from_waker(Waker::noop());
                let caller = Caller { client: self.context.client, handler: self.id };
                match as_handler(caller, || poll_caught(future.as_mut(), cx)) {
                    Poll::Ready(end) => {
                        self.report(settled(end));
                        None
                    }
                    Poll::Pending => Some(future),
                }
            });
            drop(polling);
            self.warn_if_slow(began, turn);
            if let Some(future) = begun {
                let work = Work {
                    _events: self.context.events.upgrade(),
                    handler: Arc::clone(self),
                    call,
                };
                self.context.tasks.spawn(self.id, work.run(future));
                return;
            }
            match self.next(&mut call) {
                Some(next) => value = next,
                None => return,
            }
        }
    }
}

impl<T, F, R, M> Subscriber for Handler<T, F, R, M>
where
    T: Send + 'static,
    F: Send + 'static,
{
    fn close(&self) {
        self.open.store(false, Ordering::Release);
        // Somebody may be holding the connection back for what nobody will hear now.
        let room = lock(&self.desk).waiting.drop_oldest_from_now_on();
        wake(room);
    }

    fn is_open(&self) -> bool {
        self.open.load(Ordering::Acquire)
    }

    fn set_limit(&self, limit: settings::Inbox) {
        // There is no connection that could hold events back.
        let drop_oldest = limit.drop_oldest || self.class == Class::Event;
        let limit = settings::Inbox { drop_oldest, ..limit };
        let room = lock(&self.desk).waiting.set_limit(limit);
        wake(room);
    }

    fn name(&self) -> &Name {
        &self.name
    }

    fn is_full(&self, waker: &Waker) -> bool {
        lock(&self.desk).waiting.is_full(waker)
    }

    fn give_up_waiting(&self) {
        let room = lock(&self.desk).waiting.drop_oldest_from_now_on();
        wake(room);
    }

    fn take_lost(&self) -> u64 {
        lock(&self.desk).waiting.take_lost()
    }

    fn is_handler(&self) -> bool {
        true
    }

    fn discard(&self) -> u64 {
        // Bound, so that the values are dropped when the lock is free: they are foreign code.
        let (unheard, room) = lock(&self.desk).waiting.clear();
        wake(room);
        unheard.len() as u64
    }

    fn is_stuck(&self, stuck: bool) -> bool {
        // Only a call that is under way holds that lock.
        let direct = stuck && matches!(self.direct.try_lock(), Err(TryLockError::WouldBlock));
        let polled = self.polls.look();
        direct || (polled && self.polls.report())
    }

    fn was_called_in(&self, turn: &Turn) -> bool {
        self.turn.load(Ordering::Relaxed) == turn.number()
    }
}

impl<T, F, R, M> Sink<T> for Handler<T, F, R, M>
where
    T: Send + 'static,
    F: FnMut(T) -> R + Send + 'static,
    R: Outcome<M, Settled: Send + 'static> + 'static,
    M: 'static,
{
    fn put(self: &Arc<Self>, value: T, turn: &mut Turn) -> bool {
        if Self::is_direct(self.class) {
            // Foreign code runs under this lock, but nobody else ever wants it, nor can that code.
            // A call has begun once `open` was looked at: `close` doesn't wait for it.
            if let Some(call) = lock(&self.direct).as_mut()
                && self.open.load(Ordering::Acquire)
            {
                let began = self.time(turn);
                self.begin(call, value);
                self.warn_if_slow(began, turn);
            }
            return false;
        }
        let mut desk = lock(&self.desk);
        // Looked at under the lock that `close` takes: once that has returned, nothing begins here.
        if !self.open.load(Ordering::Acquire) {
            return false;
        }
        match desk.call.take() {
            Some(call) => {
                drop(desk);
                self.work(value, call, turn);
                false
            }
            None => desk.waiting.push(value, turn),
        }
    }
}

impl<T, F, R, M> fmt::Debug for Handler<T, F, R, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Handler").field(&self.name).finish()
    }
}

/// A task's hold on a handler's closure. Whatever becomes of the task, the closure goes back, so that
/// the next value can be handled.
struct Work<T, F, R, M> {
    handler: Arc<Handler<T, F, R, M>>,
    call: Option<F>,
    /// Keeps the way to report errors.
    _events: Option<Arc<Emitter>>,
}

impl<T, F, R, M> Work<T, F, R, M>
where
    T: Send + 'static,
    F: FnMut(T) -> R + Send + 'static,
    R: Outcome<M, Settled: Send + 'static> + 'static,
    M: 'static,
{
    /// Works through the inbox, beginning with a call that is under way.
    async fn run(mut self, mut under_way: Pin<Box<R::Settled>>) {
        self.handler.finish(under_way.as_mut()).await;
        drop(under_way);
        while let Some(value) = self.handler.next(&mut self.call) {
            let Some(call) = self.call.as_mut() else { break };
            let polling = self.handler.polls.begin();
            let begun = self.handler.begin(call, value);
            drop(polling);
            if let Some(future) = begun {
                self.handler.finish(pin!(future)).await;
            }
        }
    }
}

impl<T, F, R, M> Drop for Work<T, F, R, M> {
    fn drop(&mut self) {
        if let Some(call) = self.call.take() {
            lock(&self.handler.desk).call = Some(call);
        }
    }
}

/// What an asynchronous call comes to, in words; those are foreign code as well.
fn settled<S: Settle>(
    end: Result<S, Box<dyn Any + Send>>,
) -> Result<Result<(), String>, Box<dyn Any + Send>> {
    let value = end?;
    catch_unwind(AssertUnwindSafe(|| value.settle()))
}

/// Polls; a panic is an end like another.
fn poll_caught<F: Future>(
    future: Pin<&mut F>,
    cx: &mut Context<'_>,
) -> Poll<Result<F::Output, Box<dyn Any + Send>>> {
    match catch_unwind(AssertUnwindSafe(|| future.poll(cx))) {
        Ok(poll) => poll.map(Ok),
        Err(panic) => Poll::Ready(Err(panic)),
    }
}
