//! TypeScript from a contract: a type for each definition, a map of the messages of each side, and a
//! small typed client in the same file, which depends on nothing.
//!
//! ```
//! # use wirebond_schema::Document;
//! # use wirebond_cli::typescript;
//! # let text = include_str!("../../examples/contract/contract.json");
//! let document = Document::parse(text)?;
//! let code = typescript::generate(&document, typescript::Parts::All);
//! assert!(code.text.contains("export interface Chat {"));
//! assert!(code.warnings.is_empty());
//! # Ok::<(), wirebond_schema::ReadError>(())
//! ```

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

use serde_json::Value;
use wirebond_schema::{Direction, Document, Message, internal::reference};

use calls::Calls;
use names::Names;
pub use options::{Int64, Options, Parts};
use text::{comment, key, quoted};
use types::Types;
pub use warning::Warning;

mod calls;
mod kinds;
mod names;
mod options;
mod text;
mod types;
mod warning;
mod wide;

/// The client's code, which uses the types that are written above it.
const CLIENT: &str = concat!(
    include_str!("typescript/api.ts"),
    "\n",
    include_str!("typescript/calls.ts"),
    "\n",
    include_str!("typescript/answers.ts"),
    "\n",
    include_str!("typescript/client.ts"),
    "\n",
    include_str!("typescript/opening.ts"),
    "\n",
    include_str!("typescript/holds.ts"),
    "\n",
    include_str!("typescript/heartbeat.ts"),
    "\n",
    include_str!("typescript/receiver.ts"),
    "\n",
    include_str!("typescript/handlers.ts"),
    "\n",
    include_str!("typescript/outbox.ts"),
    "\n",
    include_str!("typescript/sender.ts"),
    "\n",
    include_str!("typescript/outgoing.ts"),
    "\n",
    include_str!("typescript/session.ts"),
    "\n",
    include_str!("typescript/link.ts"),
    "\n",
    include_str!("typescript/settings.ts"),
    "\n",
    include_str!("typescript/closes.ts"),
    "\n",
    include_str!("typescript/rules.ts"),
    "\n",
    include_str!("typescript/frames.ts"),
    "\n",
);

/// How the client reads and writes JSON.
const fn json(int64: Int64) -> &'static str {
    match int64 {
        Int64::Number => include_str!("typescript/json.ts"),
        Int64::BigInt => {
            concat!(include_str!("typescript/json_wide.ts"), include_str!("typescript/bigint.ts"))
        }
        Int64::String => {
            concat!(include_str!("typescript/json_wide.ts"), include_str!("typescript/string.ts"))
        }
    }
}

/// Excludes a file that nobody edits from linters and formatters.
const UNLINTED: &str = "\
/* eslint-disable */
/* biome-ignore-all lint: generated */
/* biome-ignore-all format: generated */
";

/// What the client's `on` understands beside the messages.
const EVENTS: [&str; 10] = [
    "open",
    "close",
    "error",
    "state",
    "reconnect",
    "reconnect-failed",
    "unconfirmed",
    "dropped",
    "unknown",
    "session",
];

/// Generated TypeScript.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeScript {
    /// The file: the same for the same contract, on every machine.
    pub text: String,
    /// What TypeScript can't express as the contract means it.
    pub warnings: Vec<Warning>,
}

/// Writes a contract as TypeScript. Whatever the document holds, the result compiles; what it can't
/// express is `unknown` and among the warnings.
pub fn generate(document: &Document, parts: Parts) -> TypeScript {
    generate_with(document, &Options { parts, ..Options::default() })
}

/// The same with options.
///
/// ```
/// # use wirebond_schema::Document;
/// # use wirebond_cli::typescript::{self, Int64, Options};
/// # let text = include_str!("../../tests/contract/shop.json");
/// let mut options = Options::default();
/// options.int64 = Int64::BigInt;
/// let code = typescript::generate_with(&Document::parse(text)?, &options);
/// assert!(code.text.contains("cents: bigint;"));
/// # Ok::<(), wirebond_schema::ReadError>(())
/// ```
pub fn generate_with(document: &Document, options: &Options) -> TypeScript {
    let Options { parts, int64 } = *options;
    // By name: a document's order depends on features of other crates.
    let defs: BTreeMap<&str, &Value> = document.defs().collect();
    let names = Names::of(defs.keys().copied());
    let mut types = Types::new(&names, &defs, int64);
    let mut text = head(document);
    let own_times = own_times(document);
    for (def, schema) in &defs {
        text.push('\n');
        text.push_str(&types.definition(def, schema, own_times.contains(def)));
    }
    let calls = Calls::of(document);
    for (direction, name, description) in [
        (Direction::Client, "ClientMessages", "What the client sends"),
        (Direction::Server, "ServerMessages", "What the server sends"),
    ] {
        let description = format!(
            "{description}: the payloads by wire name, `undefined` for a message that has none.
\
             The heartbeat is not among them: the client sees to it."
        );
        text.push('\n');
        text.push_str(&map(of_side(document, &calls, direction), name, &description, &mut types));
    }
    for (direction, name, about) in [
        (Direction::Client, "ClientCalls", "The calls that the client makes, by wire name."),
        (Direction::Server, "ServerCalls", "The calls that the server makes, by wire name."),
    ] {
        text.push('\n');
        text.push_str(&calls.map(direction, name, about, &mut types));
    }
    let mut warnings = types.warnings;
    if parts == Parts::All {
        text.push_str(&tables(document, &calls, int64));
        text.push_str(&calls.tables(document, int64));
        if int64 != Int64::Number {
            text.push_str(&wide::tables(document, &defs));
        }
        text.push_str(CLIENT);
        text.push_str(json(int64));
        warnings.extend(shadowed(document, &calls));
    }
    TypeScript { text, warnings }
}

