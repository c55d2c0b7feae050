//! The task that owns a peer, from the connect handler to the disconnect handler.

use std::{
    borrow::Cow,
    future::{Future, poll_fn},
    net::SocketAddr,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use tokio::{
    sync::watch,
    time::{Instant, sleep_until, timeout},
};
use tracing::{Instrument, Span, field, info_span};
use wirebond_connection::{
    link::{ClosingHandshake, Ended, MessageSink},
    session::{Control, Desync, GoneReason, resume},
    transport::Socket,
};

use super::{
    Arrival,
    attached::{Attached, End},
    greeting,
    work::{Timer, Work},
};
use crate::{
    core::{Core, Counters, Place, SessionTask},
    outbox::{Closing, Drain, Ends},
    peer::{Disconnect, EndedBy, Peer, PeerState},
    sessions::Table,
};

/// A peer that is in the server, until this is dropped, however its task ends.
struct Present {
    peer: Peer,
    /// Of a session. Held for its drop.
    _task: Option<SessionTask>,
}

impl Drop for Present {
    fn drop(&mut self) {
        let state = &self.peer.state;
        let core = &state.core;
        // It holds the peer, which holds it.
        drop(state.connection.take());
        core.remove_peer(state.id);
        if let Some((session, table)) = state.session.as_ref().zip(core.sessions.as_ref()) {
            table.forget(&session.name);
            drop(session.seat.close());
        }
        let undelivered = state.outbox.end(core.wire.codec.sent()).count_unwritten();
        Counters::add(&core.counters.undelivered, undelivered);
        let _ = state.calls.waiting.close();
    }
}

/// Runs a connection without a session to its end, disconnect handler included.
pub(super) fn run_plain(
    core: &Arc<Core>,
    state: Arc<PeerState>,
    socket: Socket,
    place: Place,
    address: Option<SocketAddr>,
) -> impl Future<Output = ()> + Send + use<> {
    let present = Present { peer: Peer::new(state), _task: None };
    let span = span(&present.peer, address);
    let work = span.in_scope(|| Work::new(present.peer.clone(), Instant::now()));
    // Boxed, because a future holds what it is made of twice.
    let attached = Attached::new(work, socket, [None, None], place, None);
    present.peer.state.connection.put(attached);
    live_plain(present, Abort::new(core), span)
}

/// One future without others in it: what each message to the peer passes stands together.
async fn live_plain(present: Present, mut abort: Abort, span: Span) {
    let end = poll_fn(|cx| match span.in_scope(|| present.peer.state.connection.poll(cx)) {
        Poll::Ready(end) => Poll::Ready(end),
        Poll::Pending => abort.poll(cx).map(|()| None),
    });
    let Some((end, attached)) = end.await else { return };
    let in_span = span.clone();
    // A future is as large as its largest await point, so this one is boxed.
    let ending = Box::pin(async move {
        tracing::debug!(peer = present.peer.id().0, ?end, "a connection has ended");
        let (disconnect, has_handshake) = (disconnect(&end), has_handshake(&end));
        drop(end);
        end_plain(&present, attached, disconnect, has_handshake).await;
    });
    let mut ending = ending.instrument(in_span);
    poll_fn(|cx| match Pin::new(&mut ending).poll(cx) {
        Poll::Ready(()) => Poll::Ready(()),
        Poll::Pending => abort.poll(cx),
    })
    .await;
}

/// Runs a session that begins with this connection to its end, in a task of its own. `first` is written
/// before anything else.
pub(super) fn start_session(
    core: &Arc<Core>,
    state: Arc<PeerState>,
    arrival: Arrival,
    is_resumed: bool,
    first: Option<Bytes>,
) {
    let (core, task) = (Arc::clone(core), core.begin_session());
    core.add_peer(&state);
    let present = Present { peer: Peer::new(state), _task: Some(task) };
    let span = span(&present.peer, arrival.address);
    let first = span.in_scope(|| first_connection(&present.peer, arrival, is_resumed, first));
    tokio::spawn(async move {
        unless_aborted(&core, live(&present, first).instrument(span)).await;
    });
}

/// Does some work until it is done, or until all tasks have to end.
pub(super) async fn unless_aborted(core: &Core, work: impl Future<Output = ()>) {
    let (mut work, mut abort) = (pin!(work), Abort::new(core));
    poll_fn(|cx| match work.as_mut().poll(cx) {
        Poll::Ready(()) => Poll::Ready(()),
        Poll::Pending => abort.poll(cx),
    })
    .await;
}

/// Waits until all tasks have to end.
struct Abort {
    /// The waker that is enlisted.
    waker: Option<Waker>,
    is_changed: watch::Receiver<bool>,
    aborted: Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl Abort {
    fn new(core: &Core) -> Self {
        let (mut abort, is_changed) = (core.aborted(), core.aborted());
        let aborted = Box::pin(async move {
            // The core, which holds the sender, lives as long as its tasks.
            let _ = abort.wait_for(|aborted| *aborted).await;
        });
        Self { waker: None, is_changed, aborted }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        // Most polls are for a message, and enlisting again costs as much as writing it.
        let is_enlisted = self.waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker()));
        if is_enlisted && matches!(self.is_changed.has_changed(), Ok(false)) {
            return Poll::Pending;
        }
        self.waker = Some(cx.waker().clone());
        self.aborted.as_mut().poll(cx)
    }
}

