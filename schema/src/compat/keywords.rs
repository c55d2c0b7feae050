//! What single keywords say: which are known, whether they are well formed, and what they allow.

use serde_json::{Map, Value};

use super::{
    node::{Alt, Kind, Trouble},
    number::{Bound, Num, Range},
    pattern, scope,
};

/// Keywords that decide nothing.
pub(super) fn is_annotation(key: &str) -> bool {
    matches!(
        key,
        "title"
            | "description"
            | "deprecated"
            | "default"
            | "examples"
            | "$comment"
            | "format"
            | "contentEncoding"
            | "contentMediaType"
            | "discriminator"
            | "readOnly"
            | "writeOnly"
            | "$defs"
    )
}

/// Keywords that are compared one by one.
fn is_known(key: &str) -> bool {
    is_annotation(key)
        || matches!(
            key,
            "type"
                | "enum"
                | "const"
                | "$ref"
                | "oneOf"
                | "anyOf"
                | "allOf"
                | "properties"
                | "patternProperties"
                | "additionalProperties"
                | "required"
                | "minProperties"
                | "maxProperties"
                | "propertyNames"
                | "items"
                | "prefixItems"
                | "minItems"
                | "maxItems"
                | "uniqueItems"
                | "minimum"
                | "maximum"
                | "exclusiveMinimum"
                | "exclusiveMaximum"
                | "multipleOf"
                | "minLength"
                | "maxLength"
                | "pattern"
        )
}

/// The keywords that are only compared as a whole: equal or not to be judged.
pub(super) fn opaque<'a>(alt: &Alt<'a>) -> Vec<(&'a str, &'a Value)> {
    let all = alt.parts.iter().flat_map(|part| part.iter());
    let is_clear = scope::are_clear(alt);
    all.filter(|(key, _)| !(is_known(key) || is_clear && is_scope(key)))
        .map(|(key, value)| (key.as_str(), value))
        .collect()
}

/// The keywords that speak of what is left over.
fn is_scope(key: &str) -> bool {
    matches!(key, "unevaluatedProperties" | "unevaluatedItems")
}

/// Whether the values can't be told from the listed ones and the limits alone.
pub(super) fn has_opaque(alt: &Alt<'_>) -> bool {
    has_unknown(alt) || alt.parts.iter().any(|part| part.contains_key("pattern"))
}

/// Whether there are keywords that nobody here understands.
fn has_unknown(alt: &Alt<'_>) -> bool {
    alt.parts.iter().any(|part| part.keys().any(|key| !is_known(key) && !is_scope(key)))
}

/// A schema that allows everything.
pub(super) fn is_trivial(schema: &Value) -> bool {
    match schema {
        Value::Bool(is_true) => *is_true,
        Value::Object(map) => map.keys().all(|key| is_annotation(key)),
        _ => false,
    }
}

/// Whether the keywords that are read have values that can be read.
pub(super) fn check(map: &Map<String, Value>) -> Result<(), Trouble> {
    const TYPES: [&str; 7] = ["null", "boolean", "integer", "number", "string", "array", "object"];
    let is_schema = |value: &Value| value.is_object() || value.is_boolean();
    let is_type = |value: &Value| value.as_str().is_some_and(|name| TYPES.contains(&name));
    let all = |value: &Value, fits: &dyn Fn(&Value) -> bool| {
        value.as_array().is_some_and(|items| items.iter().all(fits))
    };
    for (key, value) in map {
        let fits = match key.as_str() {
            "type" => is_type(value) || (all(value, &is_type) && *value != Value::Array(vec![])),
            "properties" | "patternProperties" => {
                value.as_object().is_some_and(|map| map.values().all(is_schema))
            }
            "required" => all(value, &Value::is_string),
            "additionalProperties"
            | "items"
            | "propertyNames"
            | "unevaluatedProperties"
            | "unevaluatedItems" => is_schema(value),
            "prefixItems" | "oneOf" | "anyOf" | "allOf" => all(value, &is_schema),
            "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" => {
                value.as_number().is_some_and(|number| Num::of(number).is_some())
            }
            "multipleOf" => value.as_f64().is_some_and(|step| step > 0.0 && step.is_finite()),
            "minLength" | "maxLength" | "minItems" | "maxItems" | "minProperties"
            | "maxProperties" => value.is_u64(),
            "uniqueItems" => value.is_boolean(),
            "enum" => value.is_array(),
            "pattern" | "format" | "$ref" => value.is_string(),
            "$id" | "$schema" | "$anchor" | "$dynamicAnchor" => false,
            _ => true,
        };
        if !fits {
            return Err(format!("its `{key}` is nothing that a contract has"));
        }
    }
    Ok(())
}

