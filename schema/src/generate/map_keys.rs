//! The keys of maps: schemars loses them where a variant of the key's enum has a doc comment. The codec
//! knows them, so it is asked: it rejects an unknown key, and lists those that it knows.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use wirebond_core::Contract;

use super::{
    decode::unknown_variant,
    sample::{UNKNOWN, minimal, minimal_present},
};
use crate::{
    document::Document,
    json_schema::reference::{self, token},
};

/// How deep schemas are looked into.
const DEEPEST: usize = 40;

/// By the place of a map's schema in the document, the keys that the codec takes.
pub(super) fn find<C: Contract>(document: &Document) -> BTreeMap<String, Vec<&'static str>> {
    let mut known = BTreeMap::new();
    for (index, info) in C::MESSAGES.iter().enumerate() {
        let message = document.messages().find(|message| message.name() == info.name());
        let Some(payload) = message.and_then(|message| message.payload()) else { continue };
        let mut sites = Sites { document, seen: BTreeSet::new(), known: &mut known };
        let mut ask = |value: Value| unknown_variant::<C>(index, value, UNKNOWN);
        sites.visit(payload, "", &mut ask, DEEPEST);
        // Where the payload's members stand beside the tag, they are described there once more.
        for message in
            document.messages().filter(|one| one.name() == info.name() && one.is_merged())
        {
            let names = message.form_keys();
            let mut ask = |mut value: Value| {
                if let Value::Object(map) = &mut value {
                    map.retain(|key, _| !names.contains(&key.as_str()));
                }
                unknown_variant::<C>(index, value, UNKNOWN)
            };
            let place = reference::pointer(message.def());
            sites.visit(message.schema(), &place, &mut ask, DEEPEST);
        }
    }
    known
}

/// Adds to the schemas which keys their maps have.
pub(super) fn declare(root: &mut Value, known: &BTreeMap<String, Vec<&'static str>>) {
    // What lies within a map comes first: its place is another one afterwards.
    for (place, keys) in known.iter().rev() {
        let Some(Value::Object(map)) = root.pointer_mut(place) else { continue };
        let Some(value) = map.remove("additionalProperties") else { continue };
        // A map among a struct's fields leaves other fields alone.
        let is_map = !map.contains_key("properties");
        if let Value::Object(fields) = map.entry("properties").or_insert_with(|| json!({})) {
            for key in keys {
                fields.entry((*key).to_owned()).or_insert_with(|| value.clone());
            }
        }
        if is_map {
            map.insert("additionalProperties".to_owned(), json!(false));
        }
    }
}

type Ask<'f> = &'f mut dyn FnMut(Value) -> Option<&'static [&'static str]>;

struct Sites<'a, 'k> {
    document: &'a Document,
    seen: BTreeSet<&'a str>,
    known: &'k mut BTreeMap<String, Vec<&'static str>>,
}

impl<'a> Sites<'a, '_> {
    /// `ask` puts a value of this schema into a payload and asks the codec.
    fn visit(&mut self, schema: &'a Value, place: &str, ask: Ask<'_>, left: usize) {
        let Some(left) = left.checked_sub(1) else { return };
        if schema.get(reference::KEY).is_some() {
            if let Some((def, schema)) = self.document.target(schema)
                && self.seen.insert(def)
            {
                self.visit(schema, &reference::pointer(def), ask, left);
            }
            return;
        }
        let Value::Object(map) = schema else { return };
        for key in ["oneOf", "anyOf"] {
            let branches = map.get(key).and_then(Value::as_array);
            for (index, branch) in branches.into_iter().flatten().enumerate() {
                self.visit(branch, &format!("{place}/{key}/{index}"), ask, left);
            }
        }
        if let Some(items) = map.get("items") {
            self.visit(items, &format!("{place}/items"), &mut |item| ask(json!([item])), left);
        }
        let own = minimal_present(self.document, schema);
        let places = map.get("prefixItems").and_then(Value::as_array);
        for (index, item) in places.into_iter().flatten().enumerate() {
            let Some(own) = &own else { break };
            let mut within = |item: Value| {
                let mut whole = own.clone();
                *whole.get_mut(index)? = item;
                ask(whole)
            };
            self.visit(item, &format!("{place}/prefixItems/{index}"), &mut within, left);
        }
        let Some(Value::Object(own)) = own else { return };
        self.fields(map, &own, place, ask, left);
    }

    fn fields(
        &mut self,
        map: &'a Map<String, Value>,
        own: &Map<String, Value>,
        place: &str,
        ask: Ask<'_>,
        left: usize,
    ) {
        let mut with = |key: &str, value: Value| {
            let mut whole = own.clone();
            whole.insert(key.to_owned(), value);
            ask(Value::Object(whole))
        };
        for (name, field) in map.get("properties").and_then(Value::as_object).into_iter().flatten()
        {
            let place = format!("{place}/properties/{}", token(name));
            self.visit(field, &place, &mut |value| with(name, value), left);
        }
        let Some(others) = map.get("additionalProperties").filter(|others| others.is_object())
        else {
            return;
        };
        let keys = minimal(self.document, others).and_then(|value| with(UNKNOWN, value));
        if let Some(keys) = keys {
            self.known.insert(place.to_owned(), keys.to_vec());
        }
        let key = keys.and_then(|keys| keys.first()).copied().unwrap_or("a");
        let place = format!("{place}/additionalProperties");
        self.visit(others, &place, &mut |value| with(key, value), left);
    }
}
