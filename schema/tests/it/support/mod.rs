//! Contracts made for a test, and what is reported of messages under them.

use serde_json::{Value, json};
use wirebond_schema::{Direction, Document, validate::Validator};

/// A contract with one message, `m`, whose payload has this schema; `more` are further definitions.
pub(crate) fn contract(data: &Value, more: &Value) -> Document {
    Document::parse(&contract_text(data, more)).unwrap()
}

/// The same before anybody has looked at it.
pub(crate) fn contract_text(data: &Value, more: &Value) -> String {
    let message = json!({
        "title": "MMessage", "type": "object",
        "properties": {
            "type": { "type": "string", "const": "m" },
            "data": data,
            "timestamp": { "type": "integer", "format": "int64", "minimum": 0 },
        },
        "required": ["type", "data"],
    });
    let mut defs = json!({
        "ClientMessage": { "oneOf": [{ "$ref": "#/$defs/MMessage" }] },
        "ServerMessage": { "not": {} },
        "MMessage": message,
    });
    defs.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let document = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:wirebond:test:1.0.0",
        "title": "Test",
        "anyOf": [{ "$ref": "#/$defs/ClientMessage" }, { "$ref": "#/$defs/ServerMessage" }],
        "$defs": defs,
    });
    document.to_string()
}

pub(crate) fn verdict(validator: &Validator, text: &str, from: Direction) -> String {
    match validator.check(text, from) {
        Ok(name) => format!("valid {name}"),
        Err(rejection) => rejection.to_string(),
    }
}

/// The verdict on one payload under one schema.
pub(crate) fn verdict_of(schema: &Value, data: &Value) -> String {
    let validator = Validator::new(&contract(schema, &json!({}))).unwrap();
    let text = json!({ "type": "m", "data": data }).to_string();
    verdict(&validator, &text, Direction::Both)
}
