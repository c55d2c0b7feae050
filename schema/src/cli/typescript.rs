//! `wirebond typescript`.

use std::{path::PathBuf, process::ExitCode};

use super::{Failure, write_output};
use crate::{
    Document,
    typescript::{Parts, generate},
};

/// Writes TypeScript: types for all messages and a small typed client, in one file without dependencies.
///
/// What TypeScript can't express as the contract means it, such as 64-bit integers, is told on standard
/// error.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  wirebond typescript contract.json -o src/contract.ts
  wirebond typescript contract.json --types-only -o server/contract.ts")]
pub(super) struct Args {
    /// Where to write it; standard output without this.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The types alone, without the client.
    #[arg(long)]
    types_only: bool,
}

pub(super) fn run(document: &Document, args: &Args) -> Result<ExitCode, Failure> {
    let parts = if args.types_only { Parts::Types } else { Parts::All };
    let code = generate(document, parts);
    let style = anstyle::AnsiColor::Yellow.on_default().bold();
    for warning in &code.warnings {
        anstream::eprintln!("{style}warning:{style:#} {warning}");
    }
    write_output(args.output.as_deref(), &code.text)
}