/// Whether two values are the same by JSON Schema: `1` and `1.0` are.
pub(super) fn equal(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(a), Value::Number(b)) => match (Num::of(a), Num::of(b)) {
            (Some(a), Some(b)) => a == b,
            _ => a == b,
        },
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| equal(a, b)))
        }
        _ => one == other,
    }
}

/// One text for equal values.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::Number(number) => {
            Num::of(number).map_or_else(|| number.to_string(), |num| num.to_string())
        }
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(text).collect();
            format!("[{}]", items.join(","))
        }
        Value::Object(map) => {
            let mut members: Vec<_> =
                map.iter().map(|(key, value)| format!("{key:?}:{}", text(value))).collect();
            members.sort();
            format!("{{{}}}", members.join(","))
        }
        other => other.to_string(),
    }
}

pub(super) fn is_integer(value: &Value) -> bool {
    value.as_number().and_then(Num::of).is_some_and(Num::is_integer)
}

/// The numbers that an alternative allows.
pub(super) fn range(alt: &Alt<'_>) -> Range {
    let mut range = Range::default();
    for part in &alt.parts {
        let num = |key: &str| part.get(key).and_then(Value::as_number).and_then(Num::of);
        for (key, open) in [("minimum", false), ("exclusiveMinimum", true)] {
            if let Some(at) = num(key) {
                range.at_least(Bound { at, open });
            }
        }
        for (key, open) in [("maximum", false), ("exclusiveMaximum", true)] {
            if let Some(at) = num(key) {
                range.at_most(Bound { at, open });
            }
        }
    }
    if alt.integer { range.of_integers() } else { range }
}

/// The steps that numbers must be multiples of; integers are multiples of one.
pub(super) fn steps(alt: &Alt<'_>) -> Vec<Num> {
    let own = alt.parts.iter().filter_map(|part| Num::of(part.get("multipleOf")?.as_number()?));
    let mut steps: Vec<Num> = own.filter(|step| *step != Num::Int(1)).collect();
    steps.extend(alt.integer.then_some(Num::Int(1)));
    steps
}

/// A lower and an upper limit by these two keywords.
pub(super) fn limits(alt: &Alt<'_>, least: &str, most: &str) -> (u64, Option<u64>) {
    let all = |key| alt.parts.iter().filter_map(move |part| part.get(key)?.as_u64());
    (all(least).max().unwrap_or(0), all(most).min())
}

/// Whether nothing at all fits, as far as single keywords tell.
pub(super) fn is_empty(alt: &Alt<'_>) -> bool {
    let is_empty = |(least, most): (u64, Option<u64>)| most.is_some_and(|most| most < least);
    match alt.kind {
        Kind::Null | Kind::Boolean => false,
        Kind::Number => range(alt).is_empty(),
        Kind::String => is_empty(limits(alt, "minLength", "maxLength")),
        Kind::Array => is_empty(limits(alt, "minItems", "maxItems")),
        Kind::Object => {
            let (least, most) = limits(alt, "minProperties", "maxProperties");
            let is_missing = |part: &&Map<String, Value>| {
                let Some(Value::Array(required)) = part.get("required") else { return false };
                required.iter().filter_map(Value::as_str).any(|name| {
                    alt.parts.iter().any(|part| {
                        let field = part.get("properties").and_then(|fields| fields.get(name));
                        field == Some(&Value::Bool(false))
                    })
                })
            };
            is_empty((least, most)) || alt.parts.iter().any(is_missing)
        }
    }
}

/// Whether a value fits; `None` if that can't be told.
pub(super) fn accepts(alt: &Alt<'_>, value: &Value) -> Option<bool> {
    if alt.kind != Kind::of(value) {
        return Some(false);
    }
    let open = |fits: bool| if fits && has_opaque(alt) { None } else { Some(fits) };
    if let Some(values) = &alt.values {
        let is_container = matches!(alt.kind, Kind::Array | Kind::Object);
        if is_container && !is_bare(alt) {
            return None;
        }
        let fits = values.iter().any(|known| equal(known, value));
        if !fits || alt.kind != Kind::String {
            return open(fits);
        }
    }
    let within = |length: usize, (least, most): (u64, Option<u64>)| {
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

/// Whether nothing is said about items or fields.
fn is_bare(alt: &Alt<'_>) -> bool {
    alt.parts.iter().all(|part| {
        let is_bare = |key: &str| matches!(key, "type" | "enum" | "const") || is_annotation(key);
        part.keys().all(|key| is_bare(key))
    })
}
