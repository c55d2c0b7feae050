//! From `contract.json` to a document. Whoever wrote the file: what is returned has the shape that
//! everything else relies on, and reading takes bounded memory.

use std::{collections::HashMap, fmt};

use serde_json::{Map, Value, error::Category};

use super::{DIALECT, Document, Entry, shape::SIDES, walk};
use crate::Direction;

/// The most objects that a contract may hold. One costs up to 700 bytes of memory, however short its
/// text is.
const OBJECTS: usize = 250_000;

/// How many characters of an error are shown.
const SHOWN: usize = 400;

/// Why a text is no contract: what is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadError(String);

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The words hold parts of the file, which may be long, or steer a terminal.
        for c in self.0.chars().take(SHOWN) {
            if c.is_control() {
                write!(f, "{}", c.escape_default())?;
            } else {
                write!(f, "{c}")?;
            }
        }
        if self.0.chars().nth(SHOWN).is_some() { f.write_str("…") } else { Ok(()) }
    }
}

impl std::error::Error for ReadError {}

fn error<T>(words: impl Into<String>) -> Result<T, ReadError> {
    Err(ReadError(words.into()))
}

impl Document {
    /// The longest text that is read as a contract, in bytes: a few thousand messages. The JSON of it
    /// takes at most some 300 MB of memory while it is read.
    pub const MOST: usize = 4 << 20;

    /// Reads `contract.json`. Whatever the text is, the answer is a document or an error that says what
    /// is wrong with it: the line and column in text that isn't JSON, the JSON pointer in what is.
    ///
    /// The document has the shape that wirebond writes: every `$ref` leads to a definition, no
    /// definition is nothing but itself, and no part has an address of its own (`$id`, `$anchor`).
    pub fn parse(text: &str) -> Result<Self, ReadError> {
        // Windows editors put a byte order mark there.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if text.len() > Self::MOST {
            return error(format!("it is longer than {} bytes", Self::MOST));
        }
        if text.bytes().filter(|byte| *byte == b'{').count() > OBJECTS {
            return error(format!("it has more than {OBJECTS} objects"));
        }
        if text.trim().is_empty() {
            return error("it is empty");
        }
        let value = serde_json::from_str(text).map_err(|error| not_json(text, &error))?;
        Self::of_value(value)
    }

    pub(super) fn of_value(mut value: Value) -> Result<Self, ReadError> {
        // The same order whatever features serde_json was built with.
        value.sort_all_objects();
        let text = |key: &str| value.get(key).and_then(Value::as_str);
        match text("$schema") {
            Some(DIALECT) => {}
            Some(other) => {
                return error(format!(
                    "its `$schema` is {other:?}; wirebond reads what it writes, {DIALECT:?}"
                ));
            }
            None => {
                return error(
                    "it has no `$schema`; `generate` or `assert_contract!` of the Rust project writes \
                     the contract",
                );
            }
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
        if let Err(reason) = semver::Version::parse(&version) {
            return error(format!("the version in its `$id`, {version:?}, is none: {reason}"));
        }
        let defs = value.get("$defs").and_then(Value::as_object);
        let defs = defs.ok_or_else(|| missing("", "$defs"))?;
        sides_are_the_root(&value)?;
        let messages = messages(defs)?;
        sound(&value, defs)?;
        Ok(Self { value, name, version, messages })
    }
}

/// What is wrong with a text that isn't JSON.
fn not_json(text: &str, error: &serde_json::Error) -> ReadError {
    let merge = |line: &str| line.starts_with("<<<<<<< ") || line.starts_with(">>>>>>> ");
    if let Some(line) = text.lines().position(merge) {
        return ReadError(format!(
            "it has the marks of a merge conflict, from line {}: write it anew from the merged code",
            line + 1
        ));
    }
    ReadError(match error.classify() {
        Category::Eof => format!("it ends too early, as if it were cut off: {error}"),
        _ => format!("it is not JSON: {error}"),
    })
}

fn missing(place: &str, key: &str) -> ReadError {
    let place = if place.is_empty() { "its root".to_owned() } else { format!("`{place}`") };
    ReadError(format!("{place} has no `{key}`; wirebond's contracts do"))
}

/// If the root says what a message is, then one of the two sides.
fn sides_are_the_root(value: &Value) -> Result<(), ReadError> {
    let Some(listed) = value.get("anyOf") else { return Ok(()) };
    let Some(listed) = listed.as_array() else { return error("`/anyOf` is no list") };
    for side in SIDES {
        if !listed.contains(&super::normal::reference(side)) {
            return error(format!("`/anyOf` doesn't refer to `#/$defs/{side}`"));
        }
    }
    if listed.len() > SIDES.len() {
        return error("`/anyOf` has more than the two sides");
    }
    Ok(())
}

/// What the two directions list.
fn messages(defs: &Map<String, Value>) -> Result<Vec<Entry>, ReadError> {
    let mut messages: Vec<Entry> = Vec::new();
    let mut by_def: HashMap<&str, usize> = HashMap::new();
    let mut by_name: HashMap<&str, &str> = HashMap::new();
    for (direction, side) in [Direction::Client, Direction::Server].into_iter().zip(SIDES) {
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
                .and_then(walk::name_of)
                .ok_or_else(|| missing(&place, "$ref"))?;
            let (def, schema) = defs.get_key_value(def).ok_or_else(|| nowhere(&place, def))?;
            let at_type = || format!("/$defs/{}/properties/type", walk::token(def));
            let name = schema
                .get("properties")
                .and_then(|fields| fields.get("type")?.get("const")?.as_str())
                .ok_or_else(|| missing(&at_type(), "const"))?;
            if let Some(&known) = by_def.get(def.as_str()) {
                if messages[known].direction != Direction::Client || direction == Direction::Client
                {
                    return error(format!("`{place}` lists `{def}` a second time"));
                }
                messages[known].direction = Direction::Both;
                continue;
            }
            if let Some(other) = by_name.insert(name, def) {
                return error(format!("`{other}` and `{def}` have one wire name, {name:?}"));
            }
            by_def.insert(def, messages.len());
            messages.push(Entry { def: def.clone(), name: name.to_owned(), direction });
        }
    }
    Ok(messages)
}

fn nowhere(place: &str, def: &str) -> ReadError {
    ReadError(format!("`{place}` refers to `{def}`, which `/$defs` doesn't have"))
}

/// Nothing refers to nowhere or only to itself.
fn sound(value: &Value, defs: &Map<String, Value>) -> Result<(), ReadError> {
    walk::every(value, "", &mut |pointer, schema| {
        if let Some(reference) = schema.get("$ref") {
            let Some(def) = reference.as_str().and_then(walk::name_of) else {
                return error(format!(
                    "`{pointer}/$ref` is {reference}; wirebond's contracts refer to `#/$defs/NAME` only"
                ));
            };
            if !defs.contains_key(def) {
                return Err(nowhere(&format!("{pointer}/$ref"), def));
            }
        }
        let addresses = ["$anchor", "$dynamicAnchor", "$dynamicRef", "$id", "$recursiveRef"];
        let own = addresses.iter().find(|key| schema.contains_key(**key) && !pointer.is_empty());
        own.map_or(Ok(()), |key| {
            error(format!("`{pointer}` has `{key}`; wirebond's contracts don't"))
        })
    })?;
    if let Some(circle) = walk::vicious_circle(defs) {
        return error(format!("`/$defs` goes round in a circle: {}", circle.join(" → ")));
    }
    Ok(())
}
