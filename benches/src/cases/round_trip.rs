//! One message in flight: there and back, client and server on one core, so that the machine's
//! wake-ups across cores don't hide everything.

use super::{Runtime, Scale, on};
use crate::{
    peers::{
        Ezsockets, Fastwebsockets, Floor, HandWritten, Jsonrpsee, Peer, Subscribing,
        TokioWebsockets, Wirebond,
    },
    process::Again,
    rounds::{Entry, Results, alternate, quantile},
    stream::Target,
};

const PARTS: &[(&str, &str, f64)] = &[
    ("round-trip/p50", "p50", 0.5),
    ("round-trip/p99", "p99", 0.99),
    ("round-trip/p99.9", "p99.9", 0.999),
];

pub fn run(results: &mut Results, scale: Scale) {
    let server = Again::start(&["server", "0"]);
    let port = server.first_line.parse().expect("a port");
    for (id, percentile, _) in PARTS {
        let title = format!("Round trip, one message in flight, one core, {percentile}");
        results.table(id, &title, "µs", HandWritten.name());
    }
    let who: &[&dyn Peer] = &[
        &HandWritten,
        &Wirebond(Subscribing::Sync),
        &Ezsockets,
        &Jsonrpsee,
        &Fastwebsockets,
        &TokioWebsockets,
        &Floor,
    ];
    let count = usize::try_from(scale.count(12_000)).unwrap_or(1_000);
    let entries = who.iter().map(|&peer| {
        let target = Target::new(port, "/echo");
        let run = move || {
            let job = peer.round_trip(&target, count).expect("it sends and receives");
            let mut micros: Vec<f64> =
                on(Runtime::Current(0), job).iter().map(|took| took.as_secs_f64() * 1e6).collect();
            micros.sort_by(f64::total_cmp);
            let figure =
                |&(id, _, part): &(&str, &str, f64)| (id.to_owned(), quantile(&micros, part));
            PARTS.iter().map(figure).collect()
        };
        Entry { who: peer.name().to_owned(), run: Box::new(run) }
    });
    alternate(results, scale.rounds, entries.collect());
}
