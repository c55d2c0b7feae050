//! What the modules share.

pub(crate) mod agree;
#[cfg(feature = "client")]
pub(crate) mod server;
pub(crate) mod tools;
