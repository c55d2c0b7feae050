//! The begin of a connection with a session: the server's `$hello`, and the client's.

use std::{
    borrow::Cow,
    future::poll_fn,
    net::SocketAddr,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use tokio::{sync::oneshot, time::timeout};
use wirebond_connection::{
    link::ClosingHandshake,
    session::{Admission, ClientHello, Control, Desync, is_numbered},
    transport::{Inbound, Socket},
};
use wirebond_core::wire::{RawMessage, form::Layout};

use super::{Arrival, owner};
use crate::{
    contracts::{ContractPolicy, REFUSED},
    core::{Core, Counters, Place},
    handler::caught,
    identity::Identity,
    sessions::{HELLO_TIMEOUT, NotTaken},
};

/// Why a client isn't admitted: the code and the reason of a Close frame, or nothing where none can be sent.
type Refusal = Option<(u16, Cow<'static, str>)>;

/// What a client's contract means for its session.
enum Judged {
    /// It gets this notice, if there is one, and isn't sent these messages.
    Admitted(Option<Bytes>, Vec<String>),
    /// It gets this notice and no session.
    Refused(Bytes),
}

const TOO_LATE: Refusal = Some((Desync::CLOSE_CODE, Cow::Borrowed("this connection was given up")));

/// Offers a session on a new connection, and hands the connection to the task of the session that the client
/// chooses.
pub(super) async fn run(
    core: Arc<Core>,
    mut socket: Socket,
    identity: Identity,
    subprotocol: Option<String>,
    place: Place,
    address: Option<SocketAddr>,
    ended: Option<oneshot::Sender<()>>,
) {
    let Some(table) = &core.sessions else { return };
    let Ok(mut offer) = table.offer(identity.owner()) else {
        return close(&core, socket, place, Some((1013, "no random numbers".into()))).await;
    };
    let contracts = core.settings.contracts.as_ref();
    offer.contract = contracts.map(|contracts| contracts.own().to_owned());
    let (mut stopping, mut aborted) = (core.stopping(), core.aborted());
    let mut hello = Hello { frame: Some(offer.encode().into()) };
    let greeted = tokio::select! {
        greeted = timeout(HELLO_TIMEOUT, poll_fn(|cx| hello.poll(&mut socket, cx))) => {
            greeted.unwrap_or(Err(Some((4408, "no $hello".into()))))
        }
        _ = stopping.wait_for(|stopping| *stopping) => Err(Some((1012, "service restart".into()))),
        _ = aborted.wait_for(|aborted| *aborted) => Err(None),
    };
    let offered = offer.session.id;
    match greeted {
        Ok(hello) => {
            let (notice, unreadable) = match judge(&core, &hello) {
                Judged::Admitted(notice, unreadable) => (notice, unreadable),
                Judged::Refused(notice) => {
                    table.withdraw(&offered);
                    // The application learns what has become of its messages, not only a number. If this fails, so
                    // does the Close frame.
                    let _ = poll_fn(|cx| Poll::Ready(socket.queue_text(notice.clone(), cx))).await;
                    let refusal = Some((REFUSED, "this contract is no longer supported".into()));
                    return close(&core, socket, place, refusal).await;
                }
            };
            let (key, socket) = (None, socket);
            let arrival = Arrival {
                socket,
                offered,
                hello,
                notice,
                unreadable,
                key,
                identity,
                subprotocol,
                place,
                address,
                ended,
            };
            admit(&core, Box::new(arrival));
        }
        // The client may have the offer, and resume the session elsewhere: it expires by itself.
        Err(refusal) => close(&core, socket, place, refusal).await,
    }
}

fn judge(core: &Core, hello: &ClientHello) -> Judged {
    let contracts = core.settings.contracts.as_ref().zip(hello.contract.as_ref());
    let judged = contracts.and_then(|(contracts, client)| {
        let judged = caught(|| contracts.judge(client)).unwrap_or_else(|_| {
            let what = "the judge of contracts panicked; the client learns nothing of its contract";
            core.log.error(None, "contracts", what);
            None
        });
        Some((contracts, judged?))
    });
    let Some((contracts, notice)) = judged else {
        return Judged::Admitted(None, Vec::new());
    };
    if let Some(table) = &core.sessions {
        Counters::add(&table.counters.other_contracts, 1);
    }
    let policy = core.settings.contract_policy;
    if contracts.refuses(&notice, policy) {
        return Judged::Refused(Control::Contract(notice).encode().into());
    }
    let skips = policy == ContractPolicy::Skip;
    let unreadable = if skips { notice.unreadable.clone() } else { Vec::new() };
    Judged::Admitted(Some(Control::Contract(notice).encode().into()), unreadable)
}

/// The exchange of the first frames.
struct Hello {
    /// The server's, until it is handed to the socket.
    frame: Option<Bytes>,
}

impl Hello {
    fn poll(
        &mut self,
        socket: &mut Socket,
        cx: &mut Context<'_>,
    ) -> Poll<Result<ClientHello, Refusal>> {
        socket.begin_turn();
        if let Some(frame) = self.frame.take()
            && socket.queue_text(frame, cx).is_err()
        {
            return Poll::Ready(Err(None));
        }
        loop {
            if let Poll::Ready(Err(_)) = socket.poll_flush(cx) {
                return Poll::Ready(Err(None));
            }
            let read = match socket.poll_read(cx) {
                Poll::Pending => break,
                Poll::Ready(Ok(Inbound::Direct(text))) => client_hello(text),
                Poll::Ready(Ok(Inbound::Text(text))) => client_hello(&text),
                Poll::Ready(Ok(Inbound::Binary | Inbound::Ping | Inbound::Pong(_))) => Ok(None),
                Poll::Ready(Ok(Inbound::Close { .. } | Inbound::End)) => Err(None),
                Poll::Ready(Err(broken)) => Err(broken.code().map(|code| (code, broken.reason()))),
            };
            match read {
                Ok(None) => {}
                Ok(Some(hello)) => return Poll::Ready(Ok(hello)),
                Err(refusal) => return Poll::Ready(Err(refusal)),
            }
        }
        if socket.is_turn_over() {
            cx.waker().wake_by_ref();
        }
        Poll::Pending
    }
}

/// Reads the client's `$hello`. Nothing numbered may come before it; what else may come is ignored.
fn client_hello(text: &str) -> Result<Option<ClientHello>, Refusal> {
    let Ok(frame) = RawMessage::open(Layout::DEFAULT, text) else { return Ok(None) };
    if is_numbered(frame.name()) {
        return Err(Some((Desync::CLOSE_CODE, "a message before $hello".into())));
    }
    if frame.name() != "$hello" {
        return Ok(None);
    }
    let hello = frame.data().and_then(|data| ClientHello::decode(data).ok());
    hello.map(Some).ok_or(Some((Desync::CLOSE_CODE, "a $hello that can't be read".into())))
}

/// Brings a connection to the session that its client has asked for.
pub(super) fn admit(core: &Arc<Core>, mut arrival: Box<Arrival>) {
    let Some(table) = &core.sessions else { return };
    loop {
        let (identity, subprotocol) = (&arrival.identity, &arrival.subprotocol);
        let begin = |name: &str| core.new_peer(identity.clone(), subprotocol.clone(), Some(name));
        match table.greet(&arrival.offered, &arrival.hello, begin) {
            Admission::Began(peer) => {
                return owner::start_session(core, peer, *arrival, false, None);
            }
            Admission::Gone(peer, gone) => {
                let first = Control::Gone(gone).encode().into();
                return owner::start_session(core, peer, *arrival, false, Some(first));
            }
            Admission::Refused => return refuse(core, *arrival),
            Admission::Resumed { session: peer, key, is_first } => {
                arrival.key = key;
                if is_first {
                    return owner::start_session(core, peer, *arrival, true, None);
                }
                match hand_over(core, &peer, arrival) {
                    // The session has ended meanwhile.
                    Some(back) => arrival = back,
                    None => return,
                }
            }
        }
    }
}

/// Hands a connection to the task of its session. Returns it if the session has ended.
fn hand_over(
    core: &Arc<Core>,
    peer: &crate::peer::PeerState,
    arrival: Box<Arrival>,
) -> Option<Box<Arrival>> {
    let attempt = arrival.hello.resume.as_ref().map_or(0, |resume| resume.attempt);
    let late = match peer.session.as_ref()?.seat.hand_over(arrival, attempt) {
        Ok(earlier) => earlier,
        Err(NotTaken::Late(arrival)) => Some(arrival),
        Err(NotTaken::Ended(arrival)) => return Some(arrival),
    };
    if let Some(late) = late {
        refuse(core, *late);
    }
    None
}

/// Closes a connection that its client has given up.
pub(super) fn refuse(core: &Arc<Core>, arrival: Arrival) {
    let core = Arc::clone(core);
    if let Some(table) = &core.sessions {
        table.withdraw(&arrival.offered);
    }
    tokio::spawn(async move { close(&core, arrival.socket, arrival.place, TOO_LATE).await });
}

async fn close(core: &Core, mut socket: Socket, place: Place, refusal: Refusal) {
    place.finish();
    let closed = async {
        let Some((code, reason)) = refusal else {
            // The answer to the peer's Close frame.
            return drop(poll_fn(|cx| socket.poll_flush(cx)).await);
        };
        if poll_fn(|cx| Poll::Ready(socket.queue_close(code, &reason, cx))).await.is_ok() {
            let mut handshake = ClosingHandshake::of(socket);
            poll_fn(|cx| handshake.poll(cx)).await;
        }
    };
    let limited = async { drop(timeout(core.settings.close_timeout, closed).await) };
    owner::unless_aborted(core, limited).await;
}
