//! Enums in the document: the schema accepts what the codec accepts.
#![allow(dead_code, reason = "only the schemas of these types count")]

use std::collections::HashSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use wirebond::Contract;

use crate::support::agree::{agree, def, document};

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Change {
    Paid { cents: u32 },
    SentTo(Address),
    Lost,
}

/// Where somebody lives.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct Address {
    street: String,
    number: Option<i32>,
}

#[test]
fn a_variant_that_holds_a_struct_has_all_of_its_fields() {
    #[derive(Debug, Contract)]
    enum App {
        Change(Change),
    }
    let document = document::<App>();
    let branch = def(&document, "ChangeSentTo");
    assert_eq!(branch.get("$ref"), None);
    assert_eq!(branch["required"], json!(["kind", "street"]));
    assert!(branch["properties"]["street"].is_object());
    assert_eq!(branch["description"], "Where somebody lives.");
    agree::<App>(&document, &json!({ "kind": "sent-to", "street": "x", "number": 1 }), true);
    agree::<App>(&document, &json!({ "kind": "sent-to" }), false);
    agree::<App>(&document, &json!({ "kind": "paid", "cents": 4_294_967_295_u32 }), true);
    agree::<App>(&document, &json!({ "kind": "paid", "cents": 4_294_967_296_u64 }), false);
    agree::<App>(
        &document,
        &json!({ "kind": "sent-to", "street": "", "number": 3_000_000_000_i64 }),
        false,
    );
}

#[test]
fn a_flattened_enum_keeps_the_fields_beside_it() {
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    struct Event {
        id: u8,
        #[serde(flatten)]
        change: Change,
    }
    #[derive(Debug, Contract)]
    enum App {
        Event(Event),
    }
    let document = document::<App>();
    let paid = def(&document, "EventPaid");
    let fields: Vec<_> = paid["properties"].as_object().unwrap().keys().collect();
    assert_eq!(fields, ["cents", "id", "kind"]);
    agree::<App>(&document, &json!({ "id": 1, "kind": "paid", "cents": 1 }), true);
    agree::<App>(&document, &json!({ "kind": "paid", "cents": 1 }), false);
    agree::<App>(&document, &json!({ "id": 1, "cents": 1 }), false);
}

#[test]
fn branches_of_externally_tagged_enums_have_names() {
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    enum Figure {
        Circle(f64),
        Box {
            width: f64,
        },
        /// Nothing to see.
        Empty,
        Full,
    }
    #[derive(Debug, Contract)]
    enum App {
        Draw(Figure),
    }
    let document = document::<App>();
    assert_eq!(
        def(&document, "Figure")["oneOf"],
        json!([
            { "type": "string", "enum": ["Full", "Empty"], "description": "`Empty`: Nothing to see." },
            { "$ref": "#/$defs/FigureCircle" },
            { "$ref": "#/$defs/FigureBox" },
        ])
    );
    agree::<App>(&document, &json!("Empty"), true);
    agree::<App>(&document, &json!({ "Circle": 1.5 }), true);
    agree::<App>(&document, &json!({ "Box": { "width": 1 } }), true);
    agree::<App>(&document, &json!({ "Box": {} }), false);
    agree::<App>(&document, &json!("Other"), false);
}

#[test]
fn branches_of_untagged_enums_have_names() {
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    #[serde(untagged)]
    enum Point {
        Flat { x: f64, y: f64 },
        Named(String),
        Known(Address),
    }
    #[derive(Debug, Contract)]
    enum App {
        Go(Point),
    }
    let document = document::<App>();
    assert_eq!(
        def(&document, "Point")["anyOf"],
        json!([
            { "$ref": "#/$defs/PointFlat" },
            { "type": "string" },
            { "$ref": "#/$defs/Address" },
        ])
    );
    agree::<App>(&document, &json!({ "x": 1, "y": 2 }), true);
    agree::<App>(&document, &json!({ "street": "" }), true);
    agree::<App>(&document, &json!(1), false);
}

#[test]
fn enums_of_strings_are_one_enum() {
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    #[serde(rename_all = "snake_case")]
    enum Level {
        Low,
        /// Call somebody.
        VeryHigh,
        #[deprecated]
        Middle,
    }
    #[derive(Debug, Contract)]
    enum App {
        Level(Level),
    }
    let document = document::<App>();
    let level = def(&document, "Level");
    assert_eq!((&level["type"], level.get("oneOf")), (&json!("string"), None));
    let values: HashSet<_> = level["enum"].as_array().unwrap().iter().cloned().collect();
    assert_eq!(values, HashSet::from(["low", "very_high", "middle"].map(Value::from)));
    let description = level["description"].as_str().unwrap();
    assert!(description.contains("`very_high`: Call somebody."), "{description}");
    assert!(description.contains("`middle`: (deprecated)"), "{description}");
    agree::<App>(&document, &json!("very_high"), true);
    agree::<App>(&document, &json!("high"), false);
}
