//! Values, types and branches of which one holds the other.
#![allow(clippy::too_many_lines, reason = "tables of cases")]

use serde_json::{Value, json};
use wirebond_schema::compat::{Level, Way};

use super::payload;

fn levels(old: &Value, new: &Value) -> [Level; 2] {
    let report = payload(old.clone(), new.clone());
    [Way::ToServer, Way::ToClient].map(|way| {
        let of_way = report.changes.iter().filter(|change| change.way == Some(way));
        of_way.map(|change| change.level).max().unwrap_or(Level::Ok)
    })
}

#[test]
fn field_b15_what_is_certainly_wider_is_breaking_and_never_undecided() {
    let any = |branches: &[Value]| json!({ "anyOf": branches });
    let one = |branches: &[Value]| json!({ "oneOf": branches });
    let string = json!({ "type": "string" });
    let values = |all: &[&str]| json!({ "type": "string", "enum": all });
    let two = values(&["red", "green"]);
    let byte = json!({ "type": "integer", "minimum": 0, "maximum": 255 });
    let (integer, number) = (json!({ "type": "integer" }), json!({ "type": "number" }));
    let null = json!({ "type": "null" });
    let held = |name: &str, kind: &Value| json!({ "type": "object", "properties": { name: kind }, "required": [name] });
    let list = |kind: &Value| json!({ "type": "array", "items": kind });
    // Each new one takes all that the old one did, and more.
    for (what, old, new) in [
        ("an untagged Other(String)", two.clone(), any(&[two.clone(), string.clone()])),
        (
            "the same, constants",
            one(&[json!({ "const": "red" }), json!({ "const": "green" })]),
            any(&[two.clone(), string.clone()]),
        ),
        (
            "a branch more before",
            any(&[two.clone(), integer.clone()]),
            any(&[string.clone(), two.clone(), integer.clone()]),
        ),
        ("the enum becomes a string", two.clone(), string.clone()),
        ("a value more", two.clone(), values(&["red", "green", "blue"])),
        ("a constant becomes an enum", json!({ "const": "red" }), two.clone()),
        (
            "a short string",
            two.clone(),
            any(&[two.clone(), json!({ "type": "string", "maxLength": 3 })]),
        ),
        (
            "a string by pattern",
            two.clone(),
            any(&[two.clone(), json!({ "type": "string", "pattern": "^x" })]),
        ),
        ("an untagged Other(Value)", two.clone(), any(&[two.clone(), json!({})])),
        ("null", two.clone(), any(&[two.clone(), null.clone()])),
        ("null and any string", two.clone(), any(&[two.clone(), string.clone(), null.clone()])),
        (
            "any string for a nullable",
            any(&[two.clone(), null.clone()]),
            any(&[two.clone(), string.clone(), null]),
        ),
        ("numbers for bytes", byte.clone(), any(&[byte.clone(), integer.clone()])),
        ("fractions for bytes", byte.clone(), any(&[byte.clone(), number.clone()])),
        (
            "large ones for bytes",
            byte.clone(),
            any(&[byte.clone(), json!({ "type": "integer", "minimum": 100 })]),
        ),
        (
            "a range for listed numbers",
            json!({ "enum": [1, 2] }),
            any(&[json!({ "enum": [1, 2] }), byte.clone()]),
        ),
        ("integers become numbers", integer.clone(), any(&[integer.clone(), number.clone()])),
        (
            "two ranges and more",
            any(&[byte.clone(), json!({ "type": "integer", "minimum": 1000 })]),
            any(&[byte, integer.clone()]),
        ),
        ("a list of anything", list(&string), any(&[list(&string), list(&json!({}))])),
        (
            "an object with a wider field",
            held("a", &two),
            any(&[held("a", &two), held("a", &string)]),
        ),
        (
            "a map",
            held("a", &string),
            any(&[
                held("a", &string),
                json!({ "type": "object", "additionalProperties": integer }),
            ]),
        ),
    ] {
        assert_eq!(
            levels(&old, &new),
            [Level::Ok, Level::Breaking],
            "{what}: {}",
            payload(old, new)
        );
    }
    // By a `oneOf`, what both branches take is refused, so that the old writer isn't served either.
    let exclusive = one(&[two.clone(), string]);
    let [to_server, to_client] = levels(&two, &exclusive);
    assert!(to_server >= Level::Undecided && to_client == Level::Breaking);
}

#[test]
fn field_b15_what_another_branch_takes_is_ok() {
    let string = json!({ "type": "string" });
    let two = json!({ "type": "string", "enum": ["red", "green"] });
    let same = [Level::Ok; 2];
    for (old, new) in [
        (string.clone(), json!({ "anyOf": [two.clone(), string.clone()] })),
        (
            json!({ "anyOf": [string.clone(), two.clone()] }),
            json!({ "anyOf": [two.clone(), string.clone()] }),
        ),
        (
            json!({ "type": "number" }),
            json!({ "anyOf": [{ "type": "integer" }, { "type": "number" }] }),
        ),
        (
            json!({ "type": ["string", "null"] }),
            json!({ "anyOf": [{ "type": "null" }, string, two] }),
        ),
        (
            json!({ "enum": ["a", null] }),
            json!({ "anyOf": [{ "const": "a" }, { "type": "null" }] }),
        ),
    ] {
        assert_eq!(levels(&old, &new), same, "{}", payload(old, new));
        assert_eq!(levels(&new, &old), same);
    }
}
