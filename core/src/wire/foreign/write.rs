//! Writing a message of a form.

use std::borrow::Cow;

use serde::{Serialize, ser::Error as _};

use super::{parse::recognise, place};
use crate::wire::{
    head::{Head, Told},
    scan::{is_plain, plain_length},
};

/// Writes one message behind what is in `out`, which is given up where this fails. The numbers of the payload are finite.
pub(crate) fn write<T: Serialize + ?Sized>(
    out: &mut Vec<u8>,
    head: &Head<'_>,
    payload: Option<&T>,
    is_unit: bool,
    timestamp: Option<u64>,
) -> Result<(), serde_json::Error> {
    let start = out.len();
    out.extend_from_slice(head.text.as_bytes());
    if let Some(payload) = payload {
        let content = content(head);
        if let Some(key) = content {
            add_key(out, key);
        }
        let at = out.len();
        serde_json::to_writer(&mut *out, payload)?;
        if content.is_none() {
            merge(out, head, at, is_unit)?;
        }
    }
    end(out, head, start, timestamp)
}

/// The key of the payload, if it has one of its own.
fn content<'a>(head: &Head<'a>) -> Option<&'a str> {
    head.layout.content().filter(|_| matches!(head.told, Told::Tag(_)))
}

fn add_key(out: &mut Vec<u8>, key: &str) {
    if out.last() != Some(&b'{') {
        out.push(b',');
    }
    out.extend_from_slice(serde_json::Value::from(key).to_string().as_bytes());
    out.push(b':');
}

/// Writes what comes behind the payload, and checks that the peer will recognise the message.
fn end(
    out: &mut Vec<u8>,
    head: &Head<'_>,
    start: usize,
    timestamp: Option<u64>,
) -> Result<(), serde_json::Error> {
    if let (Some(key), Some(timestamp)) = (head.layout.timestamp(), timestamp) {
        add_key(out, key);
        out.extend_from_slice(itoa::Buffer::new().format(timestamp).as_bytes());
    }
    out.push(b'}');
    check(head, &out[start..])
}

/// Puts the members of a payload, which begins at `at`, behind those that are written before it.
fn merge(
    out: &mut Vec<u8>,
    head: &Head<'_>,
    at: usize,
    is_unit: bool,
) -> Result<(), serde_json::Error> {
    // A unit has no members; anything else that is written as `null` would be lost.
    if is_unit && out[at..] == *b"null" {
        out.truncate(at);
        return Ok(());
    }
    let payload = read(&out[at..])?.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    let Some(members) = payload else {
        let what = "the payload is no object, whose members stand beside those of the message";
        return Err(serde_json::Error::custom(what));
    };
    if members.trim_start().is_empty() {
        out.truncate(at);
        return Ok(());
    }
    if let Some(key) = doubled(head, members) {
        // The number of a call stands in the place of `null`.
        let rest = without_null(members, key).filter(|_| head.layout.id() == Some(key));
        let Some(rest) = rest.filter(|rest| doubled(head, rest).is_none()) else {
            let what = format_args!("the payload has a member `{key}`, which the form has as well");
            return Err(serde_json::Error::custom(what));
        };
        out.truncate(at);
        if rest.trim_start().is_empty() {
            return Ok(());
        }
        out.push(b'{');
        out.extend_from_slice(rest.as_bytes());
        out.push(b'}');
    }
    out.pop();
    if out[..at].ends_with(b"{") {
        out.remove(at);
    } else {
        out[at] = b',';
    }
    Ok(())
}

/// The keys that a payload beside the members of the form can't have. A message that bears no number of a call may have
/// one of its own.
fn keys<'a>(head: &Head<'a>) -> impl Iterator<Item = &'a str> {
    let layout = head.layout;
    let number = layout.id().filter(|_| head.is_numbered);
    let constants = layout.constants().iter().map(|constant| &*constant.key);
    [layout.tag_key(), layout.timestamp(), number].into_iter().flatten().chain(constants)
}

