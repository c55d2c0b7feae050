//! What handles and the task share, and the ways a session begins and ends.

use std::{
    future::Future,
    sync::{Arc, Mutex, MutexGuard},
};

use tokio::{
    runtime::Handle,
    sync::{Notify, mpsc, oneshot, watch},
    task::JoinSet,
    time::Instant,
};

use crate::{
    connect::dial::Dialer,
    connect::drivers,
    connect::response::UpgradeResponse,
    delivery::hub::Hub,
    delivery::inbox::lock,
    delivery::registry::Registry,
    error::{ConnectError, ConnectErrorKind, Error},
    event::{CloseInfo, ClosedBy, Event, State},
    outbox::queue::{Line, Outbox},
    session::attempt::NextAttempt,
    session::command::{Command, Stop},
    session::disconnect::Overrule,
    session::driver::{Begin, Session},
    session::watchdog,
    settings::Tuning,
    turn::{Id, Polls, Task},
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
    /// Closing handshakes of connections that have ended: see [`Link::poll_finish`](crate::link::Link).
    pub(crate) farewells: Mutex<JoinSet<()>>,
    /// Notified when an attempt is to begin before its time.
    pub(crate) redial: Notify,
}

/// Who is waiting for the task, and the way to it.
#[derive(Debug, Default)]
pub(crate) struct Control {
    /// There while a session lives.
    pub(crate) commands: Option<mpsc::UnboundedSender<Command>>,
    /// The number of the present or last session.
    pub(crate) session: u64,
    pub(crate) opening: Vec<oneshot::Sender<Result<(), ConnectError>>>,
    pub(crate) ending: Vec<oneshot::Sender<()>>,
    /// Handlers that themselves wait for the end, one for each call of `disconnect()`.
    pub(crate) waiting_handlers: Vec<Id>,
    /// How many synchronous handlers of events wait for the end.
    pub(crate) waiting_deliveries: usize,
    /// The subprotocol of the open connection.
    pub(crate) subprotocol: Option<String>,
    /// What the server answered to open it.
    pub(crate) response: Option<UpgradeResponse>,
    /// The attempt that waits or is under way, and whether it waits.
    pub(crate) next: Option<(NextAttempt, bool)>,
    /// Whether the attempt that waits is to begin at once.
    pub(crate) redial: bool,
    /// Whether the last handle was dropped.
    pub(crate) abandoned: bool,
}

/// What waits for the end of a session.
pub(crate) type Ended = oneshot::Receiver<()>;

/// A session's task that is still to be spawned, when no lock is held: a runtime that is shut down
/// drops it at once.
pub(crate) struct Unspawned<F>(Handle, F);

impl<F: Future<Output = ()> + Send + 'static> Unspawned<F> {
    pub(crate) fn spawn(self) {
        self.0.spawn(self.1);
    }
}

impl Core {
    /// Enters a state, with what it means for the queue. To be called while `control` is held.
    pub(crate) fn enter(&self, state: State) {
        self.outbox.set_line(match state {
            State::Idle | State::Connecting | State::Reconnecting { .. } => Line::Down,
            State::Open => Line::Up,
            State::Closing => Line::Closing,
            State::Closed | State::Failed => Line::Stopped,
        });
        self.state.send_replace(state);
    }

