//! `completions`: what a shell needs to complete the command.

use std::process::ExitCode;

use super::{Failure, write_output};

/// Writes the completions of a shell to standard output.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  wirebond completions bash > ~/.local/share/bash-completion/completions/wirebond
  wirebond completions zsh > ~/.zfunc/_wirebond
  wirebond completions fish > ~/.config/fish/completions/wirebond.fish
  wirebond completions powershell >> $PROFILE
  wirebond completions elvish >> ~/.config/elvish/rc.elv

zsh looks into ~/.zfunc if ~/.zshrc has `fpath+=~/.zfunc` before `compinit`. Open a new shell afterwards.")]
pub(super) struct Args {
    /// Which shell.
    shell: clap_complete::Shell,
}

pub(super) fn run(mut command: clap::Command, args: &Args) -> Result<ExitCode, Failure> {
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, name, &mut script);
    write_output(None, &String::from_utf8_lossy(&script))
}