/// Whether the peer takes the text for the message that it is.
fn check(head: &Head<'_>, text: &[u8]) -> Result<(), serde_json::Error> {
    let Head { layout, told, .. } = *head;
    let pointer = layout.tag().filter(|_| layout.tag_key().is_none());
    let fail = |what: String| Err(serde_json::Error::custom(what));
    match told {
        Told::Tag(name) => {
            let Some(pointer) = pointer else { return Ok(()) };
            let found = place::at(read(text)?, pointer)?;
            let expected = if layout.form().integers {
                name.to_owned()
            } else {
                serde_json::Value::from(name).to_string()
            };
            let is_there = match found {
                Some(found) if !layout.form().integers => {
                    serde_json::from_str::<String>(found).is_ok_and(|found| found == name)
                }
                found => found == Some(&*expected),
            };
            if is_there {
                return Ok(());
            }
            fail(format!("the payload has no {expected} at `{pointer}`"))
        }
        Told::Key(_) | Told::Nothing => {
            if layout.tag().is_none() && layout.keys().is_empty() {
                return Ok(());
            }
            let recognised = recognise(layout, read(text)?);
            let (name, found) = recognised.map_err(serde_json::Error::custom)?;
            if name.is_some() {
                let tag = layout.tag().unwrap_or_default();
                return fail(format!(
                    "the payload has a member at `{tag}`, which tells another message"
                ));
            }
            match (told, found) {
                (told, found) if told == found => Ok(()),
                (Told::Key(key), Told::Nothing) => {
                    fail(format!("the payload has no member `{key}`, which tells the message"))
                }
                (_, Told::Key(key)) => {
                    fail(format!("the payload has a member `{key}`, which tells another message"))
                }
                _ => Ok(()),
            }
        }
    }
}

/// What serde_json writes is UTF-8.
fn read(text: &[u8]) -> Result<&str, serde_json::Error> {
    str::from_utf8(text).map_err(serde_json::Error::custom)
}

/// A key of an object that its form has as well. It is given without its braces, and is valid JSON.
fn doubled<'a>(head: &Head<'a>, members: &str) -> Option<&'a str> {
    // Plain keys are escaped only in JSON that a payload brought along.
    let has_escapes =
        members.contains('\\') && (members.contains("\\u") || members.contains("\\/"));
    let is_suspect = |key: &&str| has_escapes || may_be_in(members, key);
    let mut suspects = keys(head).filter(is_suspect);
    let first = suspects.next()?;
    let present = keys_of(members);
    let is_present = |key: &&str| present.iter().any(|(_, present)| present == key);
    std::iter::once(first).chain(suspects).find(is_present)
}

/// The members of an object without the one of this key, if that is `null`.
fn without_null(members: &str, key: &str) -> Option<String> {
    let keys = keys_of(members);
    let place = keys.iter().position(|(_, present)| present == key)?;
    let start = keys[place].0;
    let end = keys.get(place + 1).map_or(members.len(), |(next, _)| *next);
    let (before, member) = (members.get(..start)?, members.get(start..end)?);
    let value =
        member.get(string_end(member.as_bytes(), 1) + 1..)?.trim_start().strip_prefix(':')?;
    if value.trim_end().trim_end_matches(',').trim() != "null" {
        return None;
    }
    // With the last member goes the comma before it.
    let is_last = end == members.len();
    let before = if is_last { before.trim_end().trim_end_matches(',') } else { before };
    Some([before, members.get(end..)?].concat())
}

/// Whether a string like this key is in a text that writes it without escapes. Most keys are found to be absent by this,
/// which is far quicker than to read the text.
fn may_be_in(json: &str, key: &str) -> bool {
    let mut quoted = [b'"'; 32];
    let Some(place) = quoted.get_mut(1..=key.len()) else { return true };
    place.copy_from_slice(key.as_bytes());
    let quoted = quoted.get(..key.len() + 2).and_then(|quoted| str::from_utf8(quoted).ok());
    let is_escaped = key.bytes().any(|byte| !is_plain(byte));
    is_escaped || quoted.is_none_or(|quoted| json.contains(quoted))
}

/// The keys of an object, and where their members begin. It is given without its braces, and is valid JSON.
fn keys_of(members: &str) -> Vec<(usize, Cow<'_, str>)> {
    let bytes = members.as_bytes();
    let (mut keys, mut is_key) = (Vec::new(), true);
    let (mut at, mut depth) = (0, 0_usize);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => {
                let end = string_end(bytes, at + 1);
                if std::mem::replace(&mut is_key, false) {
                    keys.push((at, unescaped(members.get(at + 1..end).unwrap_or_default())));
                }
                at = end;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b',' => is_key = depth == 0,
            _ => {}
        }
        at += 1;
    }
    keys
}

/// The place of the quote that ends a string.
fn string_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start;
    loop {
        let length = bytes.get(at..).and_then(plain_length);
        match length.map(|length| at + length) {
            None => return bytes.len(),
            Some(end) if bytes[end] == b'"' => return end,
            // The byte behind a backslash belongs to it.
            Some(end) => at = end + 2,
        }
    }
}

fn unescaped(key: &str) -> Cow<'_, str> {
    if key.contains('\\') {
        let read = serde_json::from_str::<String>(&format!("\"{key}\""));
        read.map_or(Cow::Borrowed(key), Cow::Owned)
    } else {
        Cow::Borrowed(key)
    }
}
