//! `wirebond diff`: does a change of the contract break anybody?

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{
    ValueEnum,
    builder::{PossibleValuesParser, TypedValueParser},
};
use wirebond_schema::{
    Document,
    compat::{self, Allow, Level, Options, Paint, Report, Rollout, Verdict},
};

use super::{FAILED, Failure, NO, ignore_broken_pipe, read_contract};

mod git;
mod github;

const EXAMPLES: &str = "\
Examples:
  wirebond diff old.json contract.json
  wirebond diff --against-git origin/main contract.json
  wirebond diff old.json contract.json --rollout any-order --format json
  wirebond diff old.json contract.json --allow required-field-added:chat.data.user
  wirebond diff --against-git origin/main contract.json --fail-on warning --format markdown

A contract that was not there before is compatible; OLD is /dev/null then.

Exit code: 0 if the change is compatible, 1 if it breaks somebody (or only warns, with --fail-on
warning), 2 if that could not be found out.";

const CODE_EXAMPLES: &str = "\
The new contract is the one of the code. PATH is the committed file.

Exit code: 0 if the change is compatible, 1 if it breaks somebody, 2 if that could not be found out.";

/// Says whether a change of the contract breaks anybody who is deployed already.
#[derive(clap::Args)]
#[command(
    after_help = EXAMPLES,
    override_usage = "wirebond diff [OPTIONS] <OLD> <NEW>\n       \
                      wirebond diff [OPTIONS] --against-git <REF> <PATH>"
)]
pub(super) struct FileArgs {
    /// The older contract; `-` for standard input.
    #[arg(required_unless_present = "against_git")]
    old: Option<PathBuf>,
    /// The newer contract.
    #[arg(required_unless_present = "against_git")]
    new: Option<PathBuf>,
    /// Compare the file PATH with what it was where this branch left REF, such as origin/main.
    #[arg(long, num_args = 2, value_names = ["REF", "PATH"], conflicts_with_all = ["old", "new"])]
    against_git: Option<Vec<String>>,
    #[command(flatten)]
    how: How,
}

/// Says whether the contract of the code breaks anybody who is deployed already.
#[derive(clap::Args)]
#[command(after_help = CODE_EXAMPLES)]
pub(super) struct CodeArgs {
    /// The older contract; `-` for standard input.
    #[arg(required_unless_present = "against_git")]
    old: Option<PathBuf>,
    /// Compare with what the file PATH was where this branch left REF, such as origin/main.
    #[arg(long, num_args = 2, value_names = ["REF", "PATH"], conflicts_with = "old")]
    against_git: Option<Vec<String>>,
    #[command(flatten)]
    how: How,
}

#[derive(clap::Args)]
struct How {
    /// Who is deployed first, and so meets the other's older version.
    #[arg(
        long,
        value_name = "ORDER",
        default_value = "server-first",
        value_parser = PossibleValuesParser::new(Rollout::ALL.map(Rollout::name))
            .try_map(|name| name.parse::<Rollout>()),
    )]
    rollout: Rollout,
    /// How the changes are written: for people, for programs, as annotations of GitHub Actions, or as
    /// Markdown for a comment on a pull request.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Accept a change on purpose: a rule, and the place as the text names it; `*` at the end stands
    /// for any rest. May be repeated.
    #[arg(long, value_name = "RULE:PATH")]
    allow: Vec<Allow>,
    /// From which level on the exit code is 1.
    #[arg(long, value_enum, value_name = "LEVEL", default_value_t = FailOn::Breaking)]
    fail_on: FailOn,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FailOn {
    Warning,
    Breaking,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Text,
    Json,
    Github,
    Markdown,
}

