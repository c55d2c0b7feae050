//! A binary of the user's with the contract as code: the worked example in `examples/contract`.

use std::{
    fs,
    path::Path,
    process::{Command, Output, Stdio},
};

use crate::support::tools;

const COMMITTED: &str = include_str!("../../examples/contract/contract.json");

/// Runs the example.
fn contract(arguments: &[&str], folder: &Path) -> Output {
    Command::new(tools::example("contract"))
        .args(arguments)
        .current_dir(folder)
        .env_remove("CLICOLOR_FORCE")
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn generate_writes_the_committed_file() {
    let folder = tools::scratch("generate");
    for _ in 0..2 {
        let output = contract(&["generate"], &folder);
        assert!(output.status.success());
        assert_eq!(text(&output.stdout), COMMITTED);
    }
    for _ in 0..2 {
        let output = contract(&["generate", "-o", "contract.json"], &folder);
        assert!(output.status.success());
        assert_eq!(text(&output.stdout) + &text(&output.stderr), "");
        assert_eq!(fs::read_to_string(folder.join("contract.json")).unwrap(), COMMITTED);
        assert_eq!(names(&folder), ["contract.json"]);
    }
    let output = contract(&["generate", "--view", "serialize", "-o", "-"], &folder);
    assert!(text(&output.stdout).starts_with("{\n  \"$schema\""));
    assert_eq!(contract(&["generate", "--view", "both"], &folder).status.code(), Some(2));
}

#[test]
fn what_can_not_be_written_says_why() {
    let folder = tools::scratch("unwritable");
    fs::create_dir(folder.join("inside")).unwrap();
    for (path, message) in [
        ("inside", "inside is a folder"),
        ("no/such/contract.json", "no folder no/such; make it first"),
    ] {
        let output = contract(&["generate", "-o", path], &folder);
        let errors = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{path}");
        assert!(errors.starts_with("error: ") && errors.contains(message), "{errors}");
    }
    assert_eq!(names(&folder), ["inside"]);
}

#[cfg(unix)]
#[test]
fn a_file_is_replaced_where_it_is() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    let folder = tools::scratch("replace");
    let file = folder.join("real.json");
    fs::write(&file, "old").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    symlink("real.json", folder.join("link.json")).unwrap();
    let before = fs::metadata(&file).unwrap().ino();
    assert!(contract(&["generate", "-o", "link.json"], &folder).status.success());
    let after = fs::metadata(&file).unwrap();
    assert_eq!(fs::read_to_string(&file).unwrap(), COMMITTED);
    assert_eq!(after.permissions().mode() & 0o777, 0o640);
    // In one step: the old file was never open for writing.
    assert_ne!(before, after.ino());
    assert!(fs::symlink_metadata(folder.join("link.json")).unwrap().is_symlink());
    assert_eq!(names(&folder), ["link.json", "real.json"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_device_is_written_as_it_is() {
    let folder = tools::scratch("device");
    assert!(contract(&["generate", "-o", "/dev/null"], &folder).status.success());
    let output = contract(&["generate", "-o", "/dev/full"], &folder);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("/dev/full can't be written"));
}

#[test]
fn check_reports_whether_the_file_is_up_to_date() {
    let folder = tools::scratch("check");
    let check = |arguments: &[&str]| {
        let arguments: Vec<_> = [&["check"], arguments].concat();
        let output = contract(&arguments, &folder);
        (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
    };
    let write = |text: &str| fs::write(folder.join("contract.json"), text).unwrap();

    let (code, out, errors) = check(&[]);
    assert_eq!((code, out.as_str()), (2, ""));
    let remedy = "contract generate -o contract.json";
    assert!(
        errors.contains("contract.json does not exist yet") && errors.contains(remedy),
        "{errors}"
    );

    for same in [COMMITTED.to_owned(), COMMITTED.replace('\n', "\r\n")] {
        write(&same);
        let (code, out, errors) = check(&[]);
        assert_eq!((code, errors.as_str()), (0, ""));
        assert_eq!(out, "contract.json is up to date: App 1.0.0, 6 messages\n");
    }
    assert_eq!(check(&["contract.json"]).0, 0);

    write(&COMMITTED.replace("\"const\": \"join\"", "\"const\": \"enter\""));
    let (code, out, errors) = check(&[]);
    assert_eq!((code, errors.as_str()), (1, ""));
    for part in [
        "contract.json is not what the code says",
        "\n-         \"type\"",
        "enter",
        "\n+ ",
        "join",
        remedy,
    ] {
        assert!(out.contains(part), "{part}: {out}");
    }
    assert!(!out.contains('\u{1b}'), "{out}");

    write("hello");
    let (code, out, _) = check(&[]);
    assert_eq!(code, 1);
    assert!(out.contains("What is committed is no contract: it is not JSON"), "{out}");
    let (code, _, errors) = check(&["."]);
    assert_eq!(code, 2);
    assert!(errors.contains("is a folder"), "{errors}");
}

#[test]
fn help_speaks_of_the_user_s_own_binary() {
    let folder = tools::scratch("help");
    let help = |arguments: &[&str]| {
        let output = contract(arguments, &folder);
        assert!(output.status.success(), "{arguments:?}");
        text(&output.stdout)
    };
    for (subcommand, example) in [
        ("generate", "  contract generate -o contract.json"),
        ("check", "  contract check api/contract.json"),
    ] {
        let text = help(&[subcommand, "--help"]);
        assert!(text.contains(example) && !text.contains("wirebond "), "{text}");
    }
    let whole = help(&["--help"]);
    assert!(whole.contains("Usage: contract <COMMAND>"), "{whole}");
    let version = format!("contract 1.0.0 (wirebond {})\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(help(&["--version"]), version);
    let script = help(&["completions", "bash"]);
    assert!(script.contains("complete -F _contract") && script.contains("generate"), "{script}");
}
