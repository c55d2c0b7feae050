//! Messages that wait for peers that read nothing: memory of each, in a process of their own.

use std::sync::Arc;

use super::{AXUM, CLIENTS, OURS, SERVER};
use crate::{
    cases::Scale,
    crowd::{Plan, crowd},
    hosts::{Axum, Host, Serving, Socketioxide},
    process::{Again, resident},
    recorder::Recorder,
    rounds::{Entry, Results, alternate},
};

const MEMBERS: usize = 1_000;
/// Of each connection in the kernel.
const SEND_BUFFER: u32 = 16 * 1024;
/// So many fill the kernel's buffers, which aren't measured.
const FILLED: u64 = 300;
/// So many wait: fewer than a queue holds.
const MORE: u64 = 800;

/// The child's part: bytes for each message and peer.
pub fn measure(host: &'static dyn Host, members: usize) -> String {
    let recorder = Arc::new(Recorder::expecting(u64::MAX));
    let serving = Serving::start(host, &recorder, SERVER, Some(SEND_BUFFER));
    let plan = Plan::Pending { members, filled: FILLED, more: MORE };
    let mut clients = crowd(host, &serving, CLIENTS, plan);
    let before = resident();
    clients.next_line();
    let bytes = resident().saturating_sub(before) as f64;
    (bytes / MORE as f64 / members as f64).to_string()
}

pub fn run(results: &mut Results, scale: Scale) {
    let id = "server/pending";
    let title = format!(
        "Server: memory of a message that waits for a peer that reads nothing; {MORE} for each of \
         {MEMBERS}"
    );
    results.table(id, &title, "B", AXUM);
    let who: [&'static dyn Host; 3] = [&Axum, &OURS, &Socketioxide];
    let entries = who.iter().map(|&host| {
        let run = move || {
            let child = Again::start(&["host-pending", host.name(), &MEMBERS.to_string()]);
            vec![(id.to_owned(), child.figures()[0])]
        };
        Entry { who: host.name().to_owned(), run: Box::new(run) }
    });
    let entries = entries.collect();
    let rounds = if scale.quick { 1 } else { 3 };
    alternate(results, rounds, entries);
}
