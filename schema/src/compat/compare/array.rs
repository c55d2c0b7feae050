//! Arrays: lists and tuples.

use serde_json::Value;

use super::{path, walk::Walk};
use crate::compat::{
    change::Level,
    rules::Rule,
    shape::{
        alternative::Alt,
        limits::{Limits, limits},
        node::{NEVER, Node},
    },
};

/// What stands at a place of an array.
fn item<'a>(alt: &Alt<'a>, index: usize) -> Node<'a> {
    let mut node = Node::default();
    for part in &alt.parts {
        let first = part.get("prefixItems").and_then(|items| items.get(index));
        first.or_else(|| part.get("items")).into_iter().for_each(|schema| node.push(schema));
    }
    if alt.has_clear_scopes() {
        let left = alt.scopes.iter().filter(|scope| !scope.has_item(index));
        left.for_each(|scope| node.push(scope.rest));
    }
    node
}

/// How many places have a schema of their own.
fn places(alt: &Alt<'_>) -> usize {
    let all = alt.parts.iter().filter_map(|part| part.get("prefixItems")?.as_array());
    all.map(Vec::len).max().unwrap_or(0)
}

fn is_unique(alt: &Alt<'_>) -> bool {
    alt.parts.iter().any(|part| part.get("uniqueItems") == Some(&Value::Bool(true)))
}

/// The possible lengths: a place that accepts nothing ends the array.
pub(crate) fn lengths(alt: &Alt<'_>) -> Limits {
    let (least, most) = limits(alt, "minItems", "maxItems");
    let end = (0..=places(alt)).find(|index| item(alt, *index).is_never());
    let most = match (end.map(|end| end as u64), most) {
        (Some(end), Some(most)) => Some(end.min(most)),
        (end, most) => end.or(most),
    };
    (least, most)
}

impl<'a> Walk<'a, '_> {
    pub(crate) fn arrays(&mut self, w: &Alt<'a>, r: &Alt<'a>, at: &str) {
        let (w_lengths, r_lengths) = (lengths(w), lengths(r));
        self.sizes((w, r), (w_lengths, r_lengths), ["minItems", "maxItems"], at);
        let longest = w_lengths.1;
        let can_have = |index: usize| longest.is_none_or(|most| (index as u64) < most);
        let places = places(w).max(places(r));
        for index in (0..places).take_while(|index| can_have(*index)) {
            let (w, r) = (item(w, index), item(r, index));
            if r.is_never() {
                // A length that only the items determine is compared here, others above.
                self.end_of_tuple(at, index);
                break;
            }
            self.node(&w, &r, &path::item(at, index));
        }
        if can_have(places) {
            let (w, r) = (item(w, places), item(r, places));
            if r.0.iter().any(|schema| **schema == NEVER) {
                self.end_of_tuple(at, places);
            } else {
                self.node(&w, &r, &path::any_item(at));
            }
        }
        self.unique(w_lengths, (is_unique(w), is_unique(r)), at);
    }

    fn end_of_tuple(&mut self, at: &str, index: usize) {
        let rule = self.rule(true, Rule::ConstraintTightened, Rule::ConstraintLoosened);
        self.report(rule, Level::Breaking, at, |p| {
            format!("more than {index} items may be sent by {}, rejected by {}", p.writer, p.reader)
        });
    }

    fn unique(&mut self, (_, longest): Limits, (w, r): (bool, bool), at: &str) {
        if w == r {
            return;
        }
        let fits = w || longest.is_some_and(|most| most <= 1);
        let level = if fits { Level::Ok } else { Level::Breaking };
        let rule = self.rule(r, Rule::ConstraintTightened, Rule::ConstraintLoosened);
        self.report(rule, level, at, |p| {
            let which = if r { "only different items are taken" } else { "equal items are taken" };
            format!("`uniqueItems` differs: {which} by {}", p.reader)
        });
    }
}
