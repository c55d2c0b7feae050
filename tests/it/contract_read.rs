//! Invalid contract files give an error that says where, without panics, in bounded time and memory.

use std::fmt::Write;

use serde_json::{Value, json};
use wirebond::schema::Document;

const SHOP: &str = include_str!("../contract/shop.json");

/// The shop's contract with one change.
fn changed(change: impl FnOnce(&mut Value)) -> Result<Document, String> {
    let mut value: Value = serde_json::from_str(SHOP).unwrap();
    change(&mut value);
    Document::parse(&value.to_string()).map_err(|error| error.to_string())
}

fn refused(change: impl FnOnce(&mut Value)) -> String {
    changed(change).unwrap_err()
}

#[test]
fn a_contract_is_read_with_and_without_a_byte_order_mark() {
    let plain = Document::parse(SHOP).unwrap();
    assert_eq!(Document::parse(&format!("\u{feff}{SHOP}")).unwrap(), plain);
    assert_eq!(Document::parse(&SHOP.replace('\n', "\r\n")).unwrap(), plain);
}

#[test]
fn references_lead_to_definitions_wherever_they_stand() {
    for (pointer, reference, message) in [
        ("/$defs/User/properties/role", "#/$defs/Gone", "refers to `Gone`"),
        ("/$defs/ChatMessage/properties/replies/items", "#/$defs/Gone", "refers to `Gone`"),
        ("/$defs/Either/anyOf/0", "https://example.com/x.json", "https://example.com/x.json"),
        ("/$defs/Either/anyOf/0", "#", "`#/$defs/NAME` only"),
        ("/$defs/Either/anyOf/0", "#/properties/x", "`#/$defs/NAME` only"),
        ("/$defs/ClientMessage/oneOf/0", "#/$defs/Gone", "refers to `Gone`"),
    ] {
        let error =
            refused(|value| *value.pointer_mut(pointer).unwrap() = json!({ "$ref": reference }));
        assert!(error.contains(pointer) && error.contains(message), "{pointer} {message}: {error}");
    }
    let error = refused(|value| value["$defs"]["User"] = json!({ "$ref": 7 }));
    assert!(error.contains("/$defs/User/$ref"), "{error}");
    // Not a reference, but a field's name and a default.
    changed(|value| {
        value["$defs"]["User"]["properties"]["$ref"] = json!({ "type": "string" });
        value["$defs"]["User"]["default"] = json!({ "$ref": "#/nowhere" });
    })
    .unwrap();
}

#[test]
fn circles_are_found() {
    let error = refused(|value| value["$defs"]["User"] = json!({ "$ref": "#/$defs/User" }));
    assert!(error.contains("User → User"), "{error}");
    let error = refused(|value| {
        value["$defs"]["A"] = json!({ "not": { "$ref": "#/$defs/B" } });
        value["$defs"]["B"] = json!({ "allOf": [{}, { "$ref": "#/$defs/A" }] });
    });
    assert!(error.contains("A → B → A"), "{error}");
}

#[test]
fn parts_with_addresses_of_their_own_are_refused() {
    for key in ["$id", "$anchor", "$dynamicRef"] {
        let error = refused(|value| value["$defs"]["User"][key] = json!("https://example.com/"));
        assert!(error.contains("`/$defs/User`") && error.contains(key), "{error}");
    }
}

#[test]
fn the_root_and_the_sides_are_as_wirebond_writes_them() {
    for (pointer, value, message) in [
        ("/anyOf", json!([{ "$ref": "#/$defs/ClientMessage" }]), "`#/$defs/ServerMessage`"),
        ("/anyOf", json!([]), "`/anyOf`"),
        ("/anyOf", json!(true), "`/anyOf` is no list"),
        ("/$id", json!("urn:wirebond:shop:one"), "\"one\""),
        ("/$defs", json!([]), "`$defs`"),
        ("/$defs/ClientMessage", json!(7), "oneOf"),
        ("/$defs/ClientMessage/oneOf", json!(7), "oneOf"),
        ("/$defs/ClientMessage/oneOf/1", json!(true), "`/$defs/ClientMessage/oneOf/1`"),
        ("/$defs/LeaveMessage", json!(true), "/$defs/LeaveMessage/properties/type"),
        ("/$defs/LeaveMessage/properties/type", json!({ "const": 1 }), "`const`"),
        ("/title", json!(7), "`title`"),
        ("/$schema", json!("https://json-schema.org/draft/2019-09/schema"), "2019-09"),
    ] {
        let error = refused(|whole| *whole.pointer_mut(pointer).unwrap() = value);
        assert!(error.contains(message), "{pointer} {message}: {error}");
    }
    let twice = refused(|value| {
        let listed = value["$defs"]["ClientMessage"]["oneOf"].as_array_mut().unwrap();
        listed.push(listed[0].clone());
    });
    assert!(twice.contains("a second time"), "{twice}");
}

