//! Idle connections with heartbeats: memory and processor time of each, in a process of their own.

use std::time::Duration;

use super::Scale;
use crate::{
    peers::{
        Ezsockets, Fastwebsockets, Floor, HandWritten, Jsonrpsee, Peer, SmallBuffer, Subscribing,
        TokioWebsockets, Wirebond, by_name,
    },
    process::{self, Again, cpu_time, resident},
    rounds::{Entry, Results, alternate},
    stream::Target,
};

/// Between two heartbeats.
const BEAT: Duration = Duration::from_secs(2);

/// The child's part: opens the connections, looks for a while, prints memory and processor time.
pub fn child(who: &str, port: u16, count: usize, beats: u32) {
    process::end_with_parent();
    process::raise_file_limit();
    let peer = by_name(who).expect("a client of that name");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let target = Target::new(port, "/idle");
        // What the first connection brings with it is not the connection's.
        let first = peer.idle(&target, 1, BEAT).expect("it can be idle").await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        let before = resident();
        let held = peer.idle(&target, count, BEAT).expect("it can be idle").await;
        let settle = BEAT * 3 / 2;
        tokio::time::sleep(settle).await;
        let (used, window) = (cpu_time(), BEAT * beats);
        tokio::time::sleep(window).await;
        let used = (cpu_time() - used).as_nanos() as f64;
        let bytes = resident().saturating_sub(before) as f64;
        println!(
            "{} {}",
            bytes / 1_024.0 / count as f64,
            used / 1_000.0 / count as f64 / window.as_secs_f64()
        );
        drop((first, held));
    });
}

pub fn run(results: &mut Results, scale: Scale) {
    let who: &[&dyn Peer] = &[
        &HandWritten,
        &SmallBuffer,
        &Wirebond(Subscribing::Sync),
        &Ezsockets,
        &Jsonrpsee,
        &Fastwebsockets,
        &TokioWebsockets,
        &Floor,
    ];
    let counts: &[usize] = if scale.quick { &[5_000] } else { &[1_000, 5_000, 5_000] };
    for &count in counts {
        let (memory, cpu) = (format!("idle/{count}/memory"), format!("idle/{count}/cpu"));
        let title = format!("Idle with a heartbeat every 2 s, {count} in a process");
        let base = HandWritten.name();
        // A count that comes twice has two rounds; each process is fresh, so that none warms up.
        results.table(&memory, &format!("{title}: memory of each"), "KiB", base);
        results.table(&cpu, &format!("{title}: processor time of each"), "µs a second", base);
        let entries = who.iter().map(|&peer| {
            let (memory, cpu) = (memory.clone(), cpu.clone());
            let run = move || {
                // A server of its own, so that ports never run out.
                let server = Again::start(&["server"]);
                let beats = if scale.quick { "1" } else { "3" };
                let arguments =
                    ["idle", peer.name(), &server.first_line, &count.to_string(), beats];
                let child = Again::start(&arguments);
                let mut figures = child.first_line.split(' ').map(|word| word.parse());
                let mut next = || figures.next().and_then(Result::ok).expect("a figure");
                vec![(memory.clone(), next()), (cpu.clone(), next())]
            };
            Entry { who: peer.name().to_owned(), run: Box::new(run) }
        });
        alternate(results, 1, entries.collect());
    }
}
