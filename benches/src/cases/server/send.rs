//! Many messages to each of some peers, which in sessions are held until they are acknowledged.

use super::{ALL, FLOOR, OURS_IN_SESSIONS, measured};
use crate::{
    cases::{Scale, nanos_each},
    crowd::Plan,
    hosts::Host,
    rounds::{Entry, Results, alternate},
};

const MEMBERS: usize = 100;
const BURST: u64 = 40;

pub fn run(results: &mut Results, scale: Scale) {
    let id = "server/send";
    let title = format!(
        "Server: send to {MEMBERS} peers in a room, 150 B, {BURST} at once, processor time"
    );
    results.table(id, &title, "ns a delivery", FLOOR);
    let rounds = scale.count(400_000) / BURST / MEMBERS as u64;
    let sessions: &'static dyn Host = &OURS_IN_SESSIONS;
    let entries = ALL.iter().copied().chain([sessions]).map(|host| {
        let run = move || {
            let plan = Plan::Announce { members: MEMBERS, rounds, burst: BURST, stalled: false };
            let (span, _clients) = measured(host, plan, u64::MAX);
            vec![(id.to_owned(), nanos_each(span.cpu, rounds * BURST * MEMBERS as u64))]
        };
        Entry { who: host.name().to_owned(), run: Box::new(run) }
    });
    let entries = entries.collect();
    alternate(results, scale.rounds, entries);
}