pub(super) fn run_on_files(args: FileArgs) -> Result<ExitCode, Failure> {
    let (old, new, shown) = match (args.against_git, args.old, args.new) {
        (Some(git), _, _) => {
            let (reference, path) = two(git)?;
            let path = PathBuf::from(path);
            // The file first: a typing error in its name is the likelier mistake.
            let new = read_contract(&path)?;
            (git::read(&reference, &path)?, new, path)
        }
        (None, Some(old), Some(new)) => (read_old(&old)?, read_contract(&new)?, new),
        _ => return Err(Failure::new("two contracts are needed: wirebond diff OLD NEW")),
    };
    judge(old.as_ref(), &new, &shown, args.how)
}

pub(super) fn run_on_code(document: &Document, args: CodeArgs) -> Result<ExitCode, Failure> {
    let (old, shown) = match (args.against_git, args.old) {
        (Some(git), _) => {
            let (reference, path) = two(git)?;
            let path = PathBuf::from(path);
            (git::read(&reference, &path)?, path)
        }
        (None, Some(old)) => (read_old(&old)?, old),
        _ => return Err(Failure::new("the older contract is needed: diff OLD")),
    };
    judge(old.as_ref(), document, &shown, args.how)
}

/// The older contract; none for the null device, as git calls a file that is not there.
fn read_old(path: &Path) -> Result<Option<Document>, Failure> {
    let is_null = path == Path::new("/dev/null")
        || (cfg!(windows) && path.as_os_str().eq_ignore_ascii_case("nul"));
    if is_null {
        return Ok(None);
    }
    read_contract(path).map(Some).map_err(|Failure(message)| {
        let is_gone = path != Path::new("-") && !path.exists();
        let hint = if is_gone { "; OLD of a contract that is new is /dev/null" } else { "" };
        Failure(message + hint)
    })
}

fn two(values: Vec<String>) -> Result<(String, String), Failure> {
    let [reference, path] = <[String; 2]>::try_from(values)
        .map_err(|_| Failure::new("--against-git takes two values: REF and PATH"))?;
    Ok((reference, path))
}

fn judge(
    old: Option<&Document>,
    new: &Document,
    shown: &Path,
    how: How,
) -> Result<ExitCode, Failure> {
    let options = Options { rollout: how.rollout, allow: how.allow };
    let report = match old {
        Some(old) => compat::diff(old, new, &options),
        None => Report::of_first(new, &options),
    };
    let text = match how.format {
        Format::Text => coloured(&report),
        Format::Json => format!("{:#}\n", report.to_json()),
        Format::Github => github::text(&report, shown),
        Format::Markdown => report.to_markdown(),
    };
    let mut out = anstream::stdout().lock();
    ignore_broken_pipe(out.write_all(text.as_bytes()).and_then(|()| out.flush()))?;
    Ok(match report.verdict() {
        Verdict::Compatible if how.fail_on == FailOn::Warning => {
            let warnings = report.count(Level::Warning);
            if warnings == 0 {
                return Ok(ExitCode::SUCCESS);
            }
            let noun = if warnings == 1 { "warning" } else { "warnings" };
            anstream::eprintln!("{warnings} {noun}: that fails with --fail-on warning");
            ExitCode::from(NO)
        }
        Verdict::Compatible => ExitCode::SUCCESS,
        Verdict::Breaking => ExitCode::from(NO),
        Verdict::Undecided => ExitCode::from(FAILED),
    })
}

/// The text with colours; the stream takes them out where the output shows none.
fn coloured(report: &Report) -> String {
    use anstyle::{AnsiColor, Style};
    let on = |style: Style| style.render().to_string();
    let off = anstyle::Reset.render().to_string();
    let [red, magenta, yellow, green] =
        [AnsiColor::Red, AnsiColor::Magenta, AnsiColor::Yellow, AnsiColor::Green]
            .map(|colour| on(colour.on_default().bold()));
    let (bold, dim) = (on(Style::new().bold()), on(Style::new().dimmed()));
    report.to_text(&Paint {
        breaking: (&red, &off),
        undecided: (&magenta, &off),
        warning: (&yellow, &off),
        ok: (&green, &off),
        name: (&bold, &off),
        dim: (&dim, &off),
    })
}
