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

use serde_json::Value;

use super::{
    graph::{Edge, Entry, Graph, Order, address},
    shape::node::{Node, accepts_any},
};
use crate::{document::Document, json_schema::keyword};

/// The limit of schemas times rounds: beyond it, nothing is known.
const MOST_WORK: usize = 10_000_000;
/// Schemas within schemas, behind references as well, until two can be distinguished.
const MOST_ROUNDS: usize = 128;

/// The class of each schema, by its address.
pub(super) struct Classes(HashMap<usize, u64>);

/// An edge, and the numbers of its targets. A target outside of the schemas has a number of its own.
type Numbered<'e> = (&'e Edge<u64>, Vec<Result<usize, u64>>);

impl Classes {
    pub(super) fn of(old: &Document, new: &Document) -> Self {
        let hasher = RandomState::new();
        let label = |parts: &[&str]| hasher.hash_one(parts);
        let graph = Graph::of(&[old, new], &label, keyword::is_annotation);
        refine(&graph, &hasher)
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

fn refine(graph: &Graph<u64>, hasher: &RandomState) -> Classes {
    let resolved = graph.resolved();
    let real: Vec<&Entry<u64>> =
        resolved.iter().filter(|(at, end)| at == end).map(|(at, _)| graph.entry(*at)).collect();
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
