//! What tells the branches of a tagged enum apart.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::walk::name_of;

/// What every object of JavaScript has already. ajv looks tags up in such an object.
const PROTOTYPE: [&str; 12] = [
    "__defineGetter__",
    "__defineSetter__",
    "__lookupGetter__",
    "__lookupSetter__",
    "__proto__",
    "constructor",
    "hasOwnProperty",
    "isPrototypeOf",
    "propertyIsEnumerable",
    "toLocaleString",
    "toString",
    "valueOf",
];

/// Whether a `discriminator` does more good than harm: the tag's values can be looked up, and each
/// branch is an object's fields alone. Code generators take a branch that is a union, or is put together
/// of several schemas, for its first part.
pub(super) fn discriminates(tag: &str, branches: &[(String, Value)]) -> bool {
    let is_plain = |branch: &Value| {
        let parts = ["$ref", "allOf", "anyOf", "else", "if", "not", "oneOf", "then"];
        parts.iter().all(|key| branch.get(key).is_none())
    };
    is_word(tag) && branches.iter().all(|(value, branch)| is_word(value) && is_plain(branch))
}

/// Whether ajv can look a value up among a discriminator's.
pub(super) fn is_word(value: &str) -> bool {
    !value.is_empty() && !PROTOTYPE.contains(&value)
}

/// The property that tells branches apart, and each branch's value of it.
pub(super) fn of(branches: &[&Value]) -> Option<(String, Vec<String>)> {
    let keys: BTreeSet<_> = branches.first()?.get("properties")?.as_object()?.keys().collect();
    keys.into_iter().find_map(|key| Some((key.clone(), values(branches, key)?)))
}

/// The values of a property that every branch asks for, and each with another value.
fn values(branches: &[&Value], key: &str) -> Option<Vec<String>> {
    let values: Vec<_> = branches
        .iter()
        .map(|branch| {
            let required = branch.get("required")?.as_array()?;
            let value = branch.get("properties")?.get(key)?.get("const")?.as_str()?;
            required.iter().any(|name| name == key).then(|| value.to_owned())
        })
        .collect::<Option<_>>()?;
    let distinct = values.iter().collect::<BTreeSet<_>>().len();
    (distinct == values.len()).then_some(values)
}

/// The tag of a `oneOf`, and its value in each branch; references are looked up in `defs`. A
/// `discriminator` says which it is, and where there is none the branches do.
pub(crate) fn of_union(
    union: &Map<String, Value>,
    defs: &Map<String, Value>,
) -> Option<(String, Vec<String>)> {
    let resolved = |branch| resolve(branch, defs);
    let branches: Vec<_> =
        union.get("oneOf")?.as_array()?.iter().map(resolved).collect::<Option<_>>()?;
    match union.get("discriminator").and_then(|one| one.get("propertyName")?.as_str()) {
        Some(tag) => Some((tag.to_owned(), values(&branches, tag)?)),
        None => of(&branches),
    }
}

fn resolve<'a>(branch: &'a Value, defs: &'a Map<String, Value>) -> Option<&'a Value> {
    match branch.get("$ref").and_then(Value::as_str) {
        Some(reference) => defs.get(name_of(reference)?),
        None => Some(branch),
    }
}
