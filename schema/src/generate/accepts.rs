//! Does a value satisfy a schema? Yes, no, or not known: patterns, formats and rare keywords are not
//! decided here.

use serde_json::{Map, Value};

use crate::json_schema::{keyword, reference};

/// How deep schemas may stand in one another.
const DEEPEST: usize = 100;

/// Whether a value satisfies a schema; `None` where that can't be decided.
pub(super) fn accepts(schema: &Value, value: &Value, defs: &Map<String, Value>) -> Option<bool> {
    Fits { defs }.schema(schema, value, DEEPEST)
}

struct Fits<'a> {
    defs: &'a Map<String, Value>,
}

/// All must hold.
fn all(parts: impl IntoIterator<Item = Option<bool>>) -> Option<bool> {
    parts
        .into_iter()
        .try_fold(Some(true), |known, part| match part {
            Some(false) => Err(()),
            None => Ok(None),
            Some(true) => Ok(known),
        })
        .unwrap_or(Some(false))
}

/// One at least must hold.
fn any(parts: impl IntoIterator<Item = Option<bool>>) -> Option<bool> {
    all(parts.into_iter().map(|part| part.map(|fits| !fits))).map(|none| !none)
}

impl Fits<'_> {
    fn schema(&self, schema: &Value, value: &Value, left: usize) -> Option<bool> {
        let left = left.checked_sub(1)?;
        match schema {
            Value::Bool(takes) => Some(*takes),
            Value::Object(map) => {
                all(map.iter().map(|(key, inner)| self.keyword(key, inner, map, value, left)))
            }
            _ => None,
        }
    }

    fn keyword(
        &self,
        key: &str,
        inner: &Value,
        map: &Map<String, Value>,
        value: &Value,
        left: usize,
    ) -> Option<bool> {
        let branches = || {
            let branches = inner.as_array().into_iter().flatten();
            branches.map(|branch| self.schema(branch, value, left))
        };
        match key {
            reference::KEY => {
                let name = reference::name(inner.as_str()?)?;
                self.schema(self.defs.get(&*name)?, value, left)
            }
            "type" => Some(match inner {
                Value::Array(names) => names.iter().any(|name| has_type(value, name)),
                name => has_type(value, name),
            }),
            "const" => Some(equal(inner, value)),
            "enum" => Some(inner.as_array()?.iter().any(|known| equal(known, value))),
            "allOf" => all(branches()),
            "anyOf" => any(branches()),
            "oneOf" => {
                let known: Option<Vec<bool>> = branches().collect();
                known.map(|known| known.into_iter().filter(|fits| *fits).count() == 1)
            }
            "not" => self.schema(inner, value, left).map(|fits| !fits),
            key if key != "format" && keyword::is_annotation(key) => Some(true),
            _ => match value {
                Value::Object(fields) => self.of_object(key, inner, map, fields, left),
                Value::Array(items) => self.of_array(key, inner, map, items, left),
                Value::Number(number) => of_number(key, inner, number.as_f64()?),
                Value::String(text) => of_string(key, inner, text),
                _ => Some(true),
            },
        }
    }

    fn of_object(
        &self,
        key: &str,
        inner: &Value,
        map: &Map<String, Value>,
        fields: &Map<String, Value>,
        left: usize,
    ) -> Option<bool> {
        let declared =
            |name: &str| map.get("properties").is_some_and(|all| all.get(name).is_some());
        match key {
            "properties" => all(inner
                .as_object()?
                .iter()
                .filter_map(|(name, schema)| Some(self.schema(schema, fields.get(name)?, left)))),
            "required" => {
                let mut names = inner.as_array()?.iter().filter_map(Value::as_str);
                Some(names.all(|name| fields.contains_key(name)))
            }
            "additionalProperties" => {
                let has_patterns = map.contains_key("patternProperties");
                all(fields.iter().filter(|(name, _)| !declared(name)).map(|(_, value)| {
                    if has_patterns { None } else { self.schema(inner, value, left) }
                }))
            }
            "minProperties" => Some(fields.len() as u64 >= inner.as_u64()?),
            "maxProperties" => Some(fields.len() as u64 <= inner.as_u64()?),
            "patternProperties" | "propertyNames" if fields.is_empty() => Some(true),
            _ if is_of_others(key, "object") => Some(true),
            _ => None,
        }
    }

    fn of_array(
        &self,
        key: &str,
        inner: &Value,
        map: &Map<String, Value>,
        items: &[Value],
        left: usize,
    ) -> Option<bool> {
        let places = map.get("prefixItems").and_then(Value::as_array).map_or(0, Vec::len);
        match key {
            "items" => all(items.iter().skip(places).map(|item| self.schema(inner, item, left))),
            "prefixItems" => all(inner
                .as_array()?
                .iter()
                .zip(items)
                .map(|(schema, item)| self.schema(schema, item, left))),
            "minItems" => Some(items.len() as u64 >= inner.as_u64()?),
            "maxItems" => Some(items.len() as u64 <= inner.as_u64()?),
            "uniqueItems" if items.len() < 2 => Some(true),
            _ if is_of_others(key, "array") => Some(true),
            _ => None,
        }
    }
}

