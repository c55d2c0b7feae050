//! The clients of a server under test, as a process of their own: they send frames that were built
//! before, and count what comes back.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};
use tokio::{sync::Notify, task::JoinSet};

use crate::{
    hosts::{Dialect, Host, Serving},
    process::{self, Again},
    rounds::quantile,
};

mod client;

use client::{Client, message, request};

/// How many connections are opened at a time.
const OPENING: usize = 32;

/// What the clients do. Each prints a line of figures at its end; those that hold connections print it
/// before, and stay.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub enum Plan {
    /// Each of `clients` sends `each` chats, `batch` of them a write. With `paced`, the server has read
    /// the last of a batch before the next begins.
    Flood { clients: usize, each: u64, batch: u64, paced: bool },
    /// One member of the room announces something to all `members`, `burst` times in a write. The next
    /// write follows when everybody has everything. Prints when deliveries came: p50 and p99 in
    /// microseconds.
    Announce { members: usize, rounds: u64, burst: u64, stalled: bool },
    /// `members` of the room read nothing. A line follows `filled` announcements, and another as many
    /// more as `more`.
    Pending { members: usize, filled: u64, more: u64 },
    /// Opens connections, and is quiet.
    Idle { clients: usize },
    /// Opens connections one after another, `OPENING` at a time.
    Open { clients: usize },
    /// One message in flight, which is sent back, or one call. Prints p50 and p99 in microseconds.
    Whisper { count: usize, call: bool },
}

#[derive(Debug, Serialize, Deserialize)]
struct Crowd {
    port: u16,
    dialect: Dialect,
    /// The core to stay on.
    place: usize,
    plan: Plan,
}

/// Lets a crowd loose on a server.
pub fn crowd(host: &dyn Host, serving: &Serving, place: usize, plan: Plan) -> Again {
    let crowd = Crowd { port: serving.port, dialect: host.dialect(), place, plan };
    let crowd = serde_json::to_string(&crowd).expect("plain data");
    Again::start(&["crowd", &crowd])
}

/// The child's part.
pub fn child(crowd: &str) -> Result<(), String> {
    let crowd: Crowd = serde_json::from_str(crowd).map_err(|error| error.to_string())?;
    process::end_with_parent();
    process::raise_file_limit();
    process::pin(crowd.place);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        match crowd.plan {
            Plan::Flood { clients, each, batch, paced } => {
                flood(&crowd, clients, each, batch, paced).await;
            }
            Plan::Announce { members, rounds, burst, stalled } => {
                announce(&crowd, members, rounds, burst, stalled).await;
            }
            Plan::Pending { members, filled, more } => pending(&crowd, members, filled, more).await,
            Plan::Idle { clients } => {
                let clients = open(&crowd, clients, true).await;
                println!("{}", clients.len());
                stay(clients).await;
            }
            Plan::Open { clients } => open_more(&crowd, clients).await,
            Plan::Whisper { count, call } => whisper(&crowd, count, call).await,
        }
    });
    Ok(())
}

/// Keeps what is held until the parent has what it needs.
async fn stay<T>(held: T) {
    std::future::pending::<()>().await;
    drop(held);
}

/// Opens so many connections.
async fn open(crowd: &Crowd, count: usize, join: bool) -> Vec<Client> {
    let (port, dialect) = (crowd.port, crowd.dialect);
    let (mut opening, mut clients) = (JoinSet::new(), Vec::with_capacity(count));
    for _ in 0..count {
        if opening.len() == OPENING {
            clients.extend(opening.join_next().await.expect("one of them"));
        }
        opening.spawn(async move {
            let mut client = Client::open(port, dialect, None).await;
            if join {
                client.join().await;
            }
            client
        });
    }
    clients.extend(opening.join_all().await);
    clients
}

async fn flood(crowd: &Crowd, clients: usize, each: u64, batch: u64, paced: bool) {
    let mut clients = open(crowd, clients, false).await;
    let batch = message(crowd.dialect, "chat").repeat(usize::try_from(batch).expect("few"));
    let rounds = each * message(crowd.dialect, "chat").len() as u64 / batch.len() as u64;
    let whisper = message(crowd.dialect, "whisper");
    clients[0].begin().await;
    for _ in 0..rounds {
        for client in &mut clients {
            client.write(&batch).await;
        }
        if paced {
            clients[0].write(&whisper).await;
            clients[0].expect(1).await;
        }
    }
    println!("sent");
    stay(clients).await;
}

