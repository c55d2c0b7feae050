//! The task that owns a client's connection: it connects, drives the connection, closes it, and
//! reconnects.

use std::{
    ops::ControlFlow,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};

use tokio::{sync::mpsc, time::Instant};
use tracing::Span;
use wirebond_connection::session::Desync;

use crate::{
    connect::provider::Attempt,
    error::{Error, ErrorKind},
    event::{CloseInfo, ClosedBy, Event, SessionEvent, SessionLoss, State},
    link::Link,
    outbox::reports,
    reconnect::attempt::NextAttempt,
    reconnect::close_rules::Context,
    reconnect::decide::{Facts, Next, decide},
    reconnect::disconnect::Disconnect,
    reconnect::shared::{Control, Core, Stop},
    settings::ReconnectDecision,
    sync::lock,
};

mod closing;
mod opening;
mod serving;

/// From a `connect()` to the end of all attempts, or from a `disconnect()` to the end of what a client
/// has left.
#[expect(clippy::struct_excessive_bools, reason = "four facts, none of which excludes another")]
pub(crate) struct Driver {
    core: Arc<Core>,
    /// If the shared control has another number, this driver was given up.
    number: u64,
    requests: mpsc::UnboundedReceiver<Stop>,
    /// The state to return to if the first connect fails.
    before: State,
    ever_open: bool,
    /// The number of attempts that were begun since the disconnect.
    attempts: u32,
    /// When the connection was lost, or this driver began.
    since: Instant,
    /// Whether the last attempt's credentials were refused.
    refused: bool,
    /// The open connection's.
    span: Span,
    /// What caused the last disconnect.
    last_error: Option<Error>,
    /// Whether the messages that stay queued were reported.
    kept: bool,
    /// Set by the regular end; without it, the runtime has dropped the task.
    ended: bool,
}

/// A request to stop, with the connection if one is open.
type Stopped = (Stop, Option<Box<Link>>);

impl Driver {
    pub(crate) fn new(
        core: Arc<Core>,
        requests: mpsc::UnboundedReceiver<Stop>,
        before: State,
        number: u64,
    ) -> Self {
        Self {
            core,
            number,
            requests,
            before,
            ever_open: false,
            attempts: 0,
            since: Instant::now(),
            refused: false,
            span: Span::none(),
            last_error: None,
            kept: false,
            ended: false,
        }
    }

    /// Connects or, with `stop`, ends what is left.
    pub(crate) async fn run(mut self, stop: Option<Stop>) {
        let mut end = match stop {
            None => self.connect().await,
            Some(stop) => {
                self.kept = self.before != State::Idle;
                Err((stop, None))
            }
        };
        loop {
            let (state, stop) = match end {
                Ok(state) => (state, None),
                Err((stop, link)) => {
                    self.stop(stop, link).await;
                    (State::Closed, Some(stop))
                }
            };
            match self.finish(state, stop) {
                Some(stop) => end = Err((stop, None)),
                None => return,
            }
        }
    }

    /// Attempt after attempt and connection after connection. Returns the state after the last.
    async fn connect(&mut self) -> Result<State, Stopped> {
        loop {
            let attempt = Attempt { number: self.attempts, refused: self.refused };
            let core = Arc::clone(&self.core);
            let deadline = Instant::now() + core.dialer.timeout;
            let offers_session = core.outbox.offers_session();
            // Boxed, so that its memory is freed once the connection is open.
            let dialling = Box::pin(core.dialer.dial(attempt, offers_session, deadline));
            let (disconnect, at) = match self.unless_stopped(dialling).await? {
                Ok(dialled) => (self.serve(dialled, attempt, deadline).await?, Instant::now()),
                Err(failed) => (Disconnect::of_attempt(failed.error, self.context()), failed.at),
            };
            match self.follow(disconnect, at) {
                ControlFlow::Continue(until) => self.wait(until).await?,
                ControlFlow::Break(state) => return Ok(state),
            }
        }
    }

    /// Awaits a future, unless a request to stop comes first.
    async fn unless_stopped<T>(&mut self, future: impl Future<Output = T>) -> Result<T, Stopped> {
        tokio::select! {
            biased;
            stop = self.requests.recv() => Err((stop.unwrap_or(Stop::Abandon), None)),
            done = future => Ok(done),
        }
    }

    /// Whether this driver was given up, since a handler blocked it for too long after `disconnect()`.
    fn is_over(&self) -> bool {
        self.core.registry.driver() != self.number
    }

    /// Changes what is shared and enters a state, unless this driver was given up.
    fn enter<T>(&self, state: State, change: impl FnOnce(&mut Control) -> T) -> Option<T> {
        let mut control = self.core.control_of(self.number)?;
        let changed = change(&mut control);
        self.core.enter(state);
        Some(changed)
    }

    fn emit(&self, event: Event) {
        if !self.is_over() {
            self.core.events.emit(event);
        }
    }

