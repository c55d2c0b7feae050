//! Whether a contract is small enough to be checked against: each message has a validator of its own,
//! and a check takes a step of the stack for each schema that applies to one place.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::error::ContractError;
use crate::{
    document::Document,
    json_schema::{keyword, walk},
};

/// How many references and combinations (`allOf`, `oneOf`…) may apply to one place of a message.
const DEEPEST: usize = 48;

/// How many schemas the messages may take together, each with all that it refers to.
const MOST_SCHEMAS: usize = 1_000_000;

/// Makes sure that a check fits on the stack.
pub(super) fn check_depth(document: &Document) -> Result<(), ContractError> {
    let mut depths = HashMap::new();
    for (name, _) in document.defs() {
        depth_of_definition(name, document, &mut depths, DEEPEST)?;
    }
    // What stands within a definition, below its place, is a place of its own.
    for (name, schema) in document.defs() {
        check_within(schema, name, document, &mut depths)?;
    }
    Ok(())
}

fn check_within<'a>(
    schema: &'a Value,
    name: &'a str,
    document: &'a Document,
    depths: &mut HashMap<&'a str, usize>,
) -> Result<(), ContractError> {
    depth(schema, name, document, depths, DEEPEST)?;
    let Value::Object(map) = schema else { return Ok(()) };
    walk::children(map).try_for_each(|child| check_within(child.schema, name, document, depths))
}

/// How many steps apply at the place of this definition. `left` bounds the recursion.
fn depth_of_definition<'a>(
    name: &'a str,
    document: &'a Document,
    depths: &mut HashMap<&'a str, usize>,
    left: usize,
) -> Result<usize, ContractError> {
    if let Some(known) = depths.get(name) {
        return if *known > left { Err(too_deep(name)) } else { Ok(*known) };
    }
    let depth = match document.def(name) {
        Some(schema) => depth(schema, name, document, depths, left)?,
        None => 0,
    };
    depths.insert(name, depth);
    Ok(depth)
}

fn depth<'a>(
    schema: &'a Value,
    place: &'a str,
    document: &'a Document,
    depths: &mut HashMap<&'a str, usize>,
    left: usize,
) -> Result<usize, ContractError> {
    let Value::Object(map) = schema else { return Ok(0) };
    let mut most = 0;
    if let Some((name, _)) = document.target(schema) {
        let left = left.checked_sub(1).ok_or_else(|| too_deep(place))?;
        most = 1 + depth_of_definition(name, document, depths, left)?;
    }
    let in_place = walk::children(map)
        .filter(|child| keyword::is_in_place(child.keyword) && child.schema.is_object());
    for child in in_place {
        let left = left.checked_sub(1).ok_or_else(|| too_deep(place))?;
        most = most.max(1 + depth(child.schema, place, document, depths, left)?);
    }
    Ok(most)
}

fn too_deep(name: &str) -> ContractError {
    ContractError::new(format!(
        "`/$defs/{name}` refers to itself, or through more than {DEEPEST} others, without anything \
         in between: no message could be checked against it"
    ))
}

/// Makes sure that a validator for each message fits into memory.
pub(super) fn check_size(document: &Document) -> Result<(), ContractError> {
    let mut parts: HashMap<&str, (usize, HashSet<&str>)> = HashMap::new();
    for (name, schema) in document.defs() {
        let (number, others) = parts.entry(name).or_default();
        count(schema, document, number, others);
    }
    let mut total = 0;
    for message in document.messages().map(|message| message.def()) {
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

/// Adds the schemas in one, and the definitions that they refer to.
fn count<'a>(
    schema: &'a Value,
    document: &'a Document,
    number: &mut usize,
    others: &mut HashSet<&'a str>,
) {
    let Value::Object(map) = schema else { return };
    *number += 1;
    others.extend(document.target(schema).map(|(name, _)| name));
    walk::children(map).for_each(|child| count(child.schema, document, number, others));
}
