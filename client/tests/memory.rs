//! A million sends while off line: bounded memory, and every refusal reaches its caller.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use wirebond_client::{Client, SendErrorKind};

/// Bytes of memory that this process holds.
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: usize = statm.split_whitespace().nth(1).unwrap().parse().unwrap();
    pages * 4_096
}

// By itself in this file: another test's memory would count as well.
#[test]
fn a_million_sends_off_line_stay_within_bounds() {
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
