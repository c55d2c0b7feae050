//! Random messages that a schema allows, with a bias to its limits.

use serde_json::{Map, Value, json};

use super::dice::Dice;

/// Makes messages by the schemas of one contract.
pub(crate) struct Maker<'a> {
    pub(crate) root: &'a Value,
}

impl Maker<'_> {
    /// A value for a schema, as good as it gets: whoever uses it has to validate it.
    pub(crate) fn make(&self, schema: &Value, depth: usize, dice: &mut Dice) -> Value {
        // What must be there and leads back to itself never ends.
        if depth > 20 {
            return Value::Null;
        }
        let Value::Object(map) = schema else { return anything(dice) };
        if let Some(target) = map.get("$ref").and_then(Value::as_str) {
            return self
                .root
                .pointer(&target[1..])
                .map_or(Value::Null, |target| self.make(target, depth + 1, dice));
        }
        if let Some(Value::Array(branches)) = map.get("oneOf").or_else(|| map.get("anyOf")) {
            return self.make(dice.pick(branches), depth, dice);
        }
        if let Some(value) = map.get("const") {
            return value.clone();
        }
        if let Some(Value::Array(values)) = map.get("enum") {
            return dice.pick(values).clone();
        }
        let name = match map.get("type") {
            Some(Value::String(name)) => name.as_str(),
            Some(Value::Array(names)) => dice.pick(names).as_str().unwrap_or_default(),
            _ => return anything(dice),
        };
        let limit = |key: &str| map.get(key).and_then(Value::as_u64);
        match name {
            "boolean" => json!(dice.one_in(2)),
            "integer" => integer(map, dice),
            "number" => number(map, dice),
            "string" => text(limit("minLength"), limit("maxLength"), dice),
            "array" => self.array(map, depth, dice),
            "object" => self.object(map, depth, dice),
            _ => Value::Null,
        }
    }

    fn array(&self, map: &Map<String, Value>, depth: usize, dice: &mut Dice) -> Value {
        let limit = |key: &str| map.get(key).and_then(Value::as_u64);
        let least = limit("minItems").unwrap_or(0);
        let most = limit("maxItems").unwrap_or(if depth > 6 { least } else { least + 5 });
        let length = between(least, most.max(least), dice);
        let first = map.get("prefixItems").and_then(Value::as_array);
        let items = (0..usize::try_from(length).expect("it is small")).map(|index| {
            let own = first.and_then(|items| items.get(index)).or_else(|| map.get("items"));
            self.make(own.unwrap_or(&Value::Bool(true)), depth + 1, dice)
        });
        Value::Array(items.collect())
    }

    fn object(&self, map: &Map<String, Value>, depth: usize, dice: &mut Dice) -> Value {
        let mut out = Map::new();
        let required = map.get("required").and_then(Value::as_array);
        let style = dice.below(3);
        for (name, schema) in map.get("properties").and_then(Value::as_object).into_iter().flatten()
        {
            let is_required =
                required.is_some_and(|all| all.iter().any(|one| one == name.as_str()));
            let is_there = match style {
                0 => false,
                1 => depth < 8,
                _ => depth < 8 && dice.one_in(2),
            };
            if is_required || is_there {
                out.insert(name.clone(), self.make(schema, depth + 1, dice));
            }
        }
        for schema in map.get("patternProperties").and_then(Value::as_object).into_iter().flatten()
        {
            if depth < 8 && dice.one_in(2) {
                out.insert("7".to_owned(), self.make(schema.1, depth + 1, dice));
            }
        }
        if let Some(schema) = map.get("additionalProperties").filter(|schema| **schema != false) {
            for name in ["a", "b", "c", "d", "e", "f", "other"] {
                if !out.contains_key(name) && depth < 8 && dice.one_in(3) {
                    out.insert(name.to_owned(), self.make(schema, depth + 1, dice));
                }
            }
        }
        Value::Object(out)
    }
}

fn anything(dice: &mut Dice) -> Value {
    match dice.below(9) {
        0 => json!(null),
        1 => json!(true),
        2 => json!(-7),
        3 => json!(0.25),
        4 => json!("text that is rather long"),
        5 => json!([1, 1]),
        6 => json!({ "a": null, "z": [] }),
        7 => json!([]),
        _ => json!({}),
    }
}

/// Often one of the ends.
fn between(least: u64, most: u64, dice: &mut Dice) -> u64 {
    match dice.below(4) {
        0 => least,
        1 => most,
        _ => {
            least
                + u64::try_from(dice.below(usize::try_from(most - least + 1).unwrap_or(1)))
                    .unwrap_or(0)
        }
    }
}

fn text(least: Option<u64>, most: Option<u64>, dice: &mut Dice) -> Value {
    let least = least.unwrap_or(0);
    if most.is_none_or(|most| most >= 5) && dice.one_in(3) {
        return json!(super::generate::WORDS[dice.below(5)]);
    }
    let length = between(least, most.unwrap_or(least + 12).max(least), dice);
    json!("x".repeat(usize::try_from(length).expect("it is small")))
}

fn float(map: &Map<String, Value>, key: &str) -> Option<f64> {
    map.get(key).and_then(Value::as_f64)
}

fn integer(map: &Map<String, Value>, dice: &mut Dice) -> Value {
    let number = |key: &str| map.get(key).and_then(Value::as_i64);
    let (least, most) = (number("minimum"), number("maximum"));
    let exclusive = number("exclusiveMaximum").map(|most| most - 1);
    let most = most.or(exclusive).unwrap_or_else(|| least.unwrap_or(0).max(0) + 1000);
    let least = least.unwrap_or(most - 2000);
    let step = number("multipleOf").unwrap_or(1);
    let width = usize::try_from(most.saturating_sub(least).max(0)).unwrap_or(0);
    let near = i64::try_from(dice.below(12)).unwrap_or(0);
    let value = match dice.below(4) {
        0 => least + near,
        1 => most - near,
        2 => near,
        _ => least + i64::try_from(dice.below(width + 1)).unwrap_or(0),
    };
    json!(value - value.rem_euclid(step))
}

fn number(map: &Map<String, Value>, dice: &mut Dice) -> Value {
    let least = float(map, "minimum").unwrap_or(-50.5);
    let most = float(map, "maximum")
        .or_else(|| float(map, "exclusiveMaximum").map(|most| most - 0.125))
        .unwrap_or(300.75);
    let step = float(map, "multipleOf");
    let value = match dice.below(4) {
        0 => least,
        1 => most,
        2 => least + 0.25,
        _ => f64::midpoint(least, most),
    };
    json!(step.map_or(value, |step| (value / step).floor() * step))
}
