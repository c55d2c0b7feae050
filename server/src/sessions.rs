//! The sessions of a server: which there are, and where their connections are handed to.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    task::{Context, Waker},
    time::Duration,
};

use tokio::time::Instant;
use wirebond_connection::session::{
    Admission, ClientHello, Desync, Directory, GoneReason, Limits, Offer, ServerHello,
};

use crate::{
    connection::Arrival,
    core::Counters,
    log::{Log, Name},
    outbox::{Closing, Drain, Ends, Totals},
    peer::PeerState,
    secret,
    server::SessionStats,
    settings::{MAX_CALLS, Sessions, Settings},
};

/// The close code of a session that is evicted, if it has a connection again meanwhile.
const EVICTED: u16 = Desync::CLOSE_CODE;
/// How many unused offers and ended sessions are remembered, even where fewer sessions are kept.
const FEW: usize = 1_000;
/// How long an ended session is remembered, in times of how long one is kept without a connection.
const REMEMBERED: u32 = 10;
/// How long a client may take to answer the server's `$hello`.
pub(crate) const HELLO_TIMEOUT: Duration = Duration::from_secs(10);

/// The sessions of a server.
#[derive(Debug)]
pub(crate) struct Table {
    /// Identifies the process.
    boot: String,
    settings: Sessions,
    /// What is kept for a client until it is acknowledged.
    hold: Limits,
    state: Mutex<State>,
    pub(crate) totals: Arc<Totals>,
    pub(crate) counters: SessionCounters,
}

#[derive(Debug, Default)]
pub(crate) struct SessionCounters {
    pub(crate) attached: AtomicUsize,
    pub(crate) resumed: AtomicU64,
    pub(crate) gone_expired: AtomicU64,
    pub(crate) gone_unknown: AtomicU64,
    pub(crate) gone_mismatch: AtomicU64,
    pub(crate) evicted: AtomicU64,
    pub(crate) missed: AtomicU64,
    pub(crate) other_contracts: AtomicU64,
    pub(crate) skipped: AtomicU64,
}

#[derive(Debug)]
struct State {
    directory: Directory<Arc<PeerState>>,
    /// Offers that may still be unused, and until when each is kept, in that order.
    offered: VecDeque<(Instant, String)>,
    /// Ended sessions, and until when each is remembered, in that order.
    ended: VecDeque<(Instant, String)>,
    /// Sessions without a connection, the oldest first.
    detached: BTreeMap<u64, Arc<PeerState>>,
    next_ticket: u64,
}

