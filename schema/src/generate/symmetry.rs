//! Fields and variants that serde reads and writes differently.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{error::GenerateError, part::Part, reflect::Reflected};

/// Rejects a field or variant that is read under one name and written under another, or only read or
/// only written: no document can describe it.
pub(super) fn check(
    parts: &[Part],
    read: &Reflected,
    written: &Reflected,
) -> Result<(), GenerateError> {
    for (name, schema) in &read.defs {
        if let Some(twin) = written.defs.get(name) {
            compare(schema, twin, name)?;
        }
    }
    for (part, (read, written)) in parts.iter().zip(read.payloads.iter().zip(&written.payloads)) {
        if let (Some(read), Some(written)) = (read, written) {
            compare(read, written, &part.variant)?;
        }
    }
    Ok(())
}

fn compare(read: &Value, written: &Value, place: &str) -> Result<(), GenerateError> {
    let (Value::Object(read), Value::Object(written)) = (read, written) else { return Ok(()) };
    same_strings(read, written, place)?;
    let none = Map::new();
    let is_struct = |map: &Map<String, Value>| {
        map.get("type").is_some_and(|is| is == "object")
            && !map.contains_key("additionalProperties")
    };
    if is_struct(read) && is_struct(written) {
        let [fields, twins] = [read, written]
            .map(|map| map.get("properties").and_then(Value::as_object).unwrap_or(&none));
        same(fields.keys(), twins.keys(), |field| format!("the field `{field}` of `{place}`"))?;
    }
    for (key, value) in read {
        let Some(twin) = written.get(key) else { continue };
        match (key.as_str(), value, twin) {
            ("properties", Value::Object(fields), Value::Object(twins)) => {
                for (field, value) in fields {
                    let twin = twins.get(field).unwrap_or(&Value::Null);
                    compare(value, twin, &format!("{place}.{field}"))?;
                }
            }
            ("oneOf" | "anyOf", Value::Array(branches), Value::Array(twins)) => {
                branch_by_branch(branches, twins, place)?;
            }
            (_, Value::Array(items), Value::Array(twins)) => {
                for (item, twin) in items.iter().zip(twins) {
                    compare(item, twin, place)?;
                }
            }
            ("default" | "const" | "examples", _, _) => {}
            _ => compare(value, twin, place)?,
        }
    }
    Ok(())
}

/// The same names on both sides, or an error that names the one that isn't.
fn same<S: AsRef<str>>(
    read: impl IntoIterator<Item = S>,
    written: impl IntoIterator<Item = S>,
    what: impl Fn(&str) -> String,
) -> Result<(), GenerateError> {
    let set = |names: &mut dyn Iterator<Item = S>| -> BTreeSet<String> {
        names.map(|name| name.as_ref().to_owned()).collect()
    };
    let (read, written) = (set(&mut read.into_iter()), set(&mut written.into_iter()));
    let (only_read, only_written) =
        (read.difference(&written).next(), written.difference(&read).next());
    let message = match (only_read, only_written) {
        (None, None) => return Ok(()),
        (Some(name), None) => format!("{} is read but not written", what(name)),
        (None, Some(name)) => format!("{} is written but not read", what(name)),
        (Some(name), Some(twin)) => {
            format!("{} is read, but {} is written instead", what(name), what(twin))
        }
    };
    Err(GenerateError::new(format!(
        "{message}: no document describes both; give it one name for both ways, and no \
         `skip_serializing` or `skip_deserializing`"
    )))
}

fn texts(map: &Map<String, Value>) -> Option<Vec<&str>> {
    match (map.get("const"), map.get("enum")) {
        (Some(value), _) => Some(vec![value.as_str()?]),
        (_, Some(Value::Array(values))) => values.iter().map(Value::as_str).collect(),
        _ => None,
    }
}

fn same_strings(
    read: &Map<String, Value>,
    written: &Map<String, Value>,
    place: &str,
) -> Result<(), GenerateError> {
    let (Some(read), Some(written)) = (texts(read), texts(written)) else { return Ok(()) };
    same(read, written, |value| format!("the value {value:?} of `{place}`"))
}

/// What a branch is called: by its tag, its only key, or the strings that it stands for.
fn labels(branch: &Value) -> Vec<String> {
    let Value::Object(map) = branch else { return Vec::new() };
    if let Some(texts) = texts(map) {
        return texts.into_iter().map(str::to_owned).collect();
    }
    let title = map.get("title").and_then(Value::as_str).map(str::to_owned);
    let fields = map.get("properties").and_then(Value::as_object);
    let tag = || fields?.values().find_map(|field| field.get("const")?.as_str().map(str::to_owned));
    let only = || fields?.keys().next().filter(|_| fields.is_some_and(|f| f.len() == 1)).cloned();
    title.or_else(tag).or_else(only).into_iter().collect()
}

fn branch_by_branch(read: &[Value], written: &[Value], place: &str) -> Result<(), GenerateError> {
    let all = |branches: &[Value]| branches.iter().flat_map(labels).collect::<Vec<_>>();
    same(all(read), all(written), |name| format!("the variant {name:?} of `{place}`"))?;
    for (branch, twin) in read.iter().zip(written) {
        let place = labels(branch)
            .first()
            .map_or_else(|| place.to_owned(), |name| format!("{place}.{name}"));
        compare(branch, twin, &place)?;
    }
    Ok(())
}
