//! The shapes of Rust's types in the document: the schema accepts what the codec accepts.
#![allow(clippy::too_many_lines, reason = "a test's types stand where they are used")]
#![allow(dead_code, reason = "only the schemas of these types count")]

use std::collections::{BTreeMap, HashMap, HashSet};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use wirebond::{
    Contract,
    schema::{Document, View},
};

use crate::support::agree::{agree, def, document};

/// Where somebody lives.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct Address {
    street: String,
    number: Option<i32>,
}

#[test]
fn flattened_structs_and_maps_are_the_fields_of_the_outer_one() {
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    struct Outer {
        id: u8,
        #[serde(flatten)]
        address: Address,
        #[serde(flatten)]
        rest: BTreeMap<String, Value>,
    }
    #[derive(Debug, Contract)]
    enum App {
        Outer(Outer),
    }
    let document = document::<App>();
    agree::<App>(&document, &json!({ "id": 1, "street": "x", "more": [1] }), true);
    agree::<App>(&document, &json!({ "id": 1 }), false);
}

#[test]
fn recursive_types_refer_to_themselves() {
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    struct Tree {
        value: u8,
        #[serde(default)]
        left: Option<Box<Tree>>,
        forest: Forest,
    }
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    struct Forest(Vec<Tree>);
    #[derive(Debug, Contract)]
    enum App {
        Grow(Tree),
    }
    let document = document::<App>();
    let leaf = json!({ "value": 1, "forest": [] });
    agree::<App>(&document, &json!({ "value": 1, "left": leaf, "forest": [leaf, leaf] }), true);
    agree::<App>(&document, &json!({ "value": 1, "left": 5, "forest": [] }), false);
}

#[test]
fn generic_types_have_names_that_are_words() {
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    #[schemars(rename = "Page<{T}>")]
    struct Page<T> {
        items: Vec<T>,
        next: Option<Box<Page<T>>>,
    }
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    #[schemars(rename = "a/b ~c")]
    struct Odd {
        page: Page<String>,
    }
    #[derive(Debug, Contract)]
    enum App {
        Users(Page<Address>),
        Odd(Odd),
    }
    let document = document::<App>();
    for name in ["Page_Address", "Page_string", "a_b_c"] {
        def(&document, name);
    }
    agree::<App>(&document, &json!({ "items": [{ "street": "x" }], "next": null }), true);
    agree::<App>(&document, &json!({ "items": [1] }), false);
}

#[test]
fn maps_tuples_and_numbers() {
    #[derive(Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
    #[serde(rename_all = "lowercase")]
    enum Key {
        Left,
        Right,
    }
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    struct Many {
        by_number: HashMap<u16, bool>,
        by_key: HashMap<Key, bool>,
        pair: (u8, String),
        triple: [i8; 3],
        set: HashSet<String>,
        nested: Vec<Vec<Option<u8>>>,
        int: i32,
        word: u32,
        long: i64,
        large: u64,
        huge: i128,
        letter: char,
        any: Value,
        nothing: (),
        time: std::time::Duration,
        #[serde(default = "seven")]
        default: u8,
    }
    fn seven() -> u8 {
        7
    }
    #[derive(Debug, Contract)]
    enum App {
        Many(Many),
    }
    let document = document::<App>();
    let fields = &def(&document, "Many")["properties"];
    assert_eq!(fields["int"]["minimum"], i32::MIN);
    assert_eq!(fields["int"]["maximum"], i32::MAX);
    assert_eq!(fields["word"], json!({ "type": "integer", "minimum": 0, "maximum": u32::MAX }));
    assert_eq!(fields["long"], json!({ "type": "integer", "format": "int64" }));
    assert_eq!(fields["large"], json!({ "type": "integer", "minimum": 0 }));
    assert_eq!(fields["default"]["default"], 7);
    let whole = json!({
        "by_number": { "7": true }, "by_key": { "left": true }, "pair": [1, "x"], "triple": [1, 2, 3],
        "set": ["a"], "nested": [[1, null]], "int": -5, "word": 5, "long": i64::MIN, "large": u64::MAX,
        "huge": 5, "letter": "x", "any": { "a": [1] }, "nothing": null,
        "time": { "secs": 1, "nanos": 0 },
    });
    agree::<App>(&document, &whole, true);
    for (field, wrong) in [
        ("by_number", json!({ "x": true })),
        ("by_key", json!({ "up": true })),
        ("pair", json!([1])),
        ("pair", json!([1, "x", 2])),
        ("triple", json!([1, 2])),
        ("int", json!(2_147_483_648_i64)),
        ("word", json!(-1)),
        ("large", json!(-1)),
        ("letter", json!("xy")),
        ("nothing", json!(0)),
        ("default", json!(null)),
    ] {
        let mut whole = whole.clone();
        whole[field] = wrong;
        agree::<App>(&document, &whole, false);
    }
}

