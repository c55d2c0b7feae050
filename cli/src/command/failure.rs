//! How a command fails, and its exit codes.

use std::{io::Write, process::ExitCode};

use anstyle::AnsiColor;
use wirebond_schema::Contract;

/// Exit code of a verdict that says no: a breaking change, an invalid message.
pub(super) const NO: u8 = 1;
/// Exit code of what could not be done or decided.
pub(super) const FAILED: u8 = 2;

/// Why a command could not do its work: what, where, and what helps.
pub(super) struct Failure(pub(super) String);

impl Failure {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

/// Ends with the command's exit code, or reports why there is none.
pub(super) fn exit(result: Result<ExitCode, Failure>) -> ExitCode {
    result.unwrap_or_else(|Failure(message)| {
        let style = AnsiColor::Red.on_default().bold();
        // A standard error that is closed can't be reported.
        let _ = writeln!(anstream::stderr(), "{style}error:{style:#} {message}");
        ExitCode::from(FAILED)
    })
}

/// The contract of a binary that has it as code can't be described.
pub(super) fn no_document<C: Contract>(error: &wirebond_schema::GenerateError) -> Failure {
    Failure(format!("the contract {} has no document: {error}", C::NAME))
}
