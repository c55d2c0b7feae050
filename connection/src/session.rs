//! Sessions: messages that survive the connection they were written on.
//!
//! Both ends number the messages they send, without a byte on the wire: the first is 1, the next 2.
//! A connection that breaks leaves the numbers standing. On the next one each side says how far it
//! has read, the other continues from there, and no message is lost, doubled or reordered while both
//! processes live. What can't be delivered after all is reported in its place.
//!
//! Nothing here does I/O, reads a clock or draws a random number. [`Client`] is the client's end,
//! [`Sessions`] the end of one server process; [`Control`] are the frames that they exchange beside the
//! application's messages.
//!
//! # The course of a connection
//!
//! 1. The server's first frame is [`ServerHello`]. It offers a new session, which exists from then on.
//! 2. The client answers with [`ClientHello`]: it takes the offer, or asks to resume an older session.
//!    Behind a taken offer it may send messages at once. Behind a request to resume it waits.
//! 3. The server answers a request with [`Control::Resumed`], or with [`Control::Gone`], after which
//!    the offered session holds.
//! 4. Both send messages, and [`Control::Ack`] from time to time. An acknowledgement means *handled*
//!    and releases the sender's copy; a resume continues from *received*. These are two numbers.
//!
//! # What is numbered
//!
//! [`is_numbered`] decides by the message's name alone, for both sides. [`Control::Gap`] stands for
//! numbers whose message was dropped before it was written.

mod client;
mod control;
mod outgoing;
mod rules;
#[cfg(test)]
mod scenarios;
mod server;
#[cfg(test)]
mod simulation;

pub use client::{Client, Phase, Renewed};
pub use control::{
    Ack, ClientHello, Control, ControlError, Gap, GapReason, Gone, GoneReason, MAX_NUMBER, Offer,
    Resume, Resumed, ServerHello,
};
pub use outgoing::{Class, Dropped, Full, Limits, MessageId, Outgoing, Overflow, Write};
pub use server::{Ended, Greeting, Received, Session, Sessions, Tombstone};

use std::fmt;

/// The subprotocol by which a client offers sessions.
pub const SUBPROTOCOL: &str = "wirebond.v1";

/// Whether a message of this name has a number: all but the heartbeat's `ping` and `pong` and the
/// names that begin with `$`.
///
/// Both ends call this function where a frame is written and where it is read. If the two sides
/// disagreed about a single frame, every later number would be off by one.
#[must_use]
pub fn is_numbered(name: &str) -> bool {
    !matches!(name, "ping" | "pong") && !name.starts_with('$')
}

/// The peer's numbers contradict ours: this session can't go on. The connection is closed with
/// [`Desync::CLOSE_CODE`], and a new session begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Desync;

impl Desync {
    /// The close code for "this session can't go on".
    pub const CLOSE_CODE: u16 = 4409;
}

impl fmt::Display for Desync {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the peer's message numbers contradict ours: this session can't go on")
    }
}

impl std::error::Error for Desync {}
