//! Both ends ours, with sessions, over a network that breaks.

use std::{
    collections::BTreeSet,
    net::SocketAddr,
    sync::{Arc, Mutex, atomic::Ordering},
    time::{Duration, Instant},
};

use tokio::{net::TcpListener, sync::watch, time::timeout};
use wirebond::{
    Builder, Client, Event, Events, Overflow, SessionEvent, Sessions, State,
    server::{self, Disconnect, Identity, Missed, Peer, Server},
};

use super::proxy::Proxy;

mod killed;

/// Nothing here takes longer, however busy the machine is: a run that is stuck.
const STUCK: Duration = Duration::from_secs(60);
/// How many bytes a message takes on the wire, at least.
const FRAME: u64 = 50;

/// A client that comes back soon, and notices silence soon.
fn client(address: SocketAddr) -> Builder {
    Client::builder(format!("ws://{address}/"))
        .sessions(Sessions::Require)
        .overflow(Overflow::Wait)
        .reconnect_interval(Duration::from_millis(2))
        .max_reconnect_attempts(None)
        .retry_first_connect(true)
        .connect_timeout(Duration::from_millis(500))
        .heartbeat_interval(Duration::from_millis(250))
        .heartbeat_timeout(Duration::from_millis(250))
}

/// Numbers that arrived, and how many there are.
#[derive(Clone)]
struct Arrived(Arc<(Mutex<Vec<u64>>, watch::Sender<usize>)>);

impl Arrived {
    fn new() -> Self {
        Self(Arc::new((Mutex::default(), watch::Sender::new(0))))
    }

    fn add(&self, number: u64) {
        let mut numbers = self.0.0.lock().unwrap();
        numbers.push(number);
        self.0.1.send_replace(numbers.len());
    }

    /// Waits for so many. Fails if none arrives for too long.
    async fn until(&self, count: u64) {
        let mut counts = self.0.1.subscribe();
        while (*counts.borrow_and_update() as u64) < count {
            let changed = timeout(STUCK, counts.changed()).await;
            changed
                .unwrap_or_else(|_| panic!("stuck at {:?} of {count}", counts.borrow()))
                .unwrap();
        }
    }

    fn numbers(&self) -> Vec<u64> {
        self.0.0.lock().unwrap().clone()
    }
}

/// How the numbers 0 to `sent` arrived.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    lost: usize,
    doubled: usize,
    reordered: usize,
}

impl Tally {
    fn of(numbers: &[u64], sent: u64) -> Self {
        let different: BTreeSet<_> = numbers.iter().collect();
        Self {
            lost: usize::try_from(sent).unwrap() - different.len(),
            doubled: numbers.len() - different.len(),
            reordered: numbers.windows(2).filter(|pair| pair[0] > pair[1]).count(),
        }
    }
}

/// What was reported at either end: losses by name, gaps, sessions that ended.
#[derive(Clone, Default)]
struct Reports(Arc<Mutex<Vec<String>>>);

impl Reports {
    fn add(&self, what: String) {
        self.0.lock().unwrap().push(what);
    }
}

/// Collects the events of a client's session, until it is dropped.
async fn reports(mut events: Events, reports: Reports) {
    while let Some(event) = events.next().await {
        match event {
            Event::Session(SessionEvent::Began | SessionEvent::Resumed) => {}
            Event::Unconfirmed { .. }
            | Event::Dropped { .. }
            | Event::Session(_)
            | Event::Lagged { .. } => {
                reports.add(format!("the client: {event:?}"));
            }
            _ => {}
        }
    }
}

/// Serves on a port of its own.
async fn listen(server: &Server) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = server.clone();
    tokio::spawn(async move {
        server.serve(listener, |_request| async { Ok(Identity::anonymous()) }).await;
    });
    address
}

