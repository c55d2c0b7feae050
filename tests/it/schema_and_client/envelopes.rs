//! One rule for envelopes: `wirebond validate`, contract.json by another validator, and the reader say
//! the same of any text.

use std::collections::BTreeMap;

use proptest::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wirebond::{
    Contract, Direction, Envelope,
    schema::{compat, validate::Validator},
};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Note {
    text: String,
    level: Option<u8>,
    marks: BTreeMap<String, bool>,
    #[serde(default)]
    inner: Vec<Inner>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Inner {
    name: String,
}

#[derive(Debug, Clone, PartialEq, Contract)]
#[contract(version = "1.0.0")]
enum Notes {
    Note(Note),
    Maybe(Option<u8>),
    #[message(from = "client")]
    Leave,
}

/// A member of an envelope as text. The flag is set if only the text shows that it is wrong.
type Member = (&'static str, &'static str, bool);

const TYPES: [&str; 7] =
    ["\"note\"", "\"maybe\"", "\"leave\"", "\"n\\u006fte\"", "\"other\"", "null", "5"];
const DATA: [(&str, bool); 15] = [
    ("null", false),
    ("7", false),
    ("256", false),
    ("[]", false),
    (r#"{"text":"a","level":1,"marks":{}}"#, false),
    (r#"{"text":"a","marks":{"x":true},"more":{"text":1}}"#, false),
    (r#"{"text":"a","level":null,"marks":{},"inner":[{"name":"b"}]}"#, false),
    (r#"{"text":5,"marks":{}}"#, false),
    (r#"{"marks":{}}"#, false),
    (r#"{"text":"a","marks":{},"inner":[{"name":"b","more":1}]}"#, false),
    // Doubled: fields of structs, keys of maps, and what is ignored.
    (r#"{"text":"a","text":"a","marks":{}}"#, true),
    (r#"{"text":"a","marks":{},"inner":[{"name":"a","name":"b"}]}"#, true),
    (r#"{"text":"a","marks":{},"marks":{}}"#, true),
    (r#"{"text":"a","marks":{"x":true,"x":false}}"#, false),
    (r#"{"text":"a","marks":{},"more":1,"more":{"a":1,"a":2}}"#, false),
];
const TIMESTAMPS: [(&str, bool); 10] = [
    ("null", false),
    ("0", false),
    ("1700000000000", false),
    ("-1", false),
    ("1.5", false),
    ("\"1\"", false),
    ("{}", false),
    ("18446744073709551615", false),
    ("18446744073709551616", true),
    ("1.0", true),
];
const OTHERS: [Member; 4] = [
    ("more", "{\"type\":1,\"type\":2}", false),
    ("Type", "\"leave\"", false),
    ("timestamps", "null", false),
    ("", "[]", false),
];

fn members() -> impl Strategy<Value = Vec<Member>> {
    let of = |key: &'static str, all: &'static [(&'static str, bool)]| {
        prop::sample::select(all).prop_map(move |(value, is_of_text)| (key, value, is_of_text))
    };
    let name = prop::sample::select(&TYPES[..]).prop_map(|name| ("type", name, false));
    // Each stands once, mostly; sometimes it is missing or stands twice.
    let once = |member: BoxedStrategy<Member>| {
        prop_oneof![
            8 => prop::collection::vec(member.clone(), 1),
            1 => Just(Vec::new()),
            1 => prop::collection::vec(member, 2),
        ]
    };
    let rare = |member: BoxedStrategy<Member>| prop_oneof![6 => prop::collection::vec(member.clone(), 0..=1), 1 => prop::collection::vec(member, 2)];
    (
        once(name.boxed()),
        once(of("data", &DATA).boxed()),
        rare(of("timestamp", &TIMESTAMPS).boxed()),
        prop::collection::vec(prop::sample::select(&OTHERS[..]), 0..3),
    )
        .prop_map(|(name, data, timestamp, others)| [name, data, timestamp, others].concat())
        .prop_shuffle()
}

fn is_doubled(members: &[Member]) -> bool {
    ["type", "data", "timestamp"]
        .iter()
        .any(|key| members.iter().filter(|(own, ..)| own == key).count() > 1)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]
    #[test]
    fn field_d6_validate_the_document_and_the_reader_agree_on_envelopes(members in members()) {
        let document = Notes::contract().unwrap();
        let validator = Validator::new(&document).unwrap();
        let schema = jsonschema::draft202012::new(document.value()).unwrap();
        let all: Vec<_> = members.iter().map(|(key, value, _)| format!("\"{key}\":{value}")).collect();
        let text = format!("{{{}}}", all.join(","));

        let read = serde_json::from_str::<Envelope<Notes>>(&text);
        let checked = validator.check(&text, Direction::Both);
        prop_assert_eq!(read.is_ok(), checked.is_ok(), "{}\n{:?}\n{:?}", text, read, checked);

        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        let by_document = schema.is_valid(&value);
        let is_of_text = is_doubled(&members) || members.iter().any(|(.., is_of_text)| *is_of_text);
        if is_of_text {
            // The document may accept what only the text shows to be wrong, but not the reverse,
            // except where the last of two members hides a correct one.
            prop_assert!(by_document || read.is_err(), "{text}");
        } else {
            prop_assert_eq!(read.is_ok(), by_document, "{}\n{:?}", text, read);
        }
    }
}

#[test]
fn field_d6_a_document_of_before_is_compatible_with_one_whose_timestamps_may_be_null() {
    let now = Notes::contract().unwrap();
    let text = now.value().to_string();
    let before = text.replace(r#""type":["integer","null"]"#, r#""type":"integer""#).replace(
        r##"{"anyOf":[{"$ref":"#/$defs/Heartbeat"},{"type":"null"}]}"##,
        r##"{"$ref":"#/$defs/Heartbeat"}"##,
    );
    assert_ne!(before, text);
    let before = wirebond::schema::Document::parse(&before).unwrap();
    for rollout in compat::Rollout::ALL {
        let options = compat::Options { rollout, allow: Vec::new() };
        let report = compat::diff(&before, &now, &options);
        let of_envelope = |change: &&compat::Change| {
            change.path.starts_with("$.timestamp")
                || matches!(change.message.as_deref(), Some("ping" | "pong"))
        };
        assert_eq!(report.changes.iter().filter(of_envelope).count(), 0, "{report}");
    }
}
