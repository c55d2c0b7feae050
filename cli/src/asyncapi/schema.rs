//! From JSON Schema 2020-12 to AsyncAPI's Schema Objects, which are draft-07's.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use wirebond_schema::{Document, internal::reference};

use super::{Error, keys, reference};

/// The schemas of a contract's messages, and of what these refer to.
pub(super) struct Schemas<'a> {
    /// Each definition's key under `components.schemas`.
    pub(super) keys: BTreeMap<&'a str, String>,
    /// What stands under `components.schemas`.
    pub(super) components: Map<String, Value>,
    /// What was left out, by place.
    pub(super) notes: Vec<String>,
}

/// Converts every definition that a message needs. The lists of a direction's messages aren't among
/// them: operations say the same.
pub(super) fn convert(document: &Document) -> Result<Schemas<'_>, Error> {
    let reachable = reachable(document);
    let mut schemas = Schemas {
        keys: keys(reachable.keys().copied()),
        components: Map::new(),
        notes: Vec::new(),
    };
    for (def, schema) in reachable {
        let place = reference::pointer(def);
        let mut converter = Converter { keys: &schemas.keys, notes: &mut schemas.notes };
        let schema = converter.schema(schema, &place)?;
        if let Some(key) = schemas.keys.get(def) {
            schemas.components.insert(key.clone(), schema);
        }
    }
    Ok(schemas)
}

/// The definitions of the messages and of all that they refer to.
fn reachable(document: &Document) -> BTreeMap<&str, &Value> {
    let mut reachable = BTreeMap::new();
    let mut waiting: Vec<&str> = document.messages().map(|message| message.def()).collect();
    while let Some(name) = waiting.pop() {
        let Some(schema) = document.def(name) else { continue };
        if reachable.insert(name, schema).is_none() {
            references(schema, &mut waiting);
        }
    }
    reachable
}

/// Every string under `$ref` that could name a definition. A property called `$ref` may be among
/// them: at worst it keeps a definition that nobody needs.
fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        Value::Object(map) => {
            if let Some(name) =
                map.get(reference::KEY).and_then(Value::as_str).and_then(reference::plain_name)
            {
                found.push(name);
            }
            map.values().for_each(|value| references(value, found));
        }
        _ => {}
    }
}

struct Converter<'a> {
    keys: &'a BTreeMap<&'a str, String>,
    notes: &'a mut Vec<String>,
}

impl Converter<'_> {
    fn schema(&mut self, schema: &Value, place: &str) -> Result<Value, Error> {
        let map = match schema {
            Value::Bool(_) => return Ok(schema.clone()),
            Value::Object(map) => map,
            _ => return Err(Error(format!("{place} is no schema: it is neither object nor bool"))),
        };
        // Notes come in the order of the keys, which must not depend on how they are stored.
        let members: BTreeMap<&String, &Value> = map.iter().collect();
        let mut out = Map::new();
        for (key, value) in members {
            self.keyword(key, value, &format!("{place}/{key}"), &mut out)?;
        }
        if let Some(reference) = map.get("$ref") {
            let place = format!("{place}/$ref");
            let reference = self.reference(reference, &place)?;
            if out.is_empty() {
                return Ok(reference);
            }
            // What stands beside a `$ref` is ignored before 2019-09.
            let branches = out.entry("allOf").or_insert_with(|| json!([]));
            if let Value::Array(branches) = branches {
                branches.insert(0, reference);
            }
        }
        Ok(Value::Object(out))
    }

    fn keyword(
        &mut self,
        key: &str,
        value: &Value,
        place: &str,
        out: &mut Map<String, Value>,
    ) -> Result<(), Error> {
        let mut put = |key: &str, value: Value| out.insert(key.to_owned(), value);
        match key {
            "type" | "const" | "enum" | "required" | "format" | "title" | "description"
            | "default" | "examples" | "deprecated" | "readOnly" | "writeOnly" | "minimum"
            | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" | "multipleOf" | "minLength"
            | "maxLength" | "pattern" | "minItems" | "maxItems" | "uniqueItems"
            | "minProperties" | "maxProperties" | "contentEncoding" | "contentMediaType" => {
                put(key, value.clone());
            }
            "items"
            | "additionalProperties"
            | "propertyNames"
            | "contains"
            | "not"
            | "if"
            | "then"
            | "else" => {
                put(key, self.schema(value, place)?);
            }
            // Beside it, `items` (which came before, by name) is about what follows the tuple.
            "prefixItems" => {
                let tuple = self.list(value, place)?;
                if tuple.as_array().is_some_and(Vec::is_empty) {
                    return Ok(());
                }
                if let Some(rest) = out.insert("items".to_owned(), tuple) {
                    out.insert("additionalItems".to_owned(), rest);
                }
            }
            "allOf" | "anyOf" | "oneOf" => {
                put(key, self.list(value, place)?);
            }
            "properties" | "patternProperties" => {
                put(key, self.named(value, place)?);
            }
            "dependentRequired" | "dependentSchemas" => {
                let more = match key {
                    "dependentRequired" => value.clone(),
                    _ => self.named(value, place)?,
                };
                self.dependencies(more, place, out);
            }
            // `$ref` comes last. The others don't constrain a value, or repeat `oneOf`.
            "$ref" | "discriminator" | "$schema" | "$id" | "$comment" | "$anchor" | "$defs" => {}
            _ => self.notes.push(format!("{place}: AsyncAPI's schemas have no `{key}`")),
        }
        Ok(())
    }

    fn dependencies(&mut self, more: Value, place: &str, out: &mut Map<String, Value>) {
        let known = out.entry("dependencies").or_insert_with(|| json!({}));
        let (Some(known), Value::Object(more)) = (known.as_object_mut(), more) else { return };
        for (name, dependency) in more {
            if known.contains_key(&name) {
                self.notes.push(format!("{place}/{name}: AsyncAPI's schemas take one of the two"));
            } else {
                known.insert(name, dependency);
            }
        }
    }

    fn list(&mut self, value: &Value, place: &str) -> Result<Value, Error> {
        let Value::Array(schemas) = value else {
            return Err(Error(format!("{place} is no list of schemas")));
        };
        schemas
            .iter()
            .enumerate()
            .map(|(index, schema)| self.schema(schema, &format!("{place}/{index}")))
            .collect()
    }

    fn named(&mut self, value: &Value, place: &str) -> Result<Value, Error> {
        let Value::Object(schemas) = value else {
            return Err(Error(format!("{place} is no object of schemas")));
        };
        let schemas: BTreeMap<&String, &Value> = schemas.iter().collect();
        schemas
            .into_iter()
            .map(|(name, schema)| {
                Ok((name.clone(), self.schema(schema, &format!("{place}/{name}"))?))
            })
            .collect::<Result<Map<_, _>, _>>()
            .map(Value::Object)
    }

    fn reference(&self, value: &Value, place: &str) -> Result<Value, Error> {
        let key =
            value.as_str().and_then(reference::plain_name).and_then(|name| self.keys.get(name));
        let Some(key) = key else {
            let reason = "refers to none of the contract's definitions (#/$defs/NAME)";
            return Err(Error(format!("{place}: {value} {reason}")));
        };
        Ok(reference(&["components", "schemas", key]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_found_at_any_depth() {
        let schema = json!({ "anyOf": [{ "items": { "$ref": "#/$defs/A" } }, { "$ref": "#" }] });
        let mut found = Vec::new();
        references(&schema, &mut found);
        assert_eq!(found, ["A"]);
    }
}
