//! What the compiler says to wrong uses, and what it must accept.
//!
//! `just golden` writes the expected errors anew. They are those of one toolchain: with another the
//! test says so and passes.

use std::process::Command;

/// The toolchain that the expected errors are from.
const TOOLCHAIN: &str = "rustc 1.95.";

#[test]
#[expect(clippy::print_stderr, reason = "whoever reads the output should know what was skipped")]
fn compiler_errors_say_what_to_do() {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
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
