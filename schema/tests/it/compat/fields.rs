//! Fields that no one declares: behind references, in combinations, by patterns.

use serde_json::{Value, json};
use wirebond_schema::compat::{Level, Rollout, Verdict, Way};

use super::{diff, payload};

/// The worst level in each direction, with the server deployed first: client→server has the older
/// writer, server→client the newer one.
fn levels(old: &Value, new: &Value) -> [Level; 2] {
    let report = diff(old, new);
    [Way::ToServer, Way::ToClient].map(|way| {
        let of_way = report.changes.iter().filter(|change| change.way == Some(way));
        of_way.map(|change| change.level).max().unwrap_or(Level::Ok)
    })
}

#[allow(clippy::needless_pass_by_value, reason = "the calls read better")]
fn object(fields: Value) -> Value {
    json!({ "type": "object", "properties": fields })
}

#[allow(clippy::needless_pass_by_value, reason = "the calls read better")]
fn with(mut schema: Value, more: Value) -> Value {
    schema.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    schema
}

/// The payload by a reference, in several ways of writing it.
fn ways(chat: &Value) -> Vec<Value> {
    let reference = |name: &str| json!({ "$ref": format!("#/$defs/{name}") });
    let of = |name: &str, schema: Value| with(json!({ "Chat": schema }), json!({ name: chat }));
    vec![
        json!({ "Chat": chat }),
        of("A", reference("A")),
        of("A", json!({ "description": "One.", "$ref": "#/$defs/A" })),
        of("A", json!({ "allOf": [reference("A")] })),
        of("A", json!({ "oneOf": [reference("A")] })),
        of(
            "A",
            json!({ "type": "object", "properties": { "inner": reference("A") }, "required": ["inner"] }),
        ),
        of("A", json!({ "type": "array", "items": reference("A"), "minItems": 1 })),
        with(json!({ "Chat": reference("B"), "B": reference("A") }), json!({ "A": chat })),
    ]
}

#[test]
fn field_b5_what_is_left_over_is_decided_behind_references() {
    let closed = json!({ "unevaluatedProperties": false });
    let string = json!({ "type": "string" });
    let one = object(json!({ "a": string }));
    let two = object(json!({ "a": string, "b": string }));
    let flat = |fields: Value| json!({ "type": "object", "allOf": [object(json!({ "a": string })), object(fields)] });
    let described = with(two.clone(), json!({ "description": "Other words." }));
    for (old, new, to_server, to_client) in [
        // The reported one: only a description.
        (with(two.clone(), closed.clone()), with(described, closed.clone()), Level::Ok, Level::Ok),
        // An optional field more, one less.
        (
            with(one.clone(), closed.clone()),
            with(two.clone(), closed.clone()),
            Level::Ok,
            Level::Breaking,
        ),
        (
            with(two.clone(), closed.clone()),
            with(one.clone(), closed.clone()),
            Level::Breaking,
            Level::Warning,
        ),
        // Closed, opened.
        (two.clone(), with(two.clone(), closed.clone()), Level::Warning, Level::Ok),
        (with(two.clone(), closed.clone()), two.clone(), Level::Ok, Level::Ok),
        // In a combination, all of it is seen.
        (
            with(flat(json!({ "b": string })), closed.clone()),
            with(two.clone(), closed.clone()),
            Level::Ok,
            Level::Ok,
        ),
        (
            with(flat(json!({})), closed.clone()),
            with(flat(json!({ "b": string })), closed.clone()),
            Level::Ok,
            Level::Breaking,
        ),
        // What looks at all leaves nothing over.
        (
            with(
                one.clone(),
                json!({ "unevaluatedProperties": false, "additionalProperties": { "type": "integer" } }),
            ),
            with(one.clone(), json!({ "additionalProperties": { "type": "integer" } })),
            Level::Ok,
            Level::Ok,
        ),
        // Any others of one type.
        (
            with(one.clone(), json!({ "unevaluatedProperties": { "type": "integer" } })),
            with(one.clone(), json!({ "unevaluatedProperties": { "type": "number" } })),
            Level::Ok,
            Level::Breaking,
        ),
        (
            with(one.clone(), json!({ "unevaluatedProperties": { "type": "integer" } })),
            with(one.clone(), closed.clone()),
            Level::Breaking,
            Level::Ok,
        ),
    ] {
        for (old, new) in ways(&old).into_iter().zip(ways(&new)) {
            assert_eq!(levels(&old, &new), [to_server, to_client], "{}", diff(&old, &new));
        }
    }
}

