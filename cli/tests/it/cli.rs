//! The `wirebond` command as its users meet it: exit codes, messages, help, completions.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

/// The worked example's contract.
const CONTRACT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/contract/contract.json");
/// Every subcommand.
const SUBCOMMANDS: [&str; 8] =
    ["diff", "validate", "typescript", "asyncapi", "docs", "sample", "fingerprint", "completions"];
/// Those that read one contract.
const READERS: [&str; 6] = ["validate", "typescript", "asyncapi", "docs", "sample", "fingerprint"];

fn wirebond() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wirebond"));
    command.stdin(Stdio::null()).env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
    command
}

fn run(arguments: &[&str]) -> Output {
    wirebond().args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A folder of this test's own.
fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).unwrap();
    path
}

/// The command fails, says what is wrong with the file, and writes nothing else.
#[track_caller]
fn refuses(path: &str, expected: &[&str]) {
    for subcommand in READERS {
        let output = run(&[subcommand, path]);
        let errors = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{subcommand}: {errors}");
        assert_eq!(text(&output.stdout), "", "{subcommand}");
        assert!(errors.starts_with("error: ") && errors.ends_with('\n'), "{subcommand}: {errors}");
        assert!(errors.lines().count() == 1, "{subcommand}: {errors}");
        for part in expected {
            assert!(errors.contains(part), "{subcommand}: {part}: {errors}");
        }
    }
}

