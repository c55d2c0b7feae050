//! The one task that owns the connection: it dials, serves, closes, and tries again.

use std::{
    future::poll_fn,
    sync::{Arc, Mutex, atomic::Ordering},
    task::Poll,
    time::Duration,
};

use tokio::{
    sync::{mpsc, oneshot, watch},
    task::JoinSet,
    time::Instant,
};

use crate::{
    command::{Command, Stop},
    config::{CENTURY, Tuning},
    dial::{Dialer, Dialled},
    error::{ConnectError, ConnectErrorKind, Error, ErrorKind},
    event::{CloseInfo, ClosedBy, Event, State},
    hub::{Counters, Hub},
    inbox::lock,
    link::{Ended, Link},
    outage::{Disconnect, Outage, Overrule},
    provider::Attempt,
    queue::{Line, Outbox},
    registry::{Dispatcher, Registry},
    response::UpgradeResponse,
    ruling::{Circumstances, Ruling, rule},
};

/// What handles and the task share.
pub(crate) struct Core {
    pub(crate) tuning: Tuning,
    pub(crate) dialer: Dialer,
    pub(crate) overrule: Option<Overrule>,
    pub(crate) outbox: Arc<Outbox>,
    pub(crate) registry: Arc<Registry>,
    pub(crate) hub: Arc<Hub>,
    pub(crate) state: watch::Sender<State>,
    pub(crate) control: Mutex<Control>,
}

/// Who is waiting for the task, and the way to it.
#[derive(Debug, Default)]
pub(crate) struct Control {
    pub(crate) commands: Option<mpsc::UnboundedSender<Command>>,
    pub(crate) opening: Vec<oneshot::Sender<Result<(), ConnectError>>>,
    pub(crate) ending: Vec<oneshot::Sender<()>>,
    /// Handlers' tasks that themselves wait for the end.
    pub(crate) waiting_handlers: usize,
    /// The subprotocol of the open connection.
    pub(crate) subprotocol: Option<String>,
    /// What the server answered to open it.
    pub(crate) response: Option<UpgradeResponse>,
}

/// From a `connect()` to the end of all attempts.
pub(crate) struct Session {
    core: Arc<Core>,
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
    /// Connections that have ended and are seen off: see [`Link::poll_finish`].
    farewells: JoinSet<()>,
    /// Set by the regular end; without it, the runtime has dropped the task.
    ended: bool,
}

impl Session {
    pub(crate) fn new(
        core: Arc<Core>,
        commands: mpsc::UnboundedReceiver<Command>,
        before: State,
    ) -> Self {
        Self {
            core,
            commands,
            before,
            ever_open: false,
            attempts: 0,
            since: Instant::now(),
            refused: false,
            last_error: None,
            farewells: JoinSet::new(),
            ended: false,
        }
    }

