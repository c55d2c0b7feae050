//! `cargo run --release --manifest-path benches/Cargo.toml -- [--quick] [--compile] [--only NAME…]
//! [--write FILE]`

use std::{path::PathBuf, process::ExitCode, time::Instant};

use wirebond_benches::{
    cases::{ALL, Scale, compile, idle},
    process, report,
    rounds::Results,
    server,
};

const USAGE: &str = "usage: wirebond-benches [--quick] [--compile] [--only NAME…] [--write FILE]

  --quick       under three minutes, with fewer rounds and messages
  --compile     build times and crate counts as well, which takes long
  --only NAME…  these alone: codec, reads, receive, send, round-trip, idle, reconnect, compile
  --write FILE  the report goes to this file and its chart beside it, instead of to the terminal";

struct Arguments {
    quick: bool,
    compile: bool,
    only: Vec<String>,
    write: Option<PathBuf>,
}

fn parse(words: impl Iterator<Item = String>) -> Result<Arguments, String> {
    let mut arguments = Arguments { quick: false, compile: false, only: Vec::new(), write: None };
    let mut words = words.peekable();
    while let Some(word) = words.next() {
        match &*word {
            "--quick" => arguments.quick = true,
            "--compile" => arguments.compile = true,
            "--write" => {
                let path = words.next().ok_or("--write needs a file")?;
                arguments.write = Some(path.into());
            }
            "--only" => {
                while let Some(name) = words.next_if(|word| !word.starts_with("--")) {
                    let known = ALL.iter().any(|(known, _)| *known == name);
                    if !known && name != "compile" {
                        return Err(format!("there is no {name:?}"));
                    }
                    arguments.compile |= name == "compile";
                    arguments.only.push(name);
                }
            }
            _ => return Err(format!("what is {word:?}?")),
        }
    }
    Ok(arguments)
}

/// This program as another process: see [`process::Again`].
fn child(words: &[&str]) -> Result<(), String> {
    let number = |word: &str| word.parse().map_err(|_| format!("{word:?} is no number"));
    match words {
        ["server"] => server::run(None),
        ["server", place] => server::run(Some(number(place)?)),
        ["idle", who, port, count, beats] => {
            let port = port.parse().map_err(|_| format!("{port:?} is no port"))?;
            let beats = beats.parse().map_err(|_| format!("{beats:?} is no number"))?;
            idle::child(who, port, number(count)?, beats);
        }
        _ => return Err(format!("no child does {words:?}")),
    }
    Ok(())
}

fn run(arguments: &Arguments) -> std::io::Result<()> {
    process::raise_file_limit();
    let mut results = Results::default();
    let scale = Scale::new(arguments.quick);
    let began = Instant::now();
    let is_selected =
        |name: &str| arguments.only.is_empty() || arguments.only.iter().any(|only| only == name);
    for (name, case) in ALL.iter().filter(|(name, _)| is_selected(name)) {
        let since = Instant::now();
        case(&mut results, scale);
        eprintln!("{name}: {:.0} s", since.elapsed().as_secs_f64());
    }
    if arguments.compile && is_selected("compile") {
        compile::run(&mut results, scale);
    }
    eprintln!("all: {:.0} s", began.elapsed().as_secs_f64());
    match &arguments.write {
        Some(path) => report::write(&results, scale.rounds, path),
        None => {
            println!("{}", report::markdown(&results, scale.rounds));
            Ok(())
        }
    }
}

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1).peekable();
    let done = if words.next_if_eq("--child").is_some() {
        let words: Vec<_> = words.collect();
        child(&words.iter().map(String::as_str).collect::<Vec<_>>())
    } else {
        parse(words).and_then(|arguments| run(&arguments).map_err(|error| error.to_string()))
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}\n\n{USAGE}");
            ExitCode::from(2)
        }
    }
}
