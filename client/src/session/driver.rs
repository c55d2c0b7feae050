//! The one task that owns the connection: it dials, serves, closes, and tries again.

use std::{
    future::poll_fn,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use tokio::{sync::mpsc, time::Instant};

use crate::{
    connect::dial::Dialled,
    connect::provider::Attempt,
    delivery::hub::Counters,
    delivery::inbox::lock,
    delivery::registry::Dispatcher,
    error::{Error, ErrorKind},
    event::{CloseInfo, ClosedBy, Event, State},
    link::{Ended, Link},
    session::attempt::NextAttempt,
    session::close_rules::{Circumstances, Ruling, rule},
    session::command::{Command, Stop},
    session::disconnect::{Disconnect, Outage},
    session::shared::{Control, Core},
    settings::CENTURY,
};

mod ending;

/// What a session begins with.
pub(crate) enum Begin {
    /// An attempt to connect.
    Dial,
    /// Its end: a client that has stopped by itself is disconnected.
    Stop,
}

/// From a `connect()` to the end of all attempts, or from a `disconnect()` to the end of what a session
/// has left.
#[expect(clippy::struct_excessive_bools, reason = "four facts, none of which excludes another")]
pub(crate) struct Session {
    core: Arc<Core>,
    /// Its number: where the shared control has another, it is over.
    number: u64,
    commands: mpsc::UnboundedReceiver<Command>,
    /// Where a first connect that fails goes back to.
    before: State,
    ever_open: bool,
    /// Attempts of this outage that were begun.
    attempts: u32,
    /// When this outage began.
    since: Instant,
    /// Whether the last attempt's credentials were refused.
    refused: bool,
    /// What the last outage was due to.
    last_error: Option<Error>,
    /// Whether what stays queued was reported.
    kept: bool,
    /// Set by the regular end; without it, the runtime has dropped the task.
    ended: bool,
}

impl Session {
    pub(crate) fn new(
        core: Arc<Core>,
        commands: mpsc::UnboundedReceiver<Command>,
        before: State,
        number: u64,
    ) -> Self {
        Self {
            core,
            number,
            commands,
            before,
            ever_open: false,
            attempts: 0,
            since: Instant::now(),
            refused: false,
            last_error: None,
            kept: false,
            ended: false,
        }
    }

    pub(crate) async fn run(mut self, begin: Begin) {
        let mut end = match begin {
            Begin::Dial => self.connect().await,
            Begin::Stop => {
                self.kept = self.before != State::Idle;
                End::Stopped(Stop::Disconnect, None)
            }
        };
        loop {
            let (state, stop) = match end {
                End::Natural(state) => (state, None),
                End::Stopped(stop, link) => {
                    self.stop(stop, link).await;
                    (State::Closed, Some(stop))
                }
            };
            match self.finish(state, stop) {
                Some(stop) => end = End::Stopped(stop, None),
                None => return,
            }
        }
    }

    /// Attempt after attempt and connection after connection, until the last has ended.
    async fn connect(&mut self) -> End {
        loop {
            let attempt = Attempt { number: self.attempts, refused: self.refused };
            let core = Arc::clone(&self.core);
            // Boxed, so that its room is free again once the connection is open.
            let dialling = Box::pin(core.dialer.dial(attempt));
            let outage = match self.unless_stopped(dialling).await {
                Err(stop) => return End::Stopped(stop, None),
                Ok(Ok(dialled)) => match self.serve(dialled).await {
                    Ok(outage) => outage,
                    Err((stop, link)) => return End::Stopped(stop, Some(link)),
                },
                Ok(Err(refused)) => refused.into(),
            };
            match self.next_step(outage) {
                Step::Wait(until) => {
                    if let Err(stop) = self.wait(until).await {
                        return End::Stopped(stop, None);
                    }
                }
                Step::End(state) => return End::Natural(state),
            }
        }
    }

    /// Awaits something, unless somebody wants the end.
    async fn unless_stopped<T>(&mut self, what: impl Future<Output = T>) -> Result<T, Stop> {
        tokio::select! {
            biased;
            command = self.commands.recv() => Err(command.map_or(Stop::Abandon, |Command(stop)| stop)),
            done = what => Ok(done),
        }
    }

    /// Whether `disconnect()` gave this session up, since a handler held its task up.
    fn is_over(&self) -> bool {
        self.core.hub.session() != self.number
    }

    /// Changes what is shared and enters a state, unless the session is over.
    fn enter<T>(&self, state: State, change: impl FnOnce(&mut Control) -> T) -> Option<T> {
        let mut control = self.core.control_of(self.number)?;
        let changed = change(&mut control);
        self.core.enter(state);
        Some(changed)
    }

    fn emit(&self, event: Event) {
        if !self.is_over() {
            self.core.hub.emit(event);
        }
    }

    /// An open connection, until it ends by itself (`Ok`) or on request (`Err`).
    async fn serve(&mut self, dialled: Dialled) -> Result<Outage, (Stop, Box<Link>)> {
        let core = Arc::clone(&self.core);
        let (hub, outbox) = (Arc::clone(&core.hub), Arc::clone(&core.outbox));
        let dispatcher = Dispatcher::new(Arc::clone(&core.registry), Arc::clone(&hub));
        let dispatcher = dispatcher.of_session(self.number);
        // Boxed, so that this task is small: it holds its largest moment all its life.
        let mut link = Box::new(Link::new(
            dialled.socket,
            &core.tuning,
            Arc::clone(&hub),
            Arc::clone(&outbox),
            dispatcher,
        ));
        let opened = Instant::now();
        self.ever_open = true;
        Counters::add(&hub.counters.connections, 1);
        let waiting = self.enter(State::Open, |control| {
            (control.subprotocol, control.next) = (dialled.subprotocol, None);
            control.response = Some(dialled.response);
            std::mem::take(&mut control.opening)
        });
        self.emit(Event::Open);
        for opening in waiting.into_iter().flatten() {
            // Whoever called may have stopped waiting.
            let _ = opening.send(Ok(()));
        }
        let ended = match self.unless_stopped(poll_fn(|cx| link.poll(cx))).await {
            Ok(ended) => ended,
            Err(stop) => return Err((stop, link)),
        };
        if opened.elapsed() >= core.tuning.min_uptime {
            (self.attempts, self.refused) = (0, false);
        }
        if self.attempts == 0 {
            self.since = Instant::now();
        }
        let outage = Outage::of(&ended);
        if self.is_over() {
            return Ok(outage);
        }
        // A broken peer gets its answer, one that said goodbye its echo; the next attempt doesn't
        // wait for either.
        if !matches!(ended, Ended::Silent) {
            self.see_off(link, ended).await;
        }
        Ok(outage)
    }

    /// Reports an outage and decides what follows.
    fn next_step(&mut self, outage: Outage) -> Step {
        if self.is_over() {
            return Step::End(State::Closed);
        }
        let core = Arc::clone(&self.core);
        let ruling = self.ruling(&outage);
        let first = !self.ever_open && !core.tuning.retry_first_connect;
        let attempts_left =
            core.tuning.max_reconnect_attempts.is_none_or(|max| self.attempts < max);
        let (step, state, end) = match ruling {
            Ruling::Stop => (Step::End(State::Closed), State::Closed, Last::Refused),
            Ruling::Retry | Ruling::RetryAfter(_) if first => {
                (Step::End(self.before), self.before, Last::No)
            }
            _ if !attempts_left => (Step::End(State::Failed), State::Failed, Last::Exhausted),
            _ => {
                self.attempts += 1;
                self.refused = ruling == Ruling::Refresh;
                let backoff = core.tuning.backoff.delay(
                    core.tuning.reconnect_interval,
                    self.attempts,
                    fastrand::f64(),
                );
                let delay = match ruling {
                    // The user's may be longer than an instant can hold.
                    Ruling::RetryAfter(delay) => delay.min(CENTURY).max(backoff),
                    _ => backoff,
                };
                // What was read since to say why is part of the delay.
                let delay = delay.saturating_sub(outage.since.elapsed());
                let state = if self.ever_open {
                    State::Reconnecting { attempt: self.attempts }
                } else {
                    State::Connecting
                };
                (Step::Wait(Instant::now() + delay), state, Last::No)
            }
        };
        let Outage { close, error, .. } = outage;
        let too_large = close
            .as_ref()
            .is_some_and(|close| close.code == MESSAGE_TOO_BIG && close.by == ClosedBy::Server);
        let next = match step {
            Step::Wait(until) => Some((NextAttempt::new(self.attempts, until), true)),
            Step::End(_) => None,
        };
        let lost = self.enter(state, |control| {
            control.next = next;
            core.outbox.connection_lost(too_large)
        });
        // While the user's policy decided, the session may have been given up.
        let Some(lost) = lost else { return Step::End(state) };
        self.last_error.clone_from(&error);
        // One `Close` for one `Open`; a client that is refused before it was ever open has one, too.
        let refused = (end == Last::Refused && !self.ever_open).then(|| {
            let reason = error.as_ref().map(ToString::to_string).unwrap_or_default();
            CloseInfo::new(1006, reason, ClosedBy::Refused)
        });
        if let Some(error) = error {
            self.emit(Event::Error(error));
        }
        if let Some(info) = close.or(refused) {
            self.emit(Event::Close(info));
        }
        if !self.is_over() {
            core.hub.report_lost(lost);
        }
        if end == Last::Exhausted {
            self.emit(Event::ReconnectFailed);
        }
        step
    }

    fn ruling(&self, outage: &Outage) -> Ruling {
        let core = &self.core;
        let around = Circumstances {
            can_refresh: core.dialer.can_refresh() && !self.refused,
            proven: core.hub.counters.connections.load(Ordering::Relaxed) > 0,
            restart_delay: core.tuning.restart_delay,
            random: fastrand::f64(),
        };
        let ruling = rule(outage.cause, around);
        let Some(overrule) = &core.overrule else { return ruling };
        let disconnect = Disconnect {
            close: outage.close.clone(),
            error: outage.error.clone(),
            status: outage.status,
            attempts: self.attempts,
            elapsed: self.since.elapsed(),
            ruling,
        };
        let overruled = std::panic::AssertUnwindSafe(|| overrule(&disconnect));
        std::panic::catch_unwind(overruled).unwrap_or_else(|_| {
            self.emit(Event::Error(Error::new(ErrorKind::HandlerPanic).about("on_disconnect")));
            ruling
        })
    }

    /// Waits before an attempt, and reports it.
    async fn wait(&mut self, until: Instant) -> Result<(), Stop> {
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
            core.hub.report_dropped(expired);
        }
        if let Some(mut control) = core.control_of(self.number) {
            control.redial = false;
            if let Some((_, waits)) = &mut control.next {
                *waits = false;
            }
        }
        self.emit(Event::Reconnect { attempt: self.attempts });
        // A handler of that event may have had enough.
        self.unless_stopped(std::future::ready(())).await
    }
}

/// The close code of a peer that found a message too big (RFC 6455, section 7.4.1).
const MESSAGE_TOO_BIG: u16 = 1009;

enum Step {
    /// The next attempt begins then.
    Wait(Instant),
    End(State),
}

/// Whether and why an outage is the last.
#[derive(PartialEq, Eq)]
enum Last {
    No,
    /// No retry would change the answer.
    Refused,
    /// The attempts are used up.
    Exhausted,
}

/// How a session comes to its end.
enum End {
    /// By itself, in this state.
    Natural(State),
    /// On request, perhaps with an open connection.
    Stopped(Stop, Option<Box<Link>>),
}
