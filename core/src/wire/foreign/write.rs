//! Writing a message of a form.

use std::borrow::Cow;

use serde::{Serialize, ser::Error as _};

use super::{parse::recognise, place};
use crate::wire::{
    finite::Finite,
    head::{Head, Told},
};

/// Writes one message behind what is in `out`, which is given up where this fails.
pub(crate) fn write<T: Serialize + ?Sized>(
    out: &mut Vec<u8>,
    head: &Head<'_>,
    payload: Option<&T>,
    timestamp: Option<u64>,
) -> Result<(), serde_json::Error> {
    let start = out.len();
    let at = begin(out, head, payload.is_some());
    if let Some(payload) = payload {
        serde_json::to_writer(&mut *out, &Finite::new(payload))?;
        // A unit has no members; anything else that is written as `null` would be lost.
        let is_unit = size_of_val(payload) == 0 && out.get(at..) == Some(b"null");
        if is_unit && !has_content(head) {
            out.truncate(at);
        }
    }
    end(out, head, start, at, timestamp)
}

/// Whether the payload has a key of its own.
fn has_content(head: &Head<'_>) -> bool {
    matches!(head.told, Told::Tag(_)) && head.layout.content().is_some()
}

/// Writes what comes before the payload, and returns where that begins.
fn begin(out: &mut Vec<u8>, head: &Head<'_>, has_payload: bool) -> usize {
    out.extend_from_slice(head.text.as_bytes());
    if has_payload
        && has_content(head)
        && let Some(key) = head.layout.content()
    {
        add_key(out, key);
    }
    out.len()
}

fn add_key(out: &mut Vec<u8>, key: &str) {
    if out.last() != Some(&b'{') {
        out.push(b',');
    }
    out.extend_from_slice(serde_json::Value::from(key).to_string().as_bytes());
    out.push(b':');
}

/// Writes what comes behind the payload, which begins at `at`, and checks that the peer will recognise it.
fn end(
    out: &mut Vec<u8>,
    head: &Head<'_>,
    start: usize,
    at: usize,
    timestamp: Option<u64>,
) -> Result<(), serde_json::Error> {
    if !has_content(head) && out.len() > at {
        merge(out, head, at)?;
    }
    if let (Some(key), Some(timestamp)) = (head.layout.timestamp(), timestamp) {
        add_key(out, key);
        out.extend_from_slice(itoa::Buffer::new().format(timestamp).as_bytes());
    }
    out.push(b'}');
    // The text of a head and what serde_json writes are UTF-8.
    let text = str::from_utf8(&out[start..]).map_err(serde_json::Error::custom)?;
    check(head, text)
}

/// Puts the members of a payload behind those that are written.
fn merge(out: &mut Vec<u8>, head: &Head<'_>, at: usize) -> Result<(), serde_json::Error> {
    let payload = str::from_utf8(&out[at..]).map_err(serde_json::Error::custom)?;
    let Some(members) = payload.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) else {
        let what = "the payload is no object, whose members stand beside those of the message";
        return Err(serde_json::Error::custom(what));
    };
    if members.trim_start().is_empty() {
        out.truncate(at);
        return Ok(());
    }
    let mut doubled = None;
    for_each_key(members, |key| {
        if doubled.is_none() && belongs_to(head, key) {
            doubled = Some(key.to_owned());
        }
    });
    if let Some(key) = doubled {
        let what = format_args!("the payload has a member `{key}`, which the form has as well");
        return Err(serde_json::Error::custom(what));
    }
    out.pop();
    if out[..at].ends_with(b"{") {
        out.remove(at);
    } else {
        out[at] = b',';
    }
    Ok(())
}

/// Whether a payload beside the members of the form can't have this key. A message that bears no number of a call may
/// have one of its own.
fn belongs_to(head: &Head<'_>, key: &str) -> bool {
    let layout = head.layout;
    let number = layout.id().filter(|_| head.is_numbered);
    [layout.tag_key(), layout.timestamp(), number].contains(&Some(key))
        || layout.constants().iter().any(|constant| constant.key == key)
}

/// Whether the peer takes the text for the message that it is.
fn check(head: &Head<'_>, text: &str) -> Result<(), serde_json::Error> {
    let Head { layout, told, .. } = *head;
    let pointer = layout.tag().filter(|_| layout.tag_key().is_none());
    let fail = |what: String| Err(serde_json::Error::custom(what));
    match told {
        Told::Tag(name) => {
            let Some(pointer) = pointer else { return Ok(()) };
            let found = place::at(text, pointer)?;
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
            let (name, found) = recognise(layout, text).map_err(serde_json::Error::custom)?;
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

/// Calls `each` with every key of an object, which is given without its braces. It is valid JSON.
fn for_each_key(members: &str, mut each: impl FnMut(&str)) {
    let bytes = members.as_bytes();
    let mut at = 0;
    let mut depth = 0_usize;
    let mut is_key = true;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => {
                let end = string_end(bytes, at + 1);
                if depth == 0 && is_key {
                    let key = members.get(at + 1..end).unwrap_or_default();
                    each(&unescaped(key));
                    is_key = false;
                }
                at = end;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => is_key = true,
            _ => {}
        }
        at += 1;
    }
}

/// The place of the quote that ends a string.
fn string_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

fn unescaped(key: &str) -> Cow<'_, str> {
    if key.contains('\\') {
        let read = serde_json::from_str::<String>(&format!("\"{key}\""));
        read.map_or(Cow::Borrowed(key), Cow::Owned)
    } else {
        Cow::Borrowed(key)
    }
}
