//! The auto traits that users rely on, checked by the compiler: handles and values can be sent to
//! other threads, and futures can be spawned.

use std::{cell::Cell, future::Future, time::Duration};

use crate::{
    BuildError, Builder, Disconnect, Error, Identity, MessageId, Missed, Peer, PeerId, PeerStats,
    Request, SendError, Sending, Sent, Server, SessionStats, Sessions, SlowPeer, Stats, Target,
    Upgrade, UpgradeError,
};

const fn anywhere<T: Send + Sync + Unpin + 'static>() {}
const fn sendable<T: Send + Unpin + 'static>() {}
const fn spawnable<F: Future + Send>(_: &F) {}

const _: () = {
    anywhere::<Server>();
    anywhere::<Builder>();
    anywhere::<Stats>();
    anywhere::<SessionStats>();
    anywhere::<Sessions>();
    anywhere::<SlowPeer>();
    anywhere::<MessageId>();
    anywhere::<Missed>();
    anywhere::<Peer>();
    anywhere::<PeerId>();
    anywhere::<PeerStats>();
    anywhere::<Target>();
    anywhere::<Sent>();
    anywhere::<Identity>();
    anywhere::<Request>();
    anywhere::<Disconnect>();
    anywhere::<Error>();
    anywhere::<BuildError>();
    anywhere::<SendError>();
    anywhere::<UpgradeError>();
    sendable::<Sending>();
    sendable::<Upgrade>();
};

#[expect(dead_code, reason = "it only has to compile")]
fn futures(
    server: &Server,
    peer: &Peer,
    listener: tokio::net::TcpListener,
    stream: tokio::io::DuplexStream,
) {
    let anonymous = |_: Request| async { Ok(Identity::anonymous()) };
    spawnable(&server.serve(listener, anonymous));
    spawnable(&server.serve_stream(stream, anonymous));
    spawnable(&server.shutdown(Duration::ZERO));
    // The payload is encoded before the future is made: it need not be `Send`.
    spawnable(&peer.send("", &Cell::new(1)));
}