/// The span of a peer. Its fields are named after OpenTelemetry's semantic conventions.
fn span(peer: &Peer, address: Option<SocketAddr>) -> Span {
    info_span!(
        "wirebond.connection",
        otel.kind = "server",
        network.protocol.name = "websocket",
        network.peer.address = address.map(|address| field::display(address.ip())),
        network.peer.port = address.map(|address| address.port()),
        wirebond.peer.id = peer.id().0,
        wirebond.session.id = peer.state.session.as_ref().map(|session| &*session.name),
        wirebond.close.code = field::Empty,
    )
}

/// The session's next connection, or how it ends.
type Next = Result<Box<Attached>, Over>;
type Over = Box<(Work, Disconnect, GoneReason)>;

/// The session begins, with the connect handler.
fn first_connection(peer: &Peer, arrival: Arrival, is_resumed: bool, first: Option<Bytes>) -> Next {
    peer.state.outbox.withhold(&arrival.unreadable);
    let mut work = Work::new(peer.clone(), Instant::now());
    if is_resumed {
        // Nobody has used the session before, so there is nothing to stop.
        return attach(peer, work, Box::new(arrival), true);
    }
    work.begin_session(arrival.hello.limits());
    peer.state.outbox.attach();
    let Arrival { socket, place, ended, notice, .. } = arrival;
    Ok(Attached::new(work, socket, [first, notice], place, ended))
}

async fn live(present: &Present, mut next: Next) {
    let peer = &present.peer;
    let Some(table) = &peer.core().sessions else { return };
    loop {
        let attached = match next {
            Ok(attached) => attached,
            // A future is as large as its largest await point, so these are boxed.
            Err(over) => return Box::pin(end_session(present, table, over)).await,
        };
        attached.place.finish();
        let is_attached = table.attached();
        let connection = &peer.state.connection;
        connection.put(attached);
        let ended = poll_fn(|cx| connection.poll(cx)).await;
        drop(is_attached);
        let Some((end, attached)) = ended else { return };
        tracing::debug!(peer = peer.id().0, ?end, "a connection has ended");
        let disconnect = disconnect(&end);
        // Nothing is read from the old connection from here on.
        let (handshake, work, place) = attached.finish();
        linger(peer, &end, handshake, place);
        next = match end {
            End::Replaced(arrival) => {
                peer.state.outbox.detach(false);
                attach(peer, work, arrival, false)
            }
            End::Link(Ended::Closed(Some(1000 | 1001), _)) => {
                Err(Box::new((work, disconnect, GoneReason::Expired)))
            }
            End::Server(closing) if closing.ends_session() => {
                let why = match closing.gone() {
                    GoneReason::Expired if work.contradicts() => GoneReason::Mismatch,
                    why => why,
                };
                Err(Box::new((work, disconnect, why)))
            }
            End::Server(_) => Box::pin(detached(peer, table, work, disconnect, true)).await,
            End::Link(_) => Box::pin(detached(peer, table, work, disconnect, false)).await,
        };
    }
}

