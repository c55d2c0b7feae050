//! One message to everybody in a room.

use super::{ALL, FLOOR, measured};
use crate::{
    cases::{Scale, nanos_each},
    crowd::Plan,
    rounds::{Entry, Results, alternate},
};

pub fn run(results: &mut Results, scale: Scale) {
    for members in [2_000, 10_000] {
        for (name, setting, burst) in
            [("paced", "each delivered before the next", 1), ("burst", "40 at once", 40)]
        {
            if scale.quick && members == 10_000 && burst > 1 {
                continue;
            }
            let id = format!("server/broadcast/{members}/{name}");
            let title = format!(
                "Server: broadcast to {members} peers in a room, 150 B, {setting}, processor time"
            );
            results.table(&id, &title, "ns a delivery", FLOOR);
            let deliveries = scale.count(if burst == 1 { 200_000 } else { 800_000 });
            let rounds = (deliveries / members as u64 / burst).max(2);
            let entries = ALL.iter().map(|&host| {
                let id = id.clone();
                let run = move || {
                    let plan = Plan::Announce { members, rounds, burst, stalled: false };
                    let (span, _clients) = measured(host, plan, u64::MAX);
                    vec![(id.clone(), nanos_each(span.cpu, rounds * burst * members as u64))]
                };
                Entry { who: host.name().to_owned(), run: Box::new(run) }
            });
            let entries = entries.collect();
            // With 10,000, opening them takes most of the time.
            let rounds = match (scale.quick, members) {
                (true, 10_000) => 2,
                (true, _) => 3,
                (false, 10_000) => 5,
                (false, _) => scale.rounds,
            };
            alternate(results, rounds, entries);
        }
    }
}
