//! The page of a contract: what stands on it, and that nothing in a contract breaks it.

use std::{collections::BTreeMap, fs, path::Path, process::Command};

use base64::{Engine, prelude::BASE64_STANDARD};
use proptest::prelude::*;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use wirebond_cli::{asyncapi, docs, sample};
use wirebond_schema::Document;

fn shop() -> Document {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/contract/shop.json");
    Document::parse(&fs::read_to_string(path).unwrap()).unwrap()
}

fn page(document: &Document) -> String {
    docs::page(document, &BTreeMap::new())
}

fn contract_value(payloads: &[Value], more: &Value) -> Value {
    let mut contract = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:wirebond:any:1.0.0",
        "title": "Any",
        "anyOf": [{ "$ref": "#/$defs/ClientMessage" }, { "$ref": "#/$defs/ServerMessage" }],
        "$defs": { "ClientMessage": { "oneOf": [] }, "ServerMessage": { "not": {} } },
    });
    for (index, payload) in payloads.iter().enumerate() {
        let name = format!("M{index}Message");
        let listed = contract["$defs"]["ClientMessage"]["oneOf"].as_array_mut().unwrap();
        listed.push(json!({ "$ref": format!("#/$defs/{name}") }));
        contract["$defs"][name] = json!({
            "properties": { "type": { "const": format!("m{index}") }, "data": payload },
            "required": ["type", "data"],
        });
    }
    for (name, schema) in more.as_object().unwrap() {
        contract["$defs"][name] = schema.clone();
    }
    contract
}

/// A contract of client messages with these payloads, and these definitions.
fn contract(payloads: &[Value], more: &Value) -> Document {
    Document::parse(&contract_value(payloads, more).to_string()).unwrap()
}

/// The element that begins with this tag, up to this end, as text.
fn text_of(html: &str, start: &str, end: &str) -> String {
    let (_, rest) = html.split_once(start).unwrap_or_else(|| panic!("no {start} in {html}"));
    let (html, _) = rest.split_once(end).unwrap();
    let (_, html) = html.split_once('>').unwrap();
    let parts = html.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text));
    let text = parts.collect::<Vec<_>>().join(" ").replace("&quot;", "\"");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn message(html: &str, name: &str) -> String {
    text_of(html, &format!("id=\"message-{name}\""), "</article>")
}

fn of_type(html: &str, name: &str) -> String {
    text_of(html, &format!("id=\"type-{name}\""), "</article>")
}

/// What the page says of this payload.
fn said(payload: &Value) -> String {
    let other = json!({ "Other": { "type": "string", "enum": ["a", "b"] } });
    let html = page(&contract(&[json!({ "properties": { "x": payload } })], &other));
    message(&html, "m0").strip_prefix("m0 Payload x ").unwrap().replace(" optional", "")
}

#[test]
fn messages_stand_under_their_direction() {
    let html = page(&shop());
    let section =
        |place: &str| text_of(&html, &format!("aria-labelledby=\"{place}\""), "</section>");
    let client = section("from-client");
    assert_eq!(
        client,
        "Client to server 1 Only clients send these. \
         leave Payload None: the message is its type alone."
    );
    let server = section("from-server");
    assert!(server.contains("order-update Payload") && server.contains("count deprecated"));
    let both = section("both-ways");
    assert!(both.contains("chat A line that somebody typed.") && both.contains("ping heartbeat"));
}

#[test]
fn fields_tell_type_limits_and_need() {
    let html = page(&shop());
    assert_eq!(
        message(&html, "chat"),
        "chat A line that somebody typed. Payload ChatMessage user User required \
         content string required replies array of ChatMessage required \
         seen map of string to boolean required place tuple of number, number required \
         at string date-time required"
    );
    assert_eq!(
        of_type(&html, "User"),
        "User A person. id string uuid required name string required As shown to others. \
         home string uri or null optional \
         role Role optional one of \"guest\" , \"admin\" default \"guest\""
    );
    // The description's paragraph on a value stands at the value.
    assert_eq!(of_type(&html, "Role"), "Role One of: \"guest\" \"admin\" May do anything.");
}

#[test]
fn a_tagged_union_shows_its_branches() {
    assert_eq!(
        message(&page(&shop()), "order-update"),
        "order-update Payload Change One of these, told apart by kind : \
         kind: \"paid\" ChangePaid cents integer required at least 0 \
         kind: \"sent-to\" ChangeSentTo street string required number integer int32 required \
         No other fields. kind: \"lost\" ChangeLost"
    );
}

