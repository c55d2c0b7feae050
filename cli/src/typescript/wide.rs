//! Where 64-bit integers stand in each payload, for a client that doesn't read them as numbers.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};
use wirebond_schema::{Document, internal::reference};

use super::{text::quoted, types::is_wide};

/// The tables that the client reads: definitions and messages with such integers in them.
pub(super) fn tables(document: &Document, defs: &BTreeMap<&str, &Value>) -> String {
    let wide = Wide::of(defs);
    // Envelopes are no part of a payload.
    let mut envelopes: BTreeSet<_> = document.messages().map(|message| message.def()).collect();
    envelopes.extend(["ClientMessage", "ServerMessage"]);
    let entry = |(name, place): (&str, String)| format!("\n  [{}, {place}],", quoted(name));
    let defs: String = defs
        .iter()
        .filter(|(def, _)| wide.defs.contains(**def) && !envelopes.contains(**def))
        .filter_map(|(def, schema)| Some(entry((def, wide.place(schema)?))))
        .collect();
    let messages: String = document
        .messages()
        .filter(|message| !message.is_heartbeat())
        .filter_map(|message| Some(entry((message.name(), wide.place(message.payload()?)?))))
        .collect();
    format!(
        "/** Where integers of 64 bits are, by definition. */\n\
         const wideDefs: ReadonlyMap<string, WirePlace> = new Map<string, WirePlace>([{defs}\n]);\n\n\
         /** Where they are, by message. */\n\
         const widePayloads: ReadonlyMap<string, WirePlace> = new Map<string, WirePlace>([{messages}\n]);\n\n"
    )
}

/// The definitions that have such integers in them.
struct Wide<'a> {
    defs: BTreeSet<&'a str>,
}

impl<'a> Wide<'a> {
    fn of(defs: &BTreeMap<&'a str, &'a Value>) -> Self {
        let mut wide = Self { defs: BTreeSet::new() };
        // Through references, until no more are found.
        loop {
            let more = defs.iter().filter(|(def, _)| !wide.defs.contains(**def));
            let more: Vec<_> = more
                .filter(|(_, schema)| wide.place(schema).is_some())
                .map(|(def, _)| *def)
                .collect();
            if more.is_empty() {
                return wide;
            }
            wide.defs.extend(more);
        }
    }

    /// The places in a schema, as the client's type `WirePlace`.
    fn place(&self, schema: &Value) -> Option<String> {
        let map = schema.as_object()?;
        let mut places = Vec::new();
        let kinds = map.get("type");
        let is_integer = |kind: &Value| kind == "integer";
        let has_integer = kinds.is_some_and(|kinds| {
            is_integer(kinds) || kinds.as_array().is_some_and(|kinds| kinds.iter().any(is_integer))
        });
        if has_integer && is_wide(map) && !map.contains_key("const") && !map.contains_key("enum") {
            places.push("1".to_owned());
        }
        let def = map.get(reference::KEY).and_then(Value::as_str).and_then(reference::plain_name);
        places.extend(def.filter(|def| self.defs.contains(def)).map(quoted));
        for key in ["allOf", "anyOf", "oneOf"] {
            let parts = map.get(key).and_then(Value::as_array).into_iter().flatten();
            places.extend(parts.filter_map(|part| self.place(part)));
        }
        places.extend(self.members(map));
        match places.len() {
            0 => None,
            1 => places.pop(),
            _ => Some(format!("[{}]", places.join(", "))),
        }
    }

    /// The places in an object's properties and a list's items.
    fn members(&self, map: &Map<String, Value>) -> Option<String> {
        let mut parts = Vec::new();
        let object = |key: &str| map.get(key).and_then(Value::as_object).into_iter().flatten();
        let mut patterns: Vec<_> = object("patternProperties").collect();
        patterns.sort_unstable_by_key(|(pattern, _)| *pattern);
        let rest: Vec<_> = map
            .get("additionalProperties")
            .into_iter()
            .chain(patterns.into_iter().map(|(_, schema)| schema))
            .filter_map(|schema| self.place(schema))
            .collect();
        let mut properties: Vec<_> = object("properties").collect();
        properties.sort_unstable_by_key(|(name, _)| *name);
        let mut named = Vec::new();
        for (name, schema) in properties {
            let place = self.place(schema);
            // One that has none is named where others would be taken for it.
            let place = place.or_else(|| (!rest.is_empty()).then(|| "0".to_owned()));
            // In brackets, or `__proto__` would be no property.
            named.extend(place.map(|place| format!("[{}]: {place}", quoted(name))));
        }
        if !named.is_empty() {
            parts.push(format!("of: {{ {} }}", named.join(", ")));
        }
        if !rest.is_empty() {
            parts.push(format!("rest: [{}]", rest.join(", ")));
        }
        let first = map.get("prefixItems").and_then(Value::as_array).into_iter().flatten();
        let first: Vec<_> =
            first.map(|schema| self.place(schema).unwrap_or_else(|| "0".to_owned())).collect();
        let items = map.get("items").and_then(|schema| self.place(schema));
        if items.is_some() || first.iter().any(|place| place != "0") {
            parts.push(format!("items: [{}]", first.join(", ")));
            parts.push(format!("more: {}", items.as_deref().unwrap_or("0")));
        }
        (!parts.is_empty()).then(|| format!("{{ {} }}", parts.join(", ")))
    }
}
