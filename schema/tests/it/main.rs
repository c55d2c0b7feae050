//! Contracts as documents, and what judges them.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod compat;
mod compat_oracle;
mod compat_rules;
mod compat_speed;
mod large;
#[cfg(feature = "validate")]
mod support;
#[cfg(feature = "validate")]
mod validate;
#[cfg(feature = "validate")]
mod validate_hostile;
