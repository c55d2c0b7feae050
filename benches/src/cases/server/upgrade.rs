//! Connections that are opened: the server's processor time for each.

use super::{AXUM, measured};
use crate::{
    cases::{Scale, nanos_each},
    crowd::Plan,
    hosts::{Accepting, Axum, Host, Socketioxide, Wirebond},
    rounds::{Entry, Results, alternate},
};

pub fn run(results: &mut Results, scale: Scale) {
    let id = "server/upgrade";
    let title = "Server: accepting a connection and its upgrade, processor time";
    results.table(id, title, "µs", AXUM);
    let who: [&'static dyn Host; 4] =
        [&Axum, &Wirebond(Accepting::Itself), &Wirebond(Accepting::Axum), &Socketioxide];
    let count = scale.count(4_000);
    let entries = who.iter().map(|&host| {
        let run = move || {
            let plan = Plan::Open { clients: usize::try_from(count).expect("few") };
            let (span, _clients) = measured(host, plan, u64::MAX);
            vec![(id.to_owned(), nanos_each(span.cpu, count) / 1_000.0)]
        };
        Entry { who: host.name().to_owned(), run: Box::new(run) }
    });
    let entries = entries.collect();
    alternate(results, scale.rounds, entries);
}
