//! Messages held against the committed contracts: what is reported of each fault, and where.
#![allow(clippy::too_many_lines, reason = "tables of cases")]

use serde_json::{Value, json};
use wirebond_schema::{
    Direction::{Both, Client, Server},
    Document,
    validate::{Reason, Validator},
};

use crate::support::{contract, verdict, verdict_of};

fn shop() -> Document {
    Document::parse(include_str!("../../../tests/contract/shop.json")).unwrap()
}

#[test]
fn an_envelope_is_what_the_codec_takes_for_one() {
    let validator = Validator::new(&shop()).unwrap();
    for (text, expected) in [
        (r#"{"type":"leave"}"#, "valid leave"),
        (r#" {"type":"leave","data":[1],"trace":{}} "#, "valid leave"),
        (r#"{"timestamp":1,"type":"leave"}"#, "valid leave"),
        (r#"{"timestamp":null,"data":7,"type":"count"}"#, "valid count"),
        (r#"{"type":"leave","timestamp":18446744073709551615}"#, "valid leave"),
        (r#"{"type":"\u006ceave"}"#, "valid leave"),
        (r#"{"a":1,"a":2,"type":"leave"}"#, "valid leave"),
        ("", "expected JSON: EOF while parsing a value (where it ends)"),
        ("{", "expected JSON: EOF while parsing an object (where it ends)"),
        ("{\"type\":\"leave\"", "expected JSON: EOF while parsing an object (where it ends)"),
        (r#"{"type":"leave"} x"#, "expected JSON: trailing characters (at byte 18)"),
        (r#"{"type":"leave",}"#, "expected JSON: trailing comma (at byte 17)"),
        ("[]", "expected an object with `type`, found an array of 0 items"),
        ("null", "expected an object with `type`, found null"),
        ("{}", "type: expected the name of a message, found nothing"),
        (r#"{"type":5}"#, "type: expected the name of a message as a string, found 5"),
        (r#"{"type":"leave","type":"leave"}"#, "type: expected it once, found it again"),
        (r#"{"data":1,"type":"count","data":1}"#, "data: expected it once, found it again"),
        (
            r#"{"timestamp":1,"type":"leave","timestamp":null}"#,
            "timestamp: expected it once, found it again",
        ),
        (
            r#"{"type":"leave","timestamp":-1}"#,
            "leave: timestamp: expected an integer of at least 0, found -1",
        ),
        (
            r#"{"type":"leave","timestamp":1.0}"#,
            "leave: timestamp: expected whole milliseconds since 1970, at least 0, found 1.0",
        ),
        (
            r#"{"type":"leave","timestamp":"now"}"#,
            "leave: timestamp: expected an integer of at least 0, found \"now\"",
        ),
        (
            r#"{"type":"weather"}"#,
            "type: expected the name of a message, found \"weather\": the contract has no such message",
        ),
        (r#"{"type":"count"}"#, "count: data: expected an integer from 0 to 255, found nothing"),
    ] {
        assert_eq!(verdict(&validator, text, Both), expected, "{text}");
    }
}

#[test]
fn each_side_has_its_messages() {
    let validator = Validator::new(&shop()).unwrap();
    let (leave, count) = (r#"{"type":"leave"}"#, r#"{"type":"count","data":1}"#);
    assert_eq!(validator.check(leave, Client), Ok("leave"));
    assert_eq!(validator.check(count, Server), Ok("count"));
    for (text, from, expected) in [
        (leave, Server, "it is sent by the client only"),
        (count, Client, "it is sent by the server only"),
    ] {
        let rejection = validator.check(text, from).unwrap_err();
        assert_eq!((rejection.reason(), rejection.message()), (Reason::Unknown, None));
        assert!(rejection.to_string().contains(expected), "{rejection}");
    }
    let invalid = validator.check(r#"{"type":"count","data":-1}"#, Both).unwrap_err();
    assert_eq!((invalid.reason(), invalid.message()), (Reason::Invalid, Some("count")));
    assert_eq!(validator.check("no", Both).unwrap_err().reason(), Reason::NotAMessage);
}

#[test]
fn a_fault_is_reported_at_its_place_and_along_the_branch_that_was_meant() {
    let validator = Validator::new(&shop()).unwrap();
    let ada = json!({ "id": "67e55044-10b1-426f-9247-bb680e5fe0c8", "name": "Ada" });
    let chat = |user: Value, place: Value| {
        json!({ "type": "chat", "data": {
            "user": user, "content": "", "replies": [], "seen": {}, "place": place,
            "at": "2026-01-01T00:00:00Z",
        }})
    };
    let order = |data: Value| json!({ "type": "order-update", "data": data });
    for (message, expected) in [
        (chat(ada.clone(), json!([1, 2.5])), "valid chat"),
        (chat(ada.clone(), json!([1, "x"])), "chat: data.place[1]: expected a number, found \"x\""),
        (
            chat(ada.clone(), json!([1])),
            "chat: data.place: expected an array of 2 items, found an array of 1 item",
        ),
        (
            chat(json!({ "id": "no", "name": "Ada" }), json!([1, 2])),
            "chat: data.user.id: expected a UUID as a string, found \"no\"",
        ),
        (
            chat(json!({ "id": ada["id"], "name": "Ada", "role": "king" }), json!([1, 2])),
            "chat: data.user.role: expected \"guest\" or \"admin\", found \"king\"",
        ),
        (
            order(json!({ "kind": "paid", "cents": -5 })),
            "order-update: data.cents: expected an integer of at least 0, found -5",
        ),
        (
            order(json!({ "kind": "found" })),
            "order-update: data.kind: expected \"paid\", \"sent-to\" or \"lost\", found \"found\"",
        ),
        (
            order(json!({})),
            "order-update: data.kind: expected \"paid\", \"sent-to\" or \"lost\", found nothing",
        ),
        (
            order(json!({ "kind": 5 })),
            "order-update: data.kind: expected \"paid\", \"sent-to\" or \"lost\", found 5",
        ),
        (order(json!(5)), "order-update: data: expected an object, found 5"),
        (
            order(json!({ "kind": "sent-to", "street": "x", "number": 3_000_000_000_u32 })),
            "order-update: data.number: expected an integer from -2147483648 to 2147483647, found \
             3000000000",
        ),
        (
            order(json!({ "kind": "sent-to", "street": "x", "number": 1, "a\nb": 1 })),
            "order-update: data[\"a\\nb\"]: expected no other keys than \"kind\", \"number\" and \
             \"street\"",
        ),
        (
            json!({ "type": "external", "data": { "Named": { "x": 5 } } }),
            "external: data.Named.x: expected true or false, found 5",
        ),
        (
            json!({ "type": "external", "data": "nothing" }),
            "external: data: expected \"Nothing\" or an object, found \"nothing\"",
        ),
        (
            json!({ "type": "either", "data": [] }),
            "either: data: expected an integer of 64 bits or a string or null, found an array of 0 items",
        ),
        (
            json!({ "type": "adjacent", "data": { "t": "Number", "c": 256 } }),
            "adjacent: data.c: expected an integer from 0 to 255, found 256",
        ),
        (json!({ "type": "tags", "data": ["a", 5] }), "tags: data[1]: expected a string, found 5"),
    ] {
        assert_eq!(verdict(&validator, &message.to_string(), Both), expected, "{message}");
    }
}

#[test]
fn every_keyword_has_its_message() {
    for (schema, data, expected) in [
        (
            json!({ "minLength": 2 }),
            json!("é"),
            "expected a string of at least 2 characters, found one of 1 character",
        ),
        (
            json!({ "type": "string", "minLength": 1, "maxLength": 2 }),
            json!("abc"),
            "expected a string of 1 to 2 characters, found one of 3 characters",
        ),
        (
            json!({ "type": "string", "pattern": "^a+$" }),
            json!("b"),
            "expected a string that matches ^a+$, found \"b\"",
        ),
        (
            json!({ "type": "number", "exclusiveMinimum": 0 }),
            json!(0),
            "expected a number, greater than 0, found 0",
        ),
        (
            json!({ "type": "number", "exclusiveMaximum": 1 }),
            json!(1),
            "expected a number, less than 1, found 1",
        ),
        (
            json!({ "type": "integer", "multipleOf": 5 }),
            json!(7),
            "expected an integer, a multiple of 5, found 7",
        ),
        (json!({ "type": "integer" }), json!(1.5), "expected an integer, found 1.5"),
        (
            json!({ "type": ["integer", "null"] }),
            json!("x"),
            "expected an integer or null, found \"x\"",
        ),
        (json!({ "const": { "a": 1 } }), json!(1), "expected an object with 1 key, found 1"),
        (
            json!({ "minItems": 2 }),
            json!([1]),
            "expected an array of at least 2 items, found an array of 1 item",
        ),
        (
            json!({ "maxItems": 0 }),
            json!([1]),
            "expected an array of at most 0 items, found an array of 1 item",
        ),
        (json!({ "uniqueItems": true }), json!([1, 1]), "expected items that all differ"),
        (
            json!({ "contains": { "type": "null" } }),
            json!([1]),
            "expected that the array contains null",
        ),
        (
            json!({ "minProperties": 1 }),
            json!({}),
            "expected an object of at least 1 key, found an object with 0 keys",
        ),
        (
            json!({ "propertyNames": { "maxLength": 1 } }),
            json!({ "ab": 1 }),
            "expected keys that are a string of at most 1 character, found \"ab\"",
        ),
        (json!({ "not": { "type": "null" } }), json!(null), "expected another value than null"),
        (
            json!({ "oneOf": [{ "type": "integer" }, { "minimum": 0 }] }),
            json!(1),
            "expected one of the alternatives, found what fits 2",
        ),
        (
            json!({ "allOf": [{ "type": "string" }, { "maxLength": 1 }] }),
            json!(1),
            "expected a string, found 1",
        ),
        (
            json!({ "format": "email" }),
            json!("x"),
            "expected an e-mail address as a string, found \"x\"",
        ),
        (
            json!({ "format": "int32", "type": "integer", "minimum": 0 }),
            json!(4e9),
            "expected an integer from 0 to 2147483647, found 4000000000.0",
        ),
        (
            json!({ "prefixItems": [true], "items": false }),
            json!([1, 2]),
            "data[1]: expected nothing here",
        ),
        (json!({ "properties": { "a": false } }), json!({ "a": 1 }), "expected nothing here"),
        (
            json!({ "type": "object", "additionalProperties": false }),
            json!({ "a": 1 }),
            "expected an object without keys, found some",
        ),
    ] {
        let verdict = verdict_of(&schema, &data);
        assert!(
            verdict.starts_with("m: data") && verdict.ends_with(expected),
            "{schema}: {verdict}"
        );
    }
}

#[test]
fn alternatives_within_alternatives_lead_to_the_fault() {
    let schema = json!({ "anyOf": [
        { "type": "null" },
        { "oneOf": [
            { "type": "object", "properties": { "a": { "type": "object",
                "properties": { "b": { "type": "integer" } } } }, "required": ["a"] },
            { "type": "string" },
        ] },
    ]});
    assert_eq!(
        verdict_of(&schema, &json!({ "a": { "b": "x" } })),
        "m: data.a.b: expected an integer, found \"x\""
    );
    assert_eq!(verdict_of(&schema, &json!({})), "m: data.a: expected an object, found nothing");
    let numbers_as_keys = json!({ "additionalProperties": { "items": { "type": "null" } } });
    assert_eq!(
        verdict_of(&numbers_as_keys, &json!({ "7": [null, 1] })),
        "m: data.7[1]: expected null, found 1"
    );
}

/// A union keeps what it requires beside its tag.
#[test]
fn a_tagged_union_may_ask_for_more() {
    let branch = json!({ "required": ["t"], "properties": { "t": { "const": "long" } } });
    let union = json!({ "type": "object", "required": ["more"], "discriminator":
        { "propertyName": "t" }, "oneOf": [branch], "properties": { "t": { "maxLength": 3 } } });
    assert_eq!(
        verdict_of(&union, &json!({})),
        "m: data.more: expected a value, found nothing; data.t: \
         expected \"long\", found nothing"
    );
    let verdict = verdict_of(&union, &json!({ "more": 1, "t": "long" }));
    assert_eq!(
        verdict, "m: data.t: expected \"long\", found one of 4 characters",
        "it can't be met"
    );
    let bare = json!({ "type": "object", "discriminator": { "propertyName": "t" },
        "oneOf": [branch] });
    assert_eq!(verdict_of(&bare, &json!({ "t": "long" })), "valid m");
    assert_eq!(
        verdict_of(&bare, &json!({ "t": "x" })),
        "m: data.t: expected \"long\", found \"x\""
    );
    assert_eq!(verdict_of(&bare, &json!({})), "m: data.t: expected \"long\", found nothing");
}

#[test]
fn little_of_a_message_is_shown_and_never_raw() {
    let secret = "s".repeat(1000);
    let verdict = verdict_of(&json!({ "type": "integer" }), &json!(secret));
    assert!(verdict.len() < 120, "{verdict}");
    let verdict = verdict_of(&json!({ "type": "integer" }), &json!("\u{1b}[31m\u{202e}\n"));
    assert_eq!(verdict, r#"m: data: expected an integer, found "\u{1b}[31m\u{202e}\n""#);
    let object = json!({ "type": "object", "additionalProperties": { "type": "null" } });
    let verdict = verdict_of(&object, &json!({ (secret): 1 }));
    assert!(verdict.len() < 140, "{verdict}");
    let many: serde_json::Map<_, _> = (0..100).map(|n| (format!("k{n}"), json!(1))).collect();
    let validator = Validator::new(&contract(&object, &json!({}))).unwrap();
    let text = json!({ "type": "m", "data": many }).to_string();
    assert_eq!(validator.check(&text, Both).unwrap_err().faults().len(), 10);
}

#[test]
fn a_uri_is_what_peers_write() {
    let uri = json!({ "type": "string", "format": "uri" });
    for (text, valid) in [
        ("https://example.com/a?b={c}|d", true),
        ("urn:isbn:0451450523", true),
        ("mailto:a@example.com", true),
        ("/relative", false),
        ("no uri", false),
        ("https://example.com/a b", false),
    ] {
        assert_eq!(verdict_of(&uri, &json!(text)) == "valid m", valid, "{text}");
    }
}

#[test]
fn field_d6_one_rule_for_envelopes() {
    let document = shop();
    let validator = Validator::new(&document).unwrap();
    let schema = jsonschema::draft202012::new(document.value()).unwrap();
    // A text, whether it is a message, and whether only the text shows it.
    for (text, is_message, is_of_text) in [
        (r#"{"type":"leave","timestamp":null}"#, true, false),
        (r#"{"type":"leave","data":null}"#, true, false),
        (r#"{"type":"leave","data":{"any":[1]},"more":{}}"#, true, false),
        (r#"{"type":"ping"}"#, true, false),
        (r#"{"type":"ping","data":null}"#, true, false),
        (r#"{"type":"pong","data":null,"timestamp":null}"#, true, false),
        (r#"{"type":"pong","data":{"timestamp":1}}"#, true, false),
        (r#"{"type":"pong","data":5}"#, false, false),
        (r#"{"type":"leave","timestamp":-1}"#, false, false),
        (r#"{"type":"leave","timestamp":1.5}"#, false, false),
        (r#"{"type":"leave","timestamp":"1"}"#, false, false),
        (r#"{"type":null}"#, false, false),
        (r#"{"type":"count","data":null}"#, false, false),
        (r#"{"type":"count"}"#, false, false),
        (r#"{"type":"tags","data":["a"]}"#, true, false),
        // What a schema never sees.
        (r#"{"type":"leave","timestamp":1.0}"#, false, true),
        (r#"{"type":"leave","timestamp":18446744073709551616}"#, false, true),
        (r#"{"type":"leave","type":"leave"}"#, false, true),
        (r#"{"type":"leave","timestamp":null,"timestamp":null}"#, false, true),
        (r#"{"type":"order-update","data":{"kind":"paid","cents":1,"cents":1}}"#, false, true),
        (r#"{"type":"order-update","data":{"kind":"paid","kind":"paid","cents":1}}"#, false, true),
        (
            r#"{"type":"order-update","data":{"kind":"sent-to","street":"a","street":"a","number":1}}"#,
            false,
            true,
        ),
        (r#"{"type":"external","data":{"Number":1,"Number":1}}"#, false, true),
        (r#"{"type":"leave","data":{"a":1,"a":2}}"#, true, false),
        (r#"{"type":"leave","x":{"a":1,"a":2},"x":1}"#, true, false),
    ] {
        let verdict = verdict(&validator, text, Both);
        assert_eq!(verdict.starts_with("valid"), is_message, "{text}: {verdict}");
        let value: Value = serde_json::from_str(text).unwrap();
        assert_eq!(schema.is_valid(&value), is_message || is_of_text, "contract.json: {text}");
    }
    // JSON that nobody reads may be odd.
    for text in [r#"{"type":"leave","x":1e999}"#, r#"{"type":"leave","data":"\ud800"}"#] {
        assert_eq!(verdict(&validator, text, Both), "valid leave", "{text}");
    }
    let doubled = r#"{"type":"order-update","data":{"kind":"paid","cents":1,"cents":1}}"#;
    let expected = "order-update: data.cents: expected it once, found it again";
    assert_eq!(verdict(&validator, doubled, Both), expected);
    // Of a map's keys that are equal, the last one counts.
    let map = json!({ "type": "object", "additionalProperties": { "type": "integer" } });
    let validator = Validator::new(&contract(&map, &json!({}))).unwrap();
    assert_eq!(verdict(&validator, r#"{"type":"m","data":{"a":1,"a":2}}"#, Both), "valid m");
}

/// A string that holds JSON is read as its type, so its content is checked, too.
#[test]
fn json_in_a_string_is_checked() {
    let text = |content: Value| json!({ "type": "string", "contentMediaType": "application/json", "contentSchema": content });
    let price = json!({ "type": "object", "properties": { "v": { "type": "integer" }, "w": { "type": "string" } },
        "required": ["v"] });
    let node = json!({ "type": "object", "properties": { "next": text(json!({ "$ref": "#/$defs/Node" })) } });
    let more = json!({ "Price": price, "Node": node });
    let of = |schema: &Value, data: Value| {
        let validator = Validator::new(&contract(schema, &more)).unwrap();
        verdict(&validator, &json!({ "type": "m", "data": data }).to_string(), Both)
    };
    let plain = text(json!({ "$ref": "#/$defs/Price" }));
    for (data, expected) in [
        (r#"{"v":7,"more":[]}"#, "valid m"),
        (" {\"v\" : 7} ", "valid m"),
        (r#"{"v":"7"}"#, "m: data: in the string's JSON, v: expected an integer, found \"7\""),
        ("{}", "m: data: in the string's JSON, v: expected an integer, found nothing"),
        (r#"{"v":7,"v":8}"#, "m: data: in the string's JSON, v: expected it once, found it again"),
        ("7", "m: data: in the string's JSON, expected an object, found 7"),
        ("v", "m: data: in the string, expected JSON: expected value (at byte 1)"),
        ("", "m: data: in the string, expected JSON: EOF while parsing a value (where it ends)"),
    ] {
        assert_eq!(of(&plain, json!(data)), expected, "{data}");
    }
    assert!(of(&plain, json!({ "v": 7 })).starts_with("m: data: expected"));
    // In a string in a string, in one of several branches, and as deep as it goes.
    let twice = text(plain.clone());
    assert_eq!(of(&twice, json!(r#""{\"v\":7}""#)), "valid m");
    assert_eq!(
        of(&twice, json!(r#""{}""#)),
        "m: data: in the string's JSON, in the string's JSON, v: expected an integer, found nothing"
    );
    let either = json!({ "anyOf": [plain, { "type": "boolean" }] });
    assert_eq!(of(&either, json!(r#"{"v":7}"#)), "valid m");
    assert_eq!(of(&either, json!(true)), "valid m");
    assert!(of(&either, json!("{}")).starts_with("m: data: "), "{}", of(&either, json!("{}")));
    let node = json!({ "$ref": "#/$defs/Node" });
    let mut data = json!({ "next": "7" });
    for _ in 0..10 {
        assert!(of(&node, data.clone()).starts_with("m: data.next: "));
        data = json!({ "next": data.to_string() });
    }
    let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
    assert_eq!(of(&text(json!({})), json!(deep)), "valid m");
    let deep = format!("{}{}", "[".repeat(5_000), "]".repeat(5_000));
    assert!(of(&text(json!({})), json!(deep)).contains("recursion limit"));
    // Other content is nobody's to read.
    for (key, value) in [("contentMediaType", "text/plain"), ("contentEncoding", "base64")] {
        let mut other = text(json!({ "$ref": "#/$defs/Price" }));
        other[key] = json!(value);
        assert_eq!(of(&other, json!("{}")), "valid m");
    }
    let unsound = contract(&text(json!({ "pattern": "(" })), &more);
    assert!(Validator::new(&unsound).unwrap_err().to_string().contains("contentSchema"));
}
