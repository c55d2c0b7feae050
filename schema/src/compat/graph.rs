//! The schemas of documents as a graph: each has what its own keywords say, and leads to the schemas
//! that it holds or refers to.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::shape::value;
use crate::{
    document::Document,
    json_schema::{
        keyword::{self, Holds},
        reference,
    },
};

/// References that only lead to other references.
const MOST_NESTED: usize = 40;

/// A schema's place in memory, which identifies it within its document.
pub(crate) fn address(schema: &Value) -> usize {
    std::ptr::from_ref(schema).addr()
}

/// The schemas by their addresses. `L` stands for a text.
pub(crate) struct Graph<L>(HashMap<usize, Entry<L>>);

/// One schema.
pub(crate) struct Entry<L> {
    /// Its keywords that hold no schema.
    pub(crate) own: L,
    /// The schemas that it holds.
    pub(crate) edges: Vec<Edge<L>>,
    /// A schema that it does nothing but refer to.
    alias: Option<usize>,
}

/// How one schema holds others.
pub(crate) struct Edge<L> {
    pub(crate) label: L,
    pub(crate) order: Order,
    pub(crate) to: Vec<usize>,
}

/// Whether the order of several schemas makes a difference, or their number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Order {
    /// Both do.
    Fixed,
    /// The number alone does.
    Free,
    /// Neither does.
    Set,
}

/// What a graph is made of.
struct Builder<'a, L> {
    document: &'a Document,
    entries: HashMap<usize, Entry<L>>,
    label: &'a dyn Fn(&[&str]) -> L,
    skips: fn(&str) -> bool,
}

impl<L> Graph<L> {
    /// The graph of these documents' definitions. `label` gives equal values for equal texts, and keywords
    /// that `skips` returns true for are left out.
    pub(crate) fn of(
        documents: &[&Document],
        label: &dyn Fn(&[&str]) -> L,
        skips: fn(&str) -> bool,
    ) -> Self {
        let mut entries = HashMap::new();
        for document in documents {
            let mut builder = Builder { document, entries, label, skips };
            document.defs().for_each(|(_, schema)| builder.add(schema));
            entries = builder.entries;
        }
        Self(entries)
    }

    /// The entry at an address that [`resolved`](Self::resolved) returned.
    pub(crate) fn entry(&self, at: usize) -> &Entry<L> {
        &self.0[&at]
    }

    /// Every schema that stands for something, and the schema that it stands for: itself unless it only
    /// refers to another one.
    pub(crate) fn resolved(&self) -> Vec<(usize, usize)> {
        self.0.keys().filter_map(|at| Some((*at, self.end_of(*at)?))).collect()
    }

    /// The schema that a schema only refers to; itself if it contains more.
    fn end_of(&self, at: usize) -> Option<usize> {
        let mut at = at;
        for _ in 0..MOST_NESTED {
            match self.0.get(&at)?.alias {
                Some(next) => at = next,
                None => return Some(at),
            }
        }
        None
    }
}

impl<L> Builder<'_, L> {
    fn label(&self, parts: &[&str]) -> L {
        (self.label)(parts)
    }

    fn add_all(&mut self, schemas: &[Value]) {
        for schema in schemas {
            self.add(schema);
        }
    }

    fn add(&mut self, schema: &Value) {
        if self.entries.contains_key(&address(schema)) {
            return;
        }
        let plain = |own| Entry { own, edges: Vec::new(), alias: None };
        let entry = match schema {
            Value::Bool(true) => plain(self.label(&["anything"])),
            Value::Object(map) if map.keys().all(|key| (self.skips)(key)) => {
                plain(self.label(&["anything"]))
            }
            Value::Object(map) => self.entry(schema, map),
            other => plain(self.label(&[&other.to_string()])),
        };
        self.entries.insert(address(schema), entry);
    }

    fn entry(&mut self, schema: &Value, map: &Map<String, Value>) -> Entry<L> {
        let target = self.document.target(schema).map(|(_, target)| address(target));
        let mut keywords: Vec<_> = map.iter().filter(|(key, _)| !(self.skips)(key)).collect();
        keywords.sort_unstable_by_key(|(key, _)| *key);
        let alias =
            if let [(key, value)] = &*keywords { self.alias(key, value, target) } else { None };
        let (mut own, mut edges) = (Vec::new(), Vec::new());
        let mut all = Vec::new();
        for (key, value) in keywords {
            match (key.as_str(), value) {
                ("allOf", Value::Array(schemas)) => {
                    self.add_all(schemas);
                    all.extend(schemas.iter().map(address));
                }
                (reference::KEY, _) if target.is_some() => all.extend(target),
                _ => self.keyword(key, value, &mut own, &mut edges),
            }
        }
        if !all.is_empty() {
            edges.push(Edge { label: self.label(&["allOf"]), order: Order::Set, to: all });
        }
        let own: Vec<&str> = own.iter().map(String::as_str).collect();
        Entry { own: self.label(&own), edges, alias }
    }

    /// What a schema stands for that has this keyword alone.
    fn alias(&mut self, key: &str, value: &Value, target: Option<usize>) -> Option<usize> {
        match (key, value) {
            (reference::KEY, _) => target,
            ("allOf" | "anyOf" | "oneOf", Value::Array(all)) if all.len() == 1 => {
                self.add(&all[0]);
                Some(address(&all[0]))
            }
            _ => None,
        }
    }

    fn keyword(
        &mut self,
        key: &str,
        value: &Value,
        own: &mut Vec<String>,
        edges: &mut Vec<Edge<L>>,
    ) {
        match (keyword::holds(key), value) {
            (Holds::List, Value::Array(all)) => {
                self.add_all(all);
                let order = match key {
                    "anyOf" => Order::Set,
                    "oneOf" => Order::Free,
                    _ => Order::Fixed,
                };
                let to = all.iter().map(address).collect();
                edges.push(Edge { label: self.label(&[key]), order, to });
            }
            (Holds::ByName, Value::Object(named)) => {
                let mut named: Vec<_> = named.iter().collect();
                named.sort_unstable_by_key(|(name, _)| *name);
                for (name, schema) in named {
                    let label = self.label(&[key, name]);
                    self.add_one(label, schema, edges);
                }
            }
            (Holds::Schema, schema @ (Value::Object(_) | Value::Bool(_))) => {
                self.add_one(self.label(&[key]), schema, edges);
            }
            _ => own.extend(constraint(key, value)),
        }
    }

    fn add_one(&mut self, label: L, schema: &Value, edges: &mut Vec<Edge<L>>) {
        self.add(schema);
        edges.push(Edge { label, order: Order::Fixed, to: vec![address(schema)] });
    }
}

/// A keyword without schemas as a text, which is the same for all that mean the same.
fn constraint(key: &str, value: &Value) -> Option<String> {
    match (key, value) {
        ("required", Value::Array(all)) if all.is_empty() => None,
        ("required" | "enum" | "type", Value::Array(all)) => {
            let mut all: Vec<_> = all.iter().map(value::text).collect();
            all.sort_unstable();
            all.dedup();
            Some(format!("{key}:{}", all.join(",")))
        }
        ("const", value) => Some(format!("enum:{}", value::text(value))),
        (key, value) => Some(format!("{key}:{}", value::text(value))),
    }
}
