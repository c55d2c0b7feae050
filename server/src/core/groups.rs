//! Peers by a name that they share: rooms, and users.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use crate::peer::{PeerId, PeerState};

/// The peers of one name.
#[derive(Debug, Default)]
struct Members {
    peers: BTreeMap<PeerId, Arc<PeerState>>,
    /// The same, once somebody has asked for them; until they change.
    list: Option<Arc<[Arc<PeerState>]>>,
}

/// Peers by a name that they share.
#[derive(Debug, Default)]
pub(super) struct Groups {
    members: HashMap<Arc<str>, Members>,
    of_peer: HashMap<PeerId, HashSet<Arc<str>>>,
}

impl Groups {
    /// Adds a peer, unless it has `most` names already: then this returns false.
    pub(super) fn add(&mut self, name: &str, peer: &Arc<PeerState>, most: usize) -> bool {
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

    pub(super) fn remove(&mut self, name: &str, peer: PeerId) {
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

    pub(super) fn remove_all(&mut self, peer: PeerId) {
        for name in self.of_peer.remove(&peer).unwrap_or_default() {
            self.remove(&name, peer);
        }
    }

    pub(super) fn members(&mut self, name: &str) -> Arc<[Arc<PeerState>]> {
        let Some(Members { peers, list }) = self.members.get_mut(name) else { return Arc::new([]) };
        Arc::clone(list.get_or_insert_with(|| peers.values().cloned().collect()))
    }
}
