//! The envelope as the contract's codec reads it, with the checks that need the text itself.

use std::{borrow::Cow, collections::HashSet, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::{Map, Value, value::RawValue};
use wirebond_core::wire::form::SideForm;

use super::{
    describe,
    doubled::{self, Doubled},
    path::push_key,
    rejection::Fault,
};
use crate::json_schema::place::keys;

/// An object whose known keys stand once.
pub(super) struct Envelope<'a> {
    text: &'a str,
    members: Vec<(Cow<'a, str>, &'a RawValue)>,
    form: &'a SideForm,
    /// The keys of the numbers of calls.
    numbers: Vec<&'a str>,
}

/// What tells which message an envelope is.
pub(super) enum Told<'a> {
    /// A tag that may be a name.
    Tag(String),
    /// The tag of the message of this name.
    Own(&'a str),
    /// A tag that is no name in this form, as JSON.
    Other(String),
    /// A key that it has, or nothing at all: the name, which doesn't stand there.
    Name(&'a str),
    /// Nothing.
    Nothing,
}

/// The place of the tag, as it is reported.
pub(super) fn tag_path(form: &SideForm) -> String {
    let mut path = String::new();
    for key in form.tag.iter().flat_map(|tag| keys(tag)) {
        push_key(&mut path, &key);
    }
    path
}

/// Reads one text as an envelope. `numbers` are the keys of the numbers of calls.
pub(super) fn read<'a>(
    text: &'a str,
    form: &'a SideForm,
    numbers: impl Iterator<Item = &'a str>,
) -> Result<Envelope<'a>, Fault> {
    if !text.trim_start().starts_with('{') {
        let value: Value = serde_json::from_str(text).map_err(|error| not_json(&error))?;
        let found = describe::found(&value);
        let what = match &form.tag {
            Some(_) => format!("an object with `{}`", tag_path(form)),
            None => "an object".to_owned(),
        };
        return Err(Fault::new("", format!("expected {what}, found {found}")));
    }
    let Members(members) = serde_json::from_str(text).map_err(|error| not_json(&error))?;
    let tag = form.tag.iter().filter_map(|tag| keys(tag).first().map(ToString::to_string));
    let others =
        [&form.content, &form.timestamp].into_iter().flatten().map(|key| (**key).to_owned());
    let numbers: Vec<&str> = numbers.collect();
    let own = numbers.iter().map(ToString::to_string);
    let known: HashSet<String> = tag.chain(others).chain(own).collect();
    let mut seen = HashSet::new();
    for (key, _) in &members {
        if known.contains(&**key) && !seen.insert(&**key) {
            return Err(Fault::new(&**key, "expected it once, found it again"));
        }
    }
    Ok(Envelope { text, members, form, numbers })
}

