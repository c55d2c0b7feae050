//! From `contract.json` to a document. Whatever the file contains, the returned document has the shape
//! that everything else relies on, and reading takes bounded memory.

use std::{collections::HashMap, fmt};

use serde_json::{Map, Value, error::Category, json};
use wirebond_core::{
    Direction,
    wire::form::{SideForm, WireForm},
};

use super::comment::{self, Note};
use crate::{
    json_schema::{DIALECT, cycle, place, reference, walk},
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
    /// The name as it stands on the wire.
    pub(super) tag: Option<Value>,
    /// A reference to the payload's definition, where it has no key of its own.
    pub(super) payload: Option<Value>,
    pub(super) note: Note,
    /// Whether its side has a form of its own.
    is_foreign: bool,
}

/// What a document contains about itself.
pub(super) struct Heading {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) form: WireForm,
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
    let form = comment::of(value).map_err(ReadError)?;
    sides_are_the_root(value, form.batch)?;
    let messages = messages(&form, defs)?;
    check_references(value, defs)?;
    Ok(Heading { name, version, form, messages })
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

/// If the root has `anyOf`, it must be one of the two sides, or an array of messages of one of them where
/// a frame may be one.
fn sides_are_the_root(value: &Value, batch: bool) -> Result<(), ReadError> {
    let Some(listed) = value.get("anyOf") else { return Ok(()) };
    let Some(listed) = listed.as_array() else { return error("`/anyOf` is no list") };
    for side in SIDES {
        if !listed.contains(&reference::to(side)) {
            return error(format!("`/anyOf` doesn't refer to `#/$defs/{side}`"));
        }
        if batch && !listed.contains(&batch_of(side)) {
            return error(format!("`/anyOf` has no array of `#/$defs/{side}`"));
        }
    }
    if listed.len() > SIDES.len() * (1 + usize::from(batch)) {
        return error("`/anyOf` has more than the two sides");
    }
    Ok(())
}

/// A frame that is an array of the messages of a side.
pub(crate) fn batch_of(side: &str) -> Value {
    json!({ "type": "array", "items": reference::to(side) })
}

/// The messages that the two sides list.
fn messages(form: &WireForm, defs: &Map<String, Value>) -> Result<Vec<Listed>, ReadError> {
    let mut messages: Vec<Listed> = Vec::new();
    let mut by_def: HashMap<&str, usize> = HashMap::new();
    let forms = [(Direction::Client, &form.client), (Direction::Server, &form.server)];
    for ((direction, form), side) in forms.into_iter().zip(SIDES) {
        let mut by_name: HashMap<String, &str> = HashMap::new();
        let (keyword, listed) = listed(side, defs)?;
        for (index, listed) in listed.iter().enumerate() {
            let place = format!("/$defs/{side}/{keyword}/{index}");
            let (def, message) = message(&place, listed, direction, form, defs)?;
            if let Some(other) = by_name.insert(message.name.clone(), def)
                && other != def
            {
                let name = &message.name;
                return error(format!("`{other}` and `{def}` have one wire name, {name:?}"));
            }
            let Some(&known) = by_def.get(def) else {
                by_def.insert(def, messages.len());
                messages.push(message);
                continue;
            };
            if messages[known].direction != Direction::Client || direction == Direction::Client {
                return error(format!("`{place}` lists `{def}` a second time"));
            }
            messages[known].direction = Direction::Both;
        }
    }
    one_name_each(&messages)?;
    Ok(messages)
}

/// Two messages of one name are what the two sides send under it, each in its form.
fn one_name_each(messages: &[Listed]) -> Result<(), ReadError> {
    let mut by_name: HashMap<&str, &Listed> = HashMap::new();
    for message in messages {
        let Some(other) = by_name.insert(&message.name, message) else { continue };
        let (one, two, name) = (&other.def, &message.def, &message.name);
        let is_two_ways = other.direction == Direction::Client
            && message.direction == Direction::Server
            && (other.is_foreign || message.is_foreign);
        if !is_two_ways {
            return error(format!("`{one}` and `{two}` have one wire name, {name:?}"));
        }
    }
    Ok(())
}

