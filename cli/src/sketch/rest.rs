//! Messages without a tag: groups that a key tells, and one that nothing tells.

use std::collections::{BTreeMap, BTreeSet};

use super::{json::Object, tag};

/// Messages without a tag that belong together.
#[derive(Debug)]
pub(super) struct Group {
    /// Places in the list of messages.
    pub(super) messages: Vec<usize>,
    /// The key that tells them; `None` if nothing does.
    pub(super) key: Option<String>,
}

/// Keys that tell an answer's kind better than others.
const USUAL: [&str; 4] = ["error", "Error", "result", "method"];

/// Groups messages by their keys, those of `constants` aside. `is_alone` is whether the side has no other
/// messages. At most one group has no key, and it is the last.
pub(super) fn group(messages: &[&Object], constants: &[&str], is_alone: bool) -> Vec<Group> {
    let mut sets: BTreeMap<BTreeSet<&str>, Vec<usize>> = BTreeMap::new();
    for (place, message) in messages.iter().enumerate() {
        let keys = message.keys().filter(|key| !constants.contains(key)).collect();
        sets.entry(keys).or_default().push(place);
    }
    let sets: Vec<(BTreeSet<&str>, Vec<usize>)> = sets.into_iter().collect();
    let groups = alike(&sets);
    if groups.len() == 1 && is_alone {
        return vec![Group { messages: (0..messages.len()).collect(), key: None }];
    }
    let mut found: Vec<Group> = Vec::new();
    let mut unknown: Vec<usize> = Vec::new();
    for (place, group) in groups.iter().enumerate() {
        let others = groups.iter().enumerate().filter(|(other, _)| *other != place);
        let others: BTreeSet<&str> =
            others.flat_map(|(_, group)| group).flat_map(|set| &sets[*set].0).copied().collect();
        let common =
            group.iter().map(|set| sets[*set].0.clone()).reduce(|one, other| &one & &other);
        let own: Vec<&str> =
            common.iter().flatten().copied().filter(|key| !others.contains(key)).collect();
        let mut messages_of: Vec<usize> =
            group.iter().flat_map(|set| &sets[*set].1).copied().collect();
        messages_of.sort_unstable();
        match telling(&own, messages[messages_of[0]]) {
            Some(key) => found.push(Group { messages: messages_of, key: Some(key.to_owned()) }),
            None => unknown.extend(messages_of),
        }
    }
    found.sort_by_key(|group| group.messages[0]);
    unknown.sort_unstable();
    if !unknown.is_empty() {
        found.push(Group { messages: unknown, key: None });
    }
    found
}

/// The best of the keys that only one group has.
fn telling<'k>(own: &[&'k str], first: &Object) -> Option<&'k str> {
    let usual = USUAL.iter().find_map(|usual| own.iter().find(|key| *key == usual));
    // In the order in which the first message has them; an id tells nothing.
    let ordered =
        || first.keys().find_map(|key| own.iter().find(|own| **own == key && !tag::is_id(key)));
    usual.or_else(ordered).copied()
}

/// Groups the sets of keys that are alike, also over others.
fn alike(sets: &[(BTreeSet<&str>, Vec<usize>)]) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (place, (keys, _)) in sets.iter().enumerate() {
        let (like, mut others): (Vec<_>, Vec<_>) = groups
            .into_iter()
            .partition(|group| group.iter().any(|other| are_alike(&sets[*other].0, keys)));
        others.push(like.into_iter().flatten().chain([place]).collect());
        groups = others;
    }
    groups
}

/// Whether two messages have so much in common that they may be one. A result and an error never are, whatever
/// stands beside them.
fn are_alike(one: &BTreeSet<&str>, other: &BTreeSet<&str>) -> bool {
    let only = |keys: &BTreeSet<&str>, key, without| keys.contains(key) && !keys.contains(without);
    let is_result = |keys| only(keys, "result", "error");
    let is_error = |keys| only(keys, "error", "result");
    if is_result(one) && is_error(other) || is_error(one) && is_result(other) {
        return false;
    }
    let (common, all) = (one.intersection(other).count(), one.union(other).count());
    all == 0 || common * 5 >= all * 2
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::sketch::json::Json;

    fn grouped(messages: &[&str], is_alone: bool) -> Vec<(Vec<usize>, Option<String>)> {
        let messages: Vec<Json> =
            messages.iter().map(|message| serde_json::from_str(message).unwrap()).collect();
        let objects: Vec<&Object> = messages.iter().filter_map(Json::object).collect();
        let groups = group(&objects, &["jsonrpc"], is_alone);
        groups.into_iter().map(|group| (group.messages, group.key)).collect()
    }

    #[test]
    fn answers_without_a_tag_are_told_by_a_key() {
        let key = |key: &str| Some(key.to_owned());
        let messages = [
            r#"{"jsonrpc":"2.0","id":1,"result":1}"#,
            r#"{"jsonrpc":"2.0","id":2,"error":{}}"#,
            r#"{"jsonrpc":"2.0","id":3,"result":{}}"#,
        ];
        assert_eq!(
            grouped(&messages, true),
            [(vec![0, 2], key("result")), (vec![1], key("error"))]
        );
        let sessions = [
            r#"{"id":1,"result":{},"session":"s","took":1}"#,
            r#"{"id":2,"error":{},"session":"s","took":1}"#,
        ];
        assert_eq!(grouped(&sessions, false), [(vec![0], key("result")), (vec![1], key("error"))]);
        let acks = [r#"{"ack":1}"#, r#"{"ack":1,"payload":{}}"#];
        assert_eq!(grouped(&acks, true), [(vec![0, 1], None)]);
        assert_eq!(grouped(&acks, false), [(vec![0, 1], key("ack"))]);
        let ids = [r#"{"envelope_id":"1"}"#, r#"{"envelope_id":"2","payload":{}}"#];
        assert_eq!(grouped(&ids, true), [(vec![0, 1], None)]);
        assert_eq!(
            grouped(&[r#"{"id":1}"#, r#"{"a":1}"#], true),
            [(vec![1], key("a")), (vec![0], None)]
        );
        assert_eq!(grouped(&[], true), []);
    }
}
