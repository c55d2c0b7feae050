//! One text for one document: keys in a fixed order, short parts on one line, a final newline.

use serde_json::{Map, Value};

/// What fits on one line.
const WIDTH: usize = 90;

/// Keys that come first, in this order; the rest follows by name.
const FIRST: [&str; 12] = [
    "$schema",
    "$id",
    "$ref",
    "title",
    "description",
    "deprecated",
    "type",
    "format",
    "const",
    "enum",
    "properties",
    "required",
];

pub(super) fn text(value: &Value) -> String {
    let mut out = String::new();
    write(value, true, 0, &mut out);
    out.push('\n');
    out
}

fn rank(key: &str) -> usize {
    FIRST.iter().position(|first| *first == key).unwrap_or(FIRST.len())
}

/// An object's members in canonical order. Names that are the user's (`is_schema` is false) are sorted
/// as they are.
fn members(map: &Map<String, Value>, is_schema: bool) -> Vec<(&String, &Value)> {
    let mut members: Vec<_> = map.iter().collect();
    members.sort_by_key(|(key, _)| (if is_schema { rank(key) } else { 0 }, *key));
    members
}

/// Whether the values under this key are schemas by name.
fn holds_names(key: &str) -> bool {
    matches!(key, "$defs" | "properties" | "patternProperties" | "dependentSchemas")
}

fn write(value: &Value, is_schema: bool, depth: usize, out: &mut String) {
    let line = one_line(value, is_schema);
    if depth > 0 && line.len() + 2 * depth <= WIDTH {
        out.push_str(&line);
        return;
    }
    let indent = "  ".repeat(depth + 1);
    match value {
        Value::Array(items) if !items.is_empty() => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index == 0 { "\n" } else { ",\n" });
                out.push_str(&indent);
                write(item, is_schema, depth + 1, out);
            }
            out.push('\n');
            out.push_str(&indent[2..]);
            out.push(']');
        }
        Value::Object(map) if !map.is_empty() => {
            out.push('{');
            for (index, (key, value)) in members(map, is_schema).into_iter().enumerate() {
                out.push_str(if index == 0 { "\n" } else { ",\n" });
                out.push_str(&indent);
                out.push_str(&Value::from(key.as_str()).to_string());
                out.push_str(": ");
                write(value, !(is_schema && holds_names(key)), depth + 1, out);
            }
            out.push('\n');
            out.push_str(&indent[2..]);
            out.push('}');
        }
        _ => out.push_str(&line),
    }
}

fn one_line(value: &Value, is_schema: bool) -> String {
    match value {
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(|item| one_line(item, is_schema)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(map) if map.is_empty() => "{}".to_owned(),
        Value::Object(map) => {
            let members: Vec<_> = members(map, is_schema)
                .into_iter()
                .map(|(key, value)| {
                    let value = one_line(value, !(is_schema && holds_names(key)));
                    format!("{}: {value}", Value::from(key.as_str()))
                })
                .collect();
            format!("{{ {} }}", members.join(", "))
        }
        scalar => scalar.to_string(),
    }
}
