//! `generate`: the contract of the code as `contract.json`.

use std::{io::Write, path::PathBuf, process::ExitCode};

use wirebond_schema::{Contract, Document, View};

use super::{Failure, no_document, write_output};

/// Writes the contract of the code as contract.json.
///
/// The text is the same on every machine, so that it can be committed and compared. If no
/// document can describe the contract, the error names the types or fields that prevent it.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  wirebond generate -o contract.json
  wirebond generate --view serialize | less")]
pub(super) struct Args {
    /// Where to; standard output if it is missing. The file is whole at every moment.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// What is described; the published view is `deserialize`.
    #[arg(long, value_name = "VIEW", default_value = "deserialize")]
    view: ViewName,
}

/// Which side of serde a document describes.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(super) enum ViewName {
    /// What a reader must accept: peers may leave out what Rust always writes.
    Deserialize,
    /// What Rust writes.
    Serialize,
}

impl From<ViewName> for View {
    fn from(name: ViewName) -> Self {
        match name {
            ViewName::Deserialize => Self::Deserialize,
            ViewName::Serialize => Self::Serialize,
        }
    }
}

pub(super) fn run<C: Contract>(args: &Args) -> Result<ExitCode, Failure> {
    let (document, warnings) =
        Document::with_warnings::<C>(args.view.into()).map_err(|error| no_document::<C>(&error))?;
    for warning in warnings {
        // Where it can't be shown, the document is still true.
        let _ = writeln!(anstream::stderr(), "warning: {warning}");
    }
    write_output(args.output.as_deref(), &document.to_json())
}