/// The references that a side lists, and under which keyword; none if it sends nothing. Where no tag tells
/// all of them, more than one may fit a message: the first that is recognised is meant.
fn listed<'a>(
    side: &str,
    defs: &'a Map<String, Value>,
) -> Result<(&'static str, &'a [Value]), ReadError> {
    let schema = defs.get(side).ok_or_else(|| missing("/$defs", side))?;
    for keyword in ["oneOf", "anyOf"] {
        if let Some(listed) = schema.get(keyword) {
            let listed = listed.as_array().map(Vec::as_slice);
            return listed
                .map(|listed| (keyword, listed))
                .ok_or_else(|| missing(&reference::pointer(side), keyword));
        }
    }
    match schema.get("not") {
        Some(_) => Ok(("oneOf", &[])),
        None => Err(missing(&reference::pointer(side), "oneOf")),
    }
}

/// The definition and the message that a side lists at this place.
fn message<'a>(
    place: &str,
    listed: &Value,
    direction: Direction,
    form: &SideForm,
    defs: &'a Map<String, Value>,
) -> Result<(&'a str, Listed), ReadError> {
    let name = reference::name_in(listed).ok_or_else(|| missing(place, reference::KEY))?;
    let (def, schema) = reference::target(listed, defs).ok_or_else(|| nowhere(place, &name))?;
    let at = reference::pointer(def);
    let note = Note::of(schema, &at).map_err(ReadError)?;
    let (name, tag) = if let Some(name) = &note.name {
        (name.clone(), None)
    } else {
        let tag = tag(def, schema, form, defs)?;
        (name_of(tag, form, &at)?, Some(tag.clone()))
    };
    let payload = match &note.payload {
        Some(payload) if !defs.contains_key(payload) => {
            return Err(nowhere(&format!("{at}/{}", comment::COMMENT), payload));
        }
        payload => payload.as_deref().map(reference::to),
    };
    let is_foreign = *form != SideForm::DEFAULT;
    let def_name = def.to_owned();
    Ok((def, Listed { def: def_name, name, direction, tag, payload, note, is_foreign }))
}

/// The tag's value in a message: a string or an integer, as the form says.
fn tag<'a>(
    def: &str,
    schema: &'a Value,
    form: &SideForm,
    defs: &'a Map<String, Value>,
) -> Result<&'a Value, ReadError> {
    let at = reference::pointer(def);
    let Some(tag) = &form.tag else {
        return error(format!(
            "`{at}` has no name: its side has no tag, and its `{}` says none",
            comment::COMMENT
        ));
    };
    let keys = place::keys(tag);
    let place = keys.iter().map(|key| format!("/properties/{}", reference::token(key)));
    let place = format!("{at}{}", place.collect::<String>());
    let value = place::schema(schema, tag, defs).and_then(|schema| schema.get("const"));
    match value.ok_or_else(|| missing(&place, "const"))? {
        value if form.integers && (value.is_i64() || value.is_u64()) => Ok(value),
        value if !form.integers && value.is_string() => Ok(value),
        _ if form.integers => error(format!("`{place}/const` is no integer")),
        _ => Err(missing(&place, "const")),
    }
}

/// The name of the message that has this tag.
fn name_of(tag: &Value, form: &SideForm, at: &str) -> Result<String, ReadError> {
    let text = tag.as_str().map_or_else(|| tag.to_string(), str::to_owned);
    if let Some(own) = form.tags.iter().find(|own| own.tag == text) {
        return Ok(own.name.to_string());
    }
    match form.tags.iter().find(|own| own.name == text) {
        Some(own) => {
            let (name, tag) = (&own.name, &own.tag);
            error(format!(
                "`{at}` has the tag {text:?}, and its form says that {name:?} has {tag:?}"
            ))
        }
        None => Ok(text),
    }
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
