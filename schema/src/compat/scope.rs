//! `unevaluatedProperties` and `unevaluatedItems`: what must be said of that which no keyword of the
//! same schema, or of those that it combines and refers to, has looked at (JSON Schema 2020-12, core,
//! section 11).

use serde_json::{Map, Value};

use super::{
    node::{Alt, Kind},
    pattern,
};

/// Keywords whose outcome decides what has been looked at.
const CONDITIONAL: [&str; 5] = ["if", "then", "else", "dependentSchemas", "$dynamicRef"];

/// One `unevaluatedProperties` or `unevaluatedItems`, and what it can see.
#[derive(Debug, Clone)]
pub(super) struct Scope<'a> {
    /// What the rest must be.
    pub(super) rest: &'a Value,
    /// The schemas below the one that has the keyword, and itself.
    parts: Vec<&'a Map<String, Value>>,
}

/// The keyword for the values of one type.
fn keyword(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Object => Some("unevaluatedProperties"),
        Kind::Array => Some("unevaluatedItems"),
        _ => None,
    }
}

/// Gives the alternatives of a schema the scope that its keyword opens, if it has one.
pub(super) fn open<'a>(schema: &'a Map<String, Value>, alts: &mut [Alt<'a>]) {
    for alt in alts {
        let Some(rest) = keyword(alt.kind).and_then(|key| schema.get(key)) else { continue };
        let others = if alt.kind == Kind::Object { "additionalProperties" } else { "items" };
        let looks_at_all = |part: &&Map<String, Value>| part.contains_key(others);
        // Then nothing is left to it.
        if alt.scopes.is_empty() && !alt.parts.iter().any(looks_at_all) {
            alt.scopes.push(Scope { rest, parts: alt.parts.clone() });
        }
    }
}

/// Whether all that the scopes depend on is known.
pub(super) fn are_clear(alt: &Alt<'_>) -> bool {
    let is_odd = |part: &&Map<String, Value>| {
        CONDITIONAL.iter().any(|key| part.contains_key(*key))
            || (alt.kind == Kind::Array && part.contains_key("contains"))
    };
    !alt.scopes.iter().any(|scope| scope.parts.iter().any(is_odd))
}

impl Scope<'_> {
    /// Whether a field of this name has been looked at; `None` if that can't be told.
    pub(super) fn has_field(&self, name: &str) -> Option<bool> {
        let named = self.parts.iter().filter_map(|part| part.get("properties")?.as_object());
        if named.into_iter().any(|fields| fields.contains_key(name)) {
            return Some(true);
        }
        let patterns = self.parts.iter().filter_map(|part| part.get("patternProperties"));
        let patterns = patterns.filter_map(Value::as_object).flat_map(Map::keys);
        pattern::any(patterns.map(String::as_str), name)
    }

    /// Whether the item at this place has been looked at.
    pub(super) fn has_item(&self, index: usize) -> bool {
        let first = self.parts.iter().filter_map(|part| part.get("prefixItems")?.as_array());
        first.into_iter().any(|items| items.len() > index)
    }
}
