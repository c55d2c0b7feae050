//! The server is a process of its own, and is killed in between.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    env, fs,
    io::{BufRead, BufReader, Write},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::{
    net::TcpListener,
    sync::{mpsc, watch},
    time::timeout,
};
use wirebond::{
    Event, Events, SessionEvent, State, Unconfirmed,
    server::{Disconnect, EndedBy, Identity, Peer, Server, Sessions},
};

use super::{STUCK, client, listen};
use crate::{delivery::proxy::Proxy, support::tools};

/// Names the child's file, and makes this test's binary the server.
const CHILD: &str = "WIREBOND_DELIVERY_CHILD";
const LISTENING: &str = "listening on ";

/// The server: it stores the effect of each message, a line of its id and its name, before it is handled.
/// And it counts for each session, for as long as that lasts.
#[tokio::test]
#[ignore = "the server of the other tests"]
#[expect(clippy::print_stdout, reason = "the port is what the other process waits for")]
async fn child() {
    let Some(path) = env::var_os(CHILD) else { return };
    let file = Mutex::new(Effects::open(Path::new(&path)));
    let server = Server::builder()
        .sessions(Sessions::default())
        .unknown(move |peer: Peer, name, _text| {
            let id = peer.message_id().expect("this is a session").to_string();
            file.lock().unwrap().store(&id, &name);
        })
        .connected(|peer: Peer| {
            tokio::spawn(async move {
                for number in 0_u64.. {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                    if peer.send("down", &(std::process::id(), number)).await.is_err() {
                        return;
                    }
                }
            });
        })
        .build()
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("\n{LISTENING}{}", listener.local_addr().unwrap());
    server.serve(listener, |_request| async { Ok(Identity::anonymous()) }).await;
}

/// Effects with the ids of their messages, in a file that survives a kill.
struct Effects {
    file: fs::File,
    ids: HashSet<String>,
}

impl Effects {
    fn open(path: &Path) -> Self {
        let ids = Self::read(path).into_iter().map(|(id, _)| id).collect();
        let file = fs::OpenOptions::new().append(true).create(true).open(path).unwrap();
        Self { file, ids }
    }

    /// The transaction: effect and id together, or neither.
    fn store(&mut self, id: &str, name: &str) {
        if self.ids.insert(id.to_owned()) {
            // One write, which a kill doesn't divide.
            self.file.write_all(format!("{id} {name}\n").as_bytes()).unwrap();
            self.file.sync_data().unwrap();
        }
    }

    fn read(path: &Path) -> Vec<(String, String)> {
        let text = fs::read_to_string(path).unwrap_or_default();
        let lines = text.lines().map(|line| line.split_once(' ').unwrap());
        lines.map(|(id, name)| (id.to_owned(), name.to_owned())).collect()
    }
}

/// The server's process, which doesn't outlive its test.
struct Process {
    child: Child,
    address: SocketAddr,
}

impl Process {
    fn start(file: &Path) -> Self {
        let mut command = Command::new(env::current_exe().unwrap());
        command.args(["delivery::sessions::killed::child", "--exact", "--ignored", "--nocapture"]);
        command.env(CHILD, file).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let mut addresses = lines.filter_map(|line| Some(line.strip_prefix(LISTENING)?.to_owned()));
        let address = addresses.next().unwrap().parse().unwrap();
        Self { child, address }
    }
}

impl Drop for Process {
    /// By SIGKILL.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What came of one run.
#[derive(Debug)]
struct Outcome {
    messages: u64,
    kills: u32,
    cuts: u32,
    /// How often each message had its effect.
    effects: BTreeMap<String, u32>,
    unconfirmed: BTreeSet<String>,
    lost_sessions: u32,
    /// What arrived from each process, in order.
    down: BTreeMap<u32, Vec<u64>>,
}

impl Outcome {
    /// The messages that had no effect.
    fn missing(&self) -> BTreeSet<String> {
        let names = (0..self.messages).map(|number| number.to_string());
        names.filter(|name| !self.effects.contains_key(name)).collect()
    }

    fn doubled(&self) -> usize {
        self.effects.values().filter(|count| **count > 1).count()
    }

    fn silent(&self) -> usize {
        self.missing().difference(&self.unconfirmed).count()
    }

