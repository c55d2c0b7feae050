//! The envelope in both directions: any order of keys, any spacing, and nothing accepted that isn't
//! a message.

use std::{collections::BTreeMap, fmt::Write};

use proptest::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wirebond::{Contract, Envelope};

/// Fields that are called like the envelope's own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Note {
    r#type: String,
    data: Vec<i64>,
    timestamp: Option<u64>,
    more: BTreeMap<String, Option<bool>>,
}

#[derive(Debug, Clone, PartialEq, Contract)]
enum App {
    Note(Note),
    #[message(name = "t\"y\\p/é e")]
    Odd(String),
    Maybe(Option<u8>),
    Leave,
    Anything(serde_json::Value),
}

fn read(text: &str) -> Result<Envelope<App>, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

fn note() -> impl Strategy<Value = Note> {
    let more = prop::collection::btree_map(".{0,6}", any::<Option<bool>>(), 0..3);
    (".{0,12}", prop::collection::vec(any::<i64>(), 0..4), any::<Option<u64>>(), more)
        .prop_map(|(r#type, data, timestamp, more)| Note { r#type, data, timestamp, more })
}

fn message() -> impl Strategy<Value = App> {
    prop_oneof![
        note().prop_map(App::Note),
        ".{0,12}".prop_map(App::Odd),
        any::<Option<u8>>().prop_map(App::Maybe),
        Just(App::Leave),
        note().prop_map(|note| App::Anything(serde_json::to_value(note).unwrap())),
    ]
}

/// Spaces as JSON allows them.
fn space() -> impl Strategy<Value = String> {
    "[ \\t\\r\\n]{0,2}"
}

/// A string as JSON, some of its characters escaped that needn't be.
fn escaped(text: &str, which: &[bool]) -> String {
    let mut out = String::from("\"");
    for (place, c) in text.chars().enumerate() {
        if which.get(place).copied().unwrap_or(false) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}").unwrap();
            }
        } else {
            let plain = serde_json::to_string(&c).unwrap();
            out.push_str(&plain[1..plain.len() - 1]);
        }
    }
    out.push('"');
    out
}

