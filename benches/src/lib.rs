//! wirebond beside its peers, in one run: what `docs/performance.md` is made of.
#![forbid(unsafe_code)]

pub mod app;
pub mod cases;
pub mod crowd;
pub mod frames;
pub mod hosts;
pub mod memory;
pub mod peers;
pub mod process;
pub mod recorder;
pub mod report;
pub mod rounds;
pub mod server;
pub mod stream;
#[path = "../../client/tests/it/support/upgrade.rs"]
pub mod upgrade;
