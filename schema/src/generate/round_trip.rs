//! What Rust reads and writes, tried on values: no schema shows whether an enum accepts a value that it
//! doesn't list, and drops it.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use wirebond_core::{Contract, MessageInfo};

use super::{
    accepts::accepts,
    error::{GenerateError, Warning},
    probe::probes,
    sample::{UNKNOWN, minimal},
    written::written,
};
use crate::document::Document;

/// Fails with the name of an enum whose list of values is wrong: one of them stands for whatever isn't
/// listed (`#[serde(other)]`). A reader that accepts more than is published harms no writer: that is a
/// warning.
///
/// An enum is found where the rest of its payload can be made up from the schema: a field with a
/// hand-written format may hide one. Alternatives of an untagged enum are left alone, since another
/// may accept the value rightly. A message that is marked as lenient is not looked at.
pub(super) fn check<C: Contract>(
    document: &Document,
    warnings: &mut Vec<Warning>,
) -> Result<(), GenerateError> {
    for (index, info) in C::MESSAGES.iter().enumerate() {
        let message = document.messages().find(|message| message.name() == info.name());
        let Some(payload) = message.and_then(|message| message.payload()) else { continue };
        round_trip::<C>(index, info, payload, document)?;
        if info.is_lenient() {
            continue;
        }
        let mut warned = BTreeSet::new();
        for (name, probe) in probes(document, payload, info.variant()) {
            // A value that is kept isn't lost: a string whose schema lists values, for example.
            let Some(known) = again::<C>(index, probe.clone()) else { continue };
            if known.to_string().contains(UNKNOWN) {
                continue;
            }
            // A variant for all other names accepts names alone, or reads other values differently.
            let is_other = again::<C>(index, spoiled(&probe)) != Some(known.clone());
            if is_other && lists(document, payload, &known) {
                return Err(other(&name, info));
            }
            if warned.insert(name.clone()) {
                warnings.push(Warning::new(format!(
                    "`{name}` in the message {:?} is read more leniently than the document says: it accepts \
                     values that aren't listed, and drops them; if that is intended, mark the message \
                     `#[message(lenient)]`",
                    info.name()
                )));
            }
        }
    }
    Ok(())
}

/// Fails unless Rust reads a value that the document accepts, and writes one that it accepts too.
///
/// What can't be decided passes: a string in a syntax of its own is known to the codec alone.
fn round_trip<C: Contract>(
    index: usize,
    info: &MessageInfo,
    payload: &Value,
    document: &Document,
) -> Result<(), GenerateError> {
    let Some(defs) = document.value().get("$defs").and_then(Value::as_object) else {
        return Ok(());
    };
    let Some(sample) = minimal(document, payload) else { return Ok(()) };
    if accepts(payload, &sample, defs) != Some(true) {
        return Ok(());
    }
    let mut message = None;
    let mut track = serde_path_to_error::Track::new();
    let reader = serde_path_to_error::Deserializer::new(sample.clone(), &mut track);
    match C::read_data(index, reader) {
        Ok(read) => message = Some(read),
        Err(_) if has_text(&sample) => {}
        Err(error) => {
            return Err(GenerateError::new(format!(
                "the document accepts {sample} as the payload of the message {:?}, and Rust rejects it, at \
                 `{}` ({error}): let the type's schema and its `Deserialize` agree",
                info.name(),
                track.path(),
            )));
        }
    }
    let Some(message) = message else { return Ok(()) };
    let Some(written) = written(&message) else { return Ok(()) };
    if accepts(payload, &written, defs) == Some(false) {
        return Err(GenerateError::new(format!(
            "Rust reads {sample} as the payload of the message {:?} and writes {written}, which the \
             document rejects: let the type's schema and its `Serialize` agree",
            info.name(),
        )));
    }
    Ok(())
}

/// Whether a sample has a string whose syntax the codec may know better than the schema.
fn has_text(value: &Value) -> bool {
    match value {
        Value::String(text) => text.bytes().all(|byte| byte == b'a'),
        Value::Array(items) => items.iter().any(has_text),
        Value::Object(map) => map.values().any(has_text),
        _ => false,
    }
}

fn other(name: &str, info: &MessageInfo) -> GenerateError {
    GenerateError::new(format!(
        "`{name}` in the message {:?} lists a variant that stands for whatever isn't listed, by \
         `#[serde(other)]` or the like: no document describes that; leave the variant out of the list with \
         `#[schemars(skip)]`, make the field a `String`, or mark the message `#[message(lenient)]`",
        info.name()
    ))
}

/// What Rust makes of a payload: the payload that it would write.
fn again<C: Contract>(index: usize, value: Value) -> Option<Value> {
    let message = C::read_data(index, value).ok()?;
    written(&message)
}

/// The same probe with a value of another type where the unknown name was.
fn spoiled(probe: &Value) -> Value {
    match probe {
        Value::String(text) if text == UNKNOWN => json!(1.5),
        Value::Array(items) => items.iter().map(spoiled).collect(),
        Value::Object(map) => map
            .iter()
            .map(|(key, value)| (key.clone(), spoiled(value)))
            .collect::<Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

/// Whether the document accepts this payload, or may accept it.
fn lists(document: &Document, payload: &Value, value: &Value) -> bool {
    let defs = document.value().get("$defs").and_then(Value::as_object);
    defs.is_none_or(|defs| accepts(payload, value, defs) != Some(false))
}
