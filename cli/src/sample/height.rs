//! How deep the smallest value of a definition is, so that recursive types end.

use std::collections::HashMap;

use serde_json::{Map, Value};
use wirebond_schema::internal::{reference, required};

use super::view::count;

/// Values that are deeper than this are not made.
const DEEPEST: usize = 64;

/// The least depth of each definition that has one.
#[derive(Debug)]
pub(super) struct Heights(HashMap<String, usize>);

impl Heights {
    pub(super) fn of(defs: Option<&Map<String, Value>>) -> Self {
        let mut heights = Self(HashMap::new());
        let Some(defs) = defs else { return heights };
        // A definition's depth is known one round after those that it needs.
        for _ in 0..DEEPEST {
            let mut is_new = false;
            for (name, schema) in defs {
                if !heights.0.contains_key(name)
                    && let Some(height) = heights.height(schema, defs)
                {
                    heights.0.insert(name.clone(), height);
                    is_new = true;
                }
            }
            if !is_new {
                break;
            }
        }
        heights
    }

    /// The least depth of a schema's values; `None` if there are none that end.
    pub(super) fn height(&self, schema: &Value, defs: &Map<String, Value>) -> Option<usize> {
        let Value::Object(map) = schema else {
            return (schema != &Value::Bool(false)).then_some(0);
        };
        if map.contains_key("const") || map.contains_key("enum") {
            return Some(0);
        }
        let mut most = 0;
        if map.contains_key(reference::KEY) {
            most = *self.0.get(reference::target(schema, defs)?.0)?;
        }
        for part in map.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            most = most.max(self.height(part, defs)?);
        }
        for keyword in ["anyOf", "oneOf"] {
            if let Some(branches) = map.get(keyword).and_then(Value::as_array) {
                let heights = branches.iter().filter_map(|branch| self.height(branch, defs));
                most = most.max(heights.min()?);
            }
        }
        if let Some(content) = map
            .get("contentSchema")
            .filter(|_| map.get("type").is_some_and(|name| name == "string"))
        {
            most = most.max(1 + self.height(content, defs)?);
        }
        if may_be_scalar(map) {
            return Some(most);
        }
        let properties = map.get("properties").and_then(Value::as_object);
        for key in required(map) {
            if let Some(schema) = properties.and_then(|properties| properties.get(key)) {
                most = most.max(1 + self.height(schema, defs)?);
            }
        }
        let items = usize::try_from(map.get("minItems").map_or(0, count)).unwrap_or(usize::MAX);
        let prefix = map.get("prefixItems").and_then(Value::as_array);
        for item in prefix.into_iter().flatten().take(items) {
            most = most.max(1 + self.height(item, defs)?);
        }
        if let Some(item) = map.get("items").filter(|_| items > prefix.map_or(0, Vec::len)) {
            most = most.max(1 + self.height(item, defs)?);
        }
        Some(most)
    }
}

/// Whether a value without parts is possible.
fn may_be_scalar(map: &Map<String, Value>) -> bool {
    let is_scalar = |name: &Value| name != "object" && name != "array";
    match map.get("type") {
        Some(Value::Array(names)) => names.iter().any(is_scalar),
        Some(name) => is_scalar(name),
        None => false,
    }
}
