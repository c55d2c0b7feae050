//! Many clients send to one server, which decodes and dispatches.

use super::{ALL, AXUM, OURS_IN_SESSIONS, measured};
use crate::{
    cases::{Scale, nanos_each},
    crowd::Plan,
    hosts::Host,
    rounds::{Entry, Results, alternate},
};

const CLIENTS: usize = 100;

pub fn run(results: &mut Results, scale: Scale) {
    let settings = [
        ("server/receive/flood", "many messages a write", 400_000, 64, false),
        ("server/receive/one", "one message of each in turn", 80_000, 1, true),
    ];
    for (id, setting, count, batch, paced) in settings {
        let title =
            format!("Server: receive from {CLIENTS} clients, 150 B, {setting}, processor time");
        results.table(id, &title, "ns a message", AXUM);
        let each = scale.count(count) / CLIENTS as u64 / batch * batch;
        let expected = each * CLIENTS as u64;
        let sessions: &'static dyn Host = &OURS_IN_SESSIONS;
        let who = ALL.iter().copied().chain((!paced).then_some(sessions));
        let entries = who.map(|host| {
            let run = move || {
                let plan = Plan::Flood { clients: CLIENTS, each, batch, paced };
                let (span, _clients) = measured(host, plan, expected);
                vec![(id.to_owned(), nanos_each(span.cpu, expected))]
            };
            Entry { who: host.name().to_owned(), run: Box::new(run) }
        });
        let entries = entries.collect();
        alternate(results, scale.rounds, entries);
    }
}