    pub(crate) async fn run(mut self) {
        loop {
            let attempt = Attempt { number: self.attempts, refused: self.refused };
            let core = Arc::clone(&self.core);
            // Boxed, so that its room is free again once the connection is open.
            let dialling = Box::pin(core.dialer.dial(attempt));
            let outage = match self.unless_stopped(dialling).await {
                Err(stop) => return self.stop(stop, None).await,
                Ok(Ok(dialled)) => match self.serve(dialled).await {
                    Ok(outage) => outage,
                    Err((stop, link)) => return self.stop(stop, Some(link)).await,
                },
                Ok(Err(refused)) => refused.into(),
            };
            match self.next_step(outage) {
                Step::Wait(delay) => {
                    if let Err(stop) = self.wait(delay).await {
                        return self.stop(stop, None).await;
                    }
                }
                Step::End(state) => return self.finish(state, None),
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

    fn set_state(&self, state: State) {
        self.core.state.send_replace(state);
    }

    /// An open connection, until it ends by itself (`Ok`) or on request (`Err`).
    async fn serve(&mut self, dialled: Dialled) -> Result<Outage, (Stop, Box<Link>)> {
        let core = Arc::clone(&self.core);
        let (hub, outbox) = (Arc::clone(&core.hub), Arc::clone(&core.outbox));
        let dispatcher = Dispatcher::new(Arc::clone(&core.registry), Arc::clone(&hub));
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
        outbox.set_line(Line::Up);
        let waiting = {
            let mut control = lock(&core.control);
            control.subprotocol = dialled.subprotocol;
            control.response = Some(dialled.response);
            self.set_state(State::Open);
            std::mem::take(&mut control.opening)
        };
        hub.emit(Event::Open);
        for opening in waiting {
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
        // A broken peer gets its answer, one that said goodbye its echo; the next attempt doesn't
        // wait for either.
        if !matches!(ended, Ended::Silent) {
            self.see_off(link, ended).await;
        }
        Ok(outage)
    }

    /// Waits aside for the peer to end the stream of a connection that has ended, within
    /// `close_timeout`.
    async fn see_off(&mut self, mut link: Box<Link>, ended: Ended) {
        // A peer that never ends the stream is left to itself.
        let mut farewell =
            Box::pin(tokio::time::timeout(self.core.tuning.close_timeout, async move {
                poll_fn(|cx| {
                    if let Ended::Broken(broken) = &ended
                        && let Some(code) = broken.code()
                        && link.close(code, cx).is_err()
                    {
                        return Poll::Ready(());
                    }
                    link.poll_finish(cx)
                })
                .await;
            }));
        // What can be written is written here: a task might be aborted before it begins.
        if poll_fn(|cx| Poll::Ready(farewell.as_mut().poll(cx).is_pending())).await {
            while self.farewells.try_join_next().is_some() {}
            self.farewells.spawn(async move {
                let _ = farewell.await;
            });
        }
    }

    /// Ends everything on request, within `close_timeout`.
    async fn stop(mut self, stop: Stop, link: Option<Box<Link>>) {
        let core = Arc::clone(&self.core);
        let deadline = Instant::now() + core.tuning.close_timeout;
        self.set_state(State::Closing);
        core.outbox.set_line(Line::Closing);
        if let Some(link) = link {
            self.close(link, stop, deadline).await;
        }
        self.farewells.shutdown().await;
        // Handlers that are under way may come to their end; then there is silence.
        let exempt = || lock(&core.control).waiting_handlers;
        let _ = tokio::time::timeout_at(deadline, core.hub.tasks_ended(exempt)).await;
        self.finish(State::Closed, Some(stop));
    }

    /// Drains and closes the open connection.
    async fn close(&mut self, mut link: Box<Link>, stop: Stop, deadline: Instant) {
        let (core, code) = (Arc::clone(&self.core), stop.code());
        link.drain(code);
        // Half of the time is for what waits, the rest for the closing handshake.
        let half = Instant::now() + core.tuning.close_timeout / 2;
        let drained = poll_fn(|cx| match link.poll(cx) {
            Poll::Pending if !link.is_closing() => Poll::Pending,
            Poll::Pending => Poll::Ready(None),
            Poll::Ready(ended) => Poll::Ready(Some(ended)),
        });
        let mut ended = tokio::time::timeout_at(half, drained).await.unwrap_or(None);
        if ended.is_none() {
            let closed = poll_fn(|cx| match link.close(code, cx) {
                Ok(()) => link.poll(cx),
                Err(broken) => Poll::Ready(Ended::Broken(broken)),
            });
            ended = tokio::time::timeout_at(deadline, closed).await.ok();
        }
        let clean = matches!(ended, Some(Ended::Closed(..)));
        if clean {
            // The server ends the TCP connection first, so that its port isn't left waiting.
            let _ = tokio::time::timeout_at(deadline, poll_fn(|cx| link.poll_finish(cx))).await;
        }
        drop(link);
        let too_large = matches!(ended, Some(Ended::Closed(Some(MESSAGE_TOO_BIG), _)));
        let lost = core.outbox.connection_lost(too_large);
        core.hub.report_lost(lost);
        let info = CloseInfo { code, reason: String::new(), clean, by: ClosedBy::Client };
        core.hub.emit(Event::Close(info));
    }

    /// Reports an outage and decides what follows.
    fn next_step(&mut self, outage: Outage) -> Step {
        let core = Arc::clone(&self.core);
        let ruling = self.ruling(&outage);
        let first = !self.ever_open && !core.tuning.retry_first_connect;
        let attempts_left =
            core.tuning.max_reconnect_attempts.is_none_or(|max| self.attempts < max);
        let (step, state, end) = match ruling {
            Ruling::Stop => (Step::End(State::Closed), State::Closed, End::Refused),
            Ruling::Retry | Ruling::RetryAfter(_) if first => {
                (Step::End(self.before), self.before, End::NotYet)
            }
            _ if !attempts_left => (Step::End(State::Failed), State::Failed, End::Exhausted),
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
                (Step::Wait(delay), state, End::NotYet)
            }
        };
        let Outage { close, error, .. } = outage;
        let too_large = close
            .as_ref()
            .is_some_and(|close| close.code == MESSAGE_TOO_BIG && close.by == ClosedBy::Server);
        let lost = core.outbox.connection_lost(too_large);
        self.set_state(state);
        self.last_error.clone_from(&error);
        // One `Close` for one `Open`; a client that is refused before it was ever open has one, too.
        let refused = (end == End::Refused && !self.ever_open).then(|| {
            let reason = error.as_ref().map(ToString::to_string).unwrap_or_default();
            CloseInfo::new(1006, reason, ClosedBy::Refused)
        });
        if let Some(error) = error {
            core.hub.emit(Event::Error(error));
        }
        if let Some(info) = close.or(refused) {
            core.hub.emit(Event::Close(info));
        }
        core.hub.report_lost(lost);
        if end == End::Exhausted {
            core.hub.emit(Event::ReconnectFailed);
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
            core.hub.emit(Event::Error(Error::new(ErrorKind::HandlerPanic).about("on_disconnect")));
            ruling
        })
    }

    /// Waits before an attempt, and tells of it.
    async fn wait(&mut self, delay: Duration) -> Result<(), Stop> {
        let core = Arc::clone(&self.core);
        let until = Instant::now() + delay;
        // What is queued may expire meanwhile, and should be told when it does.
        while Instant::now() < until {
            let slice = until.min(Instant::now() + Duration::from_secs(1));
            let slice = if core.tuning.message_ttl.is_some() { slice } else { until };
            self.unless_stopped(tokio::time::sleep_until(slice)).await?;
            let expired = core.outbox.expire(Instant::now());
            core.hub.report_dropped(expired);
        }
        core.hub.emit(Event::Reconnect { attempt: self.attempts });
        // A handler of that event may have had enough.
        self.unless_stopped(std::future::ready(())).await
    }

    /// The end: of all attempts, by a refusal, or on request.
    fn finish(mut self, state: State, stop: Option<Stop>) {
        let core = Arc::clone(&self.core);
        self.ended = true;
        // What ended by itself is still seen off.
        self.farewells.detach_all();
        core.outbox.set_line(Line::Down);
        // Nothing is heard after `disconnect()`.
        core.hub.set_quiet(stop == Some(Stop::Disconnect));
        let abandoned = stop == Some(Stop::Abandon);
        if abandoned {
            let dropped = core.outbox.abandon();
            core.hub.report_dropped(dropped);
        } else if state != State::Idle {
            let count = core.outbox.stopped();
            if count > 0 {
                core.hub.emit(Event::Kept { count });
            }
        }
        let error = match stop {
            Some(_) => Error::new(ConnectErrorKind::Disconnected),
            None => self
                .last_error
                .take()
                .map_or_else(|| Error::new(ConnectErrorKind::Lost), to_connect),
        };
        self.release(state, &error);
        if abandoned {
            core.registry.close();
            core.hub.close();
        }
    }

    /// Lets everybody who waits go on; the task is over.
    fn release(&self, state: State, error: &ConnectError) {
        let (opening, ending) = {
            let mut control = lock(&self.core.control);
            let Control { opening, ending, .. } = std::mem::take(&mut *control);
            self.set_state(state);
            (opening, ending)
        };
        // Whoever called may have stopped waiting.
        for opening in opening {
            let _ = opening.send(Err(error.clone()));
        }
        for ending in ending {
            let _ = ending.send(());
        }
    }
}

/// What ended the attempts, as an error of `connect()`.
fn to_connect(error: Error) -> ConnectError {
    error.map(|kind| match kind {
        ErrorKind::Connect(kind) => kind,
        _ => ConnectErrorKind::Lost,
    })
}

impl Drop for Session {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        // The runtime was shut down under us.
        let (hub, outbox) = (&self.core.hub, &self.core.outbox);
        let was_open = *self.core.state.borrow() == State::Open;
        let lost = outbox.connection_lost(false);
        outbox.set_line(Line::Down);
        outbox.stopped();
        let words = if std::thread::panicking() {
            "the client's task panicked: that is a bug in wirebond"
        } else {
            "the runtime was shut down"
        };
        self.release(State::Closed, &Error::new(ConnectErrorKind::Runtime).context(words));
        if was_open {
            let (reason, by) = (words.to_owned(), ClosedBy::Client);
            hub.emit(Event::Close(CloseInfo { code: 1006, reason, clean: false, by }));
        }
        hub.report_lost(lost);
    }
}

/// The close code of a peer that found a message too big (RFC 6455, section 7.4.1).
const MESSAGE_TOO_BIG: u16 = 1009;

enum Step {
    Wait(Duration),
    End(State),
}

/// Whether and why an outage is the last.
#[derive(PartialEq, Eq)]
enum End {
    NotYet,
    /// No retry would change the answer.
    Refused,
    /// The attempts are used up.
    Exhausted,
}
