//! What becomes of messages: redelivery and its end, receipts, untyped names, and what is logged of it
//! all.

mod receipts;
mod redelivery;
mod registrations;
mod untyped;
mod warnings;
