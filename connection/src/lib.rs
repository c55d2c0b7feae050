//! What both sides of a connection share.
//!
//! So far this is the [session] protocol: pure state machines that lose, double and reorder nothing
//! over a reconnect. They take frames and return frames; whoever drives them does the I/O.
#![forbid(unsafe_code)]

pub mod session;
