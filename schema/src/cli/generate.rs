//! `generate`: the contract of the code as `contract.json`.

use std::{path::PathBuf, process::ExitCode};

use super::{Failure, write_output};
use crate::{Contract, Document, View};

/// Writes the contract of the code as contract.json.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Where to; standard output if it is missing.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) fn run<C: Contract>(args: &Args) -> Result<ExitCode, Failure> {
    let document = Document::of::<C>(View::default())
        .map_err(|error| Failure(format!("the contract {} has no document: {error}", C::NAME)))?;
    write_output(args.output.as_deref(), &document.to_json())
}
