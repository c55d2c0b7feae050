//! Objects: the keys that must be there, those that may, and those of maps.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{
    generate::{Generator, ValueError},
    pattern, text,
    view::View,
};

/// The most keys that are made up.
const MOST_KEYS: u64 = 1_000;
/// How often a key that differs from the others is tried.
const TRIES: usize = 40;

impl<'a> Generator<'a> {
    pub(super) fn object(&mut self, view: &View<'a>) -> Result<Value, ValueError> {
        let least = view.at_least("minProperties");
        if least > MOST_KEYS {
            let reason = format!("it asks for {least} keys at least: at most {MOST_KEYS} are made");
            return Err(self.error(reason));
        }
        let mut object = Map::new();
        for key in self.keys(view, least) {
            let schemas = schemas_of(view, &key);
            let value = self.member(&key, &schemas)?;
            object.insert(key, value);
        }
        self.fill(view, least, &mut object)?;
        Ok(Value::Object(object))
    }

    /// The declared keys that this object gets.
    fn keys(&mut self, view: &View<'a>, least: u64) -> BTreeSet<String> {
        let required = view.lists("required").flatten().filter_map(Value::as_str);
        let mut keys: BTreeSet<String> = required.map(str::to_owned).collect();
        let most = view.at_most("maxProperties");
        let declared: BTreeSet<&String> = view.maps("properties").flat_map(Map::keys).collect();
        for key in declared {
            let number = keys.len() as u64;
            if keys.contains(key) || number >= most {
                continue;
            }
            let is_needed = number < least;
            let is_included = is_needed || self.has_plenty() && self.happens(60);
            if is_included && schemas_of(view, key).iter().all(|schema| self.ends(schema)) {
                keys.insert(key.clone());
            }
        }
        // A key may ask for others, and those for more.
        loop {
            let asked = view.maps("dependentRequired").flatten();
            let asked =
                asked.filter(|(key, _)| keys.contains(*key)).filter_map(|(_, v)| v.as_array());
            let asked: BTreeSet<String> =
                asked.flatten().filter_map(Value::as_str).map(str::to_owned).collect();
            if asked.is_subset(&keys) {
                return keys;
            }
            keys.extend(asked);
        }
    }

    /// Adds keys that nobody declared: a map's entries, and what is missing.
    fn fill(
        &mut self,
        view: &View<'a>,
        least: u64,
        object: &mut Map<String, Value>,
    ) -> Result<(), ValueError> {
        let mut patterns: Vec<_> = view.maps("patternProperties").flatten().collect();
        patterns.sort_by_key(|(pattern, _)| *pattern);
        let additional = view.all("additionalProperties");
        let is_map = !patterns.is_empty() || additional.iter().any(|schema| schema.is_object());
        let number = object.len() as u64;
        let mut target = least;
        if is_map && self.has_plenty() {
            let some = if self.is_first { 1 } else { self.rng.u64(0..=2) };
            target = target.max(number + some).min(view.at_most("maxProperties"));
        }
        for _ in number..target {
            // Of several patterns one; otherwise whatever else may be there.
            let pattern = match patterns.len() {
                0 => None,
                number => Some(patterns[self.rng.usize(..number)]),
            };
            let schemas = pattern.map_or_else(|| additional.to_vec(), |(_, schema)| vec![schema]);
            if !schemas.iter().all(|schema| self.ends(schema)) {
                break;
            }
            let pattern = pattern.map(|(pattern, _)| pattern.as_str());
            match self.new_key(view, pattern, object)? {
                Some(key) => {
                    let value = self.member(&key, &schemas)?;
                    object.insert(key, value);
                }
                None => break,
            }
        }
        if (object.len() as u64) < least {
            return Err(self.error(format!("it asks for {least} keys, and too few can be made up")));
        }
        Ok(())
    }

    fn new_key(
        &mut self,
        view: &View<'a>,
        pattern: Option<&str>,
        object: &Map<String, Value>,
    ) -> Result<Option<String>, ValueError> {
        let mut names = View::default();
        let rules = view.maps("propertyNames").flatten();
        rules.for_each(|(keyword, value)| names.add(keyword, value));
        for attempt in 0..TRIES {
            let key = match pattern {
                Some(pattern) => pattern::text(pattern, attempt, &mut self.rng),
                None => text::string(&names, "", &mut self.rng),
            };
            let key = key.map_err(|reason| self.error(format!("its keys: {reason}")))?;
            if !object.contains_key(&key) {
                return Ok(Some(key));
            }
        }
        Ok(None)
    }
}

/// What applies to the value under a key.
fn schemas_of<'a>(view: &View<'a>, key: &str) -> Vec<&'a Value> {
    let declared: Vec<_> = view.maps("properties").filter_map(|map| map.get(key)).collect();
    if declared.is_empty() { view.all("additionalProperties").to_vec() } else { declared }
}
