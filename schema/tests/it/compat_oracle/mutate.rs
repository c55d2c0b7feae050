//! Random changes of a contract.

use serde_json::{Value, json};

use super::{
    dice::Dice,
    generate::{self, FIELDS, WORDS},
};

/// Where the schemas of a contract are that may change: below its payloads.
fn places(value: &Value, pointer: &str, out: &mut Vec<String>) {
    out.push(pointer.to_owned());
    for key in ["properties", "patternProperties", "$defs"] {
        for (name, schema) in value.get(key).and_then(Value::as_object).into_iter().flatten() {
            // A tag is not changed by itself: that is another branch.
            if name != "kind" {
                places(schema, &format!("{pointer}/{key}/{name}"), out);
            }
        }
    }
    for key in ["items", "additionalProperties"] {
        if let Some(schema) = value.get(key).filter(|schema| schema.is_object()) {
            places(schema, &format!("{pointer}/{key}"), out);
        }
    }
    for key in ["prefixItems", "anyOf", "oneOf"] {
        let all = value.get(key).and_then(Value::as_array).into_iter().flatten();
        for (index, schema) in all.enumerate() {
            places(schema, &format!("{pointer}/{key}/{index}"), out);
        }
    }
}

/// Changes one place, and returns what it changed.
pub(crate) fn mutate(contract: &mut Value, dice: &mut Dice) -> String {
    let mut all = Vec::new();
    for (name, schema) in contract["$defs"].as_object().into_iter().flatten() {
        if name.starts_with('D') {
            places(schema, &format!("/$defs/{name}"), &mut all);
        } else if name.starts_with('M') && dice.one_in(4) {
            all.push(format!("/$defs/{name}"));
        }
    }
    for _ in 0..50 {
        let pointer = dice.pick(&all).clone();
        if pointer.ends_with("Message") {
            if let Some(what) = of_message(contract, &pointer, dice) {
                return format!("{what} at {pointer}");
            }
            continue;
        }
        let name = pointer.split('/').nth(2).unwrap_or_default().to_owned();
        if let Some(branches) = contract.pointer(&pointer).and_then(|one| one.get("discriminator"))
        {
            let _ = branches;
            if let Some(what) = of_tagged(contract, &name, dice) {
                return format!("{what} at {pointer}");
            }
            continue;
        }
        let Some(schema) = contract.pointer_mut(&pointer) else { continue };
        if let Some(what) = of_schema(schema, dice) {
            return format!("{what} at {pointer}");
        }
    }
    "nothing".to_owned()
}

fn of_message(contract: &mut Value, pointer: &str, dice: &mut Dice) -> Option<&'static str> {
    let message = contract.pointer_mut(pointer)?;
    if message["properties"].get("data").is_none() {
        message["properties"]["data"] = json!({ "$ref": "#/$defs/D2" });
        if dice.one_in(2) {
            message["required"] = json!(["type", "data"]);
        }
        return Some("payload added");
    }
    if dice.one_in(2) {
        message["required"] = json!(["type"]);
        return Some("payload optional");
    }
    message["properties"].as_object_mut()?.remove("data");
    message["required"] = json!(["type"]);
    Some("payload removed")
}

fn of_tagged(contract: &mut Value, name: &str, dice: &mut Dice) -> Option<&'static str> {
    let branches = contract["$defs"][name]["oneOf"].as_array_mut()?;
    if dice.one_in(3) {
        branches.reverse();
        return Some("branches reversed");
    }
    if dice.one_in(2) && branches.len() > 1 {
        branches.remove(dice.below(branches.len()));
        return Some("tagged branch removed");
    }
    let def = format!("{name}more");
    let reference = json!({ "$ref": format!("#/$defs/{def}") });
    if branches.contains(&reference) {
        return None;
    }
    branches.push(reference);
    let mut branch = generate::object(dice, 0);
    generate::tag_branch(&mut branch, "more");
    contract["$defs"][def] = branch;
    Some("tagged branch added")
}

fn of_schema(schema: &mut Value, dice: &mut Dice) -> Option<&'static str> {
    if !schema.is_object() || dice.one_in(12) {
        *schema = generate::schema(dice, 1);
        return Some("another schema");
    }
    match dice.below(12) {
        0..=4 if schema.get("properties").is_some() => of_object(schema, dice),
        0..=3 if schema.get("enum").is_some() => of_enum(schema, dice),
        0..=2 if schema.get("anyOf").or(schema.get("oneOf")).is_some() => of_union(schema, dice),
        0..=5 if schema["type"] == "integer" => of_integer(schema, dice),
        0..=5 if schema["type"] == "string" && schema.get("enum").is_none() => {
            of_limit(schema, ["minLength", "maxLength"], dice)
        }
        0..=4 if schema["type"] == "number" => {
            schema["minimum"] = json!(dice.below(4));
            Some("minimum of a number")
        }
        0..=4 if schema["type"] == "array" && schema.get("prefixItems").is_none() => {
            if dice.one_in(4) {
                let was = schema["uniqueItems"] == true;
                schema["uniqueItems"] = json!(!was);
                return Some("uniqueItems toggled");
            }
            of_limit(schema, ["minItems", "maxItems"], dice)
        }
        6 => nullable(schema),
        7 => {
            schema["description"] = json!(WORDS[dice.below(5)]);
            Some("description")
        }
        8 => {
            schema["default"] = json!(WORDS[dice.below(5)]);
            Some("default")
        }
        9 if schema["type"] == "string" => {
            schema["format"] = json!("uuid");
            Some("format")
        }
        10 if schema.get("prefixItems").is_some() => {
            let length = schema["prefixItems"].as_array_mut().map(|items| {
                items.push(json!({ "type": "boolean" }));
                items.len()
            });
            schema["minItems"] = json!(length);
            schema["maxItems"] = json!(length);
            Some("longer tuple")
        }
        _ => None,
    }
}