#[test]
fn types_of_other_crates_and_hand_written_schemas() {
    fn in_hex(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[0-9a-f]*$", "x-rust": "hex", "format": "hex" })
    }
    fn either(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "integer"], "minimum": 0 })
    }
    /// As `serde_with` does it: the schema is that of another type.
    struct AsText;
    impl JsonSchema for AsText {
        fn inline_schema() -> bool {
            true
        }
        fn schema_name() -> std::borrow::Cow<'static, str> {
            "AsText".into()
        }
        fn json_schema(_: &mut SchemaGenerator) -> Schema {
            json_schema!({ "type": "string", "pattern": r"^\d+$" })
        }
    }
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    struct Others {
        id: uuid::Uuid,
        home: url::Url,
        at: chrono::DateTime<chrono::Utc>,
        day: chrono::NaiveDate,
        clock: chrono::NaiveTime,
        #[schemars(schema_with = "in_hex")]
        hex: String,
        #[schemars(schema_with = "either")]
        either: Value,
        #[schemars(with = "AsText")]
        text: String,
        #[schemars(with = "Option<Vec<u8>>")]
        bytes: Value,
        #[schemars(extend("x-internal" = true, "example" = 1))]
        #[schemars(length(min = 2), regex(pattern = "^a"))]
        marked: String,
        address: std::net::IpAddr,
    }
    #[derive(Debug, Contract)]
    enum App {
        Others(Others),
    }
    let document = document::<App>();
    let fields = &def(&document, "Others")["properties"];
    assert_eq!(fields["hex"], json!({ "type": "string", "pattern": "^[0-9a-f]*$" }));
    assert_eq!(
        fields["either"],
        json!({ "anyOf": [{ "type": "string" }, { "type": "integer", "minimum": 0 }] })
    );
    assert_eq!(fields["marked"], json!({ "type": "string", "minLength": 2, "pattern": "^a" }));
    assert_eq!(fields["clock"]["type"], "string");
    assert_eq!(fields["id"]["format"], "uuid");
    agree::<App>(
        &document,
        &json!({
            "id": "67e55044-10b1-426f-9247-bb680e5fe0c8", "home": "https://example.com/",
            "at": "2026-01-01T00:00:00Z", "day": "2026-01-01", "clock": "10:00:00", "hex": "0f",
            "either": 1, "text": "12", "bytes": [1], "marked": "ab", "address": "::1",
        }),
        true,
    );
}

#[test]
fn inline_payloads_get_names_of_their_own() {
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    #[schemars(inline)]
    #[serde(tag = "on")]
    enum Switch {
        Yes { since: u8 },
        No,
    }
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    struct TagsData {
        a: u8,
    }
    #[derive(Debug, Contract)]
    enum App {
        Turn(Switch),
        Tags(Vec<TagsData>),
        Pair((u8, Address)),
        Any(Value),
        Maybe(Option<Address>),
    }
    let document = document::<App>();
    assert_eq!(def(&document, "TurnData")["discriminator"], json!({ "propertyName": "on" }));
    def(&document, "TurnDataYes");
    // `TagsData` is a type of its own.
    assert_eq!(def(&document, "TagsPayload")["items"], json!({ "$ref": "#/$defs/TagsData" }));
    assert_eq!(def(&document, "AnyData"), &json!({}));
    assert_eq!(def(&document, "PairData")["minItems"], 2);
    for message in document.messages().filter(|message| !message.is_heartbeat()) {
        let payload = message.payload().unwrap();
        assert_eq!(payload.as_object().unwrap().len(), 1, "{}: {payload}", message.name());
        def(&document, payload["$ref"].as_str().unwrap().strip_prefix("#/$defs/").unwrap());
    }
    agree::<App>(&document, &json!({ "on": "Yes", "since": 1 }), true);
    agree::<App>(&document, &json!({ "on": "Maybe" }), false);
}

