//! Two schemas of one object become one: where a reference has siblings, or a union has fields beside
//! it, generators forget one or the other, and what one requires of all other fields rejects the other's.

use serde_json::{Map, Value, json};

use crate::json_schema::reference;

/// Keywords that apply to an object's fields.
pub(super) const OF_OBJECTS: [&str; 4] =
    ["additionalProperties", "patternProperties", "properties", "required"];
/// Keywords that change nothing else when they are merged with others of an object.
const BESIDE: [&str; 5] = ["default", "deprecated", "description", "title", "type"];
/// How deep references and unions may stand in one another.
pub(super) const DEEPEST: usize = 16;

/// A branch that refers to a struct and adds the tag becomes one object.
pub(super) fn whole(mut branch: Value, defs: &Map<String, Value>) -> Value {
    let Some(target) = target(&branch, defs).cloned() else { return branch };
    let Some(name) = branch.as_object_mut().and_then(|map| map.remove(reference::KEY)) else {
        return branch;
    };
    let own = branch.as_object().cloned().unwrap_or_default();
    let merged = match &target {
        Value::Object(map) if is_object(map) => absorb(branch.clone(), map),
        // Only if a part of it rejects the tag: otherwise it keeps its own name.
        union if rejects_others(union, defs, DEEPEST) => distributed(&own, union, defs, DEEPEST),
        _ => None,
    };
    if let Some(mut merged) = merged {
        if let (Value::Object(map), Some(description)) = (&mut merged, target.get("description")) {
            map.entry("description").or_insert_with(|| description.clone());
        }
        return merged;
    }
    branch["allOf"] = json!([{ reference::KEY: name }]);
    branch
}

pub(super) fn target<'a>(schema: &Value, defs: &'a Map<String, Value>) -> Option<&'a Value> {
    reference::target(schema, defs).map(|(_, schema)| schema)
}

/// Whether a schema is an object's fields and nothing else.
pub(super) fn is_object(map: &Map<String, Value>) -> bool {
    let is_known = |key: &String| OF_OBJECTS.contains(&key.as_str()) || BESIDE.contains(&&**key);
    map.get("type").is_some_and(|is| is == "object") && map.keys().all(is_known)
}

/// Whether a field that this schema doesn't declare may be rejected by it.
fn rejects_others(schema: &Value, defs: &Map<String, Value>, left: usize) -> bool {
    let Value::Object(map) = schema else { return false };
    if left == 0 {
        return false;
    }
    let closes =
        |key: &str| map.get(key).is_some_and(|other| *other != json!({}) && *other != true);
    let in_parts = ["allOf", "anyOf", "oneOf"].iter().any(|key| {
        let parts = map.get(*key).and_then(Value::as_array);
        parts.into_iter().flatten().any(|part| rejects_others(part, defs, left - 1))
    });
    closes("additionalProperties")
        || map.contains_key("patternProperties")
        || in_parts
        || target(schema, defs).is_some_and(|target| rejects_others(target, defs, left - 1))
}

/// A union with these fields in each of its branches; `None` where a part can't be merged.
fn distributed(
    fields: &Map<String, Value>,
    schema: &Value,
    defs: &Map<String, Value>,
    left: usize,
) -> Option<Value> {
    let left = left.checked_sub(1)?;
    if let Some(target) = target(schema, defs) {
        return distributed(fields, target, defs, left);
    }
    let map = schema.as_object()?;
    let unions: Vec<_> =
        ["anyOf", "oneOf"].into_iter().filter(|key| map.contains_key(*key)).collect();
    let [union] = unions[..] else {
        // A value that is no object can't have the fields, and the other branches reject it.
        return match is_object(map) {
            true => absorb(Value::Object(fields.clone()), map),
            false if map.get("type").is_some_and(|is| is.is_string() && is != "object") => {
                Some(schema.clone())
            }
            false => None,
        };
    };
    let mut beside = map.clone();
    let branches = beside.remove(union)?;
    beside.remove("discriminator");
    let beside_them = is_object(&beside).then_some(beside).or_else(|| {
        let is_bare = map.keys().all(|key| key == union || BESIDE.contains(&&**key));
        is_bare.then(Map::new)
    })?;
    let Value::Object(fields) = absorb(Value::Object(fields.clone()), &beside_them)? else {
        return None;
    };
    let branches: Vec<_> = branches
        .as_array()?
        .iter()
        .map(|branch| distributed(&fields, branch, defs, left))
        .collect::<Option<_>>()?;
    let mut out = fields;
    out.retain(|key, _| !["additionalProperties", "patternProperties"].contains(&key.as_str()));
    out.insert(union.to_owned(), branches.into());
    Some(Value::Object(out))
}

/// Adds another object's fields; those that are there already stay. `None` where the two require different
/// things of all other fields, or where one of them does and a part of `branch` would not know of its
/// fields.
pub(super) fn absorb(mut branch: Value, from: &Map<String, Value>) -> Option<Value> {
    let map = branch.as_object_mut()?;
    for key in ["additionalProperties", "patternProperties"] {
        let Some(others) = from.get(key) else { continue };
        let parts = ["$ref", "allOf", "anyOf", "oneOf", "if"];
        if parts.iter().any(|part| map.contains_key(*part)) {
            return None;
        }
        match map.get(key) {
            Some(own) if own != others => return None,
            _ => map.insert(key.to_owned(), others.clone()),
        };
    }
    if let Some(fields) = from.get("properties").and_then(Value::as_object) {
        let own = map.entry("properties").or_insert_with(|| json!({})).as_object_mut()?;
        for (name, schema) in fields {
            own.entry(name.clone()).or_insert_with(|| schema.clone());
        }
    }
    if let Some(names) = from.get("required").and_then(Value::as_array) {
        let own = map.entry("required").or_insert_with(|| json!([])).as_array_mut()?;
        let added: Vec<_> = names.iter().filter(|name| !own.contains(name)).cloned().collect();
        own.extend(added);
    }
    Some(branch)
}

/// Whether a payload may have a member that its type declares.
pub(super) fn may_have(data: &Value, key: &str, defs: &Map<String, Value>) -> bool {
    declares(data, key, "", defs, DEEPEST).is_some()
}

/// The definition in which a member of a payload is declared.
pub(super) fn declares(
    schema: &Value,
    key: &str,
    within: &str,
    defs: &Map<String, Value>,
    left: usize,
) -> Option<String> {
    let left = left.checked_sub(1)?;
    if let Some((name, target)) = reference::target(schema, defs)
        && let Some(found) = declares(target, key, name, defs, left)
    {
        return Some(found);
    }
    if schema.get("properties").is_some_and(|fields| fields.get(key).is_some()) {
        return Some(within.to_owned());
    }
    let mut inner = ["allOf", "anyOf", "oneOf"]
        .into_iter()
        .flat_map(|of| schema.get(of).and_then(Value::as_array).into_iter().flatten());
    inner.find_map(|part| declares(part, key, within, defs, left))
}
