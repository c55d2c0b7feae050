//! A client's sessions: attempts, connections and the delays between them.

pub(crate) mod attempt;
pub(crate) mod backoff;
pub(crate) mod close_rules;
pub(crate) mod command;
pub(crate) mod disconnect;
pub(crate) mod driver;
pub(crate) mod shared;
pub(crate) mod watchdog;
