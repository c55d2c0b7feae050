//! Changes that change nothing: other texts, another order, other names of definitions, schemas written
//! in place or behind a reference. Whatever the contract is, no change may be reported as breaking.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use wirebond_schema::{
    Document,
    compat::{self, Level, Options, Rollout, Verdict},
};

use super::{dice::Dice, generate};

const COMMITTED: [&str; 4] = [
    include_str!("../../../../examples/contract/contract.json"),
    include_str!("../../../../tests/consumers/contract.json"),
    include_str!("../../../../tests/contract/shop.json"),
    include_str!("../../../../cli/tests/typescript/odd.json"),
];

/// Keywords that hold schemas by a name, in a list, and alone.
const NAMED: [&str; 4] = ["properties", "patternProperties", "dependentSchemas", "$defs"];
const LISTS: [&str; 4] = ["anyOf", "oneOf", "allOf", "prefixItems"];
const SINGLE: [&str; 9] = [
    "items",
    "additionalProperties",
    "unevaluatedProperties",
    "propertyNames",
    "contains",
    "not",
    "if",
    "then",
    "else",
];

/// Calls `change` for each schema below a schema, and for itself at the end.
fn each(schema: &mut Value, change: &mut dyn FnMut(&mut Value)) {
    if let Value::Object(map) = schema {
        for key in NAMED {
            let named = map.get_mut(key).and_then(Value::as_object_mut);
            named.into_iter().flat_map(Map::values_mut).for_each(|one| each(one, change));
        }
        for key in LISTS {
            let all = map.get_mut(key).and_then(Value::as_array_mut);
            all.into_iter().flatten().for_each(|one| each(one, change));
        }
        for key in SINGLE {
            map.get_mut(key).into_iter().for_each(|one| each(one, change));
        }
    }
    change(schema);
}

fn each_of(contract: &mut Value, change: &mut dyn FnMut(&mut Value)) {
    for schema in contract["$defs"].as_object_mut().unwrap().values_mut() {
        each(schema, change);
    }
}

/// Notes at each place, and at the contract itself.
fn describe(contract: &mut Value, dice: &mut Dice) {
    let mut note = |schema: &mut Value| {
        let Value::Object(map) = schema else { return };
        let notes = json!({
            "title": "A title", "description": "/// Left\n * of it", "examples": [{ "$ref": "x" }],
            "deprecated": dice.one_in(2), "$comment": "| none |", "readOnly": true,
        });
        for (key, value) in notes.as_object().unwrap() {
            if dice.one_in(3) {
                map.insert(key.clone(), value.clone());
            }
        }
    };
    each_of(contract, &mut note);
    let name = contract["title"].clone();
    note(contract);
    contract["title"] = name;
}

fn reorder(contract: &mut Value, _: &mut Dice) {
    let mut reverse = |schema: &mut Value| {
        for key in ["required", "enum", "type", "anyOf", "oneOf", "allOf"] {
            if let Some(Value::Array(all)) = schema.get_mut(key) {
                all.reverse();
            }
        }
    };
    each_of(contract, &mut reverse);
    reverse(contract);
}

fn is_side(name: &str) -> bool {
    matches!(name, "ClientMessage" | "ServerMessage")
}

fn rename(contract: &mut Value, dice: &mut Dice) {
    let old = contract["$defs"].as_object().unwrap().clone();
    let shuffle = dice.below(2);
    let new_name = |name: &str| {
        // Names that others had are the hardest.
        let at = old.keys().position(|one| one == name).unwrap();
        if shuffle == 0 || is_side(name) {
            name.to_owned() + "Else"
        } else {
            format!("N{}", old.len() - at)
        }
    };
    let new_name = |name: &str| if is_side(name) { name.to_owned() } else { new_name(name) };
    let mut defs = Map::new();
    for (name, schema) in &old {
        defs.insert(new_name(name), schema.clone());
    }
    contract["$defs"] = Value::Object(defs);
    each_of(contract, &mut |schema| {
        if let Some(Value::String(text)) = schema.get_mut("$ref") {
            let name = text.strip_prefix("#/$defs/").unwrap().replace("~1", "/").replace("~0", "~");
            *text = format!("#/$defs/{}", new_name(&name));
        }
    });
}

/// Gives schemas that stand in place definitions of their own.
fn outline(contract: &mut Value, dice: &mut Dice) {
    let mut new = Map::new();
    let listed = ["ClientMessage", "ServerMessage"].map(|side| contract["$defs"][side].to_string());
    for (name, schema) in contract["$defs"].as_object_mut().unwrap() {
        // A message is found by its own `type`.
        let reference = format!("\"#/$defs/{name}\"");
        if is_side(name) || listed.iter().any(|side| side.contains(&reference)) {
            continue;
        }
        // What distinguishes branches stays where it is.
        let whole = schema.clone();
        each(schema, &mut |inner| {
            let is_tag = inner.get("const").is_some();
            if inner.is_object() && !is_tag && *inner != whole && dice.one_in(2) {
                let name = format!("Out{}", new.len());
                let reference = json!({ "$ref": format!("#/$defs/{name}") });
                new.insert(name, std::mem::replace(inner, reference));
            }
        });
    }
    contract["$defs"].as_object_mut().unwrap().extend(new);
}

