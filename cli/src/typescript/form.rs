//! A form that isn't wirebond's own, as the client reads it at run time.

use serde_json::Value;
use wirebond_core::wire::form::{CallForm, SideForm, WireForm};
use wirebond_schema::{Document, Message, internal::place_keys};

use super::text::quoted;

/// The form as a constant.
pub(super) fn constant(form: &WireForm) -> String {
    let mut members = vec![
        format!("  client: {},\n", side(&form.client)),
        format!("  server: {},\n", side(&form.server)),
    ];
    if form.batch {
        members.push("  isBatch: true,\n".to_owned());
    }
    members.extend(form.calls.as_ref().map(|form| format!("  calls: {},\n", calls(form))));
    format!(
        "/** How messages stand on the wire. */\nconst form: WireForm = {{\n{}}};\n\n",
        members.concat()
    )
}

fn side(form: &SideForm) -> String {
    let SideForm { tag, content, timestamp, integers, tags, constants, keys, untagged } = form;
    let mut members = Vec::new();
    if let Some(tag) = tag {
        members.push(format!("tag: {}", path(tag)));
        if tag.starts_with('/') {
            members.push("isWhole: true".to_owned());
        }
    }
    for (name, value) in [("content", content), ("timestamp", timestamp), ("untagged", untagged)] {
        members.extend(value.as_ref().map(|value| format!("{name}: {}", quoted(value))));
    }
    if *integers {
        members.push("isInteger: true".to_owned());
    }
    if !constants.is_empty() {
        // In brackets, or `__proto__` would be no property.
        let member = |key: &str, json: &str| format!("[{}]: {}", quoted(key), literal(json));
        let constants: Vec<_> = constants.iter().map(|it| member(&it.key, &it.json)).collect();
        members.push(format!("constants: {{ {} }}", constants.join(", ")));
    }
    let pair = |key: &str, name: &str| format!("[{}, {}]", quoted(key), quoted(name));
    if !tags.is_empty() {
        let tags: Vec<_> = tags.iter().map(|it| pair(&it.tag, &it.name)).collect();
        members.push(format!("tags: [{}]", tags.join(", ")));
    }
    if !keys.is_empty() {
        let keys: Vec<_> = keys.iter().map(|it| pair(&it.key, &it.name)).collect();
        members.push(format!("keys: [{}]", keys.join(", ")));
    }
    object(&members)
}

fn calls(form: &CallForm) -> String {
    let CallForm { id, re, strings, result, error, success } = form;
    let mut members = vec![format!("id: {}", path(id)), format!("re: {}", path(re))];
    if *strings {
        members.push("isString: true".to_owned());
    }
    for (name, place) in [("result", result), ("error", error), ("success", success)] {
        members.extend(place.as_ref().map(|place| format!("{name}: {}", path(place))));
    }
    object(&members)
}

fn object(members: &[String]) -> String {
    if members.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", members.join(", ")) }
}

/// The keys that lead to a place.
fn path(place: &str) -> String {
    let keys: Vec<_> = place_keys(place).iter().map(|key| quoted(key)).collect();
    format!("[{}]", keys.join(", "))
}

/// A JSON text as an expression.
fn literal(json: &str) -> String {
    match serde_json::from_str(json) {
        Ok(Value::String(text)) => quoted(&text),
        Ok(value @ (Value::Bool(_) | Value::Number(_))) => value.to_string(),
        Ok(_) => format!("JSON.parse({})", quoted(json)),
        Err(_) => "null".to_owned(),
    }
}

/// How a message is recognised, as an expression.
pub(super) fn told(message: &Message<'_>) -> String {
    match (message.tag(), message.key()) {
        (Some(tag), _) => format!("{{ tag: {} }}", literal(&tag.to_string())),
        (None, Some(key)) => format!("{{ key: {} }}", quoted(key)),
        (None, None) => "{}".to_owned(),
    }
}

/// The names of the messages whose payload has the number of an answered call as a member of its own.
pub(super) fn echoing(document: &Document) -> Vec<&str> {
    let re = document.form().calls.as_ref().map(|calls| &*calls.re);
    let Some(re) = re.filter(|re| !re.starts_with('/')) else { return Vec::new() };
    let has_re = |message: &Message<'_>| {
        let payload = message.payload();
        let target = payload.and_then(|payload| document.target(payload));
        let schema = target.map(|(_, schema)| schema).or(payload);
        schema.and_then(|schema| schema.get("properties")?.get(re)).is_some()
    };
    document.messages().filter(has_re).map(|message| message.name()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_form_leaves_its_literal() {
        let text = r#"{
            "client": { "tag": "/a~1b/~0\"/0", "timestamp": "__proto__" },
            "server": {
                "tag": "t\"\n", "content": "*/", "integers": true, "tags": [{ "tag": "-1", "name": "a\"" }], "untagged": "\u2028",
                "constants": [
                    { "key": "__proto__", "json": "\"a\\\"\"" }, { "key": "b", "json": "-1.5" },
                    { "key": "c", "json": "[\"\\u2028\"]" }, { "key": "d", "json": "evil()" }
                ],
                "keys": [{ "key": "k\"", "name": "n" }]
            },
            "batch": true,
            "calls": { "id": "/d/id", "re": "re", "strings": true, "success": "ok" }
        }"#;
        let form: WireForm = serde_json::from_str(text).expect("a form");
        assert_eq!(
            constant(&form),
            r#"/** How messages stand on the wire. */
const form: WireForm = {
  client: { tag: ["a/b", "~\"", "0"], isWhole: true, timestamp: "__proto__" },
  server: { tag: ["t\"\n"], content: "*/", untagged: "\u2028", isInteger: true, constants: { ["__proto__"]: "a\"", ["b"]: -1.5, ["c"]: JSON.parse("[\"\\u2028\"]"), ["d"]: null }, tags: [["-1", "a\""]], keys: [["k\"", "n"]] },
  isBatch: true,
  calls: { id: ["d", "id"], re: ["re"], isString: true, success: ["ok"] },
};

"#
        );
    }
}
