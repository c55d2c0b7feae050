//! `wirebond validate`: real traffic against the contract, line by line.

use std::{
    fs::{self, File},
    io::{self, IsTerminal, Read},
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use wirebond_schema::{
    Direction, Document,
    validate::{Fault, Reason, Rejection, Validator},
};

use super::{
    Failure, NO, Side,
    lines::{Line, Lines},
    recording::{self, Har},
};

mod check;
mod report;
mod session;

use check::{Check, Validators};
use report::Report;
use session::Session;

/// Checks messages, one JSON text a line, against the contract.
///
/// Says for each line that is no valid message where it stands, which message it is, where in the
/// message the fault is and what was expected there; at the end, how many of each message were valid.
/// Empty lines are skipped. What recordings put before a message (a time, `< ` or `> ` as of wscat) is
/// taken off, `{"from":"client","text":"…"}` stands for the frame in it, and a HAR file of Chrome is read as
/// well; where they say who sent a message, only what that side may send is valid.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  wirebond validate contract.json traffic.jsonl
  wirebond validate contract.json --from client < sent.jsonl
  wirebond sample contract.json | wirebond validate contract.json --format json
  wirebond validate contract.json recording.har
  wirebond validate contract.json --session recording.har

Exit codes: 0 all are valid; 1 some are not; 2 they could not be read, or there are none.")]
pub(super) struct Args {
    /// The messages, one a line; standard input if it is missing or `-`.
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Who sent them; by default a message of either side is valid. Of a recording with both sides only
    /// this one's messages are checked.
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
    /// Succeed where there is no message at all.
    #[arg(long)]
    allow_empty: bool,
    /// Also check the frames of sessions and calls, whose names begin with `$`, against their own schema
    /// (docs/session.schema.json). Without it, the contract has no such messages.
    #[arg(long)]
    session: bool,
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
        let message = "the contract and the messages can't both come from standard input: give one of \
                     them as a file";
        return Err(Failure::new(message));
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
    let session = args.session.then(Session::new).transpose()?;
    let validators = Validators { contract: &validator, session: session.as_ref() };
    let (name, input, bar) = open(args)?;
    let mut report = Report::new(&name, args.format == Format::Json, args.max_errors, bar.clone());
    let mut input = Input {
        lines: Lines::new(bar.wrap_read(input), args.max_line),
        check: Check::new(validators, args.from.map(Direction::from), args.max_line, &mut report),
        progress: Progress::new(bar.clone()),
    };
    let read = input.read().map_err(|error| Failure(format!("{name} can't be read: {error}")));
    let is_empty_har = input.check.is_empty_har;
    bar.finish_and_clear();
    let reported = report.finish();
    read?;
    reported?;
    if report.is_empty() && !args.allow_empty {
        let hint = if is_empty_har {
            ": it is a HAR file without WebSocket messages (`_webSocketMessages`, which Chrome writes \
             for sockets that were opened while its network panel recorded)"
        } else {
            ""
        };
        return Err(Failure(format!(
            "no message was found in {name}{hint}; if that is right, say so with --allow-empty"
        )));
    }
    Ok(if report.is_valid() { ExitCode::SUCCESS } else { ExitCode::from(NO) })
}

/// All that is read, and what is done with it.
struct Input<'i, 'r, R> {
    lines: Lines<R>,
    check: Check<'i, 'r>,
    progress: Progress,
}

impl<R: Read> Input<'_, '_, R> {
    fn read(&mut self) -> io::Result<()> {
        let mut is_first = true;
        while let Some(line) = self.lines.next()? {
            self.progress.tick();
            let is_har = is_first && matches!(line, Line::Text { bytes, .. } if may_be_har(bytes));
            if is_har {
                let Line::Text { number, bytes } = line else { continue };
                let mut text = bytes.to_vec();
                return self.read_whole(number, &mut text);
            }
            is_first &= matches!(line, Line::Text { bytes, .. } if bytes.trim_ascii().is_empty());
            self.check.line(line);
        }
        Ok(())
    }

    /// A text that may be one JSON text of several lines: a HAR file, or ordinary lines.
    fn read_whole(&mut self, first: u64, text: &mut Vec<u8>) -> io::Result<()> {
        while let Some(line) = self.lines.next()? {
            match line {
                Line::Text { bytes, .. } if text.len() < MOST_HAR => {
                    text.push(b'\n');
                    text.extend_from_slice(bytes);
                }
                line => {
                    self.check.lines(first, text);
                    text.clear();
                    self.check.line(line);
                    while let Some(line) = self.lines.next()? {
                        self.check.line(line);
                    }
                    return Ok(());
                }
            }
        }
        let whole = std::str::from_utf8(text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text));
        match whole.map(serde_json::from_str::<Har<'_>>) {
            Ok(Ok(har)) => self.check.har(&har),
            _ => self.check.lines(first, text),
        }
        Ok(())
    }
}

/// How large a HAR file may be, in bytes.
const MOST_HAR: usize = 256 << 20;

fn may_be_har(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let start = &bytes[..bytes.len().min(40)];
    recording::may_be_har(&String::from_utf8_lossy(start))
}

/// Shows how far the reading is, once it has taken a second.
struct Progress {
    bar: ProgressBar,
    hidden_until: Option<Instant>,
}

impl Progress {
    const QUIET: Duration = Duration::from_secs(1);

    fn new(bar: ProgressBar) -> Self {
        let is_shown = bar.length().is_some() && io::stderr().is_terminal();
        Self { bar, hidden_until: is_shown.then(|| Instant::now() + Self::QUIET) }
    }

    fn tick(&mut self) {
        if self.hidden_until.is_some_and(|until| Instant::now() >= until) {
            self.hidden_until = None;
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
            self.bar.enable_steady_tick(Duration::from_millis(200));
        }
    }
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
    let bar = ProgressBar::with_draw_target(Some(data.len()), ProgressDrawTarget::hidden());
    let template = "{bar:30} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}
