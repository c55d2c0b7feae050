//! `check`: is the committed file what the code says?

use std::{fmt::Write, fs, io, path::PathBuf, process::ExitCode};

use anstyle::AnsiColor;

use super::{Failure, NO, generate::ViewName, no_document};
use crate::{Contract, Document, golden::difference};

/// Tells whether a contract.json is what the code says: exit code 0 if it is, 1 with the lines that
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
    let committed = fs::read(&args.file).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => {
            Failure(format!("{shown} does not exist yet: write it with `{update}`, and commit it"))
        }
        _ if args.file.is_dir() => Failure(format!("{shown} is a folder: name the file in it")),
        _ => Failure(format!("{shown} can't be read: {error}")),
    })?;
    // A checkout may have changed the line ends.
    let committed = String::from_utf8_lossy(&committed).replace("\r\n", "\n");
    let text = document.to_json();
    if committed == text {
        let messages = document.messages().count();
        let words =
            format!("{shown} is up to date: {} {}, {messages} messages\n", C::NAME, C::VERSION);
        return super::write_output(None, &words);
    }
    tell(&format!("{shown} is not what the code says.\n"), &committed, &text, &update)?;
    Ok(ExitCode::from(NO))
}

fn tell(what: &str, committed: &str, text: &str, update: &str) -> Result<(), Failure> {
    let mut words = what.to_owned();
    if let Err(error) = Document::parse(committed) {
        let _ = writeln!(words, "What is committed is no contract: {error}.");
    }
    let (old, new) = (AnsiColor::Red.on_default(), AnsiColor::Green.on_default());
    let _ = writeln!(words, "{old}- committed{old:#}\n{new}+ code{new:#}");
    for line in difference(committed, text).lines() {
        let _ = match line.as_bytes().first() {
            Some(b'-') => writeln!(words, "{old}{line}{old:#}"),
            Some(b'+') => writeln!(words, "{new}{line}{new:#}"),
            _ => writeln!(words, "{line}"),
        };
    }
    let _ = writeln!(words, "Update it with `{update}`, read its diff, and commit it.");
    match io::Write::write_all(&mut anstream::stdout(), words.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure(format!("standard output can't be written: {error}")))
        }
        _ => Ok(()),
    }
}
