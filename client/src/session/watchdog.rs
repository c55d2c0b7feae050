//! One thread for all clients of the process that looks at them once a second while sessions live: a
//! handler that blocks is named while it does, and `disconnect()` ends in time whatever a handler does.
//! It depends on no runtime, since a blocked one is what it looks for.

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Condvar, Mutex, PoisonError, Weak, mpsc},
    thread,
    time::{Duration, Instant},
};

use crate::{
    delivery::inbox::lock,
    error::{Error, ErrorKind},
    event::{Event, Name, State},
    session::shared::Core,
    settings::HeartbeatKind,
    turn::{Id, Polls},
};

/// How often it looks: a handler is reported within two of these.
const LOOK: Duration = Duration::from_secs(1);

/// How long a task gets beyond `close_timeout`, which it keeps by itself unless something holds it up.
const GRACE: Duration = Duration::from_millis(50);

/// How long reports to handlers may hold up the end of a session.
const PATIENCE: Duration = Duration::from_millis(50);

/// For how many looks an open connection may stay unpolled. Its timer fires every 5 s.
const UNDRIVEN: u32 = 8;

struct Watch {
    sessions: Mutex<Sessions>,
    /// Notified when a limit is set.
    changed: Condvar,
}

static WATCH: Watch = Watch {
    sessions: Mutex::new(Sessions { list: BTreeMap::new(), is_watched: false }),
    changed: Condvar::new(),
};

struct Sessions {
    list: BTreeMap<Id, Session>,
    /// Whether the thread is there.
    is_watched: bool,
}

struct Session {
    core: Weak<Core>,
    number: u64,
    polls: Arc<Polls>,
    limit: Option<Limit>,
    /// The count of polls at the last look, and for how many looks it has been that.
    seen: (u64, u32),
    /// What was named for the present poll.
    named: Vec<Name>,
}

/// When a session that is to end is looked at.
struct Limit {
    at: Instant,
    /// The count of polls at the last look.
    polls: Option<u64>,
}

/// Watches a session from now on.
pub(crate) fn watch(core: &Arc<Core>, number: u64, polls: &Arc<Polls>) {
    let mut sessions = lock(&WATCH.sessions);
    let session = Session {
        core: Arc::downgrade(core),
        number,
        polls: Arc::clone(polls),
        limit: None,
        seen: (0, 0),
        named: Vec::new(),
    };
    sessions.list.insert(core.hub.id, session);
    if !sessions.is_watched {
        let thread = thread::Builder::new().name("wirebond-watchdog".to_owned());
        sessions.is_watched = thread.spawn(run).is_ok();
    }
}

/// A session has ended.
pub(crate) fn forget(core: &Core, number: u64) {
    let mut sessions = lock(&WATCH.sessions);
    if sessions.list.get(&core.hub.id).is_some_and(|session| session.number == number) {
        sessions.list.remove(&core.hub.id);
    }
}

/// The session is to end within `close_timeout`.
pub(crate) fn limit(core: &Core) {
    let at = Instant::now() + core.tuning.close_timeout;
    let mut sessions = lock(&WATCH.sessions);
    if let Some(session) = sessions.list.get_mut(&core.hub.id)
        && session.limit.is_none()
    {
        session.limit = Some(Limit { at, polls: None });
        drop(sessions);
        WATCH.changed.notify_one();
    }
}

/// Runs something that may call handlers, and waits for it no longer than [`PATIENCE`].
pub(crate) fn aside(core: &Core, what: impl FnOnce() + Send + 'static) {
    let runtime = core.hub.runtime();
    let (done, finished) = mpsc::channel::<()>();
    let thread = thread::Builder::new().name("wirebond-report".to_owned()).spawn(move || {
        let _entered = runtime.as_ref().map(tokio::runtime::Handle::enter);
        what();
        drop(done);
    });
    if thread.is_ok() {
        // It never sends: its end is what counts.
        let _ = finished.recv_timeout(PATIENCE);
    }
}

fn run() {
    let mut look = Instant::now() + LOOK;
    let mut was_empty = false;
    let mut sessions = lock(&WATCH.sessions);
    loop {
        let limits = sessions.list.values().filter_map(|session| session.limit.as_ref());
        let next = limits.map(|limit| limit.at).min().map_or(look, |limit| limit.min(look));
        let wait = next.saturating_duration_since(Instant::now());
        let waited = WATCH.changed.wait_timeout(sessions, wait);
        (sessions, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let late: Vec<_> = sessions.list.values_mut().filter_map(|own| own.is_late(now)).collect();
        let mut findings = Vec::new();
        if now >= look {
            look = now + LOOK;
            // One more look, for clients that connect again at once.
            if std::mem::replace(&mut was_empty, sessions.list.is_empty()) && was_empty {
                sessions.is_watched = false;
                return;
            }
            findings = sessions.list.values_mut().map(Session::look).collect();
        }
        drop(sessions);
        for (core, number) in late {
            guarded(|| {
                if let Some(core) = core.upgrade() {
                    core.force_end(number);
                    forget(&core, number);
                }
            });
        }
        for finding in findings {
            guarded(|| finding.judge());
        }
        sessions = lock(&WATCH.sessions);
    }
}

/// Goes on after a panic: of a `tracing` subscriber, or of a handler that is dropped with its client.
fn guarded(what: impl FnOnce()) {
    // The panic hook has reported it.
    let _ = catch_unwind(AssertUnwindSafe(what));
}

impl Session {
    /// Whether the session should have ended, and its task has made no step for a while.
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

/// What a look at a session gave.
struct Finding {
    core: Weak<Core>,
    /// Whether a poll of its task has not returned since the last look.
    is_stuck: bool,
    looks: u32,
    named: Vec<Name>,
}

impl Finding {
    fn judge(self) {
        let Some(core) = self.core.upgrade() else { return };
        if !self.is_stuck {
            let drives = core.tuning.heartbeat != HeartbeatKind::Off;
            if self.looks == UNDRIVEN && drives && *core.state.borrow() == State::Open {
                let words = "a current-thread runtime works only while `block_on` runs; use a \
                             multi-thread runtime, or keep one of its threads free";
                report(&core, ErrorKind::RuntimeStalled, None, words);
            }
        }
        if !self.is_stuck && !core.hub.has_tasks() {
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
        let mut entries = core.registry.entries();
        entries.extend(core.hub.entries());
        let stuck = entries.iter().filter(|entry| entry.is_stuck(self.is_stuck));
        let mut names: Vec<_> = stuck.map(|entry| entry.name().clone()).collect();
        names.retain(|name| !self.named.contains(name));
        let words = "it has not returned for more than a second; use an asynchronous handler, or \
                     move the work to `spawn_blocking`";
        for name in &names {
            report(&core, ErrorKind::HandlerBlocked, Some(name), words);
        }
        if self.is_stuck && names.is_empty() && self.named.is_empty() && self.looks == 2 {
            let words = "the client's task has not returned for more than two seconds: a provider, a \
                         policy, a payload's type, or a handler that was taken off";
            report(&core, ErrorKind::HandlerBlocked, None, words);
        }
        if let Some(session) = lock(&WATCH.sessions).list.get_mut(&core.hub.id) {
            session.named.append(&mut names);
        }
    }
}

fn report(core: &Arc<Core>, kind: ErrorKind, name: Option<&Name>, words: &str) {
    let error = Error::new(kind).context(words);
    let error = if let Some(name) = name { error.about(name) } else { error };
    tracing::warn!(name = name.map(tracing::field::debug), "{error}");
    let hub = Arc::clone(&core.hub);
    aside(core, move || hub.emit(Event::Error(error)));
}
