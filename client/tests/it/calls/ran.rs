//! Whether a call may have run, for each way in which it ends and however far its request came: what was
//! written to a connection once may have run, even if it waits to be written again.

use tokio::time::sleep;
use wirebond_client::{Builder, Events, FromClient, HeartbeatKind, Opening, Sessions, TypedClient};

use super::*;
use crate::{
    sessions::server::Server,
    support::{Peer, numbered::BackendClient, peer_for},
};

/// How far a request is when its call ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Request {
    /// It waits in the queue, and was never written.
    NeverWritten,
    /// It was written, and waits in the queue to be written again.
    Requeued,
    /// It was written to the open connection.
    InFlight,
    /// It was written, and its session waits for another connection.
    Detached,
    /// It was acknowledged in its session.
    Acknowledged,
}

/// What ends a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Timeout,
    Disconnect,
    GaveUp,
    LastHandle,
    Cleared,
    Expired,
    Overflowed,
}

impl Ending {
    const ALL: [Self; 7] = [
        Self::Timeout,
        Self::Disconnect,
        Self::GaveUp,
        Self::LastHandle,
        Self::Cleared,
        Self::Expired,
        Self::Overflowed,
    ];
}

/// The table of `docs/calls.md`.
fn expected(request: Request, ending: Ending) -> (&'static str, Ran) {
    let ends_client = matches!(ending, Ending::Disconnect | Ending::GaveUp | Ending::LastHandle);
    match (request, ending) {
        (Request::NeverWritten, Ending::Timeout | Ending::Expired) => ("timeout", Ran::No),
        (Request::NeverWritten, Ending::Overflowed) => ("not sent", Ran::No),
        (Request::NeverWritten, _) => ("closed", Ran::No),
        (Request::Requeued, Ending::Timeout | Ending::Expired) => ("timeout", Ran::Maybe),
        (Request::Requeued, _) => ("unknown", Ran::Maybe),
        (Request::Acknowledged, _) if ends_client => ("reply lost", Ran::Yes),
        (_, _) if ends_client => ("unknown", Ran::Maybe),
        // What happens to the queue is nothing to them.
        (_, _) => ("timeout", Ran::Maybe),
    }
}

fn kind(error: &CallError<String>) -> &'static str {
    match error {
        CallError::Timeout { .. } => "timeout",
        CallError::NotSent(_) => "not sent",
        CallError::Closed => "closed",
        CallError::Unknown => "unknown",
        CallError::ReplyLost => "reply lost",
        other => panic!("{other}"),
    }
}

/// The other end of a client's connections.
enum Backend {
    /// It reads and answers nothing.
    Plain(Peer, Option<Wire<DuplexStream>>),
    Sessions(Server),
}

/// A call, and what keeps its request where it is.
struct Scene {
    client: Client,
    events: Events,
    call: JoinHandle<Outcome>,
    backend: Backend,
}

impl Scene {
    /// Ends the connection, and all attempts after it.
    async fn give_up(&mut self) {
        match &mut self.backend {
            Backend::Plain(_, wire) => *wire = None,
            Backend::Sessions(server) => server.cut(),
        }
        reaches(&self.client, State::Reconnecting { attempt: 1 }).await;
        assert!(self.client.reconnect_now());
        if let Backend::Plain(peer, _) = &mut self.backend {
            drop(peer.accept().await);
        }
        reaches(&self.client, State::Failed).await;
    }
}

/// A queue of one message, which expires; and nobody reconnects by itself.
fn set<C>(builder: Builder<C>, ending: Ending) -> Builder<C> {
    let builder = builder.reconnect_interval(secs(600)).max_reconnect_attempts(1);
    match ending {
        Ending::Expired => builder.message_ttl(secs(2)),
        Ending::Overflowed => builder.queue_messages(1).overflow(Overflow::DropOldest),
        _ => builder,
    }
}

fn call(client: &Client, is_idempotent: bool) -> JoinHandle<Outcome> {
    let call = if is_idempotent {
        client.call_idempotent("price", &())
    } else {
        client.call("price", &())
    };
    begin(call.timeout(secs(20)))
}

