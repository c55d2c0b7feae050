//! The contract of a typed WebSocket API as data: what messages there are, how one is written, and
//! the document that tells it to people who write no Rust.
//!
//! Most users reach this crate through `wirebond`, whose `#[derive(Contract)]` implements
//! [`Contract`].
#![forbid(unsafe_code)]

#[cfg(feature = "cli")]
pub mod asyncapi;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod cli;
#[cfg(feature = "document")]
pub mod compat;
mod contract;
#[cfg(feature = "cli")]
pub mod docs;
#[cfg(feature = "document")]
mod document;
mod envelope;
mod finite;
mod frame;
#[cfg(feature = "document")]
mod generate;
#[cfg(feature = "document")]
mod json_schema;
#[cfg(feature = "document")]
mod printable;
#[cfg(feature = "cli")]
pub mod sample;
#[cfg(feature = "document")]
mod snapshot;
#[cfg(feature = "cli")]
pub mod typescript;
#[cfg(feature = "cli")]
pub mod validate;

#[cfg(feature = "cli")]
pub use cli::run_cli;

pub use contract::{Contract, Direction, MessageInfo, Payload};
#[cfg(feature = "document")]
pub use document::{Document, Message, ReadError};
pub use envelope::Envelope;
pub use frame::Received;
#[cfg(feature = "document")]
pub use generate::{GenerateError, View, Warning, renamed};

/// What generated code and the client build on. Not part of the public API.
#[doc(hidden)]
pub mod runtime {
    pub use serde::{Deserializer, ser::SerializeStruct};

    #[cfg(feature = "document")]
    pub use crate::snapshot::check as check_golden;

    pub use crate::contract::{Fields, WireContract, no_payload};
    pub use crate::frame::{
        DecodeError, EnvelopeError, Frame, PayloadError, encode, head, now_millis,
    };
}