/// Continues a session on a new connection. Its old one is read no more.
fn attach(peer: &Peer, mut work: Work, arrival: Box<Arrival>, is_first: bool) -> Next {
    let contradiction =
        || Disconnect::new(Desync::CLOSE_CODE, "the numbers contradict", EndedBy::Server);
    let Some(request) = &arrival.hello.resume else {
        return Err(Box::new((work, contradiction(), GoneReason::Mismatch)));
    };
    let (hold, key) = (arrival.hello.limits(), arrival.key.clone());
    let incoming = work.begin_connection(hold);
    let resumed = peer.state.outbox.resume(|out| resume(out, incoming, request, hold, key));
    let Ok(resumed) = resumed else {
        // The client is greeted again when the session has ended.
        if let Some(session) = &peer.state.session
            && let Some(late) = session.seat.give_back(arrival)
        {
            greeting::refuse(peer.core(), *late);
        }
        return Err(Box::new((work, contradiction(), GoneReason::Mismatch)));
    };
    peer.state.outbox.withhold(&arrival.unreadable);
    peer.state.outbox.attach();
    if let Some(table) = &peer.core().sessions {
        table.resumed(&arrival.offered);
    }
    let Arrival { socket, identity, place, ended, notice, .. } = *arrival;
    if !is_first {
        work.resumed(identity);
    }
    let first = Control::Resumed(resumed).encode().into();
    Ok(Attached::new(work, socket, [Some(first), notice], place, ended))
}

/// A session without a connection: until it has another one, or is over.
async fn detached(
    peer: &Peer,
    table: &Table,
    mut work: Work,
    last: Disconnect,
    is_closed: bool,
) -> Next {
    let Some(session) = &peer.state.session else {
        return Err(Box::new((work, last, GoneReason::Expired)));
    };
    let place = table.detached(&peer.state, is_closed);
    let until = Instant::now() + table.keep();
    let (mut sleep, mut is_overdue) = (Box::pin(sleep_until(until)), false);
    let mut timer = Timer::default();
    let next = poll_fn(|cx| {
        work.run(cx);
        timer.set(work.watch(Instant::now()), cx);
        let (closing, _) = peer.state.outbox.closing(cx);
        if let Some(closing) = closing.filter(Closing::ends_session) {
            return Poll::Ready(Err(closing));
        }
        if let Some(arrival) = session.seat.poll(cx) {
            return Poll::Ready(Ok(arrival));
        }
        if !is_overdue && sleep.as_mut().poll(cx).is_ready() {
            is_overdue = true;
            peer.state.outbox.refuse_waiting();
        }
        // A session whose handler runs is kept: its client would otherwise not learn what was handled.
        if is_overdue && work.is_idle() {
            return Poll::Ready(Err(Closing::new(
                Desync::CLOSE_CODE,
                "",
                Drain::None,
                Ends::Expired,
            )));
        }
        Poll::Pending
    })
    .await;
    drop(place);
    match next {
        Ok(arrival) => attach(peer, work, arrival, false),
        Err(closing) => {
            let why = closing.gone();
            let end = match closing.ends {
                Ends::Expired | Ends::Evicted => Disconnect { by: EndedBy::Expired, ..last },
                Ends::Connection | Ends::Session => disconnect(&End::Server(closing)),
            };
            Err(Box::new((work, end, why)))
        }
    }
}

