//! Which key tells the messages of a side apart.

use std::collections::{BTreeMap, BTreeSet};

use wirebond_schema::internal::pointer;

use super::json::{Json, Object};

/// A wire name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Name {
    Text(String),
    Integer(i64),
}

/// Where the wire names of a side stand: the key, or the keys that lead there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tag {
    pub(super) path: Vec<String>,
    pub(super) integers: bool,
}

/// Keys that usually hold a message's name, in lower case.
const USUAL: [&str; 20] = [
    "type",
    "op",
    "opcode",
    "event",
    "eventtype",
    "method",
    "action",
    "channel",
    "msgtype",
    "messagetype",
    "message_type",
    "msg_type",
    "kind",
    "cmd",
    "command",
    "messagename",
    "eventname",
    "event_type",
    "msg",
    "request",
];
/// What a key holds whose values are never shown, nor taken for names.
const SECRET: [&str; 12] = [
    "token",
    "secret",
    "password",
    "passwd",
    "auth",
    "key",
    "jwt",
    "signature",
    "session",
    "cookie",
    "credential",
    "bearer",
];

/// Whether the values of a key may be credentials.
pub(super) fn is_secret(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    SECRET.iter().any(|word| key.contains(word))
}

/// Whether a key is called as one that holds the number or the id of something.
pub(super) fn is_id(key: &str) -> bool {
    let lower = key.to_ascii_lowercase();
    ["id", "ref", "nonce", "seq", "reqid", "requestid"].contains(&lower.as_str())
        || ["seq_reply", "reply_to", "replyto", "in_reply_to", "inreplyto"]
            .contains(&lower.as_str())
        || lower.ends_with("_id")
        || lower.ends_with("_ref")
        || key.ends_with("Id")
        || key.ends_with("ID")
}

impl Tag {
    /// As `tag = "…"` has it: the key, or a JSON Pointer.
    pub(super) fn place(&self) -> String {
        place(&self.path)
    }

    /// The key, unless it is a pointer.
    pub(super) fn key(&self) -> Option<&str> {
        match &self.path[..] {
            [key] => Some(key),
            _ => None,
        }
    }

    /// The name of a message, if it has one.
    pub(super) fn name(&self, message: &Object) -> Option<Name> {
        match (at(message, &self.path)?, self.integers) {
            (Json::Text(text), false) => Some(Name::Text(text.clone())),
            (value, true) => value.integer().map(Name::Integer),
            _ => None,
        }
    }
}

/// A key, or a JSON Pointer (RFC 6901) of several.
pub(super) fn place(path: &[String]) -> String {
    if let [key] = path {
        return key.clone();
    }
    pointer(path)
}

/// The value at a path of keys.
pub(super) fn at<'a>(message: &'a Object, path: &[String]) -> Option<&'a Json> {
    let (last, before) = path.split_last()?;
    let object = before.iter().try_fold(message, |object, key| object.get(key)?.object())?;
    object.get(last)
}

/// The paths to what stands in a message and in its objects, no deeper than that.
pub(super) fn paths(message: &Object) -> impl Iterator<Item = (Vec<String>, &Json)> {
    message.0.iter().flat_map(|(key, value)| {
        let inner = value.object().into_iter().flat_map(|object| &object.0);
        let inner = inner.map(|(inner, value)| (vec![key.clone(), inner.clone()], value));
        std::iter::once((vec![key.clone()], value)).chain(inner)
    })
}

/// How many different messages a side may have. More names than this are data.
const MOST_NAMES: usize = 1_000;

/// The values at one path.
#[derive(Default)]
struct Candidate {
    texts: Vec<(usize, String)>,
    integers: Vec<(usize, i64)>,
    others: usize,
}

