//! What a connection's task and the handles of its peer share.

use std::{fmt, sync::Arc, task::Wake};

use super::PeerId;
use crate::{
    call::PeerCalls, connection::Slot, core::Core, identity::Identity, outbox::Outbox,
    sessions::Seat,
};

/// What a connection's task and its handles share. What a broadcast needs stands first, in few cache lines,
/// of which processors fetch two at a time.
#[repr(C, align(128))]
pub(crate) struct PeerState {
    pub(crate) id: PeerId,
    pub(crate) connection: Slot,
    pub(crate) outbox: Outbox,
    pub(crate) core: Arc<Core>,
    pub(crate) identity: Identity,
    pub(crate) subprotocol: Option<String>,
    pub(crate) session: Option<SessionOfPeer>,
    pub(crate) calls: PeerCalls,
}

impl fmt::Debug for PeerState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PeerState").field("id", &self.id.0).finish_non_exhaustive()
    }
}

/// Wakes the task of a connection, for anything but messages to be written.
impl Wake for PeerState {
    fn wake(self: Arc<Self>) {
        self.outbox.wake_task();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.outbox.wake_task();
    }
}

/// The session of a peer.
#[derive(Debug)]
pub(crate) struct SessionOfPeer {
    pub(crate) name: String,
    pub(crate) seat: Seat,
}
