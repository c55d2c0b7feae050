//! An order of schemas that depends on nothing but what they accept: equal ones have one rank.

use std::{borrow::Cow, collections::HashMap};

use serde_json::Value;

use crate::{
    compat::graph::{Edge, Entry, Graph, Order, address},
    document::Document,
    json_schema::keyword,
};

/// The limit of schemas times rounds. No contract that people write comes near it.
const MOST_WORK: usize = 10_000_000;

/// Annotations that say how a value is to be understood.
const MEANINGFUL: [&str; 3] = ["contentEncoding", "contentMediaType", "format"];

/// Whether a keyword makes no difference to a fingerprint.
pub(super) fn is_skipped(key: &str) -> bool {
    keyword::is_annotation(key) && !MEANINGFUL.contains(&key)
}

/// The schemas of a document in their order.
pub(super) struct Ranked {
    graph: Graph<String>,
    /// For the address of each schema, where in `ends` the one is that it stands for.
    places: HashMap<usize, usize>,
    /// The addresses of the schemas that stand for themselves.
    ends: Vec<usize>,
    ranks: Vec<usize>,
}

impl Ranked {
    /// `None` for a document whose schemas can't be distinguished with bounded work.
    ///
    /// Schemas are ordered by their own keywords first, then by the order of what they hold, until no two
    /// more are distinguished (Moore's partition refinement). What distinguishes two of them never depends
    /// on a third, so the order is the same in every document.
    pub(super) fn of(document: &Document) -> Option<Self> {
        let graph = Graph::of(&[document], &encoded, is_skipped);
        let resolved = graph.resolved();
        let ends: Vec<usize> =
            resolved.iter().filter(|(at, end)| at == end).map(|(at, _)| *at).collect();
        let numbers: HashMap<usize, usize> =
            ends.iter().enumerate().map(|(number, at)| (*at, number)).collect();
        let places = resolved.iter().map(|(at, end)| Some((*at, *numbers.get(end)?)));
        let places: HashMap<usize, usize> = places.collect::<Option<_>>()?;
        let entries: Vec<&Entry<String>> = ends.iter().map(|at| graph.entry(*at)).collect();
        let targets = entries.iter().map(|entry| {
            let of_edge = |edge: &Edge<String>| -> Option<Vec<usize>> {
                edge.to.iter().map(|at| places.get(at).copied()).collect()
            };
            entry.edges.iter().map(|edge| Some((edge.order, of_edge(edge)?))).collect()
        });
        let targets: Vec<Vec<(Order, Vec<usize>)>> = targets.collect::<Option<_>>()?;
        let own = entries.iter().map(|entry| {
            let edges = entry.edges.iter().map(|edge| (&edge.label, edge.order));
            (&entry.own, edges.collect::<Vec<_>>())
        });
        let (mut ranks, mut known) = ranks(&own.collect::<Vec<_>>());
        for round in 1.. {
            if round * ends.len() > MOST_WORK {
                return None;
            }
            let keys = targets.iter().zip(&ranks).map(|(edges, rank)| {
                let held = edges.iter().map(|(order, to)| in_order(*order, to, &ranks));
                (*rank, held.collect::<Vec<_>>())
            });
            let (next, found) = self::ranks(&keys.collect::<Vec<_>>());
            ranks = next;
            if found == known {
                break;
            }
            known = found;
        }
        Some(Self { graph, places, ends, ranks })
    }

    /// The number of a schema of the document.
    pub(super) fn number(&self, schema: &Value) -> Option<usize> {
        self.places.get(&address(schema)).copied()
    }

    /// The rank of the schema of this number.
    pub(super) fn rank(&self, number: usize) -> usize {
        self.ranks[number]
    }

    pub(super) fn entry(&self, number: usize) -> &Entry<String> {
        self.graph.entry(self.ends[number])
    }

    /// The numbers of the schemas that an edge leads to, in their order.
    pub(super) fn targets(&self, edge: &Edge<String>) -> Vec<usize> {
        let mut to: Vec<usize> = edge.to.iter().map(|at| self.places[at]).collect();
        if edge.order != Order::Fixed {
            to.sort_by_key(|number| self.ranks[*number]);
        }
        if edge.order == Order::Set {
            to.dedup_by_key(|number| self.ranks[*number]);
        }
        to
    }
}

/// The ranks of what an edge leads to.
fn in_order(order: Order, to: &[usize], ranks: &[usize]) -> Vec<usize> {
    let mut to: Vec<usize> = to.iter().map(|number| ranks[*number]).collect();
    if order != Order::Fixed {
        to.sort_unstable();
    }
    if order == Order::Set {
        to.dedup();
    }
    to
}

/// The place of each key among the different keys, and how many those are.
fn ranks<K: Ord>(keys: &[K]) -> (Vec<usize>, usize) {
    let mut sorted: Vec<usize> = (0..keys.len()).collect();
    sorted.sort_by(|one, other| keys[*one].cmp(&keys[*other]));
    let (mut ranks, mut rank) = (vec![0; keys.len()], 0);
    for (place, number) in sorted.iter().enumerate() {
        rank += usize::from(place > 0 && keys[sorted[place - 1]] != keys[*number]);
        ranks[*number] = rank;
    }
    (ranks, rank)
}

/// Texts as one, from which they can be read again.
fn encoded(parts: &[&str]) -> String {
    parts
        .iter()
        .flat_map(|part| [Cow::from(part.len().to_string()), ":".into(), (*part).into()])
        .collect()
}
