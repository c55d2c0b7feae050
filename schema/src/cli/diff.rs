//! `wirebond diff`: does a change of the contract break anybody?

use std::process::ExitCode;

use super::Failure;
use crate::Document;

/// Stands in.
#[derive(clap::Args)]
pub(super) struct FileArgs {}

/// Stands in.
#[derive(clap::Args)]
pub(super) struct CodeArgs {}

pub(super) fn run_on_files(_args: FileArgs) -> Result<ExitCode, Failure> {
    Err(Failure::new("not written yet"))
}

pub(super) fn run_on_code(_document: Document, _args: CodeArgs) -> Result<ExitCode, Failure> {
    Err(Failure::new("not written yet"))
}
