//! The branches of an enum become definitions of their own, so that every language has a name for
//! each.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::{
    generate::GenerateError,
    normal::{pascal, reference},
};

/// The definitions, with where the names of those come from that no type has.
pub(super) struct Defs {
    pub(super) map: Map<String, Value>,
    made: BTreeMap<String, String>,
}

impl Defs {
    pub(super) fn new(map: Map<String, Value>) -> Self {
        Self { map, made: BTreeMap::new() }
    }

    /// Adds a definition under the first of these names that no type has. `origin` says what it is.
    pub(super) fn add(
        &mut self,
        names: [String; 2],
        origin: &str,
        schema: impl FnOnce(&str) -> Value,
    ) -> Result<Value, GenerateError> {
        for name in &names {
            if let Some(other) = self.made.get(name).filter(|other| is_same_kind(other, origin)) {
                return Err(GenerateError::new(format!(
                    "{other} and {origin} would both be defined as `{name}`: rename one of them"
                )));
            }
            if !self.map.contains_key(name) {
                self.made.insert(name.clone(), origin.to_owned());
                let schema = schema(name);
                self.map.insert(name.clone(), schema);
                return Ok(reference(name));
            }
        }
        let [first, second] = names;
        Err(GenerateError::new(format!(
            "there is no name left for {origin}: `{first}` and `{second}` are both taken; rename one of \
             those types with `#[schemars(rename = \"…\")]`"
        )))
    }
}

/// Names that are made in one sweep must not depend on the sweep's order.
fn is_same_kind(one: &str, other: &str) -> bool {
    let kind = |origin: &str| origin.split(' ').take(2).collect::<Vec<_>>().join(" ");
    kind(one) == kind(other)
}

/// Gives the branches of every enum a name.
pub(super) fn name_all(defs: &mut Defs) -> Result<(), GenerateError> {
    let mut names: Vec<String> = defs.map.keys().cloned().collect();
    names.sort();
    names.iter().try_for_each(|name| name_branches(name, defs))
}

/// Gives the branches of this definition names, if it is an enum.
pub(super) fn name_branches(name: &str, defs: &mut Defs) -> Result<(), GenerateError> {
    let Some(Value::Object(map)) = defs.map.get(name) else { return Ok(()) };
    let mut map = map.clone();
    if let Some(branches) = list(&map, "oneOf") {
        if let Some((key, values)) = tag(&branches) {
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

/// The property that tells a tagged enum's branches apart, and each branch's value of it.
fn tag(branches: &[Value]) -> Option<(String, Vec<String>)> {
    let keys: BTreeSet<_> = branches.first()?.get("properties")?.as_object()?.keys().collect();
    keys.into_iter().find_map(|key| {
        let values: Option<Vec<_>> = branches
            .iter()
            .map(|branch| {
                let required = branch.get("required")?.as_array()?;
                let value = branch.get("properties")?.get(key)?.get("const")?.as_str()?;
                required.iter().any(|name| name == key).then(|| value.to_owned())
            })
            .collect();
        let values = values?;
        let distinct = values.iter().collect::<BTreeSet<_>>().len();
        (distinct == values.len()).then(|| (key.clone(), values))
    })
}

/// A tagged enum: `<Enum><Variant>` for each branch, told apart by a discriminator.
fn tagged(
    name: &str,
    map: &mut Map<String, Value>,
    key: &str,
    branches: Vec<(String, Value)>,
    defs: &mut Defs,
) -> Result<(), GenerateError> {
    // The fields of a struct that flattens an enum belong to each branch, unless something beside
    // them speaks of all the others.
    let is_plain =
        !map.contains_key("additionalProperties") && !map.contains_key("patternProperties");
    let shared: Map<_, _> = ["properties", "required"]
        .into_iter()
        .filter(|_| is_plain)
        .filter_map(|key| map.remove_entry(key))
        .collect();
    let mut references = Vec::new();
    for (value, branch) in branches {
        let origin = format!("the variant {value:?} of `{name}`");
        let branch = with_fields(whole(branch, &defs.map), &shared);
        let base = format!("{name}{}", pascal(&value));
        references.push(defs.add([base.clone(), base + "Variant"], &origin, |_| branch)?);
    }
    map.insert("type".to_owned(), json!("object"));
    for (own, shared) in [("properties", json!({})), ("required", json!([]))] {
        map.entry(own).or_insert(shared);
    }
    map["properties"][key] = json!({ "type": "string" });
    if let Some(required) = map["required"].as_array_mut()
        && !required.iter().any(|name| name == key)
    {
        required.push(json!(key));
    }
    map.insert("discriminator".to_owned(), json!({ "propertyName": key }));
    map.insert("oneOf".to_owned(), Value::Array(references));
    Ok(())
}

/// A branch that refers to a struct and adds the tag becomes one object: where a reference has
/// siblings, generators forget one or the other.
fn whole(mut branch: Value, defs: &Map<String, Value>) -> Value {
    let Some(name) = branch.get("$ref").and_then(Value::as_str).and_then(super::walk::name_of)
    else {
        return branch;
    };
    let simple =
        ["type", "properties", "required", "description", "title", "deprecated", "default"];
    let target = defs.get(name).and_then(Value::as_object).cloned();
    let is_simple = |map: &Map<String, Value>| {
        map.get("type").is_some_and(|is| is == "object")
            && map.keys().all(|key| simple.contains(&key.as_str()))
    };
    match (target, &mut branch) {
        (Some(target), Value::Object(map)) if is_simple(&target) => {
            map.remove("$ref");
            if let Some(words) = target.get("description") {
                map.entry("description").or_insert_with(|| words.clone());
            }
            with_fields(branch, &target)
        }
        (_, Value::Object(map)) => {
            if let Some(reference) = map.remove("$ref") {
                map.insert("allOf".to_owned(), json!([{ "$ref": reference }]));
            }
            branch
        }
        _ => branch,
    }
}

/// Adds another object's fields; those that are there already stay.
fn with_fields(mut branch: Value, from: &Map<String, Value>) -> Value {
    if let Some(fields) = from.get("properties").and_then(Value::as_object)
        && let Some(own) = branch.get_mut("properties").and_then(Value::as_object_mut)
    {
        for (name, schema) in fields {
            own.entry(name.clone()).or_insert_with(|| schema.clone());
        }
    }
    if let Some(names) = from.get("required").and_then(Value::as_array)
        && let Some(own) = branch.get_mut("required").and_then(Value::as_array_mut)
    {
        let added: Vec<_> = names.iter().filter(|name| !own.contains(name)).cloned().collect();
        own.extend(added);
    }
    branch
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
    defs: &mut Defs,
) -> Result<Value, GenerateError> {
    let mut out = Vec::new();
    for (value, branch) in branches {
        let Some(value) = value else {
            out.push(branch);
            continue;
        };
        let origin = format!("the variant {value:?} of `{name}`");
        let base = format!("{name}{}", pascal(&value));
        out.push(defs.add([base.clone(), base + "Variant"], &origin, |_| branch)?);
    }
    Ok(Value::Array(out))
}
