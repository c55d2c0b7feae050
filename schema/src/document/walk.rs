//! Where schemas stand within schemas.

use std::collections::HashMap;

use serde_json::{Map, Value};

/// Keywords that hold schemas by name.
const BY_NAME: [&str; 4] = ["$defs", "dependentSchemas", "patternProperties", "properties"];
/// Keywords that hold a list of schemas.
const LISTS: [&str; 4] = ["allOf", "anyOf", "oneOf", "prefixItems"];
/// Keywords that hold one schema.
const SINGLE: [&str; 11] = [
    "additionalProperties",
    "contains",
    "contentSchema",
    "else",
    "if",
    "items",
    "not",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
];
/// Keywords whose schemas judge the same value as the schema that they stand in.
const IN_PLACE: [&str; 8] =
    ["allOf", "anyOf", "dependentSchemas", "else", "if", "not", "oneOf", "then"];
/// The other keywords of JSON Schema 2020-12, with the one of `OpenAPI` that tells branches apart.
const OTHERS: [&str; 33] = [
    "$comment",
    "$ref",
    "const",
    "contentEncoding",
    "contentMediaType",
    "default",
    "dependentRequired",
    "deprecated",
    "description",
    "discriminator",
    "enum",
    "examples",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "format",
    "maxContains",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minContains",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "pattern",
    "readOnly",
    "required",
    "title",
    "type",
    "uniqueItems",
    "writeOnly",
];

/// Whether validators know this keyword; strict ones refuse others.
pub(super) fn is_keyword(key: &str) -> bool {
    [&BY_NAME[..], &LISTS, &SINGLE, &OTHERS].iter().any(|keys| keys.contains(&key))
}

/// Whether the values under this keyword are schemas by name, so that the keys are the user's.
pub(super) fn holds_names(key: &str) -> bool {
    BY_NAME.contains(&key)
}

/// The schemas directly within one, each with its pointer from there.
pub(super) fn children(schema: &Map<String, Value>) -> impl Iterator<Item = (String, &Value)> {
    schema.iter().flat_map(|(key, value)| -> Vec<(String, &Value)> {
        match value {
            Value::Object(named) if holds_names(key) => {
                named.iter().map(|(name, v)| (format!("/{key}/{}", token(name)), v)).collect()
            }
            Value::Array(items) if LISTS.contains(&key.as_str()) => {
                items.iter().enumerate().map(|(at, v)| (format!("/{key}/{at}"), v)).collect()
            }
            value if SINGLE.contains(&key.as_str()) => vec![(format!("/{key}"), value)],
            _ => Vec::new(),
        }
    })
}

/// The same for changing them.
pub(super) fn each_child(schema: &mut Map<String, Value>, act: &mut dyn FnMut(&mut Value)) {
    for (key, value) in schema {
        match value {
            Value::Object(named) if holds_names(key) => named.values_mut().for_each(&mut *act),
            Value::Array(items) if LISTS.contains(&key.as_str()) => {
                items.iter_mut().for_each(&mut *act);
            }
            value if SINGLE.contains(&key.as_str()) => act(value),
            _ => {}
        }
    }
}

/// A name as a part of a JSON pointer.
pub(super) fn token(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// Calls `see` with every schema that is an object, and its pointer.
pub(super) fn every<'a, E, F>(schema: &'a Value, pointer: &str, see: &mut F) -> Result<(), E>
where
    F: FnMut(&str, &'a Map<String, Value>) -> Result<(), E>,
{
    let Value::Object(map) = schema else { return Ok(()) };
    see(pointer, map)?;
    children(map).try_for_each(|(step, child)| every(child, &format!("{pointer}{step}"), see))
}

/// The definitions that a schema hands the whole of its value to.
fn in_place<'a>(schema: &'a Value, found: &mut Vec<&'a str>) {
    let Value::Object(map) = schema else { return };
    if let Some(name) = map.get("$ref").and_then(Value::as_str).and_then(name_of) {
        found.push(name);
    }
    for (step, child) in children(map) {
        let key = step[1..].split('/').next().unwrap_or_default();
        if IN_PLACE.contains(&key) {
            in_place(child, found);
        }
    }
}

/// The name in `#/$defs/NAME`.
pub(super) fn name_of(reference: &str) -> Option<&str> {
    reference.strip_prefix("#/$defs/")
}

/// A definition that leads back to itself without a step into the value: it says nothing, and a
/// validator that follows it never ends. The names on the way, in order.
pub(super) fn vicious_circle(defs: &Map<String, Value>) -> Option<Vec<String>> {
    let edges: HashMap<&str, Vec<&str>> = defs
        .iter()
        .map(|(name, schema)| {
            let mut found = Vec::new();
            in_place(schema, &mut found);
            (name.as_str(), found)
        })
        .collect();
    // Depth first without recursion: a file may chain as many definitions as it likes.
    let mut done = HashMap::new();
    for start in defs.keys().map(String::as_str) {
        let mut way = vec![(start, 0)];
        while let Some((name, next)) = way.pop() {
            if next == 0 && done.insert(name, false).is_some_and(|is_done| is_done) {
                done.insert(name, true);
                continue;
            }
            let Some(&to) = edges.get(name).and_then(|edges| edges.get(next)) else {
                done.insert(name, true);
                continue;
            };
            way.push((name, next + 1));
            match done.get(to) {
                Some(true) => {}
                Some(false) => {
                    let from = way.iter().position(|(on_way, _)| *on_way == to)?;
                    let names = way[from..].iter().map(|(name, _)| (*name).to_owned());
                    return Some(names.chain([to.to_owned()]).collect());
                }
                None => way.push((to, 0)),
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn circle(defs: Value) -> Option<String> {
        let Value::Object(defs) = defs else { panic!("an object") };
        vicious_circle(&defs).map(|names| names.join(" "))
    }

    #[test]
    fn only_a_circle_without_a_step_into_the_value_is_vicious() {
        let to = |name: &str| json!({ "$ref": format!("#/$defs/{name}") });
        assert_eq!(circle(json!({ "A": to("A") })).as_deref(), Some("A A"));
        let long =
            json!({ "A": to("B"), "B": { "anyOf": [{ "type": "null" }, to("C")] }, "C": to("B") });
        assert_eq!(circle(long).as_deref(), Some("B C B"));
        assert_eq!(circle(json!({ "A": { "items": to("A") } })), None);
        let diamond =
            json!({ "A": { "allOf": [to("B"), to("C")] }, "B": to("D"), "C": to("D"), "D": {} });
        assert_eq!(circle(diamond), None);
        // Not a keyword, but a property's name.
        assert_eq!(
            circle(json!({ "A": { "properties": { "$ref": to("A"), "anyOf": to("A") } } })),
            None
        );
    }

    #[test]
    fn long_chains_are_no_danger() {
        let mut defs = Map::new();
        for n in 0..100_000 {
            defs.insert(format!("D{n}"), json!({ "$ref": format!("#/$defs/D{}", n + 1) }));
        }
        assert_eq!(vicious_circle(&defs), None);
        defs.insert("D100000".to_owned(), json!({ "$ref": "#/$defs/D0" }));
        assert!(vicious_circle(&defs).is_some());
    }
}
