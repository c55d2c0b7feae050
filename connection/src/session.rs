//! Sessions: messages that survive the connection they were written on.
//!
//! Both ends number the messages they send, without a byte on the wire: the first is 1, the next 2.
//! The numbers stay valid when a connection breaks. On the next one each side reports how far it
//! has read, the other continues from there, and no message is lost, doubled or reordered while both
//! processes live. A message that can't be delivered is reported in its place.
//!
//! Nothing here does I/O, reads a clock or draws a random number. [`Client`] is the client's end,
//! [`Sessions`] the end of one server process, or in parts [`Directory`], [`Incoming`] and [`Outgoing`] for a
//! server whose sessions run in tasks of their own; [`Control`] are the frames that they exchange beside
//! the application's messages.
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

mod acks;
mod client;
mod contract;
mod control;
#[cfg(test)]
mod hostile;
mod limits;
mod message;
mod outgoing;
mod protocol;
mod rules;
#[cfg(test)]
mod scenarios;
mod server;
#[cfg(test)]
mod simulation;

pub use client::{Client, Phase, Renewed};
pub use contract::{ContractIdentity, ContractNotice, ContractVerdict};
pub use control::{
    Ack, ClientHello, Control, ControlError, Gap, GapReason, Gone, GoneReason, MAX_NUMBER, Offer,
    Resume, Resumed, ServerHello,
};
pub use limits::Limits;
pub use message::{Class, Dropped, Full, Kept, MessageId, Overflow, Write};
pub use outgoing::Outgoing;
pub use protocol::{Desync, SUBPROTOCOL, is_numbered};
pub use server::{
    Admission, Credentials, Directory, Ended, Greeting, Incoming, Received, Session, Sessions,
    Tombstone, resume,
};