/// The tag of a side's messages, if there is one.
pub(super) fn find(messages: &[&Object]) -> Option<Tag> {
    let shapes: Vec<BTreeSet<Vec<String>>> =
        messages.iter().map(|message| paths(message).map(|(path, _)| path).collect()).collect();
    let mut candidates: BTreeMap<Vec<String>, Candidate> = BTreeMap::new();
    for (index, message) in messages.iter().enumerate() {
        // A key with a slash in front would be read as a pointer.
        for (path, value) in paths(message).filter(|(path, _)| !path[0].starts_with('/')) {
            let candidate = candidates.entry(path).or_default();
            match (value, value.integer()) {
                (Json::Text(text), _) => candidate.texts.push((index, text.clone())),
                (_, Some(integer)) => candidate.integers.push((index, integer)),
                (Json::Null, _) => {}
                _ => candidate.others += 1,
            }
        }
    }
    let scored = candidates.into_iter().filter_map(|(path, candidate)| {
        let integers = candidate.texts.is_empty();
        Some((score(&path, &candidate, &shapes)?, Tag { path, integers }))
    });
    scored.max_by(|(one, _), (other, _)| one.total_cmp(other)).map(|(_, tag)| tag)
}

/// How likely the values at a path are the names of messages; `None` if they can't be.
fn score(path: &[String], candidate: &Candidate, shapes: &[BTreeSet<Vec<String>>]) -> Option<f64> {
    let key = path.last()?;
    let Candidate { texts, integers, others } = candidate;
    if *others > 0 || texts.is_empty() == integers.is_empty() || is_secret(key) {
        return None;
    }
    let is_usual = is_usual(key);
    let names: Vec<(usize, String)> = if texts.is_empty() {
        if !is_usual || !are_names_as_numbers(integers) {
            return None;
        }
        integers.iter().map(|(index, integer)| (*index, integer.to_string())).collect()
    } else if is_id(key) || !are_names(texts) {
        return None;
    } else {
        texts.clone()
    };
    let count = names.len();
    let different: BTreeSet<&str> = names.iter().map(|(_, name)| name.as_str()).collect();
    let own: BTreeSet<_> = names.iter().map(|(index, _)| &shapes[*index]).collect();
    let pairs: BTreeSet<_> = names.iter().map(|(index, name)| (name, &shapes[*index])).collect();
    let coverage = ratio(count, shapes.len());
    if different.len() > MOST_NAMES {
        return None;
    }
    let repetition = ratio(count - different.len(), count);
    let least = different.len().max(own.len());
    // 1 where each name has one shape, 0 where names and shapes have nothing to do with each other.
    let split = if count == least { 0.5 } else { 1.0 - ratio(pairs.len() - least, count - least) };
    // Whether there are as many names as shapes, or more.
    let explained = ratio(different.len(), own.len()).min(1.0);
    let says_nothing = different.len() == 1 && own.len() > 1;
    // A key further inside that only some messages have is a member of their payloads.
    if path.len() > 1 && coverage < 0.9 {
        return None;
    }
    let is_likely = is_usual || coverage > 0.95 && repetition >= 0.3 && different.len() > 1;
    if coverage < 0.25 || !is_likely || says_nothing {
        return None;
    }
    let usual = if is_usual { 2.0 } else { 0.0 };
    let depth = if path.len() > 1 { 1.5 } else { 0.0 };
    Some(3.0 * coverage + usual + split + explained + repetition.min(0.5) - depth)
}

#[allow(clippy::cast_precision_loss, reason = "a score of a few frames")]
fn ratio(part: usize, whole: usize) -> f64 {
    part as f64 / whole.max(1) as f64
}

pub(super) fn is_usual(key: &str) -> bool {
    // A lower-case `t` is a time.
    key == "T" || USUAL.contains(&key.to_ascii_lowercase().as_str())
}

/// Whether numbers may be names: small ones that don't count up.
fn are_names_as_numbers(integers: &[(usize, i64)]) -> bool {
    let counts_up = integers.len() > 3 && integers.windows(2).all(|pair| pair[0].1 < pair[1].1);
    !counts_up && integers.iter().all(|(_, integer)| (-999..10_000).contains(integer))
}