fn of_object(schema: &mut Value, dice: &mut Dice) -> Option<&'static str> {
    let name = *dice.pick(&FIELDS);
    match dice.below(5) {
        0 => {
            if schema["additionalProperties"] == false {
                schema.as_object_mut()?.remove("additionalProperties");
                return Some("opened");
            }
            schema["additionalProperties"] = json!(false);
            Some("closed")
        }
        1 => {
            schema["properties"].as_object_mut()?.remove(name)?;
            schema["required"].as_array_mut()?.retain(|one| one != name);
            Some("field removed")
        }
        2 | 3 => {
            schema["properties"].get(name)?;
            let required = schema["required"].as_array_mut()?;
            let before = required.len();
            required.retain(|one| one != name);
            if required.len() < before {
                return Some("required → optional");
            }
            required.push(json!(name));
            Some("optional → required")
        }
        _ => {
            if schema["properties"].get(name).is_some() {
                return None;
            }
            schema["properties"][name] = generate::schema(dice, 0);
            if dice.one_in(2) {
                schema["required"].as_array_mut()?.push(json!(name));
                return Some("required field added");
            }
            Some("optional field added")
        }
    }
}

fn of_enum(schema: &mut Value, dice: &mut Dice) -> Option<&'static str> {
    let values = schema["enum"].as_array_mut()?;
    match dice.below(4) {
        0 if values.len() > 1 => {
            values.remove(dice.below(values.len()));
            Some("value removed")
        }
        1 => {
            values.reverse();
            Some("values reversed")
        }
        2 => {
            schema.as_object_mut()?.remove("enum");
            Some("any string")
        }
        _ => {
            let word = json!(dice.pick(&WORDS));
            if values.contains(&word) {
                return None;
            }
            values.push(word);
            Some("value added")
        }
    }
}

fn of_union(schema: &mut Value, dice: &mut Dice) -> Option<&'static str> {
    let is_exclusive = schema.get("oneOf").is_some();
    let key = if is_exclusive { "oneOf" } else { "anyOf" };
    let branches = schema[key].as_array_mut()?;
    match dice.below(3) {
        0 if branches.len() > 1 => {
            branches.remove(dice.below(branches.len()));
            Some("branch removed")
        }
        1 => {
            branches.reverse();
            Some("branches reversed")
        }
        _ if is_exclusive => {
            let branch = generate::external_branch(dice, "more");
            if branches.iter().any(|one| one["required"] == branch["required"]) {
                return None;
            }
            branches.push(branch);
            Some("external branch added")
        }
        _ => {
            branches.push(generate::schema(dice, 1));
            Some("branch added")
        }
    }
}

fn of_integer(schema: &mut Value, dice: &mut Dice) -> Option<&'static str> {
    match dice.below(4) {
        0 => {
            schema["type"] = json!("number");
            Some("integer → number")
        }
        1 => {
            schema["multipleOf"] = json!([2, 3, 6][dice.below(3)]);
            Some("multipleOf")
        }
        _ => of_limit(schema, ["minimum", "maximum"], dice),
    }
}

fn of_limit(schema: &mut Value, keys: [&str; 2], dice: &mut Dice) -> Option<&'static str> {
    let key = keys[dice.below(2)];
    match schema.get(key).and_then(Value::as_u64) {
        Some(_) if dice.one_in(3) => {
            schema.as_object_mut()?.remove(key);
            Some("limit removed")
        }
        Some(limit) if dice.one_in(2) => {
            schema[key] = json!(limit + 1);
            Some("limit higher")
        }
        Some(limit) => {
            schema[key] = json!(limit.checked_sub(1)?);
            Some("limit lower")
        }
        None => {
            schema[key] = json!(1 + dice.below(3));
            Some("limit added")
        }
    }
}

fn nullable(schema: &mut Value) -> Option<&'static str> {
    match schema.get("type")? {
        Value::String(name)
            if name != "object" && name != "null" && schema.get("enum").is_none() =>
        {
            schema["type"] = json!([name, "null"]);
            Some("null added")
        }
        Value::Array(names) => {
            schema["type"] = names.first()?.clone();
            Some("null removed")
        }
        _ => {
            let own = schema.take();
            *schema = json!({ "anyOf": [own, { "type": "null" }] });
            Some("null added as a branch")
        }
    }
}
