//! What distinguishes the branches of a tagged enum.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{keyword, reference};

/// The properties that every JavaScript object inherits. ajv looks tags up in such an object.
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

/// Whether a `discriminator` is useful: the tag's values can be looked up, and each branch consists of
/// an object's fields alone. Code generators reduce a branch that is a union, or that
/// combines several schemas, to its first part.
pub(crate) fn discriminates(tag: &str, branches: &[(String, Value)]) -> bool {
    let is_plain = |branch: &Value| {
        let combines = |key: &String| key == reference::KEY || keyword::is_in_place(key);
        !branch.as_object().is_some_and(|map| map.keys().any(combines))
    };
    is_word(tag) && branches.iter().all(|(value, branch)| is_word(value) && is_plain(branch))
}

/// Whether ajv can look a value up among those of a discriminator.
pub(crate) fn is_word(value: &str) -> bool {
    !value.is_empty() && !PROTOTYPE.contains(&value)
}

/// The property that distinguishes branches, and each branch's value of it.
pub(crate) fn of(branches: &[&Value]) -> Option<(String, Vec<String>)> {
    let keys: BTreeSet<_> = branches.first()?.get("properties")?.as_object()?.keys().collect();
    keys.into_iter().find_map(|key| Some((key.clone(), values(branches, key)?)))
}

/// The values of a property that every branch requires, each with a value of its own.
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

/// The tag of a `oneOf`, and its value in each branch; references are looked up in `definitions`. A
/// `discriminator` says which it is, and where there is none the branches do.
pub fn of_union(
    union: &Map<String, Value>,
    definitions: &Map<String, Value>,
) -> Option<(String, Vec<String>)> {
    let resolved = |branch| resolve(branch, definitions);
    let branches: Vec<_> =
        union.get("oneOf")?.as_array()?.iter().map(resolved).collect::<Option<_>>()?;
    match union.get("discriminator").and_then(|one| one.get("propertyName")?.as_str()) {
        Some(tag) => Some((tag.to_owned(), values(&branches, tag)?)),
        None => of(&branches),
    }
}

/// What a branch refers to, or itself.
fn resolve<'a>(branch: &'a Value, definitions: &'a Map<String, Value>) -> Option<&'a Value> {
    match branch.get(reference::KEY) {
        Some(_) => reference::target(branch, definitions).map(|(_, schema)| schema),
        None => Some(branch),
    }
}
