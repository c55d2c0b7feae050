//! Connections of every kind, and shutdowns in the midst of them, leave no task, descriptor or memory
//! behind, and other peers don't notice.
//!
//! A process of its own: it counts the whole process's descriptors and memory.

mod hostile;
#[path = "../it/support.rs"]
#[allow(dead_code, reason = "a part of it is used")]
mod support;

use std::{
    net::SocketAddr,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use futures_util::StreamExt;
use tokio::{
    net::TcpListener,
    runtime::Builder as Runtime,
    sync::watch,
    task::JoinSet,
    time::{Instant, timeout},
};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use wirebond_server::{Builder, Peer, Server, Sessions};

use hostile::{KINDS, Stream, attack};
use support::{LONG, authenticate, closed, connect, next_message, send_text};

/// How many hostile connections there are at a time.
const AT_ONCE: usize = 54;
/// Longer than the well-behaved peer waits for an answer, however busy the machine is.
const SLOWEST: Duration = Duration::from_secs(5);

/// Runs one test at a time: the counts are the whole process's, the runtimes of tests that run in
/// parallel included.
fn alone(test: impl Future<Output = ()>) {
    static ALONE: Mutex<()> = Mutex::new(());
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    Runtime::new_current_thread().enable_all().build().expect("a runtime").block_on(test);
}

/// How many descriptors this process has, where that can be known.
fn open_files() -> usize {
    std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count)
}

/// Bytes of memory that this process holds, where that can be known.
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    statm.split_whitespace().nth(1).and_then(|pages| pages.parse().ok()).unwrap_or(0) * 4_096
}

fn tasks() -> usize {
    tokio::runtime::Handle::current().metrics().num_alive_tasks()
}

/// Waits until something holds.
async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < LONG, "never: {what}");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// A server with tight limits, so that a hostile peer meets them soon.
fn strict() -> Builder {
    let soon = Duration::from_millis(300);
    Server::builder()
        .max_message_size(64 << 10)
        .queue_messages(64)
        .queue_bytes(256 << 10)
        .inbox(8)
        .handshake_timeout(soon)
        .close_timeout(soon)
        .heartbeat_interval(soon)
        .heartbeat_timeout(soon)
        .sessions(Sessions::default().keep(soon))
        .missed(|_: Peer, _| {})
        .errors(|_: Peer, _| {})
        .on("echo", |peer: Peer, number: u64| async move { peer.send("echo", &number).await })
        .on("slow", |_: Peer, (): ()| tokio::time::sleep(Duration::from_millis(5)))
        // As long as the peer is there.
        .on("spam", |peer: Peer, (): ()| async move {
            let text = "x".repeat(30_000);
            while peer.send("spam", &text).await.is_ok() {}
        })
        .on("join", |peer: Peer, (): ()| {
            let _ = peer.join("room");
        })
        .on("shout", |peer: Peer, text: String| peer.room("room").send("shout", &text).map(drop))
}

async fn listen(server: &Server) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let server = server.clone();
    tokio::spawn(async move { server.serve(listener, authenticate).await });
    address
}

