//! `check`: is the committed file what the code says?

use std::{fmt::Write, path::PathBuf, process::ExitCode};

use wirebond_schema::{Contract, Document};

use super::{Failure, NO, committed, generate::ViewName, no_document};

/// Checks that a contract.json is what the code says: exit code 0 if it is, 1 with the lines that
/// differ if not.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  wirebond check
  wirebond check api/contract.json")]
pub(super) struct Args {
    /// The committed file.
    #[arg(value_name = "FILE", default_value = "contract.json")]
    file: PathBuf,
    /// Which view the file has.
    #[arg(long, value_name = "VIEW", default_value = "deserialize")]
    view: ViewName,
}

/// `name` is how the command is called, for the remedy.
pub(super) fn run<C: Contract>(args: &Args, name: &str) -> Result<ExitCode, Failure> {
    let document = Document::of::<C>(args.view.into()).map_err(|error| no_document::<C>(&error))?;
    let shown = args.file.display();
    let update = match args.view {
        ViewName::Deserialize => format!("{name} generate -o {shown}"),
        ViewName::Serialize => format!("{name} generate --view serialize -o {shown}"),
    };
    let committed = committed::read(&args.file, &update)?;
    let text = document.to_json();
    if committed == text {
        let messages = document.messages().count();
        let message =
            format!("{shown} is up to date: {} {}, {messages} messages\n", C::NAME, C::VERSION);
        return super::write_output(None, &message);
    }
    let mut head = format!("{shown} is not what the code says.\n");
    if let Err(error) = Document::parse(&committed) {
        let _ = writeln!(head, "What is committed is no contract: {error}.");
    }
    committed::report(&head, "code", (&committed, &text), &update)?;
    Ok(ExitCode::from(NO))
}
