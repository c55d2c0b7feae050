//! From schemars' shapes to those that other languages' generators understand, one schema at a time.

use std::{collections::BTreeMap, fmt::Write};

use serde_json::{Map, Value, json};

use crate::json_schema::{keyword, reference, walk::each_child};

/// Formats that validators know; others make strict ones reject the document.
///
/// Not among them: `duration`, since what Rust's crates write is wider than RFC 3339's appendix, which
/// validators follow (`PT1.5S`, `-PT5S`).
const FORMATS: [&str; 17] = [
    "int32",
    "int64",
    "float",
    "double",
    "date",
    "time",
    "date-time",
    "uuid",
    "uri",
    "uri-reference",
    "email",
    "hostname",
    "ipv4",
    "ipv6",
    "regex",
    "byte",
    "json-pointer",
];

/// Simplifies what needs no context: keywords, formats, bounds, lists of types, and enums of strings.
pub(super) fn simplify(schema: &mut Value) {
    let Value::Object(map) = schema else { return };
    map.retain(|key, _| keyword::is_known(key));
    bounds(map);
    if map.get("format").and_then(Value::as_str).is_some_and(|f| !FORMATS.contains(&f)) {
        map.remove("format");
    }
    split_types(map);
    each_child(map, &mut simplify);
    one_enum(map);
}

/// Where the format alone determines how large an integer may be. Beyond 32 bits the bounds would be
/// numbers that JavaScript can't hold.
fn bounds(map: &mut Map<String, Value>) {
    let (least, most) = match map.get("format").and_then(Value::as_str) {
        Some("int32") => (i64::from(i32::MIN), i64::from(i32::MAX)),
        Some("uint32") => (0, i64::from(u32::MAX)),
        _ => return,
    };
    if !map.contains_key("exclusiveMinimum") {
        map.entry("minimum").or_insert_with(|| least.into());
    }
    if !map.contains_key("exclusiveMaximum") {
        map.entry("maximum").or_insert_with(|| most.into());
    }
}

/// Strict validators take one type, or one and null. More become alternatives, each with the keywords
/// that apply to it.
fn split_types(map: &mut Map<String, Value>) {
    let Some(Value::Array(types)) = map.get("type") else { return };
    let is_nullable = types.len() == 2 && types.iter().any(|name| name == "null");
    if types.len() < 2 || is_nullable || map.contains_key("anyOf") {
        return;
    }
    let types = types.clone();
    map.remove("type");
    let special: Vec<_> =
        map.keys().filter(|key| !keyword::types(key).is_empty()).cloned().collect();
    let moved: Vec<_> = special.into_iter().filter_map(|key| map.remove_entry(&key)).collect();
    let branch = |name: &Value| {
        let mut branch = Map::from_iter([("type".to_owned(), name.clone())]);
        let applies =
            |key: &str| name.as_str().is_some_and(|name| keyword::types(key).contains(&name));
        branch.extend(moved.iter().filter(|(key, _)| applies(key)).cloned());
        Value::Object(branch)
    };
    map.insert("anyOf".to_owned(), types.iter().map(branch).collect());
}

/// The strings of a schema that is a string constant or a list of them, each with its note.
pub(super) fn strings(schema: &Value) -> Option<Vec<(String, String)>> {
    let map = schema.as_object()?;
    let known = ["type", "const", "enum", "description", "deprecated", "title"];
    if map.get("type")? != "string" || !map.keys().all(|key| known.contains(&key.as_str())) {
        return None;
    }
    let mut note = map.get("description").and_then(Value::as_str).unwrap_or_default().to_owned();
    if map.get("deprecated") == Some(&Value::Bool(true)) {
        note = ["(deprecated)", " ", &note].concat();
        note.truncate(note.trim_end().len());
    }
    let values = match (map.get("const"), map.get("enum")) {
        (Some(value), None) => std::slice::from_ref(value),
        (None, Some(Value::Array(values))) => values,
        _ => return None,
    };
    values.iter().map(|value| Some((value.as_str()?.to_owned(), note.clone()))).collect()
}

/// schemars splits an enum of strings in two where one has a doc comment; its strings are one enum,
/// also beside branches of other kinds.
fn one_enum(map: &mut Map<String, Value>) {
    let Some(Value::Array(branches)) = map.get("oneOf") else { return };
    let mut values = Vec::new();
    let mut rest = Vec::new();
    for branch in branches {
        match strings(branch) {
            Some(strings) => values.extend(strings),
            None => rest.push(branch.clone()),
        }
    }
    if values.is_empty() {
        return;
    }
    let mut note = String::new();
    for (value, text) in values.iter().filter(|(_, text)| !text.is_empty()) {
        note.push_str(if note.is_empty() { "" } else { "\n\n" });
        note.push_str(&["`", value, "`: ", text].concat());
    }
    let values: Vec<_> = values.into_iter().map(|(value, _)| value).collect();
    if rest.is_empty() {
        map.remove("oneOf");
        map.insert("type".to_owned(), json!("string"));
        map.insert("enum".to_owned(), json!(values));
        let known = map.get("description").and_then(Value::as_str).unwrap_or_default();
        let parts = [known, &note].into_iter().filter(|part| !part.is_empty());
        note = parts.collect::<Vec<_>>().join("\n\n");
        if !note.is_empty() {
            map.insert("description".to_owned(), json!(note));
        }
    } else {
        let mut one = json!({ "type": "string", "enum": values });
        if !note.is_empty() {
            one["description"] = json!(note);
        }
        rest.insert(0, one);
        map.insert("oneOf".to_owned(), Value::Array(rest));
    }
}

