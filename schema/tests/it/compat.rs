//! What `compat` reports beyond the single rules: places, definitions that are shared or lead back to
//! themselves, unions, what is allowed, and documents that were made to do harm.
#![allow(clippy::too_many_lines, reason = "tables of cases")]

use serde_json::{Value, json};
use wirebond_schema::{
    Document, ReadError,
    compat::{self, Level, Options, Report, Rollout, Rule, Verdict},
};

mod fields;
mod renamed;
mod unions;

/// A contract with the message `chat`, which both sides send, and these definitions; `Chat` is its
/// payload.
fn contract(defs: &Value) -> Document {
    read(defs).unwrap()
}

fn read(defs: &Value) -> Result<Document, ReadError> {
    let mut all = defs.clone();
    all["ChatMessage"] = json!({
        "type": "object",
        "properties": {
            "type": { "type": "string", "const": "chat" },
            "data": { "$ref": "#/$defs/Chat" },
        },
        "required": ["type", "data"],
    });
    for side in ["ClientMessage", "ServerMessage"] {
        all[side] = json!({ "oneOf": [{ "$ref": "#/$defs/ChatMessage" }] });
    }
    let document = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:wirebond:app:1.0.0",
        "title": "App",
        "$defs": all,
    });
    Document::parse(&document.to_string())
}

fn diff(old: &Value, new: &Value) -> Report {
    compat::diff(&contract(old), &contract(new), &Options::default())
}

#[allow(clippy::needless_pass_by_value, reason = "the calls read better")]
fn payload(old: Value, new: Value) -> Report {
    diff(&json!({ "Chat": old }), &json!({ "Chat": new }))
}

/// `level rule place` of all that somebody should know.
fn notable(report: &Report) -> Vec<String> {
    let is_notable =
        |change: &&compat::Change| change.level > Level::Ok && change.path != "version";
    report
        .changes
        .iter()
        .filter(is_notable)
        .map(|change| format!("{} {} {}", change.level, change.rule, change.place()))
        .collect()
}

#[test]
fn a_contract_is_compatible_with_itself_whatever_is_in_it() {
    for text in [
        include_str!("../../../tests/contract/shop.json"),
        include_str!("../../../examples/contract/contract.json"),
    ] {
        let document = Document::parse(text).unwrap();
        for rollout in Rollout::ALL {
            let report = compat::diff(&document, &document, &Options { rollout, allow: vec![] });
            assert_eq!(report.changes, [], "{report}");
        }
    }
    let odd = json!({ "Chat": {
        "type": "object",
        "patternProperties": { "^x": { "type": "string" } },
        "if": { "required": ["a"] }, "then": { "required": ["b"] },
        "x-own": 1,
        "not": { "required": ["c"] },
    }});
    assert_eq!(diff(&odd, &odd).changes, []);
}

