//! Circles in a graph.

use std::collections::{BTreeMap, BTreeSet};

/// The strongly connected components of more than one node.
pub(crate) fn circles<T: Ord + Clone>(arrows: &BTreeSet<(T, T)>) -> Vec<BTreeSet<T>> {
    let mut next: BTreeMap<&T, Vec<&T>> = BTreeMap::new();
    for (from, to) in arrows {
        next.entry(from).or_default().push(to);
    }
    let reached = |start: &T| {
        let (mut seen, mut open) = (BTreeSet::new(), vec![start]);
        while let Some(node) = open.pop() {
            for to in next.get(node).into_iter().flatten() {
                if seen.insert((*to).clone()) {
                    open.push(to);
                }
            }
        }
        seen
    };
    let reach: BTreeMap<&T, BTreeSet<T>> = next.keys().map(|node| (*node, reached(node))).collect();
    let mut out: Vec<BTreeSet<T>> = Vec::new();
    for (node, there) in &reach {
        let is_back = |to: &&T| reach.get(to).is_some_and(|back| back.contains(*node));
        let circle: BTreeSet<T> = there.iter().filter(is_back).cloned().collect();
        if circle.len() > 1 && !out.contains(&circle) {
            out.push(circle);
        }
    }
    out
}

#[test]
fn a_circle_is_found_and_a_diamond_is_none() {
    let arrows = [("a", "b"), ("b", "a"), ("b", "c"), ("b", "d"), ("c", "e"), ("d", "e")];
    assert_eq!(circles(&arrows.into()), [BTreeSet::from(["a", "b"])]);
}