/// Gives every definition a name that is a word in any language, and every reference the name that
/// it means. Two that would get one name are returned.
pub(super) fn plain_names(
    defs: &mut Map<String, Value>,
    payloads: &mut [Option<Value>],
) -> Result<(), (String, String)> {
    let mut taken: BTreeMap<String, String> = BTreeMap::new();
    for name in defs.keys() {
        if let Some(other) = taken.insert(plain(name), name.clone()) {
            return Err((other, name.clone()));
        }
    }
    for schema in defs.values_mut().chain(payloads.iter_mut().flatten()) {
        plain_references(schema);
    }
    *defs = std::mem::take(defs).into_iter().map(|(name, schema)| (plain(&name), schema)).collect();
    Ok(())
}

/// A name of ASCII letters, digits and underscores: it needs no escapes in the URI reference that `$ref`
/// is (RFC 3986) nor in a JSON pointer, and is a word in any language.
pub(super) fn plain(name: &str) -> String {
    let mut out = String::new();
    // Behind a digit generators begin a new word, with a capital letter.
    let mut is_escaped = false;
    for c in name.chars() {
        let was_escaped = std::mem::replace(&mut is_escaped, false);
        match c {
            c if was_escaped && c.is_ascii_lowercase() => out.push(c.to_ascii_uppercase()),
            c if c.is_ascii_alphanumeric() || c == '_' => out.push(c),
            c if c.is_alphanumeric() => {
                let _ = write!(out, "U{:04X}", u32::from(c));
                is_escaped = true;
            }
            _ if out.ends_with('_') => {}
            _ => out.push('_'),
        }
    }
    let out = if name.ends_with('_') { &*out } else { out.trim_end_matches('_') };
    if out.starts_with(|c: char| c.is_ascii_digit()) || out.is_empty() {
        return format!("_{out}");
    }
    out.to_owned()
}

fn plain_references(schema: &mut Value) {
    let Value::Object(map) = schema else { return };
    if let Some(Value::String(reference)) = map.get_mut(reference::KEY)
        && let Some(name) = reference::name(&decoded(reference))
    {
        *reference = reference::text(&plain(&name));
    }
    each_child(map, &mut plain_references);
}

/// Undoes the percent signs of a URI's fragment, which schemars writes in references.
fn decoded(reference: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = reference.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) if first == b'%' => {
                bytes.push(byte);
                rest = &after[2..];
            }
            _ => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A wire value as the end of a type's name.
pub(super) fn pascal(value: &str) -> String {
    let parts = value.split(|c: char| !c.is_alphanumeric()).filter_map(|word| {
        let mut chars = word.chars();
        chars.next().map(|first| first.to_uppercase().chain(chars).collect::<String>())
    });
    let mut name = parts.collect::<String>();
    if name.is_empty() {
        // Signs alone: an operator, say.
        for c in value.chars() {
            let _ = write!(name, "U{:04X}", u32::from(c));
        }
    }
    // After another name a leading digit is harmless.
    let name = plain(&name);
    if name.starts_with('_') && name[1..].starts_with(|c: char| c.is_ascii_digit()) {
        return name[1..].to_owned();
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_words_everywhere() {
        for (name, expected) in [
            ("Chat", "Chat"),
            ("Page<User>", "Page_User"),
            ("Map<String, Vec<u8>>", "Map_String_Vec_u8"),
            ("a/b~c%20d", "a_b_c_20d"),
            ("Größe", "GrU00F6U00DFE"),
            ("3D", "_3D"),
            ("_hidden_", "_hidden_"),
            ("!", "_"),
        ] {
            assert_eq!(plain(name), expected, "{name}");
        }
        assert_eq!(decoded("Page%3CUser%3E"), "Page<User>");
        assert_eq!(decoded("a~1b%2"), "a~1b%2");
        for (value, expected) in [
            ("sent-to", "SentTo"),
            ("PAID", "PAID"),
            ("2fa", "2fa"),
            ("a.b c", "ABC"),
            ("é", "U00C9"),
            ("+", "U002B"),
            ("🎉", "U1F389"),
        ] {
            assert_eq!(pascal(value), expected, "{value}");
        }
    }

    #[test]
    fn more_types_than_one_are_alternatives() {
        let mut schema = json!({
            "type": ["string", "integer"], "minLength": 1, "minimum": 2, "description": "d", "x-y": 1,
        });
        simplify(&mut schema);
        let expected = json!({
            "description": "d",
            "anyOf": [{ "type": "string", "minLength": 1 }, { "type": "integer", "minimum": 2 }],
        });
        assert_eq!(schema, expected);
    }

    #[test]
    fn a_property_may_be_called_like_a_keyword() {
        let fields =
            json!({ "format": { "type": "string" }, "x-y": {}, "oneOf": { "type": "null" } });
        let mut schema = json!({ "type": "object", "properties": fields });
        simplify(&mut schema);
        assert_eq!(schema["properties"], fields);
    }
}
