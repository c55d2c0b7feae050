//! Repeated connections leak nothing, and memory is bounded: cases 50 and 57 of the list of faults.
//!
//! A process of its own: it counts the whole process's descriptors and memory.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "it/support/mod.rs"]
#[allow(dead_code, unreachable_pub, missing_debug_implementations, reason = "a part of it is used")]
mod support;

use std::sync::{Mutex, PoisonError};

use support::{Wire, millis, peer, reaches, secs};
use tokio::{net::TcpListener, runtime::Builder};
use wirebond_client::{Client, SendErrorKind, State};

/// Runs one test at a time: the counts are the whole process's, the runtimes of tests that run
/// in parallel included.
fn alone(paused: bool, test: impl Future<Output = ()>) {
    static ALONE: Mutex<()> = Mutex::new(());
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let runtime = Builder::new_current_thread().enable_all().start_paused(paused).build().unwrap();
    runtime.block_on(test);
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

/// A server on a real port that comes and goes.
async fn restarts(count: u32) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let client = Client::builder(format!("ws://{address}/"))
        .reconnect_interval(millis(2))
        .max_reconnect_attempts(None)
        .build()
        .unwrap();
    let mut listener = Some(listener);
    let (connected, mut wire) = {
        let listener = listener.as_ref().unwrap();
        tokio::join!(client.connect(), async {
            let mut wire = Wire { stream: listener.accept().await.unwrap().0 };
            wire.upgrade().await;
            wire
        })
    };
    connected.unwrap();
    let (tasks_before, files) = (tasks(), open_files());
    for restart in 0..count {
        wire.stream.set_zero_linger().unwrap();
        drop((wire, listener.take()));
        let again = loop {
            if let Ok(listener) = TcpListener::bind(address).await {
                break listener;
            }
            tokio::task::yield_now().await;
        };
        wire = loop {
            let mut next = Wire { stream: again.accept().await.unwrap().0 };
            // An attempt that reached the old listener may have failed already.
            if tokio::time::timeout(secs(30), next.try_upgrade()).await.unwrap() {
                break next;
            }
        };
        listener = Some(again);
        reaches(&client, State::Open).await;
        client.send("chat", &restart).await.unwrap();
        assert_eq!(wire.next_name().await, "chat");
    }
    assert!(tasks() <= tasks_before + 1, "{tasks_before} tasks before, {} now", tasks());
    assert!(open_files() <= files + 2, "{files} files before, {} now", open_files());
}

async fn cycles(count: u32) {
    let (mut peer, builder) = peer();
    let client = builder.build().unwrap();
    let server = tokio::spawn(async move {
        loop {
            let wire = peer.open().await;
            wire.serve().await;
        }
    });
    client.connect().await.unwrap();
    client.disconnect().await;
    let (tasks_before, files, memory) = (tasks(), open_files(), resident());
    for _ in 0..count {
        client.connect().await.unwrap();
        client.send("chat", &1).await.unwrap();
        client.disconnect().await;
    }
    assert!(tasks() <= tasks_before, "{tasks_before} tasks before, {} now", tasks());
    assert!(open_files() <= files, "{files} files before, {} now", open_files());
    // A leak of a kilobyte a cycle would be 10 MiB in all.
    let grown = resident().saturating_sub(memory);
    assert!(grown <= 4 << 20, "{grown} bytes more");
    let stats = client.stats();
    assert_eq!(stats.confirmed, u64::from(count));
    server.abort();
}

#[test]
fn case_50_a_server_that_restarts_on_its_port_is_found_again() {
    alone(false, restarts(20));
}

#[test]
#[ignore = "takes a while: `just soak`"]
fn case_50_a_thousand_restarts() {
    alone(false, restarts(1_000));
}

#[test]
fn case_57_cycles_leave_nothing_behind() {
    alone(true, cycles(500));
}

#[test]
#[ignore = "takes a while: `just soak`"]
fn case_57_ten_thousand_cycles() {
    alone(true, cycles(10_000));
}

/// Every refusal of a full queue reaches its caller.
fn sends_off_line() {
    let client = Client::builder("ws://localhost/").build().unwrap();
    let line = "a line that somebody typed in a room, of the usual length for such a line";
    let before = resident();
    let mut refused = 0_u64;
    for number in 0..1_000_000_u64 {
        if let Err(error) = client.try_send("chat", &(number, line)) {
            assert_eq!(*error.kind(), SendErrorKind::QueueFull);
            refused += 1;
        }
    }
    let grown = resident().saturating_sub(before);
    assert!(grown <= 4 << 20, "{grown} bytes more");
    let stats = client.stats();
    assert_eq!((stats.accepted, stats.queued), (1_024, 1_024));
    assert_eq!((stats.refused, refused), (1_000_000 - 1_024, 1_000_000 - 1_024));
}

#[test]
fn a_million_sends_off_line_stay_within_bounds() {
    alone(true, async { sends_off_line() });
}
