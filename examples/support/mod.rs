//! What the examples share: a small backend that speaks a contract, and readable output.
#![allow(dead_code, reason = "each example uses its part")]

pub(crate) mod backend;
pub(crate) mod demo;
