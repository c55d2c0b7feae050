//! Contracts as AsyncAPI documents: their shape, what is converted, and what is refused.

use std::{collections::BTreeMap, fs, path::Path, process::Command};

use proptest::prelude::*;
use serde_json::{Value, json};
use wirebond_cli::{
    asyncapi::{self, AsyncApi, Options, Perspective},
    sample,
};
use wirebond_schema::Document;

fn contract(path: &str) -> Document {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    Document::parse(&fs::read_to_string(path).unwrap()).unwrap()
}

fn shop() -> Document {
    contract("tests/contract/shop.json")
}

fn write(document: &Document) -> AsyncApi {
    asyncapi::document(document, &Options::default()).unwrap()
}

/// A contract whose one message, sent by the client alone, has this payload.
fn with_payload(payload: &Value, more: &Value) -> Document {
    let mut contract = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:wirebond:one:1.0.0",
        "title": "One",
        "anyOf": [{ "$ref": "#/$defs/ClientMessage" }, { "$ref": "#/$defs/ServerMessage" }],
        "$defs": {
            "ClientMessage": { "oneOf": [{ "$ref": "#/$defs/OneMessage" }] },
            "ServerMessage": { "not": {} },
            "OneMessage": {
                "type": "object",
                "properties": { "type": { "type": "string", "const": "one" }, "data": payload },
                "required": ["type"],
            },
        },
    });
    for (name, schema) in more.as_object().unwrap() {
        contract["$defs"][name] = schema.clone();
    }
    Document::parse(&contract.to_string()).unwrap()
}

/// What the payload of [`with_payload`] becomes.
fn converted(payload: &Value) -> Value {
    let document = with_payload(payload, &json!({ "Other": { "type": "string" } }));
    let asyncapi = write(&document);
    asyncapi.value()["components"]["schemas"]["OneMessage"]["properties"]["data"].clone()
}

#[test]
fn a_call_is_an_operation_with_a_reply() {
    let document = contract("tests/consumers/contract.json");
    let server = write(&document);
    let options = Options { perspective: Perspective::Client, ..Options::default() };
    let client = asyncapi::document(&document, &options).unwrap();
    for (asyncapi, quote, sign) in [(&server, "receive", "send"), (&client, "send", "receive")] {
        let of = |operation: String| asyncapi.value()["operations"][operation].clone();
        let quote = of(format!("{quote}QuoteMessage"));
        let channel =
            |message: &str| json!({ "$ref": format!("#/channels/socket/messages/{message}") });
        assert_eq!(quote["messages"], json!([channel("QuoteMessage")]));
        let answers = json!([channel("QuoteReplyMessage"), channel("QuoteErrorMessage")]);
        assert_eq!(quote["reply"]["messages"], answers);
        let sign = of(format!("{sign}SignMessage"));
        assert_eq!(sign["reply"]["messages"], json!([channel("SignReplyMessage")]));
    }
    let components = &server.value()["components"];
    let id = |message: &str| components["messages"][message]["correlationId"]["$ref"].clone();
    assert_eq!(id("QuoteMessage"), "#/components/correlationIds/request");
    assert_eq!(id("SignReplyMessage"), "#/components/correlationIds/answer");
    assert_eq!(components["correlationIds"]["answer"]["location"], "$message.payload#/re");
    // Neither is listed among the messages that stand alone.
    let alone =
        [sent(&server, "receiveClientMessages"), sent(&server, "sendServerMessages")].concat();
    assert!(!alone.iter().any(|key| key.contains("Quote") || key.contains("Sign")), "{alone:?}");
    assert!(write(&shop()).value()["components"].get("correlationIds").is_none());
}

/// The messages of an operation, by their keys.
fn sent(asyncapi: &AsyncApi, operation: &str) -> Vec<String> {
    let messages = asyncapi.value()["operations"][operation]["messages"].as_array().unwrap();
    messages
        .iter()
        .map(|message| message["$ref"].as_str().unwrap().rsplit('/').next().unwrap().to_owned())
        .collect()
}

#[test]
fn each_side_sends_its_messages_and_receives_the_others() {
    let document = shop();
    let server = write(&document);
    let options = Options { perspective: Perspective::Client, ..Options::default() };
    let client = asyncapi::document(&document, &options).unwrap();
    let of_client = sent(&server, "receiveClientMessages");
    let of_server = sent(&server, "sendServerMessages");
    assert!(of_client.contains(&"LeaveMessage".to_owned()), "{of_client:?}");
    assert!(!of_client.contains(&"CountMessage".to_owned()), "{of_client:?}");
    assert!(of_server.contains(&"CountMessage".to_owned()), "{of_server:?}");
    assert!(!of_server.contains(&"LeaveMessage".to_owned()), "{of_server:?}");
    assert!(of_server.contains(&"PingMessage".to_owned()), "{of_server:?}");
    assert_eq!(sent(&client, "sendClientMessages"), of_client);
    assert_eq!(sent(&client, "receiveServerMessages"), of_server);
    assert_eq!(client.value()["operations"]["sendClientMessages"]["action"], "send");
    assert_eq!(server.value()["operations"]["sendServerMessages"]["action"], "send");
}

