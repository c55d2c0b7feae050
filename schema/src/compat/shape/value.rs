//! Values of JSON, compared as JSON Schema compares them.

use serde_json::Value;

use super::number::Num;

/// Whether two values are the same by JSON Schema: `1` and `1.0` are.
pub(crate) fn equal(one: &Value, other: &Value) -> bool {
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
pub(crate) fn text(value: &Value) -> String {
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

pub(crate) fn is_integer(value: &Value) -> bool {
    value.as_number().and_then(Num::of).is_some_and(Num::is_integer)
}
