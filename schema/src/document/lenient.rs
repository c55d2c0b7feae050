//! What Rust reads shows in no schema, so it is tried: does an enum take a value that it doesn't list,
//! and forget it?

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{Document, Warning, fits::fits, generate::GenerateError, tag, walk::name_of};
use crate::{Contract, Envelope, MessageInfo};

/// What no enum lists.
pub(super) const UNKNOWN: &str = "wirebond: no such variant";
/// How deep payloads are looked into.
const DEPTH: usize = 48;

/// Fails with the name of an enum whose list of values is a lie: one of them stands for whatever isn't
/// listed (`#[serde(other)]`). A reader that takes more than is published harms no writer: that is a
/// warning.
///
/// An enum is found where the rest of its payload can be made up from the schema: a field with a
/// hand-written format may hide one. Alternatives of an untagged enum are left alone, since another
/// may take the value rightly. A message that is marked as lenient is not looked at.
pub(super) fn check<C: Contract>(
    document: &Document,
    warnings: &mut Vec<Warning>,
) -> Result<(), GenerateError> {
    for (index, info) in C::MESSAGES.iter().enumerate() {
        let message = document.messages().find(|message| message.name() == info.name());
        let Some(payload) = message.and_then(|message| message.payload()) else { continue };
        let mut prober = Prober::new(document);
        round_trip::<C>(index, info, payload, &prober)?;
        if info.is_lenient() {
            continue;
        }
        let mut warned = BTreeSet::new();
        for (name, probe) in prober.probes(payload, info.variant(), 0) {
            // What is kept is no loss: a string whose schema lists values, say.
            let Some(known) = again::<C>(index, probe.clone()) else { continue };
            if known.to_string().contains(UNKNOWN) {
                continue;
            }
            // A variant for all other names takes names alone, or reads something else otherwise.
            let is_other = again::<C>(index, spoiled(&probe)) != Some(known.clone());
            if is_other && lists(document, payload, &known) {
                return Err(other(&name, info));
            }
            if warned.insert(name.clone()) {
                warnings.push(Warning::new(format!(
                    "`{name}` in the message {:?} is read more leniently than the document says: it takes \
                     values that aren't listed, and forgets them; if that is meant, mark the message \
                     `#[message(lenient)]`",
                    info.name()
                )));
            }
        }
    }
    Ok(())
}

