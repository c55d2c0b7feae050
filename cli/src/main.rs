//! The `wirebond` command: everything that can be had from a `contract.json` alone.
#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    wirebond_cli::main()
}
