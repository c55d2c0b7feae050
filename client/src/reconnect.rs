//! A client that comes back: attempts, connections, the delays between them, and what follows a
//! disconnect.

pub(crate) mod attempt;
pub(crate) mod backoff;
pub(crate) mod close_rules;
pub(crate) mod decide;
pub(crate) mod disconnect;
pub(crate) mod driver;
pub(crate) mod opening;
pub(crate) mod shared;
pub(crate) mod start;
pub(crate) mod watchdog;
