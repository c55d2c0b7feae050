//! A flood over loopback from another process.

use std::sync::Arc;

use super::{Runtime, Scale, nanos_each, on};
use crate::{
    frames::Flood,
    peers::{
        Ezsockets, Fastwebsockets, Flatten, Floor, HandWritten, Jsonrpsee, Peer, Subscribing,
        TokioWebsockets, Wirebond, Yielding,
    },
    process::Again,
    recorder::Recorder,
    rounds::{Entry, Results, alternate},
    stream::Target,
};

/// Figures of one flood: wall-clock and processor time, in nanoseconds a message.
fn flood(port: u16, peer: &dyn Peer, kind: Flood, count: u64, runtime: Runtime) -> [f64; 2] {
    let target = Target::new(port, format!("/flood?count={count}&kind={}", kind.name()));
    let expected = if kind == Flood::Mixed { count / 10 } else { count };
    let nobody = peer.name() == Wirebond(Subscribing::Nobody).name();
    // In a mix, messages without a subscriber follow the last that has one: `done` ends it.
    let counts = kind == Flood::Chat && !nobody;
    let recorder = Arc::new(Recorder::expecting(if counts { expected } else { u64::MAX }));
    let job = peer.receive(&target, &recorder).expect("it receives");
    on(runtime, job);
    assert_eq!(recorder.chats(), if nobody { 0 } else { expected }, "{} lost some", peer.name());
    let span = recorder.span().expect("it ended");
    [nanos_each(span.wall, count), nanos_each(span.cpu, count)]
}

struct Setting {
    id: &'static str,
    title: &'static str,
    runtime: Runtime,
    kind: Flood,
}

fn compare(results: &mut Results, scale: Scale, port: u16, setting: &Setting, who: &[&dyn Peer]) {
    let (id, cpu) = (setting.id.to_owned(), format!("{}/cpu", setting.id));
    let base = HandWritten.name();
    results.table(&id, setting.title, "ns a message", base);
    results.table(&cpu, &format!("{}, processor time", setting.title), "ns a message", base);
    let entries = who.iter().map(|&peer| {
        let slow = peer.name() == Jsonrpsee.name();
        let count = scale.count(if slow { 100_000 } else { 400_000 });
        let (id, cpu) = (id.clone(), cpu.clone());
        let run = move || {
            let [wall, used] = flood(port, peer, setting.kind, count, setting.runtime);
            vec![(id.clone(), wall), (cpu.clone(), used)]
        };
        Entry { who: peer.name().to_owned(), run: Box::new(run) }
    });
    alternate(results, scale.rounds, entries.collect());
}

pub fn run(results: &mut Results, scale: Scale) {
    // The client's thread has the first core, the server the second.
    let server = Again::start(&["server", "1"]);
    let port = server.first_line.parse().expect("a port");
    let all: &[&dyn Peer] = &[
        &HandWritten,
        &Wirebond(Subscribing::Sync),
        &Wirebond(Subscribing::Async),
        &Wirebond(Subscribing::Yields),
        &Wirebond(Subscribing::Stream),
        &Wirebond(Subscribing::Messages),
        &Wirebond(Subscribing::Nobody),
        &Flatten,
        &Yielding,
        &Ezsockets,
        &Jsonrpsee,
        &Fastwebsockets,
        &TokioWebsockets,
        &Floor,
    ];
    let current = Setting {
        id: "receive/current",
        title: "Receive over loopback, 150 B, current-thread runtime",
        runtime: Runtime::Current(0),
        kind: Flood::Chat,
    };
    compare(results, scale, port, &current, all);
    let mixed = Setting {
        id: "receive/mixed",
        title: "Receive over loopback, one type in ten subscribed, current-thread runtime",
        kind: Flood::Mixed,
        ..current
    };
    compare(results, scale, port, &mixed, &[&HandWritten, &Wirebond(Subscribing::Sync), &Floor]);
    drop(server);
    let server = Again::start(&["server"]);
    let port = server.first_line.parse().expect("a port");
    let multi = Setting {
        id: "receive/multi",
        title: "Receive over loopback, 150 B, multi-thread runtime",
        runtime: Runtime::Multi,
        kind: Flood::Chat,
    };
    compare(results, scale, port, &multi, all);
}
