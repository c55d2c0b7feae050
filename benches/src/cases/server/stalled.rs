//! One peer that reads nothing among many that do: what the others notice.

use std::sync::Arc;

use super::{AXUM, CLIENTS, OURS, SERVER, SOCKETIOXIDE, WIREBOND};
use crate::{
    cases::Scale,
    crowd::{Plan, crowd},
    hosts::{Axum, Host, Serving, Socketioxide},
    recorder::Recorder,
    rounds::{Entry, Results, alternate},
};

const MEMBERS: usize = 1_000;
/// Of each connection in the kernel, so that the stalled peer's messages soon wait in the server.
const SEND_BUFFER: u32 = 16 * 1024;

/// The same with a stalled peer.
const STALLED: &str = ", one of them stalled";
pub const OURS_STALLED: &str = "wirebond, one of them stalled";

pub fn run(results: &mut Results, scale: Scale) {
    let id = "server/stalled/p99";
    let title = format!("Server: broadcast to {MEMBERS} peers in a room, p99 of a delivery");
    results.table(id, &title, "µs", WIREBOND);
    let who: [(&'static dyn Host, &str); 3] =
        [(&OURS, WIREBOND), (&Axum, AXUM), (&Socketioxide, SOCKETIOXIDE)];
    // Fewer than the stalled peer's queue and buffers hold: it stays.
    let rounds = scale.count(400);
    let entries = who.iter().flat_map(|&(host, name)| {
        [false, true].map(|stalled| {
            let run = move || {
                let recorder = Arc::new(Recorder::expecting(u64::MAX));
                let serving = Serving::start(host, &recorder, SERVER, Some(SEND_BUFFER));
                let plan = Plan::Announce { members: MEMBERS, rounds, burst: 1, stalled };
                let clients = crowd(host, &serving, CLIENTS, plan);
                vec![(id.to_owned(), clients.figures()[1])]
            };
            let suffix = if stalled { STALLED } else { "" };
            Entry { who: format!("{name}{suffix}"), run: Box::new(run) }
        })
    });
    let entries = entries.collect();
    alternate(results, if scale.quick { 3 } else { scale.rounds }, entries);
}
