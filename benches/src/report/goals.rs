//! What was to be reached, and whether it is.

use std::fmt::Write as _;

use super::{figure, spread};
use crate::{
    cases::{codec, compile, reads, send, server},
    rounds::{Results, Spread},
};

/// How a figure is to stand to its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sense {
    AtLeast,
    AtMost,
}

use Sense::{AtLeast, AtMost};

/// A goal as a ratio within one table, or between two.
struct Goal {
    what: &'static str,
    sense: Sense,
    limit: f64,
    unit: &'static str,
    /// What is in the way where it isn't met.
    why: &'static str,
    figure: fn(&Results) -> Option<Spread>,
}

const fn goal(
    what: &'static str,
    sense: Sense,
    limit: f64,
    figure: fn(&Results) -> Option<Spread>,
) -> Goal {
    Goal { what, sense, limit, unit: "×", why: "", figure }
}

const HAND: &str = "hand-written";
const OURS: &str = "wirebond";

fn own(results: &Results, id: &str, who: &str) -> Option<Spread> {
    Spread::of(results.tables.get(id)?.figures(who)?.to_vec())
}

/// What the derive adds: the difference, round by round.
fn added(results: &Results, id: &str) -> Option<Spread> {
    let table = results.tables.get(id)?;
    let (with, without) = (table.figures(compile::DERIVE)?, table.figures(compile::PLAIN)?);
    Spread::of(with.iter().zip(without).map(|(with, without)| with - without).collect())
}

fn more_crates(results: &Results, id: &str) -> Option<Spread> {
    let table = results.tables.get(id)?;
    let (ours, theirs) = (table.figures(compile::CLIENT)?, table.figures(compile::RAW)?);
    Spread::of(ours.iter().zip(theirs).map(|(ours, theirs)| ours - theirs).collect())
}

/// What is in the way of a broadcast.
const MEMORY: &str = "each peer has a queue and a connection, memory that a write from a list of streams \
                      does not touch; see below";

