//! Examples made from contracts: each valid one is, each invalid one isn't, by our validator and by the
//! plain JSON Schema of the document.
#![allow(clippy::too_many_lines, reason = "tables of cases")]

use proptest::prelude::*;
use serde_json::{Value, json};
use wirebond_cli::sample::{Sampler, samples};
use wirebond_schema::{Direction::Both, Document, validate::Validator};

use crate::support::contract;

const SHOP: &str = include_str!("../../../tests/contract/shop.json");
const CHAT: &str = include_str!("../../../examples/contract/contract.json");

/// Both verdicts on `count` examples of each message, valid and invalid.
fn hold_together(document: &Document, seed: u64, count: u64) {
    let sampler = Sampler::new(document, seed).unwrap();
    let validator = Validator::new(document).unwrap();
    let plain = jsonschema::draft202012::options().build(document.value()).unwrap();
    let strict =
        jsonschema::draft202012::options().should_validate_formats(true).build(document.value());
    let strict = strict.unwrap();
    for message in document.messages() {
        let name = message.name();
        for index in 0..count {
            let valid = sampler.valid(name, index).unwrap();
            let line = valid.line();
            assert_eq!(serde_json::from_str::<Value>(&line).unwrap(), *valid.value());
            assert_eq!(validator.check(&line, Both), Ok(name), "{line}");
            assert!(strict.is_valid(valid.value()), "{line}");
            assert_eq!(valid.fault(), None);

            let invalid = sampler.invalid(name, index).unwrap();
            let line = invalid.line();
            let rejection = validator.check(&line, Both).unwrap_err();
            assert_eq!(rejection.message(), Some(name), "{line}");
            assert_eq!(rejection.faults().first(), invalid.fault(), "{line}");
            assert!(!plain.is_valid(invalid.value()), "{line}");
        }
    }
}

#[test]
fn examples_of_the_committed_contracts_hold() {
    for text in [SHOP, CHAT] {
        let document = Document::parse(text).unwrap();
        for seed in 0..2 {
            hold_together(&document, seed, 20);
        }
    }
}