impl Table {
    pub(crate) fn new(settings: &Settings) -> Option<Result<Self, getrandom::Error>> {
        let sessions = settings.sessions.clone()?;
        let hold = settings.session_limits();
        Some(secret::id().map(|boot| Self {
            boot,
            settings: sessions,
            hold,
            state: Mutex::new(State {
                directory: Directory::default(),
                offered: VecDeque::new(),
                ended: VecDeque::new(),
                detached: BTreeMap::new(),
                next_ticket: 0,
            }),
            totals: Arc::default(),
            counters: SessionCounters::default(),
        }))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that may panic runs under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn keep(&self) -> Duration {
        self.settings.keep
    }

    /// Offers a session on a new connection of `owner`.
    pub(crate) fn offer(&self, owner: String) -> Result<ServerHello, getrandom::Error> {
        let keep = self.settings.keep;
        let millis = u64::try_from(keep.as_millis()).unwrap_or(u64::MAX);
        let offer = Offer {
            id: secret::id()?,
            key: secret::key()?,
            keep: millis.min(wirebond_connection::session::MAX_NUMBER),
        };
        let now = Instant::now();
        let mut state = self.lock();
        state.clean(now, &self.settings);
        state.directory.offer(&offer, owner);
        state.offered.push_back((now + keep.max(HELLO_TIMEOUT), offer.id.clone()));
        drop(state);
        Ok(ServerHello::new(self.boot.clone(), offer, self.hold, MAX_CALLS))
    }

    /// A client answers. `begin` makes the peer of a session that begins.
    pub(crate) fn greet(
        &self,
        offered: &str,
        hello: &ClientHello,
        begin: impl FnOnce(&str) -> Arc<PeerState>,
    ) -> Admission<Arc<PeerState>> {
        let mut state = self.lock();
        state.clean(Instant::now(), &self.settings);
        let admission = state.directory.greet(offered, hello, begin);
        drop(state);
        if let Admission::Gone(_, gone) = &admission {
            let counter = match gone.why {
                GoneReason::Expired | GoneReason::Evicted => &self.counters.gone_expired,
                GoneReason::Mismatch => &self.counters.gone_mismatch,
                _ => &self.counters.gone_unknown,
            };
            Counters::add(counter, 1);
        }
        admission
    }

    /// A session continues on a new connection: what that was offered is withdrawn.
    pub(crate) fn resumed(&self, offered: &str) {
        self.lock().directory.withdraw(offered);
        Counters::add(&self.counters.resumed, 1);
    }

    /// A connection is refused: what it was offered is withdrawn.
    pub(crate) fn withdraw(&self, offered: &str) {
        self.lock().directory.withdraw(offered);
    }

    /// A session has ended for this reason; its messages were handled up to `done`.
    pub(crate) fn end(&self, id: &str, done: u64, why: GoneReason) {
        let mut state = self.lock();
        state.directory.ends_for(id, why);
        state.bury(id, done, Instant::now(), &self.settings);
    }

    /// A session is dropped with its task. Nothing is known of it any more.
    pub(crate) fn forget(&self, id: &str) {
        self.lock().directory.take(id);
    }

    /// A session has a connection. Counts it until the result is dropped.
    pub(crate) fn attached(&self) -> IsAttached<'_> {
        self.counters.attached.fetch_add(1, Ordering::Relaxed);
        IsAttached(&self.counters.attached)
    }

    /// A session has a connection no more; it was closed if this side had asked for that. Returns the
    /// session's place among those without one.
    pub(crate) fn detached(&self, peer: &Arc<PeerState>, is_closed: bool) -> Detached<'_> {
        let mut state = self.lock();
        let ticket = state.next_ticket;
        state.next_ticket += 1;
        state.detached.insert(ticket, Arc::clone(peer));
        drop(state);
        peer.outbox.detach(is_closed);
        self.relieve(&peer.core.log);
        Detached { table: self, ticket }
    }

    pub(crate) fn stats(&self) -> SessionStats {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let counters = &self.counters;
        SessionStats {
            attached: counters.attached.load(Ordering::Relaxed),
            detached: self.lock().detached.len(),
            detached_bytes: self.totals.detached_bytes.load(Ordering::Relaxed),
            resumed: read(&counters.resumed),
            gone_expired: read(&counters.gone_expired),
            gone_unknown: read(&counters.gone_unknown),
            gone_mismatch: read(&counters.gone_mismatch),
            evicted: read(&counters.evicted),
            dropped: read(&self.totals.dropped),
            missed: read(&counters.missed),
            other_contracts: read(&counters.other_contracts),
            skipped: read(&counters.skipped),
        }
    }

    /// Ends the oldest sessions without a connection, while there are too many or they hold too much.
    pub(crate) fn relieve(&self, log: &Log) {
        let Sessions { max_detached, .. } = self.settings;
        loop {
            let mut state = self.lock();
            let is_too_many = state.detached.len() > max_detached;
            if !is_too_many && !self.holds_too_much() {
                return;
            }
            let Some((_, peer)) = state.detached.pop_first() else { return };
            drop(state);
            let reason = "too many sessions without a connection";
            peer.outbox.evict(Closing::new(EVICTED, reason, Drain::None, Ends::Evicted));
            self.report_evicted(&peer, is_too_many, log);
        }
    }

    #[cold]
    fn report_evicted(&self, peer: &PeerState, is_too_many: bool, log: &Log) {
        Counters::add(&self.counters.evicted, 1);
        let Sessions { max_detached, max_detached_bytes, .. } = self.settings;
        let why = if is_too_many {
            format!("more than `max_detached` ({max_detached}) have none")
        } else {
            format!("those hold more than `max_detached_bytes` ({max_detached_bytes})")
        };
        let what = format!("a session without a connection was ended before its time: {why}");
        log.warn(Some(peer.id.0), "evicted", what, Name::None);
    }

    /// Whether more bytes are held for sessions without a connection than may be.
    pub(crate) fn holds_too_much(&self) -> bool {
        self.totals.detached_bytes.load(Ordering::Relaxed) > self.settings.max_detached_bytes
    }
}