    /// The shared control, unless this session isn't the present one any more.
    pub(crate) fn control_of(&self, session: u64) -> Option<MutexGuard<'_, Control>> {
        let control = lock(&self.control);
        (control.session == session && control.commands.is_some()).then_some(control)
    }

    /// Makes a session and the way to it.
    pub(crate) fn start(
        self: &Arc<Self>,
        control: &mut Control,
        runtime: Handle,
        begin: Begin,
    ) -> Unspawned<impl Future<Output = ()> + Send + 'static> {
        let (commands, receiver) = mpsc::unbounded_channel();
        control.commands = Some(commands);
        control.session += 1;
        self.hub.set_session(control.session);
        self.hub.set_runtime(runtime.clone());
        let before = *self.state.borrow();
        let polls = Arc::new(Polls::default());
        watchdog::watch(self, control.session, &polls);
        let session = Session::new(Arc::clone(self), receiver, before, control.session);
        Unspawned(runtime, Task::new(self.hub.id, polls, session.run(begin)))
    }

    /// Waits until no handler runs but those that themselves wait for the end.
    pub(crate) async fn handlers_ended(&self) {
        loop {
            let ended = self.hub.idle.notified();
            if self.is_idle() {
                return;
            }
            ended.await;
        }
    }

    fn is_idle(&self) -> bool {
        let control = lock(&self.control);
        self.hub.is_idle(&control.waiting_handlers, control.waiting_deliveries == 0)
    }

    /// No call of a handler begins any more for what happened before.
    pub(crate) fn silence(&self) {
        let discarded = self.registry.discard();
        self.hub.counters.discarded(discarded);
        self.hub.silence();
    }

    /// Begins to disconnect. `None`: that is done already.
    pub(crate) fn disconnect(self: &Arc<Self>) -> Option<Ended> {
        let (ending, ended) = oneshot::channel();
        let mut control = lock(&self.control);
        if let Some(commands) = &control.commands {
            // The task looks for commands for the last time while it holds this lock.
            let _ = commands.send(Command(Stop::Disconnect));
            control.ending.push(ending);
            drop(control);
            watchdog::limit(self);
            return Some(ended);
        }
        let exempt = control.waiting_deliveries == 0;
        let are_closed = {
            let mut farewells = lock(&self.farewells);
            while farewells.try_join_next().is_some() {}
            farewells.is_empty()
        };
        let is_over = are_closed && self.hub.is_idle(&control.waiting_handlers, exempt);
        let current = || Handle::try_current().ok().filter(|_| drivers::have_time());
        if !is_over && let Some(runtime) = current().or_else(|| self.hub.runtime()) {
            let task = self.start(&mut control, runtime, Begin::Stop);
            self.enter(State::Closing);
            control.ending.push(ending);
            drop(control);
            task.spawn();
            watchdog::limit(self);
            return Some(ended);
        }
        let before = *self.state.borrow();
        if before != State::Closed {
            self.enter(State::Closed);
        }
        drop(control);
        if before == State::Idle {
            self.report_kept();
        }
        self.silence();
        None
    }

    /// Reports what is queued in a client that has stopped.
    pub(crate) fn report_kept(&self) {
        let count = self.outbox.stopped();
        if count > 0 {
            self.hub.emit(Event::Kept { count });
        }
    }

    /// The last handle is gone and no session is left: what is queued is dropped and reported, and
    /// every subscription ends.
    pub(crate) fn abandon(&self) {
        self.hub.report_dropped(self.outbox.abandon());
        self.registry.close();
        self.hub.close();
    }

    /// Begins the attempt that waits, if one does.
    pub(crate) fn reconnect_now(&self) -> bool {
        let mut control = lock(&self.control);
        let Some((next, true)) = &mut control.next else { return false };
        next.begin_at(Instant::now());
        control.redial = true;
        drop(control);
        self.redial.notify_waiters();
        true
    }

    /// A handler has held the task up for too long: whoever waits for a connection waits in vain.
    pub(crate) fn refuse_opening(&self) {
        let opening = std::mem::take(&mut lock(&self.control).opening);
        let words = "a handler blocks the client's task";
        let error = Error::new(ConnectErrorKind::Timeout).context(words);
        answer(opening, Vec::new(), &error);
    }

    /// Ends a session whose task a handler holds up: `close_timeout` is over. The task finds out when it
    /// goes on, and does nothing more.
    pub(crate) fn force_end(self: &Arc<Self>, session: u64) {
        let Some(mut control) = self.control_of(session) else { return };
        control.session += 1;
        self.hub.set_session(control.session);
        control.commands = None;
        let (opening, ending) =
            (std::mem::take(&mut control.opening), std::mem::take(&mut control.ending));
        (control.subprotocol, control.response) = (None, None);
        (control.next, control.redial) = (None, false);
        self.registry.retire();
        let lost = self.outbox.connection_lost(false);
        self.enter(State::Closed);
        let abandoned = control.abandoned;
        drop(control);
        lock(&self.farewells).abort_all();
        let core = Arc::clone(self);
        watchdog::aside(self, move || {
            if core.hub.is_open() {
                let info = CloseInfo::new(1000, "", ClosedBy::Client);
                core.hub.emit(Event::Close(info));
            }
            core.hub.report_lost(lost);
            if abandoned {
                core.hub.report_dropped(core.outbox.abandon());
            } else {
                core.report_kept();
            }
        });
        self.silence();
        if abandoned {
            let core = Arc::clone(self);
            watchdog::aside(self, move || core.abandon());
        }
        answer(opening, ending, &Error::new(ConnectErrorKind::Disconnected));
    }
}

/// Lets everybody who waits go on.
pub(crate) fn answer(
    opening: Vec<oneshot::Sender<Result<(), ConnectError>>>,
    ending: Vec<oneshot::Sender<()>>,
    error: &ConnectError,
) {
    // Whoever called may have stopped waiting.
    for opening in opening {
        let _ = opening.send(Err(error.clone()));
    }
    for ending in ending {
        let _ = ending.send(());
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        // Closing handshakes that are under way go on.
        lock(&self.farewells).detach_all();
    }
}