proptest! {
    #[test]
    fn what_is_written_is_read(message in message(), timestamp in any::<Option<u64>>()) {
        let envelope = Envelope { message, timestamp };
        let text = serde_json::to_string(&envelope).unwrap();
        prop_assert_eq!(text.contains("\"timestamp\":null}"), false);
        prop_assert_eq!(read(&text), Ok(envelope));
    }

    #[test]
    fn any_order_spacing_and_escapes_mean_the_same(
        message in message(),
        timestamp in any::<Option<u64>>(),
        null in any::<bool>(),
        order in Just(vec![0, 1, 2, 3, 4]).prop_shuffle(),
        spaces in prop::collection::vec(space(), 32),
        which in prop::collection::vec(any::<bool>(), 12),
    ) {
        let name = App::MESSAGES[match message {
            App::Note(_) => 0,
            App::Odd(_) => 1,
            App::Maybe(_) => 2,
            App::Leave => 3,
            App::Anything(_) => 4,
        }].name();
        let data = match &message {
            App::Note(note) => serde_json::to_string_pretty(note).unwrap(),
            App::Odd(text) => escaped(text, &which),
            App::Maybe(value) => serde_json::to_string(value).unwrap(),
            // Any data is ignored.
            App::Leave => r#"{"any":["thing"]}"#.to_owned(),
            App::Anything(value) => value.to_string(),
        };
        let members = [
            Some((escaped("type", &which), escaped(name, &which))),
            Some(("\"data\"".to_owned(), data)),
            timestamp.map(|t| ("\"timestamp\"".to_owned(), t.to_string()))
                .or(null.then(|| ("\"timestamp\"".to_owned(), "null".to_owned()))),
            Some(("\"x-trace\"".to_owned(), r#"{"type":"leave","data":[1,{}]}"#.to_owned())),
            None,
        ];
        let mut spaces = spaces.iter().cycle();
        let mut space = || spaces.next().unwrap().as_str();
        let members: Vec<String> = order
            .iter()
            .filter_map(|&place: &usize| members[place].as_ref())
            .map(|(key, value)| format!("{}{key}{}:{}{value}{}", space(), space(), space(), space()))
            .collect();
        let text = format!("{}{{{}}}{}", space(), members.join(","), space());
        prop_assert_eq!(read(&text), Ok(Envelope { message, timestamp }), "{}", text);
    }

    #[test]
    fn cut_short_it_is_no_message(message in message(), cut in any::<prop::sample::Index>()) {
        let text = serde_json::to_string(&Envelope { message, timestamp: Some(1) }).unwrap();
        let places: Vec<_> = text.char_indices().map(|(place, _)| place).collect();
        prop_assert!(read(&text[..*cut.get(&places)]).is_err());
    }
}

#[test]
fn a_message_without_payload_needs_no_data_and_others_do() {
    let leave = |timestamp| Ok(Envelope { message: App::Leave, timestamp });
    assert_eq!(read(r#"{"type":"leave"}"#), leave(None));
    assert_eq!(read(r#"{"type":"leave","data":null,"timestamp":7}"#), leave(Some(7)));
    assert_eq!(read(r#"{"timestamp":null,"data":[],"type":"leave"}"#), leave(None));
    assert!(read(r#"{"type":"note"}"#).unwrap_err().contains("data"));
    assert!(read(r#"{"type":"note","data":null}"#).is_err());
    let maybe = Envelope { message: App::Maybe(None), timestamp: None };
    assert_eq!(read(r#"{"type":"maybe","data":null}"#), Ok(maybe));
}

#[test]
fn what_is_no_envelope_is_refused() {
    for text in [
        "",
        "null",
        "7",
        "\"leave\"",
        "[]",
        r#"["leave",null]"#,
        "{}",
        r#"{"data":null}"#,
        r#"{"type":7}"#,
        r#"{"type":null}"#,
        r#"{"type":"nobody-knows"}"#,
        r#"{"type":"leave","type":"leave"}"#,
        r#"{"type":"maybe","data":1,"data":2}"#,
        r#"{"data":1,"type":"maybe","data":2}"#,
        r#"{"type":"leave","timestamp":-1}"#,
        r#"{"type":"leave","timestamp":1.5}"#,
        r#"{"type":"leave","timestamp":"1"}"#,
        r#"{"type":"leave","timestamp":18446744073709551616}"#,
        r#"{"type":"leave"} "#.trim_end_matches([' ', '}']),
        r#"{"type":"leave"}x"#,
        "\u{feff}{\"type\":\"leave\"}",
        r#"{"type":"odd\ud800"}"#,
    ] {
        assert!(read(text).is_err(), "{text}");
    }
}

#[test]
fn depth_is_no_danger() {
    let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    let ignored = read(&format!(r#"{{"type":"leave","data":{deep}}}"#));
    assert!(ignored.is_ok(), "what is ignored is skipped without recursion");
    for text in [
        format!(r#"{{"type":"anything","data":{deep}}}"#),
        format!(r#"{{"data":{deep},"type":"anything"}}"#),
    ] {
        assert!(read(&text).unwrap_err().contains("recursion"), "an error, not a crash");
    }
}

#[derive(Debug, Clone, PartialEq, Contract)]
enum Measured {
    Value(f64),
    Values(Vec<Option<f32>>),
}

#[test]
fn case_68_an_envelope_with_nan_is_an_error_whatever_writes_it() {
    let wrong = [
        Measured::Value(f64::NAN),
        Measured::Value(f64::NEG_INFINITY),
        Measured::Values(vec![None, Some(f32::INFINITY)]),
    ];
    for message in wrong {
        let envelope = Envelope::now(message);
        for error in [
            serde_json::to_string(&envelope).unwrap_err(),
            serde_json::to_value(&envelope).unwrap_err(),
            serde_json::to_writer(Vec::new(), &envelope).unwrap_err(),
        ] {
            assert!(error.to_string().contains("is no number in JSON"), "{error}");
        }
    }
    let envelope = Envelope::from(Measured::Values(vec![None, Some(1.5)]));
    let text = serde_json::to_string(&envelope).unwrap();
    assert_eq!(text, r#"{"type":"values","data":[null,1.5]}"#);
}
