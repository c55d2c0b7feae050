//! Where each definition is described: with the one message or union that it belongs to, or by itself.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::{Map, Value};
use wirebond_schema::{
    Document,
    internal::{of_union, reference},
};

/// How deep unions stand in unions before their branches are types of their own.
const MOST_UNIONS: usize = 3;
/// How long a payload may be, in bytes or so, to be shown at more than one message.
const SHORT: usize = 4_000;
/// How often it may be needed for that.
const FEW: usize = 8;

/// Where a definition is described.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Home {
    /// Among the types.
    Types,
    /// At the only message that carries it.
    Message,
    /// In the only union that it is a branch of.
    Union,
}

/// The definitions that messages need, and where each is described.
pub(super) struct Index<'a> {
    document: &'a Document,
    homes: BTreeMap<&'a str, Home>,
    /// How often each is referred to.
    counts: BTreeMap<&'a str, usize>,
}

impl<'a> Index<'a> {
    pub(super) fn new(document: &'a Document) -> Self {
        let counts = count(document);
        let is_alone = |name: &str| counts.get(name) == Some(&1);
        let mut homes = BTreeMap::new();
        // From the messages inwards: whatever has a home in a union is reached through that union.
        let mut waiting = VecDeque::new();
        for payload in document.messages().filter_map(|message| message.payload()) {
            for name in references(payload) {
                let home = match plain_reference(payload) {
                    Some(_) if is_alone(name) => Home::Message,
                    _ => Home::Types,
                };
                waiting.push_back((name, home, 0));
            }
        }
        while let Some((name, home, depth)) = waiting.pop_front() {
            let Some(schema) = document.def(name) else { continue };
            if homes.contains_key(name) {
                continue;
            }
            homes.insert(name, home);
            let branches = branches(schema);
            for inner in references(schema) {
                let is_branch = branches.contains(inner) && is_alone(inner) && depth < MOST_UNIONS;
                let (home, depth) =
                    if is_branch { (Home::Union, depth + 1) } else { (Home::Types, 0) };
                waiting.push_back((inner, home, depth));
            }
        }
        Self { document, homes, counts }
    }

    pub(super) fn def(&self, name: &str) -> Option<&'a Value> {
        self.document.def(name)
    }

    /// Where a definition is described; `None` where it isn't.
    pub(super) fn home(&self, name: &str) -> Option<Home> {
        self.homes.get(name).copied()
    }

    /// The types that are described by themselves, by name.
    pub(super) fn types(&self) -> impl Iterator<Item = (&'a str, &'a Value)> {
        let types = self.homes.iter().filter(|(_, home)| **home == Home::Types);
        types.filter_map(|(name, _)| Some((*name, self.def(name)?)))
    }

    /// A tagged union: the property that distinguishes its branches, and the branches' names.
    pub(super) fn union<'s>(&self, schema: &'s Value) -> Option<(String, Vec<&'s str>)> {
        let names = named_branches(schema)?;
        let defs = self.document.value().get("$defs")?.as_object()?;
        let (tag, _) = of_union(schema.as_object()?, defs)?;
        Some((tag, names))
    }

    /// Whether a payload's definition is described at the messages that carry it: at the only one,
    /// or at each if it is short and nothing else has its home there.
    pub(super) fn is_at_messages(&self, name: &str) -> bool {
        self.home(name) == Some(Home::Message)
            || self.def(name).is_some_and(|schema| {
                let is_elsewhere = |inner: &str| self.home(inner) != Some(Home::Union);
                let is_rare = self.counts.get(name).is_some_and(|count| *count <= FEW);
                is_rare && is_short(schema) && references(schema).into_iter().all(is_elsewhere)
            })
    }
}

/// How often each definition is referred to by others, among what messages need.
fn count(document: &Document) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    let mut waiting: Vec<&str> =
        document.messages().filter_map(|message| message.payload()).flat_map(references).collect();
    while let Some(name) = waiting.pop() {
        let count = counts.entry(name).or_insert(0);
        *count += 1;
        if *count == 1 {
            let inner = document.def(name).into_iter().flat_map(references);
            waiting.extend(inner.filter(|inner| *inner != name));
        }
    }
    counts
}

/// The definitions that a schema refers to, each as often as it does.
fn references(schema: &Value) -> Vec<&str> {
    fn collect<'a>(schema: &'a Value, found: &mut Vec<&'a str>) {
        match schema {
            Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
            Value::Object(map) => {
                found.extend(target(map));
                map.values().for_each(|value| collect(value, found));
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    collect(schema, &mut found);
    found
}

/// The definition that a schema's `$ref` names.
pub(super) fn target(map: &Map<String, Value>) -> Option<&str> {
    reference::plain_name(map.get(reference::KEY)?.as_str()?)
}

/// The definition that a schema is nothing but a reference to.
pub(super) fn plain_reference(schema: &Value) -> Option<&str> {
    let map = schema.as_object()?;
    target(map).filter(|_| map.len() == 1)
}

/// The branches of a union that are all names.
fn named_branches(schema: &Value) -> Option<Vec<&str>> {
    schema.get("oneOf")?.as_array()?.iter().map(plain_reference).collect()
}

/// The definitions that are branches of an enum, tagged or not.
fn branches(schema: &Value) -> BTreeSet<&str> {
    let listed = schema.get("oneOf").and_then(Value::as_array);
    listed.into_iter().flatten().filter_map(plain_reference).collect()
}

fn is_short(value: &Value) -> bool {
    fn spend(value: &Value, left: &mut usize) -> bool {
        let cost = 4 + value.as_str().map_or(0, str::len);
        let keys = value.as_object().into_iter().flat_map(|map| map.keys());
        let cost = keys.fold(cost, |cost, key| cost.saturating_add(key.len()));
        let Some(rest) = left.checked_sub(cost) else { return false };
        *left = rest;
        match value {
            Value::Array(items) => items.iter().all(|item| spend(item, left)),
            Value::Object(map) => map.values().all(|value| spend(value, left)),
            _ => true,
        }
    }
    spend(value, &mut SHORT.clone())
}
