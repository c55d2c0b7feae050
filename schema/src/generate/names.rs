//! Names that no document can have: one name of two types, and a field called `__proto__`.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{
    error::GenerateError,
    part::Part,
    reflect::{Reflected, View},
};
use crate::json_schema::{reference, walk};

/// Two types with one name: schemars numbers them in the order in which it meets them, so that moving a
/// variant would swap their meanings.
pub(super) fn check(
    parts: &[Part],
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
    // name, with another number; a second `Item` doesn't. At least the highest number shows it, since it
    // can't have one more digit than it had.
    let taken: BTreeSet<String> =
        suspects.iter().flat_map(|(first, second)| [*first, *second]).map(str::to_owned).collect();
    let again = Reflected::of(parts, view, &taken);
    for (first, second) in suspects {
        let is_own = again.defs.keys().any(|name| {
            name.strip_prefix(second)
                .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()))
        });
        if !is_own {
            let place = |name: &str| {
                used_at(parts, reflected, name).unwrap_or_else(|| "the contract".to_owned())
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
fn used_at(parts: &[Part], reflected: &Reflected, name: &str) -> Option<String> {
    let target = reference::to(name);
    let direct = parts.iter().zip(&reflected.payloads).find_map(|(part, payload)| {
        let at = find(payload.as_ref()?, &target)?;
        Some(format!("the message {:?}{}", part.name, at_pointer(&at)))
    });
    direct.or_else(|| {
        reflected.defs.iter().find_map(|(def, schema)| {
            Some(format!("`{def}`{}", at_pointer(&find(schema, &target)?)))
        })
    })
}

fn at_pointer(pointer: &str) -> String {
    if pointer.is_empty() { String::new() } else { format!(" at {pointer}") }
}

/// The pointer to the first place of a value.
fn find(within: &Value, target: &Value) -> Option<String> {
    if within == target {
        return Some(String::new());
    }
    match within {
        Value::Object(map) => {
            map.iter().find_map(|(key, value)| Some(format!("/{key}{}", find(value, target)?)))
        }
        Value::Array(items) => items
            .iter()
            .enumerate()
            .find_map(|(index, value)| Some(format!("/{index}{}", find(value, target)?))),
        _ => None,
    }
}

/// A field called `__proto__`: in JavaScript a copy of an object that has one gets another prototype, and
/// ajv doesn't look at it.
pub(super) fn check_prototypes(defs: &Map<String, Value>) -> Result<(), GenerateError> {
    defs.iter().try_for_each(|(name, schema)| {
        walk::each(schema, "", &mut |_, map| {
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