    /// What the close rules need to know.
    fn context(&self) -> Context<'_> {
        let core = &self.core;
        Context {
            can_refresh: core.dialer.can_refresh() && !self.refused,
            proven: core.counters.connections.get() > 0,
            restart_delay: core.tuning.restart_delay,
            random: fastrand::f64(),
            own: &core.tuning.close_rules,
        }
    }

    /// Decides what follows a disconnect that was known `at` this time, and begins it. Returns when the
    /// next attempt begins, or the last state.
    fn follow(&mut self, mut disconnect: Disconnect, at: Instant) -> ControlFlow<State, Instant> {
        if self.is_over() {
            return ControlFlow::Break(State::Closed);
        }
        (disconnect.attempts, disconnect.elapsed) = (self.attempts, self.since.elapsed());
        let decision = self.ask_policy(&disconnect);
        let tuning = &self.core.tuning;
        let next = decide(&Facts {
            decision,
            is_first: !self.ever_open && !tuning.retry_first_connect,
            attempts: self.attempts,
            max_attempts: tuning.max_reconnect_attempts,
            interval: tuning.reconnect_interval,
            backoff: tuning.backoff,
            random: fastrand::f64(),
            elapsed: at.elapsed(),
        });
        self.apply(next, disconnect)
    }

    fn ask_policy(&self, disconnect: &Disconnect) -> ReconnectDecision {
        let Some(policy) = &self.core.policy else { return disconnect.decision };
        catch_unwind(AssertUnwindSafe(|| policy(disconnect))).unwrap_or_else(|_| {
            let error = Error::new(ErrorKind::HandlerPanic).about("reconnect_policy");
            self.emit(Event::Error(error));
            disconnect.decision
        })
    }

    /// Enters the state of what comes next, and reports the disconnect.
    fn apply(&mut self, next: Next, disconnect: Disconnect) -> ControlFlow<State, Instant> {
        let core = Arc::clone(&self.core);
        let (state, step) = match next {
            Next::Attempt { number, delay, refused } => {
                (self.attempts, self.refused) = (number, refused);
                let state = if self.ever_open {
                    State::Reconnecting { attempt: number }
                } else {
                    State::Connecting
                };
                (state, ControlFlow::Continue(Instant::now() + delay))
            }
            Next::Return => (self.before, ControlFlow::Break(self.before)),
            Next::Stop => (State::Closed, ControlFlow::Break(State::Closed)),
            Next::Exhausted => (State::Failed, ControlFlow::Break(State::Failed)),
        };
        let Disconnect { close, error, .. } = disconnect;
        let too_large = close
            .as_ref()
            .is_some_and(|close| close.code == MESSAGE_TOO_BIG && close.by == ClosedBy::Server);
        // One `Close` for one `Open`, and one for a client that is refused before it was ever open.
        let is_told = core.events.is_open() || (next == Next::Stop && !self.ever_open);
        let is_refused = close
            .as_ref()
            .is_some_and(|close| close.code == Desync::CLOSE_CODE && close.by == ClosedBy::Server);
        let lost = self.enter(state, |control| {
            let until = step.continue_value();
            control.next = until.map(|until| (NextAttempt::new(self.attempts, until), true));
            core.outbox.connection_lost(too_large)
        });
        // While the policy decided, the driver may have been given up.
        let Some(lost) = lost else { return ControlFlow::Break(state) };
        self.last_error.clone_from(&error);
        let refused = (next == Next::Stop && !self.ever_open).then(|| {
            let reason = error.as_ref().map(ToString::to_string).unwrap_or_default();
            CloseInfo::new(1006, reason, ClosedBy::Refused)
        });
        if let Some(error) = error {
            self.emit(Event::Error(error));
        }
        if let Some(info) = close.or(refused).filter(|_| is_told) {
            self.emit(Event::Close(info));
        }
        if !self.is_over() {
            core.events.emit_all(reports::lost(lost));
        }
        if is_refused && !self.is_over() && core.outbox.has_session() {
            let lost = core.outbox.give_up_session();
            self.emit(Event::Session(SessionEvent::lost(SessionLoss::Refused)));
            core.events.emit_all(reports::lost(lost));
        }
        if next == Next::Exhausted {
            self.emit(Event::ReconnectFailed);
        }
        step
    }

    /// Waits before an attempt, and reports it.
    async fn wait(&mut self, until: Instant) -> Result<(), Stopped> {
        let core = Arc::clone(&self.core);
        loop {
            let redial = core.redial.notified();
            let asked = lock(&core.control).redial;
            if asked || Instant::now() >= until {
                break;
            }
            // What is queued may expire meanwhile, and that should be reported when it does.
            let slice = until.min(Instant::now() + Duration::from_secs(1));
            let slice = if core.tuning.message_ttl.is_some() { slice } else { until };
            let sleep = async {
                tokio::select! {
                    () = redial => {}
                    () = tokio::time::sleep_until(slice) => {}
                }
            };
            self.unless_stopped(sleep).await?;
            let expired = core.outbox.expire(Instant::now());
            core.events.emit_all(reports::dropped(expired));
        }
        if let Some(mut control) = core.control_of(self.number) {
            control.redial = false;
            if let Some((_, waits)) = &mut control.next {
                *waits = false;
            }
        }
        self.emit(Event::Reconnect { attempt: self.attempts });
        // A handler of that event may have called `disconnect()`.
        self.unless_stopped(std::future::ready(())).await
    }
}

/// The close code of a peer that found a message too big (RFC 6455, section 7.4.1).
const MESSAGE_TOO_BIG: u16 = 1009;

#[cfg(test)]
mod tests {
    use super::*;

    fn size_of_future<T, F>(_: impl FnOnce(T) -> F) -> usize {
        size_of::<F>()
    }

    #[test]
    fn an_idle_client_keeps_no_room_for_what_it_does_while_it_connects() {
        let size = size_of_future(|(driver, stop): (Driver, Option<Stop>)| driver.run(stop));
        assert!(size <= 1_500, "{size} bytes");
    }
}
