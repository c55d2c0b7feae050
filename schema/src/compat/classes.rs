//! Schemas that are written differently and accept the same values: with other annotations, in another
//! order, under other names, or in place instead of behind a reference.
//!
//! All schemas of both documents are put into classes, first by their own keywords, then by the
//! classes of what they hold, until no class is split any more (Moore's partition refinement). So
//! definitions that lead back to themselves are compared as well.

use std::{
    collections::HashMap,
    hash::{BuildHasher, Hash, Hasher, RandomState},
};

use serde_json::{Map, Value};

use super::shape::{
    node::{Node, accepts_any},
    value,
};
use crate::{
    document::Document,
    json_schema::{
        keyword::{self, Holds},
        reference,
    },
};

/// The limit of schemas times rounds: beyond it, nothing is known.
const MOST_WORK: usize = 10_000_000;
/// Schemas within schemas, behind references as well, until two can be distinguished.
const MOST_ROUNDS: usize = 128;
/// References that only lead to other references.
const MOST_NESTED: usize = 40;

/// The class of each schema, by its address.
pub(super) struct Classes(HashMap<usize, u64>);

/// How one schema holds others.
struct Edge {
    label: u64,
    /// Whether order and number make no difference, or order alone.
    order: Order,
    to: Vec<Target>,
}

#[derive(Clone, Copy, PartialEq)]
enum Order {
    Fixed,
    Free,
    Set,
}

/// A schema by its address, until it has a number.
type Target = usize;

struct Entry {
    own: u64,
    edges: Vec<Edge>,
    /// A schema that does nothing but refer to another one.
    alias: Option<Target>,
}

/// An edge, and the numbers of its targets. A target outside of the schemas has a number of its own.
type Numbered<'e> = (&'e Edge, Vec<Result<usize, u64>>);

struct Builder<'a> {
    document: &'a Document,
    entries: HashMap<usize, Entry>,
    hasher: RandomState,
}

fn address(schema: &Value) -> usize {
    std::ptr::from_ref(schema).addr()
}

impl Classes {
    pub(super) fn of(old: &Document, new: &Document) -> Self {
        let hasher = RandomState::new();
        let mut entries = HashMap::new();
        for document in [old, new] {
            let mut builder = Builder { document, entries, hasher: hasher.clone() };
            document.defs().for_each(|(_, schema)| builder.add(schema));
            entries = builder.entries;
        }
        refine(&entries, &hasher)
    }

    /// Whether two schemas are known to mean the same.
    pub(super) fn are_one(&self, one: &Value, other: &Value) -> bool {
        match (self.0.get(&address(one)), self.0.get(&address(other))) {
            (Some(one), Some(other)) => one == other,
            _ => false,
        }
    }

    /// The same for schemas that hold at once.
    pub(super) fn are_nodes_one(&self, one: &Node<'_>, other: &Node<'_>) -> bool {
        let of = |node: &Node<'_>| -> Option<Vec<u64>> {
            let all = node.0.iter().filter(|schema| !accepts_any(schema));
            let mut all: Vec<_> =
                all.map(|schema| self.0.get(&address(schema)).copied()).collect::<Option<_>>()?;
            all.sort_unstable();
            all.dedup();
            Some(all)
        };
        matches!((of(one), of(other)), (Some(one), Some(other)) if one == other)
    }
}

