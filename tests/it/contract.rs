//! The contract as a document: its shape, what is refused, and that it says what the codec does.

use std::collections::{BTreeMap, HashMap};

use proptest::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use wirebond::{
    Contract,
    Direction::{Both, Client, Server},
    Envelope,
    schema::{Document, View},
};

/// A person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
struct User {
    id: uuid::Uuid,
    /// As shown to others.
    name: String,
    #[serde(default)]
    role: Role,
    home: Option<url::Url>,
}

#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Role {
    #[default]
    Guest,
    /// May do anything.
    Admin,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
struct ChatMessage {
    user: User,
    content: String,
    replies: Vec<ChatMessage>,
    seen: BTreeMap<String, bool>,
    place: (f64, f64),
    at: chrono::DateTime<chrono::Utc>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Change {
    Paid { cents: u64 },
    SentTo(Address),
    Lost,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Address {
    street: String,
    number: i32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "t", content = "c")]
enum Adjacent {
    Number(u8),
    Text(String),
    Nothing,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
enum External {
    Number(i64),
    Named { x: bool },
    Nothing,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Either {
    Number(i64),
    Text(String),
}

/// Everything that a shop says.
#[derive(Debug, Clone, PartialEq, Contract)]
#[contract(version = "1.2.0", name = "Shop")]
#[allow(clippy::large_enum_variant, reason = "a payload in a box would be another case")]
enum App {
    /// A line that somebody typed.
    Chat(ChatMessage),
    #[message(from = "server")]
    OrderUpdate(Change),
    #[message(from = "server")]
    #[deprecated]
    Count(u8),
    Tags(Vec<String>),
    Adjacent(Adjacent),
    External(External),
    Either(Option<Either>),
    #[message(from = "client")]
    Leave,
}

fn document() -> Document {
    App::contract().unwrap()
}

#[test]
fn the_document_is_the_committed_one() {
    wirebond::assert_contract!(App, "tests/contract/shop.json");
}

#[test]
fn a_document_that_was_read_is_the_one_that_was_written() {
    let (document, text) = (document(), document().to_json());
    let read = Document::parse(&text).unwrap();
    assert_eq!(read, document);
    assert_eq!(read.to_json(), text);
    assert_eq!((read.name(), read.version()), ("Shop", "1.2.0"));
    assert_eq!(read.description(), "Everything that a shop says.");
    assert!(text.ends_with("}\n") && !text.contains('\r'));
}

#[test]
fn messages_have_their_names_directions_and_marks() {
    let document = document();
    let messages: Vec<_> = document
        .messages()
        .map(|message| (message.name(), message.def(), message.direction()))
        .collect();
    assert_eq!(
        messages,
        [
            // `ChatMessage` is the payload's own name.
            ("chat", "ChatEnvelope", Both),
            ("tags", "TagsMessage", Both),
            ("adjacent", "AdjacentMessage", Both),
            ("external", "ExternalMessage", Both),
            ("either", "EitherMessage", Both),
            ("leave", "LeaveMessage", Client),
            ("ping", "PingMessage", Both),
            ("pong", "PongMessage", Both),
            ("order-update", "OrderUpdateMessage", Server),
            ("count", "CountMessage", Server),
        ]
    );
    let of = |name| document.messages().find(|message| message.name() == name).unwrap();
    assert_eq!(of("chat").description(), "A line that somebody typed.");
    assert!(of("count").is_deprecated() && !of("chat").is_deprecated());
    assert_eq!(of("leave").payload(), None);
    assert_eq!(of("chat").payload(), Some(&json!({ "$ref": "#/$defs/ChatMessage" })));
    assert_eq!(of("tags").payload(), Some(&json!({ "$ref": "#/$defs/TagsData" })));
    assert!(of("ping").is_heartbeat());
}

#[test]
fn enums_are_what_other_languages_understand() {
    let document = document();
    let role = document.def("Role").unwrap();
    assert_eq!(role["type"], "string");
    let mut values: Vec<_> = role["enum"].as_array().unwrap().iter().collect();
    values.sort_by_key(ToString::to_string);
    assert_eq!(values, ["admin", "guest"]);
    assert!(role["description"].as_str().unwrap().contains("May do anything."));
    for (name, key) in [("Change", "kind"), ("Adjacent", "t")] {
        let def = document.def(name).unwrap();
        assert_eq!(def["discriminator"], json!({ "propertyName": key }), "{name}");
        for branch in def["oneOf"].as_array().unwrap() {
            let def = branch["$ref"].as_str().unwrap().strip_prefix("#/$defs/").unwrap();
            assert!(document.def(def).is_some(), "{def}");
        }
    }
    assert!(document.def("ChangeSentTo").is_some());
    let text = document.to_json();
    assert!(!text.contains("uint") && !text.contains("\"x-"), "{text}");
}

#[test]
fn it_is_a_valid_schema_and_takes_what_the_codec_takes() {
    let document = document();
    let validator = jsonschema::draft202012::options().build(document.value()).unwrap();
    let user = r#"{"id":"67e55044-10b1-426f-9247-bb680e5fe0c8","name":"Ada","role":"admin"}"#;
    let chat = format!(
        r#"{{"user":{user},"content":"","replies":[],"seen":{{"a":true}},"place":[1,2.5],"at":"2026-01-01T00:00:00Z"}}"#
    );
    for (text, valid) in [
        (format!(r#"{{"type":"chat","data":{chat}}}"#), true),
        (format!(r#"{{"type":"chat","data":{chat},"timestamp":1,"trace":"x"}}"#), true),
        (format!(r#"{{"type":"chat","data":{chat},"timestamp":-1}}"#), false),
        (r#"{"type":"chat","data":{}}"#.to_owned(), false),
        (r#"{"type":"chat"}"#.to_owned(), false),
        (r#"{"type":"weather","data":1}"#.to_owned(), false),
        (r#"{"type":"order-update","data":{"kind":"paid","cents":5}}"#.to_owned(), true),
        (r#"{"type":"order-update","data":{"kind":"paid","cents":-5}}"#.to_owned(), false),
        (
            r#"{"type":"order-update","data":{"kind":"sent-to","street":"x","number":1}}"#
                .to_owned(),
            true,
        ),
        (r#"{"type":"order-update","data":{"kind":"lost"}}"#.to_owned(), true),
        (r#"{"type":"order-update","data":{"kind":"found"}}"#.to_owned(), false),
        (r#"{"type":"count","data":255}"#.to_owned(), true),
        (r#"{"type":"count","data":256}"#.to_owned(), false),
        (r#"{"type":"either","data":null}"#.to_owned(), true),
        (r#"{"type":"either","data":"x"}"#.to_owned(), true),
        (r#"{"type":"either","data":[]}"#.to_owned(), false),
        (r#"{"type":"adjacent","data":{"t":"Number","c":7}}"#.to_owned(), true),
        (r#"{"type":"adjacent","data":{"t":"Number","c":"7"}}"#.to_owned(), false),
        (r#"{"type":"external","data":"Nothing"}"#.to_owned(), true),
        (r#"{"type":"external","data":{"Named":{"x":true}}}"#.to_owned(), true),
        (r#"{"type":"leave"}"#.to_owned(), true),
        (r#"{"type":"leave","data":[1]}"#.to_owned(), true),
    ] {
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(validator.is_valid(&value), valid, "the schema: {text}");
        assert_eq!(
            serde_json::from_str::<Envelope<App>>(&text).is_ok(),
            valid,
            "the codec: {text}"
        );
    }
}

fn user() -> impl Strategy<Value = User> {
    (any::<u128>(), ".{0,8}", any::<bool>(), any::<bool>()).prop_map(|(id, name, admin, home)| {
        User {
            id: uuid::Uuid::from_u128(id),
            name,
            role: if admin { Role::Admin } else { Role::Guest },
            home: home.then(|| "https://example.com/a?b=c".parse().unwrap()),
        }
    })
}

fn chat() -> impl Strategy<Value = ChatMessage> {
    let seen = prop::collection::btree_map(".{0,4}", any::<bool>(), 0..3);
    let place = (-1e9..1e9, -1e9..1e9);
    let leaf = (user(), ".{0,20}", seen, place, 0_i64..4_000_000_000).prop_map(
        |(user, content, seen, place, at)| ChatMessage {
            user,
            content,
            replies: Vec::new(),
            seen,
            place,
            at: chrono::DateTime::from_timestamp(at, 0).unwrap(),
        },
    );
    leaf.prop_recursive(3, 8, 3, |inner| {
        (inner.clone(), prop::collection::vec(inner, 0..3))
            .prop_map(|(chat, replies)| ChatMessage { replies, ..chat })
    })
}

#[allow(deprecated)]
fn message() -> impl Strategy<Value = App> {
    prop_oneof![
        chat().prop_map(App::Chat),
        any::<u64>().prop_map(|cents| App::OrderUpdate(Change::Paid { cents })),
        (".{0,5}", any::<i32>()).prop_map(|(street, number)| {
            App::OrderUpdate(Change::SentTo(Address { street, number }))
        }),
        Just(App::OrderUpdate(Change::Lost)),
        any::<u8>().prop_map(App::Count),
        prop::collection::vec(".{0,5}", 0..3).prop_map(App::Tags),
        prop_oneof![
            any::<u8>().prop_map(Adjacent::Number),
            ".{0,5}".prop_map(Adjacent::Text),
            Just(Adjacent::Nothing),
        ]
        .prop_map(App::Adjacent),
        prop_oneof![
            any::<i64>().prop_map(External::Number),
            any::<bool>().prop_map(|x| External::Named { x }),
            Just(External::Nothing),
        ]
        .prop_map(App::External),
        prop::option::of(prop_oneof![
            any::<i64>().prop_map(Either::Number),
            ".{0,5}".prop_map(Either::Text),
        ])
        .prop_map(App::Either),
        Just(App::Leave),
    ]
}

proptest! {
    /// Whatever Rust writes is valid by the published document, in either view.
    #[test]
    fn what_is_written_is_valid(messages in prop::collection::vec(message(), 1..8)) {
        for view in [View::Deserialize, View::Serialize] {
            let document = Document::of::<App>(view).unwrap();
            let validator = jsonschema::draft202012::new(document.value()).unwrap();
            for message in &messages {
                let envelope = Envelope { message: message.clone(), timestamp: Some(7) };
                let value = serde_json::to_value(&envelope).unwrap();
                prop_assert!(validator.is_valid(&value), "{view:?}: {value}");
            }
        }
    }

    /// Reading any file gives a document or an error.
    #[test]
    fn reading_never_panics(place in any::<prop::sample::Index>(), damage in "[ -~]{0,3}") {
        let mut text = document().to_json();
        let at = place.index(text.len());
        if text.is_char_boundary(at) {
            text.replace_range(at..at, &damage);
            drop(Document::parse(&text));
            drop(Document::parse(&text[..at]));
        }
    }
}

mod first {
    #[derive(Debug, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    pub(crate) struct Item {
        pub(crate) a: u8,
    }
}

mod second {
    #[derive(Debug, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    pub(crate) struct Item {
        pub(crate) b: String,
    }
    #[derive(Debug, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    pub(crate) struct Item2 {
        pub(crate) c: bool,
    }
}

#[test]
fn two_types_of_one_name_are_refused_with_both_sides() {
    #[derive(Debug, Contract)]
    enum Clash {
        Left(first::Item),
        Right(Vec<second::Item>),
    }
    let error = Clash::contract().unwrap_err().to_string();
    for part in ["`Item`", "\"left\"", "\"right\" at /items", "schemars(rename"] {
        assert!(error.contains(part), "{part}: {error}");
    }

    #[derive(Debug, Contract)]
    enum Sound {
        Left(first::Item),
        Right(second::Item2),
    }
    let sound = Sound::contract().unwrap();
    assert!(sound.def("Item").is_some() && sound.def("Item2").is_some(), "a name that ends in 2");

    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    struct Page<T> {
        items: Vec<T>,
    }
    #[derive(Debug, Contract)]
    enum Pages {
        Users(Page<u8>),
        Names(Page<String>),
    }
    assert!(Pages::contract().unwrap_err().to_string().contains("Page_{T}"));
}

#[test]
fn a_field_that_is_read_and_written_differently_is_refused_by_name() {
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    struct Renamed {
        #[serde(rename(serialize = "userName", deserialize = "user_name"))]
        name: String,
    }
    #[derive(Debug, Contract)]
    enum One {
        Chat(Renamed),
    }
    let error = One::contract().unwrap_err().to_string();
    assert!(error.contains("Renamed") && error.to_lowercase().contains("user"), "{error}");

    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    struct Skipped {
        name: String,
        #[serde(skip_serializing, default)]
        #[expect(dead_code, reason = "only its schema counts")]
        password: String,
    }
    #[derive(Debug, Contract)]
    enum Two {
        Login(Vec<Skipped>),
    }
    let error = Two::contract().unwrap_err().to_string();
    assert!(error.contains("`password` of `Skipped`"), "{error}");
}

#[test]
fn files_that_are_no_contract_say_what_they_lack() {
    let text = document().to_json();
    let broken = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        Document::parse(&text.replacen(from, to, 1)).unwrap_err().to_string()
    };
    for (error, message) in [
        (Document::parse("").unwrap_err().to_string(), "it is empty"),
        (
            Document::parse("{]").unwrap_err().to_string(),
            "not JSON: key must be a string at line 1 column 2",
        ),
        (Document::parse("[]").unwrap_err().to_string(), "no `$schema`"),
        (Document::parse(&"[".repeat(100_000)).unwrap_err().to_string(), "not JSON"),
        (Document::parse(&text[..text.len() / 2]).unwrap_err().to_string(), "line"),
        (broken("2020-12", "2019-09"), "2019-09"),
        (broken("urn:wirebond:shop:1.2.0", "https://example.com"), "urn:wirebond"),
        (broken("\"ClientMessage\": {", "\"Client\": {"), "ClientMessage"),
        (broken("#/$defs/LeaveMessage", "#/$defs/Missing"), "Missing"),
        (broken("#/$defs/LeaveMessage", "elsewhere"), "$ref"),
        (broken("\"const\": \"leave\"", "\"const\": \"chat\""), "one wire name"),
    ] {
        assert!(error.contains(message), "{message}: {error}");
    }
}

#[test]
fn maps_and_numbers_are_described() {
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    struct Numbers {
        small: i8,
        large: u64,
        huge: i128,
        ratio: f32,
        by_name: HashMap<String, u16>,
    }
    #[derive(Debug, Contract)]
    enum Counted {
        Numbers(Numbers),
    }
    let document = Counted::contract().unwrap();
    let fields = &document.def("Numbers").unwrap()["properties"];
    assert_eq!(fields["small"], json!({ "type": "integer", "minimum": -128, "maximum": 127 }));
    assert_eq!(fields["large"], json!({ "type": "integer", "minimum": 0 }));
    assert_eq!(fields["huge"], json!({ "type": "integer" }));
    assert_eq!(fields["ratio"], json!({ "type": "number", "format": "float" }));
    assert_eq!(fields["by_name"]["additionalProperties"]["maximum"], 65_535);
}
