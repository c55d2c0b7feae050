//! The client against a peer that plays any bytes with any timing, and on real sockets.
//!
//! Tests that count memory or descriptors are in a binary of their own: `leaks.rs`.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(unreachable_pub, reason = "nothing of a test is reached from elsewhere")]
#![allow(missing_debug_implementations, reason = "nobody prints a test's peer")]

mod answers;
#[cfg(feature = "bind-code")]
mod bind_code;
mod calls;
mod connect;
mod edges;
mod foreign;
mod handlers;
mod messages;
mod model;
mod open;
mod opening;
mod outgoing;
mod reconnect;
mod refusals;
mod sessions;
mod shown;
mod simulation;
mod spans;
mod states;
mod support;
#[cfg(feature = "tls")]
mod tls;
mod turns;
mod urls;
