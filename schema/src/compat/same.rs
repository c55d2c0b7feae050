//! Parts that did not change at all, definitions behind references included.

use std::{
    cell::OnceCell,
    collections::{BTreeMap, BTreeSet},
};

use serde_json::Value;

use super::{classes::Classes, shape::node::Node};
use crate::{document::Document, json_schema::reference};

/// Which definitions differ between two documents, or lead to one that does.
pub(super) struct Same<'a> {
    changed: BTreeSet<String>,
    whole: bool,
    documents: [&'a Document; 2],
    /// Schemas that are written differently and accept the same values: found when first asked for.
    classes: OnceCell<Classes>,
}

impl<'a> Same<'a> {
    pub(super) fn of(old: &'a Document, new: &'a Document) -> Self {
        let names: BTreeSet<&str> = old.defs().chain(new.defs()).map(|(name, _)| name).collect();
        let mut changed = BTreeSet::new();
        let mut users: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for name in names {
            let (one, other) = (old.def(name), new.def(name));
            let mut references = Vec::new();
            one.into_iter().chain(other).for_each(|schema| collect(schema, &mut references));
            let leads = |text: &&str, document: &Document| {
                reference::name(text).is_some_and(|name| document.def(&name).is_some())
            };
            let opaque = !references.iter().all(|text| leads(text, old) && leads(text, new));
            if one != other || opaque {
                changed.insert(name.to_owned());
            }
            for target in references.iter().filter_map(|text| reference::name(text)) {
                users.entry(target.into_owned()).or_default().push(name.to_owned());
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
        Self {
            changed,
            whole: old.value() == new.value(),
            documents: [old, new],
            classes: OnceCell::new(),
        }
    }

    /// Schemas that are written differently and accept the same values.
    pub(super) fn classes(&self) -> &Classes {
        let [old, new] = self.documents;
        self.classes.get_or_init(|| Classes::of(old, new))
    }

    /// Whether two parts mean the same, whatever they refer to included.
    pub(super) fn values(&self, one: &Value, other: &Value) -> bool {
        if one != other {
            return false;
        }
        let mut references = Vec::new();
        collect(one, &mut references);
        references.iter().all(|text| match reference::name(text) {
            Some(name) => !self.changed.contains(&*name),
            None => self.whole && self.changed.is_empty(),
        })
    }

    pub(super) fn nodes(&self, one: &Node<'_>, other: &Node<'_>) -> bool {
        one.0.len() == other.0.len()
            && one.0.iter().zip(&other.0).all(|(one, other)| self.values(one, other))
    }
}

/// Every text that may be a reference. A string called `$ref` in an example does no harm.
fn collect<'a>(value: &'a Value, out: &mut Vec<&'a str>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, out)),
        Value::Object(map) => {
            for (key, value) in map {
                match value {
                    Value::String(text) if key == reference::KEY || key == "$dynamicRef" => {
                        out.push(text);
                    }
                    value => collect(value, out),
                }
            }
        }
        _ => {}
    }
}