#[test]
fn a_shared_definition_is_reported_once_with_all_its_places() {
    let of = |most: u64| {
        json!({
            "Chat": { "type": "object", "properties": {
                "from": { "$ref": "#/$defs/User" },
                "to": { "type": "array", "items": { "$ref": "#/$defs/User" } },
                "by name": { "type": "object", "additionalProperties": { "$ref": "#/$defs/User" } },
            }},
            "User": { "type": "object", "properties": { "age": { "type": "integer", "maximum": most } } },
        })
    };
    let report = diff(&of(10), &of(9));
    assert_eq!(notable(&report), [r#"breaking constraint-tightened chat.data["by name"].*.age"#]);
    let change = &report.changes[0];
    assert_eq!(change.also, ["$.data.from.age", "$.data.to[*].age"]);
    assert_eq!(
        change.why,
        "`maximum` 10 → 9: old clients may send what is rejected by the new server"
    );
}

#[test]
fn a_definition_that_leads_back_to_itself_is_compared_once() {
    let of = |kind: &str| {
        json!({ "Chat": { "type": "object", "properties": {
            "text": { "type": kind },
            "replies": { "type": "array", "items": { "$ref": "#/$defs/Chat" } },
        }}})
    };
    let report = diff(&of("string"), &of("boolean"));
    let places = ["breaking type-changed chat.data.text", "breaking type-changed chat.data.text"];
    assert_eq!(notable(&report), places);
    assert_eq!(diff(&of("string"), &of("string")).changes, []);
}

#[test]
fn branches_go_together_by_their_tag_whatever_their_order_and_names() {
    let branch = |tag: &str, kind: &str| {
        json!({
            "type": "object",
            "properties": { "kind": { "type": "string", "const": tag }, "size": { "type": kind } },
            "required": ["kind", "size"],
        })
    };
    let of = |branches: [(&str, Value); 2]| {
        let listed = branches.clone().map(|(def, _)| json!({ "$ref": format!("#/$defs/{def}") }));
        let mut defs = json!({ "Chat": {
            "type": "object",
            "properties": { "kind": { "type": "string" } },
            "required": ["kind"],
            "discriminator": { "propertyName": "kind" },
            "oneOf": listed,
        }});
        for (def, schema) in branches {
            defs[def] = schema;
        }
        defs
    };
    let old = of([("A", branch("a", "integer")), ("B", branch("b", "integer"))]);
    let new = of([("B", branch("b", "number")), ("Aa", branch("a", "integer"))]);
    let report = diff(&old, &new);
    assert_eq!(notable(&report), ["breaking type-widened chat.data(kind=b).size"]);
    let rules: Vec<Rule> = report.changes.iter().map(|change| change.rule).collect();
    assert!(rules.contains(&Rule::OrderChanged) && rules.contains(&Rule::DefRenamed), "{report}");
}

#[test]
fn a_value_that_two_branches_of_a_one_of_take_is_not_called_compatible() {
    let old = json!({ "oneOf": [{ "type": "string", "maxLength": 3 }, { "type": "string", "minLength": 5 }] });
    let new = json!({ "oneOf": [{ "type": "string", "maxLength": 3 }, { "type": "string", "minLength": 2 }] });
    // "abc" fits both branches of the new one.
    assert_eq!(payload(old, new).verdict(), Verdict::Undecided);
}

#[test]
fn null_is_distinguished_from_other_branches_however_it_is_written() {
    let list = json!({ "type": ["integer", "null"] });
    let branches = json!({ "anyOf": [{ "type": "integer" }, { "type": "null" }] });
    assert_eq!(notable(&payload(list.clone(), branches.clone())), [""; 0]);
    let without = json!({ "type": "integer" });
    for nullable in [list, branches] {
        let report = payload(without.clone(), nullable);
        assert_eq!(notable(&report), ["breaking type-widened chat.data"]);
    }
}

#[test]
fn one_value_written_in_several_ways_is_one_value() {
    let one = json!({ "enum": [1, 2] });
    let other = json!({ "enum": [2.0, 1.0] });
    assert_eq!(notable(&payload(one, other)), [""; 0]);
    let constant = json!({ "type": "string", "const": "a" });
    let listed = json!({ "enum": ["a"] });
    assert_eq!(notable(&payload(constant, listed)), [""; 0]);
    let open = json!({ "type": "integer", "exclusiveMinimum": 0 });
    let closed = json!({ "type": "integer", "minimum": 1 });
    assert_eq!(notable(&payload(open, closed)), [""; 0]);
    let all = json!({ "allOf": [{ "type": "string" }, { "maxLength": 4 }] });
    let flat = json!({ "type": "string", "maxLength": 4 });
    assert_eq!(notable(&payload(all, flat)), [""; 0]);
}

#[test]
fn a_field_that_moves_into_a_map_must_suit_its_values() {
    let old = json!({ "type": "object", "properties": { "a": { "type": "string" } } });
    let new = json!({ "type": "object", "additionalProperties": { "type": "integer" } });
    let expected = [
        "breaking optional-field-removed chat.data.a",
        "breaking optional-field-removed chat.data.a",
    ];
    assert_eq!(notable(&payload(old.clone(), new)), expected);
    let fits = json!({ "type": "object", "additionalProperties": { "type": "string" } });
    let report = payload(old, fits);
    assert_eq!(report.verdict(), Verdict::Compatible, "{report}");
}

#[test]
fn a_writer_that_can_send_nothing_breaks_nobody() {
    let of = |field: Value, other: &str| {
        json!({
            "type": "object",
            "properties": { "a": field, "b": { "type": other } },
            "required": ["a", "b"],
        })
    };
    let old = of(json!({ "type": "number", "exclusiveMaximum": 3 }), "integer");
    let new = of(json!({ "type": "number", "exclusiveMaximum": 3, "minimum": 3 }), "boolean");
    let report = payload(old, new);
    let breaking = report.changes.iter().filter(|one| one.level == Level::Breaking);
    let ways: Vec<_> = breaking.filter_map(|change| change.way).collect();
    assert!(!ways.is_empty() && ways.iter().all(|way| *way == compat::Way::ToServer), "{report}");
}

#[test]
fn a_map_by_pattern_is_compared_with_what_others_take() {
    let map = |kind: &str| {
        json!({
            "type": "object",
            "patternProperties": { "^[0-9]+$": { "type": kind } },
            "additionalProperties": false,
        })
    };
    let report = payload(map("integer"), map("number"));
    assert_eq!(notable(&report), ["breaking type-widened chat.data[/^[0-9]+$/]"]);
    let any = json!({ "type": "object", "additionalProperties": { "type": "string" } });
    let report = payload(map("string"), any.clone());
    assert!(!notable(&report).iter().any(|one| one.starts_with("breaking") && one.contains('/')));
    assert_eq!(payload(map("boolean"), any).verdict(), Verdict::Breaking);
    assert_eq!(payload(map("boolean"), json!(true)).verdict(), Verdict::Breaking);
}

#[test]
fn any_order_keeps_the_worse_of_two_answers() {
    let (old, new) =
        (json!({ "Chat": { "type": "integer" } }), json!({ "Chat": { "type": "number" } }));
    let options = Options { rollout: Rollout::AnyOrder, allow: vec![] };
    let report = compat::diff(&contract(&old), &contract(&new), &options);
    let expected = ["breaking type-widened chat.data", "breaking type-widened chat.data"];
    assert_eq!(notable(&report), expected);
}

#[test]
fn what_is_allowed_does_not_count_and_what_matches_nothing_is_reported() {
    let (old, new) =
        (json!({ "Chat": { "type": "integer" } }), json!({ "Chat": { "type": "number" } }));
    for (text, is_enough) in [
        ("type-widened:chat.data", true),
        ("type-widened:$.data", true),
        ("type-widened:chat*", true),
        ("type-widened:*", true),
        ("type-widened:chat", false),
        ("type-narrowed:chat.data", false),
    ] {
        let allow = vec![text.parse().unwrap()];
        let options = Options { allow, ..Options::default() };
        let report = compat::diff(&contract(&old), &contract(&new), &options);
        let verdict = if is_enough { Verdict::Compatible } else { Verdict::Breaking };
        assert_eq!(report.verdict(), verdict, "{text}\n{report}");
        assert_eq!(report.unused.is_empty(), is_enough, "{text}");
        assert_eq!(report.to_string().contains("matches no change"), !is_enough, "{report}");
        // What is allowed requires no new version.
        assert_eq!(
            report.required_version.as_deref(),
            Some(if is_enough { "1.1.0" } else { "2.0.0" })
        );
    }
    for wrong in ["type-widened", "type-widened:", "no-such-rule:$", ""] {
        assert!(wrong.parse::<compat::Allow>().is_err(), "{wrong}");
    }
}

#[test]
fn the_json_says_all_that_the_text_says() {
    let report = payload(json!({ "type": "integer" }), json!({ "type": "number" }));
    let json = report.to_json();
    assert_eq!(json["verdict"], "breaking");
    assert_eq!(json["version_due"], "2.0.0");
    let change = json!({
        "rule": "type-widened", "level": "breaking", "allowed": false, "message": "chat",
        "direction": "server-to-client", "path": "$.data", "also": [],
        "why": "`type` integer → number: fractions may be sent by the new server, rejected by old clients",
        "allow": "type-widened:chat.data",
    });
    assert!(json["changes"].as_array().unwrap().contains(&change), "{json:#}");
}

#[test]
fn no_control_character_of_a_contract_reaches_the_terminal() {
    let report = payload(
        json!({ "type": "object" }),
        json!({ "type": "object", "properties": { "\u{1b}[31m\n": {} }, "required": ["\u{1b}[31m\n"] }),
    );
    let text = report.to_string();
    assert!(!text.contains('\u{1b}'), "{text:?}");
    assert_eq!(report.verdict(), Verdict::Breaking);
}

#[test]
fn types_that_all_contain_each_other_are_compared_in_time() {
    let of = |most: u64| {
        let mut defs = json!({ "Chat": { "$ref": "#/$defs/T0" } });
        for index in 0..24 {
            let fields = |own: &str| {
                let mut fields = json!({});
                for other in 0..24 {
                    fields[format!("{own}{other}")] =
                        json!({ "$ref": format!("#/$defs/T{other}") });
                }
                fields
            };
            let end = json!({ "type": "integer", "maximum": most });
            defs[format!("T{index}")] = json!({ "anyOf": [
                { "type": "object", "properties": fields("a"), "required": ["a0"] },
                { "type": "object", "properties": fields("b"), "required": ["b0"] },
                end,
            ]});
        }
        defs
    };
    let report = diff(&of(10), &of(9));
    assert_eq!(report.verdict(), Verdict::Breaking, "{report}");
    assert_eq!(diff(&of(10), &of(10)).changes, []);
}

#[test]
fn a_union_of_many_branches_is_compared_in_time() {
    let of = |kind: &str| {
        let branch = |index: usize| {
            json!({
                "type": "object",
                "properties": { "kind": { "const": format!("k{index}") }, "size": { "type": kind } },
                "required": ["kind"],
            })
        };
        json!({ "Chat": { "oneOf": (0..900).map(branch).collect::<Vec<_>>() } })
    };
    let report = diff(&of("integer"), &of("number"));
    let is_widened = |change: &&compat::Change| change.rule == Rule::TypeWidened;
    assert_eq!(report.changes.iter().filter(is_widened).count(), 2 * 900);
    assert_eq!(report.verdict(), Verdict::Breaking);
    let values =
        |step: usize| json!({ "Chat": { "enum": (step..50_000 + step).collect::<Vec<_>>() } });
    let report = diff(&values(0), &values(3));
    let place = "breaking enum-value-removed chat.data";
    assert!(notable(&report).contains(&place.to_owned()), "{report}");
}

/// Documents that were made to do harm: each ends, and none is called compatible by mistake.
#[test]
fn hostile_documents_end_undecided() {
    let reference = |name: &str| json!({ "$ref": format!("#/$defs/{name}") });
    let plain = json!({ "Chat": { "type": "object" } });
    let mut chain = json!({});
    for index in 0..3000 {
        let next = reference(&format!("C{}", index + 1));
        chain[format!("C{index}")] = json!({ "type": "object", "properties": { "next": next } });
    }
    let mut other = chain.clone();
    (chain["C3000"], other["C3000"]) = (json!({ "type": "string" }), json!({ "type": "integer" }));
    (chain["Chat"], other["Chat"]) = (reference("C0"), reference("C0"));
    let union = |def: &str| json!({ "anyOf": [reference(def), { "type": "object", "properties": { "a": reference(def) }}, { "type": "array", "items": reference(def) }] });
    let nested = |end: &str| {
        let mut defs = json!({ "Chat": reference("U0"), "U300": { "type": end } });
        for index in 0..300 {
            defs[format!("U{index}")] = union(&format!("U{}", index + 1));
        }
        defs
    };
    let doubling = |end: &str| {
        let mut defs = json!({ "Chat": reference("E0"), "E40": { "type": end } });
        for index in 0..40 {
            let next = reference(&format!("E{}", index + 1));
            let all = json!({ "allOf": [next, next] });
            defs[format!("E{index}")] = json!({ "anyOf": [all, all] });
        }
        defs
    };
    let wide = |step: usize| {
        let branches: Vec<_> = (0..3000).map(|index| json!({ "const": index + step })).collect();
        json!({ "Chat": { "anyOf": branches } })
    };
    let mut compared = 0;
    for (what, old, new) in [
        ("itself", json!({ "Chat": reference("Chat") }), plain.clone()),
        ("nowhere", json!({ "Chat": reference("Gone") }), plain.clone()),
        ("elsewhere", json!({ "Chat": { "$ref": "https://example.org/" } }), plain.clone()),
        (
            "nowhere, twice",
            json!({ "Chat": reference("Gone") }),
            json!({ "Chat": reference("Gone") }),
        ),
        (
            "itself by a union",
            json!({ "Chat": union("Chat") }),
            json!({ "Chat": union("Chat"), "X": 1 }),
        ),
        ("deep", chain, other),
        ("deep unions", nested("boolean"), nested("string")),
        ("doubling", doubling("string"), doubling("integer")),
        ("wide", wide(0), wide(1)),
        ("not a schema", json!({ "Chat": 5 }), plain.clone()),
        (
            "odd keywords",
            json!({ "Chat": { "type": "object", "required": "a", "properties": [] } }),
            plain.clone(),
        ),
        ("odd numbers", json!({ "Chat": { "type": "integer", "multipleOf": 0 } }), plain.clone()),
        ("own names", json!({ "Chat": { "$id": "x", "type": "object" } }), plain),
    ] {
        // What is refused when it is read never gets here.
        let (Ok(old), Ok(new)) = (read(&old), read(&new)) else { continue };
        let report = compat::diff(&old, &new, &Options::default());
        compared += 1;
        let verdict =
            if what == "itself by a union" { Verdict::Compatible } else { Verdict::Undecided };
        assert_eq!(report.verdict(), verdict, "{what}: {report}");
    }
    assert!(compared > 3, "{compared}");
}
