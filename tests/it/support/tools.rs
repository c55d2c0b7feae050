//! Programs that some tests need besides cargo: a test that lacks one prints one line and passes.
//!
//! With `WIREBOND_REQUIRE_TOOLS=1`, as in CI, what is missing is a failure.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// What turns a skipped test into a failed one.
const REQUIRE: &str = "WIREBOND_REQUIRE_TOOLS";

/// A file or folder of this package.
pub(crate) fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// An empty folder of a test's own, for what it makes.
pub(crate) fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    match fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => panic!("{error}"),
        _ => fs::create_dir_all(&folder).unwrap(),
    }
    folder
}

/// An example's binary: cargo builds them before the tests, and it stands beside this test's.
pub(crate) fn example(name: &str) -> PathBuf {
    let own = std::env::current_exe().unwrap();
    let name = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    let path = own.ancestors().nth(2).unwrap().join("examples").join(name);
    assert!(path.exists(), "{} is not built: run `cargo build --examples`", path.display());
    path
}

/// Fails unless a committed file holds `text`; with `WIREBOND_UPDATE` it is written instead.
pub(crate) fn committed(path: &str, text: &str) {
    if std::env::var_os("WIREBOND_UPDATE").is_some() {
        return fs::write(path, text).unwrap();
    }
    assert!(
        fs::read_to_string(path).is_ok_and(|there| there.replace("\r\n", "\n") == text),
        "{path} is out of date: write it with `WIREBOND_UPDATE=1 cargo test`, look at it, and commit it"
    );
}

/// Whether `node` runs and `npm ci` has been called in a folder of this package.
pub(crate) fn node(test: &str, folder: &str) -> bool {
    let modules = format!("{folder}/node_modules");
    let installed = here(&modules).is_dir();
    has_program(test, "node")
        && has(test, installed, &format!("no {modules}: run `npm ci` in {folder}"))
}

/// The Python of a virtual environment at `.venv` in a folder of this package.
pub(crate) fn python(test: &str, folder: &str) -> Option<PathBuf> {
    let unix = here(folder).join(".venv/bin/python");
    let python = if unix.exists() { unix } else { here(folder).join(".venv/Scripts/python.exe") };
    let how = format!(
        "no {folder}/.venv: run `python3 -m venv {folder}/.venv` and \
         `{folder}/.venv/bin/pip install -r {folder}/requirements.txt`"
    );
    has(test, python.exists(), &how).then_some(python)
}

/// Whether a program can be started.
pub(crate) fn has_program(test: &str, program: &str) -> bool {
    let mut command = Command::new(program);
    command.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let runs = command.status().is_ok_and(|status| status.success());
    has(test, runs, &format!("`{program}` can't be run"))
}

/// Reports what is missing, past cargo's capture, which hides the output of passing tests.
fn has(test: &str, there: bool, lack: &str) -> bool {
    if there {
        return true;
    }
    assert!(std::env::var_os(REQUIRE).is_none_or(|value| value == "0"), "{test}: {lack}");
    let line = format!("skipped {test}: {lack}\n");
    std::io::stderr().write_all(line.as_bytes()).unwrap();
    false
}

/// Runs a command to its end and returns what it wrote; anything on standard error fails the test.
pub(crate) fn output(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && complaints.is_empty(), "{command:?}: {complaints}");
    String::from_utf8(output.stdout).unwrap()
}
