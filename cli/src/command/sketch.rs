//! `wirebond sketch`: a contract to begin with, from captured frames.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
    process::ExitCode,
};

use wirebond_schema::Direction;

use super::{
    Failure, Side,
    recording::{self, Captured, Har, Recorded},
    write_output,
};
use crate::sketch::{Frame, sketch};

/// How large a recording may be, in bytes.
const MOST: u64 = 256 << 20;

/// Sketches a contract from captured frames: Rust source to be edited by a person.
///
/// Proposes how the messages are told apart (`#[contract(…)]`), a variant for each message and structs for
/// the payloads, and says in comments what the frames don't tell. What is in the source are keys and the
/// names of messages; other values of the frames are not, since they may be credentials.
///
/// A line of the recording is `{"from":"client","text":"…"}` or with `"server"`, the text alone, or the text
/// behind what recordings put there (a time, `< ` for the server's and `> ` for the client's, as wscat
/// writes). A HAR file of Chrome is read as well.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  wirebond sketch frames.jsonl -o src/contract.rs
  wirebond sketch recording.har --name Desk
  websocat wss://example.org/feed | wirebond sketch --from server")]
pub(super) struct Args {
    /// The recording; standard input if it is missing or `-`.
    #[arg(value_name = "FRAMES")]
    file: Option<PathBuf>,
    /// Who sent the frames of which the recording doesn't say it.
    #[arg(long, value_name = "SIDE")]
    from: Option<Side>,
    /// The name of the enum.
    #[arg(long, value_name = "NAME", default_value = "App")]
    name: String,
    /// Where the source goes; standard output by default.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let file = args.file.as_deref().filter(|file| *file != Path::new("-"));
    let shown = file.map_or_else(|| "standard input".to_owned(), |file| file.display().to_string());
    let text = match file {
        Some(file) if file.is_dir() => {
            return Err(Failure(format!("{shown} is a folder, not a recording")));
        }
        Some(file) => File::open(file).and_then(read),
        None => read(io::stdin().lock()),
    };
    let text = text.map_err(|error| Failure(format!("{shown} can't be read: {error}")))?;
    if text.len() as u64 > MOST {
        return Err(Failure(format!("{shown} has more than {MOST} bytes: a part of it will do")));
    }
    let from = args.from.map_or(Direction::Both, Direction::from);
    let source = sketch(&frames(&text, from), &args.name)
        .map_err(|error| Failure(format!("{shown} can't be sketched: {error}")))?;
    write_output(args.output.as_deref(), &source)
}

/// One byte more than a recording may have shows that there is too much.
fn read(from: impl Read) -> io::Result<String> {
    let mut bytes = Vec::new();
    from.take(MOST + 1).read_to_end(&mut bytes)?;
    // The last character of a text that is too long may be cut.
    if bytes.len() as u64 > MOST {
        bytes.fill(b' ');
    }
    String::from_utf8(bytes).map_err(|error| {
        let line = error.as_bytes()[..error.utf8_error().valid_up_to()]
            .split(|byte| *byte == b'\n')
            .count();
        io::Error::new(
            io::ErrorKind::InvalidData,
            format!("it is no UTF-8 text, from line {line} on"),
        )
    })
}

/// The frames of a recording; `from` is who sent those that don't say it.
fn frames(text: &str, from: Direction) -> Vec<Frame> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if recording::may_be_har(text.get(..40).unwrap_or(text))
        && let Ok(har) = serde_json::from_str::<Har<'_>>(text)
    {
        let frame = |message: &recording::Message<'_>| {
            Some(Frame::new(message.from().unwrap_or(from), message.text()?))
        };
        return har.messages().filter_map(frame).collect();
    }
    let lines = text.lines().filter(|line| !line.trim().is_empty() && !recording::is_chatter(line));
    let frame = |line: &str| {
        if let Some(Captured { from, text }) = recording::captured(line) {
            return Frame::new(from, text);
        }
        match recording::split(line) {
            Some(Recorded { message, from: Some(side) }) => Frame::new(side, message),
            Some(Recorded { message, from: None }) => Frame::new(from, message),
            None => Frame::new(from, line),
        }
    };
    lines.map(frame).collect()
}
