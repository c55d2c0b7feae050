//! Contracts as documents, what judges them, and what is made of them.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[cfg(feature = "cli")]
mod asyncapi;
#[cfg(feature = "cli")]
mod cli;
mod compat;
#[cfg(feature = "cli")]
mod compat_cli;
mod compat_oracle;
mod compat_rules;
mod compat_speed;
#[cfg(feature = "cli")]
mod docs;
mod large;
#[cfg(all(feature = "cli", unix))]
mod page;
#[cfg(feature = "cli")]
mod sample;
#[cfg(feature = "cli")]
mod support;
#[cfg(feature = "cli")]
mod typescript;
#[cfg(feature = "cli")]
mod validate;
#[cfg(feature = "cli")]
mod validate_command;
#[cfg(feature = "cli")]
mod validate_hostile;
