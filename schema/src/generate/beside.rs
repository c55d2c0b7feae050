//! Payloads whose members stand beside what the form puts into a message: what can't be written so, and
//! what could not be told apart on receipt.

use serde_json::{Map, Value};
use wirebond_core::{Recognition, wire::form::SideForm};

use super::{
    accepts::accepts,
    envelope::Envelope,
    error::{GenerateError, Warning},
    merge::{DEEPEST, declares, target},
};
use crate::json_schema::{place, reference};

type Defs = Map<String, Value>;

/// Fails where the payload of a message is no object, or has a member that the form puts there.
pub(super) fn check(envelope: &Envelope<'_>, defs: &Defs) -> Result<(), GenerateError> {
    let Some(data) = envelope.data else { return Ok(()) };
    let name = &envelope.part.name;
    if let Some(tag) = envelope.side.tag.as_deref().filter(|tag| tag.starts_with('/'))
        && envelope.is_tagged()
    {
        return tag_fits(envelope, tag, data, defs);
    }
    if envelope.payload_place().is_some() {
        return Ok(());
    }
    let payload = type_name(data);
    if let Some(other) = no_object(data, defs, DEEPEST) {
        return Err(GenerateError::new(format!(
            "the payload of the message {name:?}, `{payload}`, may be {other}, and its members stand beside \
             the others of the message: put it into a struct, or give payloads a key of their own with \
             `content = \"…\"`"
        )));
    }
    let mut taken: Vec<(&str, &str)> = envelope.keys();
    if let Some(tag) = envelope.side.tag.as_deref().filter(|tag| !tag.starts_with('/'))
        && !envelope.is_tagged()
        && !envelope.part.is_answer()
    {
        taken.push((tag, "the tag of other messages, by which it would be taken for one of them"));
    }
    if let Some(id) = envelope.call_id()
        && !has_room(data, id, envelope.form.call_form().strings, defs)
    {
        taken.push((id, "the number of the call"));
    }
    for (key, what) in taken {
        if let Some(of) = declares(data, key, &payload, defs, DEEPEST) {
            return Err(GenerateError::new(format!(
                "`{of}` has the member `{key}`, and beside its members stands `{key}` in the message {name:?}, as \
                 {what}: rename one of them, or give payloads a key of their own with `content = \"…\"`"
            )));
        }
    }
    Ok(())
}

/// Whether a call's number may stand among a payload's members. A request that isn't a call has none, so the payload may
/// have that member, if the number is of its type and it can be absent, or `null`, in whose place the number is written.
fn has_room(data: &Value, id: &str, strings: bool, defs: &Defs) -> bool {
    let number = if strings { Value::from("1") } else { Value::from(1) };
    let Some(member) = place::schema(data, id, defs) else {
        return !requires(data, id, defs, DEEPEST);
    };
    let takes = |value| accepts(member, value, defs) != Some(false);
    takes(&number) && (takes(&Value::Null) || !requires(data, id, defs, DEEPEST))
}

/// Fails where the payload's type doesn't allow the message's tag in its place.
fn tag_fits(
    envelope: &Envelope<'_>,
    tag: &str,
    data: &Value,
    defs: &Defs,
) -> Result<(), GenerateError> {
    let (name, payload) = (&envelope.part.name, type_name(data));
    if let Some(other) = no_object(data, defs, DEEPEST) {
        return Err(GenerateError::new(format!(
            "the payload of the message {name:?}, `{payload}`, may be {other}, which has no place `{tag}` for \
             the name: make it a struct with that member"
        )));
    }
    match place::schema(data, tag, defs)
        .and_then(|schema| accepts(schema, &envelope.part.tag(), defs))
    {
        Some(false) => Err(GenerateError::new(format!(
            "what `{payload}` has at `{tag}` can't be {}, the tag of the message {name:?}: let its type \
             allow that value",
            envelope.part.tag()
        ))),
        _ => Ok(()),
    }
}

/// A keyed or untagged message of a side, whose payload may have the keys of others.
struct Untagged<'a> {
    name: &'a str,
    key: Option<&'a str>,
    data: &'a Value,
}

/// Fails where a message would always be taken for another that a key tells, and warns where it might.
pub(super) fn check_keys(
    envelopes: &[Envelope<'_>],
    side: &SideForm,
    defs: &Defs,
    warnings: &mut Vec<Warning>,
) -> Result<(), GenerateError> {
    let untagged = envelopes.iter().filter_map(|envelope| {
        let key = match envelope.part.recognition {
            Recognition::Key(key) => Some(key),
            Recognition::Untagged => None,
            _ => return None,
        };
        Some(Untagged { name: &envelope.part.name, key, data: envelope.data? })
    });
    let untagged: Vec<_> = untagged.collect();
    for (at, earlier) in side.keys.iter().enumerate() {
        let is_later = |one: &&Untagged<'_>| {
            let place = side.keys.iter().position(|known| known.name == one.name);
            match one.key {
                Some(_) => place.is_some_and(|place| place > at),
                None => side.untagged.as_deref() == Some(one.name),
            }
        };
        for later in untagged.iter().filter(is_later) {
            let (key, payload) = (&*earlier.key, type_name(later.data));
            let first = untagged.iter().find(|one| one.name == earlier.name);
            let first = first.map_or_else(String::new, |one| type_name(one.data));
            let text = |when: &str| {
                format!(
                    "the message {:?} (`{payload}` at `{key}`) {when} taken for {:?} (`{first}`), which the key \
                     `{key}` tells and which comes first: let another key tell one of them, or declare {0:?} \
                     before",
                    later.name, earlier.name
                )
            };
            if requires(later.data, key, defs, DEEPEST) {
                return Err(GenerateError::new(text("would always be")));
            }
            if declares(later.data, key, &payload, defs, DEEPEST).is_some() {
                warnings.push(Warning::new(text("is, where it has that member,")));
            }
        }
    }
    Ok(())
}

fn type_name(data: &Value) -> String {
    reference::name_in(data).map_or_else(|| "it".to_owned(), std::borrow::Cow::into_owned)
}

fn parts<'a>(schema: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    schema.get(key).and_then(Value::as_array).into_iter().flatten()
}

/// What else than an object a value may be.
fn no_object(schema: &Value, defs: &Defs, left: usize) -> Option<String> {
    let left = left.checked_sub(1)?;
    if let Some(target) = target(schema, defs) {
        return no_object(target, defs, left);
    }
    let names = match schema.get("type") {
        Some(Value::Array(names)) => names.as_slice(),
        Some(name) => std::slice::from_ref(name),
        None => &[],
    };
    if let Some(other) = names.iter().filter_map(Value::as_str).find(|name| *name != "object") {
        return Some(match other {
            "null" => "null".to_owned(),
            "array" | "integer" => format!("an {other}"),
            other => format!("a {other}"),
        });
    }
    let mut unions = parts(schema, "anyOf").chain(parts(schema, "oneOf"));
    unions.find_map(|branch| no_object(branch, defs, left))
}

/// Whether a payload always has a member.
fn requires(schema: &Value, key: &str, defs: &Defs, left: usize) -> bool {
    let Some(left) = left.checked_sub(1) else { return false };
    let inner = |part: &Value| requires(part, key, defs, left);
    let in_all = |of: &str| parts(schema, of).next().is_some() && parts(schema, of).all(inner);
    parts(schema, "required").any(|name| name == key)
        || target(schema, defs).is_some_and(inner)
        || parts(schema, "allOf").any(inner)
        || in_all("anyOf")
        || in_all("oneOf")
}
