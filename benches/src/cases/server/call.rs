//! A call's way to a server and back, one in flight, beside a message that servers send back: server and client
//! on one core, as in `round_trip`.

use std::sync::Arc;

use super::{AXUM, FLOOR, OURS, SERVER, WIREBOND};
use crate::{
    cases::Scale,
    crowd::{Plan, crowd},
    hosts::{Axum, Floor, Host, Serving, WirebondCalls},
    recorder::Recorder,
    rounds::{Entry, Results, alternate},
};

const PARTS: &[(&str, &str)] = &[("server/call/p50", "p50"), ("server/call/p99", "p99")];

/// The call among the echoes.
pub const CALL: &str = "wirebond, a call";

pub fn run(results: &mut Results, scale: Scale) {
    for (id, percentile) in PARTS {
        let title =
            format!("Server: a call and its reply, beside an echo, in flight alone, {percentile}");
        results.table(id, &title, "µs", AXUM);
    }
    let count = usize::try_from(scale.count(12_000)).unwrap_or(1_000);
    let who: [(&'static dyn Host, &str, bool); 4] = [
        (&Axum, AXUM, false),
        (&WirebondCalls, CALL, true),
        (&OURS, WIREBOND, false),
        (&Floor, FLOOR, false),
    ];
    let entries = who.iter().map(|&(host, name, call)| {
        let run = move || {
            let recorder = Arc::new(Recorder::expecting(u64::MAX));
            let serving = Serving::start(host, &recorder, SERVER, None);
            let clients = crowd(host, &serving, SERVER, Plan::Whisper { count, call });
            let ids = PARTS.iter().map(|(id, _)| (*id).to_owned());
            ids.zip(clients.figures()).collect()
        };
        Entry { who: name.to_owned(), run: Box::new(run) }
    });
    let entries = entries.collect();
    alternate(results, scale.rounds, entries);
}
