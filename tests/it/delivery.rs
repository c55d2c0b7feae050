//! What happens to messages that are in flight when connections are reset: the report names
//! every one that was lost, and little beyond.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::StreamExt;
use serde::Deserialize;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
    time::{Instant, sleep_until, timeout},
};
use wirebond::{Client, Event, Events, State, Unconfirmed};

mod proxy;
mod sessions;

/// One message a millisecond.
const PACE: Duration = Duration::from_millis(1);
const CONFIRM: Duration = Duration::from_millis(100);
/// How long a byte is in flight in each direction, and so can be lost.
const DELAY: Duration = Duration::from_millis(20);

#[derive(Deserialize)]
struct Wire {
    r#type: String,
}

/// The numbers that one connection brought, in order.
type Received = Arc<Mutex<Vec<Vec<u64>>>>;

/// A plain server that records what arrives.
async fn serve(listener: TcpListener, received: Received) {
    loop {
        let (tcp, _) = listener.accept().await.unwrap();
        let connection = {
            let mut received = received.lock().unwrap();
            received.push(Vec::new());
            received.len() - 1
        };
        let received = Arc::clone(&received);
        tokio::spawn(async move {
            let Ok(mut socket) = tokio_tungstenite::accept_async(tcp).await else { return };
            while let Some(Ok(message)) = socket.next().await {
                let Ok(text) = message.to_text() else { continue };
                if !message.is_text() {
                    continue;
                }
                let Wire { r#type } = serde_json::from_str(text).unwrap();
                if let Ok(number) = r#type.parse() {
                    received.lock().unwrap()[connection].push(number);
                }
            }
        });
    }
}

/// A network between them: bytes are delayed, and when `cut` changes, all connections are reset and
/// what was in flight is lost.
pub(crate) async fn network(listener: TcpListener, server: SocketAddr, cut: watch::Receiver<u32>) {
    loop {
        let (near, _) = listener.accept().await.unwrap();
        let mut cut = cut.clone();
        cut.mark_unchanged();
        tokio::spawn(async move {
            let Ok(far) = TcpStream::connect(server).await else { return };
            for stream in [&near, &far] {
                stream.set_nodelay(true).unwrap();
                stream.set_zero_linger().unwrap();
            }
            let (near_in, near_out) = near.into_split();
            let (far_in, far_out) = far.into_split();
            tokio::select! {
                _ = cut.changed() => {}
                () = carry(near_in, far_out) => {}
                () = carry(far_in, near_out) => {}
            }
        });
    }
}

async fn carry(mut from: tokio::net::tcp::OwnedReadHalf, mut to: tokio::net::tcp::OwnedWriteHalf) {
    let (sender, mut under_way) = tokio::sync::mpsc::unbounded_channel::<(Instant, Vec<u8>)>();
    let read = async move {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(count @ 1..) = from.read(&mut buffer).await {
            let _ = sender.send((Instant::now() + DELAY, buffer[..count].to_vec()));
        }
    };
    let write = async move {
        while let Some((arrival, bytes)) = under_way.recv().await {
            sleep_until(arrival).await;
            if to.write_all(&bytes).await.is_err() {
                return;
            }
        }
    };
    tokio::join!(read, write);
}

/// The outcome of one run.
#[derive(Debug, Default)]
struct Outcome {
    sent: u64,
    refused: u64,
    /// How often each number arrived.
    arrived: BTreeMap<u64, u32>,
    unconfirmed: BTreeSet<u64>,
    dropped: BTreeSet<u64>,
    resets: u32,
    connections: usize,
}

impl Outcome {
    fn lost(&self) -> BTreeSet<u64> {
        (0..self.sent).filter(|number| !self.arrived.contains_key(number)).collect()
    }

    fn reported(&self) -> BTreeSet<u64> {
        self.unconfirmed.union(&self.dropped).copied().collect()
    }

    fn twice(&self) -> u64 {
        self.arrived.values().map(|&count| u64::from(count - 1)).sum()
    }
}

