//! What the examples share: a listener that can be made to fail, and readable output.
#![allow(dead_code, reason = "each example uses its part")]

pub(crate) mod backend;
pub(crate) mod demo;
