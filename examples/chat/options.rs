//! The command line.

use std::time::Duration;

pub(crate) const HELP: &str = "\
A chat over typed WebSocket messages.

  chat                                       two clients, a server of their own, a disconnect
  chat --url URL                             two clients that talk through a server of yours
  chat --serve ADDRESS [--for SECONDS]       a server, such as --serve 127.0.0.1:9001; an hour
                                             unless --for says otherwise
  chat --url URL --name NAME                 you type; /quit or Ctrl-D ends it (--interactive may
                                             be added, and changes nothing)
  chat --help                                this text

With cargo: cargo run --example chat -- --serve 127.0.0.1:9001";

/// What to do.
#[derive(Debug)]
pub(crate) enum Run {
    Help,
    Demo { url: Option<String> },
    Serve { address: String, length: Duration },
    Person { url: String, name: String },
}

pub(crate) fn parse(mut args: impl Iterator<Item = String>) -> Result<Run, String> {
    let (mut url, mut name, mut serve, mut length) = (None, None, None, None);
    let mut interactive = false;
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or_else(|| format!("{arg} needs a value"));
        match &*arg {
            "--help" | "-h" => return Ok(Run::Help),
            "--url" => url = Some(value()?),
            "--name" => name = Some(value()?),
            "--serve" => serve = Some(value()?),
            "--for" => {
                let seconds = value()?;
                let seconds = seconds.parse().map_err(|_| format!("{seconds:?} is no number"))?;
                length = Some(Duration::from_secs(seconds));
            }
            "--interactive" => interactive = true,
            other => return Err(format!("there is no option {other:?}")),
        }
    }
    match (serve, interactive) {
        (Some(_), _) if url.is_some() || name.is_some() || interactive => {
            Err("--serve stands alone or with --for".to_owned())
        }
        (Some(address), _) => {
            Ok(Run::Serve { address, length: length.unwrap_or(Duration::from_secs(3_600)) })
        }
        (None, _) if length.is_some() => Err("--for goes with --serve".to_owned()),
        (None, _) if interactive || name.is_some() => {
            let name = name.ok_or("--interactive needs --url URL and --name NAME")?;
            Ok(Run::Person { url: url.ok_or("--name needs --url URL")?, name })
        }
        (None, _) => Ok(Run::Demo { url }),
    }
}
