//! Writing a result: to standard output, or to a file that is whole at every moment.

use std::{
    fs, io,
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
};

use super::Failure;

/// Writes a result to a file, or to standard output if there is none or it is `-`.
///
/// A file is written beside the one that is there and then takes its place: whatever goes wrong, the old
/// one stays whole. A reader of standard output that has gone away (`| head`) is no failure.
pub(super) fn write_output(path: Option<&Path>, text: &str) -> Result<ExitCode, Failure> {
    match path {
        Some(path) if path != Path::new("-") => to_file(path, text)?,
        _ => to_stdout(text)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn to_stdout(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    ignore_broken_pipe(out.write_all(text.as_bytes()).and_then(|()| out.flush())).map(drop)
}

/// Whether standard output can still be written to. A reader that has closed the pipe (`| head`) is no
/// failure, and every other error is one.
pub(super) fn ignore_broken_pipe(written: io::Result<()>) -> Result<bool, Failure> {
    match written {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(Failure(format!("standard output can't be written: {error}"))),
    }
}

fn to_file(path: &Path, text: &str) -> Result<(), Failure> {
    let shown = path.display();
    if path.is_dir() {
        return Err(Failure(format!("{shown} is a folder: name a file in it")));
    }
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    if !folder.is_dir() {
        return Err(Failure(format!(
            "{shown} can't be written: there is no folder {}; make it first",
            folder.display()
        )));
    }
    replace(path, text).map_err(|error| Failure(format!("{shown} can't be written: {error}")))
}

fn replace(path: &Path, text: &str) -> io::Result<()> {
    let old = fs::metadata(path).ok();
    if old.as_ref().is_some_and(|old| !old.is_file()) {
        // A device or a pipe, such as /dev/stdout: there is nothing to replace.
        return fs::write(path, text);
    }
    // The target of a link is replaced, not the link.
    let path = if old.is_some() { fs::canonicalize(path)? } else { path.to_owned() };
    let beside = beside(&path);
    let written = write_new(&beside, text, old.map(|old| old.permissions()))
        .and_then(|()| fs::rename(&beside, &path));
    if written.is_err() {
        // A file that can't be removed could not be created either, or it stays visible.
        let _ = fs::remove_file(&beside);
    }
    written
}

/// A name in the same folder, so that renaming is one step.
fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}.tmp", std::process::id()))
}

fn write_new(path: &Path, text: &str, permissions: Option<fs::Permissions>) -> io::Result<()> {
    let mut file = fs::OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(text.as_bytes())?;
    if let Some(permissions) = permissions {
        file.set_permissions(permissions)?;
    }
    file.sync_all()
}
