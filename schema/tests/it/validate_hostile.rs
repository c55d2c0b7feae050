//! Contracts and messages that mean no good: an answer, in bounded time and space.

use serde_json::{Value, json};
use wirebond_schema::{Direction::Both, Document, validate::Validator};

use crate::support::{contract, contract_text, verdict, verdict_of};

/// Whatever a contract contains, preparing it gives a result.
#[test]
fn hostile_contracts_are_refused_with_the_reason() {
    let a = json!({ "$ref": "#/$defs/A" });
    let chain: serde_json::Map<_, _> = (0..20_000)
        .map(|n| (format!("A{n}"), json!({ "$ref": format!("#/$defs/A{}", n + 1) })))
        .chain([("A20000".to_owned(), json!({ "type": "null" }))])
        .collect();
    for (data, more, expected) in [
        (json!({ "$ref": "#/$defs/None" }), json!({}), "$ref` "),
        (json!({ "$ref": "https://example.com/x.json" }), json!({}), "$ref` "),
        (json!({ "$ref": "file:///etc/passwd" }), json!({}), "$ref` "),
        (json!({ "$dynamicRef": "#x" }), json!({}), "$dynamicRef"),
        (json!({ "$id": "https://example.com" }), json!({}), "$id"),
        (a.clone(), json!({ "A": a }), "refers to itself|in a circle"),
        (
            a.clone(),
            json!({ "A": { "anyOf": [{ "type": "null" }, a] } }),
            "refers to itself|in a circle",
        ),
        (a.clone(), json!({ "A": { "not": a } }), "refers to itself|in a circle"),
        (
            json!({ "items": a }),
            json!({ "A": { "allOf": [{ "$ref": "#/$defs/B" }] }, "B": a }),
            "refers to itself|in a circle",
        ),
        (json!({ "$ref": "#/$defs/A0" }), chain.into(), "through more than"),
        (json!({ "minLength": "x" }), json!({}), "`/$defs/MMessage/properties/data/minLength`"),
        (json!({ "pattern": "(" }), json!({}), "/$defs/MMessage/properties/data/pattern"),
        (json!({ "pattern": "(a{1000}){1000}" }), json!({}), "regex"),
        (json!({ "type": "x".repeat(100_000) }), json!({}), "no JSON Schema"),
    ] {
        // Some of it the document's reader refuses.
        let error = match Document::parse(&contract_text(&data, &more)) {
            Ok(document) => Validator::new(&document).unwrap_err().to_string(),
            Err(error) => error.to_string(),
        };
        assert!(expected.split('|').any(|part| error.contains(part)), "{expected}: {error}");
        assert!(error.len() < 400, "{error}");
    }
}

