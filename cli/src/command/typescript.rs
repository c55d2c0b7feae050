//! `wirebond typescript`.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use wirebond_schema::Document;

use super::{Failure, NO, committed, write_output};
use crate::typescript::{Int64, Options, Parts, generate_with};

/// Writes TypeScript: types for all messages and a small typed client, in one file without dependencies.
///
/// What TypeScript can't express as the contract means it, such as 64-bit integers, is reported on
/// standard error. With `--check` nothing is written: exit code 0 if the file is up to date, 1 with the
/// lines that differ if not.
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
    /// What integers of more than 53 bits are, which JSON has as numbers and JavaScript's numbers round.
    #[arg(long, value_name = "TYPE", default_value = "number")]
    int64: Int64Name,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Int64Name {
    /// Rounded beyond 2^53, with a warning.
    Number,
    /// Exact.
    Bigint,
    /// The digits: exact.
    String,
}

pub(super) fn run(document: &Document, args: &Args) -> Result<ExitCode, Failure> {
    let parts = if args.types_only { Parts::Types } else { Parts::All };
    let int64 = match args.int64 {
        Int64Name::Number => Int64::Number,
        Int64Name::Bigint => Int64::BigInt,
        Int64Name::String => Int64::String,
    };
    let code = generate_with(document, &Options { parts, int64 });
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
    let mut options = String::from(if args.types_only { "--types-only " } else { "" });
    options.push_str(match args.int64 {
        Int64Name::Number => "",
        Int64Name::Bigint => "--int64 bigint ",
        Int64Name::String => "--int64 string ",
    });
    let update = format!("wirebond typescript CONTRACT {options}-o {shown}");
    let committed = committed::read(file, &update)?;
    if committed == text {
        return write_output(None, &format!("{shown} is up to date\n"));
    }
    let head = format!("{shown} is not what the contract says.\n");
    committed::report(&head, "contract", (&committed, text), &update)?;
    Ok(ExitCode::from(NO))
}
