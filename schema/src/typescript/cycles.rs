//! Types that would be defined by nothing but themselves.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::types::{is_interface, target};

/// References that must not be written as such: `type A = A | null` is an error, while
/// `type A = A[] | null` is not.
#[derive(Debug, Default)]
pub(super) struct Cuts(BTreeSet<(String, String)>);

impl Cuts {
    /// Finds one reference in each circle.
    pub(super) fn of(defs: &BTreeMap<&str, &Value>) -> Self {
        let mut cuts = BTreeSet::new();
        // Whether all that a definition leads to has been looked at; absent if it wasn't entered.
        let mut is_done: BTreeMap<&str, bool> = BTreeMap::new();
        for &root in defs.keys() {
            let mut path = Vec::new();
            enter(root, defs, &mut is_done, &mut path);
            // A loop with a stack of its own: a chain of definitions may be long.
            while let Some((def, rest)) = path.last_mut() {
                let def = *def;
                match rest.pop() {
                    None => {
                        is_done.insert(def, true);
                        path.pop();
                    }
                    Some(next) if is_done.get(next) == Some(&false) => {
                        cuts.insert((def.to_owned(), next.to_owned()));
                    }
                    Some(next) => enter(next, defs, &mut is_done, &mut path),
                }
            }
        }
        Self(cuts)
    }

    pub(super) fn contains(&self, from: &str, to: &str) -> bool {
        // Most contracts have none.
        !self.0.is_empty() && self.0.contains(&(from.to_owned(), to.to_owned()))
    }
}

fn enter<'a>(
    def: &'a str,
    defs: &BTreeMap<&'a str, &'a Value>,
    is_done: &mut BTreeMap<&'a str, bool>,
    path: &mut Vec<(&'a str, Vec<&'a str>)>,
) {
    let Some((&def, schema)) = defs.get_key_value(def) else { return };
    if is_done.contains_key(def) {
        return;
    }
    is_done.insert(def, false);
    let mut next = Vec::new();
    if !is_interface(schema) {
        bare_references(schema, defs, &mut next);
    }
    path.push((def, next));
}

/// The definitions that a schema refers to outside of any object, list or tuple.
fn bare_references<'a>(
    schema: &Value,
    defs: &BTreeMap<&'a str, &'a Value>,
    found: &mut Vec<&'a str>,
) {
    let reference = schema.get("$ref").and_then(Value::as_str).and_then(target);
    if let Some((def, _)) = reference.and_then(|def| defs.get_key_value(&*def)) {
        found.push(def);
    }
    for key in ["allOf", "anyOf", "oneOf"] {
        for branch in schema.get(key).and_then(Value::as_array).into_iter().flatten() {
            bare_references(branch, defs, found);
        }
    }
}