#[test]
fn an_untagged_enum_shows_its_branches() {
    assert_eq!(
        message(&page(&shop()), "external"),
        "external Payload External One of: \"Nothing\" \
         ExternalNumber Number integer int64 required No other fields. \
         ExternalNamed Named object required x boolean required No other fields."
    );
}

#[test]
fn types_are_described_in_text() {
    for (schema, expected) in [
        (json!(true), "anything"),
        (json!({}), "anything"),
        (json!(false), "nothing"),
        (json!({ "const": 7 }), "7"),
        (json!({ "type": ["integer", "null"], "format": "int32" }), "integer int32 or null"),
        (json!({ "$ref": "#/$defs/Other" }), "Other one of \"a\" , \"b\""),
        (json!({ "anyOf": [{ "$ref": "#/$defs/Other" }, { "type": "null" }] }), "Other or null"),
        (json!({ "type": "array", "items": { "type": "array" } }), "array of array of anything"),
        (json!({ "type": "integer", "minimum": 1 }), "integer at least 1"),
        (json!({ "type": "integer", "minimum": 1, "maximum": 9 }), "integer 1 to 9"),
        (json!({ "type": "number", "exclusiveMinimum": 0 }), "number above 0"),
        (json!({ "type": "string", "maxLength": 9 }), "string at most 9 characters"),
        (
            json!({ "type": "string", "minLength": 9, "maxLength": 9 }),
            "string exactly 9 characters",
        ),
        (json!({ "type": "string", "pattern": "^a<" }), "string matches ^a&lt;"),
        (
            json!({ "type": "array", "maxItems": 2, "uniqueItems": true }),
            "array of anything at most 2 items each item once",
        ),
        (json!({ "type": "string", "deprecated": true }), "string deprecated"),
        (json!({ "type": "object", "properties": { "y": { "type": "null" } } }), "object y null"),
        (
            json!({ "type": "array", "items": { "properties": { "y": { "type": "null" } } } }),
            "array of anything Each of them: y null",
        ),
    ] {
        assert_eq!(said(&schema), expected, "{schema}");
    }
}

#[test]
fn an_example_stands_at_its_message() {
    let example = json!({ "type": "leave", "note": "</code>" });
    let html = docs::page(&shop(), &BTreeMap::from([("leave".to_owned(), example)]));
    let shown = message(&html, "leave");
    let end = "Example { \"type\" : \"leave\" , \"note\" : \"&lt;/code&gt;\" }";
    assert!(shown.ends_with(end), "{shown}");
    assert_eq!(html.matches(">Example<").count(), 1);
}

#[test]
fn the_answers_to_a_call_stand_with_it() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/consumers/contract.json");
    let document = Document::parse(&fs::read_to_string(path).unwrap()).unwrap();
    let html = docs::page(&document, &sample::examples(&document));
    let quote = message(&html, "quote");
    for part in
        ["call", "Reply Offer", "cents", "Error Refusal", "too-heavy", "The call is idempotent"]
    {
        assert!(quote.contains(part), "{part}: {quote}");
    }
    assert!(html.contains("id=\"message-quote~2e~reply\""), "{html}");
    assert!(!html.contains("data-for=\"message-quote~2e~reply\""), "it is no entry of its own");
    let sign = message(&html, "sign");
    assert!(sign.contains("it only says that the call has ended"), "{sign}");
    assert!(!message(&html, "leave").contains("Reply"));
}

#[test]
fn an_example_has_the_order_of_the_fields() {
    let user = json!({ "role": "admin", "home": null, "name": "Ada", "id": "x" });
    let data = json!({ "at": "y", "place": [1, 2], "content": "", "user": user, "replies": [] });
    let example = json!({ "data": data, "timestamp": 1, "type": "chat" });
    let html = docs::page(&shop(), &BTreeMap::from([("chat".to_owned(), example)]));
    let (_, rest) = html.split_once("<pre><code>").unwrap();
    let (code, _) = rest.split_once("</code></pre>").unwrap();
    let parts = code.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text));
    let text = parts.collect::<String>().replace("&quot;", "\"");
    let expected = r#"{
  "type": "chat",
  "data": {
    "user": {
      "id": "x",
      "name": "Ada",
      "home": null,
      "role": "admin"
    },
    "content": "",
    "replies": [],
    "place": [1, 2],
    "at": "y"
  },
  "timestamp": 1
}"#;
    assert_eq!(text, expected);
}

