//! `wirebond validate`: real traffic against the contract, line by line.

use std::{
    fs::{self, File},
    io::{self, IsTerminal, Read},
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{Failure, NO, Side};
use crate::{
    Direction, Document,
    validate::{Fault, Reason, Rejection, Validator},
};

mod lines;
mod report;

use lines::{Line, Lines};
use report::Report;

/// Checks messages, one JSON text a line, against the contract.
///
/// Says for each line that is no valid message where it stands, which message it is, where in the
/// message the fault is and what was expected there; at the end, how many of each message were valid.
/// Empty lines are skipped.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  wirebond validate contract.json traffic.jsonl
  wirebond validate contract.json --from client < sent.jsonl
  wirebond sample contract.json | wirebond validate contract.json --format json

Exit codes: 0 all are valid; 1 some are not; 2 they could not be read.")]
pub(super) struct Args {
    /// The messages, one a line; standard input if it is missing or `-`.
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Who sent them; by default a message of either side is valid.
    #[arg(long, value_name = "SIDE")]
    from: Option<Side>,
    /// How the result is written: for people, or one JSON object a line.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// How many faults are shown; all are counted.
    #[arg(long, value_name = "NUMBER", default_value_t = 50)]
    max_errors: u64,
    /// The longest line that is read, in bytes; a longer one is a fault.
    #[arg(long, value_name = "BYTES", default_value_t = 16 << 20)]
    max_line: usize,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    #[default]
    Text,
    Json,
}

/// Makes sure that the contract and the messages don't both come from standard input.
pub(super) fn apart(contract: &Path, args: &Args) -> Result<(), Failure> {
    if contract == Path::new("-") && args.reads_stdin() {
        let words = "the contract and the messages can't both come from standard input: give one of \
                     them as a file";
        return Err(Failure::new(words));
    }
    Ok(())
}

impl Args {
    /// Whether the messages come from standard input.
    fn reads_stdin(&self) -> bool {
        self.file.as_deref().is_none_or(|file| file == Path::new("-"))
    }
}

pub(super) fn run(document: &Document, args: &Args) -> Result<ExitCode, Failure> {
    let validator = Validator::new(document).map_err(|error| {
        Failure(format!("the contract {} can't be checked against: {error}", document.name()))
    })?;
    let from = args.from.map_or(Direction::Both, Direction::from);
    let (name, input, bar) = open(args)?;
    let mut report = Report::new(&name, args.format == Format::Json, args.max_errors, bar.clone());
    let mut lines = Lines::new(bar.wrap_read(input), args.max_line);
    let read = loop {
        match lines.next() {
            Ok(None) => break Ok(()),
            Ok(Some(line)) => check(&validator, from, line, args.max_line, &mut report),
            Err(error) => break Err(Failure(format!("{name} can't be read: {error}"))),
        }
    };
    bar.finish_and_clear();
    let told = report.finish();
    read?;
    told?;
    Ok(if report.is_valid() { ExitCode::SUCCESS } else { ExitCode::from(NO) })
}

/// Where the lines come from: the name to call it, the bytes, and how far we are, if anybody looks.
fn open(args: &Args) -> Result<(String, Box<dyn Read>, ProgressBar), Failure> {
    let Some(path) = args.file.as_deref().filter(|_| !args.reads_stdin()) else {
        return Ok(("stdin".to_owned(), Box::new(io::stdin().lock()), ProgressBar::hidden()));
    };
    let name = path.display().to_string();
    let fail = |error: io::Error| Failure(format!("{name} can't be read: {error}"));
    let file = File::open(path).map_err(fail)?;
    let data = file.metadata().map_err(fail)?;
    if data.is_dir() {
        return Err(Failure(format!("{name} is a directory, not a file of messages")));
    }
    let bar = if data.is_file() && io::stderr().is_terminal() {
        progress(&data)
    } else {
        ProgressBar::hidden()
    };
    Ok((name, Box::new(file), bar))
}

fn progress(data: &fs::Metadata) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(data.len()), ProgressDrawTarget::stderr());
    let template = "{bar:30} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

fn check(
    validator: &Validator,
    from: Direction,
    line: Line<'_>,
    most: usize,
    report: &mut Report<'_>,
) {
    let (number, result) = match line {
        Line::Text { number: 1, bytes } if bytes.starts_with(b"\xEF\xBB\xBF") => {
            report.note("it starts with a byte order mark, which is skipped");
            (1, text(&bytes[3..]))
        }
        Line::Text { number, bytes } => (number, text(bytes)),
        Line::TooLong { number, length } => {
            let words = format!("expected at most {most} bytes, found {length} (see --max-line)");
            return report.line(number, Err(&Rejection::no_text(words)));
        }
    };
    match result {
        Ok(text) if text.trim_ascii().is_empty() => {}
        Ok(text) => report.line(number, validator.check(text, from).as_deref()),
        Err(place) => {
            let words = format!("expected UTF-8 text, found something else (at byte {place})");
            report.line(number, Err(&Rejection::no_text(words)));
        }
    }
}

/// The text of a line, or the place of the first byte that is none, counted from 1.
fn text(bytes: &[u8]) -> Result<&str, usize> {
    std::str::from_utf8(bytes).map_err(|error| error.valid_up_to() + 1)
}