fn refine(entries: &HashMap<usize, Entry>, hasher: &RandomState) -> Classes {
    let resolved: Vec<(usize, usize)> =
        entries.keys().filter_map(|at| Some((*at, end_of(entries, *at)?))).collect();
    let real: Vec<&Entry> =
        resolved.iter().filter(|(at, end)| at == end).map(|(at, _)| &entries[at]).collect();
    let mut numbers: HashMap<usize, usize> = HashMap::new();
    for (number, (at, _)) in resolved.iter().filter(|(at, end)| at == end).enumerate() {
        numbers.insert(*at, number);
    }
    let ends: HashMap<usize, usize> =
        resolved.iter().filter_map(|(at, end)| Some((*at, *numbers.get(end)?))).collect();
    // A target outside of the schemas equals no other.
    let target = |at: &usize| ends.get(at).copied().ok_or(*at as u64);
    let edges: Vec<Vec<Numbered<'_>>> = real
        .iter()
        .map(|entry| {
            let edges = entry.edges.iter();
            edges.map(|edge| (edge, edge.to.iter().map(target).collect())).collect()
        })
        .collect();
    let mut classes: Vec<u64> = real.iter().map(|entry| hasher.hash_one(entry.own)).collect();
    let mut known = count(&classes);
    for round in 1.. {
        if round > MOST_ROUNDS || round * real.len() > MOST_WORK {
            return Classes(HashMap::new());
        }
        let next = real.iter().zip(&edges).map(|(entry, edges)| {
            let mut state = hasher.build_hasher();
            entry.own.hash(&mut state);
            for (edge, to) in edges {
                let mut to: Vec<u64> =
                    to.iter().map(|to| to.map_or_else(|odd| odd, |to| classes[to])).collect();
                if edge.order != Order::Fixed {
                    to.sort_unstable();
                }
                if edge.order == Order::Set {
                    to.dedup();
                }
                (edge.label, to).hash(&mut state);
            }
            state.finish()
        });
        classes = next.collect();
        let found = count(&classes);
        if found == known {
            break;
        }
        known = found;
    }
    Classes(ends.into_iter().map(|(at, number)| (at, classes[number])).collect())
}

/// How many classes there are.
fn count(classes: &[u64]) -> usize {
    let mut classes = classes.to_vec();
    classes.sort_unstable();
    classes.dedup();
    classes.len()
}

/// The schema that a schema only refers to; itself if it contains more.
fn end_of(entries: &HashMap<usize, Entry>, at: usize) -> Option<usize> {
    let mut at = at;
    for _ in 0..MOST_NESTED {
        match entries.get(&at)?.alias {
            Some(next) => at = next,
            None => return Some(at),
        }
    }
    None
}

impl Builder<'_> {
    fn hash(&self, value: impl Hash) -> u64 {
        self.hasher.hash_one(value)
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
        let entry = match schema {
            Value::Object(map) if !accepts_any(schema) => self.entry(schema, map),
            schema if accepts_any(schema) => {
                Entry { own: self.hash("anything"), edges: Vec::new(), alias: None }
            }
            other => Entry { own: self.hash(other.to_string()), edges: Vec::new(), alias: None },
        };
        self.entries.insert(address(schema), entry);
    }

    fn entry(&mut self, schema: &Value, map: &Map<String, Value>) -> Entry {
        let target = self.document.target(schema).map(|(_, target)| address(target));
        let mut keywords: Vec<_> =
            map.iter().filter(|(key, _)| !keyword::is_annotation(key)).collect();
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
            edges.push(Edge { label: self.hash("allOf"), order: Order::Set, to: all });
        }
        Entry { own: self.hash(own), edges, alias }
    }

    /// What a schema stands for that has this keyword alone.
    fn alias(&mut self, key: &str, value: &Value, target: Option<Target>) -> Option<Target> {
        match (key, value) {
            (reference::KEY, _) => target,
            ("allOf" | "anyOf" | "oneOf", Value::Array(all)) if all.len() == 1 => {
                self.add(&all[0]);
                Some(address(&all[0]))
            }
            _ => None,
        }
    }

    fn keyword(&mut self, key: &str, value: &Value, own: &mut Vec<String>, edges: &mut Vec<Edge>) {
        match (keyword::holds(key), value) {
            (Holds::List, Value::Array(all)) => {
                self.add_all(all);
                let order = match key {
                    "anyOf" => Order::Set,
                    "oneOf" => Order::Free,
                    _ => Order::Fixed,
                };
                let to = all.iter().map(address).collect();
                edges.push(Edge { label: self.hash(key), order, to });
            }
            (Holds::ByName, Value::Object(named)) => {
                let mut named: Vec<_> = named.iter().collect();
                named.sort_unstable_by_key(|(name, _)| *name);
                for (name, schema) in named {
                    let label = self.hash((key, name));
                    self.add_one(label, schema, edges);
                }
            }
            (Holds::Schema, schema @ (Value::Object(_) | Value::Bool(_))) => {
                self.add_one(self.hash(key), schema, edges);
            }
            _ => own.extend(constraint(key, value)),
        }
    }

    fn add_one(&mut self, label: u64, schema: &Value, edges: &mut Vec<Edge>) {
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