    /// What holds whatever the client does with messages in doubt.
    fn check(&self) {
        assert_eq!(self.doubled(), 0, "each effect at most once: {self:?}");
        for (process, numbers) in &self.down {
            let are_all = numbers.iter().copied().eq(0..numbers.len() as u64);
            assert!(are_all, "process {process} sent each once and in order: {numbers:?}");
        }
        // Whatever the server had sent and the client had not received is lost with the process.
        let sessions = u32::try_from(self.down.len()).unwrap();
        assert!(self.lost_sessions >= self.kills.max(sessions - 1), "each is reported: {self:?}");
    }
}

/// Sends messages, each with a name of its own, and kills the server `kills` times meanwhile.
async fn run(name: &str, messages: u64, kills: u32, unconfirmed: Unconfirmed) -> Outcome {
    let file: PathBuf = tools::scratch(name).join("effects");
    let mut server = Process::start(&file);
    // Connections break as well.
    let (proxy, address) = Proxy::start(server.address, 5 * kills, 2_000).await;
    let builder = client(address).unconfirmed(unconfirmed).max_deliveries(1_000);
    let client = builder.queue_messages(100).build().unwrap();
    let reporting = tokio::spawn(reports(client.events()));
    let down = Arc::new(Mutex::new(BTreeMap::<u32, Vec<u64>>::new()));
    let received = Arc::clone(&down);
    client.on("down", move |(process, number): (u32, u64)| {
        received.lock().unwrap().entry(process).or_default().push(number);
    });
    client.connect().await.unwrap();
    let mut killed = 0;
    for number in 0..messages {
        timeout(STUCK, client.send(&number.to_string(), &())).await.expect("stuck").unwrap();
        if number * u64::from(kills + 1) / messages > killed {
            drop(server);
            server = Process::start(&file);
            proxy.lead_to(server.address);
            killed += 1;
        }
    }
    while timeout(STUCK, client.flush()).await.expect("stuck").is_err() {
        client.watch_state().wait_for(|state| *state == State::Open).await.unwrap();
    }
    client.disconnect().await;
    drop((client, server));
    let (unconfirmed, lost_sessions) = timeout(STUCK, reporting).await.unwrap().unwrap();
    let mut effects = BTreeMap::<String, u32>::new();
    for (_, name) in Effects::read(&file) {
        *effects.entry(name).or_default() += 1;
    }
    let down = std::mem::take(&mut *down.lock().unwrap());
    let cuts = 5 * kills - proxy.left();
    Outcome { messages, kills, cuts, effects, unconfirmed, lost_sessions, down }
}

/// Collects the names of unconfirmed messages and counts lost sessions, until the client is dropped.
async fn reports(mut events: Events) -> (BTreeSet<String>, u32) {
    let (mut unconfirmed, mut lost) = (BTreeSet::new(), 0);
    while let Some(event) = events.next().await {
        match event {
            Event::Unconfirmed { name, .. } => {
                unconfirmed.insert(name.to_string());
            }
            Event::Session(SessionEvent::Lost { .. }) => lost += 1,
            Event::Dropped { .. } | Event::Lagged { .. } => panic!("{event:?}"),
            _ => {}
        }
    }
    (unconfirmed, lost)
}

fn check_reported(outcome: &Outcome) {
    outcome.check();
    assert_eq!(outcome.silent(), 0, "each loss is reported by name: {outcome:?}");
}

fn check_redelivered(outcome: &Outcome) {
    outcome.check();
    assert_eq!(outcome.missing(), BTreeSet::new(), "each effect once: {outcome:?}");
    assert_eq!(outcome.unconfirmed, BTreeSet::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_killed_server_loses_is_reported_by_name() {
    check_reported(&run("killed_report", 500, 2, Unconfirmed::Report).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_effect_that_is_stored_with_its_message_id_happens_once() {
    check_redelivered(&run("killed_redeliver", 500, 2, Unconfirmed::Redeliver).await);
}

/// The other end: a client that is killed, and doesn't come back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_killed_client_loses_is_reported_by_name() {
    let accepted = Arc::new(AtomicU64::new(0));
    let (count, (end, mut ended)) = (Arc::clone(&accepted), mpsc::unbounded_channel());
    let server = Server::builder()
        .sessions(Sessions::default().keep(Duration::from_millis(300)))
        .connected(move |peer: Peer| {
            let count = Arc::clone(&count);
            tokio::spawn(async move {
                while peer.send(&count.load(Relaxed).to_string(), &()).await.is_ok() {
                    count.fetch_add(1, Relaxed);
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            });
        })
        .disconnected(move |_: Peer, disconnect: Disconnect| drop(end.send(disconnect)))
        .build()
        .unwrap();
    let address = listen(&server).await;
    let received = Arc::new(Mutex::new(BTreeSet::new()));
    let (record, (enough, mut is_enough)) = (Arc::clone(&received), watch::channel(false));
    // Its runtime ends as a process does: without a word.
    let process = tokio::runtime::Runtime::new().unwrap();
    process.spawn(async move {
        let client = client(address).build().unwrap();
        client.on_unknown(move |name, _text| {
            let mut received = record.lock().unwrap();
            received.insert(name);
            enough.send_replace(received.len() >= 100);
        });
        client.connect().await.unwrap();
        std::future::pending::<()>().await;
    });
    timeout(STUCK, is_enough.wait_for(|enough| *enough)).await.unwrap().unwrap();
    process.shutdown_background();
    let end: Disconnect = timeout(STUCK, ended.recv()).await.unwrap().unwrap();
    assert_eq!(end.by, EndedBy::Expired, "{end:?}");
    let reported = end.undelivered.iter().chain(&end.unconfirmed);
    let reported: BTreeSet<_> = reported.map(|(name, _)| name.clone()).collect();
    let (received, accepted) = (received.lock().unwrap(), accepted.load(Relaxed));
    let names = (0..accepted).map(|number| number.to_string());
    let lost: BTreeSet<_> = names.filter(|name| !received.contains(name)).collect();
    assert!(!lost.is_empty(), "it was killed while messages came: {accepted}");
    let silent: Vec<_> = lost.difference(&reported).collect();
    assert!(silent.is_empty(), "lost and not reported: {silent:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes a minute or more, and prints a report"]
#[expect(clippy::print_stdout, reason = "the report is what it is for")]
async fn report_10_000_messages_over_20_kills() {
    let report = run("killed_report_20", 10_000, 20, Unconfirmed::Report).await;
    let redeliver = run("killed_redeliver_20", 10_000, 20, Unconfirmed::Redeliver).await;
    for (name, outcome) in [("Report", &report), ("Redeliver", &redeliver)] {
        println!(
            "Session, {name}: {} sent, {} kills, {} cuts, {} effects, {} missing, {} reported, {} missing \
             and unreported, {} effects twice, {} lost sessions reported",
            outcome.messages,
            outcome.kills,
            outcome.cuts,
            outcome.effects.len(),
            outcome.missing().len(),
            outcome.unconfirmed.len(),
            outcome.silent(),
            outcome.doubled(),
            outcome.lost_sessions,
        );
    }
    check_reported(&report);
    check_redelivered(&redeliver);
}
