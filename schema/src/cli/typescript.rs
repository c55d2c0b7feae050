//! `wirebond typescript`.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use super::{Failure, NO, committed, write_output};
use crate::{
    Document,
    typescript::{Parts, generate},
};

/// Writes TypeScript: types for all messages and a small typed client, in one file without dependencies.
///
/// What TypeScript can't express as the contract means it, such as 64-bit integers, is told on standard
/// error. With `--check` nothing is written: exit code 0 if the file is up to date, 1 with the lines that
/// differ if not.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  wirebond typescript contract.json -o src/contract.ts
  wirebond typescript contract.json --check src/contract.ts
  wirebond typescript contract.json --types-only -o server/contract.ts")]
pub(super) struct Args {
    /// Where to write it; standard output without this.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Compares this file with what would be written, for CI.
    #[arg(long, value_name = "FILE", conflicts_with = "output")]
    check: Option<PathBuf>,
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
    match &args.check {
        Some(file) => check(file, &code.text, args),
        None => write_output(args.output.as_deref(), &code.text),
    }
}

fn check(file: &Path, text: &str, args: &Args) -> Result<ExitCode, Failure> {
    let shown = file.display();
    let options = if args.types_only { "--types-only " } else { "" };
    let update = format!("wirebond typescript CONTRACT {options}-o {shown}");
    let committed = committed::read(file, &update)?;
    if committed == text {
        return write_output(None, &format!("{shown} is up to date\n"));
    }
    let head = format!("{shown} is not what the contract says.\n");
    committed::report(&head, "contract", (&committed, text), &update)?;
    Ok(ExitCode::from(NO))
}
