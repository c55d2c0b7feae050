//! What a server's handles and its connections share.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    ops::Range,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use tokio::{runtime::Handle, sync::watch};
use wirebond_connection::session::Limits;

use crate::{
    call::PeerCalls,
    connection::{Delivery, Slot},
    error::SendError,
    handler::Handlers,
    identity::Identity,
    log::Log,
    outbox::{Closing, Drain, Ends, Outbox, Pushed, WhenFull},
    peer::{PeerId, PeerState, SessionOfPeer},
    server::{Alive, Server},
    sessions::{Seat, Table},
    settings::{Settings, SlowPeer},
    wire::Wire,
};

#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) settings: Settings,
    pub(crate) handlers: Handlers,
    pub(crate) wire: Wire,
    pub(crate) counters: Counters,
    pub(crate) log: Log,
    /// If clients may have sessions.
    pub(crate) sessions: Option<Table>,
    peers: Mutex<BTreeMap<PeerId, Arc<PeerState>>>,
    rooms: Mutex<Groups>,
    users: Mutex<Groups>,
    places: watch::Sender<Places>,
    /// Turns true when no more connections are accepted.
    stopping: watch::Sender<bool>,
    /// Turns true when tasks must end at once.
    abort: watch::Sender<bool>,
    alive: Mutex<Weak<Alive>>,
    /// The runtime of the connections.
    runtime: OnceLock<Handle>,
}

/// How many peers are not worth a task that writes to them.
const FEW: usize = 4;

/// The close code for a peer that reads too slowly.
const TOO_SLOW: u16 = 4408;

/// The next peer's number, in this process.
static NEXT: AtomicU64 = AtomicU64::new(1);
/// The next call's number, in this process: an answer that comes late is never another call's.
static NEXT_CALL: AtomicU64 = AtomicU64::new(1);

/// Who counts against the limits.
#[derive(Debug, Default)]
struct Places {
    /// Connections, until they are closed and, without a session, their handlers have returned.
    taken: usize,
    /// The tasks of sessions, with or without a connection.
    sessions: usize,
    /// Connections and sessions whose handlers are still running.
    unfinished: usize,
    /// By user, if there is a limit.
    users: HashMap<String, usize>,
    /// How connections are closed once no more are accepted.
    stopped: Option<Closing>,
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) connected: AtomicU64,
    pub(crate) refused: AtomicU64,
    pub(crate) received: AtomicU64,
    pub(crate) unhandled: AtomicU64,
    pub(crate) malformed: AtomicU64,
    pub(crate) too_slow: AtomicU64,
    /// Messages that waited at the end of a peer.
    pub(crate) undelivered: AtomicU64,
}

impl Counters {
    pub(crate) fn add(counter: &AtomicU64, count: u64) {
        counter.fetch_add(count, Ordering::Relaxed);
    }
}

/// The peers of one name.
#[derive(Debug, Default)]
struct Members {
    peers: BTreeMap<PeerId, Arc<PeerState>>,
    /// The same, once somebody has asked for them; until they change.
    list: Option<Arc<[Arc<PeerState>]>>,
}

/// Peers by a name that they share.
#[derive(Debug, Default)]
struct Groups {
    members: HashMap<Arc<str>, Members>,
    of_peer: HashMap<PeerId, HashSet<Arc<str>>>,
}

impl Groups {
    fn add(&mut self, name: &str, peer: &Arc<PeerState>, most: usize) -> bool {
        let names = self.of_peer.entry(peer.id).or_default();
        if names.contains(name) {
            return true;
        }
        if names.len() >= most {
            return false;
        }
        let name = self
            .members
            .get_key_value(name)
            .map_or_else(|| name.into(), |(name, _)| Arc::clone(name));
        names.insert(Arc::clone(&name));
        let members = self.members.entry(name).or_default();
        members.peers.insert(peer.id, Arc::clone(peer));
        members.list = None;
        true
    }

    fn remove(&mut self, name: &str, peer: PeerId) {
        if let Some(names) = self.of_peer.get_mut(&peer) {
            names.remove(name);
            if names.is_empty() {
                self.of_peer.remove(&peer);
            }
        }
        if let Some(members) = self.members.get_mut(name) {
            members.peers.remove(&peer);
            members.list = None;
            if members.peers.is_empty() {
                self.members.remove(name);
            }
        }
    }

    fn remove_all(&mut self, peer: PeerId) {
        for name in self.of_peer.remove(&peer).unwrap_or_default() {
            self.remove(&name, peer);
        }
    }

    fn members(&mut self, name: &str) -> Arc<[Arc<PeerState>]> {
        let Some(Members { peers, list }) = self.members.get_mut(name) else { return Arc::new([]) };
        Arc::clone(list.get_or_insert_with(|| peers.values().cloned().collect()))
    }
}