#[test]
fn files_that_are_no_contract() {
    let folder = folder("files");
    let contract = fs::read_to_string(CONTRACT).unwrap();
    let half = &contract[..contract.len() / 2];
    let utf16: Vec<u8> = [0xff, 0xfe]
        .into_iter()
        .chain(contract.encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    let wide = vec![b' '; 5 << 20];
    for (name, bytes, expected) in [
        ("empty.json", &b""[..], &["it is empty"][..]),
        ("truncated.json", half.as_bytes(), &["cut off", "line", "column"]),
        ("not.json", b"hello", &["not JSON", "line 1 column 1"]),
        ("package.json", b"{\"name\":\"x\"}", &["`$schema`", "assert_contract!"]),
        (
            "version.json",
            contract.replace("2020-12", "2019-09").as_bytes(),
            &["2019-09", "2020-12"],
        ),
        ("number.json", contract.replace("app:1.0.0", "app:1").as_bytes(), &["\"1\""]),
        ("deep.json", "[".repeat(1 << 20).as_bytes(), &["recursion limit", "line 1"]),
        ("wide.json", &wide, &["longer than"]),
        ("objects.json", "[{},".repeat(300_000).as_bytes(), &["objects"]),
        ("circle.json", circle(&contract).as_bytes(), &["in a circle", "Chat → Chat"]),
        (
            "merge.json",
            format!("<<<<<<< HEAD\n{contract}").as_bytes(),
            &["merge conflict", "line 1"],
        ),
        ("latin1.json", b"{\n\"title\": \"Caf\xe9\"}", &["not UTF-8", "line 2", "byte 16"]),
        ("utf16.json", &utf16, &["UTF-16", "-o FILE"]),
    ] {
        let path = folder.join(name);
        fs::write(&path, bytes).unwrap();
        let mut expected = expected.to_vec();
        expected.push(name);
        refuses(path.to_str().unwrap(), &expected);
    }
}

fn circle(contract: &str) -> String {
    let mut value: serde_json::Value = serde_json::from_str(contract).unwrap();
    value["$defs"]["Chat"] = serde_json::json!({ "anyOf": [{ "$ref": "#/$defs/Chat" }] });
    value.to_string()
}

#[test]
fn files_that_can_not_be_read() {
    let folder = folder("unreadable");
    let missing = folder.join("missing.json");
    refuses(missing.to_str().unwrap(), &["missing.json can't be read", "is the path right?"]);
    refuses(folder.to_str().unwrap(), &["is a folder", "contract.json"]);
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_be_read() {
    use std::os::unix::fs::PermissionsExt;

    let path = folder("forbidden").join("contract.json");
    fs::copy(CONTRACT, &path).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(&path).is_ok() {
        println!("skipped: this user may read everything");
        return;
    }
    refuses(path.to_str().unwrap(), &["contract.json can't be read", "you may not read it"]);
}

#[test]
fn standard_input_and_a_byte_order_mark_are_read() {
    let contract = fs::read_to_string(CONTRACT).unwrap();
    for (input, is_read) in
        [(format!("\u{feff}{contract}"), true), (contract.clone(), true), ("{}".to_owned(), false)]
    {
        let mut child = wirebond()
            .args(["typescript", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let errors = text(&child.wait_with_output().unwrap().stderr);
        assert_eq!(errors.contains("standard input is no contract"), !is_read, "{errors}");
    }
}

#[test]
fn a_fingerprint_is_one_line_and_one_for_each_message() {
    let contract = fs::read_to_string(CONTRACT).unwrap();
    let document = wirebond_schema::Document::parse(&contract).unwrap();
    let output = run(&["fingerprint", CONTRACT]);
    assert_eq!(text(&output.stdout), format!("{}\n", document.fingerprint()));
    let output = run(&["fingerprint", "--messages", CONTRACT]);
    let lines = document.message_fingerprints().into_iter();
    let lines = lines.map(|(message, print)| format!("{print} {}\n", message.name()));
    assert_eq!(text(&output.stdout), lines.collect::<String>());
    assert!(text(&output.stdout).contains(" chat\n"));
}

#[test]
fn wrong_uses_are_reported_with_what_was_meant() {
    let output = run(&["typscript", CONTRACT]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("'typescript'"), "{}", text(&output.stderr));
    let output = run(&["typescript"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("<CONTRACT>"), "{}", text(&output.stderr));
    let output = run(&[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("Usage: wirebond"), "{}", text(&output.stderr));
}

#[test]
fn the_version_is_shown() {
    let output = run(&["--version"]);
    assert!(output.status.success());
    assert_eq!(text(&output.stdout), format!("wirebond {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn every_help_has_an_example_of_its_subcommand() {
    let whole = text(&run(&["--help"]).stdout);
    for subcommand in SUBCOMMANDS {
        assert!(whole.contains(&format!("  {subcommand}")), "{subcommand}: {whole}");
        let output = run(&[subcommand, "--help"]);
        let help = text(&output.stdout);
        assert!(output.status.success(), "{subcommand}");
        let example = format!("  wirebond {subcommand} ");
        assert!(help.contains("Examples:") && help.contains(&example), "{subcommand}: {help}");
        assert!(!help.contains('\u{1b}'), "{subcommand}: {help}");
        let help = text(&run(&["help", subcommand]).stdout);
        assert!(help.contains(&format!("Usage: wirebond {subcommand}")), "{help}");
    }
}

#[test]
fn colours_are_for_those_who_want_them() {
    for (variable, is_coloured) in [("CLICOLOR_FORCE", true), ("NO_COLOR", false), ("TERM", false)]
    {
        for arguments in [&["typescript", "nowhere.json"][..], &["--help"], &["typscript"]] {
            let output = wirebond().args(arguments).env(variable, "1").output().unwrap();
            let all = text(&output.stderr) + &text(&output.stdout);
            assert_eq!(all.contains('\u{1b}'), is_coloured, "{variable} {arguments:?}: {all}");
        }
    }
}

#[test]
fn completions_are_written_for_every_shell() {
    for (shell, part) in [
        ("bash", "complete -F _wirebond"),
        ("zsh", "#compdef wirebond"),
        ("fish", "complete -c wirebond"),
        ("powershell", "Register-ArgumentCompleter"),
        ("elvish", "edit:completion"),
    ] {
        let output = run(&["completions", shell]);
        let script = text(&output.stdout);
        assert!(output.status.success(), "{shell}");
        assert_eq!(text(&output.stderr), "", "{shell}");
        assert!(script.contains(part), "{shell}: {script}");
        for subcommand in SUBCOMMANDS {
            assert!(script.contains(subcommand), "{shell}: {subcommand}");
        }
        let reader = match shell {
            "bash" => ("bash", &["-n"][..]),
            "zsh" => ("zsh", &["-n"][..]),
            "fish" => ("fish", &["--no-execute"][..]),
            _ => continue,
        };
        parses(reader, &script);
    }
    assert_eq!(run(&["completions", "cmd"]).status.code(), Some(2));
}

fn parses((shell, arguments): (&str, &[&str]), script: &str) {
    let path = folder(shell).join("completions");
    fs::write(&path, script).unwrap();
    match Command::new(shell).args(arguments).arg(&path).output() {
        Ok(output) => assert!(output.status.success(), "{shell}: {}", text(&output.stderr)),
        Err(error) => println!("skipped: {shell} can't be run: {error}"),
    }
}

/// Nobody reads what is written: no error, no panic.
#[cfg(unix)]
#[test]
fn a_reader_that_has_gone_is_no_failure() {
    for arguments in [&["completions", "bash"][..], &["--help"], &["--version"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = wirebond().args(arguments).stdout(writer).output().unwrap();
        assert_eq!(text(&output.stderr), "", "{arguments:?}");
        assert!(output.status.success(), "{arguments:?}: {}", output.status);
    }
}

#[cfg(unix)]
#[test]
fn what_is_made_of_a_contract_may_find_no_reader_either() {
    for subcommand in READERS {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let empty = (subcommand == "validate").then_some("--allow-empty");
        let output =
            wirebond().args([subcommand, CONTRACT]).args(empty).stdout(writer).output().unwrap();
        let errors = text(&output.stderr);
        assert!(output.status.success() && !errors.contains("panicked"), "{subcommand}: {errors}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn output_that_can_not_be_written_is_a_failure() {
    for arguments in [
        &["completions", "bash"][..],
        &["typescript", CONTRACT],
        &["sample", CONTRACT],
        &["validate", CONTRACT, "/dev/null"],
        &["diff", CONTRACT, CONTRACT],
    ] {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = wirebond()
            .args(arguments)
            .stdout(full)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
            .wait_with_output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let errors = text(&output.stderr);
        assert!(errors.contains("standard output can't be written"), "{arguments:?}: {errors}");
    }
}
