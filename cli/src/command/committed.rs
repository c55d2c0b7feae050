//! Compares a committed file with its expected text.

use std::{fmt::Write, fs, io, path::Path};

use anstyle::AnsiColor;
use wirebond_schema::internal::difference;

use super::Failure;

/// Reads a committed file with `\n` as its line ends: a checkout may have changed them. `update` is the
/// command that writes it.
pub(super) fn read(path: &Path, update: &str) -> Result<String, Failure> {
    let shown = path.display();
    let bytes = fs::read(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => {
            Failure(format!("{shown} does not exist yet: write it with `{update}`, and commit it"))
        }
        _ if path.is_dir() => Failure(format!("{shown} is a folder: name the file in it")),
        _ => Failure(format!("{shown} can't be read: {error}")),
    })?;
    Ok(String::from_utf8_lossy(&bytes).replace("\r\n", "\n"))
}

/// Shows the lines that differ. `source` names what the file is made from, `head` says what is wrong.
pub(super) fn report(
    head: &str,
    source: &str,
    (committed, text): (&str, &str),
    update: &str,
) -> Result<(), Failure> {
    let mut output = head.to_owned();
    let (old, new) = (AnsiColor::Red.on_default(), AnsiColor::Green.on_default());
    let _ = writeln!(output, "{old}- committed{old:#}\n{new}+ {source}{new:#}");
    for line in difference(committed, text).lines() {
        let _ = match line.as_bytes().first() {
            Some(b'-') => writeln!(output, "{old}{line}{old:#}"),
            Some(b'+') => writeln!(output, "{new}{line}{new:#}"),
            _ => writeln!(output, "{line}"),
        };
    }
    let _ = writeln!(output, "Update it with `{update}`, read its diff, and commit it.");
    match io::Write::write_all(&mut anstream::stdout(), output.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure(format!("standard output can't be written: {error}")))
        }
        _ => Ok(()),
    }
}