#[test]
fn a_direction_without_messages_is_no_operation() {
    let asyncapi = write(&with_payload(&json!(true), &json!({})));
    let operations = asyncapi.value()["operations"].as_object().unwrap();
    assert_eq!(operations.keys().collect::<Vec<_>>(), ["receiveClientMessages"]);
}

#[test]
fn a_deprecated_message_has_the_tag_and_the_deprecated_schema() {
    let asyncapi = write(&shop());
    let components = &asyncapi.value()["components"];
    assert_eq!(components["messages"]["CountMessage"]["tags"][0]["name"], "deprecated");
    assert_eq!(components["messages"]["TagsMessage"].get("tags"), None);
    assert_eq!(components["schemas"]["CountMessage"]["deprecated"], true);
}

#[test]
fn keywords_become_those_of_draft_07() {
    let reference = json!({ "$ref": "#/components/schemas/Other" });
    for (from, to) in [
        (json!({ "$ref": "#/$defs/Other" }), reference.clone()),
        (
            json!({ "$ref": "#/$defs/Other", "default": "x" }),
            json!({ "allOf": [reference], "default": "x" }),
        ),
        (
            json!({ "$ref": "#/$defs/Other", "allOf": [true] }),
            json!({ "allOf": [reference, true] }),
        ),
        (
            json!({ "prefixItems": [{ "type": "null" }], "items": false }),
            json!({ "items": [{ "type": "null" }], "additionalItems": false }),
        ),
        (json!({ "prefixItems": [true] }), json!({ "items": [true] })),
        (json!({ "prefixItems": [], "items": false }), json!({ "items": false })),
        (
            json!({ "dependentRequired": { "a": ["b"] }, "dependentSchemas": { "b": true } }),
            json!({ "dependencies": { "a": ["b"], "b": true } }),
        ),
        (json!({ "discriminator": { "propertyName": "x" }, "oneOf": [] }), json!({ "oneOf": [] })),
        (json!({ "$comment": "x", "type": "null" }), json!({ "type": "null" })),
        // Names and values that look like keywords are neither.
        (
            json!({ "properties": { "discriminator": true, "$ref": { "const": { "$ref": 1 } } } }),
            json!({ "properties": { "discriminator": true, "$ref": { "const": { "$ref": 1 } } } }),
        ),
        (json!({ "const": { "prefixItems": 1 } }), json!({ "const": { "prefixItems": 1 } })),
        (json!(false), json!(false)),
    ] {
        assert_eq!(converted(&from), to, "{from}");
    }
}

#[test]
fn what_cannot_be_said_is_noted() {
    let payload = json!({ "unevaluatedProperties": false, "items": { "minContains": 2 } });
    let asyncapi = write(&with_payload(&payload, &json!({})));
    let place = "/$defs/OneMessage/properties/data";
    assert_eq!(
        asyncapi.notes(),
        [
            format!("{place}/items/minContains: AsyncAPI's schemas have no `minContains`"),
            format!(
                "{place}/unevaluatedProperties: AsyncAPI's schemas have no `unevaluatedProperties`"
            ),
        ]
    );
    assert!(write(&shop()).notes().is_empty());
}

#[test]
fn what_is_no_schema_is_an_error_that_says_where() {
    for (payload, expected) in [
        (json!({ "anyOf": {} }), "/properties/data/anyOf is no list"),
        (json!({ "properties": [] }), "/properties/data/properties is no object"),
        (json!({ "not": "x" }), "/properties/data/not is no schema"),
    ] {
        let document = with_payload(&payload, &json!({}));
        let error = asyncapi::document(&document, &Options::default()).unwrap_err().to_string();
        assert!(error.contains(expected), "{payload}: {error}");
    }
}

