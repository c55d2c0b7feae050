//! What a server's handles and its connections share.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use tokio::sync::watch;

use crate::{
    handler::Handlers,
    identity::Identity,
    outbox::Outbox,
    peer::{PeerId, PeerState},
    server::{Alive, Server},
    settings::Settings,
};

#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) settings: Settings,
    pub(crate) handlers: Handlers,
    pub(crate) counters: Counters,
    peers: Mutex<HashMap<PeerId, Arc<PeerState>>>,
    rooms: Mutex<Groups>,
    users: Mutex<Groups>,
    next: AtomicU64,
    stopping: AtomicBool,
    /// How many connections' tasks there are.
    tasks: watch::Sender<usize>,
    /// Turns true when tasks must end at once.
    abort: watch::Sender<bool>,
    alive: Mutex<Weak<Alive>>,
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) connected: AtomicU64,
    pub(crate) refused: AtomicU64,
    pub(crate) received: AtomicU64,
    pub(crate) unhandled: AtomicU64,
    pub(crate) malformed: AtomicU64,
    pub(crate) too_slow: AtomicU64,
    pub(crate) undelivered: AtomicU64,
}

impl Counters {
    pub(crate) fn add(counter: &AtomicU64, count: u64) {
        counter.fetch_add(count, Ordering::Relaxed);
    }
}

/// Peers by a name that they share.
#[derive(Debug, Default)]
struct Groups {
    members: HashMap<Arc<str>, HashMap<PeerId, Arc<PeerState>>>,
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
        self.members.entry(name).or_default().insert(peer.id, Arc::clone(peer));
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
            members.remove(&peer);
            if members.is_empty() {
                self.members.remove(name);
            }
        }
    }

    fn remove_all(&mut self, peer: PeerId) {
        for name in self.of_peer.remove(&peer).unwrap_or_default() {
            self.remove(&name, peer);
        }
    }

    fn members(&self, name: &str) -> Vec<Arc<PeerState>> {
        self.members.get(name).map_or_else(Vec::new, |members| members.values().cloned().collect())
    }
}

/// Why a connection isn't accepted, as an HTTP status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// 503: going, or full.
    Unavailable,
    /// 429: this user has too many.
    TooMany,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing that may panic runs under these locks.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Core {
    pub(crate) fn new(settings: Settings, handlers: Handlers) -> Self {
        Self {
            settings,
            handlers,
            counters: Counters::default(),
            peers: Mutex::default(),
            rooms: Mutex::default(),
            users: Mutex::default(),
            next: AtomicU64::new(1),
            stopping: AtomicBool::new(false),
            tasks: watch::Sender::new(0),
            abort: watch::Sender::new(false),
            alive: Mutex::default(),
        }
    }

    pub(crate) fn set_alive(&self, alive: &Arc<Alive>) {
        *lock(&self.alive) = Arc::downgrade(alive);
    }

    /// A handle, if there is still one.
    pub(crate) fn handle(self: &Arc<Self>) -> Option<Server> {
        let alive = lock(&self.alive).upgrade()?;
        Some(Server { core: Arc::clone(self), alive })
    }

    /// Whether a connection of this identity would be accepted.
    pub(crate) fn may_accept(&self, identity: &Identity) -> Result<(), Refused> {
        let full = self.settings.max_peers.is_some_and(|most| lock(&self.peers).len() >= most);
        if self.is_stopping() || full {
            return Err(Refused::Unavailable);
        }
        if let (Some(most), Some(user)) = (self.settings.max_peers_per_user, identity.name())
            && lock(&self.users).members.get(user).is_some_and(|members| members.len() >= most)
        {
            return Err(Refused::TooMany);
        }
        Ok(())
    }

    /// Takes a peer in, and counts its task. `None` if the server is going.
    pub(crate) fn add_peer(
        self: &Arc<Self>,
        identity: Identity,
        subprotocol: Option<String>,
    ) -> Option<(Arc<PeerState>, Task)> {
        let id = PeerId(self.next.fetch_add(1, Ordering::Relaxed));
        let outbox = Outbox::new(self.settings.queue_messages, self.settings.queue_bytes);
        let peer = Arc::new(PeerState { id, identity, subprotocol, outbox });
        let task = Task::new(self);
        {
            // Under the lock that `stop` takes: either it sees this peer, or this sees the stop.
            let mut peers = lock(&self.peers);
            if self.is_stopping() {
                return None;
            }
            peers.insert(id, Arc::clone(&peer));
        }
        if let Some(user) = peer.identity.name() {
            lock(&self.users).add(user, &peer, usize::MAX);
        }
        Counters::add(&self.counters.connected, 1);
        Some((peer, task))
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

    pub(crate) fn in_room(&self, room: &str) -> Vec<Arc<PeerState>> {
        lock(&self.rooms).members(room)
    }

    pub(crate) fn of_user(&self, user: &str) -> Vec<Arc<PeerState>> {
        lock(&self.users).members(user)
    }

    pub(crate) fn everyone(&self) -> Vec<Arc<PeerState>> {
        lock(&self.peers).values().cloned().collect()
    }

    pub(crate) fn count_peers(&self) -> usize {
        lock(&self.peers).len()
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    /// Accepts no more connections; returns those that there are.
    pub(crate) fn stop(&self) -> Vec<Arc<PeerState>> {
        let peers = lock(&self.peers);
        self.stopping.store(true, Ordering::Release);
        peers.values().cloned().collect()
    }

    /// Ends every connection's task at once.
    pub(crate) fn abort(&self) {
        self.abort.send_replace(true);
    }

    pub(crate) fn aborted(&self) -> watch::Receiver<bool> {
        self.abort.subscribe()
    }

    /// Resolves when no connection's task is left.
    pub(crate) async fn tasks_ended(&self) {
        // The sender lives as long as this does.
        let _ = self.tasks.subscribe().wait_for(|tasks| *tasks == 0).await;
    }
}

/// Counts a connection's task until it is dropped.
#[derive(Debug)]
pub(crate) struct Task(Arc<Core>);

impl Task {
    fn new(core: &Arc<Core>) -> Self {
        core.tasks.send_modify(|tasks| *tasks += 1);
        Self(Arc::clone(core))
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.0.tasks.send_modify(|tasks| *tasks -= 1);
    }
}
