//! TypeScript from a contract: a type for each definition, a map of the messages of each side, and a
//! small typed client in the same file, which depends on nothing.
//!
//! ```
//! # use wirebond_schema::{Document, typescript};
//! # let text = include_str!("../../examples/contract/contract.json");
//! let document = Document::parse(text)?;
//! let code = typescript::generate(&document, typescript::Parts::All);
//! assert!(code.text.contains("export interface Chat {"));
//! assert!(code.warnings.is_empty());
//! # Ok::<(), wirebond_schema::ReadError>(())
//! ```

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    fmt::Write,
};

use serde_json::Value;

use crate::{Direction, Document, Message};
use names::Names;
use text::{comment, key, quoted};
use types::{Types, target};

mod names;
mod text;
mod types;

/// The client's code; it stands on the types that are written above it.
const CLIENT: &str =
    concat!(include_str!("typescript/api.ts"), "\n", include_str!("typescript/client.ts"));

/// What the client's `on` understands beside the messages.
const EVENTS: [&str; 6] = ["open", "close", "error", "reconnect", "reconnect-failed", "unknown"];

/// What a generated file has in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Parts {
    /// The types and the client.
    #[default]
    All,
    /// The types alone, for those who have a client or are the server.
    Types,
}

/// Generated TypeScript.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeScript {
    /// The file: the same for the same contract, on every machine.
    pub text: String,
    /// What TypeScript can't express as the contract means it.
    pub warnings: Vec<Warning>,
}

/// Something in a contract that TypeScript can't express.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// The place in the contract, as a JSON pointer.
    pub place: String,
    /// What it is, and what helps.
    pub text: String,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A name in the contract may hold what would steer a terminal.
        for c in self.place.chars().chain(": ".chars()).chain(self.text.chars()) {
            if c.is_control() { write!(f, "{}", c.escape_default())? } else { f.write_char(c)? }
        }
        Ok(())
    }
}

/// Writes a contract as TypeScript. Whatever the document holds, the result compiles; what it can't
/// express is `unknown` and among the warnings.
pub fn generate(document: &Document, parts: Parts) -> TypeScript {
    // By name: a document's order depends on features of other crates.
    let defs: BTreeMap<&str, &Value> = document.defs().collect();
    let names = Names::of(defs.keys().copied());
    let mut types = Types::new(&names);
    let mut text = head(document);
    let own_times = own_times(document);
    for (def, schema) in &defs {
        text.push('\n');
        text.push_str(&types.definition(def, schema, own_times.contains(def)));
    }
    for (direction, name, words) in [
        (Direction::Client, "ClientMessages", "What the client sends"),
        (Direction::Server, "ServerMessages", "What the server sends"),
    ] {
        let words = format!(
            "{words}: the payloads by wire name, `undefined` for a message that has none.
\
             The heartbeat is not among them: the client sees to it."
        );
        text.push('\n');
        text.push_str(&map(document, direction, name, &words, &mut types));
    }
    let mut warnings = types.warnings;
    if parts == Parts::All {
        text.push_str(&table(document));
        text.push_str(CLIENT);
        warnings.extend(shadowed(document));
    }
    TypeScript { text, warnings }
}

/// The definitions whose `timestamp` is a moment in milliseconds: the envelopes, and the heartbeat's
/// payload.
fn own_times(document: &Document) -> BTreeSet<&str> {
    let payloads = document
        .messages()
        .filter(Message::is_heartbeat)
        .filter_map(|message| target(message.payload()?.get("$ref")?.as_str()?));
    document.messages().map(|message| message.def()).chain(payloads).collect()
}

fn head(document: &Document) -> String {
    let (name, version) = (document.name(), document.version());
    let made = format!(
        "Made by `wirebond typescript` from the contract {name} {version}. Change the contract, not \
         this file."
    );
    let mut words = vec![made];
    if !document.description().is_empty() {
        words.push(String::new());
        words.push(document.description().to_owned());
    }
    format!(
        "{}\n/** The name of the contract. */\nexport const CONTRACT_NAME = {};\n\n\
         /** The version of the contract, after SemVer. */\nexport const CONTRACT_VERSION = {};\n",
        comment(&words, 0),
        quoted(name),
        quoted(version),
    )
}

/// The user's messages of one side.
fn of_side(document: &Document, direction: Direction) -> impl Iterator<Item = Message<'_>> {
    document.messages().filter(move |message| {
        let sent = message.direction();
        !message.is_heartbeat() && (sent == direction || sent == Direction::Both)
    })
}

fn map(
    document: &Document,
    direction: Direction,
    name: &str,
    words: &str,
    types: &mut Types<'_>,
) -> String {
    let mut lines = String::new();
    for message in of_side(document, direction) {
        let mut about = vec![message.description().to_owned()];
        if message.is_deprecated() {
            about.push("@deprecated".to_owned());
        }
        let payload = message.payload().map(|schema| types.payload(schema));
        let payload = payload.as_deref().unwrap_or("undefined");
        lines.push_str(&comment(&about, 1));
        let _ = writeln!(lines, "  {}: {payload};", key(message.name()));
    }
    let words = comment(&[words.to_owned()], 0);
    if lines.is_empty() {
        // An interface without members would take anything.
        return format!("{words}export type {name} = Record<never, never>;\n");
    }
    format!("{words}export interface {name} {{\n{lines}}}\n")
}

/// What the client must know at run time.
fn table(document: &Document) -> String {
    let lines: Vec<_> = of_side(document, Direction::Server)
        .map(|message| format!("  [{}, {}],", quoted(message.name()), message.payload().is_some()))
        .collect();
    let entries =
        if lines.is_empty() { "[]".to_owned() } else { format!("[\n{}\n]", lines.join("\n")) };
    format!(
        "\n/** The messages that have handlers, and whether each has a payload. */\n\
         const serverMessages: ReadonlyMap<string, boolean> = new Map<string, boolean>({entries});\n\n"
    )
}

/// Messages that hide a system event of the same name.
fn shadowed(document: &Document) -> impl Iterator<Item = Warning> {
    of_side(document, Direction::Server)
        .filter(|message| EVENTS.contains(&message.name()))
        .map(|message| {
            let name = message.name();
            let text = format!(
                "the message {name:?} is called like an event of the client: `on({name:?}, …)` means \
                 the message, `onEvent({name:?}, …)` the event"
            );
            Warning { place: format!("/$defs/{}", message.def()), text }
        })
}
