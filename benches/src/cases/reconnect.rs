//! How long after the server is back the connection is open again.

use std::time::Duration;

use tokio::sync::mpsc;

use super::{Runtime, Scale, on};
use crate::{
    peers::{Ezsockets, HandWritten, Job, Peer, Subscribing, Wirebond},
    process::Again,
    rounds::{Entry, Results, alternate},
    stream::Target,
};

/// Between two attempts.
const INTERVAL: Duration = Duration::from_millis(50);

/// The median time to reconnect after some disconnects, in milliseconds.
fn disconnects(peer: &'static dyn Peer, port: u16, count: u64) -> Job<f64> {
    Box::pin(async move {
        let (opened, mut openings) = mpsc::unbounded_channel();
        let target = Target::new(port, "/idle");
        let job = peer.reconnect(&target, INTERVAL, opened).expect("it reconnects");
        let held = job.await;
        openings.recv().await.expect("open");
        let mut millis = Vec::new();
        for round in 0..count {
            // Differently long, so that the attempts fall on no rhythm.
            let away = 120 + round * 37 % 50;
            let down = Target::new(port, format!("/down?ms={away}"));
            down.ask().await.expect("the server is there");
            let open: Duration = openings.recv().await.expect("open again");
            let since = Target::new(port, "/since").ask().await.expect("the server is there");
            let back = Duration::from_nanos(since.parse().expect("nanoseconds"));
            millis.push(open.saturating_sub(back).as_secs_f64() * 1e3);
        }
        drop(held);
        crate::rounds::Spread::of(millis).map_or(0.0, |spread| spread.median)
    })
}

pub fn run(results: &mut Results, scale: Scale) {
    let server = Again::start(&["server", "1"]);
    let port = server.first_line.parse().expect("a port");
    let title = "Reconnect, an attempt every 50 ms: from the server's return to open";
    results.table("reconnect", title, "ms", HandWritten.name());
    let who: [&'static dyn Peer; 3] = [&HandWritten, &Wirebond(Subscribing::Sync), &Ezsockets];
    let entries = who.into_iter().map(|peer| {
        let count = scale.count(40);
        let run = move || {
            let median = on(Runtime::Current(0), disconnects(peer, port, count));
            vec![("reconnect".to_owned(), median)]
        };
        Entry { who: peer.name().to_owned(), run: Box::new(run) }
    });
    alternate(results, if scale.quick { 1 } else { 5 }, entries.collect());
}
