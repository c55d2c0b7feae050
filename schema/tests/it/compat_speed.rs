//! How long two contracts of 200 messages take: `cargo test --release -p wirebond-schema --test it
//! compat_speed -- --ignored --nocapture` prints it.

use std::time::Instant;

use serde_json::{Value, json};
use wirebond_schema::{
    Document,
    compat::{self, Options, Rollout, Verdict},
};

/// A contract of this many messages with payloads of their own and one that they share; `step` makes
/// each payload another one.
fn contract(messages: usize, step: u64) -> Document {
    let reference = |name: &str| json!({ "$ref": format!("#/$defs/{name}") });
    let mut defs = json!({
        "User": {
            "type": "object",
            "properties": { "id": { "type": "string" }, "age": { "type": "integer", "maximum": 100 + step } },
            "required": ["id"],
        },
    });
    let mut listed = Vec::new();
    for index in 0..messages {
        let mut fields = json!({});
        for field in 0..12 {
            fields[format!("field{field}")] = match field % 4 {
                0 => json!({ "type": "string", "maxLength": 20 + step }),
                1 => json!({ "type": "array", "items": reference("User") }),
                2 => json!({ "type": ["integer", "null"], "minimum": 0 }),
                _ => json!({ "type": "string", "enum": ["red", "green", step.to_string()] }),
            };
        }
        let payload = json!({ "type": "object", "properties": fields, "required": ["field0"] });
        let envelope = json!({
            "type": "object",
            "properties": {
                "type": { "type": "string", "const": format!("m{index}") },
                "data": reference(&format!("P{index}")),
            },
            "required": ["type", "data"],
        });
        defs[format!("P{index}")] = payload;
        defs[format!("M{index}Message")] = envelope;
        listed.push(reference(&format!("M{index}Message")));
    }
    for side in ["ClientMessage", "ServerMessage"] {
        defs[side] = json!({ "oneOf": listed });
    }
    let document = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:wirebond:large:1.0.0",
        "title": "Large",
        "$defs": defs,
    });
    Document::parse(&document.to_string()).unwrap()
}

#[test]
#[ignore = "it measures, and asserts no time"]
fn two_contracts_of_200_messages() {
    let (old, new) = (contract(200, 0), contract(200, 1));
    for (what, newer) in [("every payload differs", &new), ("nothing differs", &old)] {
        for rollout in [Rollout::ServerFirst, Rollout::AnyOrder] {
            let start = Instant::now();
            let report = compat::diff(&old, newer, &Options { rollout, allow: Vec::new() });
            let took = start.elapsed();
            let is_same = std::ptr::eq(&raw const *newer, &raw const old);
            assert_eq!(report.verdict() == Verdict::Compatible, is_same);
            println!("{what}, {rollout}: {} changes in {took:?}", report.changes.len());
        }
    }
    assert_ne!(old.value(), &Value::Null);
}