#[test]
fn keys_are_legal_and_stay_apart() {
    let payload = json!({ "anyOf": [
        { "$ref": "#/$defs/Größe" }, { "$ref": "#/$defs/Gr__e" }, { "$ref": "#/$defs/Gr§§e" },
    ] });
    let more = json!({ "Größe": { "const": 1 }, "Gr__e": { "const": 2 }, "Gr§§e": { "const": 3 } });
    let asyncapi = write(&with_payload(&payload, &more));
    let schemas = asyncapi.value()["components"]["schemas"].as_object().unwrap();
    let branches = schemas["OneMessage"]["properties"]["data"]["anyOf"].as_array().unwrap();
    let values: Vec<_> = branches
        .iter()
        .map(|branch| branch["$ref"].as_str().unwrap().rsplit('/').next().unwrap())
        .map(|key| schemas[key]["const"].as_u64().unwrap())
        .collect();
    assert_eq!(values, [1, 2, 3]);
    let legal = |key: &&String| {
        key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
    };
    assert_eq!(schemas.keys().filter(legal).count(), 4);
}

#[test]
fn a_cycle_ends() {
    let more = json!({
        "A": { "properties": { "b": { "$ref": "#/$defs/B" } } },
        "B": { "$ref": "#/$defs/A" },
    });
    let asyncapi = write(&with_payload(&json!({ "$ref": "#/$defs/B" }), &more));
    let schemas = &asyncapi.value()["components"]["schemas"];
    assert_eq!(schemas["B"], json!({ "$ref": "#/components/schemas/A" }));
}

#[test]
fn only_what_messages_need_is_written() {
    let asyncapi = write(&shop());
    let text = asyncapi.to_json().unwrap();
    assert!(
        !text.contains("$defs") && !text.contains("discriminator") && !text.contains("$schema")
    );
    let schemas = asyncapi.value()["components"]["schemas"].as_object().unwrap();
    assert!(!schemas.contains_key("ClientMessage") && !schemas.contains_key("ServerMessage"));
    assert!(schemas.contains_key("ChangeSentTo"));
}

#[test]
fn a_server_is_one_of_websockets() {
    let write = |url: &str| {
        let options = Options { server: Some(url.to_owned()), ..Options::default() };
        asyncapi::document(&shop(), &options)
    };
    let asyncapi = write("wss://example.com:8443/a/socket").unwrap();
    assert_eq!(
        asyncapi.value()["servers"]["main"],
        json!({ "host": "example.com:8443", "protocol": "wss" })
    );
    assert_eq!(asyncapi.value()["channels"]["socket"]["address"], "/a/socket");
    let asyncapi = write("ws://localhost").unwrap();
    assert_eq!(asyncapi.value()["channels"]["socket"]["address"], "/");
    for (url, expected) in [
        ("https://example.com", "is not one of a WebSocket"),
        ("example.com", "is not one of a WebSocket"),
        ("/socket", "is not one of a WebSocket"),
        ("", "is none"),
        ("wss://", "is none"),
        ("wss://me:secret@example.com", "a user's name"),
        ("wss://example.com/?token=x", "a query"),
        ("wss://example.com/#x", "fragment"),
        ("wss://exa mple.com", "is none"),
    ] {
        let error = write(url).unwrap_err().to_string();
        assert!(error.contains(expected) && error.contains("wss://example.com/socket"), "{error}");
    }
}

#[test]
fn an_example_stands_at_its_message() {
    let example = json!({ "type": "leave" });
    let examples = BTreeMap::from([("leave".to_owned(), example.clone())]);
    let options = Options { examples, ..Options::default() };
    let asyncapi = asyncapi::document(&shop(), &options).unwrap();
    let messages = &asyncapi.value()["components"]["messages"];
    assert_eq!(messages["LeaveMessage"]["examples"][0]["payload"], example);
    assert_eq!(messages["ChatEnvelope"].get("examples"), None);
}

#[test]
fn the_schemas_judge_as_the_contracts_do() {
    let document = shop();
    let asyncapi = write(&document);
    let chat = json!({ "type": "chat", "data": {
        "user": { "id": "67e55044-10b1-426f-9247-bb680e5fe0c8", "name": "Ada" },
        "content": "", "replies": [], "seen": {}, "place": [1.5, 2], "at": "2026-01-01T00:00:00Z",
    } });
    let mut three = chat.clone();
    three["data"]["place"] = json!([1, 2, 3]);
    let mut mixed = chat.clone();
    mixed["data"]["place"] = json!([1, "2"]);
    let mut role = chat.clone();
    role["data"]["user"]["role"] = json!("king");
    let sent = json!({ "kind": "sent-to", "street": "x", "number": 1 });
    for (message, def, is_valid) in [
        (&chat, "ChatEnvelope", true),
        (&three, "ChatEnvelope", false),
        (&mixed, "ChatEnvelope", false),
        (&role, "ChatEnvelope", false),
        (&json!({ "type": "order-update", "data": sent }), "OrderUpdateMessage", true),
        (&json!({ "type": "order-update", "data": { "kind": "x" } }), "OrderUpdateMessage", false),
        (&json!({ "type": "either", "data": null }), "EitherMessage", true),
        (&json!({ "type": "either", "data": [] }), "EitherMessage", false),
        (&json!({ "type": "count", "data": 256 }), "CountMessage", false),
    ] {
        let mut contract = document.value().clone();
        contract.as_object_mut().unwrap().remove("anyOf");
        contract["$ref"] = json!(format!("#/$defs/{def}"));
        let contract = jsonschema::validator_for(&contract).unwrap();
        assert_eq!(contract.is_valid(message), is_valid, "contract: {message}");
        let schema = json!({
            "$ref": format!("#/components/schemas/{def}"),
            "components": asyncapi.value()["components"],
        });
        let schema = jsonschema::draft7::new(&schema).unwrap();
        assert_eq!(schema.is_valid(message), is_valid, "AsyncAPI: {message}");
    }
}

