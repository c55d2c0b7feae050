//! Random scripts of everything that can happen, against what must hold after all of them: nothing
//! handled twice or out of order, nothing lost unreported, no call after `off`, every `connect`
//! answered.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use proptest::prelude::*;
use tokio::{
    sync::mpsc,
    time::{sleep, timeout},
};
use wirebond_client::{Client, DropReason, Event, State, Subscription, Unconfirmed};

use crate::support::{Peer, adds_up, millis, peer, secs};

#[derive(Debug, Clone)]
enum Step {
    /// The client sends so many.
    Send(u8),
    /// The client sends one that the server answers with a Close of this code, whenever it gets it.
    SendBad(u16),
    /// The server sends so many.
    Say(u8),
    /// The server drops the connection.
    Cut,
    /// The server closes with this code.
    Close(u16),
    /// The server neither reads nor writes for so many milliseconds.
    Freeze(u16),
    /// The server turns attempts away from now on, or no longer.
    Refuse(bool),
    Connect,
    Disconnect,
    AddHandler,
    RemoveHandler,
    /// Time passes, in milliseconds.
    Pass(u16),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (1_u8..20).prop_map(Step::Send),
        1 => prop::sample::select(vec![1003, 1007, 1008, 1009, 1011]).prop_map(Step::SendBad),
        5 => (1_u8..20).prop_map(Step::Say),
        2 => Just(Step::Cut),
        1 => prop::sample::select(vec![1000, 1001, 1008, 1011, 1012, 4404]).prop_map(Step::Close),
        1 => (0_u16..9_000).prop_map(Step::Freeze),
        1 => any::<bool>().prop_map(Step::Refuse),
        2 => Just(Step::Connect),
        1 => Just(Step::Disconnect),
        1 => Just(Step::AddHandler),
        1 => Just(Step::RemoveHandler),
        4 => (0_u16..4_000).prop_map(Step::Pass),
    ]
}

enum Order {
    Say(u64),
    Cut,
    Close(u16),
    Freeze(Duration),
}

/// The numbers that each connection brought.
type Received = Arc<Mutex<Vec<Vec<u64>>>>;

/// A server that follows orders.
async fn serve(
    mut peer: Peer,
    mut orders: mpsc::UnboundedReceiver<Order>,
    received: Received,
    refuse: Arc<AtomicBool>,
) {
    loop {
        let mut wire = peer.accept().await;
        if refuse.load(Ordering::SeqCst) || !wire.try_upgrade().await {
            continue;
        }
        received.lock().unwrap().push(Vec::new());
        loop {
            tokio::select! {
                biased;
                order = orders.recv() => match order {
                    Some(Order::Say(number)) => wire.message("news", &number.to_string()).await,
                    Some(Order::Close(code)) => {
                        wire.close(code, "").await;
                        break;
                    }
                    Some(Order::Freeze(time)) => sleep(time).await,
                    Some(Order::Cut) => break,
                    None => return,
                },
                frame = wire.read_frame() => {
                    let Some(frame) = frame else { break };
                    match frame.opcode {
                        8 => {
                            wire.frame(8, &frame.payload).await;
                            break;
                        }
                        9 => wire.frame(10, &frame.payload).await,
                        _ if frame.is_beat() => {}
                        _ if let Some(code) = bad(frame.text()) => {
                            wire.close(code, "").await;
                            break;
                        }
                        _ => {
                            let number = crate::support::name(frame.text()).parse().unwrap();
                            received.lock().unwrap().last_mut().unwrap().push(number);
                        }
                    }
                }
            }
        }
    }
}

/// The code that a message is to be answered with, if it is a bad one.
fn bad(text: &str) -> Option<u16> {
    let message: serde_json::Value = serde_json::from_str(text).unwrap();
    message["data"]["code"].as_u64().map(|code| u16::try_from(code).unwrap())
}

