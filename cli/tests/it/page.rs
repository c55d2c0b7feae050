//! The commands of `docs/contract.md` do what the page says, in the page's order.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

const PAGE: &str = include_str!("../../../docs/contract.md");
const CONTRACT: &str = include_str!("../../../examples/contract/contract.json");

/// The lines of the page's `sh` blocks.
fn commands() -> Vec<&'static str> {
    let mut is_shell = false;
    let mut lines = Vec::new();
    for line in PAGE.lines() {
        if let Some(language) = line.strip_prefix("```") {
            is_shell = language == "sh";
        } else if is_shell {
            assert!(line.starts_with("wirebond "), "every line is tried by itself: {line}");
            lines.push(line);
        }
    }
    lines
}

fn git(folder: &Path, arguments: &[&str]) -> bool {
    let mut command = Command::new("git");
    command.current_dir(folder).args(["-c", "user.name=a", "-c", "user.email=a@example.com"]);
    match command.args(arguments).stdout(Stdio::null()).status() {
        Ok(status) => {
            assert!(status.success(), "git {arguments:?}");
            true
        }
        Err(error) => {
            println!("skipped: git can't be run: {error}");
            false
        }
    }
}

/// A folder with the worked example's contract, committed as `origin/main`.
fn checkout() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("page");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("contract.json"), CONTRACT).unwrap();
    let steps: [&[&str]; 4] = [
        &["init", "-q", "-b", "main"],
        &["add", "contract.json"],
        &["commit", "-q", "-m", "The contract"],
        &["update-ref", "refs/remotes/origin/main", "HEAD"],
    ];
    steps.iter().all(|step| git(&folder, step)).then_some(folder)
}

#[test]
fn the_page_s_commands_work() {
    let Some(folder) = checkout() else { return };
    let own = Path::new(env!("CARGO_BIN_EXE_wirebond")).parent().unwrap().to_owned();
    let paths = env::var_os("PATH").unwrap_or_default();
    let paths = env::join_paths([own].into_iter().chain(env::split_paths(&paths))).unwrap();
    for line in commands() {
        let output = Command::new("bash")
            .args(["-o", "pipefail", "-c", line])
            .current_dir(&folder)
            .env("PATH", &paths)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{line}: {}\n{errors}", output.status);
        if let Some((_, file)) = line.split_once(" -o ") {
            let written = fs::metadata(folder.join(file)).unwrap().len();
            assert!(written > 100, "{line}: {written} bytes");
        }
    }
}

#[test]
fn the_page_names_every_subcommand() {
    let commands = commands();
    for subcommand in ["typescript", "docs", "asyncapi", "sample", "validate", "diff"] {
        let start = format!("wirebond {subcommand} ");
        assert!(commands.iter().any(|line| line.starts_with(&start)), "{subcommand}");
    }
}

/// The workflow runs the command that the page explains.
#[test]
fn the_page_s_workflow_is_one() {
    let block = PAGE.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    for part in
        ["fetch-depth: 0", "wirebond diff --against-git origin/main contract.json --format github"]
    {
        assert!(block.contains(part), "{part}");
    }
    assert!(!block.contains('\t'));
}