#[test]
fn a_side_without_messages_is_read_and_written() {
    let document = changed(|value| {
        value["$defs"]["ServerMessage"] = json!({ "title": "ServerMessage", "not": {} });
    })
    .unwrap();
    assert!(document.messages().all(|message| !message.direction().server_sends()));
    assert_eq!(Document::parse(&document.to_json()).unwrap(), document);
}

#[test]
fn text_that_is_no_json_says_where() {
    let at_line = |text: &str| Document::parse(text).unwrap_err().to_string();
    let middle = SHOP.len() / 2;
    for (text, message) in [
        ("", "it is empty"),
        (" \r\n", "it is empty"),
        ("\u{feff}", "it is empty"),
        (&SHOP[..middle], "cut off"),
        (&SHOP.replacen("\"title\"", "title", 1), "line 4 column"),
        (
            &SHOP.replacen("  \"title\"", "<<<<<<< HEAD\n  \"title\"", 1),
            "merge conflict, from line 4",
        ),
        ("[1, 2]", "`$schema`"),
        ("null", "`$schema`"),
        ("{\"$schema\":7}", "`$schema`"),
    ] {
        let error = at_line(text);
        assert!(error.contains(message), "{message}: {error}");
    }
}

#[test]
fn depth_and_length_are_bounded() {
    for (open, close) in [("[", "]"), ("{\"not\":", "}"), ("{\"a\":[", "]}")] {
        let deep = open.repeat(100_000) + "1" + &close.repeat(100_000);
        assert!(Document::parse(&deep).unwrap_err().to_string().contains("recursion"), "{open}");
    }
    let long = " ".repeat(Document::MOST + 1);
    assert!(Document::parse(&long).unwrap_err().to_string().contains("longer than"));
    let many = format!("[{}]", "{},".repeat(400_000));
    assert!(Document::parse(&many).unwrap_err().to_string().contains("objects"));
}

/// An error shows only a part of the file, without terminal control characters.
#[test]
fn errors_are_short_and_plain() {
    let long = refused(|value| value["$schema"] = json!("x".repeat(1 << 20)));
    assert!(long.chars().count() <= 401 && long.ends_with('…'), "{long}");
    let name = "\u{1b}[2J\u{7}\n";
    let coloured = refused(|value| value["$defs"][name] = json!({ "$ref": "#/$defs/\u{1b}[31m" }));
    assert!(!coloured.chars().any(char::is_control) && coloured.contains("u{1b}"), "{coloured}");
    let circle = refused(|value| {
        for n in 0..10_000 {
            value["$defs"][format!("D{n}")] =
                json!({ "$ref": format!("#/$defs/D{}", (n + 1) % 10_000) });
        }
    });
    assert!(circle.contains("D0 → D1 →") && circle.chars().count() <= 401, "{circle}");
}

/// Chains and fans as long as a file can hold are read in time.
#[test]
fn large_files_take_no_longer_than_they_are() {
    let mut defs = String::new();
    for n in 0..40_000 {
        let _ = write!(defs, ",\"D{n}\":{{\"$ref\":\"#/$defs/D{}\"}}", n + 1);
    }
    let _ = write!(defs, ",\"D40000\":{{}}");
    let text = SHOP.replacen("\"$defs\": {", &format!("\"$defs\": {{ {},", &defs[1..]), 1);
    let document = Document::parse(&text).unwrap();
    assert_eq!(Document::parse(&document.to_json()).unwrap(), document);

    let mut messages = String::new();
    let mut listed = String::new();
    for n in 0..20_000 {
        let _ =
            write!(messages, "\"M{n}\":{{\"properties\":{{\"type\":{{\"const\":\"m{n}\"}}}}}},");
        let _ = write!(listed, "{{\"$ref\":\"#/$defs/M{n}\"}},");
    }
    let text = SHOP.replacen("\"$defs\": {", &format!("\"$defs\": {{ {messages}"), 1).replacen(
        "\"oneOf\": [\n        { \"$ref\": \"#/$defs/ChatEnvelope\"",
        &format!("\"oneOf\": [{listed} {{ \"$ref\": \"#/$defs/ChatEnvelope\""),
        1,
    );
    assert!(Document::parse(&text).unwrap().messages().count() > 20_000);
}
