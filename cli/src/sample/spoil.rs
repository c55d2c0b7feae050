//! Faults that are put into messages: a missing field, a value of another type, one that is out of range.

use fastrand::Rng;
use serde_json::{Map, Value, json};
use wirebond_core::wire::form::WireForm;
use wirebond_schema::internal::reference::token;

/// The most places in a message that are spoiled.
const MOST_PLACES: usize = 100;

/// A valid message with one change each, in random order: first those of its payload, then those of
/// the envelope. Some may still be valid.
pub(super) fn candidates(valid: &Value, form: &WireForm, rng: &mut Rng) -> Vec<Value> {
    let mut changed = Vec::new();
    let contents =
        [&form.client, &form.server].into_iter().filter_map(|side| side.content.as_deref());
    let contents: Vec<_> = contents.filter(|key| valid.get(key).is_some()).collect();
    let mut places = Vec::new();
    if let Some(key) = contents.first() {
        collect(&valid[key], &mut format!("/{}", token(key)), &mut places);
    } else if !form.is_default() {
        // The payload's members stand beside the form's. The message itself isn't changed as a whole.
        collect(valid, &mut String::new(), &mut places);
        places.retain(|place| !place.is_empty());
    }
    if !places.is_empty() {
        rng.shuffle(&mut places);
        for place in places.into_iter().take(MOST_PLACES) {
            let Some(value) = valid.pointer(&place) else { continue };
            for spoiled in spoiled(value) {
                changed.push((place.clone(), spoiled));
            }
        }
        rng.shuffle(&mut changed);
        // A long string shows no more than a short one, where that is wrong as well.
        changed.sort_by_key(|(_, spoiled)| spoiled.as_str().is_some_and(|text| text.len() > 40));
    }
    let mut candidates: Vec<Value> = changed
        .into_iter()
        .map(|(place, spoiled)| {
            let mut message = valid.clone();
            if let Some(value) = message.pointer_mut(&place) {
                *value = spoiled;
            }
            message
        })
        .collect();
    candidates.extend(of_envelope(valid, form));
    candidates
}

/// Changes of the envelope that every contract forbids.
fn of_envelope(valid: &Value, form: &WireForm) -> Vec<Value> {
    let Value::Object(valid) = valid else { return Vec::new() };
    let without = |key: &str| {
        let mut without = valid.clone();
        without.remove(key);
        Value::Object(without)
    };
    let with = |key: &str, time: Value| {
        let mut envelope = valid.clone();
        envelope.insert(key.to_owned(), time);
        Value::Object(envelope)
    };
    let mut all = Vec::new();
    for side in [&form.client, &form.server] {
        match &side.content {
            Some(content) => all.push(without(content)),
            // Its members may all be missed.
            None => all.extend(valid.keys().take(MOST_PLACES).map(|key| without(key))),
        }
        if let Some(key) = &side.timestamp {
            all.extend([with(key, json!("yesterday")), with(key, json!(-1))]);
        }
    }
    let re = &*form.call_form().re;
    if valid.contains_key(re) {
        all.push(without(re));
    }
    all
}

/// The places of all values, as JSON pointers. Examples are as deep as their maker lets them be.
fn collect(value: &Value, place: &mut String, places: &mut Vec<String>) {
    places.push(place.clone());
    let length = place.len();
    let mut inside = |key: &str, value: &Value| {
        place.push('/');
        place.push_str(&token(key));
        collect(value, place, places);
        place.truncate(length);
    };
    match value {
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| inside(&index.to_string(), item));
        }
        Value::Object(map) => map.iter().for_each(|(key, value)| inside(key, value)),
        _ => {}
    }
}

/// What a value may be spoiled to.
fn spoiled(value: &Value) -> Vec<Value> {
    match value {
        Value::Null => vec![json!(true), json!({}), json!(7), json!("x")],
        Value::Bool(_) => vec![json!("yes"), json!(1), Value::Null],
        Value::Number(_) => {
            vec![
                json!("7"),
                json!(-1),
                json!(1.5),
                json!(4_294_967_296_u64),
                json!(1e20),
                Value::Null,
            ]
        }
        Value::String(text) => {
            vec![
                json!(7),
                json!(""),
                json!("?"),
                json!(text.repeat(50)),
                json!([text]),
                Value::Null,
            ]
        }
        Value::Array(items) => {
            let mut doubled = items.clone();
            doubled.extend(items.iter().cloned());
            let mut shorter = items.clone();
            shorter.pop();
            vec![json!(doubled), json!(shorter), json!({}), json!("x"), Value::Null]
        }
        Value::Object(map) => {
            let mut all = vec![json!([]), json!("x"), Value::Null];
            all.extend(map.keys().take(MOST_PLACES).map(|key| {
                let without = map.iter().filter(|(other, _)| *other != key);
                let without = without.map(|(key, value)| (key.clone(), value.clone()));
                Value::Object(without.collect::<Map<_, _>>())
            }));
            let mut more = map.clone();
            more.insert("unexpected".to_owned(), json!(true));
            all.push(Value::Object(more));
            all
        }
    }
}
