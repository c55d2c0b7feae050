//! What was expected and what was found, as phrases for a person.

use std::fmt::Write;

use serde_json::{Map, Value};

use crate::json_schema::{keyword, reference};

/// How many characters of a message's string are quoted.
const MOST_QUOTED: usize = 40;
/// How many alternatives are listed.
const MOST_LISTED: usize = 8;
/// How far references and alternatives are followed.
const MOST_STEPS: usize = 8;

/// A text's first characters.
pub(super) fn short(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// A string as it may be printed: its start, escaped, in quotes.
pub(super) fn quoted(text: &str) -> String {
    format!("{:?}", short(text, MOST_QUOTED))
}

/// `1 item`, `2 items`.
pub(super) fn count(number: impl Into<u128>, unit: &str) -> String {
    match number.into() {
        1 => format!("1 {unit}"),
        number => format!("{number} {unit}s"),
    }
}

/// A value of a message, as a short phrase.
pub(super) fn found(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => short(&number.to_string(), MOST_QUOTED),
        Value::String(text) => quoted(text),
        Value::Array(items) => format!("an array of {}", count(items.len() as u64, "item")),
        Value::Object(map) => format!("an object with {}", count(map.len() as u64, "key")),
    }
}

/// `a`, `a or b`, `a, b or c`.
pub(super) fn any_of(phrases: Vec<String>) -> String {
    list(phrases, "or")
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn all_of(phrases: Vec<String>) -> String {
    list(phrases, "and")
}

fn list(mut phrases: Vec<String>, joint: &str) -> String {
    let mut seen = std::collections::BTreeSet::new();
    phrases.retain(|phrase| seen.insert(phrase.clone()));
    if phrases.len() > MOST_LISTED {
        let more = phrases.len() - MOST_LISTED;
        phrases.truncate(MOST_LISTED);
        phrases.push(format!("{more} more"));
    }
    let last = phrases.pop().unwrap_or_default();
    if phrases.is_empty() { last } else { format!("{} {joint} {last}", phrases.join(", ")) }
}

/// A schema as a phrase: `an integer from 0 to 255`.
pub(super) fn expected(schema: &Value, root: &Value) -> String {
    describe(schema, root, MOST_STEPS)
}

fn describe(schema: &Value, root: &Value, steps: usize) -> String {
    let (Some(map), Some(steps)) = (schema.as_object(), steps.checked_sub(1)) else {
        return if schema == &Value::Bool(false) { "nothing" } else { "another value" }.to_owned();
    };
    if let Some(value) = map.get("const") {
        return found(value);
    }
    if let Some(values) = map.get("enum").and_then(Value::as_array) {
        return any_of(values.iter().map(found).collect());
    }
    let types: Vec<&str> = match map.get("type") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    if !types.is_empty() {
        return any_of(types.into_iter().map(|name| of_type(name, map)).collect());
    }
    let defs = root.get("$defs").and_then(Value::as_object);
    if let Some((_, schema)) = defs.and_then(|defs| reference::target(schema, defs)) {
        return describe(schema, root, steps);
    }
    for keyword in ["anyOf", "oneOf"] {
        if let Some(branches) = map.get(keyword).and_then(Value::as_array) {
            return any_of(branches.iter().map(|b| describe(b, root, steps)).collect());
        }
    }
    if let Some(parts) = map.get("allOf").and_then(Value::as_array) {
        let parts: Vec<_> = parts.iter().map(|part| describe(part, root, steps)).collect();
        return parts.join(" and ");
    }
    of_constraints(map)
}

/// A schema that names no type: of the type that its keywords apply to.
fn of_constraints(map: &Map<String, Value>) -> String {
    let applies = |name: &&str| {
        map.keys().any(|key| match key.as_str() {
            // Numbers have formats too, but only beside their type.
            "format" => *name == "string",
            key => keyword::types(key).contains(name),
        })
    };
    match ["number", "string", "array", "object"].iter().find(|name| applies(name)) {
        Some(name) => of_type(name, map),
        None => "another value".to_owned(),
    }
}

fn of_type(name: &str, map: &Map<String, Value>) -> String {
    match name {
        "null" => "null".to_owned(),
        "boolean" => "true or false".to_owned(),
        "integer" => numbers("an integer", map),
        "number" => numbers("a number", map),
        "string" => string(map),
        "array" => sized("an array", "item", ["minItems", "maxItems"], map),
        "object" => sized("an object", "key", ["minProperties", "maxProperties"], map),
        other => quoted(other),
    }
}

fn numbers(noun: &str, map: &Map<String, Value>) -> String {
    let bound = |keyword: &str| map.get(keyword).filter(|value| value.is_number());
    let mut phrase = noun.to_owned();
    let all = [Value::from(i64::MIN), Value::from(i64::MAX)];
    // Writing to a string can't fail, here and below.
    let _ = match (bound("minimum"), bound("maximum")) {
        (Some(low), Some(high)) if [low, high] == [&all[0], &all[1]] => {
            write!(phrase, " of 64 bits")
        }
        (Some(low), Some(high)) => write!(phrase, " from {low} to {high}"),
        (Some(low), None) => write!(phrase, " of at least {low}"),
        (None, Some(high)) => write!(phrase, " of at most {high}"),
        (None, None) => Ok(()),
    };
    for (keyword, what) in [
        ("exclusiveMinimum", "greater than"),
        ("exclusiveMaximum", "less than"),
        ("multipleOf", "a multiple of"),
    ] {
        if let Some(value) = bound(keyword) {
            let _ = write!(phrase, ", {what} {value}");
        }
    }
    phrase
}

fn string(map: &Map<String, Value>) -> String {
    let mut phrase = match map.get("format").and_then(Value::as_str) {
        Some("date-time") => "a date and time (2026-01-31T12:00:00Z) as a string".to_owned(),
        Some("date") => "a date (2026-01-31) as a string".to_owned(),
        Some("time") => "a time of day (12:00:00Z) as a string".to_owned(),
        Some("duration") => "a duration (PT1H30M) as a string".to_owned(),
        Some("uuid") => "a UUID as a string".to_owned(),
        Some("uri") => "a URI as a string".to_owned(),
        Some("email") => "an e-mail address as a string".to_owned(),
        Some(other) => format!("a string in the format {}", quoted(other)),
        None => "a string".to_owned(),
    };
    phrase = sized(&phrase, "character", ["minLength", "maxLength"], map);
    if let Some(pattern) = map.get("pattern").and_then(Value::as_str) {
        let _ = write!(phrase, " that matches {}", short(pattern, 2 * MOST_QUOTED).escape_debug());
    }
    phrase
}

fn sized(noun: &str, unit: &str, keywords: [&str; 2], map: &Map<String, Value>) -> String {
    let bound = |keyword: &str| map.get(keyword).filter(|value| value.is_number());
    let plural = |value: &Value| match value.as_u64() {
        Some(number) => count(number, unit),
        None => format!("{value} {unit}s"),
    };
    match keywords.map(bound) {
        [Some(low), Some(high)] if low == high => format!("{noun} of {}", plural(low)),
        [Some(low), Some(high)] => format!("{noun} of {low} to {}", plural(high)),
        [Some(low), None] => format!("{noun} of at least {}", plural(low)),
        [None, Some(high)] => format!("{noun} of at most {}", plural(high)),
        [None, None] => noun.to_owned(),
    }
}
