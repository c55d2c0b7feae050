//! Values within schemas: a default that its own schema refuses says nothing true.

use serde_json::{Map, Value};

use super::{fits::fits, walk::each_child};

/// Takes away defaults and examples that their schemas refuse, such as the `null` that infinity becomes
/// in JSON.
pub(super) fn sound_defaults(root: &mut Value) {
    let Some(defs) = root.get("$defs").and_then(Value::as_object).cloned() else { return };
    if let Some(map) = root.get_mut("$defs").and_then(Value::as_object_mut) {
        map.values_mut().for_each(|schema| sound(schema, &defs));
    }
}

fn sound(schema: &mut Value, defs: &Map<String, Value>) {
    let refuses = |value: &Value| fits(schema, value, defs) == Some(false);
    let has_wrong_default = schema.get("default").is_some_and(refuses);
    let examples = schema.get("examples").and_then(Value::as_array);
    let right: Option<Vec<Value>> =
        examples.map(|all| all.iter().filter(|value| !refuses(value)).cloned().collect());
    let Value::Object(map) = schema else { return };
    if has_wrong_default {
        map.remove("default");
    }
    match right {
        Some(examples) if examples.is_empty() => drop(map.remove("examples")),
        Some(examples) => drop(map.insert("examples".to_owned(), examples.into())),
        None => {}
    }
    each_child(map, &mut |child| sound(child, defs));
}
