//! The `wirebond` command, and the same for a binary that has the contract as code.
//!
//! Each subcommand is a module with its arguments (`Args`) and what it does (`run`), which takes the
//! contract as a document and doesn't know where it came from. Its help ends with `Examples:`, lines
//! that begin with `  wirebond`; in a binary of the user's they are shown as they are typed there.

use std::{path::PathBuf, process::ExitCode};

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use wirebond_schema::{Contract, Document, View};

mod asyncapi;
mod check;
mod committed;
mod completions;
mod diff;
mod docs;
mod failure;
mod fingerprint;
mod frame;
mod generate;
mod input;
mod lines;
mod output;
mod recording;
mod sample;
mod side;
mod sketch;
mod typescript;
mod validate;

use failure::{FAILED, Failure, NO, exit, no_document};
use input::read_contract;
use output::{ignore_broken_pipe, write_output};
use side::Side;

/// Types, documents, samples and verdicts from a message contract (contract.json).
#[derive(Parser)]
#[command(
    name = "wirebond",
    version,
    arg_required_else_help = true,
    after_help = "\
Examples:
  wirebond typescript contract.json -o src/contract.ts
  wirebond validate contract.json traffic.jsonl
  wirebond diff --against-git origin/main contract.json

Exit codes: 0 yes or done; 1 no: a breaking change, an invalid message; 2 failed or undecided."
)]
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
    Fingerprint {
        #[command(flatten)]
        contract: ContractFile,
        #[command(flatten)]
        args: fingerprint::Args,
    },
    Sketch(sketch::Args),
    Completions(completions::Args),
}

/// Where the contract comes from.
#[derive(clap::Args)]
struct ContractFile {
    /// The contract, as `generate` or `assert_contract!` wrote it; `-` for standard input.
    #[arg(value_name = "CONTRACT")]
    path: PathBuf,
}

impl ContractFile {
    fn read(&self) -> Result<Document, Failure> {
        read_contract(&self.path)
    }
}

/// What this contract is as a document, and what can be made from it.
#[derive(Parser)]
#[command(
    arg_required_else_help = true,
    after_help = "\
Examples:
  wirebond generate -o contract.json
  wirebond check contract.json

Exit codes: 0 yes or done; 1 no: a file that is out of date, a breaking change, an invalid message;
2 failed or undecided."
)]
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
    Fingerprint(fingerprint::Args),
    Completions(completions::Args),
}

/// The `wirebond` command.
#[doc(hidden)]
pub fn main() -> ExitCode {
    let command = frame::styled(OnFiles::command());
    exit(match parse::<OnFiles>(&command).command {
        FileCommand::Diff(args) => diff::run_on_files(args),
        FileCommand::Validate { contract, args } => validate::apart(&contract.path, &args)
            .and_then(|()| contract.read())
            .and_then(|document| validate::run(&document, &args)),
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
        FileCommand::Fingerprint { contract, args } => {
            contract.read().and_then(|document| fingerprint::run(&document, &args))
        }
        FileCommand::Sketch(args) => sketch::run(&args),
        FileCommand::Completions(args) => completions::run(command, &args),
    })
}

/// The `wirebond` command for a contract that is code: a binary whose `main` returns this has its
/// subcommands, with `generate` and `check` for the file.
///
/// ```no_run
/// # mod wirebond { pub mod schema { pub use wirebond_cli::run_cli; } }
/// # fn example<App: wirebond_schema::Contract>() -> std::process::ExitCode {
/// // fn main() -> std::process::ExitCode {
/// wirebond::schema::run_cli::<App>()
/// // }
/// # }
/// ```
///
/// It reads the process's arguments, and ends the process where they ask for help or are wrong.
pub fn run_cli<C: Contract>() -> ExitCode {
    let document = || Document::of::<C>(View::default()).map_err(|error| no_document::<C>(&error));
    let name = frame::own_name();
    let version = format!("{} (wirebond {})", C::VERSION, env!("CARGO_PKG_VERSION"));
    let command = frame::styled(frame::of_code(OfCode::command(), &name).version(version));
    exit(match parse::<OfCode>(&command).command {
        CodeCommand::Generate(args) => generate::run::<C>(&args),
        CodeCommand::Check(args) => check::run::<C>(&args, &name),
        CodeCommand::Diff(args) => {
            document().and_then(|document| diff::run_on_code(&document, args))
        }
        CodeCommand::Validate(args) => document().and_then(|d| validate::run(&d, &args)),
        CodeCommand::Typescript(args) => document().and_then(|d| typescript::run(&d, &args)),
        CodeCommand::Asyncapi(args) => document().and_then(|d| asyncapi::run(&d, &args)),
        CodeCommand::Docs(args) => document().and_then(|d| docs::run(&d, &args)),
        CodeCommand::Sample(args) => document().and_then(|d| sample::run(&d, &args)),
        CodeCommand::Fingerprint(args) => document().and_then(|d| fingerprint::run(&d, &args)),
        CodeCommand::Completions(args) => completions::run(command, &args),
    })
}

/// The arguments, or the end of the process with help or with what is wrong about them.
fn parse<P: FromArgMatches>(command: &clap::Command) -> P {
    let matches = command.clone().get_matches();
    P::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
}
