//! Messages that are gone and came back under another name.

use std::collections::HashMap;

use super::same::Same;
use crate::document::Message;

/// How alike two names without anything else in common must be, of [`MOST_ALIKE`].
const ALIKE: usize = 5;
const MOST_ALIKE: usize = 9;
/// Pairs of messages that are looked at.
const MOST_PAIRS: usize = 100_000;

/// For each message of `gone` that is one of `new` under another name, which one: the wire name before
/// and the message after.
pub(super) fn find<'a>(
    gone: &[Message<'a>],
    new: &[Message<'a>],
    same: &Same<'a>,
) -> HashMap<&'a str, Message<'a>> {
    let is_bare = |one: &&Message<'a>| one.payload().is_none();
    let is_sole =
        gone.iter().filter(is_bare).count() <= 1 && new.iter().filter(is_bare).count() <= 1;
    let mut pairs = Vec::new();
    if gone.len().saturating_mul(new.len()) <= MOST_PAIRS {
        for (from, before) in gone.iter().enumerate() {
            for (to, after) in new.iter().enumerate() {
                let score = score(before, after, is_sole, same);
                pairs.extend(score.map(|score| (score, from, to)));
            }
        }
    }
    // The best first; of equals, the first in the contracts.
    pairs.sort_by(|(one, ..), (other, ..)| other.cmp(one));
    let (mut used_from, mut used_to) = (vec![false; gone.len()], vec![false; new.len()]);
    let mut found = HashMap::new();
    for (_, from, to) in pairs {
        if !used_from[from] && !used_to[to] {
            (used_from[from], used_to[to]) = (true, true);
            found.insert(gone[from].name(), new[to]);
        }
    }
    found
}

/// How much two messages have in common; `None` if they are two messages.
fn score(old: &Message<'_>, new: &Message<'_>, is_sole: bool, same: &Same<'_>) -> Option<usize> {
    let alike = likeness(old.name(), new.name());
    let (before, after) = (old.direction(), new.direction());
    let meets = (before.client_sends() && after.client_sends())
        || (before.server_sends() && after.server_sends());
    let way = if before == after { 5 } else { 0 };
    if old.def() == new.def() {
        return Some(1000 + way + alike);
    }
    if !meets {
        return None;
    }
    let payload = match (old.payload(), new.payload()) {
        (None, None) if is_sole || alike >= ALIKE => 0,
        (Some(one), Some(other)) => {
            let def = one.get("$ref").and_then(|one| one.as_str());
            let has_name = def.is_some() && def == other.get("$ref").and_then(|one| one.as_str());
            let is_same = same.values(one, other) || same.classes().are_one(one, other);
            match (has_name, is_same) {
                (true, true) => 60,
                (false, true) => 40,
                (true, false) => 20,
                (false, false) => return None,
            }
        }
        _ => return None,
    };
    Some(payload + way + alike)
}

/// How alike two names are, from 0 to [`MOST_ALIKE`]: by the pairs of letters that they share.
fn likeness(one: &str, other: &str) -> usize {
    let pairs = |name: &str| -> Vec<(char, char)> {
        let letters: Vec<char> =
            name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        letters.windows(2).map(|pair| (pair[0], pair[1])).collect()
    };
    let (one, mut other) = (pairs(one), pairs(other));
    let all = one.len() + other.len();
    let mut shared = 0;
    for pair in one {
        if let Some(at) = other.iter().position(|known| *known == pair) {
            other.swap_remove(at);
            shared += 2;
        }
    }
    shared * MOST_ALIKE / all.max(1)
}
