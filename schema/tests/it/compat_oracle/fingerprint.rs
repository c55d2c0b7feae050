//! Two contracts with one fingerprint are the same for `compat`, whatever the change between them is.
//! `WIREBOND_ORACLE=10000` tries as many.

use std::{collections::BTreeMap, env};

use serde_json::{Value, json};
use wirebond_schema::{
    Document,
    compat::{self, Options, Rollout, Rule, Verdict},
};

use super::{dice::Dice, generate, mutate};

/// What a fingerprint leaves out.
const LEFT_OUT: [Rule; 8] = [
    Rule::AnnotationChanged,
    Rule::DefRenamed,
    Rule::DefaultChanged,
    Rule::DeprecatedChanged,
    Rule::DescriptionChanged,
    Rule::OrderChanged,
    Rule::TitleChanged,
    Rule::VersionUnchanged,
];

/// Whether nothing but what a fingerprint leaves out differs, whoever is deployed first.
fn are_identical(old: &Document, new: &Document) -> Result<(), String> {
    let options = Options { rollout: Rollout::AnyOrder, allow: Vec::new() };
    let report = compat::diff(old, new, &options);
    let is_left_out = report.changes.iter().all(|change| LEFT_OUT.contains(&change.rule));
    let fits = is_left_out && report.verdict() == Verdict::Compatible;
    if fits { Ok(()) } else { Err(report.to_string()) }
}

#[test]
fn equal_fingerprints_are_identical_for_compat_whatever_the_change_is() {
    let count = env::var("WIREBOND_ORACLE").ok().and_then(|text| text.parse().ok()).unwrap_or(600);
    let (mut equal, mut unequal) =
        (BTreeMap::<String, usize>::new(), BTreeMap::<String, usize>::new());
    let mut asked = 0;
    for seed in 0.. {
        let mut dice = Dice::of(seed);
        let old = generate::contract(&mut dice);
        let Ok(before) = Document::parse(&old.to_string()) else { continue };
        for _ in 0..20 {
            let mut new = old.clone();
            let what = mutate::mutate(&mut new, &mut dice);
            let Ok(after) = Document::parse(&new.to_string()) else { continue };
            asked += 1;
            let kind = what.split(" at ").next().unwrap_or_default().to_owned();
            if before.fingerprint() == after.fingerprint() {
                *equal.entry(kind).or_default() += 1;
                if let Err(report) = are_identical(&before, &after) {
                    panic!("seed {seed}, {what}: {report}\nold {old}\nnew {new}");
                }
            } else {
                *unequal.entry(kind).or_default() += 1;
            }
        }
        if asked >= count {
            break;
        }
    }
    // Descriptions make no difference, and what is added to a message does.
    assert!(
        equal["description"] > 10 && !unequal.contains_key("description"),
        "{equal:?} {unequal:?}"
    );
    assert!(unequal["payload optional"] > 0, "{unequal:?}");
    assert!(!equal.contains_key("payload optional"), "{equal:?}");
    println!("equal: {equal:?}\nunequal: {unequal:?}");
}

fn parse(value: &Value) -> Document {
    Document::parse(&value.to_string()).unwrap()
}

/// A contract with these definitions and one message of the payload `D0`.
fn contract(defs: &Value) -> Value {
    let mut dice = Dice::of(0);
    let mut contract = generate::contract(&mut dice);
    let all = contract["$defs"].as_object_mut().unwrap();
    all.retain(|name, _| !name.starts_with('D'));
    all.insert("D1".to_owned(), json!({}));
    all.insert("D2".to_owned(), json!({}));
    all.extend(defs.as_object().unwrap().clone());
    for message in ["M0Message", "M1Message"] {
        contract["$defs"][message]["properties"]["data"] = json!({ "$ref": "#/$defs/D0" });
    }
    contract
}