impl State {
    /// Forgets what is too old or too much.
    fn clean(&mut self, now: Instant, settings: &Sessions) {
        let is_over = |queue: &VecDeque<(Instant, String)>, most: usize| {
            queue.len() > most || queue.front().is_some_and(|(until, _)| *until <= now)
        };
        let most = settings.max_detached.max(FEW);
        while is_over(&self.offered, most) {
            let Some((_, id)) = self.offered.pop_front() else { break };
            if self.directory.is_offered(&id) {
                self.bury(&id, 0, now, settings);
            }
        }
        while is_over(&self.ended, most) {
            let Some((_, id)) = self.ended.pop_front() else { break };
            self.directory.forget(&id);
        }
    }

    fn bury(&mut self, id: &str, done: u64, now: Instant, settings: &Sessions) {
        self.directory.end(id, done);
        let until = now.checked_add(settings.keep.saturating_mul(REMEMBERED));
        self.ended.push_back((until.unwrap_or(now + settings.keep), id.to_owned()));
    }
}

/// A session that has a connection.
pub(crate) struct IsAttached<'a>(&'a AtomicUsize);

impl Drop for IsAttached<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A session's place among those without a connection.
pub(crate) struct Detached<'a> {
    table: &'a Table,
    ticket: u64,
}

impl Drop for Detached<'_> {
    fn drop(&mut self) {
        self.table.lock().detached.remove(&self.ticket);
    }
}

/// Where a session's task is handed its next connection.
#[derive(Debug, Default)]
pub(crate) struct Seat(Mutex<SeatState>);

#[derive(Debug, Default)]
struct SeatState {
    waiting: Option<Box<Arrival>>,
    /// The number of the latest request to resume.
    latest: u64,
    closed: bool,
    task: Option<Waker>,
}

/// Why a connection isn't taken. The connection comes back.
#[derive(Debug)]
pub(crate) enum NotTaken {
    /// A later one was faster.
    Late(Box<Arrival>),
    /// The session has ended.
    Ended(Box<Arrival>),
}

impl Seat {
    fn lock(&self) -> MutexGuard<'_, SeatState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands a connection over. Returns an earlier one that it replaces.
    pub(crate) fn hand_over(
        &self,
        arrival: Box<Arrival>,
        attempt: u64,
    ) -> Result<Option<Box<Arrival>>, NotTaken> {
        let mut seat = self.lock();
        if seat.closed {
            return Err(NotTaken::Ended(arrival));
        }
        if attempt <= seat.latest {
            return Err(NotTaken::Late(arrival));
        }
        seat.latest = attempt;
        let earlier = seat.waiting.replace(arrival);
        let task = seat.task.take();
        drop(seat);
        if let Some(task) = task {
            task.wake();
        }
        Ok(earlier)
    }

    /// Gives a connection back that could not be taken, until the session has ended. Returns it if a later one
    /// waits.
    pub(crate) fn give_back(&self, arrival: Box<Arrival>) -> Option<Box<Arrival>> {
        let mut seat = self.lock();
        if seat.waiting.is_some() {
            return Some(arrival);
        }
        seat.waiting = Some(arrival);
        None
    }

    /// The connection that waits. The task is woken when there is one.
    pub(crate) fn poll(&self, cx: &mut Context<'_>) -> Option<Box<Arrival>> {
        let mut seat = self.lock();
        match &mut seat.task {
            Some(task) => task.clone_from(cx.waker()),
            task => *task = Some(cx.waker().clone()),
        }
        seat.waiting.take()
    }

    /// The session has ended. Returns the connection that waits.
    pub(crate) fn close(&self) -> Option<Box<Arrival>> {
        let mut seat = self.lock();
        (seat.closed, seat.task) = (true, None);
        seat.waiting.take()
    }
}
