//! Connections that break at any byte.

use serde_json::json;

use super::{client::Client, echo};

/// Numbers go both ways over connections that break after `left()` bytes each, until all have arrived.
async fn exchange(count: u64, mut left: impl FnMut() -> usize) -> u32 {
    let (server, mut log) = echo();
    let (mut client, mut cuts) = (Client::new(), 0);
    for number in 0..count {
        client.send("n", &json!(number));
    }
    let all = usize::try_from(count).expect("small");
    let done = |client: &Client| client.got.len() == all && client.confirmed == all;
    while !client.drive(&server, left(), done).await {
        cuts += 1;
    }
    for number in 0..count {
        assert_eq!(log.next_paused().await, number);
    }
    assert!(client.got.iter().copied_numbers().eq(0..count), "{:?}", client.got);
    assert!(client.gone.is_empty());
    let stats = server.stats();
    assert_eq!((stats.received, stats.peers, stats.undelivered), (count, 1, 0));
    assert_eq!(stats.sessions.gone_unknown + stats.sessions.gone_expired, 0);
    cuts
}

trait Numbers<'a>: Iterator<Item = &'a serde_json::Value> + Sized {
    fn copied_numbers(self) -> impl Iterator<Item = u64> {
        self.map(|value| value.as_u64().unwrap_or(u64::MAX))
    }
}

impl<'a, I: Iterator<Item = &'a serde_json::Value>> Numbers<'a> for I {}

#[tokio::test(start_paused = true)]
async fn a_connection_may_break_at_each_byte() {
    let mut first = 0;
    loop {
        let mut lefts = std::iter::once(first).chain(std::iter::repeat(usize::MAX));
        let cuts = exchange(20, || lefts.next().expect("endless")).await;
        if cuts == 0 {
            break;
        }
        first += 3;
    }
    assert!(first > 1_500, "{first}");
}

#[tokio::test(start_paused = true)]
async fn connections_may_break_again_and_again() {
    let mut random = fastrand::Rng::with_seed(7);
    let cuts = exchange(900, || random.usize(200..1_500)).await;
    assert!(cuts > 50, "{cuts}");
}
