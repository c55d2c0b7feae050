//! What all values at one place have in common.

use std::collections::{BTreeSet, HashMap};

use super::json::{Json, Object};

/// How many different texts are remembered at one place: enough to say that there are few.
const MOST_TEXTS: usize = 9;

/// What all values at one place have in common.
#[derive(Debug, Clone, Default)]
pub(super) struct Shape {
    /// How many values there were.
    pub(super) count: usize,
    pub(super) has_null: bool,
    pub(super) has_bool: bool,
    pub(super) numbers: Option<Numbers>,
    pub(super) texts: Option<Texts>,
    /// What the items of lists have in common.
    pub(super) items: Option<Box<Self>>,
    pub(super) object: Option<Members>,
}

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Numbers {
    pub(super) has_fraction: bool,
    pub(super) has_negative: bool,
    /// Whether one is larger than an `i64`.
    pub(super) is_wide: bool,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Texts {
    pub(super) count: usize,
    /// How many of them are JSON: an object or a list.
    pub(super) json: usize,
    /// Different ones, at most [`MOST_TEXTS`]. They are counted and never shown.
    pub(super) different: BTreeSet<String>,
}

/// The members of objects, in the order in which their keys first stood.
#[derive(Debug, Clone, Default)]
pub(super) struct Members {
    /// How many objects there were.
    pub(super) count: usize,
    pub(super) list: Vec<(String, Shape)>,
    places: HashMap<String, usize>,
}

impl Members {
    fn of(&mut self, key: &str) -> &mut Shape {
        let place = *self.places.entry(key.to_owned()).or_insert_with(|| {
            self.list.push((key.to_owned(), Shape::default()));
            self.list.len() - 1
        });
        &mut self.list[place].1
    }

    /// Adds the members of one object whose keys are not among these.
    pub(super) fn add(&mut self, object: &Object, without: &[&str]) {
        self.count += 1;
        for (key, value) in object.0.iter().filter(|(key, _)| !without.contains(&key.as_str())) {
            self.of(key).add(value);
        }
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.list.iter().map(|(key, _)| key.as_str())
    }

    fn merge(&mut self, other: &Self) {
        self.count += other.count;
        for (key, shape) in &other.list {
            self.of(key).merge(shape);
        }
    }

    /// What the values of all members have in common.
    pub(super) fn values(&self) -> Shape {
        let mut all = Shape::default();
        for (_, shape) in &self.list {
            all.merge(shape);
        }
        all
    }

    /// Whether the keys are data, such as the ids of what they lead to, and no names of fields.
    pub(super) fn are_data(&self) -> bool {
        let is_name = |key: &str| {
            let mut chars = key.chars();
            chars.next().is_some_and(|c| c.is_ascii_alphabetic() || "_$+-".contains(c))
                && !key.contains(['.', '/', '@', ':', ' '])
                && key.chars().filter(char::is_ascii_digit).count() < 5
        };
        let odd = self.list.iter().filter(|(key, _)| !is_name(key)).count();
        if odd * 2 >= self.list.len() && odd > 0 {
            return true;
        }
        // Each object has other keys, and all lead to values of one kind.
        let once = self.list.iter().filter(|(_, shape)| shape.count == 1).count();
        self.count >= 3
            && self.list.len() >= 2 * self.count
            && once * 4 >= self.list.len() * 3
            && self.values().kinds().len() == 1
    }
}

impl Shape {
    pub(super) fn add(&mut self, value: &Json) {
        self.count += 1;
        match value {
            Json::Null => self.has_null = true,
            Json::Bool(_) => self.has_bool = true,
            Json::Number(number) => {
                let numbers = self.numbers.get_or_insert_default();
                numbers.has_fraction |= number.is_f64();
                numbers.has_negative |= number.as_i64().is_some_and(i64::is_negative);
                numbers.is_wide |= number.is_u64() && !number.is_i64();
            }
            Json::Text(text) => {
                let texts = self.texts.get_or_insert_default();
                texts.count += 1;
                texts.json += usize::from(is_json(text));
                if texts.different.len() < MOST_TEXTS {
                    texts.different.insert(text.clone());
                }
            }
            Json::List(list) => {
                let items = self.items.get_or_insert_default();
                for item in list {
                    items.add(item);
                }
            }
            Json::Object(object) => self.object.get_or_insert_default().add(object, &[]),
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.has_null |= other.has_null;
        self.has_bool |= other.has_bool;
        if let Some(numbers) = other.numbers {
            let own = self.numbers.get_or_insert_default();
            own.has_fraction |= numbers.has_fraction;
            own.has_negative |= numbers.has_negative;
            own.is_wide |= numbers.is_wide;
        }
        if let Some(texts) = &other.texts {
            let own = self.texts.get_or_insert_default();
            own.count += texts.count;
            own.json += texts.json;
            own.different.extend(texts.different.iter().take(MOST_TEXTS).cloned());
        }
        if let Some(items) = &other.items {
            self.items.get_or_insert_default().merge(items);
        }
        if let Some(object) = &other.object {
            self.object.get_or_insert_default().merge(object);
        }
    }

    /// The kinds of the values besides null.
    pub(super) fn kinds(&self) -> Vec<&'static str> {
        let kinds = [
            (self.has_bool, "a boolean"),
            (self.numbers.is_some(), "a number"),
            (self.texts.is_some(), "a string"),
            (self.items.is_some(), "an array"),
            (self.object.is_some(), "an object"),
        ];
        kinds.iter().filter(|(is_there, _)| *is_there).map(|(_, kind)| *kind).collect()
    }
}

impl Texts {
    /// How many different ones there are, if they are so few that they may be the names of variants.
    pub(super) fn few(&self) -> Option<usize> {
        let different = self.different.len();
        let is_few = different < MOST_TEXTS && self.count >= 3 * different && self.count >= 4;
        is_few.then_some(different)
    }
}

/// Whether a text is a JSON object or array.
fn is_json(text: &str) -> bool {
    text.trim_start().starts_with(['{', '['])
        && serde_json::from_str::<&serde_json::value::RawValue>(text).is_ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn shape(values: &[&str]) -> Shape {
        let mut shape = Shape::default();
        for value in values {
            shape.add(&serde_json::from_str(value).unwrap());
        }
        shape
    }

    #[test]
    fn keys_that_are_ids_make_a_map() {
        let are_data = |values: &[&str]| shape(values).object.unwrap().are_data();
        for data in [
            &[r#"{"light.hall":{"on":true}}"#][..],
            &[r#"{"BTC":"1","@142":"2"}"#],
            &[r#"{"7":1}"#],
            &[r#"{"0b5e8d3e-7c1a-4f0e":{}}"#],
            &[r#"{"ann":1,"bob":2}"#, r#"{"cy":1,"di":2}"#, r#"{"eve":1,"fay":2}"#],
        ] {
            assert!(are_data(data), "{data:?}");
        }
        for fields in [
            &["{}"][..],
            &[r#"{"user":"a","text":"b"}"#],
            &[r#"{"+":{},"-":{}}"#],
            &[r#"{"volume_24_h":"1","low_52_w":"2"}"#],
            &[r#"{"a":1}"#, r#"{"b":1}"#, r#"{"c":1}"#],
        ] {
            assert!(!are_data(fields), "{fields:?}");
        }
    }
}
