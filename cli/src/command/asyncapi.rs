//! `wirebond asyncapi`.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use wirebond_schema::Document;

use super::{Failure, Side, write_output};
use crate::{
    asyncapi::{self, Options, Perspective, Security},
    sample,
};

/// Writes the contract as an AsyncAPI 3.0.0 document.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  wirebond asyncapi contract.json -o asyncapi.yaml
  wirebond asyncapi contract.json --perspective client --format json
  wirebond asyncapi contract.json --server wss://example.com/socket --security header:X-Api-Key")]
pub(super) struct Args {
    /// The file to write; without it, standard output.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The document's form. Without it, the output's extension decides (.json, .yaml, .yml); else YAML.
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Whose operations are described: the server's, which receives what clients send, or a client's.
    #[arg(long, value_enum, default_value_t = Side::Server)]
    perspective: Side,
    /// Where the server listens, such as `wss://example.com/socket`; without it, none is named.
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    /// A parameter of the URL's query that clients connect with; may be given again.
    #[arg(long, value_name = "NAME")]
    query: Vec<String>,
    /// A header of the request that clients connect with; may be given again.
    #[arg(long, value_name = "NAME")]
    header: Vec<String>,
    /// How a client says who it is: `bearer`, `basic`, `header:NAME` or `query:NAME` for a key; may be given
    /// again, for alternatives.
    #[arg(long, value_name = "SCHEME", requires = "server", value_parser = security)]
    security: Vec<Security>,
}

fn security(text: &str) -> Result<Security, String> {
    let name = |name: &str| (!name.is_empty()).then(|| name.to_owned());
    let known = match text.split_once(':') {
        Some(("header", key)) => name(key).map(Security::Header),
        Some(("query", key)) => name(key).map(Security::Query),
        None if text == "bearer" => Some(Security::Bearer),
        None if text == "basic" => Some(Security::Basic),
        _ => None,
    };
    known.ok_or_else(|| "it is none of bearer, basic, header:NAME and query:NAME".to_owned())
}

#[derive(Clone, Copy, PartialEq, clap::ValueEnum)]
enum Format {
    Json,
    Yaml,
}

impl Format {
    fn of(path: &Path) -> Option<Self> {
        let ending = path.extension()?.to_str()?.to_ascii_lowercase();
        match ending.as_str() {
            "json" => Some(Self::Json),
            "yaml" | "yml" => Some(Self::Yaml),
            _ => None,
        }
    }
}

pub(super) fn run(document: &Document, args: &Args) -> Result<ExitCode, Failure> {
    let fail = |error: asyncapi::Error| {
        Failure::new(format!("the contract can't be written as AsyncAPI: {error}"))
    };
    let options = Options {
        perspective: match args.perspective {
            Side::Server => Perspective::Server,
            Side::Client => Perspective::Client,
        },
        server: args.server.clone(),
        examples: sample::examples(document),
        query: args.query.clone(),
        headers: args.header.clone(),
        security: args.security.clone(),
    };
    let asyncapi = asyncapi::document(document, &options).map_err(fail)?;
    for note in asyncapi.notes() {
        let style = anstyle::AnsiColor::Yellow.on_default().bold();
        anstream::eprintln!("{style}warning:{style:#} left out: {note}");
    }
    let format = args.format.or_else(|| Format::of(args.output.as_deref()?));
    let text = match format.unwrap_or(Format::Yaml) {
        Format::Json => asyncapi.to_json(),
        Format::Yaml => asyncapi.to_yaml(),
    };
    write_output(args.output.as_deref(), &text.map_err(fail)?)
}
