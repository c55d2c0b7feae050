//! The limits that single keywords set: of numbers, and of how long or large a value may be.

use serde_json::{Map, Value};

use super::{
    alternative::{Alt, Kind},
    number::{Bound, Num, Range},
};

/// The numbers that an alternative allows.
pub(crate) fn range(alt: &Alt<'_>) -> Range {
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
pub(crate) fn steps(alt: &Alt<'_>) -> Vec<Num> {
    let own = alt.parts.iter().filter_map(|part| Num::of(part.get("multipleOf")?.as_number()?));
    let mut steps: Vec<Num> = own.filter(|step| *step != Num::Int(1)).collect();
    steps.extend(alt.integer.then_some(Num::Int(1)));
    steps
}

/// A lower and an upper limit.
pub(crate) type Limits = (u64, Option<u64>);

/// A lower and an upper limit by these two keywords.
pub(crate) fn limits(alt: &Alt<'_>, least: &str, most: &str) -> Limits {
    let all = |key| alt.parts.iter().filter_map(move |part| part.get(key)?.as_u64());
    (all(least).max().unwrap_or(0), all(most).min())
}

/// Whether nothing at all fits, as far as single keywords show.
pub(crate) fn is_empty(alt: &Alt<'_>) -> bool {
    let is_empty = |(least, most): Limits| most.is_some_and(|most| most < least);
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
