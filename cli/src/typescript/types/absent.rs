//! Parts of an object that may be missing as a whole: a flattened `Option`.
//!
//! Its schema is one of several branches or anything. As a type, that would be anything; what is meant
//! is one of the branches, or none of their properties.

use std::{collections::BTreeSet, fmt::Write};

use serde_json::{Map, Value};
use wirebond_schema::internal::reference;

use super::{Type, Types, key};

/// The properties of an object, with those of the object that it is a part of; `None` for what needn't
/// be one.
pub(super) fn object(
    map: &Map<String, Value>,
    outer: Option<BTreeSet<String>>,
) -> Option<BTreeSet<String>> {
    let properties = map.get("properties").and_then(Value::as_object);
    let is_object = map.get("type").is_some_and(|kind| kind == "object") || properties.is_some();
    if outer.is_none() && !is_object {
        return None;
    }
    let mut names = outer.unwrap_or_default();
    names.extend(properties.into_iter().flat_map(Map::keys).cloned());
    Some(names)
}

/// Whether a schema takes anything.
fn is_anything(schema: &Value) -> bool {
    match schema {
        Value::Object(map) => {
            map.keys().all(|key| ["title", "description"].contains(&key.as_str()))
        }
        other => other == &Value::Bool(true),
    }
}

impl Types<'_> {
    /// Writes the branches that take anything as objects without the other branches' properties. `own`
    /// are those of the object itself.
    pub(super) fn absent(&self, branches: &[Value], own: &BTreeSet<String>, types: &mut [Type]) {
        let mut names = BTreeSet::new();
        let mut seen = BTreeSet::new();
        for branch in branches {
            self.properties(branch, &mut names, &mut seen);
        }
        let names: Vec<_> = names.iter().filter(|name| !own.contains(**name)).collect();
        if names.is_empty() {
            return;
        }
        let mut text = String::from("{");
        for name in names {
            // Writing to a string can't fail.
            let _ = write!(text, " {}?: never;", key(name));
        }
        text.truncate(text.len() - 1);
        text.push_str(" }");
        for (_, type_) in branches.iter().zip(types).filter(|(branch, _)| is_anything(branch)) {
            *type_ = Type::single(text.clone());
        }
    }

    /// Collects the properties that a schema names. Each definition is looked at once.
    fn properties<'s>(
        &'s self,
        schema: &'s Value,
        names: &mut BTreeSet<&'s str>,
        seen: &mut BTreeSet<&'s str>,
    ) {
        let list = |key: &str| schema.get(key).and_then(Value::as_array).into_iter().flatten();
        let properties = schema.get("properties").and_then(Value::as_object);
        names.extend(properties.into_iter().flat_map(Map::keys).map(String::as_str));
        names.extend(list("required").filter_map(Value::as_str));
        for part in ["allOf", "anyOf", "oneOf"].into_iter().flat_map(list) {
            self.properties(part, names, seen);
        }
        let def =
            schema.get(reference::KEY).and_then(Value::as_str).and_then(reference::plain_name);
        if let Some(def) = def.filter(|def| seen.insert(def))
            && let Some(schema) = self.defs.get(def)
        {
            self.properties(schema, names, seen);
        }
    }
}