/// Why a connection isn't accepted, as an HTTP status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// 503: shutting down, or full.
    Unavailable,
    /// 429: this user has too many.
    TooMany,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing that may panic runs under these locks.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Core {
    pub(crate) fn new(
        settings: Settings,
        handlers: Handlers,
        wire: Wire,
    ) -> Result<Self, getrandom::Error> {
        Ok(Self {
            sessions: Table::new(&settings).transpose()?,
            settings,
            handlers,
            wire,
            counters: Counters::default(),
            log: Log::default(),
            peers: Mutex::default(),
            rooms: Mutex::default(),
            users: Mutex::default(),
            places: watch::Sender::default(),
            stopping: watch::Sender::new(false),
            abort: watch::Sender::new(false),
            alive: Mutex::default(),
            runtime: OnceLock::new(),
        })
    }

    pub(crate) fn next_call() -> u64 {
        NEXT_CALL.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) fn set_alive(&self, alive: &Arc<Alive>) {
        *lock(&self.alive) = Arc::downgrade(alive);
    }

    /// A handle, if there is still one.
    pub(crate) fn handle(self: &Arc<Self>) -> Option<Server> {
        let alive = lock(&self.alive).upgrade()?;
        Some(Server { core: Arc::clone(self), alive })
    }

    /// Reserves a place for a connection of this identity before its request is answered, so that
    /// concurrent requests can't exceed a limit together.
    pub(crate) fn take_place(self: &Arc<Self>, identity: &Identity) -> Result<Place, Refused> {
        let Settings { max_peers, max_peers_per_user, .. } = &self.settings;
        let user = max_peers_per_user.and(identity.name());
        let mut result = Ok(());
        self.places.send_if_modified(|places| {
            let of_user = user.and_then(|user| places.users.get(user)).copied().unwrap_or(0);
            if places.stopped.is_some() || max_peers.is_some_and(|most| places.taken >= most) {
                result = Err(Refused::Unavailable);
            } else if user.is_some() && max_peers_per_user.is_some_and(|most| of_user >= most) {
                result = Err(Refused::TooMany);
            } else {
                places.taken += 1;
                places.unfinished += 1;
                if let Some(user) = user {
                    places.users.insert(user.to_owned(), of_user + 1);
                }
            }
            result.is_ok()
        });
        result.map(|()| Place {
            core: Arc::clone(self),
            user: user.map(str::to_owned),
            finished: AtomicBool::new(false),
        })
    }

    /// Makes the peer of a connection, or of a session with this name.
    pub(crate) fn new_peer(
        self: &Arc<Self>,
        identity: Identity,
        subprotocol: Option<String>,
        session: Option<&str>,
    ) -> Arc<PeerState> {
        let id = PeerId(NEXT.fetch_add(1, Ordering::Relaxed));
        let Settings { queue_messages, queue_bytes, .. } = self.settings;
        let (outbox, session) = match session.zip(self.sessions.as_ref()) {
            None => (Outbox::new(queue_messages, queue_bytes), None),
            Some((name, table)) => {
                let limits = Limits { messages: queue_messages, bytes: self.settings.hold() };
                let session = SessionOfPeer { name: name.to_owned(), seat: Seat::default() };
                (Outbox::of_session(limits, Arc::clone(&table.totals)), Some(session))
            }
        };
        Arc::new(PeerState {
            connection: Slot::default(),
            id,
            core: Arc::clone(self),
            identity,
            subprotocol,
            outbox,
            session,
            calls: PeerCalls::default(),
        })
    }

    /// Adds a peer. If the server has stopped since its place was reserved, the peer is closed at once.
    pub(crate) fn add_peer(&self, peer: &Arc<PeerState>) {
        lock(&self.peers).insert(peer.id, Arc::clone(peer));
        if let Some(user) = peer.identity.name() {
            lock(&self.users).add(user, peer, usize::MAX);
        }
        // `stop` does this in the opposite order, so that one of the two always notices the other.
        let stopped = self.places.borrow().stopped.clone();
        if let Some(closing) = stopped {
            peer.outbox.close(closing);
        }
    }

    /// Queues a message to one of several peers; [`deliver`](Self::deliver) has it written. A peer that can't
    /// keep up misses it and learns so, or is closed: [`SendError::QueueFull`] means that it is closed now.
    pub(crate) fn push(&self, peer: &PeerState, frame: Bytes) -> Result<Pushed, SendError> {
        let slow = self.settings.sessions.as_ref().map_or(SlowPeer::Close, |one| one.slow_peer);
        let when_full = if slow == SlowPeer::Gap { WhenFull::Drop } else { WhenFull::Fail };
        let pushed = peer.outbox.push_listed(frame, when_full);
        match &pushed {
            Ok(pushed) => self.relieve(peer, pushed),
            Err(SendError::QueueFull) => {
                let closing = Closing::new(TOO_SLOW, "too slow", Drain::None, Ends::Session);
                // Another sender may have been faster.
                if !peer.outbox.close(closing) {
                    return Err(SendError::Gone);
                }
                Counters::add(&self.counters.too_slow, 1);
            }
            Err(_) => {}
        }
        pushed
    }

    /// Writes what is listed for some peers.
    pub(crate) fn deliver(&self, peers: &Arc<[Arc<PeerState>]>, range: Range<usize>) {
        let delivery = Delivery::new(peers, range);
        match self.runtime.get() {
            Some(runtime) if peers.len() > FEW => drop(runtime.spawn(delivery)),
            // Their own tasks do it.
            _ => drop(delivery),
        }
    }

    /// A connection begins, in a task of this runtime.
    pub(crate) fn enter_runtime(&self) {
        self.runtime.get_or_init(Handle::current);
    }

    /// A message was accepted for a peer: counts it if it was skipped, and keeps what is held for sessions
    /// without a connection within its bound.
    pub(crate) fn relieve(&self, peer: &PeerState, pushed: &Pushed) {
        if let Some(table) = self.sessions.as_ref().filter(|_| peer.session.is_some()) {
            if pushed.is_skipped {
                Counters::add(&table.counters.skipped, 1);
            }
            if table.holds_too_much() {
                table.relieve();
            }
        }
    }

    /// A peer's connection has ended: it is in no room any more.
    pub(crate) fn remove_peer(&self, id: PeerId) {
        lock(&self.peers).remove(&id);
        lock(&self.users).remove_all(id);
        lock(&self.rooms).remove_all(id);
    }

    pub(crate) fn join(&self, peer: &Arc<PeerState>, room: &str) -> bool {
        let mut rooms = lock(&self.rooms);
        // A peer that is being removed loses its rooms after this lock.
        lock(&self.peers).contains_key(&peer.id) && rooms.add(room, peer, self.settings.max_rooms)
    }

    pub(crate) fn leave(&self, peer: PeerId, room: &str) {
        lock(&self.rooms).remove(room, peer);
    }

    pub(crate) fn in_room(&self, room: &str) -> Arc<[Arc<PeerState>]> {
        lock(&self.rooms).members(room)
    }

    pub(crate) fn of_user(&self, user: &str) -> Arc<[Arc<PeerState>]> {
        lock(&self.users).members(user)
    }

    pub(crate) fn everyone(&self) -> Vec<Arc<PeerState>> {
        lock(&self.peers).values().cloned().collect()
    }

    pub(crate) fn count_peers(&self) -> usize {
        lock(&self.peers).len()
    }

    /// The number of connections that count against the limits.
    pub(crate) fn count_connections(&self) -> usize {
        self.places.borrow().taken
    }

    /// Accepts no more connections, and returns the present ones. One that is still added later is
    /// closed in the same way.
    pub(crate) fn stop(&self, closing: &Closing) -> Vec<Arc<PeerState>> {
        self.places.send_modify(|places| {
            places.stopped.get_or_insert_with(|| closing.clone());
        });
        self.stopping.send_replace(true);
        self.everyone()
    }

    /// Ends every connection's task at once.
    pub(crate) fn abort(&self) {
        self.abort.send_replace(true);
    }

    pub(crate) fn stopping(&self) -> watch::Receiver<bool> {
        self.stopping.subscribe()
    }

    pub(crate) fn aborted(&self) -> watch::Receiver<bool> {
        self.abort.subscribe()
    }

    /// A session's task begins.
    pub(crate) fn begin_session(self: &Arc<Self>) -> SessionTask {
        self.places.send_modify(|places| {
            places.sessions += 1;
            places.unfinished += 1;
        });
        SessionTask(Arc::clone(self))
    }

    /// The number of connections and sessions whose handlers are still running.
    pub(crate) fn count_unfinished(&self) -> usize {
        self.places.borrow().unfinished
    }

    /// Resolves when no task of a connection or a session is left.
    pub(crate) async fn tasks_ended(&self) {
        // The sender lives as long as this does.
        let _ =
            self.places.subscribe().wait_for(|places| places.taken + places.sessions == 0).await;
    }
}

/// A connection's place: from the answer to its request until its task ends.
#[derive(Debug)]
pub(crate) struct Place {
    core: Arc<Core>,
    user: Option<String>,
    finished: AtomicBool,
}

impl Place {
    /// The connection's handlers have ended; only the closing handshake may still be running.
    pub(crate) fn finish(&self) {
        if !self.finished.swap(true, Ordering::Relaxed) {
            self.core.places.send_modify(|places| places.unfinished -= 1);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.finish();
        self.core.places.send_modify(|places| {
            places.taken -= 1;
            if let Some(user) = &self.user
                && let Some(count) = places.users.get_mut(user)
            {
                *count -= 1;
                if *count == 0 {
                    places.users.remove(user);
                }
            }
        });
    }
}

/// The task of a session, until it ends.
#[derive(Debug)]
pub(crate) struct SessionTask(Arc<Core>);

impl Drop for SessionTask {
    fn drop(&mut self) {
        self.0.places.send_modify(|places| {
            places.sessions -= 1;
            places.unfinished -= 1;
        });
    }
}
