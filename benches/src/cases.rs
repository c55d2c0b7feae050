//! What is measured.

use std::{thread, time::Duration};

use crate::{peers::Job, process::pin, rounds::Results};

pub mod codec;
pub mod compile;
pub mod idle;
pub mod reads;
pub mod receive;
pub mod reconnect;
pub mod round_trip;
pub mod send;
pub mod server;

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub struct Scale {
    pub quick: bool,
    pub rounds: usize,
}

impl Scale {
    pub fn new(quick: bool) -> Self {
        Self { quick, rounds: if quick { 5 } else { 11 } }
    }

    /// Fewer messages where there is little time.
    pub fn count(self, count: u64) -> u64 {
        if self.quick { count / 4 } else { count }
    }
}

/// A case by its name: what `--only` takes.
pub type Case = (&'static str, fn(&mut Results, Scale));

/// All but the slow ones about compiling, which have to be asked for.
pub const ALL: &[Case] = &[
    ("codec", codec::run),
    ("reads", reads::run),
    ("receive", receive::run),
    ("send", send::run),
    ("round-trip", round_trip::run),
    ("idle", idle::run),
    ("reconnect", reconnect::run),
    ("server-receive", server::receive::run),
    ("server-broadcast", server::broadcast::run),
    ("server-send", server::send::run),
    ("server-pending", server::pending::run),
    ("server-stalled", server::stalled::run),
    ("server-idle", server::idle::run),
    ("server-upgrade", server::upgrade::run),
    ("server-round-trip", server::round_trip::run),
    ("server-call", server::call::run),
];

/// How long one run may take before something must be wrong.
const LONGEST: Duration = Duration::from_secs(120);

/// Which runtime a client gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Runtime {
    /// One thread, on this core.
    Current(usize),
    /// tokio's own number of workers.
    Multi,
}

/// Runs a job on a runtime of its own.
pub fn on<T: Send + 'static>(runtime: Runtime, job: Job<T>) -> T {
    let thread = thread::spawn(move || {
        let built = match runtime {
            Runtime::Current(core) => {
                pin(core);
                tokio::runtime::Builder::new_current_thread().enable_all().build()
            }
            Runtime::Multi => tokio::runtime::Builder::new_multi_thread().enable_all().build(),
        };
        built.expect("a runtime").block_on(async {
            let job = tokio::spawn(tokio::time::timeout(LONGEST, job));
            job.await.expect("no panic").expect("an end in time")
        })
    });
    thread.join().expect("no panic")
}

/// Nanoseconds each, of so many.
pub fn nanos_each(took: Duration, count: u64) -> f64 {
    took.as_nanos() as f64 / count.max(1) as f64
}
