//! A message to a server and back, one in flight: server and client on one core, so that the machine's
//! wake-ups across cores don't hide everything.

use std::sync::Arc;

use super::{ALL, AXUM, SERVER};
use crate::{
    cases::Scale,
    crowd::{Plan, crowd},
    hosts::Serving,
    recorder::Recorder,
    rounds::{Entry, Results, alternate},
};

const PARTS: &[(&str, &str)] =
    &[("server/round-trip/p50", "p50"), ("server/round-trip/p99", "p99")];

pub fn run(results: &mut Results, scale: Scale) {
    for (id, percentile) in PARTS {
        let title = format!("Server: round trip, one message in flight, one core, {percentile}");
        results.table(id, &title, "µs", AXUM);
    }
    let count = usize::try_from(scale.count(12_000)).unwrap_or(1_000);
    let entries = ALL.iter().map(|&host| {
        let run = move || {
            let recorder = Arc::new(Recorder::expecting(u64::MAX));
            let serving = Serving::start(host, &recorder, SERVER, None);
            let clients = crowd(host, &serving, SERVER, Plan::Whisper { count, call: false });
            let ids = PARTS.iter().map(|(id, _)| (*id).to_owned());
            ids.zip(clients.figures()).collect()
        };
        Entry { who: host.name().to_owned(), run: Box::new(run) }
    });
    let entries = entries.collect();
    alternate(results, scale.rounds, entries);
}
