//! The envelope as the client's codec reads it: what only the text can show is seen here.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::{Map, Value};

use super::{Fault, words};

/// The keys that may stand only once.
const SINGLE: [&str; 3] = ["type", "data", "timestamp"];

/// Reads one text as an object whose known keys stand once.
pub(super) fn read(text: &str) -> Result<Map<String, Value>, Fault> {
    if !text.trim_start().starts_with('{') {
        let value: Value = serde_json::from_str(text).map_err(|error| not_json(&error))?;
        let found = words::found(&value);
        return Err(Fault::new("", format!("expected an object with `type`, found {found}")));
    }
    let Members { members, doubled } =
        serde_json::from_str(text).map_err(|error| not_json(&error))?;
    match doubled {
        Some(key) => Err(Fault::new(key, "expected it once, found it again")),
        None => Ok(members),
    }
}

fn not_json(error: &serde_json::Error) -> Fault {
    let text = error.to_string();
    let what = text.rfind(" at line ").map_or(&*text, |end| &text[..end]);
    let place = if error.is_eof() { "where it ends".to_owned() } else { column(error) };
    Fault::new("", format!("expected JSON: {what} ({place})"))
}

/// A text of several lines is told from one by its line.
fn column(error: &serde_json::Error) -> String {
    if error.line() > 1 {
        format!("at line {}, byte {}", error.line(), error.column())
    } else {
        format!("at byte {}", error.column())
    }
}

/// The wire name.
pub(super) fn name(envelope: &Map<String, Value>) -> Result<&str, Fault> {
    let words = match envelope.get("type") {
        Some(Value::String(name)) => return Ok(name),
        Some(other) => {
            format!("expected the name of a message as a string, found {}", words::found(other))
        }
        None => "expected the name of a message, found nothing".to_owned(),
    };
    Err(Fault::new("type", words))
}

/// Takes a `timestamp` of `null` away, which is as good as none, and makes sure of any other.
///
/// The schema alone would take `1.0` for an integer, which the codec doesn't.
pub(super) fn take_null_timestamp(envelope: &mut Map<String, Value>) -> Result<(), Fault> {
    match envelope.get("timestamp") {
        Some(Value::Null) => {
            envelope.remove("timestamp");
            Ok(())
        }
        Some(value) if value.as_u64().is_none() => {
            let found = words::found(value);
            let words =
                format!("expected whole milliseconds since 1970, at least 0, found {found}");
            Err(Fault::new("timestamp", words))
        }
        _ => Ok(()),
    }
}

/// An object's members, the last of those with one key, and which of the known ones came twice.
struct Members {
    members: Map<String, Value>,
    doubled: Option<&'static str>,
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
        let (mut members, mut doubled) = (Map::new(), None);
        while let Some(Key(key)) = map.next_key::<Key<'de>>()? {
            let value: Value = map.next_value()?;
            let known = SINGLE.into_iter().find(|single| *single == key);
            if members.insert(key.into_owned(), value).is_some() {
                doubled = doubled.or(known);
            }
        }
        Ok(Members { members, doubled })
    }
}

/// A key that borrows where it has no escapes.
#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);