/// Writes in place what a reference leads to, unless it leads back to itself.
fn inline(contract: &mut Value, dice: &mut Dice) {
    let defs = contract["$defs"].as_object().unwrap().clone();
    let leads_to = |from: &str| -> BTreeSet<String> {
        let (mut seen, mut next) = (BTreeSet::new(), vec![from.to_owned()]);
        while let Some(name) = next.pop() {
            let mut schema = defs.get(&name).cloned().unwrap_or_default();
            each(&mut schema, &mut |inner| {
                if let Some(Value::String(text)) = inner.get("$ref") {
                    let name = text.strip_prefix("#/$defs/").unwrap().to_owned();
                    if seen.insert(name.clone()) {
                        next.push(name);
                    }
                }
            });
        }
        seen
    };
    for (name, schema) in contract["$defs"].as_object_mut().unwrap() {
        if is_side(name) {
            continue;
        }
        each(schema, &mut |inner| {
            let Some(target) = inner.get("$ref").and_then(Value::as_str) else { return };
            let target = target.strip_prefix("#/$defs/").unwrap().to_owned();
            let is_alone = inner.as_object().is_some_and(|map| map.len() == 1);
            if is_alone && !leads_to(&target).contains(&target) && dice.one_in(2) {
                *inner = defs[&target].clone();
            }
        });
    }
}

/// The JSON with the keys of all objects in the reverse order.
fn backwards(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let members: Vec<_> = map
                .iter()
                .rev()
                .map(|(key, value)| format!("{}:{}", Value::from(key.as_str()), backwards(value)))
                .collect();
            format!("{{{}}}", members.join(","))
        }
        Value::Array(items) => {
            format!("[{}]", items.iter().map(backwards).collect::<Vec<_>>().join(","))
        }
        other => other.to_string(),
    }
}

type Change = fn(&mut Value, &mut Dice);
const CHANGES: [(&str, Change); 5] = [
    ("described", describe),
    ("reordered", reorder),
    ("renamed", rename),
    ("outlined", outline),
    ("inlined", inline),
];

/// At most differences in texts, order or names are reported, whoever is deployed first.
fn is_nothing(old: &Value, new: &Value, what: &str) {
    let parse = |text: &str| Document::parse(text);
    let Ok(before) = parse(&old.to_string()) else { return };
    let after = parse(&backwards(new)).unwrap_or_else(|error| panic!("{what}: {error}\n{new}"));
    assert_eq!(before.fingerprint(), after.fingerprint(), "{what}\nold {old}\nnew {new}");
    for rollout in Rollout::ALL {
        for (one, other) in [(&before, &after), (&after, &before)] {
            let options = Options { rollout, allow: Vec::new() };
            let report = compat::diff(one, other, &options);
            let worst = report.changes.iter().map(|change| change.level).max();
            assert!(
                report.verdict() == Verdict::Compatible && worst <= Some(Level::Ok),
                "{what}: {report}\nold {old}\nnew {new}"
            );
        }
    }
}

fn try_all(contract: &Value, dice: &mut Dice, what: &str) {
    for (name, change) in CHANGES {
        let mut new = contract.clone();
        change(&mut new, dice);
        is_nothing(contract, &new, &format!("{what}, {name}"));
    }
    let mut all = contract.clone();
    for (_, change) in CHANGES {
        change(&mut all, dice);
    }
    is_nothing(contract, &all, &format!("{what}, all at once"));
}

#[test]
fn field_b4_words_order_and_names_change_nothing_in_a_committed_contract() {
    for (index, text) in COMMITTED.into_iter().enumerate() {
        let contract: Value = serde_json::from_str(text).unwrap();
        for seed in 0..3 {
            let mut dice = Dice::of(seed);
            try_all(&contract, &mut dice, &format!("document {index}, seed {seed}"));
        }
    }
}

#[test]
fn field_b4_words_order_and_names_change_nothing_in_any_contract() {
    let count = std::env::var("WIREBOND_ORACLE").ok().and_then(|text| text.parse().ok());
    for seed in 0..count.unwrap_or(60) {
        let mut dice = Dice::of(seed);
        let contract = generate::contract(&mut dice);
        try_all(&contract, &mut dice, &format!("seed {seed}"));
    }
}
