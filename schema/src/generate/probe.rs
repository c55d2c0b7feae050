//! Values with a variant that no schema lists.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::sample::{UNKNOWN, minimal, type_of};
use crate::{
    document::Document,
    json_schema::{reference, tag},
};

/// How deep payloads are looked into.
const DEPTH: usize = 48;

/// Values of this schema with one unknown variant each, and whose enum it is: `name` is that of the
/// schema.
pub(super) fn probes(document: &Document, schema: &Value, name: &str) -> Vec<(String, Value)> {
    Prober { document, seen: BTreeSet::new() }.probes(schema, name, 0)
}

struct Prober<'a> {
    document: &'a Document,
    /// Definitions that were looked into: once is enough.
    seen: BTreeSet<&'a str>,
}

impl<'a> Prober<'a> {
    /// Values of this schema with one unknown variant each, and whose it is.
    fn probes(&mut self, schema: &'a Value, name: &str, depth: usize) -> Vec<(String, Value)> {
        if schema.get(reference::KEY).is_some() {
            return match self.document.target(schema) {
                Some((def, schema)) if depth < DEPTH && self.seen.insert(def) => {
                    self.probes(schema, def, depth + 1)
                }
                _ => Vec::new(),
            };
        }
        let mut found = Vec::new();
        if is_strings(schema) {
            found.push((name.to_owned(), json!(UNKNOWN)));
        }
        if let Some(branches) = schema.get("oneOf").and_then(Value::as_array) {
            if let Some(key) = self.tag(schema) {
                // With a content that isn't its own, an adjacently tagged variant may fail.
                let full = minimal(self.document, schema);
                for mut value in full.into_iter().chain([json!({})]) {
                    value[&key] = json!(UNKNOWN);
                    found.push((name.to_owned(), value));
                }
            } else if !branches.iter().any(is_strings) {
                found.push((name.to_owned(), json!(UNKNOWN)));
            }
            found.extend(branches.iter().flat_map(|branch| self.probes(branch, name, depth + 1)));
        }
        if let Some(branches) = schema.get("anyOf").and_then(Value::as_array) {
            let mut real =
                branches.iter().filter(|branch| branch.get("type") != Some(&json!("null")));
            if let (Some(branch), None) = (real.next(), real.next()) {
                found.extend(self.probes(branch, name, depth + 1));
            }
        }
        self.within_objects(schema, name, depth, &mut found);
        self.within_arrays(schema, name, depth, &mut found);
        found
    }

    fn tag(&self, schema: &Value) -> Option<String> {
        let defs = self.document.value().get("$defs")?.as_object()?;
        Some(tag::of_union(schema.as_object()?, defs)?.0)
    }

    fn within_objects(
        &mut self,
        schema: &'a Value,
        name: &str,
        depth: usize,
        found: &mut Vec<(String, Value)>,
    ) {
        for (field, schema_of_field) in members(schema, "properties") {
            for (name, probe) in self.probes(schema_of_field, name, depth + 1) {
                if let Some(mut value) = minimal(self.document, schema) {
                    value[field] = probe;
                    found.push((name, value));
                }
            }
        }
        let patterns = members(schema, "patternProperties").map(|(_, schema)| ("1", schema));
        let others = schema.get("additionalProperties").map(|schema| ("a", schema));
        for (key, values) in patterns.chain(others) {
            for (name, probe) in self.probes(values, name, depth + 1) {
                if let Some(mut value) = minimal(self.document, schema) {
                    value[key] = probe;
                    found.push((name, value));
                }
            }
        }
    }

    fn within_arrays(
        &mut self,
        schema: &'a Value,
        name: &str,
        depth: usize,
        found: &mut Vec<(String, Value)>,
    ) {
        if let Some(items) = schema.get("items") {
            let probes = self.probes(items, name, depth + 1);
            found.extend(probes.into_iter().map(|(name, probe)| (name, json!([probe]))));
        }
        let places = schema.get("prefixItems").and_then(Value::as_array).into_iter().flatten();
        for (index, item) in places.enumerate() {
            for (name, probe) in self.probes(item, name, depth + 1) {
                if let Some(mut value) = minimal(self.document, schema)
                    && let Some(place) = value.get_mut(index)
                {
                    *place = probe;
                    found.push((name, value));
                }
            }
        }
    }
}

fn members<'a>(schema: &'a Value, key: &str) -> impl Iterator<Item = (&'a str, &'a Value)> {
    let map = schema.get(key).and_then(Value::as_object);
    map.into_iter().flatten().map(|(name, schema)| (name.as_str(), schema))
}

fn is_strings(schema: &Value) -> bool {
    type_of(schema) == "string" && (schema.get("enum").is_some())
}
