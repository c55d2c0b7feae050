//! One thread for all clients of the process that checks their drivers once a second: it reports a
//! handler that blocks while it does, and ends `disconnect()` in time whatever a handler does. It uses no
//! runtime, since a blocked runtime is what it looks for.

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Condvar, Mutex, PoisonError, Weak, mpsc},
    thread,
    time::{Duration, Instant},
};

use crate::{
    caller::{Id, Polls},
    error::{ConnectErrorKind, Error, ErrorKind},
    event::{CloseInfo, ClosedBy, Event, Name, State},
    outbox::reports,
    reconnect::shared::{Core, answer},
    settings::HeartbeatKind,
    sync::lock,
};

/// The interval of its looks: a handler is reported within two of these.
const LOOK: Duration = Duration::from_secs(1);

/// How long a driver gets beyond `close_timeout`, which it keeps by itself unless something blocks it.
const GRACE: Duration = Duration::from_millis(50);

/// How long reports to handlers may delay the end of a driver.
const PATIENCE: Duration = Duration::from_millis(50);

/// For how many looks an open connection may stay unpolled. Its timer fires every 5 s.
const UNDRIVEN: u32 = 8;

static WATCHED: Mutex<Watched> =
    Mutex::new(Watched { drivers: BTreeMap::new(), is_running: false });

/// Notified when a limit is set.
static CHANGED: Condvar = Condvar::new();

struct Watched {
    /// By their client.
    drivers: BTreeMap<Id, Watch>,
    /// Whether the thread is running.
    is_running: bool,
}

/// A driver that is watched.
struct Watch {
    core: Weak<Core>,
    number: u64,
    polls: Arc<Polls>,
    limit: Option<Limit>,
    /// The count of polls at the last look, and for how many looks it has been that.
    seen: (u64, u32),
    /// What was reported for the present poll.
    named: Vec<Name>,
}

/// When a driver that is to end is checked.
struct Limit {
    at: Instant,
    /// The count of polls at the last look.
    polls: Option<u64>,
}

/// Watches a driver from now on.
pub(crate) fn watch(core: &Arc<Core>, number: u64, polls: &Arc<Polls>) {
    let mut watched = lock(&WATCHED);
    let watch = Watch {
        core: Arc::downgrade(core),
        number,
        polls: Arc::clone(polls),
        limit: None,
        seen: (0, 0),
        named: Vec::new(),
    };
    watched.drivers.insert(core.id, watch);
    if !watched.is_running {
        let thread = thread::Builder::new().name("wirebond-watchdog".to_owned());
        watched.is_running = thread.spawn(run).is_ok();
    }
}

/// Watches a driver no longer: it has ended.
pub(crate) fn forget(core: &Core, number: u64) {
    let mut watched = lock(&WATCHED);
    if watched.drivers.get(&core.id).is_some_and(|watch| watch.number == number) {
        watched.drivers.remove(&core.id);
    }
}

/// Gives up a client's driver unless it ends within `close_timeout`.
pub(crate) fn limit(core: &Core) {
    let at = Instant::now() + core.tuning.close_timeout;
    let mut watched = lock(&WATCHED);
    if let Some(watch) = watched.drivers.get_mut(&core.id)
        && watch.limit.is_none()
    {
        watch.limit = Some(Limit { at, polls: None });
        drop(watched);
        CHANGED.notify_one();
    }
}

/// Runs something that may call handlers, and waits for it no longer than [`PATIENCE`].
fn aside(core: &Core, what: impl FnOnce() + Send + 'static) {
    let runtime = core.tasks.runtime();
    let (done, finished) = mpsc::channel::<()>();
    let thread = thread::Builder::new().name("wirebond-report".to_owned()).spawn(move || {
        let _entered = runtime.as_ref().map(tokio::runtime::Handle::enter);
        what();
        drop(done);
    });
    if thread.is_ok() {
        // It never sends: the receiver only waits for its end.
        let _ = finished.recv_timeout(PATIENCE);
    }
}

