//! A contract as a document: `contract.json`, in a JSON Schema that code generators of other languages
//! turn into named types for each message.

use std::fmt;

use serde_json::{Map, Value};

use crate::Direction;

mod canonical;
mod generate;
mod normal;

pub use generate::{GenerateError, View};

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

/// Why a text is no contract: what is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadError(String);

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ReadError {}

impl Document {
    /// The longest text that is read as a contract, in bytes.
    pub const MOST: usize = 16 << 20;

    /// Reads `contract.json`. Whatever the text is, the answer is a document or an error that says what
    /// is wrong with it.
    pub fn parse(text: &str) -> Result<Self, ReadError> {
        if text.len() > Self::MOST {
            return Err(ReadError(format!("it is longer than {} bytes", Self::MOST)));
        }
        let value: Value = serde_json::from_str(text)
            .map_err(|error| ReadError(format!("it is not JSON: {error}")))?;
        Self::of_value(value)
    }

    fn of_value(value: Value) -> Result<Self, ReadError> {
        let text = |key: &str| value.get(key).and_then(Value::as_str);
        match text("$schema") {
            Some(DIALECT) => {}
            Some(other) => {
                let words = format!("its `$schema` is {other:?}: wirebond writes {DIALECT:?}");
                return Err(ReadError(words));
            }
            None => return Err(ReadError("it has no `$schema`: it is no contract".to_owned())),
        }
        let name = text("title").ok_or_else(|| missing("", "title"))?.to_owned();
        let id = text("$id").ok_or_else(|| missing("", "$id"))?;
        let version = id
            .strip_prefix("urn:wirebond:")
            .and_then(|rest| rest.split_once(':'))
            .map(|(_, version)| version.to_owned())
            .ok_or_else(|| {
                ReadError(format!("its `$id` is {id:?}, not urn:wirebond:NAME:VERSION"))
            })?;
        let messages = messages(&value)?;
        Ok(Self { value, name, version, messages })
    }

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

fn missing(place: &str, key: &str) -> ReadError {
    ReadError(format!("`{place}` has no `{key}`: it is no contract of wirebond"))
}

/// What the two directions list.
fn messages(value: &Value) -> Result<Vec<Entry>, ReadError> {
    let empty = Map::new();
    let defs = value.get("$defs").and_then(Value::as_object).unwrap_or(&empty);
    let mut messages: Vec<Entry> = Vec::new();
    for (direction, side) in
        [(Direction::Client, "ClientMessage"), (Direction::Server, "ServerMessage")]
    {
        let place = format!("/$defs/{side}");
        let schema = defs.get(side).ok_or_else(|| missing("/$defs", side))?;
        let listed = match schema.get("oneOf") {
            None if schema.get("not").is_some() => continue,
            None => return Err(missing(&place, "oneOf")),
            Some(listed) => listed.as_array().ok_or_else(|| missing(&place, "oneOf"))?,
        };
        for (index, reference) in listed.iter().enumerate() {
            let place = format!("{place}/oneOf/{index}");
            let def = reference
                .get("$ref")
                .and_then(Value::as_str)
                .and_then(|reference| reference.strip_prefix("#/$defs/"))
                .ok_or_else(|| missing(&place, "$ref"))?;
            let schema = defs.get(def).ok_or_else(|| missing("/$defs", def))?;
            let name = schema
                .pointer("/properties/type/const")
                .and_then(Value::as_str)
                .ok_or_else(|| missing(&format!("/$defs/{def}/properties/type"), "const"))?;
            if let Some(known) = messages.iter_mut().find(|message| message.def == def) {
                known.direction = Direction::Both;
                continue;
            }
            if let Some(other) = messages.iter().find(|message| message.name == name) {
                let words = format!("`{}` and `{def}` have one wire name, {name:?}", other.def);
                return Err(ReadError(words));
            }
            messages.push(Entry { def: def.to_owned(), name: name.to_owned(), direction });
        }
    }
    Ok(messages)
}