#[test]
fn field_b5_each_schema_of_a_combination_sees_its_own_fields() {
    let string = json!({ "type": "string" });
    let both = |keyword: &str, more: Value| {
        json!({ "type": "object", "allOf": [
            with(object(json!({ "a": string })), json!({ keyword: false })),
            object(more),
        ]})
    };
    // The closed part refuses what only its neighbour declares, by either keyword.
    for keyword in ["additionalProperties", "unevaluatedProperties"] {
        let old = json!({ "Chat": both(keyword, json!({})) });
        let new = json!({ "Chat": both(keyword, json!({ "b": string })) });
        assert_eq!(levels(&old, &new), [Level::Ok; 2], "{}", diff(&old, &new));
        let required =
            json!({ "Chat": with(both(keyword, json!({})), json!({ "required": ["a"] })) });
        assert_eq!(levels(&old, &required), [Level::Breaking, Level::Ok]);
    }
}

#[test]
fn field_b5_a_definition_that_leads_back_to_itself_is_decided() {
    let of = |kind: &str, text: &str| {
        json!({ "Chat": { "$ref": "#/$defs/Tree" }, "Tree": {
            "type": "object",
            "description": text,
            "properties": {
                "size": { "type": kind },
                "children": { "type": "array", "items": { "$ref": "#/$defs/Tree" } },
            },
            "unevaluatedProperties": false,
        }})
    };
    assert_eq!(levels(&of("integer", "A"), &of("integer", "B")), [Level::Ok; 2]);
    assert_eq!(levels(&of("integer", "A"), &of("number", "A")), [Level::Ok, Level::Breaking]);
}

#[test]
fn field_b5_items_that_are_left_over() {
    let of = |most: usize, rest: Value| {
        let first: Vec<_> = (0..most).map(|_| json!({ "type": "string" })).collect();
        json!({ "Chat": { "$ref": "#/$defs/A" }, "A": {
            "type": "array", "allOf": [{ "prefixItems": first }], "unevaluatedItems": rest,
        }})
    };
    assert_eq!(levels(&of(1, json!(false)), &of(2, json!(false))), [Level::Ok, Level::Breaking]);
    let (integer, number) = (json!({ "type": "integer" }), json!({ "type": "number" }));
    assert_eq!(levels(&of(1, integer.clone()), &of(1, number)), [Level::Ok, Level::Breaking]);
    assert_eq!(levels(&of(1, integer.clone()), &of(1, integer)), [Level::Ok; 2]);
}

#[test]
fn field_b5_names_and_patterns_of_fields() {
    let map = |names: Value| json!({ "type": "object", "propertyNames": names, "additionalProperties": { "type": "integer" } });
    let of = |values: &[&str]| map(json!({ "enum": values }));
    let any = json!({ "type": "object", "additionalProperties": { "type": "integer" } });
    let numbered = json!({
        "type": "object", "patternProperties": { "^-?[0-9]+$": { "type": "integer" } },
    });
    let closed = with(numbered.clone(), json!({ "additionalProperties": false }));
    let left = with(numbered.clone(), json!({ "unevaluatedProperties": false }));
    let field = |name: &str, kind: &str| object(json!({ name: { "type": kind } }));
    for (old, new, to_server, to_client) in [
        (of(&["a"]), of(&["a", "b"]), Level::Ok, Level::Breaking),
        (of(&["a", "b"]), any.clone(), Level::Ok, Level::Breaking),
        (any.clone(), map(json!({ "maxLength": 3 })), Level::Breaking, Level::Ok),
        (
            map(json!({ "maxLength": 3 })),
            map(json!({ "maxLength": 4 })),
            Level::Ok,
            Level::Breaking,
        ),
        (
            object(json!({ "abc": {} })),
            with(object(json!({ "abc": {} })), json!({ "propertyNames": { "maxLength": 2 } })),
            Level::Breaking,
            Level::Ok,
        ),
        (closed.clone(), left.clone(), Level::Ok, Level::Ok),
        (any.clone(), closed.clone(), Level::Breaking, Level::Ok),
        (field("7", "integer"), closed.clone(), Level::Warning, Level::Warning),
        (field("7", "string"), closed.clone(), Level::Breaking, Level::Breaking),
        (field("x", "integer"), closed.clone(), Level::Breaking, Level::Warning),
        (field("x", "integer"), left, Level::Breaking, Level::Warning),
    ] {
        let (old, new) = (json!({ "Chat": old }), json!({ "Chat": new }));
        assert_eq!(levels(&old, &new), [to_server, to_client], "{}", diff(&old, &new));
    }
}