/// The definitions whose `timestamp` is a moment in milliseconds: the envelopes, and the heartbeat's
/// payload.
fn own_times(document: &Document) -> BTreeSet<&str> {
    let payloads = document.messages().filter(Message::is_heartbeat).filter_map(|message| {
        let payload = message.payload()?;
        // The payload, or `null`.
        let first = payload.get("anyOf").and_then(|branches| branches.get(0));
        document.target(first.unwrap_or(payload)).map(|(name, _)| name)
    });
    document.messages().map(|message| message.def()).chain(payloads).collect()
}

fn head(document: &Document) -> String {
    let (name, version) = (document.name(), document.version());
    let made = format!(
        "@generated by `wirebond typescript` from the contract {name} {version}. Change the contract, \
         not this file."
    );
    // For prettier's `checkIgnorePragma`.
    let mut paragraphs = vec![made, "@noformat".to_owned()];
    if !document.description().is_empty() {
        paragraphs.push(String::new());
        paragraphs.push(document.description().to_owned());
    }
    format!(
        "{}{UNLINTED}\n/** The name of the contract. */\nexport const CONTRACT_NAME = {};\n\n\
         /** The version of the contract, after SemVer. */\nexport const CONTRACT_VERSION = {};\n",
        comment(&paragraphs, 0),
        quoted(name),
        quoted(version),
    )
}

/// The user's messages of one side, but for answers to calls.
fn of_side<'a>(
    document: &'a Document,
    calls: &'a Calls<'a>,
    direction: Direction,
) -> impl Iterator<Item = Message<'a>> {
    document.messages().filter(move |message| {
        let sent = message.direction();
        let is_own = message.is_heartbeat() || calls.is_answer(message);
        !is_own && (sent == direction || sent == Direction::Both)
    })
}

fn map<'a>(
    messages: impl Iterator<Item = Message<'a>>,
    name: &str,
    description: &str,
    types: &mut Types<'_>,
) -> String {
    let mut lines = String::new();
    for message in messages {
        let mut about = vec![message.description().to_owned()];
        if message.is_deprecated() {
            about.push("@deprecated".to_owned());
        }
        let payload = message.payload().map(|schema| types.payload(schema));
        let payload = payload.as_deref().unwrap_or("undefined");
        lines.push_str(&comment(&about, 1));
        let _ = writeln!(lines, "  {}: {payload};", key(message.name()));
    }
    let doc = comment(&[description.to_owned()], 0);
    if lines.is_empty() {
        // An interface without members would take anything.
        return format!("{doc}export type {name} = Record<never, never>;\n");
    }
    format!("{doc}export interface {name} {{\n{lines}}}\n")
}

/// The tables that the client needs at run time.
fn tables(document: &Document, calls: &Calls<'_>, int64: Int64) -> String {
    let list = |lines: Vec<String>| match lines.as_slice() {
        [] => "[]".to_owned(),
        lines => format!("[\n{}\n]", lines.join("\n")),
    };
    let sent = of_side(document, calls, Direction::Client);
    let sent = list(sent.map(|message| format!("  {},", quoted(message.name()))).collect());
    let received = of_side(document, calls, Direction::Server).map(|message| {
        let kinds =
            message.payload().map_or_else(Vec::new, |schema| kinds::kinds(document, schema, int64));
        let kinds: Vec<_> = kinds.into_iter().map(quoted).collect();
        format!("  [{}, [{}]],", quoted(message.name()), kinds.join(", "))
    });
    let received = list(received.collect());
    format!(
        "\n/** The messages that may be sent. */\n\
         const clientMessages: ReadonlySet<string> = new Set<string>({sent});\n\n\
         /** The messages that have handlers, and what their payloads may be; nothing for one without. */\n\
         const serverMessages: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>(\
         {received});\n\n"
    )
}

/// Messages that hide a system event of the same name.
fn shadowed<'a>(document: &'a Document, calls: &'a Calls<'a>) -> impl Iterator<Item = Warning> {
    of_side(document, calls, Direction::Server)
        .filter(|message| EVENTS.contains(&message.name()))
        .map(|message| {
            let name = message.name();
            let text = format!(
                "the message {name:?} is called like an event of the client: `on({name:?}, …)` means \
                 the message, `onEvent({name:?}, …)` the event"
            );
            Warning { place: reference::pointer(message.def()), text }
        })
}