/// A peer that sends a number and waits for it to come back, until it is asked to leave. Returns how many
/// came back, in order, and how long the slowest took.
async fn well_behaved(address: SocketAddr, leave: watch::Receiver<bool>) -> (u64, Duration) {
    let mut client = connect(address, "/").await;
    let (mut number, mut slowest) = (0, Duration::ZERO);
    while !*leave.borrow() {
        let began = Instant::now();
        send_text(&mut client, &format!(r#"{{"type":"echo","data":{number}}}"#)).await;
        assert_eq!(next_message(&mut client).await["data"], number, "in order, and each once");
        slowest = slowest.max(began.elapsed());
        number += 1;
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let bye = CloseFrame { code: 1000.into(), reason: "bye".into() };
    client.close(Some(bye)).await.expect("an open connection");
    assert_eq!(closed(&mut client).await.0, 1000);
    (number, slowest)
}

/// Attacks a server so many times, until it has thrown everybody out.
async fn attacks(server: &Server, address: SocketAddr, count: u32, others: usize) {
    let mut attacks = JoinSet::new();
    // Peers that hang on until the server ends them.
    let mut hanging: Vec<Stream> = Vec::new();
    for number in 0..count {
        attacks.spawn(attack(address, number));
        if attacks.len() >= AT_ONCE
            && let Some(held) = attacks.join_next().await
        {
            hanging.extend(held.expect("the server does what it should"));
        }
        // As many at a time here, too.
        hanging.drain(..hanging.len().saturating_sub(AT_ONCE));
    }
    while let Some(held) = attacks.join_next().await {
        hanging.extend(held.expect("the server does what it should"));
    }
    // Their sessions, too.
    until("they are gone", || server.stats().peers == others).await;
    let sessions = server.stats().sessions;
    assert_eq!((sessions.attached, sessions.detached, sessions.detached_bytes), (0, 0, 0));
}

/// Counts what is left of hostile connections, after some `before` that allocate what is allocated once.
/// Returns what the well-behaved peer noticed.
async fn hostile_connections(before: u32, count: u32) -> (u64, Duration) {
    let server = strict().build().expect("settings that work");
    let address = listen(&server).await;
    attacks(&server, address, before, 0).await;
    until("only the listener's task is left", || tasks() == 1).await;
    let (files, memory) = (open_files(), resident());

    let (leave, leaves) = watch::channel(false);
    let friend = tokio::spawn(well_behaved(address, leaves));
    until("the friend is there", || server.stats().peers == 1).await;
    attacks(&server, address, count, 1).await;
    leave.send_replace(true);
    let noticed = friend.await.expect("it notices nothing");
    until("only the listener's task is left", || tasks() == 1).await;
    assert_eq!(server.stats().peers, 0);
    assert!(open_files() <= files, "{files} descriptors before, {} now", open_files());
    if count >= 10_000 {
        // A leak of a few kilobytes a connection: the allocator itself keeps some megabytes.
        let grown = resident().saturating_sub(memory);
        assert!(grown <= 32 << 20, "{grown} bytes more");
    }
    assert_eq!(server.shutdown(Duration::from_secs(5)).await, 0);
    until("no task is left", || tasks() == 0).await;
    noticed
}

#[test]
fn hostile_connections_leave_nothing_behind_and_nobody_notices() {
    alone(async {
        let (answers, slowest) = hostile_connections(KINDS, 4 * KINDS).await;
        assert!(answers > 20, "{answers} answers");
        assert!(slowest < SLOWEST, "{slowest:?}");
    });
}

#[test]
#[ignore = "takes a while: `just soak`"]
#[expect(clippy::print_stdout, reason = "the figures are what it is for")]
fn ten_thousand_hostile_connections() {
    alone(async {
        let (answers, slowest) = hostile_connections(1_000, 10_000).await;
        println!(
            "10,000 hostile connections: {answers} echoes in order, the slowest {slowest:.1?}"
        );
        assert!(slowest < SLOWEST, "{slowest:?}");
    });
}

/// A server with peers in every state, shut down.
async fn shutdown() {
    let (begun, mut begins) = watch::channel(false);
    let server = strict()
        .connected(|peer: Peer| peer.try_send("welcome", &()))
        .on("work", move |_: Peer, (): ()| {
            begun.send_replace(true);
            std::future::pending::<()>()
        })
        .build()
        .expect("settings that work");
    let address = listen(&server).await;
    let (mut idle, mut working) = (connect(address, "/").await, connect(address, "/").await);
    let never_reads = hostile::never_reads(address).await;
    let half_a_request = hostile::half_a_request(address).await;
    send_text(&mut working, r#"{"type":"work"}"#).await;
    begins.wait_for(|begun| *begun).await.expect("the handler is there");
    // On a busy machine its Close frame may come after the deadline.
    let ended =
        async { while let Some(Ok(_)) = timeout(LONG, idle.next()).await.expect("an end") {} };
    let (left, ()) = tokio::join!(server.shutdown(Duration::from_millis(20)), ended);
    // One handler never returns; the others need longer on a busy machine.
    assert!((1..=3).contains(&left), "{left}");
    assert_eq!(server.stats().peers, 0);
    drop((working, never_reads, half_a_request));
}

async fn shutdowns(count: u32) {
    for _ in 0..5 {
        shutdown().await;
    }
    until("the first ones are over", || tasks() == 0).await;
    let (files, memory) = (open_files(), resident());
    for _ in 0..count {
        timeout(LONG, shutdown()).await.expect("an end in time");
    }
    until("no task is left", || tasks() == 0).await;
    assert!(open_files() <= files, "{files} descriptors before, {} now", open_files());
    // A leak of a kilobyte a shutdown would be 1 MiB in the long run.
    let grown = resident().saturating_sub(memory);
    assert!(grown <= 4 << 20, "{grown} bytes more");
}

#[test]
fn shutdowns_leave_nothing_behind() {
    alone(shutdowns(20));
}

#[test]
#[ignore = "takes a while: `just soak`"]
fn a_thousand_shutdowns() {
    alone(shutdowns(1_000));
}
