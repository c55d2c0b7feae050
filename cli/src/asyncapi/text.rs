//! One text for one document: keys in an order for readers, whatever `serde_json` keeps.

use serde::{
    Serialize, Serializer,
    ser::{SerializeMap, SerializeSeq},
};
use serde_json::{Number, Value};
use serde_saphyr::DoubleQuoted;

use super::Error;

/// Keys that come first, in this order; the rest follows by name.
const FIRST: [&str; 24] = [
    "asyncapi",
    "name",
    "title",
    "version",
    "info",
    "defaultContentType",
    "servers",
    "channels",
    "operations",
    "components",
    "$ref",
    "action",
    "channel",
    "address",
    "summary",
    "description",
    "deprecated",
    "type",
    "format",
    "const",
    "enum",
    "properties",
    "required",
    "payload",
];

pub(super) fn json(value: &Value) -> Result<String, Error> {
    let mut text =
        serde_json::to_string_pretty(&Ordered { value, form: Form::Json, keys: Keys::Known })
            .map_err(|error| Error(format!("the document can't be written as JSON: {error}")))?;
    text.push('\n');
    Ok(text)
}

pub(super) fn yaml(value: &Value) -> Result<String, Error> {
    serde_saphyr::to_string(&Ordered { value, form: Form::Yaml, keys: Keys::Known })
        .map_err(|error| Error(format!("the document can't be written as YAML: {error}")))
}

#[derive(Clone, Copy, PartialEq)]
enum Form {
    Json,
    Yaml,
}

/// What the keys of an object are.
#[derive(Clone, Copy, PartialEq)]
enum Keys {
    /// AsyncAPI's or JSON Schema's.
    Known,
    /// Somebody's names, for values whose keys are known.
    Names,
    /// Part of a value.
    Data,
}

#[derive(Clone, Copy)]
struct Ordered<'a> {
    value: &'a Value,
    form: Form,
    keys: Keys,
}

impl Keys {
    /// What the keys under this one are.
    fn under(self, key: &str) -> Self {
        match (self, key) {
            (Self::Data, _) | (Self::Known, "default" | "const" | "enum" | "examples") => {
                Self::Data
            }
            (
                Self::Known,
                "servers" | "channels" | "operations" | "messages" | "schemas" | "properties"
                | "patternProperties" | "dependencies",
            ) => Self::Names,
            _ => Self::Known,
        }
    }

    fn rank(self, key: &str) -> usize {
        match self {
            Self::Known => FIRST.iter().position(|first| *first == key).unwrap_or(FIRST.len()),
            Self::Names | Self::Data => 0,
        }
    }
}

impl Serialize for Ordered<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.value {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(value) => serializer.serialize_bool(*value),
            Value::Number(number) => serialize_number(number, serializer),
            Value::String(text) if self.form == Form::Yaml && misread(text) => {
                DoubleQuoted(text.as_str()).serialize(serializer)
            }
            Value::String(text) => serializer.serialize_str(text),
            Value::Array(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                for value in items {
                    list.serialize_element(&Self { value, ..*self })?;
                }
                list.end()
            }
            Value::Object(members) => {
                let mut members: Vec<_> = members.iter().collect();
                members.sort_by_key(|(key, _)| (self.keys.rank(key), *key));
                let mut map = serializer.serialize_map(Some(members.len()))?;
                for (key, value) in members {
                    let keys = self.keys.under(key);
                    map.serialize_entry(key, &Self { value, form: self.form, keys })?;
                }
                map.end()
            }
        }
    }
}

/// A number as serde knows it, also where a feature of `serde_json` keeps its digits.
fn serialize_number<S: Serializer>(number: &Number, serializer: S) -> Result<S::Ok, S::Error> {
    if let Some(number) = number.as_u64() {
        serializer.serialize_u64(number)
    } else if let Some(number) = number.as_i64() {
        serializer.serialize_i64(number)
    } else {
        serializer.serialize_f64(number.as_f64().unwrap_or_default())
    }
}

/// Whether some reader of YAML takes the text that the writer would write for something else: plain
/// dates, base-60 numbers (`1:30`), `=` and `<<` for no strings, and blanks at the edges of a block's
/// lines for indentation.
fn misread(text: &str) -> bool {
    let starts_like_data =
        text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.' | '=' | '<'));
    let is_blank = |c: char| c.is_whitespace() || c.is_control();
    starts_like_data
        || text.starts_with('\n')
        || text.contains(|c: char| c != '\n' && c != ' ' && is_blank(c))
        || text.split('\n').any(|line| line.starts_with(is_blank) || line.ends_with(is_blank))
}
