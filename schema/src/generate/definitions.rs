//! The definitions of a document that is being made, and the names that they get.

use std::{collections::BTreeMap, fmt, mem};

use serde_json::{Map, Value};

use super::{error::GenerateError, simplify::plain};
use crate::json_schema::reference;

/// The definitions, and the origins of those that belong to no type.
pub(super) struct Definitions {
    pub(super) map: Map<String, Value>,
    made: BTreeMap<String, Origin>,
}

/// The origin of a definition that belongs to no type.
#[derive(Debug)]
pub(super) enum Origin {
    /// A variant of a type's enum.
    Variant { name: String, of: String },
    /// A message, by its wire name.
    Message(String),
    /// An object within a message, by its place, of which the form says what stands in it.
    Within { message: String, place: String },
    /// The payload of this variant of the contract; of the heartbeat, without one.
    Payload(Option<String>),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variant { name, of } => write!(f, "the variant {name:?} of `{of}`"),
            Self::Message(name) => write!(f, "the message {name:?}"),
            Self::Within { message, place } => {
                write!(f, "the object at `{place}` of the message {message:?}")
            }
            Self::Payload(Some(variant)) => write!(f, "the payload of the variant `{variant}`"),
            Self::Payload(None) => f.write_str("the payload of the heartbeat"),
        }
    }
}

impl Definitions {
    pub(super) fn new(map: Map<String, Value>) -> Self {
        Self { map, made: BTreeMap::new() }
    }

    /// Takes the first of these names, made safe, that is free. Its definition is put into `map` afterwards.
    ///
    /// Two definitions of one kind of origin never avoid each other's names: the names would depend on
    /// the order in which they are added.
    pub(super) fn take(
        &mut self,
        names: [String; 2],
        origin: Origin,
    ) -> Result<String, GenerateError> {
        let names = names.map(|name| plain(&name));
        for name in &names {
            let is_same_kind =
                |other: &&Origin| mem::discriminant(*other) == mem::discriminant(&origin);
            if let Some(other) = self.made.get(name).filter(is_same_kind) {
                return Err(GenerateError::new(format!(
                    "{other} and {origin} would both be defined as `{name}`: rename one of them"
                )));
            }
            if !self.map.contains_key(name) {
                self.made.insert(name.clone(), origin);
                self.map.insert(name.clone(), Value::Null);
                return Ok(name.clone());
            }
        }
        let [first, second] = names;
        Err(GenerateError::new(format!(
            "there is no name left for {origin}: `{first}` and `{second}` are both taken; rename one of \
             those types with `#[schemars(rename = \"…\")]`"
        )))
    }

    /// Adds a definition under a name that is [taken](Self::take) for it, and returns that name.
    pub(super) fn add(
        &mut self,
        names: [String; 2],
        origin: Origin,
        schema: impl FnOnce(&str) -> Value,
    ) -> Result<String, GenerateError> {
        let name = self.take(names, origin)?;
        let schema = schema(&name);
        self.map.insert(name.clone(), schema);
        Ok(name)
    }

    /// The same, with a reference to the new definition as the result.
    pub(super) fn add_referred(
        &mut self,
        names: [String; 2],
        origin: Origin,
        schema: impl FnOnce(&str) -> Value,
    ) -> Result<Value, GenerateError> {
        self.add(names, origin, schema).map(|name| reference::to(&name))
    }
}
