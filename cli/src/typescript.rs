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
use wirebond_core::wire::form::{self as keys, WireForm};
use wirebond_schema::{Direction, Document, Message, internal::reference};

use calls::Calls;
use names::Names;
pub use options::{Int64, Options, Parts};
use text::{comment, key, quoted};
use types::Types;
pub use warning::Warning;

mod calls;
mod form;
mod kinds;
mod names;
mod options;
mod sources;
mod text;
mod types;
mod warning;
mod wide;

/// Excludes a file that nobody edits from linters and formatters.
const UNLINTED: &str = "\
/* eslint-disable */
/* biome-ignore-all lint: generated */
/* biome-ignore-all format: generated */
";

/// What the client's `on` understands beside the messages.
const EVENTS: [&str; 11] = [
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
    "contract",
];

/// Those that a client of another form than wirebond's own doesn't have.
const SESSION_EVENTS: [&str; 2] = ["session", "contract"];

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
    let is_default = document.form().is_default();
    let envelopes = envelopes(document);
    let moments = moments(document.form());
    for (def, schema) in &defs {
        text.push('\n');
        let moments = if envelopes.contains(def) { &*moments } else { &[] };
        text.push_str(&types.definition(def, schema, moments));
    }
    let calls = Calls::of(document);
    for (direction, name, description) in [
        (Direction::Client, "ClientMessages", "What the client sends"),
        (Direction::Server, "ServerMessages", "What the server sends"),
    ] {
        let mut description = format!(
            "{description}: the payloads by wire name, `undefined` for a message that has none."
        );
        if is_default {
            description.push_str("\nThe heartbeat is not among them: the client sees to it.");
        }
        text.push('\n');
        text.push_str(&map(of_side(document, &calls, direction), name, &description, &mut types));
    }
    for (direction, name, about) in [
        (Direction::Client, "ClientCalls", "The calls that the client makes, by wire name."),
        (Direction::Server, "ServerCalls", "The calls that the server makes, by wire name."),
    ] {
        if direction == Direction::Server && !is_default {
            continue;
        }
        text.push('\n');
        text.push_str(&calls.map(direction, name, about, &mut types));
    }
    let mut warnings = types.warnings;
    if parts == Parts::All {
        text.push_str(&tables(document, &calls, int64));
        if is_default {
            text.push_str(&identity(document));
        }
        text.push_str(&calls.tables(document, int64));
        if int64 != Int64::Number {
            text.push_str(&wide::tables(document, &defs));
        }
        text.push_str(&sources::client(is_default));
        text.push_str(&sources::json(int64, is_default));
        warnings.extend(shadowed(document, &calls));
    }
    TypeScript { text, warnings }
}

/// The definitions that have a message's own numbers in them: the envelopes, and the heartbeat's payload.
fn envelopes(document: &Document) -> BTreeSet<&str> {
    let payloads = document.messages().filter(Message::is_heartbeat).filter_map(|message| {
        let payload = message.payload()?;
        // The payload, or `null`.
        let first = payload.get("anyOf").and_then(|branches| branches.get(0));
        document.target(first.unwrap_or(payload)).map(|(name, _)| name)
    });
    document.messages().map(|message| message.def()).chain(payloads).collect()
}

/// The keys of a message's own numbers: its time, and the number of its call.
fn moments(form: &WireForm) -> Vec<&str> {
    if form.is_default() {
        return vec![keys::TIMESTAMP, keys::ID, keys::RE];
    }
    let times = [&form.client.timestamp, &form.server.timestamp].into_iter().flatten();
    let calls = form.calls.iter().filter(|calls| !calls.strings);
    times.chain(calls.flat_map(|calls| [&calls.id, &calls.re])).map(|key| &**key).collect()
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
    let is_default = document.form().is_default();
    let sent = of_side(document, calls, Direction::Client).map(|message| {
        let name = quoted(message.name());
        if is_default {
            format!("  {name},")
        } else {
            format!("  [{name}, {}],", form::told(&message))
        }
    });
    let sent = list(sent.collect());
    let received = of_side(document, calls, Direction::Server).map(|message| {
        let kinds =
            message.payload().map_or_else(Vec::new, |schema| kinds::kinds(document, schema, int64));
        let kinds: Vec<_> = kinds.into_iter().map(quoted).collect();
        format!("  [{}, [{}]],", quoted(message.name()), kinds.join(", "))
    });
    let received = list(received.collect());
    let sent = if is_default {
        format!(
            "/** The messages that may be sent. */\n\
             const clientMessages: ReadonlySet<string> = new Set<string>({sent});\n\n"
        )
    } else {
        let echoing: Vec<_> = form::echoing(document).into_iter().map(quoted).collect();
        format!(
            "{}/** The messages that may be sent, and how they are recognised. */\n\
             const clientMessages: ReadonlyMap<string, WireTold> = new Map<string, WireTold>({sent});\n\n\
             /** The messages whose payload has the number of an answered call as well. */\n\
             const echoing: ReadonlySet<string> = new Set<string>([{}]);\n\n",
            form::constant(document.form()),
            echoing.join(", "),
        )
    };
    format!(
        "\n{sent}\
         /** The messages that have handlers, and what their payloads may be; nothing for one without. */\n\
         const serverMessages: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>(\
         {received});\n\n"
    )
}

/// What a server is told of the contract in a session, and what the client compares with what it says.
fn identity(document: &Document) -> String {
    let messages = document.message_fingerprints().into_iter().map(|(message, fingerprint)| {
        let from = match message.direction() {
            Direction::Client => "client",
            Direction::Server => "server",
            Direction::Both => "both",
        };
        format!("  [{}, \"{from}\", \"{fingerprint}\"],\n", quoted(message.name()))
    });
    format!(
        "/** The contract's version and its fingerprint. */\n\
         const contractIdentity = {};\n\n\
         /** Its messages: who sends each, and its fingerprint. */\n\
         const contractMessages: readonly (readonly [name: string, from: string, fingerprint: string])[] = [\n\
         {}];\n\n",
        quoted(&document.identity()),
        messages.collect::<String>(),
    )
}

/// Messages that hide a system event of the same name.
fn shadowed<'a>(document: &'a Document, calls: &'a Calls<'a>) -> impl Iterator<Item = Warning> {
    let is_default = document.form().is_default();
    of_side(document, calls, Direction::Server)
        .filter(|message| EVENTS.contains(&message.name()))
        .filter(move |message| is_default || !SESSION_EVENTS.contains(&message.name()))
        .map(|message| {
            let name = message.name();
            let text = format!(
                "the message {name:?} is called like an event of the client: `on({name:?}, …)` means \
                 the message, `onEvent({name:?}, …)` the event"
            );
            Warning { place: reference::pointer(message.def()), text }
        })
}
