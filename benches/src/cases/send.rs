//! A flood over loopback to another process.

use std::sync::atomic::Ordering;

use super::{Runtime, Scale, nanos_each, on};
use crate::{
    peers::{
        Ezsockets, Fastwebsockets, Floor, HandWritten, Jsonrpsee, Load, Peer, Subscribing,
        TokioWebsockets, Wirebond,
    },
    process::Again,
    recorder::Mark,
    rounds::{Entry, Results, alternate},
    stream::Target,
};

pub const NODELAY: &str = "hand-written";
pub const NAGLE: &str = "hand-written, Nagle on";

/// Who, under which name, with which TCP_NODELAY, and how many messages.
type Sender = (&'static dyn Peer, &'static str, Option<bool>, u64);

const WIREBOND: Wirebond = Wirebond(Subscribing::Sync);

const SENDERS: &[Sender] = &[
    (&HandWritten, NODELAY, Some(true), 60_000),
    (&HandWritten, NAGLE, Some(false), 120_000),
    (&WIREBOND, "wirebond", Some(true), 600_000),
    (&Ezsockets, "ezsockets", None, 120_000),
    (&Jsonrpsee, "jsonrpsee", Some(true), 24_000),
    (&Fastwebsockets, "fastwebsockets", Some(true), 60_000),
    (&TokioWebsockets, "tokio-websockets", Some(true), 120_000),
    (&Floor, "bare TCP, 64 KiB a write", Some(true), 1_000_000),
];

fn compare(results: &mut Results, scale: Scale, port: u16, runtime: Runtime, tasks: u64) {
    let (name, setting) = match (runtime, tasks) {
        (Runtime::Multi, 1) => ("multi", "multi-thread runtime, from one task"),
        (Runtime::Multi, _) => ("multi/tasks", "multi-thread runtime, from 8 tasks"),
        (Runtime::Current(_), 1) => ("current", "current-thread runtime, from one task"),
        (Runtime::Current(_), _) => ("current/tasks", "current-thread runtime, from 8 tasks"),
    };
    let (id, writes) = (format!("send/{name}"), format!("send/{name}/writes"));
    let title = format!("Send over loopback with encoding, 150 B, {setting}");
    results.table(&id, &title, "ns a message", NODELAY);
    results.table(&writes, &format!("{title}: writes"), "system calls a message", NODELAY);
    let entries = SENDERS.iter().filter_map(|&(peer, who, nodelay, count)| {
        let load = Load { count: scale.count(count) / tasks * tasks, tasks };
        let mut target = Target::new(port, format!("/sink?count={}", load.count));
        target.nodelay = nodelay;
        // Some have no way to send from several tasks.
        drop(peer.send(&target, load)?);
        let (id, writes) = (id.clone(), writes.clone());
        let run = move || {
            let before = target.writes.load(Ordering::Relaxed);
            let began = Mark::now();
            on(runtime, peer.send(&target, load).expect("as before"));
            let took = nanos_each(began.span().wall, load.count);
            let calls = target.writes.load(Ordering::Relaxed) - before;
            vec![(id.clone(), took), (writes.clone(), calls as f64 / load.count as f64)]
        };
        Some(Entry { who: who.to_owned(), run: Box::new(run) })
    });
    let entries = entries.collect();
    alternate(results, scale.rounds, entries);
}

pub fn run(results: &mut Results, scale: Scale) {
    let server = Again::start(&["server", "1"]);
    let port = server.first_line.parse().expect("a port");
    compare(results, scale, port, Runtime::Current(0), 1);
    compare(results, scale, port, Runtime::Current(0), 8);
    drop(server);
    let server = Again::start(&["server"]);
    let port = server.first_line.parse().expect("a port");
    compare(results, scale, port, Runtime::Multi, 1);
    compare(results, scale, port, Runtime::Multi, 8);
}
