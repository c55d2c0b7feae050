//! Defaults and examples: one that its own schema rejects is useless.

use serde_json::{Map, Value};

use super::accepts::accepts;
use crate::json_schema::walk::each_child;

/// Removes defaults and examples that their own schemas reject, such as the `null` that infinity becomes
/// in JSON.
pub(super) fn remove_invalid(root: &mut Value) {
    let Some(defs) = root.get("$defs").and_then(Value::as_object).cloned() else { return };
    if let Some(map) = root.get_mut("$defs").and_then(Value::as_object_mut) {
        map.values_mut().for_each(|schema| remove_within(schema, &defs));
    }
}

fn remove_within(schema: &mut Value, defs: &Map<String, Value>) {
    let rejects = |value: &Value| accepts(schema, value, defs) == Some(false);
    let has_wrong_default = schema.get("default").is_some_and(rejects);
    let examples = schema.get("examples").and_then(Value::as_array);
    let right: Option<Vec<Value>> =
        examples.map(|all| all.iter().filter(|value| !rejects(value)).cloned().collect());
    let Value::Object(map) = schema else { return };
    if has_wrong_default {
        map.remove("default");
    }
    match right {
        Some(examples) if examples.is_empty() => drop(map.remove("examples")),
        Some(examples) => drop(map.insert("examples".to_owned(), examples.into())),
        None => {}
    }
    each_child(map, &mut |child| remove_within(child, defs));
}