/// Reads both texts, which must hold the document.
fn read_back(asyncapi: &AsyncApi) -> Result<(), TestCaseError> {
    let json: Value = serde_json::from_str(&asyncapi.to_json().unwrap()).unwrap();
    prop_assert_eq!(&json, asyncapi.value());
    let text = asyncapi.to_yaml().unwrap();
    let yaml: Value = yaml_serde::from_str(&text).unwrap();
    prop_assert_eq!(&yaml, asyncapi.value(), "{}", text);
    Ok(())
}

#[test]
fn yaml_holds_what_json_does() {
    for document in [shop(), contract("examples/contract/contract.json")] {
        read_back(&write(&document)).unwrap();
    }
}

#[test]
fn strings_that_some_yaml_readers_take_for_more_are_quoted() {
    let values = ["on", "yes", "n", "null", "~", "2020-01-01", "1:30", "=", "<<", "0o7", "1_000"];
    let asyncapi = write(&with_payload(&json!({ "enum": values }), &json!({})));
    let text = asyncapi.to_yaml().unwrap();
    for value in values {
        assert!(text.contains(&format!("- \"{value}\"\n")), "{value} in {text}");
    }
}

#[test]
fn two_runs_give_the_same_bytes() {
    let (one, other) = (write(&shop()), write(&shop()));
    assert_eq!(one.to_yaml(), other.to_yaml());
    assert_eq!(one.to_json(), other.to_json());
    assert!(one.to_json().unwrap().starts_with("{\n  \"asyncapi\": \"3.0.0\",\n  \"info\": {"));
}

/// Any JSON, with strings that are hard on writers.
fn any_json() -> impl Strategy<Value = Value> {
    let text = prop_oneof![any::<String>(), "[ -~\n\t:#'\"|>-]{0,100}", "[\n a-z]{0,120}"];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        text.clone().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(text.clone(), inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_value_survives_both_texts(value in any_json(), text in any::<String>()) {
        let schema = json!({ "default": value, "description": text });
        read_back(&write(&with_payload(&schema, &json!({}))))?;
    }
}

#[test]
fn the_command_writes_the_form_that_is_asked_for() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let run = |args: &[&str]| {
        let contract = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/contract/shop.json");
        let mut command = Command::new(env!("CARGO_BIN_EXE_wirebond"));
        command.current_dir(folder).arg("asyncapi").arg(contract).args(args);
        let output = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    // With an example of each message.
    let options = Options { examples: sample::examples(&shop()), ..Options::default() };
    let written = asyncapi::document(&shop(), &options).unwrap();
    let (json, yaml) = (written.to_json().unwrap(), written.to_yaml().unwrap());
    assert_eq!(run(&[]), (Some(0), yaml.clone(), String::new()));
    assert_eq!(run(&["--format", "json"]), (Some(0), json.clone(), String::new()));
    for (file, args, text) in [
        ("asyncapi.json", &["-o", "asyncapi.json"][..], &json),
        ("asyncapi.YML", &["-o", "asyncapi.YML"], &yaml),
        ("asyncapi.txt", &["-o", "asyncapi.txt"], &yaml),
        ("other.json", &["-o", "other.json", "--format", "yaml"], &yaml),
    ] {
        assert_eq!(run(args), (Some(0), String::new(), String::new()));
        assert_eq!(&fs::read_to_string(folder.join(file)).unwrap(), text, "{file}");
    }
    let (_, text, _) = run(&["--perspective", "client", "--server", "ws://localhost:8080/socket"]);
    assert!(
        text.contains("  sendClientMessages:\n") && text.contains("    host: localhost:8080\n")
    );
    let (code, text, errors) = run(&["--server", "localhost"]);
    assert_eq!((code, text.as_str()), (Some(2), ""));
    assert!(
        errors.contains("the server's URL \"localhost\" is not one of a WebSocket"),
        "{errors}"
    );
}
