//! What all subcommands share: the style of the help, and the name that the user called.

use std::path::Path;

use anstyle::{AnsiColor, Style};
use clap::builder::{StyledStr, Styles};

const HEADER: Style = Style::new().bold().underline();

/// One look for all helps. Whether colours are shown follows from `NO_COLOR`, `CLICOLOR_FORCE` and
/// whether somebody watches.
pub(super) fn styled(command: clap::Command) -> clap::Command {
    let styles = Styles::styled()
        .header(HEADER)
        .usage(HEADER)
        .literal(AnsiColor::Cyan.on_default().bold())
        .placeholder(AnsiColor::Cyan.on_default())
        .valid(AnsiColor::Green.on_default())
        .invalid(AnsiColor::Yellow.on_default());
    let command = command.styles(styles).max_term_width(100);
    each_help(command, &|text| text.replace("Examples:", &format!("{HEADER}Examples:{HEADER:#}")))
}

/// Changes the texts around a command's help, and its subcommands'.
fn each_help(mut command: clap::Command, change: &dyn Fn(&str) -> String) -> clap::Command {
    let changed = |text: Option<&StyledStr>| text.map(|text| change(&text.ansi().to_string()));
    if let Some(text) = changed(command.get_after_help()) {
        command = command.after_help(text);
    }
    if let Some(text) = changed(command.get_after_long_help()) {
        command = command.after_long_help(text);
    }
    if let Some(text) = changed(command.get_long_about()) {
        command = command.long_about(text);
    }
    command.mut_subcommands(|sub| each_help(sub, change))
}

/// What the user called, without folders.
pub(super) fn own_name() -> String {
    let called = std::env::args_os().next();
    let name = called.as_deref().and_then(|path| Path::new(path).file_stem()?.to_str());
    name.unwrap_or("wirebond").to_owned()
}

/// The command under the name of the user's own binary, with examples as they are typed there: the
/// contract is in it.
pub(super) fn of_code(command: clap::Command, name: &str) -> clap::Command {
    each_help(command.name(name.to_owned()), &|text| {
        text.lines().map(|line| own_example(line, name)).collect::<Vec<_>>().join("\n")
    })
}

/// A line of a help; an example without the contract that the standalone command reads.
fn own_example(line: &str, name: &str) -> String {
    let Some(example) = line.strip_prefix("  ").filter(|line| line.starts_with("wirebond ")) else {
        return line.to_owned();
    };
    let parts = example.split(" | ").map(|part| {
        let Some(rest) = part.strip_prefix("wirebond ") else { return part.to_owned() };
        let (subcommand, arguments) = rest.split_once(' ').unwrap_or((rest, ""));
        let arguments = match subcommand {
            "generate" | "check" | "diff" | "completions" => arguments,
            _ => arguments.trim_start_matches("contract.json").trim_start(),
        };
        format!("{name} {subcommand} {arguments}").trim_end().to_owned()
    });
    format!("  {}", parts.collect::<Vec<_>>().join(" | "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_are_what_is_typed() {
        for (example, own) in [
            ("  wirebond typescript contract.json -o a.ts", "  app typescript -o a.ts"),
            ("  wirebond sample contract.json", "  app sample"),
            ("  wirebond generate -o contract.json", "  app generate -o contract.json"),
            ("  wirebond check contract.json", "  app check contract.json"),
            (
                "  wirebond sample contract.json | wirebond validate contract.json --from client",
                "  app sample | app validate --from client",
            ),
            (
                "  wirebond generate --view serialize | less",
                "  app generate --view serialize | less",
            ),
            ("Written by wirebond contract.json", "Written by wirebond contract.json"),
        ] {
            assert_eq!(own_example(example, "app"), own);
        }
    }
}
