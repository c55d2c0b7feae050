//! The `wirebond` command, and what is made of contracts.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod asyncapi;
mod cli;
mod compat_cli;
mod docs;
#[cfg(unix)]
mod page;
mod sample;
mod shared_tags;
mod sketch;
#[allow(dead_code, reason = "the schema's tests use the rest")]
#[path = "../../../schema/tests/it/support/mod.rs"]
mod support;
mod typescript;
mod validate_command;
