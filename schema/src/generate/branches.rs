//! The branches of an enum become definitions of their own, so that every language has a name for
//! each.

use serde_json::{Map, Value, json};

use super::{
    definitions::{Definitions, Origin},
    error::GenerateError,
    merge::{OF_OBJECTS, absorb, whole},
    simplify::pascal,
};
use crate::json_schema::tag;

/// Gives the branches of every enum a name.
pub(super) fn name_all(defs: &mut Definitions) -> Result<(), GenerateError> {
    let mut names: Vec<String> = defs.map.keys().cloned().collect();
    names.sort();
    names.iter().try_for_each(|name| name_branches(name, defs))
}

/// Gives the branches of this definition names, if it is an enum.
pub(super) fn name_branches(name: &str, defs: &mut Definitions) -> Result<(), GenerateError> {
    let Some(Value::Object(map)) = defs.map.get(name) else { return Ok(()) };
    let mut map = map.clone();
    if let Some(branches) = list(&map, "oneOf") {
        if let Some((key, values)) = tag::of(&branches.iter().collect::<Vec<_>>()) {
            tagged(name, &mut map, &key, values.into_iter().zip(branches).collect(), defs)?;
        } else if !map.contains_key("properties") {
            let named = branches.into_iter().map(|branch| (only_key(&branch), branch)).collect();
            map.insert("oneOf".to_owned(), hoist(name, named, defs)?);
        }
    }
    if let Some(branches) = list(&map, "anyOf") {
        let named =
            branches.into_iter().map(|mut branch| (take_title(&mut branch), branch)).collect();
        map.insert("anyOf".to_owned(), hoist(name, named, defs)?);
    }
    defs.map.insert(name.to_owned(), Value::Object(map));
    Ok(())
}

fn list(map: &Map<String, Value>, key: &str) -> Option<Vec<Value>> {
    map.get(key)?.as_array().cloned()
}

/// A tagged enum: `<Enum><Variant>` for each branch, distinguished by the tag.
fn tagged(
    name: &str,
    map: &mut Map<String, Value>,
    key: &str,
    branches: Vec<(String, Value)>,
    defs: &mut Definitions,
) -> Result<(), GenerateError> {
    let mut branches: Vec<(String, Value)> =
        branches.into_iter().map(|(value, branch)| (value, whole(branch, &defs.map))).collect();
    // The fields of a struct that flattens an enum belong to each branch.
    let merged: Option<Vec<Value>> =
        branches.iter().map(|(_, branch)| absorb(branch.clone(), map)).collect();
    if let Some(merged) = merged {
        map.retain(|key, _| !OF_OBJECTS.contains(&key.as_str()));
        for ((_, branch), merged) in branches.iter_mut().zip(merged) {
            *branch = merged;
        }
    } else {
        // A keyword beside the branches applies to all the other fields, and the tag is none of them.
        map.entry("properties").or_insert_with(|| json!({}))[key] = json!({ "type": "string" });
    }
    map.insert("type".to_owned(), json!("object"));
    if tag::discriminates(key, &branches) {
        map.insert("discriminator".to_owned(), json!({ "propertyName": key }));
    }
    let mut references = Vec::new();
    for (value, branch) in branches {
        references.push(add_variant(name, value, branch, defs)?);
    }
    map.insert("oneOf".to_owned(), Value::Array(references));
    Ok(())
}

/// The one key of a branch of an externally tagged enum.
fn only_key(branch: &Value) -> Option<String> {
    let properties = branch.get("properties")?.as_object()?;
    let key = properties.keys().next().filter(|_| properties.len() == 1)?;
    (branch.get("required")? == &json!([key])).then(|| key.clone())
}

/// The variant's name, which schemars leaves as the title of an untagged enum's branch.
fn take_title(branch: &mut Value) -> Option<String> {
    let title = branch.as_object_mut()?.remove("title")?;
    branch.get("properties")?;
    Some(title.as_str()?.to_owned())
}

/// Branches with a name become definitions; the others stay where they are.
fn hoist(
    name: &str,
    branches: Vec<(Option<String>, Value)>,
    defs: &mut Definitions,
) -> Result<Value, GenerateError> {
    let mut out = Vec::new();
    for (value, branch) in branches {
        let Some(value) = value else {
            out.push(branch);
            continue;
        };
        out.push(add_variant(name, value, branch, defs)?);
    }
    Ok(Value::Array(out))
}

/// Defines a branch as `<Enum><Variant>`, and returns a reference to it.
fn add_variant(
    of: &str,
    name: String,
    branch: Value,
    defs: &mut Definitions,
) -> Result<Value, GenerateError> {
    let base = format!("{of}{}", pascal(&name));
    let origin = Origin::Variant { name, of: of.to_owned() };
    defs.add_referred([base.clone(), base + "Variant"], origin, |_| branch)
}