/// A value that the document takes is read, and what is written again the document takes too.
///
/// What can't be told passes: a string in a syntax of its own is known to the codec alone.
fn round_trip<C: Contract>(
    index: usize,
    info: &MessageInfo,
    payload: &Value,
    prober: &Prober<'_>,
) -> Result<(), GenerateError> {
    let Some(defs) = prober.document.value().get("$defs").and_then(Value::as_object) else {
        return Ok(());
    };
    // The payload stands in the same document as the definitions.
    let Some(sample) = prober
        .document
        .messages()
        .find(|message| message.name() == info.name())
        .and_then(|message| prober.sample(message.payload()?))
    else {
        return Ok(());
    };
    if fits(payload, &sample, defs) != Some(true) {
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
                "the document takes {sample} as the payload of the message {:?}, and Rust doesn't, at \
                 `{}` ({error}): let the type's schema and its `Deserialize` agree",
                info.name(),
                track.path(),
            )));
        }
    }
    let Some(message) = message else { return Ok(()) };
    let Ok(mut written) = serde_json::to_value(Envelope { message, timestamp: None }) else {
        return Ok(());
    };
    let written = written["data"].take();
    if fits(payload, &written, defs) == Some(false) {
        return Err(GenerateError::new(format!(
            "Rust reads {sample} as the payload of the message {:?} and writes {written}, which the \
             document doesn't take: let the type's schema and its `Serialize` agree",
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
         `#[serde(other)]` or the like: no document can say that; leave the variant out of the list with \
         `#[schemars(skip)]`, make the field a `String`, or mark the message `#[message(lenient)]`",
        info.name()
    ))
}

/// What Rust makes of a payload: the payload that it would write.
fn again<C: Contract>(index: usize, value: Value) -> Option<Value> {
    let message = C::read_data(index, value).ok()?;
    let mut written = serde_json::to_value(Envelope { message, timestamp: None }).ok()?;
    Some(written["data"].take())
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

/// Whether the document takes this payload. Where that can't be told, it is taken to.
fn lists(document: &Document, payload: &Value, value: &Value) -> bool {
    let defs = document.value().get("$defs").and_then(Value::as_object);
    defs.is_none_or(|defs| fits(payload, value, defs) != Some(false))
}

pub(super) struct Prober<'a> {
    document: &'a Document,
    /// Definitions that were looked into: once is enough.
    seen: BTreeSet<&'a str>,
}

impl<'a> Prober<'a> {
    pub(super) fn new(document: &'a Document) -> Self {
        Self { document, seen: BTreeSet::new() }
    }

    pub(super) fn document(&self) -> &'a Document {
        self.document
    }

    /// The smallest value of this schema; `None` where none is found.
    pub(super) fn sample(&self, schema: &'a Value) -> Option<Value> {
        self.sampled(schema, &mut Vec::new())
    }

    /// The smallest value of this schema that isn't `null`, where it may be that too.
    pub(super) fn sample_present(&self, schema: &'a Value) -> Option<Value> {
        let names = schema.get("type").and_then(Value::as_array).into_iter().flatten();
        match names.filter_map(Value::as_str).find(|name| *name != "null") {
            Some(name) => self.of_type(schema, name, &mut Vec::new()),
            None => self.sample(schema),
        }
    }

    /// Values of this schema with one unknown variant each, and whose it is.
    fn probes(&mut self, schema: &'a Value, name: &str, depth: usize) -> Vec<(String, Value)> {
        if let Some(def) = schema.get("$ref").and_then(Value::as_str).and_then(name_of) {
            return match self.document.def(def) {
                Some(schema) if depth < DEPTH && self.seen.insert(def) => {
                    self.probes(schema, def, depth + 1)
                }
                _ => Vec::new(),
            };
        }
        let mut found = Vec::new();
        if is_strings(schema) {
            found.push((name.to_owned(), json!(UNKNOWN)));
        }
        if let Some(branches) = schema.get("oneOf").and_then(Value::as_array) {
            if let Some(key) = self.tag(schema) {
                // With a content that isn't its own, an adjacently tagged variant may fail.
                let full = self.sampled(schema, &mut Vec::new());
                for mut value in full.into_iter().chain([json!({})]) {
                    value[&key] = json!(UNKNOWN);
                    found.push((name.to_owned(), value));
                }
            } else if !branches.iter().any(is_strings) {
                found.push((name.to_owned(), json!(UNKNOWN)));
            }
            found.extend(branches.iter().flat_map(|branch| self.probes(branch, name, depth + 1)));
        }
        if let Some(branches) = schema.get("anyOf").and_then(Value::as_array) {
            let mut real =
                branches.iter().filter(|branch| branch.get("type") != Some(&json!("null")));
            if let (Some(branch), None) = (real.next(), real.next()) {
                found.extend(self.probes(branch, name, depth + 1));
            }
        }
        self.within_objects(schema, name, depth, &mut found);
        self.within_arrays(schema, name, depth, &mut found);
        found
    }

    fn tag(&self, schema: &Value) -> Option<String> {
        let defs = self.document.value().get("$defs")?.as_object()?;
        Some(tag::of_union(schema.as_object()?, defs)?.0)
    }

    fn within_objects(
        &mut self,
        schema: &'a Value,
        name: &str,
        depth: usize,
        found: &mut Vec<(String, Value)>,
    ) {
        for (field, schema_of_field) in members(schema, "properties") {
            for (name, probe) in self.probes(schema_of_field, name, depth + 1) {
                if let Some(mut value) = self.sampled(schema, &mut Vec::new()) {
                    value[field] = probe;
                    found.push((name, value));
                }
            }
        }
        let patterns = members(schema, "patternProperties").map(|(_, schema)| ("1", schema));
        let others = schema.get("additionalProperties").map(|schema| ("a", schema));
        for (key, values) in patterns.chain(others) {
            for (name, probe) in self.probes(values, name, depth + 1) {
                if let Some(mut value) = self.sampled(schema, &mut Vec::new()) {
                    value[key] = probe;
                    found.push((name, value));
                }
            }
        }
    }

    fn within_arrays(
        &mut self,
        schema: &'a Value,
        name: &str,
        depth: usize,
        found: &mut Vec<(String, Value)>,
    ) {
        if let Some(items) = schema.get("items") {
            let probes = self.probes(items, name, depth + 1);
            found.extend(probes.into_iter().map(|(name, probe)| (name, json!([probe]))));
        }
        let places = schema.get("prefixItems").and_then(Value::as_array).into_iter().flatten();
        for (index, item) in places.enumerate() {
            for (name, probe) in self.probes(item, name, depth + 1) {
                if let Some(mut value) = self.sampled(schema, &mut Vec::new())
                    && let Some(place) = value.get_mut(index)
                {
                    *place = probe;
                    found.push((name, value));
                }
            }
        }
    }

    /// The smallest value of this schema; `None` where none is found. `way` are the definitions that it
    /// is within: a way out of a recursive type leads to none of them.
    fn sampled(&self, schema: &'a Value, way: &mut Vec<&'a str>) -> Option<Value> {
        if let Some(def) = schema.get("$ref").and_then(Value::as_str).and_then(name_of) {
            if way.contains(&def) || way.len() > DEPTH {
                return None;
            }
            way.push(def);
            let value = self.sampled(self.document.def(def)?, way);
            way.pop();
            return value;
        }
        if let Some(value) = schema.get("const") {
            return Some(value.clone());
        }
        if let Some(value) = schema.get("enum").and_then(|values| values.get(0)) {
            return Some(value.clone());
        }
        for key in ["anyOf", "oneOf"] {
            if let Some(branches) = schema.get(key).and_then(Value::as_array) {
                let null = branches.iter().any(|branch| branch.get("type") == Some(&json!("null")));
                return if null {
                    Some(Value::Null)
                } else {
                    branches.iter().find_map(|branch| self.sampled(branch, way))
                };
            }
        }
        self.of_type(schema, type_of(schema), way)
    }

    fn of_type(&self, schema: &'a Value, name: &str, way: &mut Vec<&'a str>) -> Option<Value> {
        match name {
            "object" => {
                let required =
                    schema.get("required").and_then(Value::as_array).into_iter().flatten();
                let mut value = Map::new();
                for field in required.filter_map(Value::as_str) {
                    let of_field = schema.get("properties")?.get(field)?;
                    value.insert(field.to_owned(), self.sampled(of_field, way)?);
                }
                Some(Value::Object(value))
            }
            "array" => {
                let places =
                    schema.get("prefixItems").and_then(Value::as_array).into_iter().flatten();
                let mut items: Vec<_> =
                    places.map(|item| self.sampled(item, way)).collect::<Option<_>>()?;
                let least = schema.get("minItems").and_then(Value::as_u64).unwrap_or(0).min(64);
                while (items.len() as u64) < least {
                    items.push(self.sampled(schema.get("items")?, way)?);
                }
                Some(Value::Array(items))
            }
            "string" => Some(text(schema)),
            "integer" | "number" => Some(number(schema)),
            "boolean" => Some(json!(false)),
            _ => Some(Value::Null),
        }
    }
}