/// What all members of the room have been delivered.
#[derive(Debug, Default)]
struct Tally {
    delivered: AtomicU64,
    awaited: AtomicU64,
    all: Notify,
    /// When the announcement was sent, and how long its deliveries took.
    sent: Mutex<Option<Instant>>,
    took: Mutex<Vec<Duration>>,
}

impl Tally {
    fn add(&self, messages: u64) {
        if let Some(sent) = *self.sent.lock().expect("unpoisoned") {
            let took = sent.elapsed();
            let mut all = self.took.lock().expect("unpoisoned");
            all.extend((0..messages).map(|_| took));
        }
        let delivered = self.delivered.fetch_add(messages, Relaxed) + messages;
        if delivered >= self.awaited.load(Relaxed) {
            self.all.notify_one();
        }
    }
}

async fn announce(crowd: &Crowd, members: usize, rounds: u64, burst: u64, stalled: bool) {
    let mut clients = open(crowd, members, true).await;
    let mut held = None;
    if stalled {
        // A small buffer, so that it is full soon.
        let mut client = Client::open(crowd.port, crowd.dialect, Some(4_096)).await;
        client.join().await;
        held = Some(client);
    }
    let mut speaker = clients.pop().expect("somebody");
    let announcement = message(crowd.dialect, "announcement");
    let announcement = announcement.repeat(usize::try_from(burst).expect("few"));
    speaker.begin().await;
    let tally = Arc::new(Tally::default());
    let deliveries = burst * members as u64;
    for mut client in clients {
        let tally = Arc::clone(&tally);
        tokio::spawn(async move {
            loop {
                tally.add(client.some().await);
            }
        });
    }
    tally
        .took
        .lock()
        .expect("unpoisoned")
        .reserve(usize::try_from(rounds * deliveries).expect("few"));
    for round in 1..=rounds {
        tally.awaited.store(round * deliveries, Relaxed);
        *tally.sent.lock().expect("unpoisoned") = Some(Instant::now());
        speaker.write(&announcement).await;
        while tally.delivered.load(Relaxed) < round * deliveries {
            tokio::select! {
                biased;
                () = tally.all.notified() => {}
                messages = speaker.some() => tally.add(messages),
            }
        }
    }
    speaker.write(&message(crowd.dialect, "done")).await;
    println!("{}", percentiles(&tally.took.lock().expect("unpoisoned")));
    stay((speaker, held)).await;
}

/// p50 and p99 in microseconds.
fn percentiles(took: &[Duration]) -> String {
    let mut micros: Vec<f64> = took.iter().map(|took| took.as_secs_f64() * 1e6).collect();
    micros.sort_by(f64::total_cmp);
    format!("{} {}", quantile(&micros, 0.5), quantile(&micros, 0.99))
}

async fn pending(crowd: &Crowd, members: usize, filled: u64, more: u64) {
    let mut held = Vec::new();
    for _ in 0..members {
        let mut client = Client::open(crowd.port, crowd.dialect, Some(4_096)).await;
        client.join().await;
        held.push(client);
    }
    let mut speaker = open(crowd, 1, true).await.remove(0);
    let announcement = message(crowd.dialect, "announcement");
    for count in [filled, more] {
        for _ in 0..count {
            speaker.write(&announcement).await;
            speaker.expect(1).await;
        }
        // What the server does after its answer to the last one.
        tokio::time::sleep(Duration::from_millis(300)).await;
        println!("{count}");
        // The parent looks at the server's memory.
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    stay((speaker, held)).await;
}

async fn open_more(crowd: &Crowd, clients: usize) {
    let mut first = open(crowd, 1, false).await.remove(0);
    first.begin().await;
    let clients = open(crowd, clients, false).await;
    first.write(&message(crowd.dialect, "done")).await;
    println!("{}", clients.len());
    stay((first, clients)).await;
}

async fn whisper(crowd: &Crowd, count: usize, call: bool) {
    let mut client = open(crowd, 1, false).await.remove(0);
    let whisper = if call { request() } else { message(crowd.dialect, "whisper") };
    let mut took = Vec::with_capacity(count);
    for _ in 0..count {
        let sent = Instant::now();
        client.write(&whisper).await;
        client.expect(1).await;
        took.push(sent.elapsed());
    }
    println!("{}", percentiles(&took));
    stay(client).await;
}