#[test]
fn the_same_question_has_the_same_answer() {
    let document = Document::parse(SHOP).unwrap();
    let sampler = Sampler::new(&document, 7).unwrap();
    let again = Sampler::new(&document, 7).unwrap();
    again.valid("tags", 3).unwrap();
    assert_eq!(sampler.valid("chat", 5).unwrap(), again.valid("chat", 5).unwrap());
    assert_eq!(sampler.invalid("chat", 5).unwrap(), again.invalid("chat", 5).unwrap());
    assert_ne!(sampler.valid("chat", 5).unwrap(), sampler.valid("chat", 6).unwrap());
    let other = Sampler::new(&document, 8).unwrap();
    assert_ne!(sampler.valid("chat", 5).unwrap(), other.valid("chat", 5).unwrap());
    let all = samples(&document, 7).unwrap();
    let names: Vec<_> = all.iter().map(wirebond_cli::sample::Sample::message).collect();
    assert_eq!(names, document.messages().map(|m| m.name()).collect::<Vec<_>>());
    assert_eq!(all[0], sampler.valid("chat", 0).unwrap());
    // The line that docs and other tools show: if it changes, it changes for everybody.
    let count = &all[names.iter().position(|name| *name == "count").unwrap()];
    assert_eq!(count.line(), r#"{"type":"count","data":1,"timestamp":1767225600000}"#);
}

#[test]
fn the_first_example_shows_everything() {
    let document = Document::parse(SHOP).unwrap();
    let first = Sampler::new(&document, 0).unwrap().valid("chat", 0).unwrap();
    for place in ["/timestamp", "/data/user/home", "/data/user/role", "/data/replies/0/user/home"] {
        let value = first.value().pointer(place);
        assert!(value.is_some_and(|value| !value.is_null()), "{place}: {}", first.line());
    }
    assert_eq!(first.value()["data"]["user"]["role"], "guest", "the schema's default");
    assert!(!first.value()["data"]["seen"].as_object().unwrap().is_empty());
    let schema = json!({ "type": "string", "examples": ["as seen", "twice"], "default": "no" });
    let document = contract(&schema, &json!({}));
    let sampler = Sampler::new(&document, 0).unwrap();
    assert_eq!(sampler.valid("m", 0).unwrap().value()["data"], "as seen");
    // What the schema suggests and doesn't allow is passed over.
    let schema = json!({ "type": "integer", "examples": ["no"], "default": 1.5 });
    hold_together(&contract(&schema, &json!({})), 0, 10);
}

/// One schema for each thing that can be asked of a value.
#[test]
fn everything_that_a_schema_asks_for_is_made() {
    let schemas = [
        json!({ "type": ["integer", "null", "string"] }),
        json!({ "enum": [1, "two", null, { "three": 3 }] }),
        json!({ "type": "integer", "enum": ["x", 7, 1.5] }),
        json!({ "type": "integer", "minimum": -5, "exclusiveMaximum": -3 }),
        json!({ "type": "integer", "minimum": 0, "maximum": u64::MAX }),
        json!({ "type": "integer", "minimum": i64::MIN, "maximum": i64::MIN }),
        json!({ "type": "integer", "exclusiveMinimum": 1.5, "maximum": 2.5 }),
        json!({ "type": "integer", "multipleOf": 7, "minimum": 50 }),
        json!({ "type": "integer", "multipleOf": 1000, "allOf": [{ "multipleOf": 7 }] }),
        json!({ "type": "number", "exclusiveMinimum": 0, "maximum": 0.001 }),
        json!({ "type": "number", "multipleOf": 0.25 }),
        json!({ "type": "number", "maximum": -1e300, "minimum": -1.7e308 }),
        json!({ "type": "string", "minLength": 40, "maxLength": 41 }),
        json!({ "type": "string", "maxLength": 0 }),
        json!({ "type": "string", "pattern": "^[A-Z]{2,4}-\\d{3}(-[a-f]+)?$" }),
        json!({ "type": "string", "pattern": "^(red|green|\\w+@[^@]+)$", "minLength": 9 }),
        json!({ "type": "string", "pattern": "^[^a-z]+\\.\\p{L}$" }),
        json!({ "type": "string", "pattern": "needle", "minLength": 20, "maxLength": 30 }),
        json!({ "type": "array", "minItems": 2, "maxItems": 3, "items": { "type": "boolean" } }),
        json!({ "type": "array", "prefixItems": [{ "const": 1 }, true], "items": false,
            "minItems": 2 }),
        json!({ "type": "array", "uniqueItems": true, "minItems": 3,
            "items": { "enum": [1, 2, 3] } }),
        json!({ "type": "array", "contains": { "const": 5 }, "items": { "type": "integer" } }),
        json!({ "type": "object", "minProperties": 3 }),
        json!({ "type": "object", "maxProperties": 1, "properties": { "a": true, "b": true } }),
        json!({ "type": "object", "patternProperties": { "^\\d+$": { "type": "null" } },
            "additionalProperties": false, "minProperties": 1 }),
        json!({ "type": "object", "propertyNames": { "pattern": "^k[0-9]$" },
            "additionalProperties": { "type": "integer" }, "minProperties": 2 }),
        json!({ "properties": { "a": true, "b": true }, "dependentRequired": { "a": ["b", "c"] } }),
        json!({ "required": ["x"], "additionalProperties": { "type": "integer" } }),
        json!({ "allOf": [{ "properties": { "a": { "type": "integer" } }, "required": ["a"] },
            { "properties": { "a": { "minimum": 1000 } } }] }),
        json!({ "oneOf": [{ "type": "integer" }, { "type": "number", "minimum": 0 }] }),
        json!({ "type": "object", "properties": { "x": { "type": "integer" } },
            "anyOf": [{ "required": ["x"] }, { "required": ["y"] }] }),
        json!({ "type": "integer", "not": { "multipleOf": 2 } }),
        json!({ "type": ["string", "null"], "contentMediaType": "application/json",
            "contentSchema": { "type": "object", "properties": { "n": { "type": "integer" } },
                "required": ["n"] } }),
        json!({ "if": { "type": "integer" }, "then": { "minimum": 50 }, "else": { "const": "x" } }),
    ];
    for schema in schemas {
        hold_together(&contract(&schema, &json!({})), 0, 12);
    }
    for format in [
        "date-time",
        "date",
        "time",
        "duration",
        "uuid",
        "uri",
        "email",
        "hostname",
        "ipv4",
        "ipv6",
        "json-pointer",
        "regex",
    ] {
        let schema = json!({ "type": "string", "format": format });
        hold_together(&contract(&schema, &json!({})), 0, 12);
    }
    let number = contract(&json!({ "type": "integer", "format": "int32" }), &json!({}));
    hold_together(&number, 0, 50);
}

#[test]
fn recursive_types_come_to_an_end() {
    let tree = json!({ "$ref": "#/$defs/Tree" });
    let node = json!({ "type": "object", "required": ["left", "right"],
        "properties": { "left": tree, "right": tree } });
    let more = json!({ "Tree": { "oneOf": [node, { "type": "null" }] } });
    hold_together(&contract(&tree, &more), 0, 30);
    let wide = json!({ "type": "object", "properties": (0..20)
        .map(|n| (format!("p{n}"), json!({ "$ref": "#/$defs/Wide" })))
        .collect::<serde_json::Map<_, _>>() });
    hold_together(&contract(&json!({ "$ref": "#/$defs/Wide" }), &json!({ "Wide": wide })), 0, 3);
    let list = json!({ "type": "array", "items": { "$ref": "#/$defs/List" } });
    hold_together(&contract(&json!({ "$ref": "#/$defs/List" }), &json!({ "List": list })), 0, 30);
}

/// What can't be made is an error that names the place, in reasonable time and space.
/// A string that holds JSON shows what it holds.
#[test]
fn json_in_a_string_is_made_of_its_schema() {
    let text = |content: &Value| json!({ "type": "string", "contentMediaType": "application/json", "contentSchema": content });
    let price = json!({ "type": "object", "properties": { "v": { "type": "integer", "minimum": 7, "maximum": 7 } },
        "required": ["v"] });
    let first = |schema: &Value| {
        let document = contract(schema, &json!({}));
        hold_together(&document, 0, 6);
        Sampler::new(&document, 0).unwrap().valid("m", 0).unwrap().value()["data"].clone()
    };
    assert_eq!(first(&text(&price)), json!("{\"v\":7}"));
    assert_eq!(first(&text(&text(&price))), json!("\"{\\\"v\\\":7}\""));
    // It may hold itself.
    let node = json!({ "type": "object", "properties": {
        "next": { "type": ["string", "null"], "contentMediaType": "application/json",
            "contentSchema": { "$ref": "#/$defs/Node" } } }, "required": ["next"] });
    hold_together(&contract(&json!({ "$ref": "#/$defs/Node" }), &json!({ "Node": node })), 0, 12);
}

#[test]
fn what_can_not_be_made_is_an_error_that_names_the_place() {
    let endless = json!({ "type": "object", "required": ["x"],
        "properties": { "x": { "$ref": "#/$defs/Endless" } } });
    let doubling: serde_json::Map<_, _> = (0..60)
        .map(|n| {
            let next = json!({ "$ref": format!("#/$defs/D{}", n + 1) });
            let def = json!({ "type": "object", "properties": { "a": next, "b": next },
                "required": ["a", "b"] });
            (format!("D{n}"), def)
        })
        .chain([("D60".to_owned(), json!({ "type": "null" }))])
        .collect();
    for (schema, more, expected) in [
        (json!({ "minLength": 1e18 }), json!({}), "characters at least"),
        (json!({ "minLength": 3, "maxLength": 2, "type": "string" }), json!({}), "minLength"),
        (json!({ "type": "array", "minItems": 1e18 }), json!({}), "items at least"),
        (json!({ "type": "object", "minProperties": 1e18 }), json!({}), "keys at least"),
        (json!({ "type": "string", "pattern": "^(?=a)a$" }), json!({}), "look-around"),
        (json!({ "type": "string", "pattern": "((((a{900}){900}))){0,1}b{70000}" }), json!({}), ""),
        (json!({ "type": "string", "pattern": "^a$", "minLength": 5 }), json!({}), "pattern"),
        (json!({ "type": "string", "pattern": "a$b" }), json!({}), "matches"),
        (json!({ "minimum": 2, "maximum": 1 }), json!({}), "bounds"),
        (json!({ "type": "integer", "minimum": 0.2, "maximum": 0.8 }), json!({}), "bounds"),
        (json!({ "type": "integer", "minimum": 1e30 }), json!({}), "bounds"),
        (json!({ "type": "integer", "allOf": [{ "type": "string" }] }), json!({}), "exclude"),
        (json!({ "enum": [1], "type": "string" }), json!({}), "leaves no value"),
        (json!(false), json!({}), "no value"),
        (json!({ "not": {} }), json!({}), "expected"),
        (
            json!({ "type": "array", "items": { "const": 1 }, "uniqueItems": true, "minItems": 2 }),
            json!({}),
            "different",
        ),
        (json!({ "$ref": "#/$defs/Endless" }), json!({ "Endless": endless }), ""),
        (json!({ "$ref": "#/$defs/D0" }), doubling.into(), ""),
    ] {
        let document = contract(&schema, &more);
        let error = match Sampler::new(&document, 0) {
            Ok(sampler) => sampler.valid("m", 0).unwrap_err().to_string(),
            Err(error) => error.to_string(),
        };
        assert!(error.contains(expected), "{expected}: {error}");
        assert!(error.contains("data"), "{schema} at which place? {error}");
        assert!(error.len() < 400, "{error}");
    }
    let document = contract(&json!(true), &json!({}));
    let error = Sampler::new(&document, 0).unwrap().valid("n", 0).unwrap_err().to_string();
    assert_eq!(error, "the contract has no message `n`: it has m");
}

/// Schemas as contracts have them, and odder ones.
fn schema() -> impl Strategy<Value = Value> {
    let bounds = (any::<i16>(), 0..500_i32);
    let leaf = prop_oneof![
        Just(json!(true)),
        Just(json!({ "type": "boolean" })),
        Just(json!({ "type": ["string", "null"] })),
        Just(json!({ "$ref": "#/$defs/Any" })),
        bounds.prop_map(|(low, more)| {
            json!({ "type": "integer", "minimum": low, "maximum": i32::from(low) + more })
        }),
        (-1e6..1e6, 0.1..1e3).prop_map(|(low, more)| {
            json!({ "type": "number", "minimum": low, "exclusiveMaximum": low + more })
        }),
        (0..20_u8, 0..20_u8).prop_map(|(low, more)| {
            json!({ "type": "string", "minLength": low, "maxLength": low + more })
        }),
        prop::collection::btree_set("[a-z]{1,5}", 1..4).prop_map(|set| json!({ "enum": set })),
        prop::sample::select(vec!["int32", "int64"])
            .prop_map(|format| json!({ "type": "integer", "format": format })),
        prop::sample::select(vec!["uuid", "date-time", "date", "uri", "email", "duration"])
            .prop_map(|format| json!({ "type": "string", "format": format })),
        prop::sample::select(vec!["^[a-z]+$", "^\\d{3}-\\d{2}$", "x|y", "^(ab?c*)+$"])
            .prop_map(|pattern| json!({ "type": "string", "pattern": pattern })),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let fields = prop::collection::btree_map("[a-z]{1,4}", (inner.clone(), any::<bool>()), 0..4);
        prop_oneof![
            (fields, any::<bool>()).prop_map(|(fields, is_open)| {
                let required: Vec<_> =
                    fields.iter().filter(|(_, (_, r))| *r).map(|(key, _)| key.clone()).collect();
                let properties: serde_json::Map<_, _> =
                    fields.into_iter().map(|(key, (schema, _))| (key, schema)).collect();
                let mut schema = json!({ "type": "object", "properties": properties,
                    "required": required });
                if !is_open {
                    schema["additionalProperties"] = json!(false);
                }
                schema
            }),
            inner.clone().prop_map(|schema| json!({ "type": "object", "additionalProperties": schema })),
            (inner.clone(), 0..3_u8, 0..3_u8).prop_map(|(schema, low, more)| {
                json!({ "type": "array", "items": schema, "minItems": low, "maxItems": low + more })
            }),
            prop::collection::vec(inner.clone(), 1..3).prop_map(|items| {
                json!({ "type": "array", "minItems": items.len(), "prefixItems": items })
            }),
            inner.clone().prop_map(|schema| json!({ "anyOf": [schema, { "type": "null" }] })),
            prop::collection::vec(inner, 1..4).prop_map(|schemas| {
                let tags: Vec<_> = schemas.into_iter().enumerate().map(|(n, schema)| {
                    json!({ "type": "object", "required": ["tag", "value"], "properties":
                        { "tag": { "type": "string", "const": format!("t{n}") }, "value": schema } })
                }).collect();
                json!({ "type": "object", "properties": { "tag": { "type": "string" } },
                    "required": ["tag", "value"], "discriminator": { "propertyName": "tag" }, "oneOf": tags })
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(80))]

    /// Whatever a contract looks like: its valid examples are valid, its invalid ones aren't.
    #[test]
    fn examples_of_any_contract_hold(data in schema(), any in schema(), seed in any::<u64>()) {
        // `Any` inside of itself would be the test's fault, not the sampler's.
        let text = any.to_string();
        prop_assume!(!text.contains("$ref"));
        hold_together(&contract(&data, &json!({ "Any": any })), seed, 3);
    }

    /// Whatever a broken contract says, the answer is examples or an error.
    #[test]
    fn a_damaged_contract_is_an_answer(
        place in any::<prop::sample::Index>(),
        damage in prop::sample::select(vec!["0", "9", "-", "\"", "null", "{}", "[", "e9", "true"]),
    ) {
        let mut text = SHOP.to_owned();
        let at = place.index(text.len());
        if text.is_char_boundary(at) {
            text.replace_range(at..at, damage);
        }
        if let Ok(document) = Document::parse(&text)
            && let Ok(sampler) = Sampler::new(&document, 0)
        {
            for message in document.messages() {
                drop(sampler.valid(message.name(), 0));
            }
        }
    }
}