/// A call on a connection without a session.
async fn plain<C: FromClient>(
    builder: Builder<C>,
    untyped: impl FnOnce(C) -> Client,
    (request, ending, is_idempotent): (Request, Ending, bool),
) -> Scene {
    let (mut peer, builder) = peer_for(set(builder, ending));
    let client = untyped(builder.build().unwrap());
    let events = client.events();
    let (connected, wire) = tokio::join!(client.connect(), peer.open());
    connected.unwrap();
    let mut wire = if request == Request::NeverWritten {
        drop(wire);
        reaches(&client, State::Reconnecting { attempt: 1 }).await;
        None
    } else {
        Some(wire)
    };
    let call = call(&client, is_idempotent);
    tokio::task::yield_now().await;
    if let Some(wire) = &mut wire {
        assert!(wire.next().await.contains(r#""price""#));
    }
    if request == Request::Requeued {
        wire = None;
        reaches(&client, State::Reconnecting { attempt: 1 }).await;
    }
    Scene { client, events, call, backend: Backend::Plain(peer, wire) }
}

/// A call in a session.
async fn in_session((request, ending, is_idempotent): (Request, Ending, bool)) -> Scene {
    let server = Server::new();
    // The second connection ends with its first byte.
    let builder = set(server.client(vec![usize::MAX, 1]), ending).sessions(Sessions::Require);
    let client = builder.build().unwrap();
    let events = client.events();
    client.connect().await.unwrap();
    server.state().handles = request == Request::Acknowledged;
    if request == Request::NeverWritten {
        server.cut();
        reaches(&client, State::Reconnecting { attempt: 1 }).await;
    }
    let call = call(&client, is_idempotent);
    sleep(millis(1)).await;
    match request {
        // The session is over.
        Request::Requeued => server.close(4409),
        Request::Detached => server.cut(),
        Request::Acknowledged => client.flush().await.unwrap(),
        Request::NeverWritten | Request::InFlight => {}
    }
    if matches!(request, Request::Requeued | Request::Detached) {
        reaches(&client, State::Reconnecting { attempt: 1 }).await;
    }
    Scene { client, events, call, backend: Backend::Sessions(server) }
}

/// Ends the call, and compares its error with the table.
async fn ends(mut scene: Scene, request: Request, ending: Ending, at: &str) {
    let stats = scene.client.stats();
    let is_queued = matches!(request, Request::NeverWritten | Request::Requeued);
    let is_in_flight = matches!(request, Request::InFlight | Request::Detached);
    assert_eq!(
        (stats.queued, stats.in_flight),
        (u64::from(is_queued), u64::from(is_in_flight)),
        "{at}: {stats:?}"
    );
    match ending {
        Ending::Timeout | Ending::Expired | Ending::LastHandle => {}
        Ending::Disconnect => scene.client.disconnect().await,
        Ending::GaveUp => scene.give_up().await,
        Ending::Cleared => assert_eq!(scene.client.clear_queue(), u64::from(is_queued), "{at}"),
        // In a session, what was written keeps its place, and this one is refused.
        Ending::Overflowed => drop(scene.client.send("newer", &1).await),
    }
    let Scene { client, mut events, call, backend } = scene;
    let kept = (ending != Ending::LastHandle).then_some(client);
    let (outcome, time) = took(timeout(secs(60), call)).await;
    let error = outcome.unwrap_or_else(|_| panic!("{at}")).unwrap().expect_err(at);
    assert_eq!((kind(&error), error.ran()), expected(request, ending), "{at}: {error}");
    let limit = if kind(&error) != "timeout" {
        secs(3)
    } else if is_queued && ending == Ending::Expired {
        secs(4)
    } else {
        secs(21)
    };
    assert!(time < limit, "{at}: {time:?}");
    let reason = match ending {
        Ending::Cleared => Some("Cleared"),
        Ending::Expired => Some("Expired"),
        Ending::Overflowed => Some("Overflowed"),
        _ => None,
    };
    if let Some(client) = kept {
        adds_up(&client);
        assert_eq!(client.stats().calls_in_flight, 0, "{at}");
        let dropped = so_far(&mut events).await.into_iter().filter(|event| event.contains("drop"));
        let reason = reason.filter(|_| is_queued);
        let expected = reason.map(|reason| format!("dropped price 1 {reason}"));
        assert_eq!(dropped.collect::<Vec<_>>(), Vec::from_iter(expected), "{at}");
    }
    drop(backend);
}

/// How far a request has come with or without a session, and whether its call may run twice.
const REQUESTS: [(Request, bool); 5] = [
    (Request::NeverWritten, false),
    (Request::NeverWritten, true),
    (Request::Requeued, true),
    (Request::InFlight, false),
    (Request::InFlight, true),
];

#[tokio::test(start_paused = true)]
async fn what_was_written_once_may_have_run_without_a_session() {
    for is_numbered in [false, true] {
        for (request, is_idempotent) in REQUESTS {
            for ending in Ending::ALL {
                let at = format!("{request:?} {ending:?} {is_idempotent} {is_numbered}");
                let what = (request, ending, is_idempotent);
                let url = "ws://peer.test/ws";
                let scene = if is_numbered {
                    let untyped = |client: BackendClient| client.untyped().clone();
                    plain(BackendClient::builder(url), untyped, what).await
                } else {
                    plain(Client::builder(url), |client| client, what).await
                };
                ends(scene, request, ending, &at).await;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_written_once_may_have_run_in_a_session() {
    let in_sessions = [
        (Request::Detached, false),
        (Request::Detached, true),
        (Request::Acknowledged, false),
        (Request::Acknowledged, true),
    ];
    for (request, is_idempotent) in REQUESTS.into_iter().chain(in_sessions) {
        for ending in Ending::ALL {
            let at = format!("{request:?} {ending:?} {is_idempotent}");
            let scene = in_session((request, ending, is_idempotent)).await;
            ends(scene, request, ending, &at).await;
        }
    }
}

/// An opening's call is never written again.
#[tokio::test(start_paused = true)]
async fn what_an_opening_wrote_may_have_run() {
    for (is_written, ends_by_timeout) in
        [(false, false), (false, true), (true, false), (true, true)]
    {
        let (mut peer, builder) = peer();
        let (calls, mut called) = tokio::sync::mpsc::unbounded_channel();
        let builder = builder.heartbeat(HeartbeatKind::Off).rate_limit(1, secs(600));
        let builder = builder.opening(move |peer: Opening| {
            let calls = calls.clone();
            async move {
                if !is_written {
                    // It takes what the rate limit lets through.
                    peer.send("first", &1).await?;
                }
                // A task of the user's own outlives the opening.
                let call = peer.call::<u64, String>("price", &1);
                let call = if ends_by_timeout { call.timeout(secs(1)) } else { call };
                calls.send(begin(call)).unwrap();
                std::future::pending().await
            }
        });
        let client = builder.build().unwrap();
        let connecting = tokio::spawn({
            let client = client.clone();
            async move { client.connect().await }
        });
        let mut wire = peer.open().await;
        let first = if is_written { "price" } else { "first" };
        assert_eq!(wire.next_name().await, first);
        let call = called.recv().await.unwrap();
        tokio::task::yield_now().await;
        if !ends_by_timeout {
            drop(wire);
        }
        let error = call.await.unwrap().unwrap_err();
        let kind_of = match (ends_by_timeout, is_written) {
            (true, _) => "timeout",
            (false, true) => "unknown",
            (false, false) => "closed",
        };
        let ran = if is_written { Ran::Maybe } else { Ran::No };
        assert_eq!((kind(&error), error.ran()), (kind_of, ran), "{error}");
        client.disconnect().await;
        connecting.await.unwrap().unwrap_err();
        adds_up(&client);
    }
}

/// A future that is dropped takes back what is queued, and reports the rest to the server that has it.
#[tokio::test(start_paused = true)]
async fn a_request_that_waits_to_be_written_again_is_taken_back_without_a_word() {
    let what = (Request::Requeued, Ending::Timeout, true);
    let scene = plain(Client::builder("ws://peer.test/ws"), |client| client, what).await;
    let Scene { client, call, backend, .. } = scene;
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    assert_eq!((client.stats().queued, client.stats().dropped_withdrawn), (0, 1));
    client.send("after", &1).await.unwrap();
    client.reconnect_now();
    let Backend::Plain(mut peer, _) = backend else { panic!("no session") };
    let mut wire = peer.open().await;
    assert_eq!(wire.next_name().await, "after");
    adds_up(&client);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_was_acknowledged_is_taken_back_at_the_server() {
    let scene = in_session((Request::Acknowledged, Ending::Timeout, false)).await;
    scene.call.abort();
    sleep(millis(10)).await;
    let Backend::Sessions(server) = scene.backend else { panic!("a session") };
    assert_eq!(server.names(), ["price", "$cancel"]);
    adds_up(&scene.client);
}
