//! JSON for readers: indented, with its parts told apart.

use maud::{Markup, html};
use serde_json::Value;

/// How deep values are indented; what is deeper stands on one line.
const DEEPEST: usize = 24;
/// Keys that come first: an envelope's.
const FIRST: [&str; 2] = ["type", "data"];

/// An example, indented.
pub(super) fn pretty(value: &Value) -> Markup {
    write(value, 0)
}

fn write(value: &Value, depth: usize) -> Markup {
    let indent = "  ".repeat(depth + 1);
    let is_short = |value: &Value| !value.is_array() && !value.is_object();
    match value {
        Value::String(_) => html! { span.s { (value) } },
        Value::Array(items) if !items.is_empty() && depth < DEEPEST => html! {
            @if items.len() <= 4 && items.iter().all(|item| is_short(item) && !item.is_string()) {
                "["
                @for (index, item) in items.iter().enumerate() {
                    @if index > 0 { ", " }
                    (write(item, depth + 1))
                }
                "]"
            } @else {
                "[\n"
                @for (index, item) in items.iter().enumerate() {
                    @if index > 0 { ",\n" }
                    (indent) (write(item, depth + 1))
                }
                "\n" (indent[2..]) "]"
            }
        },
        Value::Object(map) if !map.is_empty() && depth < DEEPEST => {
            let mut members: Vec<_> = map.iter().collect();
            let rank = |key: &str| FIRST.iter().position(|first| *first == key);
            members.sort_by_key(|(key, _)| {
                (if depth == 0 { rank(key).unwrap_or(FIRST.len()) } else { 0 }, *key)
            });
            html! {
                "{\n"
                @for (index, (key, value)) in members.into_iter().enumerate() {
                    @if index > 0 { ",\n" }
                    (indent) span.k { (Value::from(key.as_str())) } ": " (write(value, depth + 1))
                }
                "\n" (indent[2..]) "}"
            }
        }
        Value::Array(_) | Value::Object(_) => html! { (value) },
        _ => html! { span.n { (value) } },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_envelope_begins_with_its_type() {
        let value = json!({ "at": [1, 2], "data": { "a": ["<"] }, "type": "x", "z": {} });
        let text = pretty(&value).into_string();
        let plain = without_tags(&text);
        assert_eq!(
            plain,
            "{\n  \"type\": \"x\",\n  \"data\": {\n    \"a\": [\n      \"&lt;\"\n    ]\n  },\n  \
             \"at\": [1, 2],\n  \"z\": {}\n}"
        );
    }

    /// The text without its tags, its quotes as they were.
    fn without_tags(html: &str) -> String {
        let parts = html.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text));
        parts.collect::<String>().replace("&quot;", "\"")
    }
}
