//! `cargo run --release --manifest-path benches/Cargo.toml -- [NAME…] [--quick] [--compile]
//! [--write FILE]`

use std::{path::PathBuf, process::ExitCode, sync::Arc, time::Instant};

use wirebond_benches::{
    cases::{
        ALL, Scale, compile, idle,
        server::{idle as server_idle, pending},
    },
    crowd,
    hosts::{self, Serving},
    process,
    recorder::Recorder,
    report,
    rounds::Results,
    server,
};

const USAGE: &str = "usage: wirebond-benches [NAME…] [--quick] [--compile] [--write FILE]

  NAME…         these alone: codec, reads, receive, send, round-trip, idle, reconnect, server-receive,
                server-broadcast, server-send, server-pending, server-stalled, server-idle,
                server-upgrade, server-round-trip, server-call, compile; or `server` for all of the server's. `--only` may precede
  --quick       some minutes, with fewer rounds and messages
  --compile     build times and crate counts as well, which takes long
  --write FILE  the report goes to this file and its chart beside it, instead of to the terminal";

struct Arguments {
    quick: bool,
    compile: bool,
    only: Vec<String>,
    write: Option<PathBuf>,
}

/// Whether a case is meant by this word: its name, or what several names begin with.
fn is_called(name: &str, word: &str) -> bool {
    name == word || name.strip_prefix(word).is_some_and(|rest| rest.starts_with('-'))
}

fn parse(mut words: impl Iterator<Item = String>) -> Result<Arguments, String> {
    let mut arguments = Arguments { quick: false, compile: false, only: Vec::new(), write: None };
    while let Some(word) = words.next() {
        match &*word {
            "--quick" => arguments.quick = true,
            "--compile" => arguments.compile = true,
            "--write" => {
                let path = words.next().ok_or("--write needs a file")?;
                arguments.write = Some(path.into());
            }
            "--only" => {}
            option if option.starts_with("--") => return Err(format!("what is {option:?}?")),
            _ => {
                let known = ALL.iter().any(|(known, _)| is_called(known, &word));
                if !known && word != "compile" {
                    return Err(format!("there is no {word:?}"));
                }
                arguments.compile |= word == "compile";
                arguments.only.push(word);
            }
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
        ["crowd", crowd] => crowd::child(crowd)?,
        // For a profiler.
        ["host", who] => hosts::child(who, |host| {
            let recorder = Arc::new(Recorder::expecting(u64::MAX));
            let serving = Serving::start(host, &recorder, 0, None);
            println!("{}", serving.port);
            recorder.wait();
            "done".to_owned()
        }),
        ["host-idle", who, count] => {
            let count = number(count)?;
            hosts::child(who, |host| server_idle::measure(host, count));
        }
        ["host-pending", who, members] => {
            let members = number(members)?;
            hosts::child(who, |host| pending::measure(host, members));
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
    let is_selected = |name: &str| {
        arguments.only.is_empty() || arguments.only.iter().any(|only| is_called(name, only))
    };
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