#[test]
fn the_policy_allows_this_page_alone() {
    let html = page(&shop());
    for (tag, kind) in [("style", "style-src"), ("script", "script-src")] {
        let (_, rest) = html.split_once(&format!("<{tag}>")).unwrap();
        let (text, _) = rest.split_once(&format!("</{tag}>")).unwrap();
        let hash = BASE64_STANDARD.encode(Sha256::digest(text));
        assert!(html.contains(&format!("{kind} 'sha256-{hash}'")), "{kind}");
    }
    assert!(html.contains("default-src 'none'"));
    for forbidden in
        ["unsafe-", " style=", " onclick=", "http://", "<img", "<iframe", "@import", "url("]
    {
        assert!(!html.contains(forbidden), "{forbidden}");
    }
}

#[test]
fn names_and_descriptions_are_text() {
    let evil = "</script><script>alert(1)</script>\" onload=\"x' &amp;";
    let schema = json!({
        "description": evil, "title": evil, "default": evil, "pattern": evil, "format": evil,
        "properties": { evil: { "type": evil, "const": evil } }, "required": [evil],
        "discriminator": { "propertyName": evil }, "oneOf": [{ "$ref": format!("#/$defs/{evil}") }],
    });
    let more = json!({ evil: { "enum": [evil], "description": format!("`{evil}`: {evil}") } });
    let document = contract(&[schema.clone(), json!({ "properties": { "x": schema } })], &more);
    let html = page(&document);
    assert_eq!(html.matches("<script>").count(), 1);
    assert_eq!(html.matches("</script>").count(), 1);
    let mut tags = html.split('<').filter_map(|part| Some(part.split_once('>')?.0));
    assert_eq!(tags.find(|tag| tag.contains("onload=")), None);
}

#[test]
fn cycles_and_chains_end() {
    let union = |to: &str| {
        json!({
            "discriminator": { "propertyName": "t" },
            "oneOf": [{ "$ref": format!("#/$defs/{to}") }],
        })
    };
    // A chain of unions in unions that is far deeper than a page should be.
    let mut defs = serde_json::Map::new();
    for index in 0..5_000 {
        defs.insert(format!("U{index}"), union(&format!("U{}", index + 1)));
    }
    let list = |of: &str| json!({ "items": { "$ref": format!("#/$defs/{of}") } });
    defs.insert("U5000".to_owned(), list("U5000"));
    defs.insert("A".to_owned(), union("B"));
    defs.insert("B".to_owned(), list("A"));
    defs.insert("Self".to_owned(), list("Self"));
    let payloads = ["U0", "A", "Self"].map(|name| json!({ "$ref": format!("#/$defs/{name}") }));
    let html = page(&contract(&payloads, &Value::Object(defs)));
    for name in ["U0", "U1", "U4999", "U5000", "A", "B", "Self"] {
        assert_eq!(html.matches(&format!("id=\"type-{name}\"")).count(), 1, "{name}");
    }
}

#[test]
fn a_long_payload_is_shown_once() {
    let properties: serde_json::Map<_, _> =
        (0..1_000).map(|index| (format!("field{index}"), json!({ "type": "string" }))).collect();
    let more = json!({ "Long": { "properties": properties } });
    let payloads = vec![json!({ "$ref": "#/$defs/Long" }); 200];
    let html = page(&contract(&payloads, &more));
    assert_eq!(html.matches(">field7<").count(), 1);
    assert_eq!(message(&html, "m7"), "m7 Payload Long It is described among the types.");
}

#[test]
fn much_of_everything_takes_no_time() {
    let many: Vec<String> = (0..30_000).map(|index| format!("v{index}")).collect();
    let paragraphs: Vec<String> = many.iter().map(|value| format!("`{value}`: Yes.")).collect();
    let properties: serde_json::Map<_, _> =
        many.iter().map(|name| (name.clone(), json!(true))).collect();
    let required = [many.as_slice(), many.as_slice()].concat();
    let document = contract(
        &[
            json!({ "enum": many, "description": paragraphs.join("\n\n") }),
            json!({ "properties": properties, "required": required }),
        ],
        &json!({}),
    );
    let example = json!({ "type": "m1", "data": properties });
    let began = std::time::Instant::now();
    let html = docs::page(&document, &BTreeMap::from([("m1".to_owned(), example)]));
    assert!(began.elapsed().as_secs() < 30, "{:?}", began.elapsed());
    assert_eq!(html.matches(">v7<").count(), 1);
    assert_eq!(html.matches("<p>Yes.</p>").count(), 30_000);
}

