//! What stands at a place within a message, where the form says it and the payload's type doesn't.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::{
    definitions::{Definitions, Origin},
    error::GenerateError,
    merge::{is_object, target},
    simplify::pascal,
};
use crate::json_schema::{place::keys, reference};

/// Says what stands at a place of an object. Objects on the way get definitions of their own, which are
/// called after `around`: the message and its definition.
pub(super) fn put(
    object: &mut Value,
    place: &str,
    schema: Value,
    is_required: bool,
    (message, def): (&str, &str),
    defs: &mut Definitions,
) -> Result<(), GenerateError> {
    let within = Within { message, place, schema, is_required };
    within.put(object, &keys(place), def, defs)
}

struct Within<'a> {
    message: &'a str,
    place: &'a str,
    schema: Value,
    is_required: bool,
}

impl Within<'_> {
    fn put(
        self,
        object: &mut Value,
        keys: &[Cow<'_, str>],
        around: &str,
        defs: &mut Definitions,
    ) -> Result<(), GenerateError> {
        let Some((key, rest)) = keys.split_first() else { return Ok(()) };
        if self.is_required {
            require(object, key);
        }
        let field = field(object, key);
        if rest.is_empty() {
            let mut schema = self.schema;
            if let Some(description) = field.get("description")
                && schema.get("description").is_none()
            {
                schema["description"] = description.clone();
            }
            *field = schema;
            return Ok(());
        }
        let name = format!("{around}{}", pascal(key));
        // An object that another place of this message was put into already.
        if let Some(mut inner) = own(field, &name, defs) {
            self.put(&mut inner, rest, &name, defs)?;
            defs.map.insert(name, inner);
            return Ok(());
        }
        let mut inner = opened(field, defs);
        let (message, place) = (self.message.to_owned(), self.place.to_owned());
        let names = [name.clone(), format!("{name}Part")];
        let name = defs.take(names, Origin::Within { message, place })?;
        *field = reference::to(&name);
        self.put(&mut inner, rest, &name, defs)?;
        defs.map.insert(name, inner);
        Ok(())
    }
}

/// The schema of an object's field; an empty one if it says nothing of it.
fn field<'a>(object: &'a mut Value, key: &str) -> &'a mut Value {
    if !object["properties"].is_object() {
        object["properties"] = json!({});
    }
    let field = &mut object["properties"][key];
    if !field.is_object() {
        *field = json!({});
    }
    field
}

/// Asks for a field.
pub(super) fn require(object: &mut Value, key: &str) {
    field(object, key);
    match object.get_mut("required").and_then(Value::as_array_mut) {
        Some(names) if names.iter().any(|name| name == key) => {}
        Some(names) => names.push(json!(key)),
        None => object["required"] = json!([key]),
    }
}

/// The definition of this name, if a field is a reference to it.
fn own(field: &Value, name: &str, defs: &Definitions) -> Option<Value> {
    let (target, schema) = reference::target(field, &defs.map)?;
    (target == name).then(|| schema.clone())
}

/// An object that fields can be added to.
fn opened(schema: &Value, defs: &Definitions) -> Value {
    let present = |schema: &Value| schema.get("type").is_none_or(|name| name != "null");
    let branches = schema.get("anyOf").and_then(Value::as_array);
    // One that may be left out is there.
    if let Some([branch]) =
        branches.map(|all| all.iter().filter(|one| present(one)).collect::<Vec<_>>()).as_deref()
    {
        return opened(branch, defs);
    }
    let of = target(schema, &defs.map).unwrap_or(schema);
    if of.as_object().is_some_and(is_object) {
        let mut own = of.clone();
        own.as_object_mut().map(|map| map.remove("title"));
        return own;
    }
    if schema.as_object().is_none_or(serde_json::Map::is_empty) {
        json!({ "type": "object" })
    } else {
        json!({ "type": "object", "allOf": [schema] })
    }
}