/// What is odd and allowed comes to an end as well.
#[test]
fn hostile_contracts_and_messages_are_endured() {
    let long: serde_json::Map<_, _> = (0..5_000)
        .map(|n| {
            let next = format!("#/$defs/A{}", (n + 1) % 5_000);
            (format!("A{n}"), json!({ "properties": { "x": { "$ref": next } } }))
        })
        .collect();
    let validator =
        Validator::new(&contract(&json!({ "$ref": "#/$defs/A0" }), &long.into())).unwrap();
    assert_eq!(validator.check(r#"{"type":"m","data":{"x":{"x":{}}}}"#, Both), Ok("m"));

    let verdict = verdict_of(&json!({ "minLength": 1e18 }), &json!("x"));
    assert!(verdict.contains("a string of at least"), "{verdict}");
    let slow = json!({ "pattern": "^(a|a)*(?=b)c" });
    let verdict = verdict_of(&slow, &json!("a".repeat(40)));
    assert!(verdict.contains("takes too long") || verdict.contains("that matches"), "{verdict}");
    let deep = format!(r#"{{"type":"m","data":{}{}}}"#, "[".repeat(5_000), "]".repeat(5_000));
    let validator = Validator::new(&contract(&json!({}), &json!({}))).unwrap();
    assert!(validator.check(&deep, Both).unwrap_err().to_string().contains("recursion limit"));
}

/// The deepest that both a contract and a message may be, on the small stack of a test's thread.
#[test]
fn the_deepest_contract_and_message_fit_the_stack() {
    let build = |depth: usize| {
        let mut more: serde_json::Map<_, _> = (0..depth)
            .map(|n| {
                let next = format!("#/$defs/A{}", n + 1);
                (format!("A{n}"), json!({ "anyOf": [{ "$ref": next }] }))
            })
            .collect();
        let last = json!({ "items": { "$ref": "#/$defs/A0" }, "type": "array" });
        more.insert(format!("A{depth}"), last);
        Validator::new(&contract(&json!({ "$ref": "#/$defs/A0" }), &Value::Object(more)))
    };
    assert!(build(40).is_err());
    let validator = build(23).unwrap();
    let nested = |inner: &str| {
        format!(r#"{{"type":"m","data":{}{inner}{}}}"#, "[".repeat(120), "]".repeat(120))
    };
    assert_eq!(validator.check(&nested(""), Both), Ok("m"));
    let verdict = verdict(&validator, &nested("5"), Both);
    assert!(verdict.starts_with("m: data[0]") && verdict.contains("expected"), "{verdict}");
}

/// Of a message with very many faults some are reported, or that there are too many to look through.
#[test]
fn very_many_faults_are_not_all_collected() {
    let schema = json!({ "anyOf": [
        { "type": "array", "items": { "type": "string" } }, { "type": "null" },
    ]});
    let verdict = verdict_of(&schema, &json!(vec![1; 50_000]));
    assert!(verdict.starts_with("m: data[0]: expected a string, found 1; data[1]: "), "{verdict}");
    assert!(verdict.len() < 1_000, "{verdict}");
    let verdict = verdict_of(&schema, &json!(vec![1; 150_000]));
    assert!(
        verdict.starts_with("m: data: ") && verdict.contains("not looked through"),
        "{verdict}"
    );
    assert_eq!(verdict_of(&schema, &json!(vec!["x"; 150_000])), "valid m");
}

/// Tagged unions that contain themselves take no longer the deeper they are: valid or not, one branch is
/// looked at.
#[test]
fn deep_tagged_unions_take_no_time() {
    let branch = |tag: &str| {
        json!({ "type": "object", "required": ["kind"], "properties": {
            "kind": { "type": "string", "const": tag }, "arg": { "$ref": "#/$defs/Tree" } } })
    };
    let union = json!({ "type": "object", "properties": { "kind": { "type": "string" } },
        "required": ["kind"], "discriminator": { "propertyName": "kind" },
        "oneOf": [{ "$ref": "#/$defs/Left" }, { "$ref": "#/$defs/Right" }] });
    let more = json!({ "Tree": union, "Left": branch("left"), "Right": branch("right") });
    let validator = Validator::new(&contract(&json!({ "$ref": "#/$defs/Tree" }), &more)).unwrap();
    let nested = |inner: &str| {
        let (start, end) = (r#"{"kind":"right","arg":"#.repeat(100), "}".repeat(100));
        format!(r#"{{"type":"m","data":{start}{inner}{end}}}"#)
    };
    assert_eq!(validator.check(&nested(r#"{"kind":"left"}"#), Both), Ok("m"));
    let verdict = verdict(&validator, &nested(r#"{"kind":"up"}"#), Both);
    assert!(
        verdict.ends_with(r#".arg.kind: expected "left" or "right", found "up""#)
            && !verdict.contains(';'),
        "{verdict}"
    );
}

/// A contract that would take more memory than anybody has, were it prepared.
#[test]
fn many_messages_that_share_much_are_refused() {
    let many = |messages: usize, fields: usize| {
        let fields: serde_json::Map<_, _> =
            (0..fields).map(|n| (format!("f{n}"), json!({ "type": "null" }))).collect();
        let mut defs = json!({
            "Shared": { "type": "object", "properties": fields }, "ServerMessage": { "not": {} },
            "ClientMessage": { "oneOf": (0..messages)
                .map(|n| json!({ "$ref": format!("#/$defs/M{n}") }))
                .collect::<Vec<_>>() },
        });
        for n in 0..messages {
            defs[format!("M{n}")] = json!({ "type": "object", "required": ["type"], "properties": {
                "type": { "const": format!("m{n}") }, "data": { "$ref": "#/$defs/Shared" } } });
        }
        let document = json!({ "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": "urn:wirebond:test:1.0.0", "title": "Test", "$defs": defs,
            "anyOf": [{ "$ref": "#/$defs/ClientMessage" }, { "$ref": "#/$defs/ServerMessage" }] });
        Validator::new(&Document::parse(&document.to_string()).unwrap())
    };
    assert!(many(200, 100).is_ok());
    let error = many(2_000, 600).unwrap_err().to_string();
    assert_eq!(error, "its messages refer to more than 1000000 schemas, all together");
}
