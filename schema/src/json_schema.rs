//! What JSON Schema 2020-12 defines, whatever contract uses it: the keywords, where schemas stand within
//! schemas, what a reference names, and what distinguishes the branches of a tagged union.

use serde_json::{Map, Value};

pub(crate) mod cycle;
pub(crate) mod keyword;
pub(crate) mod place;
pub mod reference;
pub(crate) mod tag;
pub(crate) mod walk;

/// The dialect that documents are written in, as `$schema` names it.
pub(crate) const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// The names of the properties that a schema requires, as they were declared.
pub fn required(schema: &Map<String, Value>) -> impl Iterator<Item = &str> {
    schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}