mod payloads {
    use super::{Deserialize, JsonSchema, Serialize};

    macro_rules! structs {
        ($($name:ident)*) => {$(
            #[derive(Debug, Serialize, Deserialize, JsonSchema)]
            pub(super) struct $name {
                pub(super) a: u8,
            }
        )*};
    }
    structs!(PingMessage Heartbeat ChatMessage Chat AbcMessage);
}

#[test]
fn payloads_may_be_called_like_messages() {
    #[derive(Debug, Contract)]
    enum App {
        Chat(payloads::ChatMessage),
        // Its message isn't `ChatMessage` either way.
        Talk(payloads::Chat),
        Beat(payloads::Heartbeat),
        Pinged(payloads::PingMessage),
        Client,
        Abc(payloads::AbcMessage),
    }
    let document = document::<App>();
    let names: Vec<_> = document.messages().map(|m| (m.name(), m.def())).collect();
    assert_eq!(
        names,
        [
            ("chat", "ChatEnvelope"),
            ("talk", "TalkMessage"),
            ("beat", "BeatMessage"),
            ("pinged", "PingedMessage"),
            ("client", "ClientEnvelope"),
            ("abc", "AbcEnvelope"),
            ("ping", "PingEnvelope"),
            ("pong", "PongMessage"),
        ]
    );
    assert_eq!(
        def(&document, "PingEnvelope")["properties"]["data"]["anyOf"][0],
        json!({ "$ref": "#/$defs/HeartbeatData" })
    );
    assert_eq!(def(&document, "Heartbeat")["required"], json!(["a"]));
}

#[test]
fn fields_may_be_called_like_keywords() {
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    struct Keywords {
        #[serde(rename = "$ref")]
        reference: u8,
        #[serde(rename = "oneOf")]
        one_of: Vec<u8>,
        properties: Address,
        r#type: String,
        r#enum: Option<u8>,
        #[serde(rename = "x-trace")]
        trace: String,
        #[serde(rename = "$defs")]
        defs: BTreeMap<String, u8>,
    }
    #[derive(Debug, Contract)]
    enum App {
        Keywords(Keywords),
    }
    let value = App::contract().unwrap();
    let fields = def(&value, "Keywords")["properties"].as_object().unwrap();
    let names: Vec<_> = fields.keys().map(String::as_str).collect();
    assert_eq!(names, ["$defs", "$ref", "enum", "oneOf", "properties", "type", "x-trace"]);
    let data = json!({
        "$ref": 1, "oneOf": [], "properties": { "street": "" }, "type": "", "x-trace": "", "$defs": {}
    });
    agree::<App>(&value, &data, true);
    agree::<App>(&value, &json!({}), false);
    assert_eq!(Document::parse(&value.to_json()).unwrap(), value);
}

#[test]
fn a_contract_without_messages_of_one_side_still_has_the_heartbeat() {
    #[derive(Debug, Contract)]
    #[contract(name = "Kurze Größe 7")]
    enum App {
        #[message(from = "client")]
        Leave,
    }
    let document = document::<App>();
    assert_eq!(document.value()["$id"], "urn:wirebond:kurze-gr%C3%B6%C3%9Fe-7:0.0.0");
    assert_eq!(document.name(), "Kurze Größe 7");
    let listed = def(&document, "ServerMessage")["oneOf"].as_array().unwrap();
    assert_eq!(listed.len(), 2);
}

#[test]
fn the_views_differ_in_what_may_be_left_out() {
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    struct Settings {
        #[serde(default)]
        loud: bool,
        name: String,
    }
    #[derive(Debug, Contract)]
    enum App {
        Set(Settings),
    }
    let required = |view| {
        let document = Document::of::<App>(view).unwrap();
        def(&document, "Settings")["required"].clone()
    };
    assert_eq!(required(View::Deserialize), json!(["name"]));
    assert_eq!(required(View::Serialize), json!(["loud", "name"]));
}