#[test]
fn what_leads_back_to_itself_is_the_same_however_it_is_written() {
    let node = |next: &str| {
        let next = json!({ "$ref": format!("#/$defs/{next}") });
        json!({ "type": "object", "properties": { "next": next, "n": { "type": "integer" } } })
    };
    let short = parse(&contract(&json!({ "D0": node("D0") })));
    let unrolled =
        parse(&contract(&json!({ "D0": node("E1"), "E1": node("E2"), "E2": node("D0") })));
    assert_eq!(short.fingerprint(), unrolled.fingerprint());
    let mut other = node("D0");
    other["properties"]["n"] = json!({ "type": "string" });
    let other = parse(&contract(&json!({ "D0": node("E1"), "E1": node("E2"), "E2": other })));
    assert_ne!(short.fingerprint(), other.fingerprint());
    // Branches that lead back to different places, in both orders.
    let tree = |branches: Value| {
        let list = json!({ "type": "array", "items": { "anyOf": branches } });
        let other = json!({ "type": "object", "properties": { "back": { "$ref": "#/$defs/D0" } } });
        parse(&contract(&json!({ "D0": list, "E": node("E"), "F": other })))
    };
    let (e, f) = (json!({ "$ref": "#/$defs/E" }), json!({ "$ref": "#/$defs/F" }));
    let (one, two) = (tree(json!([e, f])), tree(json!([f, e, f])));
    assert_eq!(one.fingerprint(), two.fingerprint());
}

#[test]
fn one_message_has_one_fingerprint_in_every_contract() {
    let text = include_str!("../../../../tests/consumers/contract.json");
    let whole = Document::parse(text).unwrap();
    let of = |document: &Document| -> BTreeMap<String, String> {
        let all = document.message_fingerprints().into_iter();
        all.map(|(message, print)| (message.name().to_owned(), print.to_string())).collect()
    };
    let known = of(&whole);
    assert!(known.len() > 5, "{known:?}");
    let mut value: Value = serde_json::from_str(text).unwrap();
    for side in ["ClientMessage", "ServerMessage"] {
        let listed = value["$defs"][side]["oneOf"].as_array_mut().unwrap();
        listed.remove(0);
    }
    let less = parse(&value);
    assert_ne!(less.fingerprint(), whole.fingerprint());
    let both_ways = |document: &Document, name: &str| {
        document.messages().find(|message| message.name() == name).unwrap().direction()
    };
    for (name, print) in of(&less) {
        let is_same = both_ways(&less, &name) == both_ways(&whole, &name);
        assert_eq!(known[&name] == print, is_same, "{name}");
    }
}

#[test]
fn a_committed_contract_keeps_its_fingerprint() {
    // Another value breaks every peer that is deployed: change `SCHEME` then.
    let text = include_str!("../../../../tests/contract/shop.json");
    let document = Document::parse(text).unwrap();
    assert_eq!(document.fingerprint().to_string(), "WsBNuZ26fF2KpS-TDxFBvw");
}

#[test]
fn a_contract_that_is_too_entangled_has_a_fingerprint_of_its_spelling() {
    let chain = |length: usize, last: &str| {
        let mut defs = json!({});
        for n in 0..length {
            let next = json!({ "$ref": format!("#/$defs/D{}", n + 1) });
            defs[format!("D{n}")] = json!({ "type": "object", "properties": { "a": next } });
        }
        defs[format!("D{length}")] = json!({ "type": last, "description": "the end" });
        contract(&defs)
    };
    let long = 6_000;
    let one = chain(long, "string");
    let mut described = one.clone();
    described["$defs"]["D17"]["description"] = json!("somewhere");
    assert_eq!(parse(&one).fingerprint(), parse(&described).fingerprint());
    assert_ne!(parse(&one).fingerprint(), parse(&chain(long, "integer")).fingerprint());
    // A shorter one is compared as it is.
    assert_ne!(
        parse(&chain(200, "string")).fingerprint(),
        parse(&chain(200, "null")).fingerprint()
    );
}
