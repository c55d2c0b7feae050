//! JSON for readers: indented, its fields in the order of the fields beside it.

use std::collections::BTreeMap;

use maud::{Markup, html};
use serde_json::{Map, Value};
use wirebond_schema::Document;

/// How deep values are indented; what is deeper stands on one line.
const DEEPEST: usize = 24;
/// How many references are followed to the schema of one value.
const MOST_REFERENCES: usize = 8;

/// An example, indented.
pub(super) fn pretty(value: &Value, schema: &Value, document: &Document) -> Markup {
    write(value, Shape { schema: Some(schema), document }.resolved(), 0)
}

/// The schema of a value, as far as it is known.
#[derive(Clone, Copy)]
struct Shape<'a> {
    schema: Option<&'a Value>,
    document: &'a Document,
}

impl<'a> Shape<'a> {
    fn resolved(self) -> Self {
        let mut schema = self.schema;
        for _ in 0..MOST_REFERENCES {
            let target = schema.and_then(Value::as_object).and_then(super::index::target);
            let Some(name) = target else { break };
            schema = self.document.def(name);
        }
        Self { schema, ..self }
    }

    /// The schema under these keys.
    fn under(self, keys: &[&str]) -> Self {
        let schema = keys.iter().fold(self.schema, |schema, key| schema?.get(key));
        Self { schema, ..self }.resolved()
    }

    /// An object's members: first those that are required, as they were declared.
    fn members(self, map: &'a Map<String, Value>) -> Vec<(&'a String, &'a Value)> {
        let required = self.schema.and_then(|schema| schema.get("required")?.as_array());
        let names = required.into_iter().flatten().filter_map(Value::as_str);
        let ranks: BTreeMap<&str, usize> =
            names.enumerate().map(|(rank, name)| (name, rank)).collect();
        let mut members: Vec<_> = map.iter().collect();
        members
            .sort_by_key(|(key, _)| (ranks.get(key.as_str()).copied().unwrap_or(usize::MAX), *key));
        members
    }
}

fn write(value: &Value, shape: Shape<'_>, depth: usize) -> Markup {
    let indent = "  ".repeat(depth + 1);
    match value {
        Value::String(_) => html! { span.s { (value) } },
        Value::Array(items) if !items.is_empty() && depth < DEEPEST => {
            let shape = shape.under(&["items"]);
            let is_short =
                |item: &Value| !(item.is_array() || item.is_object() || item.is_string());
            html! {
                @if items.len() <= 4 && items.iter().all(is_short) {
                    "["
                    @for (index, item) in items.iter().enumerate() {
                        @if index > 0 { ", " }
                        (write(item, shape, depth + 1))
                    }
                    "]"
                } @else {
                    "[\n"
                    @for (index, item) in items.iter().enumerate() {
                        @if index > 0 { ",\n" }
                        (indent) (write(item, shape, depth + 1))
                    }
                    "\n" (indent[2..]) "]"
                }
            }
        }
        Value::Object(map) if !map.is_empty() && depth < DEEPEST => html! {
            "{\n"
            @for (index, (key, value)) in shape.members(map).into_iter().enumerate() {
                @if index > 0 { ",\n" }
                (indent) span.k { (Value::from(key.as_str())) } ": "
                (write(value, shape.under(&["properties", key]), depth + 1))
            }
            "\n" (indent[2..]) "}"
        },
        Value::Array(_) | Value::Object(_) => html! { (value) },
        _ => html! { span.n { (value) } },
    }
}