/// What the client's events say.
#[derive(Default)]
struct Reports {
    unconfirmed: BTreeSet<u64>,
    dropped: BTreeSet<u64>,
    /// The server answers no Pings: written messages then count as unconfirmed, and
    /// are not reported one by one.
    unavailable: bool,
}

async fn listen(mut events: wirebond_client::Events, reports: Arc<Mutex<Reports>>) {
    while let Some(event) = events.next().await {
        let mut reports = reports.lock().unwrap();
        match event {
            Event::Unconfirmed { name, .. } => {
                reports.unconfirmed.insert(name.parse().unwrap());
            }
            Event::Dropped { name, reason, .. } => {
                assert_eq!(reason, DropReason::Undeliverable);
                reports.dropped.insert(name.parse().unwrap());
            }
            Event::ConfirmationUnavailable => reports.unavailable = true,
            Event::Lagged { name, .. } => panic!("lost {name}"),
            _ => {}
        }
    }
}

struct World {
    client: Client,
    orders: mpsc::UnboundedSender<Order>,
    refuse: Arc<AtomicBool>,
    sent: u64,
    /// Which of these are bad.
    bad: BTreeSet<u64>,
    said: u64,
    handlers: Vec<(Subscription, Arc<AtomicBool>)>,
    /// What each handler was called with.
    calls: Vec<Arc<Mutex<Vec<u64>>>>,
    connects: Vec<tokio::task::JoinHandle<()>>,
}

impl World {
    async fn take(&mut self, step: &Step) {
        match *step {
            Step::Send(count) => {
                for _ in 0..count {
                    // A unique name: reports have names.
                    if self.client.send(&self.sent.to_string(), &()).await.is_ok() {
                        self.sent += 1;
                    }
                }
            }
            Step::SendBad(code) => {
                // The largest of all: a 1009 is attributed to it.
                let data = serde_json::json!({ "code": code, "why": "x".repeat(20) });
                if self.client.send(&self.sent.to_string(), &data).await.is_ok() {
                    self.bad.insert(self.sent);
                    self.sent += 1;
                }
            }
            Step::Say(count) => {
                for _ in 0..count {
                    self.orders.send(Order::Say(self.said)).unwrap();
                    self.said += 1;
                }
            }
            Step::Cut => self.orders.send(Order::Cut).unwrap(),
            Step::Close(code) => self.orders.send(Order::Close(code)).unwrap(),
            Step::Freeze(time) => self.orders.send(Order::Freeze(millis(time.into()))).unwrap(),
            Step::Refuse(refuse) => self.refuse.store(refuse, Ordering::SeqCst),
            Step::Connect => {
                let client = self.client.clone();
                self.connects.push(tokio::spawn(async move {
                    // Every call must get an answer, whichever it is.
                    drop(client.connect().await);
                }));
            }
            Step::Disconnect => {
                let ended = timeout(secs(2) + millis(50), self.client.disconnect()).await;
                assert!(ended.is_ok(), "disconnect takes too long");
            }
            Step::AddHandler => {
                let (open, calls) = (Arc::new(AtomicBool::new(true)), Arc::default());
                self.calls.push(Arc::clone(&calls));
                let live = Arc::clone(&open);
                let subscription = self.client.on("news", move |number: u64| {
                    assert!(live.load(Ordering::SeqCst), "a call after the end");
                    calls.lock().unwrap().push(number);
                });
                self.handlers.push((subscription, open));
            }
            Step::RemoveHandler => {
                if let Some((subscription, open)) = self.handlers.pop() {
                    subscription.cancel();
                    open.store(false, Ordering::SeqCst);
                }
            }
            Step::Pass(time) => sleep(millis(time.into())).await,
        }
    }
}

