//! `wirebond docs`.

use std::{path::PathBuf, process::ExitCode};

use wirebond_schema::Document;

use super::{Failure, write_output};
use crate::{docs, sample};

/// Writes the contract as one HTML page for people, which needs no network.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  wirebond docs contract.json -o contract.html
  wirebond docs contract.json > contract.html")]
pub(super) struct Args {
    /// The file to write; without it, standard output.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) fn run(document: &Document, args: &Args) -> Result<ExitCode, Failure> {
    write_output(args.output.as_deref(), &docs::page(document, &sample::examples(document)))
}
