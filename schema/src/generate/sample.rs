//! The smallest values of schemas, to try how a payload's codec reads them.

use serde_json::{Map, Value, json};

use crate::{document::Document, json_schema::reference};

/// A value that no enum lists.
pub(super) const UNKNOWN: &str = "wirebond: no such variant";
/// How many definitions may stand within one another.
const DEPTH: usize = 48;

/// The smallest value of this schema; `None` where none is found.
pub(super) fn minimal(document: &Document, schema: &Value) -> Option<Value> {
    sampled(document, schema, &mut Vec::new())
}

/// The smallest value of this schema that isn't `null`, if it may be something else.
pub(super) fn minimal_present(document: &Document, schema: &Value) -> Option<Value> {
    let names = schema.get("type").and_then(Value::as_array).into_iter().flatten();
    match names.filter_map(Value::as_str).find(|name| *name != "null") {
        Some(name) => of_type(document, schema, name, &mut Vec::new()),
        None => minimal(document, schema),
    }
}

/// The smallest value of this schema; `None` where none is found. `way` are the definitions that
/// contain it: the end of a recursive type leads to none of them.
fn sampled<'a>(document: &'a Document, schema: &'a Value, way: &mut Vec<&'a str>) -> Option<Value> {
    if schema.get(reference::KEY).is_some() {
        let (def, schema) = document.target(schema)?;
        if way.contains(&def) || way.len() > DEPTH {
            return None;
        }
        way.push(def);
        let value = sampled(document, schema, way);
        way.pop();
        return value;
    }
    if let Some(value) = schema.get("const") {
        return Some(value.clone());
    }
    if let Some(value) = schema.get("enum").and_then(|values| values.get(0)) {
        return Some(value.clone());
    }
    for key in ["anyOf", "oneOf"] {
        if let Some(branches) = schema.get(key).and_then(Value::as_array) {
            let null = branches.iter().any(|branch| branch.get("type") == Some(&json!("null")));
            return if null {
                Some(Value::Null)
            } else {
                branches.iter().find_map(|branch| sampled(document, branch, way))
            };
        }
    }
    of_type(document, schema, type_of(schema), way)
}

fn of_type<'a>(
    document: &'a Document,
    schema: &'a Value,
    name: &str,
    way: &mut Vec<&'a str>,
) -> Option<Value> {
    match name {
        "object" => {
            let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
            let mut value = Map::new();
            for field in required.filter_map(Value::as_str) {
                let of_field = schema.get("properties")?.get(field)?;
                value.insert(field.to_owned(), sampled(document, of_field, way)?);
            }
            Some(Value::Object(value))
        }
        "array" => {
            let places = schema.get("prefixItems").and_then(Value::as_array).into_iter().flatten();
            let mut items: Vec<_> =
                places.map(|item| sampled(document, item, way)).collect::<Option<_>>()?;
            let least = schema.get("minItems").and_then(Value::as_u64).unwrap_or(0).min(64);
            while (items.len() as u64) < least {
                items.push(sampled(document, schema.get("items")?, way)?);
            }
            Some(Value::Array(items))
        }
        "string" => Some(text(schema)),
        "integer" | "number" => Some(number(schema)),
        "boolean" => Some(json!(false)),
        _ => Some(Value::Null),
    }
}

pub(super) fn type_of(schema: &Value) -> &str {
    match schema.get("type") {
        Some(Value::String(name)) => name,
        Some(Value::Array(names)) if !names.iter().any(|name| name == "null") => {
            names.first().and_then(Value::as_str).unwrap_or_default()
        }
        _ => "null",
    }
}

/// A string of this schema's format or length.
fn text(schema: &Value) -> Value {
    let text = match schema.get("format").and_then(Value::as_str) {
        Some("date") => "2026-01-01",
        Some("time") => "00:00:00Z",
        Some("date-time") => "2026-01-01T00:00:00Z",
        Some("uuid") => "67e55044-10b1-426f-9247-bb680e5fe0c8",
        Some("uri" | "uri-reference") => "https://example.com/",
        Some("email") => "a@example.com",
        Some("hostname") => "example.com",
        Some("ipv4") => "127.0.0.1",
        Some("ipv6") => "::1",
        _ => "",
    };
    let least = schema.get("minLength").and_then(Value::as_u64).unwrap_or(0).min(1_000);
    let missing = usize::try_from(least).unwrap_or(0).saturating_sub(text.len());
    json!(text.to_owned() + &"a".repeat(missing))
}

/// A number within the bounds of this schema.
fn number(schema: &Value) -> Value {
    let least = schema.get("minimum").cloned();
    let above = schema.get("exclusiveMinimum").and_then(Value::as_i64);
    match (least, above) {
        (_, Some(above)) => json!(above.saturating_add(1).max(0)),
        (Some(least), None) if least.as_f64().is_some_and(|least| least > 0.0) => least,
        _ => match schema.get("maximum") {
            Some(most) if most.as_f64().is_some_and(|most| most < 0.0) => most.clone(),
            _ => json!(0),
        },
    }
}
