//! What synchronous and asynchronous handlers have in common: a name, and the result of a call.

use std::{
    any::Any,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Weak,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use crate::{
    caller::{Id, Polls},
    delivery::{events::Emitter, tasks::Tasks, turn::Turn},
    error::{Error, ErrorKind},
    event::{Event, Name},
    outcome::{Outcome, Settle, Started},
    stats::Counters,
};

/// What a handler is called with: the difference is what happens to it at the end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// Messages: after `disconnect()` no call begins.
    Message,
    /// System events: they report the end, so they are delivered after it.
    Event,
}

/// How a call ended: what it returned, or its panic.
pub(crate) type CallResult<T> = Result<T, Box<dyn Any + Send>>;

/// Which handler it is, and what it reports to.
pub(crate) struct HandlerContext {
    pub(crate) id: Id,
    pub(crate) client: Id,
    pub(crate) name: Name,
    pub(crate) class: Class,
    /// Weak, since it holds handlers itself.
    pub(crate) events: Weak<Emitter>,
    pub(crate) tasks: Arc<Tasks>,
    pub(crate) counters: Arc<Counters>,
    /// Counts the polls of its calls, for the watchdog; not those that the connection's task makes of a
    /// synchronous one.
    pub(crate) polls: Polls,
    /// The connection's turn in which a call was last not timed.
    pub(crate) untimed: AtomicU64,
}

impl HandlerContext {
    /// Calls the closure. An immediate result is reported at once; a future is returned.
    pub(crate) fn call<T, R: Outcome<M>, M>(
        &self,
        call: &mut impl FnMut(T) -> R,
        value: T,
    ) -> Option<R::Settled> {
        let started = catch_unwind(AssertUnwindSafe(|| call(value).start()));
        match started {
            Ok(Started::Running(future)) => return Some(future),
            Ok(Started::Done(Ok(()))) => {}
            Ok(Started::Done(Err(message))) => self.report(Ok(Err(message))),
            Err(panic) => self.report(Err(panic)),
        }
        None
    }

    /// When a call begins, if it is timed by itself; otherwise its turn is.
    pub(crate) fn time(&self, turn: &mut Turn) -> Option<Instant> {
        let began = turn.timer.begin_call();
        if began.is_none() {
            self.untimed.store(turn.number(), Ordering::Relaxed);
        }
        began
    }

    /// Whether a call in this turn was not timed.
    pub(crate) fn was_called_in(&self, turn: &Turn) -> bool {
        self.untimed.load(Ordering::Relaxed) == turn.number()
    }

    /// Warns of a call that took long.
    pub(crate) fn warn_if_slow(&self, began: Option<Instant>, turn: &mut Turn) {
        if let Some(took) = turn.timer.end_call(began) {
            tracing::warn!(name = %self.name.escape_debug(), ?took, "a handler blocks the connection");
        }
    }

    /// Reports an error or a panic.
    pub(crate) fn report(&self, ended: CallResult<Result<(), String>>) {
        let error = match ended {
            Ok(Ok(())) => return,
            Ok(Err(message)) => Error::new(ErrorKind::Handler).context(message),
            Err(panic) => {
                let message = panic.downcast_ref::<String>().map(String::as_str);
                let message = message.or_else(|| panic.downcast_ref::<&str>().copied());
                Error::new(ErrorKind::HandlerPanic).context(message.unwrap_or("without a message"))
            }
        };
        let error = error.about(&self.name);
        match self.class {
            Class::Message => self.emit(Event::Error(error)),
            // An event can't report it: the handler would get it, and fail again.
            Class::Event => tracing::error!(%error, "a handler of system events failed"),
        }
    }

    pub(crate) fn emit(&self, event: Event) {
        if let Some(events) = self.events.upgrade() {
            events.emit(event);
        }
    }
}

/// The result of an asynchronous call. Its message is made by user code as well.
pub(crate) fn settled<S: Settle>(ended: CallResult<S>) -> CallResult<Result<(), String>> {
    let value = ended?;
    catch_unwind(AssertUnwindSafe(|| value.settle()))
}

impl fmt::Debug for HandlerContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("HandlerContext").field(&self.name).finish_non_exhaustive()
    }
}