fn members<'a>(schema: &'a Value, key: &str) -> impl Iterator<Item = (&'a str, &'a Value)> {
    let map = schema.get(key).and_then(Value::as_object);
    map.into_iter().flatten().map(|(name, schema)| (name.as_str(), schema))
}

fn is_strings(schema: &Value) -> bool {
    type_of(schema) == "string" && (schema.get("enum").is_some())
}

fn type_of(schema: &Value) -> &str {
    match schema.get("type") {
        Some(Value::String(name)) => name,
        Some(Value::Array(names)) if !names.iter().any(|name| name == "null") => {
            names.first().and_then(Value::as_str).unwrap_or_default()
        }
        _ => "null",
    }
}

/// A string of this schema's format or length.
fn text(schema: &Value) -> Value {
    let text = match schema.get("format").and_then(Value::as_str) {
        Some("date") => "2026-01-01",
        Some("time") => "00:00:00Z",
        Some("date-time") => "2026-01-01T00:00:00Z",
        Some("uuid") => "67e55044-10b1-426f-9247-bb680e5fe0c8",
        Some("uri" | "uri-reference") => "https://example.com/",
        Some("email") => "a@example.com",
        Some("hostname") => "example.com",
        Some("ipv4") => "127.0.0.1",
        Some("ipv6") => "::1",
        _ => "",
    };
    let least = schema.get("minLength").and_then(Value::as_u64).unwrap_or(0).min(1_000);
    let missing = usize::try_from(least).unwrap_or(0).saturating_sub(text.len());
    json!(text.to_owned() + &"a".repeat(missing))
}

/// A number not below what this schema wants.
fn number(schema: &Value) -> Value {
    let least = schema.get("minimum").cloned();
    let above = schema.get("exclusiveMinimum").and_then(Value::as_i64);
    match (least, above) {
        (_, Some(above)) => json!(above.saturating_add(1).max(0)),
        (Some(least), None) if least.as_f64().is_some_and(|least| least > 0.0) => least,
        _ => match schema.get("maximum") {
            Some(most) if most.as_f64().is_some_and(|most| most < 0.0) => most.clone(),
            _ => json!(0),
        },
    }
}
