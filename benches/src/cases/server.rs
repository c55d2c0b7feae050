//! Servers: each in a thread of its own on the first core, and its clients as a process on the second.

use std::sync::Arc;

use crate::{
    crowd::{Plan, crowd},
    hosts::{Accepting, Axum, Fastwebsockets, Floor, Host, Serving, Socketioxide, Wirebond},
    process::Again,
    recorder::{Recorder, Span},
};

pub mod broadcast;
pub mod call;
pub mod idle;
pub mod pending;
pub mod receive;
pub mod round_trip;
pub mod send;
pub mod stalled;
pub mod upgrade;

/// The names in the tables.
pub const WIREBOND: &str = "wirebond";
pub const IN_SESSIONS: &str = "wirebond, in sessions";
pub const BY_AXUM: &str = "wirebond, accepted by axum";
pub const AXUM: &str = "axum, by hand";
pub const SOCKETIOXIDE: &str = "socketioxide";
pub const FLOOR: &str = "bare TCP";

/// The cores of the server and of its clients.
const SERVER: usize = 0;
const CLIENTS: usize = 1;

const OURS: Wirebond = Wirebond(Accepting::Itself);
const OURS_IN_SESSIONS: Wirebond = Wirebond(Accepting::Sessions);

/// Everybody.
const ALL: &[&dyn Host] = &[&Axum, &OURS, &Socketioxide, &Fastwebsockets, &Floor];

/// Lets clients do what is planned. Returns what the server needed from the first message to the last,
/// and both, the clients to be dropped first.
fn measured(host: &'static dyn Host, plan: Plan, expected: u64) -> (Span, (Again, Serving)) {
    let recorder = Arc::new(Recorder::expecting(expected));
    let serving = Serving::start(host, &recorder, SERVER, None);
    let clients = crowd(host, &serving, CLIENTS, plan);
    (recorder.wait(), (clients, serving))
}
