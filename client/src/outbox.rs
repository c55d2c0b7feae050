//! Messages that wait to be written, and those whose delivery isn't confirmed yet.

pub(crate) mod queue;
pub(crate) mod unacked;
