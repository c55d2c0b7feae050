//! A contract as a document: `contract.json`, in a JSON Schema that code generators of other languages
//! turn into named types for each message.

use serde_json::Value;

use crate::Direction;

mod branches;
mod canonical;
mod check;
mod decode;
mod fits;
mod generate;
mod keys;
mod lenient;
mod merge;
mod normal;
mod pattern;
mod read;
mod shape;
pub(crate) mod tag;
mod values;
mod views;
mod walk;

pub use generate::{GenerateError, View, Warning, renamed};
pub use read::ReadError;

/// The JSON Schema dialect that documents are written in.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// A contract as a document, generated from Rust or read from `contract.json`.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    value: Value,
    name: String,
    version: String,
    messages: Vec<Entry>,
}

#[derive(Debug, Clone, PartialEq)]
struct Entry {
    def: String,
    name: String,
    direction: Direction,
}

/// One message of a [`Document`].
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    entry: &'a Entry,
    schema: &'a Value,
}

impl<'a> Message<'a> {
    /// The wire name: the envelope's `type`.
    pub fn name(&self) -> &'a str {
        &self.entry.name
    }

    /// The name of the envelope's definition, such as `ChatMessage`.
    pub fn def(&self) -> &'a str {
        &self.entry.def
    }

    /// Who may send it.
    pub fn direction(&self) -> Direction {
        self.entry.direction
    }

    /// The schema of the whole envelope.
    pub fn schema(&self) -> &'a Value {
        self.schema
    }

    /// The schema of `data`; `None` for a message without payload.
    pub fn payload(&self) -> Option<&'a Value> {
        self.schema.get("properties")?.get("data")
    }

    /// What it is for; empty if nothing says so.
    pub fn description(&self) -> &'a str {
        self.schema.get("description").and_then(Value::as_str).unwrap_or_default()
    }

    /// Whether it is deprecated.
    pub fn is_deprecated(&self) -> bool {
        self.schema.get("deprecated") == Some(&Value::Bool(true))
    }

    /// Whether it is the built-in heartbeat.
    pub fn is_heartbeat(&self) -> bool {
        matches!(self.name(), "ping" | "pong")
    }
}

impl Document {
    /// The contract's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The contract's version, after SemVer.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// What the contract is for; empty if nothing says so.
    pub fn description(&self) -> &str {
        self.value.get("description").and_then(Value::as_str).unwrap_or_default()
    }

    /// The messages: those of the client in the document's order, then those that only the server
    /// sends.
    pub fn messages(&self) -> impl Iterator<Item = Message<'_>> {
        self.messages.iter().filter_map(|entry| {
            let schema = self.def(&entry.def)?;
            Some(Message { entry, schema })
        })
    }

    /// A definition by its name.
    pub fn def(&self, name: &str) -> Option<&Value> {
        self.value.get("$defs")?.get(name)
    }

    /// Every definition, with its name.
    pub fn defs(&self) -> impl Iterator<Item = (&str, &Value)> {
        let defs = self.value.get("$defs").and_then(Value::as_object);
        defs.into_iter().flatten().map(|(name, schema)| (name.as_str(), schema))
    }

    /// The whole as JSON.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// The canonical text: the same bytes for the same contract, on every machine and whatever
    /// features other crates turn on.
    pub fn to_json(&self) -> String {
        canonical::text(&self.value)
    }
}
