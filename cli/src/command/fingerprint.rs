//! `wirebond fingerprint`.

use std::{fmt::Write, process::ExitCode};

use wirebond_schema::Document;

use super::{Failure, write_output};

/// Writes what identifies the contract's messages: 22 characters, the same for the same shapes.
///
/// Descriptions, names of definitions, order and the contract's version make no difference. Two contracts
/// with one fingerprint accept the same messages. Two with different ones may still be compatible:
/// `diff` decides.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  wirebond fingerprint contract.json
  wirebond fingerprint --messages contract.json")]
pub(super) struct Args {
    /// One line for each message: its own fingerprint, of 11 characters, and its name.
    #[arg(long)]
    messages: bool,
}

pub(super) fn run(document: &Document, args: &Args) -> Result<ExitCode, Failure> {
    let mut out = String::new();
    if args.messages {
        for (message, fingerprint) in document.message_fingerprints() {
            let _ = writeln!(out, "{fingerprint} {}", message.name());
        }
    } else {
        let _ = writeln!(out, "{}", document.fingerprint());
    }
    write_output(None, &out)
}
