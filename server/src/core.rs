//! What a server's handles and its connections share.

use std::{
    collections::BTreeMap,
    ops::Range,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
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
    log::{Log, Name},
    outbox::{Closing, Drain, Ends, Outbox, Pushed, WhenFull},
    peer::{PeerId, PeerState, SessionOfPeer},
    server::{Alive, Server},
    sessions::{Seat, Table},
    settings::{Settings, SlowPeer},
    wire::Wire,
};

mod groups;
mod places;

use groups::Groups;
use places::Places;
pub(crate) use places::{Place, Refused, SessionTask};

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

#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) connected: AtomicU64,
    pub(crate) refused: AtomicU64,
    pub(crate) received: AtomicU64,
    pub(crate) unhandled: AtomicU64,
    pub(crate) malformed: AtomicU64,
    pub(crate) too_slow: AtomicU64,
    pub(crate) joins_refused: AtomicU64,
    /// Messages that waited at the end of a peer.
    pub(crate) undelivered: AtomicU64,
}

impl Counters {
    pub(crate) fn add(counter: &AtomicU64, count: u64) {
        counter.fetch_add(count, Ordering::Relaxed);
    }
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
                table.relieve(&self.log);
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
        let most = self.settings.max_rooms;
        let mut rooms = lock(&self.rooms);
        // A peer that is being removed loses its rooms after this lock.
        if !lock(&self.peers).contains_key(&peer.id) {
            return false;
        }
        let is_in = rooms.add(room, peer, most);
        drop(rooms);
        if !is_in {
            self.refuse_join(peer.id, most);
        }
        is_in
    }

    /// The room's name isn't shown: it may come from the peer.
    #[cold]
    fn refuse_join(&self, peer: PeerId, most: usize) {
        Counters::add(&self.counters.joins_refused, 1);
        let what =
            format!("a peer can't join a room: it is in {most}, as many as `max_rooms` allows");
        self.log.warn(Some(peer.0), "rooms", what, Name::None);
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
}