async fn run(messages: u64, resets: u32, unconfirmed: Unconfirmed) -> Outcome {
    let received = Received::default();
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let between = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (server_address, address) = (server.local_addr().unwrap(), between.local_addr().unwrap());
    let (cut, cuts) = watch::channel(0);
    tokio::spawn(serve(server, Arc::clone(&received)));
    tokio::spawn(network(between, server_address, cuts));

    let client = Client::builder(format!("ws://{address}"))
        .reconnect_interval(Duration::from_millis(20))
        .max_reconnect_attempts(None)
        .confirm_interval(CONFIRM)
        .unconfirmed(unconfirmed)
        // Several resets in a row are no fault of a message's, however slow the machine is.
        .max_deliveries(None::<u32>)
        .queue_messages(10_000)
        .queue_bytes(1 << 22)
        .build()
        .unwrap();
    let reports = tokio::spawn(reports(client.events()));
    client.connect().await.unwrap();

    let mut outcome = Outcome { sent: messages, resets, ..Outcome::default() };
    // Spread over the run at irregular times.
    let mut at: BTreeSet<u64> = BTreeSet::new();
    let mut random = numbers(7);
    while at.len() < resets as usize {
        at.insert(messages / 20 + random() % (messages * 9 / 10));
    }
    let began = Instant::now();
    for number in 0..messages {
        sleep_until(began + PACE * u32::try_from(number).unwrap()).await;
        if client.send(&number.to_string(), &"a line that somebody typed in a room").await.is_err()
        {
            outcome.refused += 1;
        }
        if at.contains(&number) {
            cut.send_modify(|count| *count += 1);
        }
    }
    client.watch_state().wait_for(|state| *state == State::Open).await.unwrap();
    client.flush().await.expect("the line is quiet now");
    client.disconnect().await;
    let stats = client.stats();
    assert_eq!(stats.queued + stats.in_flight, 0, "{stats:?}");
    assert_eq!(stats.accepted, stats.confirmed + stats.unconfirmed + stats.dropped(), "{stats:?}");
    drop(client);

    let (unconfirmed, dropped) = timeout(Duration::from_secs(10), reports).await.unwrap().unwrap();
    (outcome.unconfirmed, outcome.dropped) = (unconfirmed, dropped);
    let received = received.lock().unwrap();
    outcome.connections = received.len();
    for connection in received.iter() {
        assert!(connection.is_sorted_by(|a, b| a < b), "out of order, or twice, in one connection");
        for &number in connection {
            *outcome.arrived.entry(number).or_default() += 1;
        }
    }
    outcome
}

/// Collects what is reported as unconfirmed and as dropped, until the client is dropped.
async fn reports(mut events: Events) -> (BTreeSet<u64>, BTreeSet<u64>) {
    let (mut unconfirmed, mut dropped) = (BTreeSet::new(), BTreeSet::new());
    while let Some(event) = events.next().await {
        let (name, reported) = match event {
            Event::Unconfirmed { name, .. } => (name, &mut unconfirmed),
            Event::Dropped { name, .. } => (name, &mut dropped),
            Event::Lagged { .. } => panic!("the events are read too late to count"),
            _ => continue,
        };
        reported.insert(name.parse().unwrap());
    }
    (unconfirmed, dropped)
}

/// Numbers that are the same in every run.
fn numbers(seed: u64) -> impl FnMut() -> u64 {
    let mut state = seed;
    move || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state >> 33
    }
}

/// How many messages one interval and a round trip hold. The checks allow twice that, for a slow
/// machine's late turns.
fn held() -> u64 {
    let span = CONFIRM + 2 * DELAY;
    u64::try_from(span.as_micros() / PACE.as_micros()).unwrap()
}

fn check_report(outcome: &Outcome) {
    let (lost, reported) = (outcome.lost(), outcome.reported());
    assert_eq!(outcome.refused, 0);
    assert_eq!(outcome.twice(), 0, "nothing is sent twice");
    let silent: Vec<_> = lost.difference(&reported).collect();
    assert!(silent.is_empty(), "lost and not reported: {silent:?}");
    let needless = reported.difference(&lost).count() as u64;
    assert!(
        needless <= 2 * held() * u64::from(outcome.resets),
        "{needless} reported that had arrived, over {} resets",
        outcome.resets
    );
}

fn check_redelivery(outcome: &Outcome) {
    assert_eq!(outcome.refused, 0);
    assert_eq!(outcome.lost(), BTreeSet::new(), "nothing is lost");
    assert_eq!(outcome.reported(), BTreeSet::new());
    assert!(outcome.twice() <= 2 * held() * u64::from(outcome.resets), "{} twice", outcome.twice());
}

#[tokio::test]
async fn what_a_reset_swallows_is_reported_by_name() {
    check_report(&run(1_500, 6, Unconfirmed::Report).await);
}

#[tokio::test]
async fn redelivery_loses_nothing() {
    check_redelivery(&run(1_500, 6, Unconfirmed::Redeliver).await);
}

/// `cargo test --test it delivery:: -- --ignored --nocapture` prints the figures of `docs/reliability.md`.
#[tokio::test]
#[ignore = "takes ten seconds and prints a report"]
#[expect(clippy::print_stdout, reason = "the report is what it is for")]
async fn report_10_000_messages_over_39_resets() {
    let (report, redeliver) =
        tokio::join!(run(10_000, 39, Unconfirmed::Report), run(10_000, 39, Unconfirmed::Redeliver));
    for (name, outcome) in [("Report", &report), ("Redeliver", &redeliver)] {
        println!(
            "{name}: {} sent, {} resets, {} connections, {} lost, {} reported, {} lost unreported, {} twice",
            outcome.sent,
            outcome.resets,
            outcome.connections,
            outcome.lost().len(),
            outcome.reported().len(),
            outcome.lost().difference(&outcome.reported()).count(),
            outcome.twice(),
        );
    }
    check_report(&report);
    check_redelivery(&redeliver);
}