impl<'a> Envelope<'a> {
    fn get(&self, key: &str) -> Option<&'a RawValue> {
        // Of equal keys that nobody asks to stand once, the last counts.
        self.members.iter().rev().find(|(known, _)| known == key).map(|(_, raw)| *raw)
    }

    /// What stands at a place; `None` for nothing. On the way, each key stands once.
    pub(super) fn at(&self, place: &str) -> Result<Option<Value>, Fault> {
        let keys = keys(place);
        let Some((first, rest)) = keys.split_first() else { return Ok(None) };
        let Some(mut raw) = self.get(first) else { return Ok(None) };
        let mut path = String::new();
        push_key(&mut path, first);
        for key in rest {
            push_key(&mut path, key);
            let inner = match raw.get().as_bytes().first() {
                Some(b'{') => {
                    let members = serde_json::from_str(raw.get());
                    let Members(members) = members.map_err(|error| self.fault(&error))?;
                    let mut found = members.into_iter().filter(|(known, _)| known == key);
                    let inner = found.next();
                    if found.next().is_some() {
                        return Err(Fault::new(path, "expected it once, found it again"));
                    }
                    inner.map(|(_, inner)| inner)
                }
                Some(b'[') => {
                    let items = serde_json::from_str::<Vec<&RawValue>>(raw.get());
                    let items = items.map_err(|error| self.fault(&error))?;
                    let index = key.parse::<usize>().ok();
                    let index = index.filter(|index| index.to_string() == **key);
                    index.and_then(|index| items.get(index).copied())
                }
                _ => None,
            };
            let Some(inner) = inner else { return Ok(None) };
            raw = inner;
        }
        self.value(raw).map(Some)
    }

    /// The keys of the numbers of calls.
    pub(super) fn numbers(&self) -> &[&'a str] {
        &self.numbers
    }

    /// The key of the time at which it was written.
    pub(super) fn timestamp(&self) -> Option<&'a str> {
        self.form.timestamp.as_deref()
    }

    /// Which message it is.
    pub(super) fn told(&self) -> Result<Told<'a>, Fault> {
        if let Some(tag) = &self.form.tag
            && let Some(found) = self.tag(tag)?
        {
            return self.name(&found);
        }
        let key = self.form.keys.iter().find(|one| self.get(&one.key).is_some());
        let name = key.map(|one| &one.name).or(self.form.untagged.as_ref());
        Ok(name.map_or(Told::Nothing, |name| Told::Name(name)))
    }

    fn tag(&self, place: &str) -> Result<Option<Value>, Fault> {
        match (place.starts_with('/'), self.get(place)) {
            (false, Some(raw)) => self.value(raw).map(Some),
            (false, None) => Ok(None),
            (true, _) => self.at(place),
        }
    }

    fn name(&self, found: &Value) -> Result<Told<'a>, Fault> {
        let told = |tag: &str| {
            if let Some(own) = self.form.tags.iter().find(|own| own.tag == tag) {
                return Told::Own(&own.name);
            }
            // No name tells a message that has another tag.
            let is_unwritten = self.form.tags.iter().any(|own| own.name == tag);
            if is_unwritten { Told::Other(found.to_string()) } else { Told::Tag(tag.to_owned()) }
        };
        match found {
            Value::String(name) if !self.form.integers => Ok(told(name)),
            Value::Number(number) if self.form.integers && (number.is_i64() || number.is_u64()) => {
                Ok(told(&number.to_string()))
            }
            Value::String(name) => Ok(Told::Other(describe::quoted(name))),
            other => {
                let found = describe::found(other);
                let kind = if self.form.integers { "an integer" } else { "a string" };
                let message = format!("expected the name of a message as {kind}, found {found}");
                Err(Fault::new(tag_path(self.form), message))
            }
        }
    }

    /// The members as values, and the keys that stand twice in the payload. The payload of a message
    /// that has none is left out; so is what nobody reads and can't be read, such as `1e999` under an
    /// unknown key. `content` is the key of the payload; without one, its members are those of the message.
    pub(super) fn values(
        &self,
        has_payload: bool,
        content: Option<&str>,
    ) -> Result<(Map<String, Value>, Vec<Doubled>), Fault> {
        if has_payload && content.is_none() {
            let read = doubled::read(self.text, None);
            return match read.map_err(|error| self.fault(&error))? {
                (Value::Object(values), doubled) => Ok((values, doubled)),
                _ => Ok((Map::new(), Vec::new())),
            };
        }
        let (mut values, mut found) = (Map::new(), Vec::new());
        let timestamp = self.form.timestamp.as_deref();
        for (key, raw) in &self.members {
            let value = if Some(&**key) == content {
                if !has_payload {
                    continue;
                }
                let read = doubled::read(raw.get(), Some(key));
                let (value, doubled) = read.map_err(|error| self.fault(&error))?;
                found = doubled;
                value
            } else if Some(&**key) == timestamp {
                self.value(raw)?
            } else {
                match serde_json::from_str(raw.get()) {
                    Ok(value) => value,
                    Err(_) => continue,
                }
            };
            values.insert(key.clone().into_owned(), value);
        }
        Ok((values, found))
    }

    fn value(&self, raw: &RawValue) -> Result<Value, Fault> {
        serde_json::from_str(raw.get()).map_err(|error| self.fault(&error))
    }

    /// A fault of one member, at its place in the whole text.
    fn fault(&self, error: &serde_json::Error) -> Fault {
        let whole = serde_json::from_str::<Value>(self.text).err();
        not_json(whole.as_ref().unwrap_or(error))
    }
}

pub(super) fn not_json(error: &serde_json::Error) -> Fault {
    let text = error.to_string();
    let what = text.rfind(" at line ").map_or(&*text, |end| &text[..end]);
    let place = if error.is_eof() { "where it ends".to_owned() } else { column(error) };
    Fault::new("", format!("expected JSON: {what} ({place})"))
}

/// A place in a text of several lines is given by its line.
fn column(error: &serde_json::Error) -> String {
    if error.line() > 1 {
        format!("at line {}, byte {}", error.line(), error.column())
    } else {
        format!("at byte {}", error.column())
    }
}

/// Checks the time at which a message was written, whose `null` counts as none.
///
/// The schema alone would take `1.0` for an integer, which the codec doesn't.
pub(super) fn check_timestamp(
    envelope: &mut Map<String, Value>,
    key: Option<&str>,
) -> Result<(), Fault> {
    let Some(key) = key else { return Ok(()) };
    match envelope.get(key) {
        Some(Value::Null) => {
            envelope.remove(key);
            Ok(())
        }
        Some(value) if value.as_u64().is_none() => {
            let found = describe::found(value);
            let message =
                format!("expected whole milliseconds since 1970, at least 0, found {found}");
            Err(Fault::new(key, message))
        }
        _ => Ok(()),
    }
}

/// An object's members, in their order.
struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
        let mut members = Vec::new();
        while let Some(Key(key)) = map.next_key::<Key<'de>>()? {
            members.push((key, map.next_value()?));
        }
        Ok(Members(members))
    }
}

/// A key that borrows where it has no escapes.
#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);