#[test]
fn field_b5_what_is_equal_is_the_same_whatever_is_in_it() {
    let odd = |text: &str| {
        json!({
            "description": text,
            "type": "object",
            "properties": { "a": { "description": text, "type": "string", "pattern": "(?i)^x" } },
            "if": { "required": ["a"] },
            "then": { "description": text, "not": { "required": ["b"], "title": text } },
            "dependentSchemas": { "a": { "required": ["c"] } },
            "propertyNames": { "pattern": "\\p{L}", "$comment": text },
            "unevaluatedProperties": { "type": "array", "contains": { "const": 1 }, "title": text },
        })
    };
    for rollout in Rollout::ALL {
        let options = wirebond_schema::compat::Options { rollout, allow: Vec::new() };
        for (old, new) in ways(&odd("one")).into_iter().zip(ways(&odd("two"))) {
            let (old, new) = (super::contract(&old), super::contract(&new));
            let report = wirebond_schema::compat::diff(&old, &new, &options);
            let worst = report.changes.iter().map(|change| change.level).max();
            assert!(worst <= Some(Level::Ok), "{report}");
        }
    }
    // Another condition is not.
    let mut other = odd("one");
    other["if"] = json!({ "required": ["b"] });
    assert_eq!(payload(odd("one"), other).verdict(), Verdict::Undecided);
}

/// What stands as JSON in a string is compared like anything else.
#[test]
fn json_in_a_string_is_compared() {
    let text = |content: Value| json!({ "type": "string", "contentMediaType": "application/json", "contentSchema": content });
    let one = with(object(json!({ "a": { "type": "integer" } })), json!({ "required": ["a"] }));
    let two = object(json!({ "a": { "type": "integer" } }));
    let described = with(one.clone(), json!({ "description": "Other words." }));
    let any = json!({ "type": "string" });
    let nullable =
        |content: &Value| with(text(content.clone()), json!({ "type": ["string", "null"] }));
    for (old, new, to_server, to_client) in [
        (text(one.clone()), text(described), Level::Ok, Level::Ok),
        (text(one.clone()), text(two.clone()), Level::Ok, Level::Breaking),
        (text(two.clone()), text(one.clone()), Level::Breaking, Level::Ok),
        (text(text(one.clone())), text(text(two.clone())), Level::Ok, Level::Breaking),
        (nullable(&one), nullable(&two), Level::Ok, Level::Breaking),
        (
            json!({ "anyOf": [text(one.clone()), { "type": "integer" }] }),
            json!({ "anyOf": [text(two.clone()), { "type": "integer" }] }),
            Level::Ok,
            Level::Breaking,
        ),
        // Text that was never JSON, and text that needn't be any more; the media type is a warning.
        (text(one.clone()), any.clone(), Level::Warning, Level::Breaking),
        (any, text(one.clone()), Level::Breaking, Level::Warning),
    ] {
        for (old, new) in ways(&old).into_iter().zip(ways(&new)) {
            assert_eq!(levels(&old, &new), [to_server, to_client], "{old} {new}");
        }
    }
    let report = payload(text(one), text(object(json!({ "a": { "type": "string" } }))));
    let change = report.changes.iter().find(|change| change.level == Level::Breaking).unwrap();
    assert_eq!(change.path, "$.data(JSON).a");
    // Of other content nothing is known.
    let other =
        |content: &Value| with(text(content.clone()), json!({ "contentMediaType": "text/csv" }));
    let [to_server, to_client] =
        levels(&json!({ "Chat": other(&two) }), &json!({ "Chat": other(&json!({})) }));
    assert_eq!((to_server, to_client), (Level::Undecided, Level::Undecided));
}