/// A server that records `up`, and sends `down` to each session as long as it lasts.
fn server(messages: u64, up: Arrived, reports: Reports) -> Server {
    let (of_missed, of_end) = (reports.clone(), reports);
    Server::builder()
        .sessions(server::Sessions::default())
        .on("up", move |_: Peer, number: u64| up.add(number))
        .connected(move |peer: Peer| {
            tokio::spawn(async move {
                for number in 0..messages {
                    peer.send("down", &number).await.unwrap();
                }
            });
        })
        .missed(move |_: Peer, missed: Missed| of_missed.add(format!("the server: {missed:?}")))
        .disconnected(move |_: Peer, end: Disconnect| {
            if !(end.undelivered.is_empty() && end.unconfirmed.is_empty()) {
                of_end.add(format!("the server: {end:?}"));
            }
        })
        .build()
        .unwrap()
}

#[derive(Debug)]
struct Outcome {
    messages: u64,
    cuts: u32,
    connections: usize,
    resumed: u64,
    up: Tally,
    down: Tally,
    reports: Vec<String>,
    took: Duration,
}

/// Sends `messages` in each direction at the same time, over connections that break `cuts` times.
async fn run(messages: u64, cuts: u32) -> Outcome {
    let (up, down, reported) = (Arrived::new(), Arrived::new(), Reports::default());
    let server = server(messages, up.clone(), reported.clone());
    let address = listen(&server).await;
    // So often that the cuts are used up before the messages are.
    let mean = usize::try_from(messages * FRAME / u64::from(cuts)).unwrap() / 2;
    let (proxy, address) = Proxy::start(address, cuts, mean).await;

    let began = Instant::now();
    let client = client(address).build().unwrap();
    let reporting = tokio::spawn(reports(client.events(), reported.clone()));
    let arrived = down.clone();
    client.on("down", move |number: u64| arrived.add(number));
    client.connect().await.unwrap();
    for number in 0..messages {
        // The cuts are spread over the run.
        let left = u64::from(cuts) * (messages - number) / messages;
        timeout(STUCK, proxy.until_left(u32::try_from(left).unwrap() + cuts / 10)).await.unwrap();
        client.send("up", &number).await.unwrap();
    }
    up.until(messages).await;
    down.until(messages).await;
    client.watch_state().wait_for(|state| *state == State::Open).await.unwrap();
    client.flush().await.unwrap();
    let took = began.elapsed();
    client.disconnect().await;
    let stats = client.stats();
    assert_eq!((stats.accepted, stats.confirmed), (messages, messages), "{stats:?}");
    let resumed = server.stats().sessions.resumed;
    // A connection may break under the answer.
    assert!(resumed >= stats.sessions_resumed, "{resumed}, {stats:?}");
    drop(client);
    timeout(STUCK, reporting).await.unwrap().unwrap();
    server.shutdown(Duration::from_secs(5)).await;
    Outcome {
        messages,
        cuts: cuts - proxy.left(),
        connections: proxy.connections.load(Ordering::Relaxed),
        resumed,
        up: Tally::of(&up.numbers(), messages),
        down: Tally::of(&down.numbers(), messages),
        reports: std::mem::take(&mut reported.0.lock().unwrap()),
        took,
    }
}

fn check(outcome: &Outcome) {
    assert_eq!((&outcome.up, &outcome.down), (&Tally::default(), &Tally::default()), "{outcome:?}");
    assert!(outcome.reports.is_empty(), "nothing was lost: {outcome:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_loses_doubles_and_reorders_nothing() {
    let outcome = run(1_000, 20).await;
    check(&outcome);
    assert_eq!(outcome.cuts, 20, "{outcome:?}");
    assert!(outcome.resumed > 0, "{outcome:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes a minute or more, and prints a report"]
#[expect(clippy::print_stdout, reason = "the report is what it is for")]
async fn report_100_000_messages_each_way_over_1_000_cuts() {
    let outcome = run(100_000, 1_000).await;
    let Outcome { messages, cuts, connections, resumed, up, down, reports, took } = &outcome;
    println!(
        "Session: {messages} each way, {cuts} cuts, {connections} connections, {resumed} resumed, {} lost, \
         {} doubled, {} reordered, {} reported, {took:.0?}",
        up.lost + down.lost,
        up.doubled + down.doubled,
        up.reordered + down.reordered,
        reports.len(),
    );
    check(&outcome);
    assert_eq!(*cuts, 1_000);
}
