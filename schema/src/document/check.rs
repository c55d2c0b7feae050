//! What fits in no document: two types with one name, and fields that are read otherwise than written.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{
    generate::{GenerateError, Reflected, View},
    normal::reference,
    walk,
};
use crate::MessageInfo;

/// Two types with one name: schemars numbers them in the order in which it meets them, so that moving a
/// variant would swap their meanings.
pub(super) fn names(
    messages: &[MessageInfo],
    view: View,
    reflected: &Reflected,
) -> Result<(), GenerateError> {
    let suspects: BTreeSet<(&str, &str)> = reflected
        .defs
        .keys()
        .filter_map(|second| {
            let first = second.trim_end_matches(|c: char| c.is_ascii_digit());
            let is_number = second.len() > first.len() && reflected.defs.contains_key(first);
            is_number.then_some((first, second.as_str()))
        })
        .collect();
    if suspects.is_empty() {
        return Ok(());
    }
    // Once more, with all of these names taken: a type that is really called `Item2` keeps its own
    // name, with another number; a second `Item` doesn't. At least the highest number tells, since it
    // can't have one more digit than it had.
    let taken: BTreeSet<String> =
        suspects.iter().flat_map(|(first, second)| [*first, *second]).map(str::to_owned).collect();
    let again = Reflected::of(messages, view, &taken);
    for (first, second) in suspects {
        let is_own = again.defs.keys().any(|name| {
            name.strip_prefix(second)
                .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()))
        });
        if !is_own {
            let place = |name: &str| {
                used_at(messages, reflected, name).unwrap_or_else(|| "the contract".to_owned())
            };
            return Err(GenerateError::new(format!(
                "two different types are called `{first}`, one in {} and one in {}: give one of them \
                 another name with `#[schemars(rename = \"…\")]` (a generic type has one for each of \
                 its forms: `#[schemars(rename = \"{first}_{{T}}\")]`; a type of another crate is renamed \
                 where it is used: `wirebond::schema::renamed`)",
                place(first),
                place(second),
            )));
        }
    }
    Ok(())
}

/// Where a definition is referred to.
fn used_at(messages: &[MessageInfo], reflected: &Reflected, name: &str) -> Option<String> {
    let wanted = reference(name);
    let direct = messages.iter().zip(&reflected.payloads).find_map(|(message, payload)| {
        let at = find(payload.as_ref()?, &wanted)?;
        Some(format!("the message {:?}{}", message.name(), at_pointer(&at)))
    });
    direct.or_else(|| {
        reflected.defs.iter().find_map(|(def, schema)| {
            Some(format!("`{def}`{}", at_pointer(&find(schema, &wanted)?)))
        })
    })
}

fn at_pointer(pointer: &str) -> String {
    if pointer.is_empty() { String::new() } else { format!(" at {pointer}") }
}

/// The pointer to the first place of a value.
fn find(within: &Value, wanted: &Value) -> Option<String> {
    if within == wanted {
        return Some(String::new());
    }
    match within {
        Value::Object(map) => {
            map.iter().find_map(|(key, value)| Some(format!("/{key}{}", find(value, wanted)?)))
        }
        Value::Array(items) => items
            .iter()
            .enumerate()
            .find_map(|(index, value)| Some(format!("/{index}{}", find(value, wanted)?))),
        _ => None,
    }
}

/// A field or variant that is read under one name and written under another, or only one of both, fits
/// in no document.
pub(super) fn symmetry(
    messages: &[MessageInfo],
    read: &Reflected,
    written: &Reflected,
) -> Result<(), GenerateError> {
    for (name, schema) in &read.defs {
        if let Some(twin) = written.defs.get(name) {
            compare(schema, twin, name)?;
        }
    }
    for (message, (read, written)) in
        messages.iter().zip(read.payloads.iter().zip(&written.payloads))
    {
        if let (Some(read), Some(written)) = (read, written) {
            compare(read, written, message.variant())?;
        }
    }
    Ok(())
}

/// A field called `__proto__`: in JavaScript a copy of an object that has one gets another prototype, and
/// ajv doesn't look at it.
pub(super) fn prototypes(defs: &Map<String, Value>) -> Result<(), GenerateError> {
    defs.iter().try_for_each(|(name, schema)| {
        walk::every(schema, "", &mut |_, map| {
            let fields = map.get("properties").and_then(Value::as_object);
            if !fields.is_some_and(|fields| fields.contains_key("__proto__")) {
                return Ok(());
            }
            Err(GenerateError::new(format!(
                "a field of `{name}` is called `__proto__`, which no object of JavaScript can safely \
                 hold: give it another name with `#[serde(rename = \"…\")]`"
            )))
        })
    })
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

/// The same names on both sides, or an error that tells which isn't.
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
    let words = match (only_read, only_written) {
        (None, None) => return Ok(()),
        (Some(name), None) => format!("{} is read but not written", what(name)),
        (None, Some(name)) => format!("{} is written but not read", what(name)),
        (Some(name), Some(twin)) => {
            format!("{} is read, but {} is written instead", what(name), what(twin))
        }
    };
    Err(GenerateError::new(format!(
        "{words}: no document can say both; give it one name for both ways, and no \
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
