//! What both sides of a connection share: a contract's messages as a trait, and the codec of the text
//! frames that carry them.
//!
//! Most users reach this crate through `wirebond`, whose `#[derive(Contract)]` implements [`Contract`].
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[doc(hidden)]
pub mod codegen;
mod contract;
#[doc(hidden)]
pub mod form;
mod json_text;
mod payload;
#[doc(hidden)]
pub mod wire;

pub use contract::{CallInfo, Contract, Direction, MessageInfo, Recognition};
pub use json_text::JsonText;
pub use payload::Payload;
pub use wire::{ClientEnvelope, Envelope, ErrorCode, Received, ServerEnvelope};
