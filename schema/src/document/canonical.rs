//! One text for one document: keys in a fixed order, short parts on one line, a final newline.

use serde_json::{Map, Number, Value};

use crate::json_schema::keyword::{self, Holds};

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

/// Whether the keys under this keyword are the user's.
fn holds_names(key: &str) -> bool {
    keyword::holds(key) == Holds::ByName
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

fn write(value: &Value, is_schema: bool, depth: usize, out: &mut String) {
    let start = out.len();
    let limit = if depth == 0 { 0 } else { start + WIDTH.saturating_sub(2 * depth) };
    let is_leaf = match value {
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => true,
    };
    if one_line(value, is_schema, if is_leaf { usize::MAX } else { limit }, out) {
        return;
    }
    out.truncate(start);
    let indent = "  ".repeat(depth + 1);
    match value {
        Value::Array(items) => {
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
        Value::Object(map) => {
            out.push('{');
            for (index, (key, value)) in members(map, is_schema).into_iter().enumerate() {
                out.push_str(if index == 0 { "\n" } else { ",\n" });
                out.push_str(&indent);
                string(key, out);
                out.push_str(": ");
                write(value, !(is_schema && holds_names(key)), depth + 1, out);
            }
            out.push('\n');
            out.push_str(&indent[2..]);
            out.push('}');
        }
        _ => {}
    }
}

/// Writes the whole on this line; false as soon as the text is longer than `limit`.
fn one_line(value: &Value, is_schema: bool, limit: usize, out: &mut String) -> bool {
    match value {
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                if !one_line(item, is_schema, limit, out) {
                    return false;
                }
            }
            out.push(']');
        }
        Value::Object(map) if map.is_empty() => out.push_str("{}"),
        // Only members that may fit are sorted: the shortest member has 8 characters.
        Value::Object(map) if out.len().saturating_add(map.len().saturating_mul(8)) > limit => {
            return false;
        }
        Value::Object(map) => {
            out.push_str("{ ");
            for (index, (key, value)) in members(map, is_schema).into_iter().enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                string(key, out);
                out.push_str(": ");
                if !one_line(value, !(is_schema && holds_names(key)), limit, out) {
                    return false;
                }
            }
            out.push_str(" }");
        }
        Value::String(text) => string(text, out),
        Value::Number(number) => out.push_str(&plain(number)),
        Value::Bool(_) | Value::Null => out.push_str(&value.to_string()),
    }
    out.len() <= limit
}

fn string(text: &str, out: &mut String) {
    out.push_str(&Value::from(text).to_string());
}

/// One spelling for one number, even if a feature of serde_json keeps the text that was read.
fn plain(number: &Number) -> String {
    if let Some(number) = number.as_i64() {
        return number.to_string();
    }
    if let Some(number) = number.as_u64() {
        return number.to_string();
    }
    let float = number.as_f64().and_then(Number::from_f64);
    float.map_or_else(|| number.to_string(), |number| number.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Inserts the members in this order and in the opposite one: with `preserve_order` these are two
    /// maps.
    fn both_ways(members: &[(&str, Value)]) -> [Value; 2] {
        let all = |members: Vec<&(&str, Value)>| {
            let members =
                members.into_iter().map(|(key, value)| ((*key).to_owned(), value.clone()));
            Value::Object(members.collect())
        };
        [all(members.iter().collect()), all(members.iter().rev().collect())]
    }

    #[test]
    fn the_order_of_insertion_does_not_show() {
        let fields = both_ways(&[("b", json!({})), ("a", json!(true)), ("type", json!({}))]);
        let [one, other] = fields.map(|fields| {
            both_ways(&[
                ("required", json!(["b"])),
                ("zeta", json!(1)),
                ("properties", fields),
                ("type", json!("object")),
                ("anyOf", json!([])),
            ])
        });
        let texts: Vec<_> = one.iter().chain(&other).map(text).collect();
        assert!(texts.iter().all(|text| *text == texts[0]), "{texts:?}");
        assert_eq!(
            texts[0],
            "{\n  \"type\": \"object\",\n  \"properties\": { \"a\": true, \"b\": {}, \"type\": {} },\n  \
             \"required\": [\"b\"],\n  \"anyOf\": [],\n  \"zeta\": 1\n}\n"
        );
    }

    #[test]
    fn numbers_and_long_strings_stay_what_they_are() {
        let value =
            json!({ "a": u64::MAX, "b": i64::MIN, "c": 1.0, "d": 1e300, "e": "x".repeat(200) });
        let text = text(&value);
        for part in ["18446744073709551615", "-9223372036854775808", ": 1.0", "1e+300", "xxx"] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert_eq!(serde_json::from_str::<Value>(&text).ok(), Some(value));
    }

    #[test]
    fn depth_costs_no_more_than_length() {
        let mut deep = json!(vec!["x".repeat(80); 20_000]);
        for _ in 0..100 {
            deep = json!({ "not": deep });
        }
        assert!(text(&deep).lines().count() > 20_000);
    }
}
