//! Where schemas stand within schemas.

use serde_json::{Map, Value};

use super::{
    keyword::{self, Holds},
    reference::token,
};

/// A schema directly within another.
pub(crate) struct Child<'a> {
    /// The keyword that it stands under.
    pub(crate) keyword: &'a str,
    /// Its JSON pointer from the schema around it.
    pub(crate) pointer: String,
    pub(crate) schema: &'a Value,
}

/// The schemas directly within one.
pub(crate) fn children(schema: &Map<String, Value>) -> impl Iterator<Item = Child<'_>> {
    schema.iter().flat_map(|(keyword, value)| -> Vec<Child<'_>> {
        let child = |pointer, schema| Child { keyword, pointer, schema };
        match (keyword::holds(keyword), value) {
            (Holds::ByName, Value::Object(named)) => {
                let named = named.iter();
                named.map(|(name, v)| child(format!("/{keyword}/{}", token(name)), v)).collect()
            }
            (Holds::List, Value::Array(items)) => {
                let items = items.iter().enumerate();
                items.map(|(at, v)| child(format!("/{keyword}/{at}"), v)).collect()
            }
            (Holds::Schema, schema) => vec![child(format!("/{keyword}"), schema)],
            _ => Vec::new(),
        }
    })
}

/// Calls `visit` with each schema directly within one.
pub(crate) fn each_child(schema: &mut Map<String, Value>, visit: &mut dyn FnMut(&mut Value)) {
    for (keyword, value) in schema {
        match (keyword::holds(keyword), value) {
            (Holds::ByName, Value::Object(named)) => named.values_mut().for_each(&mut *visit),
            (Holds::List, Value::Array(items)) => items.iter_mut().for_each(&mut *visit),
            (Holds::Schema, schema) => visit(schema),
            _ => {}
        }
    }
}

/// Calls `visit` with a schema and every schema within it that is an object, and the JSON pointer of
/// each. Stops at the first error.
pub(crate) fn each<'a, E, F>(schema: &'a Value, pointer: &str, visit: &mut F) -> Result<(), E>
where
    F: FnMut(&str, &'a Map<String, Value>) -> Result<(), E>,
{
    let Value::Object(map) = schema else { return Ok(()) };
    visit(pointer, map)?;
    children(map)
        .try_for_each(|child| each(child.schema, &format!("{pointer}{}", child.pointer), visit))
}
