//! The `wirebond` command, and the same for a binary that has the contract as code.
//!
//! Each subcommand is a module with its arguments (`Args`) and what it does (`run`), which takes the
//! contract as a document and doesn't know where it came from.

use std::{
    fs, io,
    io::{Read, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{CommandFactory, Parser, Subcommand};

use crate::{Contract, Document};

mod asyncapi;
mod check;
mod diff;
mod docs;
mod generate;
mod sample;
mod typescript;
mod validate;

/// Exit code of a verdict that says no: a breaking change, an invalid message.
const NO: u8 = 1;
/// Exit code of what could not be done or decided.
const FAILED: u8 = 2;

/// Types, documents, samples and verdicts from a message contract (contract.json).
#[derive(Parser)]
#[command(name = "wirebond", version, max_term_width = 100)]
struct OnFiles {
    #[command(subcommand)]
    command: FileCommand,
}

#[derive(Subcommand)]
enum FileCommand {
    Diff(diff::FileArgs),
    Validate {
        #[command(flatten)]
        contract: ContractFile,
        #[command(flatten)]
        args: validate::Args,
    },
    Typescript {
        #[command(flatten)]
        contract: ContractFile,
        #[command(flatten)]
        args: typescript::Args,
    },
    Asyncapi {
        #[command(flatten)]
        contract: ContractFile,
        #[command(flatten)]
        args: asyncapi::Args,
    },
    Docs {
        #[command(flatten)]
        contract: ContractFile,
        #[command(flatten)]
        args: docs::Args,
    },
    Sample {
        #[command(flatten)]
        contract: ContractFile,
        #[command(flatten)]
        args: sample::Args,
    },
    /// Writes the completions of a shell to standard output.
    Completions {
        shell: clap_complete::Shell,
    },
}

/// Where the contract comes from.
#[derive(clap::Args)]
struct ContractFile {
    /// The contract, as `generate` or `assert_contract!` wrote it; `-` for standard input.
    #[arg(value_name = "CONTRACT")]
    path: PathBuf,
}

/// What this contract is as a document, and what can be made from it.
#[derive(Parser)]
#[command(version, max_term_width = 100)]
struct OfCode {
    #[command(subcommand)]
    command: CodeCommand,
}

#[derive(Subcommand)]
enum CodeCommand {
    Generate(generate::Args),
    Check(check::Args),
    Diff(diff::CodeArgs),
    Validate(validate::Args),
    Typescript(typescript::Args),
    Asyncapi(asyncapi::Args),
    Docs(docs::Args),
    Sample(sample::Args),
    /// Writes the completions of a shell to standard output.
    Completions {
        shell: clap_complete::Shell,
    },
}

/// Why a command could not do its work: what, where, and what helps.
struct Failure(String);

impl Failure {
    fn new(words: impl Into<String>) -> Self {
        Self(words.into())
    }
}

/// The `wirebond` command.
#[doc(hidden)]
pub fn main() -> ExitCode {
    exit(match OnFiles::parse().command {
        FileCommand::Diff(args) => diff::run_on_files(args),
        FileCommand::Validate { contract, args } => {
            contract.read().and_then(|document| validate::run(&document, &args))
        }
        FileCommand::Typescript { contract, args } => {
            contract.read().and_then(|document| typescript::run(&document, &args))
        }
        FileCommand::Asyncapi { contract, args } => {
            contract.read().and_then(|document| asyncapi::run(&document, &args))
        }
        FileCommand::Docs { contract, args } => {
            contract.read().and_then(|document| docs::run(&document, &args))
        }
        FileCommand::Sample { contract, args } => {
            contract.read().and_then(|document| sample::run(&document, &args))
        }
        FileCommand::Completions { shell } => {
            completions(shell, &mut OnFiles::command());
            Ok(ExitCode::SUCCESS)
        }
    })
}

/// The `wirebond` command for a contract that is code: a binary whose `main` returns this has its
/// subcommands, with `generate` and `check` for the file.
pub fn run_cli<C: Contract>() -> ExitCode {
    let document = || {
        C::contract()
            .map_err(|error| Failure(format!("the contract {} has no document: {error}", C::NAME)))
    };
    exit(match OfCode::parse().command {
        CodeCommand::Generate(args) => generate::run::<C>(&args),
        CodeCommand::Check(args) => document().and_then(|document| check::run(&document, &args)),
        CodeCommand::Diff(args) => {
            document().and_then(|document| diff::run_on_code(document, args))
        }
        CodeCommand::Validate(args) => document().and_then(|d| validate::run(&d, &args)),
        CodeCommand::Typescript(args) => document().and_then(|d| typescript::run(&d, &args)),
        CodeCommand::Asyncapi(args) => document().and_then(|d| asyncapi::run(&d, &args)),
        CodeCommand::Docs(args) => document().and_then(|d| docs::run(&d, &args)),
        CodeCommand::Sample(args) => document().and_then(|d| sample::run(&d, &args)),
        CodeCommand::Completions { shell } => {
            completions(shell, &mut OfCode::command());
            Ok(ExitCode::SUCCESS)
        }
    })
}

fn completions(shell: clap_complete::Shell, command: &mut clap::Command) {
    let name = command.get_name().to_owned();
    clap_complete::generate(shell, command, name, &mut io::stdout());
}

fn exit(result: Result<ExitCode, Failure>) -> ExitCode {
    result.unwrap_or_else(|Failure(words)| {
        let style = anstyle::AnsiColor::Red.on_default().bold();
        anstream::eprintln!("{style}error:{style:#} {words}");
        ExitCode::from(FAILED)
    })
}

impl ContractFile {
    fn read(&self) -> Result<Document, Failure> {
        read_contract(&self.path)
    }
}

/// Reads a contract; the error names the file.
fn read_contract(path: &Path) -> Result<Document, Failure> {
    let shown = path.display();
    let fail = |error: io::Error| Failure(format!("{shown} can't be read: {error}"));
    // One byte more than a contract may have tells that there is too much.
    let most = Document::MOST as u64 + 1;
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        io::stdin().lock().take(most).read_to_end(&mut bytes).map_err(fail)?;
    } else {
        fs::File::open(path)
            .and_then(|file| file.take(most).read_to_end(&mut bytes))
            .map_err(fail)?;
    }
    let text = String::from_utf8(bytes)
        .map_err(|_| Failure(format!("{shown} is no contract: it is not UTF-8 text")))?;
    Document::parse(&text).map_err(|error| Failure(format!("{shown} is no contract: {error}")))
}

/// Writes a result to a file, or to standard output.
fn write_output(path: Option<&Path>, text: &str) -> Result<ExitCode, Failure> {
    match path {
        None => {
            // A reader that has gone away (`| head`) has all it wants.
            let _ = io::stdout().lock().write_all(text.as_bytes());
        }
        Some(path) => fs::write(path, text)
            .map_err(|error| Failure(format!("{} can't be written: {error}", path.display())))?,
    }
    Ok(ExitCode::SUCCESS)
}
