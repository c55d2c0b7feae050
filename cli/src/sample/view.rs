//! All that applies to one place: the keywords of every schema that does, side by side.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// The keywords at one place, each with the values that the schemas give it.
#[derive(Debug, Default)]
pub(super) struct View<'a>(BTreeMap<&'a str, Vec<&'a Value>>);

impl<'a> View<'a> {
    pub(super) fn add(&mut self, keyword: &'a str, value: &'a Value) {
        self.0.entry(keyword).or_default().push(value);
    }

    /// The values of a keyword.
    pub(super) fn all(&self, keyword: &str) -> &[&'a Value] {
        self.0.get(keyword).map_or(&[], Vec::as_slice)
    }

    pub(super) fn has(&self, keywords: &[&str]) -> bool {
        keywords.iter().any(|keyword| self.0.contains_key(keyword))
    }

    /// The first value of a keyword.
    pub(super) fn first(&self, keyword: &str) -> Option<&'a Value> {
        self.all(keyword).first().copied()
    }

    /// The schema of what stands as JSON in a string.
    pub(super) fn content(&self) -> Option<&'a Value> {
        let is_json = self.first("contentMediaType").is_some_and(|name| name == "application/json");
        self.first("contentSchema")
            .filter(|_| is_json && !self.has(&["contentEncoding", "pattern"]))
    }

    pub(super) fn strings(&self, keyword: &str) -> impl Iterator<Item = &'a str> {
        self.all(keyword).iter().filter_map(|value| value.as_str())
    }

    pub(super) fn maps(&self, keyword: &str) -> impl Iterator<Item = &'a Map<String, Value>> {
        self.all(keyword).iter().filter_map(|value| value.as_object())
    }

    pub(super) fn lists(&self, keyword: &str) -> impl Iterator<Item = &'a Vec<Value>> {
        self.all(keyword).iter().filter_map(|value| value.as_array())
    }

    /// The largest of a keyword's counts: at least so many.
    pub(super) fn at_least(&self, keyword: &str) -> u64 {
        self.all(keyword).iter().map(|value| count(value)).max().unwrap_or(0)
    }

    /// The smallest of a keyword's counts: at most so many.
    pub(super) fn at_most(&self, keyword: &str) -> u64 {
        self.all(keyword).iter().map(|value| count(value)).min().unwrap_or(u64::MAX)
    }

    /// The types that a value may have here; `None` if no schema restricts them.
    pub(super) fn types(&self) -> Option<Vec<&'a str>> {
        let named = |value: &'a Value| -> Vec<&'a str> {
            match value {
                Value::String(name) => vec![name],
                Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
                _ => Vec::new(),
            }
        };
        let mut lists = self.all("type").iter().map(|value| named(value));
        let first = lists.next()?;
        Some(lists.fold(first, |types, list| {
            let both = types.into_iter().filter_map(|name| match name {
                name if list.contains(&name) => Some(name),
                "number" if list.contains(&"integer") => Some("integer"),
                "integer" if list.contains(&"number") => Some("integer"),
                _ => None,
            });
            both.collect()
        }))
    }
}

/// A count, which JSON may also write as `1e18`.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "`as` takes what is out of range to the nearest count, as intended"
)]
pub(super) fn count(value: &Value) -> u64 {
    value.as_u64().or_else(|| value.as_f64().map(|count| count as u64)).unwrap_or(0)
}
