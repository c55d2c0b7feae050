//! Connections and peers: from an upgraded stream to the disconnect handler.
//!
//! One task owns a peer, with what it receives and the handler that runs. Without a session that task is
//! the connection's. With one it outlives its connections: another task greets the client of a new
//! connection (`greeting`), and hands it over to the owner (`owner`).

use std::{fmt, net::SocketAddr, sync::Arc};

use bytes::Bytes;
use tokio::sync::oneshot;
use wirebond_connection::{
    session::ClientHello,
    transport::{Io, Role, Socket},
};

use crate::{
    core::{Core, Counters, Place},
    identity::Identity,
};

mod attached;
mod delivery;
mod greeting;
mod owner;
mod slot;
mod work;

pub(crate) use delivery::{Delivery, fetch};
pub(crate) use slot::Slot;

/// An upgraded connection.
pub(crate) struct Upgraded {
    pub(crate) io: Box<dyn Io>,
    /// What was read behind the request.
    pub(crate) rest: Vec<u8>,
    pub(crate) identity: Identity,
    pub(crate) subprotocol: Option<String>,
    /// Whether the client takes part in sessions, and so does this server.
    pub(crate) has_session: bool,
    pub(crate) place: Place,
    pub(crate) address: Option<SocketAddr>,
}

/// A connection whose client has asked to resume a session, or to begin one, on its way to the session's
/// task.
pub(crate) struct Arrival {
    socket: Socket,
    /// The session that it was offered.
    offered: String,
    hello: ClientHello,
    /// The notice about the client's contract.
    notice: Option<Bytes>,
    /// The messages that aren't sent to the client, because its contract can't read them.
    unreadable: Vec<String>,
    /// The session's new key, for the answer to a request to resume.
    key: Option<String>,
    identity: Identity,
    subprotocol: Option<String>,
    place: Place,
    address: Option<SocketAddr>,
    /// Dropped at the connection's end. If the other half is dropped, the connection ends.
    ended: Option<oneshot::Sender<()>>,
}

/// It holds the session's key, which is not shown.
impl fmt::Debug for Arrival {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Arrival").field("hello", &self.hello).finish_non_exhaustive()
    }
}

/// Runs a connection to its end, and its peer, unless a session outlives it. If this is cancelled, so is the
/// connection.
pub(crate) async fn run(core: Arc<Core>, upgraded: Upgraded) {
    let (ended, end) = oneshot::channel();
    if start(core, upgraded, Some(ended)).await {
        // It is dropped, not used.
        let _ = end.await;
    }
}

/// Runs a connection without a session to its end. One with a session goes on in a task of its own.
pub(crate) async fn run_detached(core: Arc<Core>, upgraded: Upgraded) {
    start(core, upgraded, None).await;
}

/// Returns whether the connection may go on in another task, as one with a session.
async fn start(core: Arc<Core>, upgraded: Upgraded, ended: Option<oneshot::Sender<()>>) -> bool {
    Counters::add(&core.counters.connected, 1);
    core.enter_runtime();
    let Upgraded { io, rest, identity, subprotocol, has_session, place, address } = upgraded;
    let (largest, most) = (core.settings.largest(), core.settings.max_message_size);
    let socket = Socket::new(Role::Server, io, rest, most, largest);
    if has_session {
        // A future is as large as its largest await point, so this one is boxed.
        let greeted = greeting::run(core, socket, identity, subprotocol, place, address, ended);
        Box::pin(greeted).await;
        return true;
    }
    let peer = core.new_peer(identity, subprotocol, None);
    core.add_peer(&peer);
    owner::run_plain(&core, peer, socket, place, address).await;
    false
}
