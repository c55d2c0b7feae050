//! `unevaluatedProperties` and `unevaluatedItems`: the schema of the fields and items that no keyword
//! of the same schema, or of those that it combines and refers to, has evaluated (JSON Schema 2020-12, core,
//! section 11).

use serde_json::{Map, Value};

use super::pattern;

/// One `unevaluatedProperties` or `unevaluatedItems`, and what it can see.
#[derive(Debug, Clone)]
pub(crate) struct Scope<'a> {
    /// What the rest must be.
    pub(crate) rest: &'a Value,
    /// The schemas below the one that has the keyword, and itself.
    pub(crate) parts: Vec<&'a Map<String, Value>>,
}

impl Scope<'_> {
    /// Whether a field of this name has been evaluated; `None` if that can't be decided.
    pub(crate) fn has_field(&self, name: &str) -> Option<bool> {
        let named = self.parts.iter().filter_map(|part| part.get("properties")?.as_object());
        if named.into_iter().any(|fields| fields.contains_key(name)) {
            return Some(true);
        }
        let patterns = self.parts.iter().filter_map(|part| part.get("patternProperties"));
        let patterns = patterns.filter_map(Value::as_object).flat_map(Map::keys);
        pattern::any(patterns.map(String::as_str), name)
    }

    /// Whether the item at this place has been evaluated.
    pub(crate) fn has_item(&self, index: usize) -> bool {
        let first = self.parts.iter().filter_map(|part| part.get("prefixItems")?.as_array());
        first.into_iter().any(|items| items.len() > index)
    }
}
