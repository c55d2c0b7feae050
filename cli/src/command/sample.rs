//! `wirebond sample`: example messages made from the contract.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use wirebond_schema::{Direction, Document};

use super::{Failure, Side, ignore_broken_pipe};
use crate::sample::{SampleError, Sampler};

/// Writes example messages, one JSON text a line.
///
/// Each is checked against the contract before it is written. The first example of a message shows
/// every field, those after it vary. The same contract and seed give the same examples.
///
/// With --invalid, each line is a message with one thing wrong. What that is goes to standard error, so
/// that standard output has messages alone: `line 1: chat: data.user: expected a string, found 5`.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  wirebond sample contract.json
  wirebond sample contract.json chat --count 20 --seed 7
  wirebond sample contract.json --from client --invalid 2> what-is-wrong.txt")]
pub(super) struct Args {
    /// Which messages, by the `type` that they have on the wire; all if none is named.
    #[arg(value_name = "MESSAGE")]
    messages: Vec<String>,
    /// Only messages that this side may send.
    #[arg(long, value_name = "SIDE")]
    from: Option<Side>,
    /// How many of each message.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    count: u64,
    /// Other examples for another number.
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    seed: u64,
    /// Invalid examples instead, and what is wrong with each.
    #[arg(long)]
    invalid: bool,
}

pub(super) fn run(document: &Document, args: &Args) -> Result<ExitCode, Failure> {
    let fail = |error: SampleError| Failure(format!("{}: {error}", document.name()));
    let names = names(document, args)?;
    let sampler = Sampler::new(document, args.seed).map_err(fail)?;
    let mut out = io::BufWriter::new(io::stdout().lock());
    let mut line = 0_u64;
    for name in names {
        for index in 0..args.count {
            let sample = if args.invalid {
                sampler.invalid(name, index)
            } else {
                sampler.valid(name, index)
            };
            let sample = sample.map_err(fail)?;
            line += 1;
            if !ignore_broken_pipe(writeln!(out, "{}", sample.line()))? {
                return Ok(ExitCode::SUCCESS);
            }
            if let Some(fault) = sample.fault() {
                anstream::eprintln!("line {line}: {}: {fault}", name.escape_debug());
            }
        }
    }
    ignore_broken_pipe(out.flush())?;
    Ok(ExitCode::SUCCESS)
}

/// The messages that are asked for.
fn names<'a>(document: &'a Document, args: &Args) -> Result<Vec<&'a str>, Failure> {
    let is_from = |direction: Direction| match args.from {
        None => true,
        Some(Side::Client) => direction.client_sends(),
        Some(Side::Server) => direction.server_sends(),
    };
    let sent: Vec<&str> = document
        .messages()
        .filter(|message| is_from(message.direction()))
        .map(|message| message.name())
        .collect();
    if let Some(missing) = args.messages.iter().find(|name| !sent.contains(&name.as_str())) {
        let who = match args.from {
            None => "the contract has",
            Some(Side::Client) => "the client sends",
            Some(Side::Server) => "the server sends",
        };
        let message = format!("{who} no message {missing:?}: choose among {}", sent.join(", "));
        return Err(Failure(message));
    }
    let is_asked =
        |name: &&str| args.messages.is_empty() || args.messages.iter().any(|asked| asked == name);
    Ok(sent.into_iter().filter(is_asked).collect())
}
