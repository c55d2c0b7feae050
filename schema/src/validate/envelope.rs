//! The envelope as the client's codec reads it, with the checks that need the text itself.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::{Map, Value, value::RawValue};
use wirebond_core::wire::form::{self, KEYS};

use super::{
    describe,
    doubled::{self, Doubled},
    rejection::Fault,
};

/// An object whose known keys stand once.
pub(super) struct Envelope<'a> {
    text: &'a str,
    members: Vec<(Cow<'a, str>, &'a RawValue)>,
}

/// Reads one text as an envelope.
pub(super) fn read(text: &str) -> Result<Envelope<'_>, Fault> {
    if !text.trim_start().starts_with('{') {
        let value: Value = serde_json::from_str(text).map_err(|error| not_json(&error))?;
        let found = describe::found(&value);
        return Err(Fault::new(
            "",
            format!("expected an object with `{}`, found {found}", form::TYPE),
        ));
    }
    let Members { members, doubled } =
        serde_json::from_str(text).map_err(|error| not_json(&error))?;
    match doubled {
        Some(key) => Err(Fault::new(key, "expected it once, found it again")),
        None => Ok(Envelope { text, members }),
    }
}

impl Envelope<'_> {
    fn get(&self, key: &str) -> Option<&RawValue> {
        self.members.iter().find(|(known, _)| known == key).map(|(_, raw)| *raw)
    }

    /// The wire name.
    pub(super) fn name(&self) -> Result<String, Fault> {
        let Some(raw) = self.get(form::TYPE) else {
            return Err(Fault::new(form::TYPE, "expected the name of a message, found nothing"));
        };
        match self.value(raw)? {
            Value::String(name) => Ok(name),
            other => {
                let found = describe::found(&other);
                let message = format!("expected the name of a message as a string, found {found}");
                Err(Fault::new(form::TYPE, message))
            }
        }
    }

    /// The members as values, and the keys that stand twice in the payload. The payload of a message
    /// that has none is left out; so is what nobody reads and can't be read, such as `1e999` under an
    /// unknown key.
    pub(super) fn values(
        &self,
        has_payload: bool,
    ) -> Result<(Map<String, Value>, Vec<Doubled>), Fault> {
        let (mut values, mut found) = (Map::new(), Vec::new());
        for (key, raw) in &self.members {
            let value = match &**key {
                form::DATA if !has_payload => continue,
                form::DATA => {
                    let (value, doubled) =
                        doubled::read(raw.get()).map_err(|error| self.fault(&error))?;
                    found = doubled;
                    value
                }
                form::TIMESTAMP => self.value(raw)?,
                _ => match serde_json::from_str(raw.get()) {
                    Ok(value) => value,
                    Err(_) => continue,
                },
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

fn not_json(error: &serde_json::Error) -> Fault {
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

/// Checks the `timestamp`, whose `null` counts as none.
///
/// The schema alone would take `1.0` for an integer, which the codec doesn't.
pub(super) fn check_timestamp(envelope: &mut Map<String, Value>) -> Result<(), Fault> {
    match envelope.get(form::TIMESTAMP) {
        Some(Value::Null) => {
            envelope.remove(form::TIMESTAMP);
            Ok(())
        }
        Some(value) if value.as_u64().is_none() => {
            let found = describe::found(value);
            let message =
                format!("expected whole milliseconds since 1970, at least 0, found {found}");
            Err(Fault::new(form::TIMESTAMP, message))
        }
        _ => Ok(()),
    }
}

/// An object's members, the last of those with one key, and which of the known ones came twice.
struct Members<'a> {
    members: Vec<(Cow<'a, str>, &'a RawValue)>,
    doubled: Option<&'static str>,
}

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
        let (mut members, mut doubled) = (Vec::new(), None);
        let mut seen = [false; KEYS.len()];
        while let Some(Key(key)) = map.next_key::<Key<'de>>()? {
            let raw: &'de RawValue = map.next_value()?;
            if let Some(at) = KEYS.into_iter().position(|single| single == key)
                && std::mem::replace(&mut seen[at], true)
            {
                doubled = doubled.or(Some(KEYS[at]));
                continue;
            }
            members.push((key, raw));
        }
        Ok(Members { members, doubled })
    }
}

/// A key that borrows where it has no escapes.
#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);
