//! Random contracts of the canonical shape.

use serde_json::{Map, Value, json};

use super::dice::Dice;

pub(crate) const FIELDS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];
pub(crate) const WORDS: [&str; 5] = ["red", "green", "blue", "grey", "pink"];
const DEFS: usize = 4;

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{name}") })
}

/// A contract whose messages both sides send.
pub(crate) fn contract(dice: &mut Dice) -> Value {
    let mut defs = Map::new();
    for index in 0..DEFS {
        let name = format!("D{index}");
        match dice.below(6) {
            0 => tagged(dice, &name, &mut defs),
            1 => drop(defs.insert(name, externally_tagged(dice))),
            2 => drop(defs.insert(name, json!({ "anyOf": [schema(dice, 2), { "type": "null" }] }))),
            _ => drop(defs.insert(name, object(dice, 2))),
        }
    }
    let mut messages = Vec::new();
    for index in 0..2 {
        let name = format!("M{index}Message");
        let mut fields = json!({
            "type": { "type": "string", "const": format!("m{index}") },
            "timestamp": { "type": "integer", "format": "int64", "minimum": 0 },
        });
        let mut required = json!(["type"]);
        if !dice.one_in(8) {
            fields["data"] = reference(&format!("D{index}"));
            required = json!(["type", "data"]);
        }
        let envelope = json!({
            "title": name, "type": "object", "properties": fields, "required": required,
        });
        messages.push(reference(&name));
        defs.insert(name, envelope);
    }
    for side in ["ClientMessage", "ServerMessage"] {
        let listed = json!({
            "title": side,
            "type": "object",
            "properties": { "type": { "type": "string" } },
            "required": ["type"],
            "discriminator": { "propertyName": "type" },
            "oneOf": messages,
        });
        defs.insert(side.to_owned(), listed);
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:wirebond:random:1.0.0",
        "title": "Random",
        "anyOf": [reference("ClientMessage"), reference("ServerMessage")],
        "$defs": defs,
    })
}

pub(crate) fn schema(dice: &mut Dice, depth: usize) -> Value {
    let simple = 8;
    match dice.below(if depth == 0 { simple } else { simple + 9 }) {
        0 => string(dice),
        1 | 2 => integer(dice),
        3 => number(dice),
        4 => json!({ "type": "boolean" }),
        5 => words(dice),
        6 => json!({ "type": ["string", "null"] }),
        7 => json!({ "type": "string", "format": "date-time" }),
        8 => list(dice, depth - 1),
        9 => tuple(dice, depth - 1),
        10 => json!({ "type": "object", "additionalProperties": schema(dice, depth - 1) }),
        11 => object(dice, depth - 1),
        12 => json!({ "anyOf": [schema(dice, depth - 1), { "type": "null" }] }),
        13 => untagged(dice, depth - 1),
        14 => json!(true),
        15 => numbered(dice, depth - 1),
        _ => reference(&format!("D{}", dice.below(DEFS))),
    }
}

/// A map from numbers.
fn numbered(dice: &mut Dice, depth: usize) -> Value {
    json!({
        "type": "object",
        "patternProperties": { "^[0-9]+$": schema(dice, depth) },
        "additionalProperties": false,
    })
}

pub(crate) fn string(dice: &mut Dice) -> Value {
    let mut schema = json!({ "type": "string" });
    if dice.one_in(3) {
        schema["maxLength"] = json!(3 + dice.below(5));
    }
    if dice.one_in(4) {
        schema["minLength"] = json!(dice.below(3));
    }
    schema
}

pub(crate) fn integer(dice: &mut Dice) -> Value {
    match dice.below(4) {
        0 => json!({ "type": "integer", "format": "int64" }),
        1 => json!({ "type": "integer", "minimum": 0, "maximum": 255 }),
        2 => json!({ "type": "integer", "minimum": dice.below(5) }),
        _ => json!({ "type": "integer", "format": "int32", "maximum": dice.below(9) }),
    }
}

pub(crate) fn number(dice: &mut Dice) -> Value {
    match dice.below(3) {
        0 => json!({ "type": "number", "format": "double" }),
        1 => json!({ "type": "number", "minimum": 0.5 }),
        _ => json!({ "type": "number", "exclusiveMaximum": dice.below(9) }),
    }
}

pub(crate) fn words(dice: &mut Dice) -> Value {
    let count = 1 + dice.below(4);
    let start = dice.below(2);
    json!({ "type": "string", "enum": WORDS.iter().skip(start).take(count).collect::<Vec<_>>() })
}

fn list(dice: &mut Dice, depth: usize) -> Value {
    let mut schema = json!({ "type": "array", "items": schema(dice, depth) });
    if dice.one_in(3) {
        schema["maxItems"] = json!(2 + dice.below(3));
    }
    if dice.one_in(4) {
        schema["minItems"] = json!(dice.below(3));
    }
    if dice.one_in(6) {
        schema["uniqueItems"] = json!(true);
    }
    schema
}

fn tuple(dice: &mut Dice, depth: usize) -> Value {
    let items: Vec<_> = (0..2 + dice.below(2)).map(|_| schema(dice, depth)).collect();
    let length = items.len();
    json!({ "type": "array", "prefixItems": items, "minItems": length, "maxItems": length })
}

pub(crate) fn object(dice: &mut Dice, depth: usize) -> Value {
    let (mut fields, mut required) = (Map::new(), Vec::new());
    for name in FIELDS.iter().take(4) {
        if dice.one_in(3) {
            continue;
        }
        fields.insert((*name).to_owned(), schema(dice, depth));
        if dice.one_in(2) {
            required.push(*name);
        }
    }
    // What must be there and leads back to itself would never end.
    required.retain(|name| !fields[*name].to_string().contains("$ref"));
    let mut schema = json!({ "type": "object", "properties": fields, "required": required });
    if dice.one_in(5) {
        schema["additionalProperties"] = json!(false);
    }
    schema
}

fn tagged(dice: &mut Dice, name: &str, defs: &mut Map<String, Value>) {
    let mut branches = Vec::new();
    for tag in WORDS.iter().take(2 + dice.below(2)) {
        let def = format!("{name}{tag}");
        let mut branch = object(dice, 1);
        tag_branch(&mut branch, tag);
        defs.insert(def.clone(), branch);
        branches.push(reference(&def));
    }
    let schema = json!({
        "type": "object",
        "properties": { "kind": { "type": "string" } },
        "required": ["kind"],
        "discriminator": { "propertyName": "kind" },
        "oneOf": branches,
    });
    defs.insert(name.to_owned(), schema);
}

pub(crate) fn tag_branch(branch: &mut Value, tag: &str) {
    branch["properties"]["kind"] = json!({ "type": "string", "const": tag });
    if let Some(required) = branch["required"].as_array_mut() {
        required.push(json!("kind"));
    }
}

fn externally_tagged(dice: &mut Dice) -> Value {
    let mut branches = vec![json!({ "type": "string", "enum": ["Nothing"] })];
    for tag in WORDS.iter().take(1 + dice.below(2)) {
        branches.push(external_branch(dice, tag));
    }
    json!({ "oneOf": branches })
}

pub(crate) fn external_branch(dice: &mut Dice, tag: &str) -> Value {
    let inner = if dice.one_in(2) { integer(dice) } else { string(dice) };
    json!({
        "type": "object",
        "properties": { tag: inner },
        "required": [tag],
        "additionalProperties": false,
    })
}

fn untagged(dice: &mut Dice, depth: usize) -> Value {
    json!({ "anyOf": [integer(dice), string(dice), object(dice, depth)] })
}