/// Whether texts may be names: words, and not the same word with other numbers.
fn are_names(texts: &[(usize, String)]) -> bool {
    if !texts.iter().all(|(_, text)| is_name(text)) {
        return false;
    }
    let different: BTreeSet<&str> = texts.iter().map(|(_, text)| text.as_str()).collect();
    let is_letter = |c: &char| !c.is_ascii_digit();
    let without: BTreeSet<String> =
        different.iter().map(|text| text.chars().filter(is_letter).collect()).collect();
    different.len() < 3 || without.len() * 2 > different.len()
}

/// Whether a text may be the name of a message.
pub(super) fn is_name(text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "_.:/-$".contains(c);
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let longest = text.split(|c: char| !c.is_ascii_alphanumeric()).map(str::len).max().unwrap_or(0);
    text.len() <= 64
        && text.chars().all(is_part)
        && text.chars().any(|c| c.is_ascii_alphabetic())
        && digits <= 4
        && longest <= 32
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn found(messages: &[&str]) -> Option<String> {
        let messages: Vec<Json> =
            messages.iter().map(|message| serde_json::from_str(message).unwrap()).collect();
        let objects: Vec<&Object> = messages.iter().filter_map(Json::object).collect();
        find(&objects).map(|tag| tag.place())
    }

    #[test]
    fn the_key_that_tells_messages_apart_is_the_tag() {
        for (messages, tag) in [
            (&[r#"{"type":"a","id":1}"#, r#"{"type":"b","id":2}"#][..], Some("type")),
            (
                &[r#"{"event_id":"e_1","type":"a.b"}"#, r#"{"type":"c.d","event_id":"e_2"}"#],
                Some("type"),
            ),
            (
                &[r#"{"op":10,"d":{"interval":1}}"#, r#"{"op":0,"t":"READY","s":1,"d":{}}"#],
                Some("op"),
            ),
            (&[r#"{"T":"t","S":"AAPL","p":1.5}"#, r#"{"T":"q","S":"AAPL","t":"x"}"#], Some("T")),
            (
                &[
                    r#"{"metadata":{"message_id":"a","message_type":"welcome"},"payload":{}}"#,
                    r#"{"metadata":{"message_id":"b","message_type":"keepalive"},"payload":{"type":1}}"#,
                ],
                Some("/metadata/message_type"),
            ),
            // No usual word, but it comes again and again.
            (
                &[
                    r#"{"q":"bid","a":1}"#,
                    r#"{"q":"bid","a":2}"#,
                    r#"{"q":"ask","b":1}"#,
                    r#"{"q":"ask","b":1}"#,
                ],
                Some("q"),
            ),
            // A member of one payload that stands under the name of the message.
            (
                &[
                    r#"{"id":1,"connect":{}}"#,
                    r#"{"id":2,"subscribe":{"channel":"x"}}"#,
                    r#"{"id":3,"subscribe":{"channel":"x"}}"#,
                ],
                None,
            ),
            // A counter, a credential, a version, ids.
            (&[r#"{"seq":1}"#, r#"{"seq":2}"#], None),
            (&[r#"{"token":"abc"}"#, r#"{"token":"abc"}"#, r#"{"token":"def"}"#], None),
            (&[r#"{"jsonrpc":"2.0","id":1}"#, r#"{"jsonrpc":"2.0","result":1}"#], None),
            (&[r#"{"envelope_id":"e-1"}"#, r#"{"envelope_id":"e-2","payload":{}}"#], None),
            (&[], None),
        ] {
            assert_eq!(found(messages).as_deref(), tag, "{messages:?}");
        }
    }

    #[test]
    fn a_pointer_escapes_what_it_must() {
        assert_eq!(place(&["a/b".to_owned(), "c~d".to_owned()]), "/a~1b/c~0d");
        assert_eq!(place(&["a/b".to_owned()]), "a/b");
    }
}
