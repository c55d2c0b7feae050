//! What becomes of messages: redelivery and its end, receipts, untyped names, and what is logged of it
//! all.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod receipts;
mod redelivery;
mod registrations;
#[path = "../support/mod.rs"]
mod support;
mod untyped;
mod warnings;
