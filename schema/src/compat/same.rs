//! What did not change at all, definitions behind references included.

use std::{
    cell::OnceCell,
    collections::{BTreeMap, BTreeSet},
};

use serde_json::{Map, Value};

use super::{
    equal::Classes,
    node::{Node, resolve},
};

/// Which definitions differ between two documents, or lead to one that does.
pub(super) struct Same<'a> {
    changed: BTreeSet<String>,
    whole: bool,
    documents: [&'a Value; 2],
    /// What says the same in other words. It is found out when somebody asks for it.
    classes: OnceCell<Classes>,
}

impl<'a> Same<'a> {
    pub(super) fn of(old: &'a Value, new: &'a Value) -> Self {
        let none = Map::new();
        let (olds, news) = (defs(old).unwrap_or(&none), defs(new).unwrap_or(&none));
        let mut changed = BTreeSet::new();
        let mut users: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for name in olds.keys().chain(news.keys()) {
            let (one, other) = (olds.get(name), news.get(name));
            let mut references = Vec::new();
            one.into_iter().chain(other).for_each(|schema| collect(schema, &mut references));
            let opaque = references.iter().any(|text| {
                def_of(text).is_none()
                    || resolve(old, text).is_none()
                    || resolve(new, text).is_none()
            });
            if one != other || opaque {
                changed.insert(name.clone());
            }
            for target in references.iter().filter_map(|text| def_of(text)) {
                users.entry(target).or_default().push(name.clone());
            }
        }
        let mut queue: Vec<String> = changed.iter().cloned().collect();
        while let Some(name) = queue.pop() {
            for user in users.remove(&name).unwrap_or_default() {
                if changed.insert(user.clone()) {
                    queue.push(user);
                }
            }
        }
        Self { changed, whole: old == new, documents: [old, new], classes: OnceCell::new() }
    }

    /// What says the same in other words.
    pub(super) fn classes(&self) -> &Classes {
        let [old, new] = self.documents;
        self.classes.get_or_init(|| Classes::of(old, new))
    }

    /// Whether two parts say the same, whatever they refer to included.
    pub(super) fn values(&self, one: &Value, other: &Value) -> bool {
        if one != other {
            return false;
        }
        let mut references = Vec::new();
        collect(one, &mut references);
        references.iter().all(|text| match def_of(text) {
            Some(name) => !self.changed.contains(&name),
            None => self.whole && self.changed.is_empty(),
        })
    }

    pub(super) fn nodes(&self, one: &Node<'_>, other: &Node<'_>) -> bool {
        one.0.len() == other.0.len()
            && one.0.iter().zip(&other.0).all(|(one, other)| self.values(one, other))
    }
}

fn defs(root: &Value) -> Option<&Map<String, Value>> {
    root.get("$defs")?.as_object()
}

/// The definition that a reference leads into.
fn def_of(reference: &str) -> Option<String> {
    let rest = reference.strip_prefix("#/$defs/")?;
    let name = rest.split('/').next()?;
    Some(name.replace("~1", "/").replace("~0", "~"))
}

/// Every text that may be a reference. A string called `$ref` in an example does no harm.
fn collect<'a>(value: &'a Value, out: &mut Vec<&'a str>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, out)),
        Value::Object(map) => {
            for (key, value) in map {
                match value {
                    Value::String(text) if key == "$ref" || key == "$dynamicRef" => out.push(text),
                    value => collect(value, out),
                }
            }
        }
        _ => {}
    }
}