fn run() {
    let mut look = Instant::now() + LOOK;
    let mut was_empty = false;
    let mut watched = lock(&WATCHED);
    loop {
        let limits = watched.drivers.values().filter_map(|watch| watch.limit.as_ref());
        let next = limits.map(|limit| limit.at).min().map_or(look, |limit| limit.min(look));
        let wait = next.saturating_duration_since(Instant::now());
        let waited = CHANGED.wait_timeout(watched, wait);
        (watched, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let late: Vec<_> =
            watched.drivers.values_mut().filter_map(|own| own.is_late(now)).collect();
        let mut findings = Vec::new();
        if now >= look {
            look = now + LOOK;
            // One more look, for clients that connect again at once.
            if std::mem::replace(&mut was_empty, watched.drivers.is_empty()) && was_empty {
                watched.is_running = false;
                return;
            }
            findings = watched.drivers.values_mut().map(Watch::look).collect();
        }
        drop(watched);
        for (core, number) in late {
            guarded(|| {
                if let Some(core) = core.upgrade() {
                    give_up(&core, number);
                    forget(&core, number);
                }
            });
        }
        for finding in findings {
            guarded(|| finding.judge());
        }
        watched = lock(&WATCHED);
    }
}

/// Ends a client whose driver a handler blocks: `close_timeout` is over. The driver finds out when the
/// handler returns, and does nothing more.
fn give_up(core: &Arc<Core>, driver: u64) {
    let Some(mut control) = core.control_of(driver) else { return };
    control.driver += 1;
    core.registry.set_driver(control.driver);
    control.stop = None;
    let (opening, ending) =
        (std::mem::take(&mut control.opening), std::mem::take(&mut control.ending));
    (control.subprotocol, control.response) = (None, None);
    (control.next, control.redial) = (None, false);
    core.registry.set_driver(control.driver);
    let lost = core.outbox.disconnected(false);
    core.enter(State::Closed);
    let abandoned = control.abandoned;
    drop(control);
    lock(&core.closing_handshakes).abort_all();
    let own = Arc::clone(core);
    aside(core, move || {
        if own.events.is_open() {
            let info = CloseInfo::new(1000, "", ClosedBy::Client);
            own.events.emit(Event::Close(info));
        }
        own.events.emit_all(reports::lost(lost));
        if abandoned {
            own.events.emit_all(reports::lost(own.outbox.abandon()));
        } else {
            own.report_kept();
        }
    });
    core.silence();
    if abandoned {
        let own = Arc::clone(core);
        aside(core, move || own.abandon());
    }
    answer(opening, ending, &Error::new(ConnectErrorKind::Disconnected));
}

/// Continues after a panic of a `tracing` subscriber, or of a handler that is dropped with its client.
fn guarded(what: impl FnOnce()) {
    // The panic hook has reported it.
    let _ = catch_unwind(AssertUnwindSafe(what));
}

impl Watch {
    /// Whether the driver should have ended, and has not been polled for a while.
    fn is_late(&mut self, now: Instant) -> Option<(Weak<Core>, u64)> {
        let limit = self.limit.as_mut().filter(|limit| now >= limit.at)?;
        let polls = self.polls.count();
        let stands = limit.polls.replace(polls) == Some(polls);
        limit.at = now + GRACE;
        stands.then(|| (Weak::clone(&self.core), self.number))
    }

    fn look(&mut self) -> Finding {
        let polls = self.polls.count();
        let looks = if self.seen.0 == polls { self.seen.1 + 1 } else { 0 };
        if looks == 0 {
            self.named.clear();
        }
        self.seen = (polls, looks);
        Finding {
            core: Weak::clone(&self.core),
            is_stuck: polls % 2 == 1 && looks > 0,
            looks,
            named: self.named.clone(),
        }
    }
}

/// What a look at a driver found.
struct Finding {
    core: Weak<Core>,
    /// Whether a poll of it has not returned since the last look.
    is_stuck: bool,
    looks: u32,
    named: Vec<Name>,
}

impl Finding {
    fn judge(self) {
        let Some(core) = self.core.upgrade() else { return };
        if !self.is_stuck {
            let drives = core.tuning.heartbeat() != HeartbeatKind::Off;
            if self.looks == UNDRIVEN && drives && *core.state.borrow() == State::Open {
                let message = "a current-thread runtime works only while `block_on` runs; use a \
                             multi-thread runtime, or keep one of its threads free";
                report(&core, ErrorKind::RuntimeStalled, None, message);
            }
        }
        if !self.is_stuck && core.tasks.are_over(&[]) {
            return;
        }
        if self.is_stuck {
            core.outbox.stall_flushes();
            if LOOK * self.looks >= core.tuning.stall_timeout {
                // The handler may itself be what waits.
                core.outbox.refuse_waiting();
                core.refuse_opening();
            }
        }
        let mut subscribers = core.registry.subscribers();
        subscribers.extend(core.events.subscribers());
        let stuck = subscribers.iter().filter(|one| one.is_stuck(self.is_stuck));
        let mut names: Vec<_> = stuck.map(|subscriber| subscriber.name().clone()).collect();
        names.retain(|name| !self.named.contains(name));
        let message = "it has not returned for more than a second; use an asynchronous handler, or \
                     move the work to `spawn_blocking`";
        for name in &names {
            report(&core, ErrorKind::HandlerBlocked, Some(name), message);
        }
        if self.is_stuck && names.is_empty() && self.named.is_empty() && self.looks == 2 {
            let message = "the client's task has not returned for more than two seconds: a provider, a \
                         policy, a payload's type, or a handler that was taken off";
            report(&core, ErrorKind::HandlerBlocked, None, message);
        }
        if let Some(watch) = lock(&WATCHED).drivers.get_mut(&core.id) {
            watch.named.append(&mut names);
        }
    }
}

fn report(core: &Arc<Core>, kind: ErrorKind, name: Option<&Name>, message: &str) {
    let error = Error::new(kind).context(message);
    let error = if let Some(name) = name { error.about(name) } else { error };
    tracing::warn!(name = name.map(tracing::field::debug), "{error}");
    let events = Arc::clone(&core.events);
    aside(core, move || events.emit(Event::Error(error)));
}
