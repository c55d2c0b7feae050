//! Whether an alternative accepts a value, as far as that can be determined.

use serde_json::{Map, Value};

use super::{
    alternative::{Alt, Kind},
    limits::{Limits, limits, range, steps},
    number::Num,
    pattern, value,
};
use crate::json_schema::keyword::{self, Effect};

const CONTENT: &str = "contentSchema";

/// Whether a keyword is compared by itself.
fn is_compared(key: &str) -> bool {
    matches!(keyword::effect(key), Some(Effect::Annotation | Effect::Limit))
}

/// Whether a keyword applies to what the others leave over.
pub(crate) fn is_rest(key: &str) -> bool {
    keyword::effect(key) == Some(Effect::Rest)
}

/// The schema of what stands as JSON in a string: `JsonText`.
pub(crate) fn content(part: &Map<String, Value>) -> Option<&Value> {
    let is_json = part.get("contentMediaType").is_some_and(|name| name == "application/json");
    part.get(CONTENT).filter(|_| is_json && !part.contains_key("contentEncoding"))
}

/// The keywords that are only compared as a whole: if they differ, the change is undecided.
pub(crate) fn opaque<'a>(alt: &Alt<'a>) -> Vec<(&'a str, &'a Value)> {
    let is_clear = alt.has_clear_scopes();
    let of = |part: &'a Map<String, Value>| {
        // It is compared, too; and it says nothing of what is no string.
        let is_content = alt.kind != Kind::String || content(part).is_some();
        part.iter().filter(move |(key, _)| {
            !(is_compared(key) || is_clear && is_rest(key) || is_content && *key == CONTENT)
        })
    };
    alt.parts.iter().flat_map(|part| of(part)).map(|(key, value)| (key.as_str(), value)).collect()
}

/// Whether the values can't be decided from the listed ones and the limits alone.
pub(crate) fn has_opaque(alt: &Alt<'_>) -> bool {
    has_unknown(alt) || alt.parts.iter().any(|part| part.contains_key("pattern"))
}

/// Whether there are keywords whose effect is unknown here.
fn has_unknown(alt: &Alt<'_>) -> bool {
    let of_strings = |key: &str| key == CONTENT && alt.kind != Kind::String;
    let is_unknown = |key: &String| !is_compared(key) && !is_rest(key) && !of_strings(key);
    alt.parts.iter().any(|part| part.keys().any(is_unknown))
}

/// Whether a value is accepted; `None` if that can't be decided.
pub(crate) fn accepts(alt: &Alt<'_>, value: &Value) -> Option<bool> {
    if alt.kind != Kind::of(value) {
        return Some(false);
    }
    let open = |fits: bool| if fits && has_opaque(alt) { None } else { Some(fits) };
    if let Some(values) = &alt.values {
        let is_container = matches!(alt.kind, Kind::Array | Kind::Object);
        if is_container && !is_bare(alt) {
            return None;
        }
        let fits = values.iter().any(|known| value::equal(known, value));
        if !fits || alt.kind != Kind::String {
            return open(fits);
        }
    }
    let within = |length: usize, (least, most): Limits| {
        let length = length as u64;
        least <= length && most.is_none_or(|most| length <= most)
    };
    match value {
        Value::Null | Value::Bool(_) => open(true),
        Value::Number(number) => {
            let num = Num::of(number)?;
            if !range(alt).contains(num) || (alt.integer && !num.is_integer()) {
                return Some(false);
            }
            let steps: Vec<_> =
                steps(alt).into_iter().map(|step| num.is_multiple_of(step)).collect();
            if steps.contains(&Some(false)) {
                return Some(false);
            }
            if steps.contains(&None) { None } else { open(true) }
        }
        Value::String(text) => {
            if !within(text.chars().count(), limits(alt, "minLength", "maxLength")) {
                return Some(false);
            }
            let all = alt.parts.iter().filter_map(|part| part.get("pattern")?.as_str());
            let answers: Vec<_> = all.map(|one| pattern::matches(one, text)).collect();
            if answers.contains(&Some(false)) {
                return Some(false);
            }
            let is_sure = !answers.contains(&None) && !has_unknown(alt);
            is_sure.then_some(true)
        }
        Value::Array(items) => {
            let fits = within(items.len(), limits(alt, "minItems", "maxItems"));
            if fits && !is_bare(alt) { None } else { open(fits) }
        }
        Value::Object(map) => {
            let fits = within(map.len(), limits(alt, "minProperties", "maxProperties"));
            if fits && !is_bare(alt) { None } else { open(fits) }
        }
    }
}

/// Whether items and fields are unconstrained.
fn is_bare(alt: &Alt<'_>) -> bool {
    alt.parts.iter().all(|part| {
        let is_bare =
            |key: &str| matches!(key, "type" | "enum" | "const") || keyword::is_annotation(key);
        part.keys().all(|key| is_bare(key))
    })
}
