//! The `wirebond` command, and what makes TypeScript, AsyncAPI, pages and samples of a contract.
//!
//! Most users have the command from `cargo install wirebond-cli`, and this crate through `wirebond`'s
//! feature `cli`.
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod asyncapi;
mod command;
pub mod docs;
pub mod sample;
pub mod sketch;
pub mod typescript;

#[doc(hidden)]
pub use command::main;
pub use command::run_cli;
