//! Keys that appear twice in one object. JSON's readers keep the last of them, so that a schema never
//! sees the first; a Rust reader rejects the field of a struct that comes twice, and takes the last of
//! those in a map or among ignored keys.

use std::{collections::HashSet, fmt};

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::path::{push_index, push_key};
use crate::json_schema::{
    keyword, reference,
    walk::{Child, children},
};

/// The most doubled keys that are kept of one message.
const MOST: usize = 10;
/// The most schemas that are looked at for one place.
const MOST_SCHEMAS: usize = 1000;

/// One step from a value into it.
#[derive(Debug, Clone, PartialEq)]
enum Step {
    Key(String),
    Index(usize),
}

/// Where a key stands a second time.
#[derive(Debug)]
pub(super) struct Doubled {
    /// The key of the payload, if it has one.
    content: Option<String>,
    place: Vec<Step>,
    key: String,
}

/// Reads a payload, and which keys stand in it twice. `content` is its key in the message.
pub(super) fn read(text: &str, content: Option<&str>) -> serde_json::Result<(Value, Vec<Doubled>)> {
    let value = serde_json::from_str(text)?;
    let mut track = Track::default();
    let mut json = serde_json::Deserializer::from_str(text);
    Seed(&mut track).deserialize(&mut json)?;
    let of = |(place, key)| Doubled { content: content.map(str::to_owned), place, key };
    Ok((value, track.found.into_iter().map(of).collect()))
}

impl Doubled {
    /// The path in the message: `data.user.name`.
    pub(super) fn path(&self) -> String {
        let mut path = self.content.clone().unwrap_or_default();
        for step in &self.place {
            match step {
                Step::Key(key) => push_key(&mut path, key),
                Step::Index(index) => push_index(&mut path, *index),
            }
        }
        push_key(&mut path, &self.key);
        path
    }

    /// Whether a payload's schema declares the key at its place: then it is the field of a struct.
    pub(super) fn is_declared(&self, payload: &Value, root: &Value) -> bool {
        let mut schemas = Vec::new();
        gather(payload, root, &mut schemas);
        for step in &self.place {
            let mut inner = Vec::new();
            for schema in schemas {
                for next in below(schema, step) {
                    gather(next, root, &mut inner);
                }
            }
            schemas = inner;
        }
        let has = |map: &&Map<String, Value>| {
            map.get("properties").is_some_and(|fields| fields.get(&self.key).is_some())
        };
        schemas.iter().any(has)
    }
}

/// A schema and all that apply to the same value.
fn gather<'a>(schema: &'a Value, root: &'a Value, out: &mut Vec<&'a Map<String, Value>>) {
    let Value::Object(map) = schema else { return };
    if out.len() >= MOST_SCHEMAS || out.iter().any(|known| std::ptr::eq(*known, map)) {
        return;
    }
    out.push(map);
    let defs = root.get("$defs").and_then(Value::as_object);
    let target = defs.and_then(|defs| reference::target(schema, defs));
    if let Some((_, schema)) = target {
        gather(schema, root, out);
    }
    // Those under `not` and `if` don't describe the value.
    let applies = |child: &Child<'_>| {
        keyword::is_in_place(child.keyword) && !matches!(child.keyword, "not" | "if")
    };
    children(map).filter(applies).for_each(|child| gather(child.schema, root, out));
}

/// The schema of a part of its value.
fn below<'a>(schema: &'a Map<String, Value>, step: &Step) -> Vec<&'a Value> {
    match step {
        Step::Key(key) => {
            let field = schema.get("properties").and_then(|fields| fields.get(key));
            let patterns = schema.get("patternProperties").and_then(Value::as_object);
            let others = patterns.into_iter().flat_map(Map::values);
            let others = others.chain(schema.get("additionalProperties"));
            field.map_or_else(|| others.collect(), |field| vec![field])
        }
        Step::Index(index) => {
            let first = schema.get("prefixItems").and_then(|items| items.get(index));
            first.or_else(|| schema.get("items")).into_iter().collect()
        }
    }
}

/// Where the reader is, and what it found.
#[derive(Default)]
struct Track {
    place: Vec<Step>,
    found: Vec<(Vec<Step>, String)>,
}

/// What `serde_json` calls a number while it is read, where any crate turns `arbitrary_precision` on.
const NUMBER: &str = "$serde_json::private::Number";

struct Seed<'t>(&'t mut Track);

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        for index in 0.. {
            self.0.place.push(Step::Index(index));
            let item = seq.next_element_seed(Seed(self.0))?;
            self.0.place.pop();
            if item.is_none() {
                break;
            }
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut seen = HashSet::new();
        while let Some(key) = map.next_key::<String>()? {
            if key == NUMBER && seen.is_empty() {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            self.0.place.push(Step::Key(key.clone()));
            map.next_value_seed(Seed(self.0))?;
            self.0.place.pop();
            if seen.contains(&key) && self.0.found.len() < MOST {
                let place = self.0.place.clone();
                self.0.found.push((place, key.clone()));
            }
            seen.insert(key);
        }
        Ok(())
    }
}
