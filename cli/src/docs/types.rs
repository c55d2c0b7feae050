//! The short description of a schema: its type, and what narrows it.

use maud::{Markup, html};
use serde_json::{Map, Value, json};

use super::{Page, index::target};

/// How many levels of a type are described.
const DEEPEST: usize = 8;
/// How long a list of values may be to stand beside a field.
const FEW: usize = 160;

impl Page<'_> {
    /// A description of a type, such as "array of User".
    pub(super) fn type_of(&self, schema: &Value) -> Markup {
        self.type_at(schema, 0)
    }

    /// A link to where a type is described.
    pub(super) fn link(&self, name: &str) -> Markup {
        html! {
            @if self.index.home(name).is_some() {
                a.type href={ "#" (super::id("type", name)) } { (name) }
            } @else {
                code { (name) }
            }
        }
    }

    fn type_at(&self, schema: &Value, depth: usize) -> Markup {
        let map = match schema {
            Value::Bool(false) => return html! { "nothing" },
            Value::Object(map) if depth < DEEPEST => map,
            Value::Object(_) => return html! { "…" },
            _ => return html! { "anything" },
        };
        if let Some(name) = target(map) {
            return self.link(name);
        }
        if let Some(value) = map.get("const") {
            return literal(value);
        }
        for (key, between) in [("anyOf", " or "), ("oneOf", " or "), ("allOf", " and ")] {
            let Some(branches) = map.get(key).and_then(Value::as_array) else { continue };
            if branches.iter().any(needs_room) {
                return html! { "one of several" };
            }
            let branches: Vec<_> = branches.iter().map(|s| self.type_at(s, depth + 1)).collect();
            return join(&branches, between);
        }
        let types: Vec<Markup> = match map.get("type") {
            Some(Value::String(kind)) => vec![self.kind(kind, map, depth)],
            Some(Value::Array(kinds)) => {
                let kinds = kinds.iter().filter_map(Value::as_str);
                kinds.map(|kind| self.kind(kind, map, depth)).collect()
            }
            _ => Vec::new(),
        };
        if types.is_empty() {
            return html! { @if map.contains_key("enum") { "a value" } @else { "anything" } };
        }
        join(&types, " or ")
    }

    fn kind(&self, kind: &str, map: &Map<String, Value>, depth: usize) -> Markup {
        // Without a `format`, a number is a double.
        let format = map.get("format").and_then(Value::as_str).filter(|format| *format != "double");
        let inner = |key: &str| map.get(key).map(|schema| self.type_at(schema, depth + 1));
        match kind {
            "array" => match map.get("prefixItems").and_then(Value::as_array) {
                Some(items) => {
                    let items: Vec<_> = items.iter().map(|s| self.type_at(s, depth + 1)).collect();
                    html! { "tuple of " (join(&items, ", ")) }
                }
                None => {
                    html! { "array of " (inner("items").unwrap_or_else(|| html! { "anything" })) }
                }
            },
            "object" if !map.contains_key("properties") => {
                let values = map.get("additionalProperties").filter(|schema| schema.is_object());
                html! {
                    @if let Some(schema) = values {
                        "map of string to " (self.type_at(schema, depth + 1))
                    } @else {
                        "object"
                    }
                }
            }
            kind => html! {
                (kind)
                @if let Some(format) = format.filter(|_| kind != "null") {
                    " " span.format { (format) }
                }
            },
        }
    }

    /// What narrows a schema's values, each as a short phrase.
    pub(super) fn limits(&self, schema: &Value) -> Vec<Markup> {
        let mut limits = Vec::new();
        let Some(map) = schema.as_object() else { return limits };
        if let Some(values) = self.values_beside(map) {
            let values: Vec<_> = values.iter().map(literal).collect();
            limits.push(html! { "one of " (join(&values, ", ")) });
        }
        let range = |from: &str, to: &str| match (map.get(from), map.get(to)) {
            (None, None) => None,
            (Some(from), None) => Some(html! { "at least " (from) }),
            (None, Some(to)) => Some(html! { "at most " (to) }),
            (Some(from), Some(to)) if from == to => Some(html! { "exactly " (from) }),
            (Some(from), Some(to)) => Some(html! { (from) " to " (to) }),
        };
        let is_int32 = map.get("format") == Some(&json!("int32"))
            && map.get("minimum") == Some(&json!(i32::MIN))
            && map.get("maximum") == Some(&json!(i32::MAX));
        limits.extend(range("minimum", "maximum").filter(|_| !is_int32));
        limits.extend(map.get("exclusiveMinimum").map(|limit| html! { "above " (limit) }));
        limits.extend(map.get("exclusiveMaximum").map(|limit| html! { "below " (limit) }));
        limits.extend(map.get("multipleOf").map(|of| html! { "a multiple of " (of) }));
        limits.extend(range("minLength", "maxLength").map(|range| html! { (range) " characters" }));
        limits.extend(map.get("pattern").and_then(Value::as_str).map(|pattern| {
            html! { "matches " code { (pattern) } }
        }));
        // A tuple's length is the number of its types.
        if !map.contains_key("prefixItems") {
            limits.extend(range("minItems", "maxItems").map(|range| html! { (range) " items" }));
        }
        limits.extend(range("minProperties", "maxProperties").map(|r| html! { (r) " entries" }));
        if map.get("uniqueItems") == Some(&Value::Bool(true)) {
            limits.push(html! { "each item once" });
        }
        if let Some(value) = map.get("default") {
            limits.push(html! { "default " (literal(value)) });
        }
        limits
    }

    /// The values of an enum, or of the enum that a reference names, if they are few.
    fn values_beside<'v>(&'v self, map: &'v Map<String, Value>) -> Option<&'v [Value]> {
        let named = target(map).and_then(|name| self.index.def(name));
        let values = named.map_or(map.get("enum"), |def| def.get("enum"))?.as_array()?;
        let length: usize = values.iter().take(FEW).map(|value| length(value) + 3).sum();
        (length <= FEW && values.len() <= FEW).then_some(values)
    }
}

/// Whether a branch has fields of its own, which need a list.
pub(super) fn needs_room(schema: &Value) -> bool {
    let has = |key: &str| schema.get(key).is_some();
    has("properties") || has("enum") || has("anyOf") || has("oneOf") || has("allOf")
}

/// A value, as it stands in a message.
pub(super) fn literal(value: &Value) -> Markup {
    html! { code { (value) } }
}

fn length(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(_) | Value::Object(_) => FEW,
        _ => 8,
    }
}

pub(super) fn join(parts: &[Markup], between: &str) -> Markup {
    html! {
        @for (index, part) in parts.iter().enumerate() {
            @if index > 0 { (between) }
            (part)
        }
    }
}
