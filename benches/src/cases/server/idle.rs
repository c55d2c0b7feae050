//! Idle peers, all in one room: memory of each, in a process of their own.

use std::{sync::Arc, time::Duration};

use super::{AXUM, CLIENTS, SERVER};
use crate::{
    cases::Scale,
    crowd::{Plan, crowd},
    hosts::{Accepting, Axum, Fastwebsockets, Host, Serving, Socketioxide, Wirebond},
    process::{Again, resident},
    recorder::Recorder,
    rounds::{Entry, Results, alternate},
};

const COUNT: usize = 10_000;

/// The child's part: KiB of each connection.
pub fn measure(host: &'static dyn Host, count: usize) -> String {
    let recorder = Arc::new(Recorder::expecting(u64::MAX));
    let serving = Serving::start(host, &recorder, SERVER, None);
    // What the first connections bring with them is not theirs.
    let _first = crowd(host, &serving, CLIENTS, Plan::Idle { clients: 10 });
    std::thread::sleep(Duration::from_millis(100));
    let before = resident();
    let _idle = crowd(host, &serving, CLIENTS, Plan::Idle { clients: count });
    std::thread::sleep(Duration::from_millis(500));
    let bytes = resident().saturating_sub(before) as f64;
    (bytes / 1_024.0 / count as f64).to_string()
}

pub fn run(results: &mut Results, scale: Scale) {
    let id = "server/idle";
    let title = format!("Server: idle peers, {COUNT} in a process, memory of each");
    results.table(id, &title, "KiB", AXUM);
    let who: [&'static dyn Host; 6] = [
        &Axum,
        &Wirebond(Accepting::Itself),
        &Wirebond(Accepting::Sessions),
        &Wirebond(Accepting::Axum),
        &Socketioxide,
        &Fastwebsockets,
    ];
    let entries = who.iter().map(|&host| {
        let run = move || {
            let child = Again::start(&["host-idle", host.name(), &COUNT.to_string()]);
            vec![(id.to_owned(), child.figures()[0])]
        };
        Entry { who: host.name().to_owned(), run: Box::new(run) }
    });
    let entries = entries.collect();
    let rounds = if scale.quick { 1 } else { 3 };
    alternate(results, rounds, entries);
}
