//! Which kinds of JSON values a schema admits: what the client checks of a payload by itself.

use serde_json::{Map, Value};
use wirebond_schema::{Document, internal::reference};

use super::Int64;

/// The names are JavaScript's, with `array` and `null` distinguished from `object`.
const NAMES: [&str; 6] = ["object", "array", "string", "number", "boolean", "null"];

/// How many schemas are looked at before a payload counts as anything.
const MOST_STEPS: u32 = 10_000;

/// A set of kinds, one bit for each name.
type Set = u8;

const ALL: Set = 0b11_1111;

/// The kinds of values that a schema may admit, `never` if there is none. No kind of a valid value is
/// left out. A `number` may be read as something else.
pub(super) fn kinds(document: &Document, schema: &Value, int64: Int64) -> Vec<&'static str> {
    let mut steps = MOST_STEPS;
    let set = of(document, schema, &mut steps);
    if set == 0 {
        return vec!["never"];
    }
    let read_as = match int64 {
        _ if set & named("number") == 0 => None,
        Int64::Number => None,
        Int64::BigInt => Some("bigint"),
        Int64::String => Some("string").filter(|_| set & named("string") == 0),
    };
    NAMES
        .iter()
        .enumerate()
        .filter(|(bit, _)| set & (1 << bit) != 0)
        .map(|(_, name)| *name)
        .chain(read_as)
        .collect()
}

fn of(document: &Document, schema: &Value, steps: &mut u32) -> Set {
    let Some(left) = steps.checked_sub(1) else { return ALL };
    *steps = left;
    match schema {
        Value::Bool(false) => 0,
        Value::Object(map) => of_map(document, map, steps),
        _ => ALL,
    }
}

fn of_map(document: &Document, map: &Map<String, Value>, steps: &mut u32) -> Set {
    let mut set = match map.get("type") {
        Some(Value::String(name)) => named(name),
        Some(Value::Array(names)) => {
            names.iter().filter_map(Value::as_str).map(named).fold(0, |all, one| all | one)
        }
        _ => ALL,
    };
    if let Some(value) = map.get("const") {
        set &= of_value(value);
    }
    if let Some(values) = map.get("enum").and_then(Value::as_array) {
        set &= values.iter().map(of_value).fold(0, |all, one| all | one);
    }
    let target = map.get(reference::KEY).and_then(Value::as_str).and_then(reference::plain_name);
    if let Some(schema) = target.and_then(|def| document.def(def)) {
        set &= of(document, schema, steps);
    }
    for schema in map.get("allOf").and_then(Value::as_array).into_iter().flatten() {
        set &= of(document, schema, steps);
    }
    for branches in ["anyOf", "oneOf"].iter().filter_map(|key| map.get(*key)?.as_array()) {
        set &=
            branches.iter().map(|schema| of(document, schema, steps)).fold(0, |all, one| all | one);
    }
    set
}

/// What JSON Schema's `type` means; anything for a name that is none.
fn named(name: &str) -> Set {
    let name = if name == "integer" { "number" } else { name };
    NAMES.iter().position(|known| *known == name).map_or(ALL, |bit| 1 << bit)
}

fn of_value(value: &Value) -> Set {
    named(match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn kinds_of_schemas() {
        let text = include_str!("../../tests/typescript/odd.json");
        let document = Document::parse(text).expect("a contract");
        for (schema, expected) in [
            (json!(true), &NAMES[..]),
            (json!({}), &NAMES[..]),
            (json!(false), &["never"]),
            (json!({ "type": "integer" }), &["number"]),
            (json!({ "type": ["string", "null"] }), &["string", "null"]),
            (json!({ "type": "funny" }), &NAMES[..]),
            (json!({ "const": null }), &["null"]),
            (json!({ "enum": ["a", 1] }), &["string", "number"]),
            (json!({ "$ref": "#/$defs/Tree" }), &["object"]),
            (json!({ "$ref": "#/$defs/Right" }), &["object", "null"]),
            (json!({ "$ref": "#/$defs/nowhere" }), &NAMES[..]),
            (
                json!({ "anyOf": [{ "$ref": "#/$defs/Tree" }, { "type": "null" }] }),
                &["object", "null"],
            ),
            (json!({ "oneOf": [{ "type": "array" }, { "const": true }] }), &["array", "boolean"]),
            (json!({ "allOf": [{ "type": ["array", "null"] }, { "type": "null" }] }), &["null"]),
        ] {
            assert_eq!(kinds(&document, &schema, Int64::Number), expected, "{schema}");
        }
    }
}