const GOALS: &[Goal] = &[
    goal("receive, sync handler, current-thread: × hand-written", AtLeast, 1.4, |r| {
        r.ratio("receive/current", HAND, OURS)
    }),
    goal(
        "the same: × hand-written that keeps the timestamp through `flatten`",
        AtLeast,
        2.0,
        |r| r.ratio("receive/current", "hand-written, timestamp by flatten", OURS),
    ),
    goal("the same: × ezsockets", AtLeast, 2.2, |r| r.ratio("receive/current", "ezsockets", OURS)),
    goal("the same: × jsonrpsee", AtLeast, 5.0, |r| r.ratio("receive/current", "jsonrpsee", OURS)),
    goal("receive, sync handler, multi-thread: × hand-written", AtLeast, 1.2, |r| {
        r.ratio("receive/multi", HAND, OURS)
    }),
    goal("receive, async handler that is ready at once: × hand-written", AtLeast, 1.0, |r| {
        r.ratio("receive/current", HAND, "wirebond, async handler")
    }),
    goal("the same, multi-thread", AtLeast, 1.0, |r| {
        r.ratio("receive/multi", HAND, "wirebond, async handler")
    }),
    goal("receive, stream: × hand-written", AtLeast, 1.0, |r| {
        r.ratio("receive/current", HAND, "wirebond, stream")
    }),
    goal("the same, multi-thread", AtLeast, 1.0, |r| {
        r.ratio("receive/multi", HAND, "wirebond, stream")
    }),
    goal("nobody subscribed to the type: × hand-written", AtLeast, 4.0, |r| {
        r.ratio("receive/current", HAND, "wirebond, nobody subscribed")
    }),
    goal("one type in ten subscribed: × hand-written", AtLeast, 3.0, |r| {
        r.ratio("receive/mixed", HAND, OURS)
    }),
    goal("decode and dispatch, `type` first: time, of serde's tagged enum", AtMost, 0.7, |r| {
        r.ratio("decode/150 B/type", codec::WIREBOND, codec::ENUM)
    }),
    goal(
        "decode and dispatch, `data` first: time, of the enum with `type` first",
        AtMost,
        1.0,
        |r| {
            let (ours, base) =
                (r.tables.get("decode/150 B/data")?, r.tables.get("decode/150 B/type")?);
            let pairs = ours.figures(codec::WIREBOND)?.iter().zip(base.figures(codec::ENUM)?);
            Spread::of(pairs.map(|(ours, base)| ours / base).collect())
        },
    ),
    Goal {
        what: "encode: time, of `to_string` of the enum",
        sense: AtMost,
        limit: 0.75,
        unit: "×",
        why: "the enum has no time; serde_json's work on the payload alone and reading the clock for \
              the timestamp are together more than the goal; see below",
        figure: |r| r.ratio("encode/150 B", codec::WIREBOND, codec::ENUM),
    },
    goal("send flood, TCP_NODELAY: × hand-written `send().await`", AtLeast, 12.0, |r| {
        r.ratio("send/current", send::NODELAY, OURS)
    }),
    goal("the same: × hand-written with Nagle on", AtLeast, 4.0, |r| {
        r.ratio("send/current", send::NAGLE, OURS)
    }),
    goal("the same: × ezsockets", AtLeast, 5.0, |r| r.ratio("send/current", "ezsockets", OURS)),
    goal("round trip p50: of raw tokio-tungstenite", AtMost, 1.0, |r| {
        r.ratio("round-trip/p50", OURS, HAND)
    }),
    goal("round trip p99: of raw tokio-tungstenite", AtMost, 1.0, |r| {
        r.ratio("round-trip/p99", OURS, HAND)
    }),
    goal("round trip p50: of bare TCP", AtMost, 1.2, |r| {
        r.ratio("round-trip/p50", OURS, "bare TCP")
    }),
    goal("round trip p99: of bare TCP", AtMost, 1.2, |r| {
        r.ratio("round-trip/p99", OURS, "bare TCP")
    }),
    goal("one message a read: time, of tungstenite's at its default buffer", AtMost, 0.25, |r| {
        r.ratio("reads/one", reads::NOBODY, reads::RAW)
    }),
    goal("full reads: throughput, of tungstenite's at its default buffer", AtLeast, 0.95, |r| {
        r.ratio("reads/full", reads::RAW, reads::NOBODY)
    }),
    Goal {
        what: "idle typed connection, 5,000 in a process: memory",
        sense: AtMost,
        limit: 12.0,
        unit: "KiB",
        why: "",
        figure: |r| own(r, "idle/5000/memory", OURS),
    },
    goal("server, receive from 100 clients, many messages a write: × axum", AtLeast, 1.2, |r| {
        r.ratio("server/receive/flood", server::AXUM, OURS)
    }),
    Goal {
        what: "the same: time, of bare TCP's",
        sense: AtMost,
        limit: 1.15,
        unit: "×",
        why: "frames are checked, messages are handled in order and within bounds, and a handler gets a \
              handle of its peer and may panic, all of which bare TCP leaves out; see below",
        figure: |r| r.ratio("server/receive/flood", OURS, server::FLOOR),
    },
    goal(
        "server, receive from 100 clients, one message of each in turn: × axum",
        AtLeast,
        1.2,
        |r| r.ratio("server/receive/one", server::AXUM, OURS),
    ),
    goal("the same: time, of bare TCP's", AtMost, 1.15, |r| {
        r.ratio("server/receive/one", OURS, server::FLOOR)
    }),
    Goal {
        what: "broadcast to 2,000, paced: time of a delivery, of a bare write",
        sense: AtMost,
        limit: 1.15,
        unit: "×",
        why: MEMORY,
        figure: |r| r.ratio("server/broadcast/2000/paced", OURS, server::FLOOR),
    },
    Goal {
        what: "the same, to 10,000",
        sense: AtMost,
        limit: 1.15,
        unit: "×",
        why: MEMORY,
        figure: |r| r.ratio("server/broadcast/10000/paced", OURS, server::FLOOR),
    },
    goal(
        "broadcast to 2,000, 40 at once: time of a delivery, of a bare write",
        AtMost,
        0.25,
        |r| r.ratio("server/broadcast/2000/burst", OURS, server::FLOOR),
    ),
    goal("the same, to 10,000", AtMost, 0.25, |r| {
        r.ratio("server/broadcast/10000/burst", OURS, server::FLOOR)
    }),
    Goal {
        what: "broadcast to 100 in sessions, 40 at once: throughput, of that without",
        sense: AtLeast,
        limit: 0.97,
        unit: "×",
        why: "each message is held until it is acknowledged, and acknowledgements are read",
        figure: |r| r.ratio("server/send", OURS, server::IN_SESSIONS),
    },
    Goal {
        what: "a message that waits for a peer that reads nothing: memory",
        sense: AtMost,
        limit: 64.0,
        unit: "B",
        why: "",
        figure: |r| own(r, "server/pending", OURS),
    },
    goal("one stalled peer among 1,000: the others' p99, of that without", AtMost, 1.1, |r| {
        r.ratio("server/stalled/p99", server::stalled::OURS_STALLED, OURS)
    }),
    Goal {
        what: "idle peer, 10,000 in a process: memory",
        sense: AtMost,
        limit: 12.0,
        unit: "KiB",
        why: "",
        figure: |r| own(r, "server/idle", OURS),
    },
    Goal {
        what: "the same, in a session",
        sense: AtMost,
        limit: 14.0,
        unit: "KiB",
        why: "",
        figure: |r| own(r, "server/idle", server::IN_SESSIONS),
    },
    Goal {
        what: "receive in sessions: throughput, of that without",
        sense: AtLeast,
        limit: 0.97,
        unit: "×",
        why: "an acknowledgement is a write; see below",
        figure: |r| r.ratio("server/receive/flood", OURS, server::IN_SESSIONS),
    },
    goal("call and reply at a server, p50: of an echo by hand", AtMost, 1.1, |r| {
        r.ratio("server/call/p50", server::call::CALL, server::AXUM)
    }),
    goal("accepting a connection and its upgrade: × axum", AtLeast, 0.9, |r| {
        r.ratio("server/upgrade", server::AXUM, OURS)
    }),
    goal("the same, accepted by axum", AtLeast, 0.9, |r| {
        r.ratio("server/upgrade", server::AXUM, server::BY_AXUM)
    }),
    Goal {
        what: "derive of 200 variants: more in a debug build",
        sense: AtMost,
        limit: 5.0,
        unit: "s",
        why: "",
        figure: |r| added(r, "compile/derive/200"),
    },
    goal(
        "clean debug build of wirebond-client, no TLS: of tokio-tungstenite + serde_json",
        AtMost,
        1.25,
        |r| r.ratio("compile/clean/0", compile::CLIENT, compile::RAW),
    ),
    goal("the same with rustls and ring", AtMost, 1.25, |r| {
        r.ratio("compile/clean/1", compile::CLIENT, compile::RAW)
    }),
    Goal {
        what: "its crates, no TLS: more than tokio-tungstenite + serde_json",
        sense: AtMost,
        limit: 12.0,
        unit: "",
        why: "",
        figure: |r| more_crates(r, "compile/crates/0"),
    },
    Goal {
        what: "the same with rustls and ring",
        sense: AtMost,
        limit: 12.0,
        unit: "",
        why: "",
        figure: |r| more_crates(r, "compile/crates/1"),
    },
];

/// The goals as a table. What was not measured in this run is marked.
pub fn markdown(results: &Results) -> String {
    let mut out = String::from("| what | goal | figure | quartiles | |\n|---|---|---|---|---|\n");
    for Goal { what, sense, limit, unit, why, figure: measure } in GOALS {
        let sign = if *sense == AtLeast { "≥" } else { "≤" };
        let Some(found) = measure(results) else {
            let _ = writeln!(out, "| {what} | {sign} {limit} {unit} | | | not measured |");
            continue;
        };
        let met = match sense {
            AtLeast => found.median >= *limit,
            AtMost => found.median <= *limit,
        };
        let _ = writeln!(
            out,
            "| {what} | {sign} {limit} {unit} | {} | {} | {} |",
            figure(found.median),
            spread(found),
            match (met, why.is_empty()) {
                (true, _) => "met".to_owned(),
                (false, true) => "**not met**".to_owned(),
                (false, false) => format!("**not met**: {why}"),
            },
        );
    }
    out
}
