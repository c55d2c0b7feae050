//! From schemars' shapes to those that other languages' generators understand.

use serde_json::{Map, Value, json};

/// Formats that validators know; others make strict ones refuse the document.
const FORMATS: [&str; 11] = [
    "int32",
    "int64",
    "float",
    "double",
    "date",
    "time",
    "date-time",
    "duration",
    "uuid",
    "uri",
    "email",
];

/// Brings every definition into shape. Branches of tagged enums become definitions of their own.
pub(super) fn normalize(defs: &mut Map<String, Value>) {
    let names: Vec<String> = defs.keys().cloned().collect();
    for name in names {
        let Some(mut schema) = defs.remove(&name) else { continue };
        simplify(&mut schema);
        hoist_branches(&name, &mut schema, defs);
        defs.insert(name, schema);
    }
}

/// What needs no context: formats, and enums of strings.
pub(super) fn simplify(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(simplify),
        Value::Object(map) => {
            map.remove("$schema");
            if map.get("format").and_then(Value::as_str).is_some_and(|f| !FORMATS.contains(&f)) {
                map.remove("format");
            }
            one_enum(map);
            for (key, value) in map.iter_mut() {
                match key.as_str() {
                    // A property may be called like a keyword.
                    "properties" | "patternProperties" | "$defs" => {
                        if let Value::Object(named) = value {
                            named.values_mut().for_each(simplify);
                        }
                    }
                    // Values, not schemas.
                    "default" | "const" | "enum" | "examples" | "required" => {}
                    _ => simplify(value),
                }
            }
        }
        _ => {}
    }
}

/// The strings of a schema that is a string constant or a list of them.
fn strings(schema: &Value) -> Option<Vec<(String, String)>> {
    let map = schema.as_object()?;
    let known = ["type", "const", "enum", "description", "deprecated", "title"];
    if map.get("type")? != "string" || !map.keys().all(|key| known.contains(&key.as_str())) {
        return None;
    }
    let words = map.get("description").and_then(Value::as_str).unwrap_or_default();
    let values = match (map.get("const"), map.get("enum")) {
        (Some(value), None) => std::slice::from_ref(value),
        (None, Some(Value::Array(values))) => values,
        _ => return None,
    };
    values.iter().map(|value| Some((value.as_str()?.to_owned(), words.to_owned()))).collect()
}

/// schemars splits an enum of strings in two where one has a doc comment.
fn one_enum(map: &mut Map<String, Value>) {
    let Some(branches) = map.get("oneOf").and_then(Value::as_array) else { return };
    let Some(values) = branches.iter().map(strings).collect::<Option<Vec<_>>>() else { return };
    let values: Vec<_> = values.into_iter().flatten().collect();
    let mut words = map.get("description").and_then(Value::as_str).unwrap_or_default().to_owned();
    for (value, text) in values.iter().filter(|(_, text)| !text.is_empty()) {
        words.push_str(if words.is_empty() { "" } else { "\n\n" });
        words.push_str(&["`", value, "`: ", text].concat());
    }
    map.remove("oneOf");
    map.insert("type".to_owned(), json!("string"));
    let values: Vec<_> = values.into_iter().map(|(value, _)| value).collect();
    map.insert("enum".to_owned(), json!(values));
    if !words.is_empty() {
        map.insert("description".to_owned(), json!(words));
    }
}

/// The property that tells a tagged enum's branches apart, and each branch's value of it.
fn tag(branches: &[Value]) -> Option<(String, Vec<String>)> {
    let properties = branches.first()?.get("properties")?.as_object()?;
    properties.keys().find_map(|key| {
        let values: Option<Vec<_>> = branches
            .iter()
            .map(|branch| {
                let required = branch.get("required")?.as_array()?;
                let value = branch.get("properties")?.get(key)?.get("const")?.as_str()?;
                required.iter().any(|name| name == key).then(|| value.to_owned())
            })
            .collect();
        let values = values?;
        let distinct = values.iter().collect::<std::collections::BTreeSet<_>>().len();
        (distinct == values.len()).then(|| (key.clone(), values))
    })
}

/// A tagged enum's branches become `<Enum><Variant>`, told apart by a discriminator.
fn hoist_branches(name: &str, schema: &mut Value, defs: &mut Map<String, Value>) {
    let Value::Object(map) = schema else { return };
    let Some(branches) = map.get("oneOf").and_then(Value::as_array) else { return };
    let Some((key, values)) = tag(branches) else { return };
    let branches = branches.clone();
    let mut references = Vec::new();
    for (branch, value) in branches.into_iter().zip(values) {
        let def = free_name(&format!("{name}{}", pascal(&value)), |name| defs.contains_key(name));
        references.push(reference(&def));
        defs.insert(def, branch);
    }
    map.insert("type".to_owned(), json!("object"));
    map.insert("properties".to_owned(), json!({ key.as_str(): { "type": "string" } }));
    map.insert("required".to_owned(), json!([key]));
    map.insert("discriminator".to_owned(), json!({ "propertyName": key }));
    map.insert("oneOf".to_owned(), Value::Array(references));
}

pub(super) fn reference(def: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{}", def.replace('~', "~0").replace('/', "~1")) })
}

/// This name, or the first with a number that nobody has.
pub(super) fn free_name(name: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let numbered = (2_u64..).map(|number| format!("{name}{number}"));
    std::iter::once(name.to_owned())
        .chain(numbered)
        .find(|name| !is_taken(name))
        .unwrap_or_else(|| name.to_owned())
}

/// A wire value as the end of a type's name.
fn pascal(value: &str) -> String {
    value
        .split(|c: char| !c.is_alphanumeric())
        .filter_map(|word| {
            let mut chars = word.chars();
            chars.next().map(|first| first.to_uppercase().chain(chars).collect::<String>())
        })
        .collect()
}
