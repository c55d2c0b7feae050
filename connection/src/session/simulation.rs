//! Random runs of both ends over real bytes, with everything that networks and processes do: resets
//! at any byte, half-open and late connections, takeovers, crashes, restarts with and without state,
//! expiry, bounds, several processes, calls. After each run the checks of [`check`] must hold.

mod check;
mod facts;
mod faults;
mod network;
mod reading;
mod world;

use super::rules::{Rule, without};

use facts::Config;
use world::World;

/// What is switched off, to prove that a check notices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Off {
    Nothing,
    Rule(Rule),
    /// A receiver counts heartbeats.
    UncountedHeartbeats,
    /// The client reads on from a connection it has given up.
    DeadUnread,
    /// A restart takes a snapshot of a while ago.
    Quiesced,
}

const BASE: Config = Config {
    name: "network only",
    client_limit: 12,
    server_limit: 12,
    drop_oldest: false,
    redeliver: false,
    nodes: 1,
    crash: false,
    restart: false,
    expiry: false,
    ttl: false,
    handover_loss: 0.0,
    late: 0.5,
    cuts_often: false,
};

const LATE: Config =
    Config { late: 0.95, cuts_often: true, client_limit: 40, server_limit: 40, ..BASE };

const ALL: Config = Config {
    nodes: 2,
    crash: true,
    restart: true,
    expiry: true,
    handover_loss: 0.1,
    client_limit: 5,
    server_limit: 5,
    drop_oldest: true,
    ..BASE
};

const CONFIGS: [Config; 16] = [
    BASE,
    Config { name: "large buffers", client_limit: 200, server_limit: 200, ..BASE },
    Config {
        name: "small buffers, drop oldest",
        client_limit: 4,
        server_limit: 4,
        drop_oldest: true,
        ..BASE
    },
    Config { name: "restarts with state", restart: true, ..BASE },
    Config { name: "crashes", crash: true, ..BASE },
    Config { name: "crashes, redeliver", crash: true, redeliver: true, ..BASE },
    Config { name: "late frames", ..LATE },
    Config { name: "late frames, crashes", crash: true, restart: true, ..LATE },
    Config { name: "time to live", ttl: true, client_limit: 40, server_limit: 40, ..BASE },
    Config {
        name: "time to live, crashes",
        ttl: true,
        crash: true,
        client_limit: 40,
        server_limit: 40,
        ..BASE
    },
    Config { name: "expiry", expiry: true, ..BASE },
    Config { name: "expiry, redeliver", expiry: true, redeliver: true, ..BASE },
    Config { name: "three processes", nodes: 3, restart: true, ..BASE },
    Config {
        name: "three processes, lost handovers",
        nodes: 3,
        handover_loss: 0.2,
        restart: true,
        ..BASE
    },
    Config { name: "everything", ..ALL },
    Config { name: "everything, redeliver", redeliver: true, ..ALL },
];

/// One run; returns how many cuts it had.
fn run(seed: u64, config: Config, off: Off) -> Result<u64, String> {
    let rule = match off {
        Off::Rule(rule) => Some(rule),
        _ => None,
    };
    without(rule, || {
        let mut world = World::new(seed, config, off);
        for _ in 0..500 {
            world.step()?;
        }
        world.settle()?;
        world.check()?;
        Ok(world.cuts)
    })
}

/// Runs until there were so many cuts, or a check fails.
fn campaign(config: Config, off: Off, cuts: u64) -> Result<(), String> {
    let (mut seed, mut done) = (1, 0);
    while done < cuts {
        done += run(seed, config, off)
            .map_err(|what| format!("{}, seed {seed}, {done} cuts before: {what}", config.name))?;
        seed += 1;
    }
    Ok(())
}

/// How many cuts each configuration gets: `SESSION_CUTS`, or few enough for a debug build.
fn cuts() -> u64 {
    std::env::var("SESSION_CUTS").ok().and_then(|cuts| cuts.parse().ok()).unwrap_or(700)
}

#[test]
fn nothing_is_lost_doubled_or_reordered_unreported() {
    for config in CONFIGS {
        campaign(config, Off::Nothing, cuts()).unwrap_or_else(|what| panic!("{what}"));
    }
}

/// 100,000 cuts and more: `cargo test --release -p wirebond-connection -- --ignored`.
#[test]
#[ignore = "takes a minute"]
fn a_hundred_thousand_cuts() {
    for config in CONFIGS {
        campaign(config, Off::Nothing, 6_500).unwrap_or_else(|what| panic!("{what}"));
    }
}

#[test]
fn each_rule_is_needed() {
    let needed = [
        Off::UncountedHeartbeats,
        Off::DeadUnread,
        Off::Quiesced,
        Off::Rule(Rule::DetachFirst),
        Off::Rule(Rule::OfferOnce),
        Off::Rule(Rule::StaleTry),
        Off::Rule(Rule::ResumeAtGot),
        Off::Rule(Rule::GapFrames),
        Off::Rule(Rule::WaitResumed),
        Off::Rule(Rule::AnswerConfirms),
        Off::Rule(Rule::CallsOnce),
        Off::Rule(Rule::RepliesKept),
        Off::Rule(Rule::WrittenKept),
        Off::Rule(Rule::AckIsHandled),
        Off::Rule(Rule::Quarter),
    ];
    for off in needed {
        let noticed = CONFIGS.into_iter().find_map(|config| campaign(config, off, 1_500).err());
        assert!(noticed.is_some(), "no check notices that {off:?} is off");
    }
}
