//! The chat's contract as a product: `contract.json` and all that is made from it.
//!
//! `cargo run --example contract -- --help` lists what there is.

#[path = "../chat/contract.rs"]
#[allow(dead_code, reason = "only what the contract says counts here, not its client")]
mod contract;

fn main() -> std::process::ExitCode {
    wirebond::schema::run_cli::<contract::App>()
}
