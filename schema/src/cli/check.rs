//! `check`: is the committed file what the code says?

use std::process::ExitCode;

use super::Failure;
use crate::Document;

/// Stands in.
#[derive(clap::Args)]
pub(super) struct Args {}

pub(super) fn run(_document: &Document, _args: &Args) -> Result<ExitCode, Failure> {
    Err(Failure::new("not written yet"))
}
