//! What stands as JSON in a string (`contentSchema`). The contract's reader decodes it, so it is checked, too; plain JSON
//! Schema leaves that to its user.

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock, Weak},
};

use jsonschema::{Keyword, ValidationError, paths::Location};
use serde_json::{Map, Value};

use super::{
    doubled::{self, Doubled},
    envelope::not_json,
    judge,
    rejection::Fault,
};
use crate::json_schema::reference::token;

pub(super) const KEYWORD: &str = "contentSchema";

/// The contents of a contract's strings.
#[derive(Debug)]
pub(super) struct Contents {
    /// The contract's.
    pub(super) schema: Value,
    /// By the places of their schemas. They refer to this, since content may have content.
    validators: OnceLock<HashMap<String, jsonschema::Validator>>,
}

impl Contents {
    pub(super) fn new(schema: Value) -> Arc<Self> {
        Arc::new(Self { schema, validators: OnceLock::new() })
    }

    /// Makes a validator for each.
    pub(super) fn prepare<E>(
        &self,
        mut build: impl FnMut(&str) -> Result<jsonschema::Validator, E>,
    ) -> Result<(), E> {
        let mut places = Vec::new();
        find(&self.schema, "", &mut places);
        let built = places.into_iter().map(|place| Ok((place.clone(), build(&place)?)));
        let built = built.collect::<Result<_, E>>()?;
        self.validators.get_or_init(|| built);
        Ok(())
    }

    /// What is wrong with a string, if anything is.
    fn fault(&self, place: &str, text: &str) -> Option<String> {
        let validator = self.validators.get()?.get(place)?;
        let (value, doubled) = match doubled::read(text, None) {
            Ok(read) => read,
            Err(error) => return Some(format!("in the string, {}", not_json(&error).expected())),
        };
        let faults = judge::faults(&self.schema, validator, &value, None);
        let again = || self.again(place, &doubled);
        let fault = faults.into_iter().next().or_else(again)?;
        Some(format!("in the string's JSON, {fault}"))
    }

    fn is_valid(&self, place: &str, text: &str) -> bool {
        let Some(validator) = self.validators.get().and_then(|all| all.get(place)) else {
            return true;
        };
        doubled::read(text, None).is_ok_and(|(value, doubled)| {
            self.again(place, &doubled).is_none() && judge::is_valid(validator, &value)
        })
    }

    /// The field of a struct that stands twice.
    fn again(&self, place: &str, doubled: &[Doubled]) -> Option<Fault> {
        let content = self.schema.pointer(place)?;
        let doubled = doubled.iter().find(|one| one.is_declared(content, &self.schema))?;
        Some(Fault::new(doubled.path(), "expected it once, found it again"))
    }
}

/// The places of the schemas of JSON in strings.
fn find(schema: &Value, place: &str, places: &mut Vec<String>) {
    match schema {
        Value::Object(map) => {
            if is_json(map) && map.contains_key(KEYWORD) {
                places.push(format!("{place}/{KEYWORD}"));
            }
            map.iter().for_each(|(key, inner)| {
                find(inner, &format!("{place}/{}", token(key)), places);
            });
        }
        Value::Array(items) => items.iter().enumerate().for_each(|(index, inner)| {
            find(inner, &format!("{place}/{index}"), places);
        }),
        _ => {}
    }
}

fn is_json(parent: &Map<String, Value>) -> bool {
    let has_json = parent.get("contentMediaType").is_some_and(|name| name == "application/json");
    has_json && !parent.contains_key("contentEncoding")
}

/// The keyword at one place.
pub(super) struct Content {
    contents: Weak<Contents>,
    place: String,
}

impl Content {
    pub(super) fn new(contents: &Weak<Contents>, place: &Location) -> Self {
        Self { contents: contents.clone(), place: place.as_str().to_owned() }
    }
}

impl<'i> Keyword<'i> for Content {
    fn validate(&self, value: &'i Value) -> Result<(), ValidationError<'i>> {
        let contents = self.contents.upgrade();
        let fault =
            contents.zip(value.as_str()).and_then(|(all, text)| all.fault(&self.place, text));
        fault.map_or(Ok(()), |fault| Err(ValidationError::custom(fault)))
    }

    fn is_valid(&self, value: &'i Value) -> bool {
        let contents = self.contents.upgrade();
        contents.zip(value.as_str()).is_none_or(|(all, text)| all.is_valid(&self.place, text))
    }
}