fn of_number(key: &str, inner: &Value, number: f64) -> Option<bool> {
    let bound = || inner.as_f64();
    match key {
        "minimum" => Some(number >= bound()?),
        "maximum" => Some(number <= bound()?),
        "exclusiveMinimum" => Some(number > bound()?),
        "exclusiveMaximum" => Some(number < bound()?),
        // Numbers' formats say how large they may be, which `minimum` and `maximum` say too.
        "format" => Some(true),
        _ if is_of_others(key, "number") => Some(true),
        _ => None,
    }
}

fn of_string(key: &str, inner: &Value, text: &str) -> Option<bool> {
    match key {
        "minLength" => Some(text.chars().count() as u64 >= inner.as_u64()?),
        "maxLength" => Some(text.chars().count() as u64 <= inner.as_u64()?),
        _ if is_of_others(key, "string") => Some(true),
        _ => None,
    }
}

/// Whether a keyword applies only to other types of value.
fn is_of_others(key: &str, kind: &str) -> bool {
    let types = keyword::types(key);
    !types.is_empty() && !types.contains(&kind)
}

fn has_type(value: &Value, name: &Value) -> bool {
    match name.as_str().unwrap_or_default() {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => {
            value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|it| it.fract() == 0.0)
        }
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => false,
    }
}

fn equal(one: &Value, other: &Value) -> bool {
    one == other
        || matches!((one, other), (Value::Number(a), Value::Number(b)) if a.as_f64() == b.as_f64())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_judged_where_that_is_certain() {
        let defs = json!({ "Even": { "type": "integer", "multipleOf": 2 }, "A": { "const": "a" } });
        let Value::Object(defs) = defs else { panic!("an object") };
        for (schema, value, expected) in [
            (json!({ "type": "number" }), json!(null), Some(false)),
            (json!({ "type": ["number", "null"] }), json!(null), Some(true)),
            (json!({ "type": "integer" }), json!(1.0), Some(true)),
            (json!({ "minimum": 1, "maximum": 2 }), json!(3), Some(false)),
            (json!({ "minimum": 1 }), json!("x"), Some(true)),
            (json!({ "$ref": "#/$defs/A" }), json!("a"), Some(true)),
            (json!({ "$ref": "#/$defs/A" }), json!("b"), Some(false)),
            (json!({ "$ref": "#/$defs/Even" }), json!(2), None),
            (json!({ "$ref": "#/$defs/Even" }), json!("2"), Some(false)),
            (
                json!({ "anyOf": [{ "$ref": "#/$defs/Even" }, { "type": "integer" }] }),
                json!(2),
                Some(true),
            ),
            (json!({ "oneOf": [{ "const": 1 }, { "const": 1 }] }), json!(1), Some(false)),
            (
                json!({ "properties": { "a": { "type": "null" } }, "required": ["a"] }),
                json!({}),
                Some(false),
            ),
            (
                json!({ "properties": { "a": {} }, "additionalProperties": false }),
                json!({ "b": 1 }),
                Some(false),
            ),
            (json!({ "patternProperties": { "^a": false } }), json!({ "b": 1 }), None),
            (json!({ "prefixItems": [{ "const": 1 }], "items": false }), json!([1]), Some(true)),
            (
                json!({ "prefixItems": [{ "const": 1 }], "items": false }),
                json!([1, 2]),
                Some(false),
            ),
            (json!({ "pattern": "^a" }), json!("b"), None),
            (json!({ "pattern": "^a" }), json!(5), Some(true)),
        ] {
            assert_eq!(accepts(&schema, &value, &defs), expected, "{schema} {value}");
        }
    }
}