/// Ends a session: what was received is handled, and its next connection, if there is one, begins another.
async fn end_session(present: &Present, table: &Table, over: Over) {
    let (mut work, mut end, why) = *over;
    let state = &present.peer.state;
    let core = &state.core;
    let undelivered = state.outbox.end(core.wire.codec.sent());
    Counters::add(&core.counters.undelivered, undelivered.count_unwritten());
    core.remove_peer(state.id);
    // A handler that is awaited below may itself wait for an answer.
    let _ = state.calls.waiting.close();
    work.finish().await;
    if let Some(session) = &state.session {
        table.end(&session.name, work.done(), why);
        if let Some(arrival) = session.seat.close() {
            greeting::admit(core, arrival);
        }
    }
    end.never_got(undelivered);
    Span::current().record("wirebond.close.code", end.code);
    work.disconnected(end).await;
}

/// Ends a peer without a session.
async fn end_plain(
    present: &Present,
    attached: Box<Attached>,
    mut disconnect: Disconnect,
    has_handshake: bool,
) {
    let state = &present.peer.state;
    let core = &state.core;
    // Nothing more is accepted during the closing handshake.
    let undelivered = state.outbox.end(core.wire.codec.sent());
    Counters::add(&core.counters.undelivered, undelivered.count_unwritten());
    core.remove_peer(state.id);
    // A handler that is awaited below may itself wait for an answer.
    let _ = state.calls.waiting.close();
    let (mut handshake, mut work, place) = attached.finish();
    let closing_handshake = async {
        if has_handshake {
            let limit = core.settings.close_timeout;
            let _ = timeout(limit, poll_fn(|cx| handshake.poll(cx))).await;
        }
        drop(handshake);
    };
    // Messages that were received are handled, whatever ended the connection. A handler may hold a
    // resource that others wait for, so none waits for the peer.
    let handlers = async {
        work.finish().await;
        disconnect.never_got(undelivered);
        Span::current().record("wirebond.close.code", disconnect.code);
        work.disconnected(disconnect).await;
        place.finish();
    };
    tokio::join!(closing_handshake, handlers);
}

/// Ends a connection of a session, in a task of its own.
fn linger(peer: &Peer, end: &End, mut handshake: ClosingHandshake, place: Place) {
    if !has_handshake(end) {
        return;
    }
    let core = Arc::clone(peer.core());
    tokio::spawn(async move {
        let limit = core.settings.close_timeout;
        unless_aborted(&core, async {
            let _ = timeout(limit, poll_fn(|cx| handshake.poll(cx))).await;
        })
        .await;
        drop((handshake, place));
    });
}

fn has_handshake(end: &End) -> bool {
    !matches!(end, End::Link(Ended::Unannounced | Ended::Silent))
}

/// What the disconnect handler is called with.
fn disconnect(end: &End) -> Disconnect {
    match end {
        End::Server(closing) => Disconnect::new(closing.code, &*closing.reason, EndedBy::Server),
        End::Link(Ended::Closed(code, reason)) => {
            Disconnect::new(code.unwrap_or(1005), &**reason, EndedBy::Peer)
        }
        End::Link(ended) => match ended_by_network(ended) {
            Ok((code, reason)) => Disconnect::new(code, reason, EndedBy::Server),
            Err(why) => Disconnect::new(1006, why, EndedBy::Network),
        },
        End::Replaced(_) => Disconnect::new(Desync::CLOSE_CODE, "", EndedBy::Server),
    }
}

/// The code and the reason of the Close frame that this side has sent, or why there was none.
fn ended_by_network(ended: &Ended) -> Result<(u16, Cow<'static, str>), &'static str> {
    match ended {
        Ended::Broken(broken) => match broken.code() {
            Some(code) => Ok((code, broken.reason())),
            None => Err("the connection broke"),
        },
        Ended::Silent => Err("nothing was received in time"),
        Ended::Unannounced | Ended::Closed(..) => Err("it ended without a Close frame"),
    }
}
