//! One connection's task: its link from the connect handler to the disconnect handler.

use std::{
    collections::BTreeMap,
    future::poll_fn,
    net::SocketAddr,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use tokio::time::{Instant, timeout};
use tracing::{Instrument, Span, field, info_span};
use wirebond_connection::{
    link::{Ended, Heartbeat, Link, MessageSource, Pace},
    transport::{Io, Role, Socket},
};
use wirebond_core::wire::RawMessage;

use crate::{
    core::{Core, Counters, Place},
    identity::Identity,
    outbox::{Closing, Drain},
    peer::{Disconnect, EndedBy, Peer},
};

mod work;

use work::Work;

/// How a connection came to its end.
#[derive(Debug)]
enum End {
    /// This side closes.
    Server(Closing),
    /// The peer or the network ended it.
    Link(Ended),
}

/// A connection, and how this side ends it.
struct Connection {
    peer: Peer,
    link: Link<Work, PeerMessages>,
    /// The deadline of a connection that is closing.
    drained_by: Option<Instant>,
}

/// The messages that are queued for a peer.
struct PeerMessages(Peer);

impl MessageSource for PeerMessages {
    fn take(&mut self, budget: usize, texts: &mut Vec<Bytes>, _: Instant, _: &mut Context<'_>) {
        self.0.state.outbox.take(budget, texts);
    }

    fn is_settled(&self) -> bool {
        self.0.state.outbox.counts().queued == 0
    }
}

/// Runs a connection to its end, disconnect handler included.
pub(crate) async fn run(
    core: Arc<Core>,
    io: Box<dyn Io>,
    rest: Vec<u8>,
    identity: Identity,
    subprotocol: Option<String>,
    place: Place,
    address: Option<SocketAddr>,
) {
    let state = core.add_peer(identity, subprotocol);
    let mut aborted = core.aborted();
    let span = span(state.id.0, address);
    let present = Present { peer: Peer { core: Arc::clone(&core), state }, place };
    tokio::select! {
        () = live(&present, io, rest).instrument(span) => {}
        _ = aborted.wait_for(|aborted| *aborted) => {}
    }
}

/// The span of a connection. Its fields are named after OpenTelemetry's semantic conventions.
fn span(peer: u64, address: Option<SocketAddr>) -> Span {
    info_span!(
        "wirebond.connection",
        otel.kind = "server",
        network.protocol.name = "websocket",
        network.peer.address = address.map(|address| field::display(address.ip())),
        network.peer.port = address.map(|address| address.port()),
        wirebond.peer.id = peer,
        wirebond.close.code = field::Empty,
    )
}

/// Takes a peer out of the server, however its task ends.
struct Present {
    peer: Peer,
    place: Place,
}

impl Drop for Present {
    fn drop(&mut self) {
        let Peer { core, state } = &self.peer;
        core.remove_peer(state.id);
        let undelivered = state.outbox.end().len();
        Counters::add(&core.counters.undelivered, undelivered as u64);
    }
}

async fn live(present: &Present, io: Box<dyn Io>, rest: Vec<u8>) {
    let peer = &present.peer;
    let (core, settings) = (&peer.core, &peer.core.settings);
    let (interval, deadline) = (settings.heartbeat_interval, settings.heartbeat_timeout);
    let heartbeat = Heartbeat::new(Pace::WhenIdle, interval, deadline);
    let largest = settings.queue_bytes;
    let socket = Socket::new(Role::Server, io, rest, settings.max_message_size, largest);
    let work = Work::new(peer.clone(), Instant::now());
    let link = Link::new(socket, work, PeerMessages(peer.clone()), None, Some(heartbeat));
    let mut connection = Connection { peer: peer.clone(), link, drained_by: None };
    let end = poll_fn(|cx| connection.poll(cx)).await;
    tracing::debug!(peer = peer.id().0, ?end, "a connection has ended");
    // Nothing more is accepted during the closing handshake.
    let undelivered = peer.state.outbox.end();
    Counters::add(&core.counters.undelivered, undelivered.len() as u64);
    core.remove_peer(peer.id());
    let (mut handshake, mut work) = connection.link.finish();
    let closing_handshake = async {
        if !matches!(end, End::Link(Ended::Unannounced | Ended::Silent)) {
            let _ = timeout(settings.close_timeout, poll_fn(|cx| handshake.poll(cx))).await;
        }
        drop(handshake);
    };
    // Messages that were received are handled, whatever ended the connection. A handler may hold a
    // resource that others wait for, so none waits for the peer.
    let handlers = async {
        work.finish().await;
        let disconnect = disconnect(&end, &undelivered);
        Span::current().record("wirebond.close.code", disconnect.code);
        work.disconnected(disconnect).await;
        present.place.finish();
    };
    tokio::join!(closing_handshake, handlers);
}

/// What the disconnect handler is called with.
fn disconnect<'a>(end: &End, undelivered: impl IntoIterator<Item = &'a Bytes>) -> Disconnect {
    let (code, reason, by) = match end {
        End::Server(closing) => (closing.code, closing.reason.clone(), EndedBy::Server),
        End::Link(Ended::Closed(code, reason)) => {
            (code.unwrap_or(1005), reason.clone(), EndedBy::Peer)
        }
        End::Link(ended) => match ended_by_network(ended) {
            Ok(code) => (code, String::new(), EndedBy::Server),
            Err(why) => (1006, why.to_owned(), EndedBy::Network),
        },
    };
    let mut names = BTreeMap::<String, u64>::new();
    for frame in undelivered {
        let text = std::str::from_utf8(frame).unwrap_or_default();
        let name = RawMessage::open(text).map(|frame| frame.name().to_owned()).unwrap_or_default();
        *names.entry(name).or_default() += 1;
    }
    Disconnect { code, reason, by, undelivered: names.into_iter().collect() }
}

/// The code of the Close frame that this side has sent, or why there was none.
fn ended_by_network(ended: &Ended) -> Result<u16, &'static str> {
    match ended {
        Ended::Broken(broken) => broken.code().ok_or("the connection broke"),
        Ended::Silent => Err("nothing was received in time"),
        Ended::Unannounced | Ended::Closed(..) => Err("it ended without a Close frame"),
    }
}

impl Connection {
    /// Drives the connection until it ends, or until this side has nothing left to do but to close it.
    /// Cancel-safe: no message is half handled between two polls.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<End> {
        let now = Instant::now();
        let (closing, expires) = self.peer.state.outbox.closing(cx);
        if let Some(closing) = closing {
            return self.poll_closing(closing, now, cx);
        }
        if expires.is_some_and(|at| now >= at) {
            // This wakes the task again.
            self.peer.close(4401, "the credentials have expired");
        }
        self.link.sink_mut().wake_at(expires);
        self.link.poll(cx).map(End::Link)
    }

    /// What is queued is written, and what was received is handled. Then a Close frame is handed over.
    fn poll_closing(&mut self, closing: Closing, now: Instant, cx: &mut Context<'_>) -> Poll<End> {
        if closing.drain != Drain::None {
            let timeout = self.peer.core.settings.close_timeout;
            let drained_by = *self.drained_by.get_or_insert(now + timeout);
            self.link.drain();
            self.link.sink_mut().wake_at(Some(drained_by));
            if let Poll::Ready(ended) = self.link.poll(cx) {
                return Poll::Ready(End::Link(ended));
            }
            if !self.link.is_drained() && now < drained_by {
                return Poll::Pending;
            }
        }
        // If this fails, so does the closing handshake.
        let _ = self.link.close(closing.code, &closing.reason, cx);
        Poll::Ready(End::Server(closing))
    }
}
