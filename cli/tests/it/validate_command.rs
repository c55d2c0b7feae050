//! `wirebond validate` and `wirebond sample` as commands: what they print, and their exit codes.

use std::{
    io::Write,
    process::{Command, Output, Stdio},
};

use serde_json::{Value, json};

mod recordings;
mod session;

const SHOP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/contract/shop.json");

/// Runs the command with this on standard input.
fn wirebond(args: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_wirebond"))
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    // A command that fails early doesn't read what it gets.
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

const TRAFFIC: &[u8] = b"\xEF\xBB\xBF{\"type\":\"leave\"}\r\n\
    \n  \n\
    {\"type\":\"count\",\"data\":256}\n\
    \xFF\xFE\n\
    nonsense\n\
    {\"type\":\"weather\"}\n\
    {\"type\":\"order-update\",\"data\":{\"kind\":\"sent-to\",\"street\":5,\"number\":1,\"x\":1}}\n\
    {\"type\":\"count\",\"data\":255}";

#[test]
fn each_fault_has_its_line_and_at_the_end_are_the_counts() {
    let output = wirebond(&["validate", SHOP], TRAFFIC);
    assert_eq!(
        text(&output.stdout),
        "stdin:4: count: data: expected an integer from 0 to 255, found 256\n\
         stdin:5: expected UTF-8 text, found something else (at byte 1)\n\
         stdin:6: expected JSON: expected ident (at byte 2)\n\
         stdin:7: type: expected the name of a message, found \"weather\": the contract has no such \
         message\n\
         stdin:8: order-update: data.street: expected a string, found 5\n\
         stdin:8: order-update: data.x: expected no other keys than \"kind\", \"number\" and \
         \"street\"\n\
         count         1 valid, 1 invalid\n\
         leave         1 valid, 0 invalid\n\
         order-update  0 valid, 1 invalid\n\
         1 of an unknown type\n\
         2 that are no message\n\
         2 of 7 lines are valid\n"
    );
    assert_eq!(text(&output.stderr), "stdin: it starts with a byte order mark, which is skipped\n");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn json_is_one_object_a_line_and_what_is_not_shown_is_counted() {
    let output = wirebond(&["validate", SHOP, "--format=json", "--max-errors=1"], TRAFFIC);
    let lines: Vec<Value> =
        text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        lines,
        [
            json!({ "file": "stdin", "line": 4, "message": "count", "reason": "invalid",
                "path": "data", "expected": "expected an integer from 0 to 255, found 256" }),
            json!({ "lines": 7, "valid": 2, "invalid": 5, "unknown": 1, "no_message": 2,
                "faults": 6, "messages": {
                    "count": { "valid": 1, "invalid": 1 },
                    "leave": { "valid": 1, "invalid": 0 },
                    "order-update": { "valid": 0, "invalid": 1 },
                } }),
        ]
    );
    let output = wirebond(&["validate", SHOP, "--max-errors=0"], TRAFFIC);
    assert!(text(&output.stdout).starts_with("6 more faults, not shown (see --max-errors)\n"));
}

#[test]
fn exit_codes_tell_valid_invalid_and_not_done() {
    let code = |args: &[&str], input: &str| wirebond(args, input.as_bytes()).status.code();
    let leave = r#"{"type":"leave"}"#;
    assert_eq!(code(&["validate", SHOP], leave), Some(0));
    assert_eq!(code(&["validate", SHOP, "-"], leave), Some(0));
    assert_eq!(code(&["validate", SHOP, "--allow-empty"], ""), Some(0));
    assert_eq!(code(&["validate", SHOP, "--from=client"], leave), Some(0));
    assert_eq!(code(&["validate", SHOP, "--from=server"], leave), Some(1));
    assert_eq!(code(&["validate", SHOP, "--max-line=5"], leave), Some(1));
    assert_eq!(code(&["validate", SHOP, "--from=nobody"], leave), Some(2));
    for (args, expected) in [
        (&["validate", SHOP, "no/such/file"][..], "no/such/file can't be read: "),
        (&["validate", SHOP, env!("CARGO_MANIFEST_DIR")], "is a directory"),
        (&["validate", "-"], "can't both come from standard input"),
        (&["validate", "no/such/contract"], "no/such/contract can't be read: "),
        (&["sample", SHOP, "nothing"], "no message \"nothing\": choose among chat, tags"),
        (&["sample", SHOP, "count", "--from=client"], "the client sends no message \"count\""),
    ] {
        let output = wirebond(args, b"");
        assert_eq!((output.status.code(), text(&output.stdout)), (Some(2), ""), "{args:?}");
        let errors = text(&output.stderr);
        assert!(errors.starts_with("error: ") && errors.contains(expected), "{errors}");
    }
}

#[test]
fn a_file_is_read_and_named() {
    let path = std::env::temp_dir().join(format!("wirebond-validate-{}.jsonl", std::process::id()));
    std::fs::write(&path, TRAFFIC).unwrap();
    let name = path.to_str().unwrap();
    let output = wirebond(&["validate", SHOP, name], b"");
    std::fs::remove_file(&path).unwrap();
    assert!(text(&output.stdout).starts_with(&format!("{name}:4: count: data: ")));
    assert!(!text(&output.stderr).contains('\u{1b}'), "no bar where nobody looks");
}

#[test]
fn a_line_of_any_length_is_reported_and_the_next_one_is_read() {
    let mut input = vec![b'x'; 3 << 20];
    input.extend_from_slice(b"\n{\"type\":\"leave\"}\n");
    let output = wirebond(&["validate", SHOP, "--max-line=1000000"], &input);
    assert_eq!(
        text(&output.stdout),
        "stdin:1: expected at most 1000000 bytes, found 3145728 (see --max-line)\n\
         leave  1 valid, 0 invalid\n\
         1 that are no message\n\
         1 of 2 lines are valid\n"
    );
}

#[test]
fn examples_go_through_the_check() {
    let sample = |args: &[&str]| wirebond(&[&["sample", SHOP], args].concat(), b"");
    let all = sample(&["--count=5"]);
    assert_eq!((all.status.code(), text(&all.stderr)), (Some(0), ""));
    let checked = wirebond(&["validate", SHOP], &all.stdout);
    assert!(text(&checked.stdout).ends_with("50 of 50 lines are valid\n"));
    assert_eq!(all.stdout, sample(&["--count=5"]).stdout, "the same seed");
    assert_ne!(all.stdout, sample(&["--count=5", "--seed=1"]).stdout);

    let client = sample(&["--from=client", "--count=2"]);
    let checked = wirebond(&["validate", SHOP, "--from=client"], &client.stdout);
    assert!(text(&checked.stdout).ends_with("16 of 16 lines are valid\n"));

    let invalid = sample(&["count", "chat", "--invalid", "--count=3"]);
    assert_eq!(invalid.status.code(), Some(0));
    let errors = text(&invalid.stderr);
    assert_eq!(errors.lines().count(), 6, "{errors}");
    assert!(
        errors.starts_with("line 1: chat: data") && errors.contains("\nline 6: count: "),
        "{errors}"
    );
    let checked = wirebond(&["validate", SHOP], &invalid.stdout);
    assert!(text(&checked.stdout).ends_with("0 of 6 lines are valid\n"));
}
