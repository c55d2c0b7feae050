//! One connection's task: what arrives goes to the handlers, what waits goes out, and time passes.

use std::{
    collections::BTreeMap,
    future::poll_fn,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use tokio::time::{Instant, Sleep, timeout};
use wirebond_connection::transport::{Broken, CHUNK, Inbound, Io, Role, Socket};
use wirebond_core::wire::{RawMessage, encode, head, now_millis};

use crate::{
    core::{Core, Counters, Place},
    identity::Identity,
    outbox::{Closing, Drain},
    peer::{Disconnect, EndedBy, Peer},
};

mod work;

use work::Work;

/// How many frames are read before others get their turn.
const BATCH: u32 = 256;
/// How often a Ping shows a peer that this side lives while nothing is read from it.
const HELD_BACK_PING: Duration = Duration::from_secs(5);

/// How a connection came to its end.
#[derive(Debug)]
enum End {
    /// The peer sent a Close frame.
    Peer(Option<u16>, String),
    /// This side closes.
    Server(Closing),
    /// The stream ended, or nothing came in time.
    Lost(&'static str),
    Broken(Broken),
}

struct Connection {
    socket: Socket,
    work: Work,
    frames: Vec<Bytes>,
    /// Whether something was handed to the socket and isn't written yet.
    flushing: bool,
    /// The last sign of the peer.
    active: Instant,
    /// When a Ping asked for one.
    asked: Option<Instant>,
    /// When the last Ping went out while nothing was read.
    reassured: Instant,
    /// When a closing connection has had its time.
    drained_by: Option<Instant>,
    /// When the peer's credentials expire.
    expires: Option<Instant>,
    timer: std::pin::Pin<Box<Sleep>>,
}

/// Runs a connection to its end, disconnect handler included.
pub(crate) async fn run(
    core: Arc<Core>,
    io: Box<dyn Io>,
    rest: Vec<u8>,
    identity: Identity,
    subprotocol: Option<String>,
    place: Place,
) {
    let state = core.add_peer(identity, subprotocol);
    let mut aborted = core.aborted();
    let present = Present { peer: Peer { core: Arc::clone(&core), state }, place };
    tokio::select! {
        () = live(&present, io, rest) => {}
        _ = aborted.wait_for(|aborted| *aborted) => {}
    }
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
    let now = Instant::now();
    let largest = settings.queue_bytes;
    let mut connection = Connection {
        socket: Socket::new(Role::Server, io, rest, settings.max_message_size, largest),
        work: Work::new(peer.clone(), now),
        frames: Vec::new(),
        flushing: false,
        active: now,
        asked: None,
        reassured: now,
        drained_by: None,
        expires: None,
        timer: Box::pin(tokio::time::sleep_until(now)),
    };
    let end = poll_fn(|cx| connection.poll(cx)).await;
    tracing::debug!(peer = peer.id().0, ?end, "a connection has ended");
    // Nothing more is accepted while the closing handshake goes on.
    let frames = peer.state.outbox.end();
    Counters::add(&core.counters.undelivered, frames.len() as u64);
    core.remove_peer(peer.id());
    let Connection { mut socket, mut work, .. } = connection;
    let closing_handshake = async {
        let _ = timeout(settings.close_timeout, close(&mut socket, &end)).await;
        drop(socket);
    };
    // What was received is handled, whatever ended the connection. A handler may hold what others wait
    // for, so none waits for the peer.
    let handlers = async {
        work.finish().await;
        work.disconnected(disconnect(&end, &frames)).await;
        present.place.finish();
    };
    tokio::join!(closing_handshake, handlers);
}

/// What the disconnect handler is called with.
fn disconnect<'a>(end: &End, undelivered: impl IntoIterator<Item = &'a Bytes>) -> Disconnect {
    let (code, reason, by) = match end {
        End::Peer(code, reason) => (code.unwrap_or(1005), reason.clone(), EndedBy::Peer),
        End::Server(closing) => (closing.code, closing.reason.clone(), EndedBy::Server),
        End::Lost(why) => (1006, (*why).to_owned(), EndedBy::Network),
        End::Broken(broken) => match broken.code() {
            Some(code) => (code, String::new(), EndedBy::Server),
            None => (1006, "the connection broke".to_owned(), EndedBy::Network),
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

impl Connection {
    /// Drives the connection until it ends. Cancel-safe: nothing is in the air between two polls.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<End> {
        self.socket.begin_turn();
        let now = Instant::now();
        let (closing, expires) = self.work.peer.state.outbox.closing(cx);
        if let Some(closing) = closing.as_ref().filter(|closing| closing.drain == Drain::None) {
            return Poll::Ready(End::Server(closing.clone()));
        }
        self.expires = expires.filter(|_| closing.is_none());
        if self.expires.is_some_and(|at| now >= at) {
            // This wakes the task again.
            self.work.peer.close(4401, "the credentials have expired");
        }
        self.work.run(cx);
        if closing.is_none()
            && let Err(end) = self.read(now, cx)
        {
            return Poll::Ready(end);
        }
        let was_held_back = self.work.is_held_back(now);
        self.work.run(cx);
        if was_held_back && !self.work.is_held_back(now) {
            // What wasn't read may lie in the buffer, of which nobody else wakes this task.
            cx.waker().wake_by_ref();
        }
        if let Err(broken) = self.write(cx) {
            return Poll::Ready(End::Broken(broken));
        }
        if let Some(closing) = closing {
            let timeout = self.work.peer.core.settings.close_timeout;
            let by = *self.drained_by.get_or_insert(now + timeout);
            let is_drained = !self.flushing
                && self.work.is_idle()
                && self.work.peer.state.outbox.counts().queued == 0;
            if is_drained || now >= by {
                return Poll::Ready(End::Server(closing));
            }
        }
        if let Err(end) = self.pass_time(now, cx) {
            return Poll::Ready(end);
        }
        self.arm_timer(now, cx)
    }

    /// The frames that have arrived.
    fn read(&mut self, now: Instant, cx: &mut Context<'_>) -> Result<(), End> {
        let mut count = 0;
        while count < BATCH && !self.work.is_held_back(now) {
            let Poll::Ready(inbound) = self.socket.poll_read(cx) else { break };
            count += 1;
            match inbound.map_err(End::Broken)? {
                Inbound::Direct(text) => self.work.text(text),
                Inbound::Text(text) => self.work.text(&text),
                Inbound::Binary => self.work.binary(),
                Inbound::Ping => self.flushing = true,
                Inbound::Pong(_) => {}
                Inbound::Close { code, reason } => return Err(End::Peer(code, reason)),
                Inbound::End => return Err(End::Lost("it ended without a Close frame")),
            }
        }
        if count == BATCH || self.socket.is_turn_over() {
            cx.waker().wake_by_ref();
        }
        let is_held_back = self.work.is_held_back(now);
        // Bytes that wait unread are a sign of the peer, too.
        if self.socket.take_activity() || (is_held_back && self.socket.poll_unread(cx)) {
            (self.active, self.asked) = (now, None);
        }
        let (_, _) = self.socket.take_bytes();
        Ok(())
    }

    /// Everything that has to go out, as far as the socket takes it.
    fn write(&mut self, cx: &mut Context<'_>) -> Result<(), Broken> {
        loop {
            if self.flushing {
                let Poll::Ready(flushed) = self.socket.poll_flush(cx) else { return Ok(()) };
                flushed?;
                self.flushing = false;
            }
            if self.work.take_pong() {
                self.queue_pong(cx)?;
            }
            self.work.peer.state.outbox.take(CHUNK, &mut self.frames);
            for frame in self.frames.drain(..) {
                self.flushing = true;
                self.socket.queue_text(frame, cx)?;
            }
            if !self.flushing {
                return Ok(());
            }
        }
    }

    /// The answer to the heartbeat's message.
    fn queue_pong(&mut self, cx: &mut Context<'_>) -> Result<(), Broken> {
        let now = now_millis();
        let data = BTreeMap::from([("timestamp", now)]);
        // A map of numbers can always be serialized.
        if let Ok(frame) = encode(&head("pong"), Some(&data), now) {
            self.flushing = true;
            self.socket.queue_text(frame.into(), cx)?;
        }
        Ok(())
    }

    fn ping(&mut self, cx: &mut Context<'_>) -> Result<(), End> {
        self.flushing = true;
        self.socket.queue_ping(0, cx).map_err(End::Broken)?;
        self.write(cx).map_err(End::Broken)
    }

    /// What the present moment asks for.
    fn pass_time(&mut self, now: Instant, cx: &mut Context<'_>) -> Result<(), End> {
        if now < self.timer.deadline() {
            return Ok(());
        }
        self.socket.shrink();
        self.frames = Vec::new();
        if self.drained_by.is_some() {
            // Nothing is read any more, so an answer to a Ping isn't either.
            return Ok(());
        }
        let (interval, timeout) = {
            let settings = &self.work.peer.core.settings;
            (settings.heartbeat_interval, settings.heartbeat_timeout)
        };
        if self.work.is_held_back(now) && now >= self.reassured + HELD_BACK_PING {
            self.reassured = now;
            // What waits to be written shows the same.
            if !self.flushing {
                self.ping(cx)?;
            }
        }
        match self.asked {
            Some(asked) if now >= asked + timeout => {
                return Err(End::Lost("nothing was received in time"));
            }
            None if now >= self.active + interval => {
                self.asked = Some(now);
                self.ping(cx)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// When time asks for something next.
    fn due(&self, now: Instant) -> Instant {
        if let Some(drained_by) = self.drained_by {
            return drained_by;
        }
        let settings = &self.work.peer.core.settings;
        let heartbeat = match self.asked {
            Some(asked) => asked + settings.heartbeat_timeout,
            None => self.active + settings.heartbeat_interval,
        };
        let reassure = self.work.is_held_back(now).then(|| self.reassured + HELD_BACK_PING);
        let due = [Some(heartbeat), reassure, self.expires, self.work.more_at()];
        due.into_iter().flatten().min().unwrap_or(heartbeat)
    }

    fn arm_timer(&mut self, now: Instant, cx: &mut Context<'_>) -> Poll<End> {
        let due = self.due(now);
        // Moving the timer costs more than an early call, so it is only ever brought forward; and
        // never to the past, which would spin.
        if due < self.timer.deadline() || self.timer.is_elapsed() || now >= self.timer.deadline() {
            self.timer.as_mut().reset(due.max(now + Duration::from_millis(1)));
        }
        ready!(self.timer.as_mut().poll(cx));
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

/// The closing handshake: the Close frame goes out, and what still comes in is dropped until the peer's
/// Close frame. Then the server ends the stream (RFC 6455, section 7.1.1).
async fn close(socket: &mut Socket, end: &End) {
    let (code, reason) = match end {
        // tungstenite has queued the answer.
        End::Peer(..) => (None, ""),
        End::Server(closing) => (Some(closing.code), closing.reason.as_str()),
        End::Broken(broken) => (broken.code(), ""),
        End::Lost(_) => return,
    };
    let mut queued = code.is_none();
    let mut is_answered = queued;
    poll_fn(|cx| {
        socket.begin_turn();
        if let Some(code) = code.filter(|_| !std::mem::replace(&mut queued, true))
            && socket.queue_close(code, reason, cx).is_err()
        {
            return Poll::Ready(());
        }
        if !is_answered {
            match end {
                End::Server(_) => match poll_close_frame(socket, cx) {
                    Poll::Ready(true) => is_answered = true,
                    Poll::Ready(false) => return Poll::Ready(()),
                    Poll::Pending => {}
                },
                // After a breach of the protocol no frame can be read any more.
                _ if socket.poll_discard(cx).is_ready() => return Poll::Ready(()),
                _ => {}
            }
            if socket.is_turn_over() {
                cx.waker().wake_by_ref();
            }
        }
        match socket.poll_flush(cx) {
            Poll::Ready(Ok(())) if !is_answered => Poll::Pending,
            Poll::Ready(_) => Poll::Ready(()),
            Poll::Pending => Poll::Pending,
        }
    })
    .await;
}

/// Reads up to the peer's Close frame. False: the stream ended or broke before.
fn poll_close_frame(socket: &mut Socket, cx: &mut Context<'_>) -> Poll<bool> {
    loop {
        match ready!(socket.poll_read(cx)) {
            Ok(Inbound::Close { .. }) => return Poll::Ready(true),
            Ok(Inbound::End) | Err(_) => return Poll::Ready(false),
            Ok(_) => {}
        }
    }
}
