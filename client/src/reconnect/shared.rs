//! What handles and the driver share.

use std::{
    sync::{Arc, Mutex, MutexGuard, atomic::AtomicU64},
    time::Duration,
};

use tokio::{
    sync::{Notify, mpsc, oneshot, watch},
    task::JoinSet,
    time::Instant,
};

use wirebond_connection::call::Calls;

use crate::{
    caller::{Id, Polls},
    connect::dial::Dialer,
    delivery::dispatch::Dispatcher,
    delivery::events::Emitter,
    delivery::handler::{Class, HandlerContext},
    delivery::registrations::Registrations,
    delivery::registry::Registry,
    delivery::tasks::Tasks,
    error::{ConnectError, ConnectErrorKind, Error},
    event::{Event, Name, State},
    outbox::{LinkState, Outbox, heartbeat::MakeHeartbeat, reports},
    reconnect::attempt::NextAttempt,
    reconnect::disconnect::ReconnectPolicy,
    reconnect::opening::Openings,
    request::Requests,
    response::UpgradeResponse,
    settings::{CENTURY, Tuning},
    stats::Counters,
    sync::lock,
};

/// The shortest interval between heartbeats that a server may ask for.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(10);

/// What the handles of a client and its driver share.
pub(crate) struct Core {
    pub(crate) id: Id,
    pub(crate) tuning: Tuning,
    pub(crate) dialer: Dialer,
    pub(crate) policy: Option<ReconnectPolicy>,
    /// Makes the heartbeat's message, where that isn't the default form's.
    pub(crate) heartbeat: Option<MakeHeartbeat>,
    pub(crate) openings: Option<Openings>,
    pub(crate) outbox: Arc<Outbox>,
    pub(crate) registry: Arc<Registry>,
    pub(crate) events: Arc<Emitter>,
    pub(crate) tasks: Arc<Tasks>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) registrations: Arc<Registrations>,
    /// Calls that wait for the server's answer: the outbox's.
    pub(crate) calls: Arc<Calls>,
    /// Calls of the server's.
    pub(crate) requests: Arc<Requests>,
    pub(crate) state: watch::Sender<State>,
    pub(crate) control: Mutex<Control>,
    /// Closing handshakes of connections that have ended: see [`ClosingHandshake`](wirebond_connection::link::ClosingHandshake).
    pub(crate) closing_handshakes: Mutex<JoinSet<()>>,
    /// Notified when an attempt is to begin before its time.
    pub(crate) redial: Notify,
}

/// Why a driver ends on request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stop {
    /// `disconnect()`: the queue is kept.
    Disconnect,
    /// The last handle was dropped: nobody will ever connect again.
    Abandon,
}

impl Stop {
    /// The close code (RFC 6455, section 7.4.1).
    pub(crate) const fn code(self) -> u16 {
        match self {
            Self::Disconnect => 1000,
            Self::Abandon => 1001,
        }
    }
}

/// The callers that wait for the driver, and the channel to it.
#[derive(Debug, Default)]
pub(crate) struct Control {
    /// Asks the driver to end. `None` while there is no driver.
    pub(crate) stop: Option<mpsc::UnboundedSender<Stop>>,
    /// The number of the present or last driver.
    pub(crate) driver: u64,
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

impl Core {
    /// Enters a state, and updates the queue accordingly. Must be called while `control` is held.
    pub(crate) fn enter(&self, state: State) {
        self.outbox.set_link(match state {
            State::Idle | State::Connecting | State::Reconnecting { .. } => LinkState::Down,
            State::Open => LinkState::Up,
            State::Closing => LinkState::Closing,
            State::Closed | State::Failed => LinkState::Stopped,
        });
        if matches!(state, State::Closed | State::Failed) {
            self.close_calls();
        }
        self.state.send_replace(state);
    }

    /// Every call ends: no connection will come. What is queued of them is taken back.
    fn close_calls(&self) {
        for id in self.calls.close() {
            self.outbox.withdraw(id);
        }
    }

    /// The control, unless the driver with this number has been replaced or given up.
    pub(crate) fn control_of(&self, driver: u64) -> Option<MutexGuard<'_, Control>> {
        let control = lock(&self.control);
        (control.driver == driver && control.stop.is_some()).then_some(control)
    }

    /// Waits until no handler runs but those that themselves wait for the end.
    pub(crate) async fn handlers_ended(&self) {
        loop {
            let ended = self.tasks.idle.notified();
            if self.is_idle(&lock(&self.control)) {
                return;
            }
            ended.await;
        }
    }

    /// Whether no handler runs but those that themselves wait for the end.
    pub(crate) fn is_idle(&self, control: &Control) -> bool {
        self.tasks.are_over(&control.waiting_handlers)
            && (control.waiting_deliveries > 0 || self.events.is_idle())
    }

    /// The way from a connection of this driver to the subscriptions.
    pub(crate) fn dispatcher(&self, driver: u64) -> Dispatcher {
        let (events, counters) = (Arc::clone(&self.events), Arc::clone(&self.counters));
        let (calls, requests) = (Arc::clone(&self.calls), Arc::clone(&self.requests));
        Dispatcher::new(Arc::clone(&self.registry), events, counters, calls, requests, driver)
    }

    /// What a new handler needs.
    pub(crate) fn handler_context(&self, name: Name, class: Class) -> HandlerContext {
        HandlerContext {
            id: Id::default(),
            client: self.id,
            name,
            class,
            events: Arc::downgrade(&self.events),
            tasks: Arc::clone(&self.tasks),
            counters: Arc::clone(&self.counters),
            polls: Polls::default(),
            untimed: AtomicU64::new(0),
        }
    }

    /// From now on no call of a handler begins for anything that happened before.
    pub(crate) fn silence(&self) {
        let discarded = self.registry.discard();
        self.counters.lagged.add(discarded);
        self.events.silence();
    }

    /// Reports what is queued in a client that has stopped.
    pub(crate) fn report_kept(&self) {
        let count = self.outbox.stopped();
        if count > 0 {
            self.events.emit(Event::Kept { count });
        }
    }

    /// The last handle and the driver are gone: what is queued is dropped and reported, and every
    /// subscription ends.
    pub(crate) fn abandon(&self) {
        self.events.emit_all(reports::lost(self.outbox.abandon()));
        self.close_calls();
        self.registry.close();
        self.events.close();
    }

    /// Sets the heartbeat's interval for the present connection, or the one that is being opened.
    pub(crate) fn set_heartbeat_interval(&self, interval: Duration) {
        let interval = interval.clamp(SHORTEST_INTERVAL, CENTURY);
        self.outbox.set_heartbeat(interval, self.tuning.heartbeat_timeout_for(interval));
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

    /// Fails every `connect()` that waits: a handler has blocked the driver for too long.
    pub(crate) fn refuse_opening(&self) {
        let opening = std::mem::take(&mut lock(&self.control).opening);
        let message = "a handler blocks the client's task";
        let error = Error::new(ConnectErrorKind::Timeout).context(message);
        answer(opening, Vec::new(), &error);
    }
}

/// Resolves every `connect()` with `error`, and every wait for the driver's end.
pub(crate) fn answer(
    opening: Vec<oneshot::Sender<Result<(), ConnectError>>>,
    ending: Vec<oneshot::Sender<()>>,
    error: &ConnectError,
) {
    // The caller may have stopped waiting.
    for opening in opening {
        let _ = opening.send(Err(error.clone()));
    }
    for ending in ending {
        let _ = ending.send(());
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        // Closing handshakes that are under way continue without the client.
        lock(&self.closing_handshakes).detach_all();
    }
}
