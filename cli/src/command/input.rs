//! Reading a contract from a file or from standard input.

use std::{fs, io, io::Read, path::Path};

use wirebond_schema::Document;

use super::Failure;

/// Reads a contract; the error names the file, the place in it, and what helps.
pub(super) fn read_contract(path: &Path) -> Result<Document, Failure> {
    let is_stdin = path == Path::new("-");
    let shown = if is_stdin { "standard input".to_owned() } else { path.display().to_string() };
    let bytes = if is_stdin {
        all(io::stdin().lock())
    } else if path.is_dir() {
        let inside = path.join("contract.json");
        return Err(Failure(format!(
            "{shown} is a folder: name the contract's file, such as {}",
            inside.display()
        )));
    } else {
        fs::File::open(path).and_then(all)
    };
    let bytes = bytes.map_err(|error| unreadable(&shown, &error))?;
    let text = String::from_utf8(bytes).map_err(|error| not_text(&shown, error.as_bytes()))?;
    Document::parse(&text).map_err(|error| Failure(format!("{shown} is no contract: {error}")))
}

/// One byte more than a contract may have shows that there is too much.
fn all(from: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(Document::MOST as u64 + 1).read_to_end(&mut bytes)?;
    // The last character of a text that is too long may be cut.
    if bytes.len() > Document::MOST {
        bytes.fill(b' ');
    }
    Ok(bytes)
}

fn unreadable(shown: &str, error: &io::Error) -> Failure {
    let help = match error.kind() {
        io::ErrorKind::NotFound => {
            ": is the path right? The Rust project writes the file with `assert_contract!` or `generate`"
        }
        io::ErrorKind::PermissionDenied => ": you may not read it",
        _ => "",
    };
    Failure(format!("{shown} can't be read: {error}{help}"))
}

/// The likely encoding of bytes that are no UTF-8 text.
fn not_text(shown: &str, bytes: &[u8]) -> Failure {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Failure(format!(
            "{shown} is no contract: it is UTF-16 text, as PowerShell's `>` writes it; save it as UTF-8, \
             or let `-o FILE` write it"
        ));
    }
    let valid = std::str::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), str::len);
    let line = bytes[..valid].split(|byte| *byte == b'\n').count();
    Failure(format!(
        "{shown} is no contract: it is not UTF-8 text, from line {line} (byte {}) on",
        valid + 1
    ))
}