#[test]
fn deep_schemas_are_bounded() {
    let mut schema = json!({ "type": "string" });
    for _ in 0..30 {
        schema = json!({ "properties": { "x": schema } });
    }
    let mut arrays = json!({ "type": "string" });
    for _ in 0..50 {
        arrays = json!({ "type": "array", "items": arrays });
    }
    let html = page(&contract(&[schema, arrays], &json!({})));
    assert!(html.contains("<pre><code>{&quot;properties&quot;"));
    assert!(
        html.contains("array of array of array of array of array of array of array of array of …")
    );
}

#[test]
fn a_contract_without_messages_has_a_page() {
    let html = page(&contract(&[], &json!({})));
    assert!(html.contains("<h1") && !html.contains("<h2"));
}

#[test]
fn two_runs_give_the_same_bytes() {
    assert_eq!(page(&shop()), page(&shop()));
}

#[test]
fn the_command_writes_the_page() {
    let run = |args: &[&str]| {
        let contract = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/contract/shop.json");
        let mut command = Command::new(env!("CARGO_BIN_EXE_wirebond"));
        command.arg("docs").arg(contract).args(args).output().unwrap()
    };
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("page.html");
    let output = run(&["-o", file.to_str().unwrap()]);
    assert!(output.status.success() && output.stdout.is_empty() && output.stderr.is_empty());
    // With an example of each message.
    let page = docs::page(&shop(), &sample::examples(&shop()));
    assert_eq!(fs::read_to_string(file).unwrap(), page);
    assert_eq!(String::from_utf8(run(&[]).stdout).unwrap(), page);
    let output = run(&["-o", "no/such/folder/page.html"]);
    assert_eq!(output.status.code(), Some(2));
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(errors.contains("no/such/folder/page.html can't be written"), "{errors}");
}

/// Keywords with values of any kind, mostly not those that they should have.
fn any_schema() -> impl Strategy<Value = Value> {
    let keys = prop::sample::select(vec![
        "$ref",
        "type",
        "const",
        "enum",
        "properties",
        "required",
        "items",
        "prefixItems",
        "anyOf",
        "oneOf",
        "allOf",
        "discriminator",
        "propertyName",
        "additionalProperties",
        "description",
        "default",
        "format",
        "minimum",
        "maximum",
        "pattern",
        "deprecated",
        "minItems",
        "not",
        "x",
    ]);
    let texts = prop::sample::select(vec![
        "#/$defs/A",
        "#/$defs/B",
        "x",
        "object",
        "array",
        "string",
        "`x`: y",
        "[`A`] <b>",
        "",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        texts.prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 48, 6, move |inner| {
        prop_oneof![
            1 => prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            3 => prop::collection::btree_map(keys.clone(), inner, 0..6).prop_map(|members| {
                let member = |(key, value): (&str, Value)| match key {
                    // Other references make no contract.
                    "$ref" if value.is_number() => (key.to_owned(), json!("#/$defs/A")),
                    "$ref" => (key.to_owned(), json!("#/$defs/B")),
                    _ => (key.to_owned(), value),
                };
                members.into_iter().map(member).collect()
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn whatever_a_schema_is_there_is_a_page(
        payload in any_schema(), a in any_schema(), b in any_schema(), example in any_schema(),
    ) {
        let payloads = [payload, json!({ "$ref": "#/$defs/A" })];
        let contract = contract_value(&payloads, &json!({ "A": a, "B": b }));
        let Ok(document) = Document::parse(&contract.to_string()) else { return Ok(()) };
        let html = docs::page(&document, &BTreeMap::from([("m0".to_owned(), example)]));
        prop_assert!(html.ends_with("</html>\n"));
        let ids: Vec<_> = html.split(" id=\"").skip(1).map(|part| part.split('"').next()).collect();
        let distinct: std::collections::BTreeSet<_> = ids.iter().collect();
        prop_assert_eq!(distinct.len(), ids.len());
        for part in html.split(" href=\"#").skip(1) {
            prop_assert!(distinct.contains(&part.split('"').next()), "{}", part);
        }
        // Whether it is schemas or not: an AsyncAPI document or an error.
        let _ = asyncapi::document(&document, &asyncapi::Options::default());
    }
}