async fn play(steps: Vec<Step>, unconfirmed: Unconfirmed) {
    let (peer, builder) = peer();
    let client = builder
        .reconnect_interval(secs(1))
        .restart_delay(secs(1)..=secs(2))
        .max_reconnect_attempts(3)
        .heartbeat_interval(secs(5))
        .heartbeat_timeout(secs(2))
        .confirm_interval(millis(500))
        .unconfirmed(unconfirmed)
        .build()
        .unwrap();
    let (orders, incoming) = mpsc::unbounded_channel();
    let (received, refuse) = (Received::default(), Arc::new(AtomicBool::new(false)));
    let serving = tokio::spawn(serve(peer, incoming, Arc::clone(&received), Arc::clone(&refuse)));
    let reports = Arc::new(Mutex::new(Reports::default()));
    let listening = tokio::spawn(listen(client.events(), Arc::clone(&reports)));
    let mut panics = client.events();
    let (handlers, calls, connects) = (Vec::new(), Vec::new(), Vec::new());
    let (sent, bad, said) = (0, BTreeSet::new(), 0);
    let mut world = World { client, orders, refuse, sent, bad, said, handlers, calls, connects };
    for step in &steps {
        world.take(step).await;
        adds_up(&world.client);
    }

    // At the end the server is healthy, and everything settles.
    world.refuse.store(false, Ordering::SeqCst);
    let client = world.client.clone();
    for _ in 0..10 + 3 * world.bad.len() {
        drop(timeout(secs(60), client.connect()).await.expect("connect is answered"));
        sleep(secs(20)).await;
        if client.state() == State::Open && client.stats().queued + client.stats().in_flight == 0 {
            break;
        }
    }
    assert_eq!(client.state(), State::Open, "the server is well");
    client.disconnect().await;
    for connect in world.connects.drain(..) {
        timeout(secs(60), connect).await.expect("every connect is answered").unwrap();
    }
    adds_up(&client);
    let stats = client.stats();
    assert_eq!(stats.accepted, world.sent);
    assert_eq!(stats.queued + stats.in_flight, 0, "{stats:?}");
    drop((client, world.client));
    timeout(secs(60), listening).await.unwrap().unwrap();
    while let Some(event) = panics.next().await {
        if let Event::Error(error) = event {
            assert_ne!(*error.kind(), wirebond_client::ErrorKind::HandlerPanic, "{error}");
        }
    }
    serving.abort();

    let (received, reports) = (received.lock().unwrap(), reports.lock().unwrap());
    judge(world.sent, &world.bad, &received, &reports, unconfirmed);
    for calls in &world.calls {
        let calls = calls.lock().unwrap();
        assert!(calls.is_sorted_by(|a, b| a < b), "once, in order: {calls:?}");
    }
}

/// What must hold after every script.
fn judge(
    sent: u64,
    bad: &BTreeSet<u64>,
    received: &[Vec<u64>],
    reports: &Reports,
    unconfirmed: Unconfirmed,
) {
    for connection in received {
        assert!(connection.is_sorted_by(|a, b| a < b), "in order: {connection:?}");
    }
    let all: Vec<u64> = received.iter().flatten().copied().collect();
    let arrived: BTreeSet<u64> = all.iter().copied().collect();
    for number in 0..sent {
        let reported = reports.unavailable
            || reports.unconfirmed.contains(&number)
            || reports.dropped.contains(&number);
        assert!(reported || arrived.contains(&number), "{number} was lost unreported");
    }
    if unconfirmed == Unconfirmed::Report {
        assert_eq!(all.len(), arrived.len(), "nothing arrives twice");
    } else {
        assert!(reports.unavailable || reports.unconfirmed.is_empty());
        assert!(reports.unavailable || bad.is_subset(&reports.dropped));
    }
    assert!(bad.is_disjoint(&arrived));
    if unconfirmed == Unconfirmed::Report {
        assert!(reports.dropped.is_empty());
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 500, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_nothing_is_lost_unreported(
        steps in prop::collection::vec(step(), 0..60),
        redeliver in any::<bool>(),
    ) {
        let unconfirmed = if redeliver { Unconfirmed::Redeliver } else { Unconfirmed::Report };
        runtime().block_on(play(steps, unconfirmed));
    }
}
