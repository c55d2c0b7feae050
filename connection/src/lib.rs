//! What both sides of a connection share.
//!
//! - [outcome]: what a handler may return.
//! - [call]: calls that wait for their answer.
//! - [link]: an open connection: reading, writing, heartbeats, the closing handshake.
//! - [`handler_timer`]: handlers that block their thread.
//! - [`log_limiter`]: how many lines of a log one cause may have.
//! - [transport]: WebSocket messages over a byte stream.
//! - [session]: the session protocol, pure state machines that lose, double and reorder nothing over a
//!   reconnect. They take frames and return frames; whoever drives them does the I/O.
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod call;
#[cfg(fuzzing)]
pub mod conformance;
pub mod handler_timer;
pub mod link;
pub mod log_limiter;
pub mod outcome;
pub mod session;
pub mod transport;
