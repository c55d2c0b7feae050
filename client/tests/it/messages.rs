//! What happens to messages: redelivery and its limit, receipts, untyped names, and what is
//! logged.

mod receipts;
mod redelivery;
mod registrations;
mod untyped;
mod warnings;
