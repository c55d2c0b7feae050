//! Whether a contract's references can be followed: each names a definition, and following them at
//! one place of a message comes to an end.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::ContractError;

/// How many references and combinations (`allOf`, `oneOf`…) may apply to one place of a message. A
/// check takes a step of the stack for each.
const DEEPEST: usize = 48;

/// How many schemas the messages may take together, each with all that it refers to: there is a
/// validator for each message.
const MOST_SCHEMAS: usize = 1_000_000;

/// Keywords that hold one schema which applies to the same place.
const IN_PLACE: [&str; 4] = ["not", "if", "then", "else"];
/// Keywords that hold a list of schemas which apply to the same place.
const IN_PLACE_LISTS: [&str; 3] = ["allOf", "anyOf", "oneOf"];
/// Keywords that hold values.
const VALUES: [&str; 5] = ["const", "enum", "default", "examples", "required"];
/// Keywords that hold schemas by a name.
pub(super) const NAMED: [&str; 4] =
    ["properties", "patternProperties", "$defs", "dependentSchemas"];

/// Makes sure of all references of a document.
pub(super) fn check(root: &Value) -> Result<(), ContractError> {
    let empty = Map::new();
    let defs = root.get("$defs").and_then(Value::as_object).unwrap_or(&empty);
    for (name, schema) in defs {
        each_schema(schema, &mut |map| check_keywords(map, name, defs))?;
    }
    let mut depths = HashMap::new();
    for name in defs.keys() {
        def_depth(name, defs, &mut depths, DEEPEST)?;
    }
    // What stands inside of a definition, below its place, is a place of its own.
    for (name, schema) in defs {
        each_schema(schema, &mut |map| depth(map, name, defs, &mut depths, DEEPEST).map(drop))?;
    }
    Ok(())
}

/// Makes sure that validators for these definitions fit into memory.
pub(super) fn check_size<'a>(
    root: &'a Value,
    messages: impl Iterator<Item = &'a str>,
) -> Result<(), ContractError> {
    let Some(defs) = root.get("$defs").and_then(Value::as_object) else { return Ok(()) };
    let mut parts: HashMap<&str, (usize, HashSet<&str>)> = HashMap::new();
    for (name, schema) in defs {
        let (number, others) = parts.entry(name).or_default();
        each_schema(schema, &mut |map| {
            *number += 1;
            others.extend(map.get("$ref").and_then(|r| target(r, defs)).map(|(name, _)| &**name));
            Ok(())
        })?;
    }
    let mut total = 0;
    for message in messages {
        let (mut seen, mut next) = (HashSet::from([message]), vec![message]);
        while let Some((number, others)) = next.pop().and_then(|name| parts.get(name)) {
            total += number;
            if total > MOST_SCHEMAS {
                return Err(ContractError::new(format!(
                    "its messages refer to more than {MOST_SCHEMAS} schemas, all together"
                )));
            }
            next.extend(others.iter().filter(|name| seen.insert(name)));
        }
    }
    Ok(())
}

/// Whether the value under this keyword is no schema.
pub(super) fn holds_values(keyword: &str) -> bool {
    VALUES.contains(&keyword)
}

/// Calls `visit` for a schema and for every schema inside. The depth is that of the JSON text, which
/// its reader has bounded.
fn each_schema<'a>(
    schema: &'a Value,
    visit: &mut impl FnMut(&'a Map<String, Value>) -> Result<(), ContractError>,
) -> Result<(), ContractError> {
    match schema {
        Value::Object(map) => {
            visit(map)?;
            for (keyword, value) in map {
                match value {
                    _ if holds_values(keyword) => {}
                    Value::Object(named) if NAMED.contains(&&**keyword) => {
                        named.values().try_for_each(|schema| each_schema(schema, visit))?;
                    }
                    value => each_schema(value, visit)?,
                }
            }
            Ok(())
        }
        Value::Array(items) => items.iter().try_for_each(|item| each_schema(item, visit)),
        _ => Ok(()),
    }
}

fn check_keywords(
    schema: &Map<String, Value>,
    place: &str,
    defs: &Map<String, Value>,
) -> Result<(), ContractError> {
    for keyword in ["$id", "$anchor", "$dynamicAnchor", "$dynamicRef"] {
        if schema.contains_key(keyword) {
            let words = format!("`/$defs/{place}` has `{keyword}`, which no contract has");
            return Err(ContractError::new(words));
        }
    }
    match schema.get("$ref") {
        Some(reference) if target(reference, defs).is_none() => {
            let words = format!(
                "`/$defs/{place}` refers to {reference}, which it doesn't define: a reference is \
                 `#/$defs/NAME`"
            );
            Err(ContractError::new(words))
        }
        _ => Ok(()),
    }
}

/// The definition that a reference names.
pub(crate) fn target<'a>(
    reference: &Value,
    defs: &'a Map<String, Value>,
) -> Option<(&'a String, &'a Value)> {
    let name = reference.as_str()?.strip_prefix("#/$defs/")?;
    let plain = name.replace("~1", "/").replace("~0", "~");
    defs.get_key_value(&plain)
}

/// How many steps apply at the place of this definition. `left` bounds the recursion.
fn def_depth<'a>(
    name: &'a str,
    defs: &'a Map<String, Value>,
    depths: &mut HashMap<&'a str, usize>,
    left: usize,
) -> Result<usize, ContractError> {
    if let Some(known) = depths.get(name) {
        return if *known > left { Err(too_deep(name)) } else { Ok(*known) };
    }
    let depth = match defs.get(name) {
        Some(Value::Object(map)) => depth(map, name, defs, depths, left)?,
        _ => 0,
    };
    depths.insert(name, depth);
    Ok(depth)
}

fn depth<'a>(
    schema: &'a Map<String, Value>,
    place: &'a str,
    defs: &'a Map<String, Value>,
    depths: &mut HashMap<&'a str, usize>,
    left: usize,
) -> Result<usize, ContractError> {
    let mut most = 0;
    if let Some((name, _)) = schema.get("$ref").and_then(|reference| target(reference, defs)) {
        let left = left.checked_sub(1).ok_or_else(|| too_deep(place))?;
        most = 1 + def_depth(name, defs, depths, left)?;
    }
    let singles = IN_PLACE.iter().filter_map(|keyword| schema.get(*keyword));
    let lists =
        IN_PLACE_LISTS.iter().filter_map(|keyword| schema.get(*keyword)?.as_array()).flatten();
    let named =
        schema.get("dependentSchemas").and_then(Value::as_object).into_iter().flat_map(Map::values);
    for inner in singles.chain(lists).chain(named) {
        let Value::Object(inner) = inner else { continue };
        let left = left.checked_sub(1).ok_or_else(|| too_deep(place))?;
        most = most.max(1 + depth(inner, place, defs, depths, left)?);
    }
    Ok(most)
}

fn too_deep(name: &str) -> ContractError {
    ContractError::new(format!(
        "`/$defs/{name}` refers to itself, or through more than {DEEPEST} others, without anything \
         in between: no message could be checked against it"
    ))
}
