//! From `contract.json` to a document. Whatever the file contains, the returned document has the shape
//! that everything else relies on, and reading takes bounded memory.

use std::{collections::HashMap, fmt};

use serde_json::{Map, Value, error::Category};
use wirebond_core::{Direction, wire::form};

use crate::{
    json_schema::{DIALECT, cycle, reference, walk},
    printable::Printable,
};

/// The most objects that a contract may hold. One costs up to 700 bytes of memory, however short its
/// text is.
const OBJECTS: usize = 250_000;

/// How many characters of an error are shown.
const SHOWN: usize = 400;

/// Why a text is no contract: what is wrong with it, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadError(String);

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The message holds parts of the file, which may be long.
        match self.0.char_indices().nth(SHOWN) {
            Some((end, _)) => write!(f, "{}…", Printable(&self.0[..end])),
            None => Printable(&self.0).fmt(f),
        }
    }
}

impl std::error::Error for ReadError {}

fn error<T>(message: impl Into<String>) -> Result<T, ReadError> {
    Err(ReadError(message.into()))
}

/// The longest text that is read, in bytes.
pub(super) const LONGEST: usize = 4 << 20;

/// The two directions: the definitions that list what a side sends.
pub(crate) const SIDES: [&str; 2] = ["ClientMessage", "ServerMessage"];

/// A message as the sides list it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Listed {
    pub(super) def: String,
    pub(super) name: String,
    pub(super) direction: Direction,
}

/// What a document contains about itself.
pub(super) struct Heading {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) messages: Vec<Listed>,
}

/// The JSON of a text that may be a contract.
pub(super) fn json(text: &str) -> Result<Value, ReadError> {
    // Windows editors put a byte order mark there.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.len() > LONGEST {
        return error(format!("it is longer than {LONGEST} bytes"));
    }
    if text.bytes().filter(|byte| *byte == b'{').count() > OBJECTS {
        return error(format!("it has more than {OBJECTS} objects"));
    }
    if text.trim().is_empty() {
        return error("it is empty");
    }
    serde_json::from_str(text).map_err(|error| not_json(text, &error))
}

/// Makes sure that a value has the shape of a contract, and takes its heading from it.
pub(super) fn heading(value: &Value) -> Result<Heading, ReadError> {
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
        .ok_or_else(|| ReadError(format!("its `$id` is {id:?}, not urn:wirebond:NAME:VERSION")))?;
    if let Err(reason) = semver::Version::parse(&version) {
        return error(format!("the version in its `$id`, {version:?}, is invalid: {reason}"));
    }
    let defs = value.get("$defs").and_then(Value::as_object);
    let defs = defs.ok_or_else(|| missing("", "$defs"))?;
    sides_are_the_root(value)?;
    let messages = messages(defs)?;
    check_references(value, defs)?;
    Ok(Heading { name, version, messages })
}

/// What is wrong with a text that isn't JSON.
fn not_json(text: &str, error: &serde_json::Error) -> ReadError {
    let merge = |line: &str| line.starts_with("<<<<<<< ") || line.starts_with(">>>>>>> ");
    if let Some(line) = text.lines().position(merge) {
        return ReadError(format!(
            "it has the marks of a merge conflict, from line {}: write it again from the merged code",
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

/// If the root has `anyOf`, it must be one of the two sides.
fn sides_are_the_root(value: &Value) -> Result<(), ReadError> {
    let Some(listed) = value.get("anyOf") else { return Ok(()) };
    let Some(listed) = listed.as_array() else { return error("`/anyOf` is no list") };
    for side in SIDES {
        if !listed.contains(&reference::to(side)) {
            return error(format!("`/anyOf` doesn't refer to `#/$defs/{side}`"));
        }
    }
    if listed.len() > SIDES.len() {
        return error("`/anyOf` has more than the two sides");
    }
    Ok(())
}

/// The messages that the two sides list.
fn messages(defs: &Map<String, Value>) -> Result<Vec<Listed>, ReadError> {
    let mut messages: Vec<Listed> = Vec::new();
    let mut by_def: HashMap<&str, usize> = HashMap::new();
    let mut by_name: HashMap<&str, &str> = HashMap::new();
    for (direction, side) in [Direction::Client, Direction::Server].into_iter().zip(SIDES) {
        for (index, listed) in listed(side, defs)?.iter().enumerate() {
            let place = format!("/$defs/{side}/oneOf/{index}");
            let (def, name) = message(&place, listed, defs)?;
            if let Some(&known) = by_def.get(def) {
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
            messages.push(Listed { def: def.to_owned(), name: name.to_owned(), direction });
        }
    }
    Ok(messages)
}

/// The references that a side lists; none if it sends nothing.
fn listed<'a>(side: &str, defs: &'a Map<String, Value>) -> Result<&'a [Value], ReadError> {
    let schema = defs.get(side).ok_or_else(|| missing("/$defs", side))?;
    let no_list = || missing(&reference::pointer(side), "oneOf");
    match schema.get("oneOf") {
        None if schema.get("not").is_some() => Ok(&[]),
        listed => listed.and_then(Value::as_array).map(Vec::as_slice).ok_or_else(no_list),
    }
}

/// The definition and the wire name of the message that a side lists at this place.
fn message<'a>(
    place: &str,
    listed: &Value,
    defs: &'a Map<String, Value>,
) -> Result<(&'a str, &'a str), ReadError> {
    let name = reference::name_in(listed).ok_or_else(|| missing(place, reference::KEY))?;
    let (def, schema) = reference::target(listed, defs).ok_or_else(|| nowhere(place, &name))?;
    let name = schema
        .get("properties")
        .and_then(|fields| fields.get(form::TYPE)?.get("const")?.as_str())
        .ok_or_else(|| {
            missing(&format!("{}/properties/{}", reference::pointer(def), form::TYPE), "const")
        })?;
    Ok((def, name))
}

fn nowhere(place: &str, def: &str) -> ReadError {
    ReadError(format!("`{place}` refers to `{def}`, which `/$defs` doesn't have"))
}

/// Makes sure that every reference leads to a definition, that no definition is nothing but itself,
/// and that no part has an address of its own.
fn check_references(value: &Value, defs: &Map<String, Value>) -> Result<(), ReadError> {
    walk::each(value, "", &mut |pointer, schema| {
        if let Some(reference) = schema.get(reference::KEY) {
            let Some(def) = reference.as_str().and_then(reference::name) else {
                return error(format!(
                    "`{pointer}/$ref` is {reference}; wirebond's contracts refer to `#/$defs/NAME` only"
                ));
            };
            if !defs.contains_key(&*def) {
                return Err(nowhere(&format!("{pointer}/$ref"), &def));
            }
        }
        let addresses = ["$anchor", "$dynamicAnchor", "$dynamicRef", "$id", "$recursiveRef"];
        let own = addresses.iter().find(|key| schema.contains_key(**key) && !pointer.is_empty());
        own.map_or(Ok(()), |key| {
            error(format!("`{pointer}` has `{key}`; wirebond's contracts don't"))
        })
    })?;
    if let Some(names) = cycle::find(defs) {
        return error(format!("`/$defs` goes round in a circle: {}", names.join(" → ")));
    }
    Ok(())
}
