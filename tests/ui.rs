//! What the compiler says to wrong uses, and what it must accept.
//!
//! `just snapshots` rewrites the expected errors. They are those of one toolchain: with another, the
//! test prints that and passes.
//!
//! A binary of its own: trybuild runs cargo on a project that it makes, which takes longer than all the
//! other tests.

use std::{env, fmt::Write, fs, path::Path, process::Command};

use wirebond::schema::{
    Direction,
    sketch::{Frame, sketch},
};

/// The toolchain that the expected errors are from.
const TOOLCHAIN: &str = "rustc 1.95.";

#[test]
#[expect(clippy::print_stderr, reason = "whoever reads the output should know what was skipped")]
fn compiler_errors_say_what_to_do() {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc).arg("--version").output().map(|output| output.stdout);
    let version = String::from_utf8(version.unwrap_or_default()).unwrap_or_default();
    if !version.starts_with(TOOLCHAIN) {
        eprintln!("skipped: the expected errors are those of {TOOLCHAIN}x, this is {version:?}");
        return;
    }
    let cases = trybuild::TestCases::new();
    cases.pass("tests/ui/pass/*.rs");
    cases.compile_fail("tests/ui/fail/*.rs");
    cases.compile_fail("tests/ui/usage/*.rs");
}

/// Sketches of real protocols' documented frames, as modules of one program that reads these frames.
#[test]
#[ignore = "compiles many contracts, which takes minutes: `cargo test --test ui -- --ignored`"]
fn sketches_compile_and_read_the_frames_that_they_are_made_of() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cli/tests/sketch");
    let recordings =
        fs::read_dir(folder).expect("the recordings").map(|entry| entry.expect("a file").path());
    let mut recordings: Vec<_> =
        recordings.filter(|path| path.extension().is_some_and(|end| end == "jsonl")).collect();
    recordings.sort();
    assert_eq!(recordings.len(), 19);
    let (mut program, mut main) = (include_str!("ui/sketches.rs").to_owned(), String::new());
    for (number, path) in recordings.iter().enumerate() {
        let text = fs::read_to_string(path).expect("a recording");
        let source = sketch(&frames(&text), "App").expect("a sketch");
        let _ = write!(program, "\nmod m{number} {{\n{source}}}\n");
        let _ = writeln!(main, "    read::<m{number}::App>(include_str!({path:?}));");
    }
    let _ = write!(program, "\nfn main() {{\n{main}}}\n");
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("sketches.rs");
    fs::write(&path, program).expect("the program");
    trybuild::TestCases::new().pass(path);
}

/// The frames of a recording.
fn frames(recording: &str) -> Vec<Frame> {
    #[derive(serde::Deserialize)]
    struct Line {
        from: String,
        text: String,
    }
    let lines = recording.lines().map(|line| serde_json::from_str::<Line>(line).expect("a frame"));
    let frame = |line: Line| {
        let is_server = line.from == "server";
        Frame::new(if is_server { Direction::Server } else { Direction::Client }, line.text)
    };
    lines.map(frame).collect()
}

/// Builds a crate of its own, because these tests have the feature.
#[test]
fn the_server_without_its_feature_is_explained() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("server_without_its_feature");
    fs::create_dir_all(folder.join("src")).expect("a folder");
    let write = |path, text: &str| fs::write(folder.join(path), text).expect("a file");
    let dependency = format!("wirebond = {{ path = {root:?}, default-features = false }}");
    let package = "[package]\nname = \"app\"\nedition = \"2024\"\n\n[workspace]\n";
    write("Cargo.toml", &format!("{package}\n[dependencies]\n{dependency}\n"));
    let contract = "#[derive(wirebond::Contract)]\n#[contract(server)]\npub enum App { Leave }\n";
    write("src/lib.rs", contract);
    // The versions that are here already.
    fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock")).expect("a lock file");
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["check", "--offline", "--quiet", "--target-dir"]).arg(folder.join("target"));
    let output = cargo.current_dir(&folder).output().expect("cargo");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("needs the feature `server` of wirebond"), "{said}");
    assert_eq!(said.matches("error: ").count(), 2, "its own, and cargo's summary: {said}");
}

/// What the snapshots of the other test must contain.
#[test]
fn field_d9_wrong_directions_and_shared_payloads_are_told_in_words() {
    let against = include_str!("ui/usage/method_against_the_direction.stderr");
    assert!(against.contains("only the server sends this message"), "{against}");
    assert!(against.contains("only the client sends this message"), "{against}");
    assert!(!against.contains("with a similar name"), "{against}");
    let of_server = include_str!("ui/usage/server_method_against_the_direction.stderr");
    assert_eq!(of_server.matches("only the client sends this message").count(), 4, "{of_server}");
    assert_eq!(of_server.matches("only the server sends this message").count(), 2, "{of_server}");
    assert!(!of_server.contains("no method named"), "{of_server}");
    let shared = include_str!("ui/usage/send_of_a_shared_payload.stderr");
    assert!(shared.contains("one of `(send_joined, send_left)`"), "{shared}");
    assert!(!shared.contains("E0283"), "{shared}");
}

#[test]
fn field_b16_another_schemars_is_named() {
    let another = include_str!("ui/usage/payload_with_another_schemars.stderr");
    assert!(another.contains("set `schemars = \"1\"`"), "{another}");
    assert_eq!(another.matches("error").count(), 1, "{another}");
}
