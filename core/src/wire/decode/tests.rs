//! The fast path accepts, refuses and yields exactly what the general path does.

use std::fmt;

use proptest::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    fast::{compact, peek, spaced},
    *,
};

#[derive(Debug, PartialEq, Deserialize)]
struct Chat {
    user: String,
    #[serde(default)]
    lines: Vec<f64>,
}

/// The result of either path, payloads of several types included.
fn decoded(frame: &RawMessage<'_>) -> Vec<Option<(String, Option<u64>)>> {
    fn of<T: fmt::Debug>(
        result: Result<Received<T>, DecodeError>,
    ) -> Option<(String, Option<u64>)> {
        result.ok().map(|received| (format!("{:?}", received.data), received.timestamp))
    }
    vec![
        Some((frame.name().to_owned(), None)),
        of(frame.payload::<Value>()),
        of(frame.payload::<Chat>()),
        of(frame.payload::<Option<u8>>()),
        of(frame.unit()),
    ]
}

fn check_agreement(text: &str) {
    // Both halves of the fast path see the same envelope, if the first sees one.
    if let Some(parts) = compact(text) {
        assert_eq!(spaced(text), Some(parts), "{text}");
    }
    match (RawMessage::open(text), RawMessage::parse(text)) {
        (Ok(fast), Ok(general)) => assert_eq!(decoded(&fast), decoded(&general), "{text}"),
        // The fast path has looked at the two ends only; nothing can be read from between.
        (Ok(fast), Err(_)) => {
            assert!(fast.check().is_err(), "{text}");
            assert!(decoded(&fast)[1..].iter().all(Option::is_none), "{text}");
        }
        (Err(_), Ok(_)) => panic!("the fast path refuses a valid envelope: {text}"),
        (Err(_), Err(_)) => {}
    }
}

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(r#"{"user":"Ada","lines":[1,2.5]}"#.to_owned()),
        Just(r#"{"user":"}\",\"timestamp\":7}"}"#.to_owned()),
        Just("null".to_owned()),
        Just("7".to_owned()),
        Just("-0.5e-3".to_owned()),
        Just("1e400".to_owned()),
        Just("\"\\ud800\"".to_owned()),
        Just(r#"[{"type":"x","data":1,"timestamp":2},[]]"#.to_owned()),
        Just("01".to_owned()),
        Just("tru".to_owned()),
        "[ -~]{0,12}",
        ".{0,6}".prop_map(|text| json!(text).to_string()),
    ]
}

fn member() -> impl Strategy<Value = String> {
    let key = prop::sample::select(vec![
        "\"type\"",
        "\"data\"",
        "\"timestamp\"",
        "\"other\"",
        "\"ty\\u0070e\"",
        "type",
        "\"\"",
    ]);
    let value = prop_oneof![
        3 => value(),
        2 => Just("\"chat\"".to_owned()),
        1 => Just("\"ch\\u0061t\"".to_owned()),
        1 => any::<u64>().prop_map(|number| number.to_string()),
    ];
    (key, "[ \\t\\n]{0,1}", value, "[ \\r]{0,1}")
        .prop_map(|(k, a, v, b)| format!("{a}{k}{b}:{a}{v}{b}"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn both_paths_agree_on_envelopes_of_all_kinds(members in prop::collection::vec(member(), 0..5)) {
        check_agreement(&format!("{{{}}}", members.join(",")));
    }

    #[test]
    fn both_paths_agree_on_sound_envelopes(
        data in value(),
        timestamp in prop::option::of(prop_oneof![any::<u64>().prop_map(|t| t.to_string()), Just("null".into())]),
        data_first in any::<bool>(),
    ) {
        let mut members = vec!["\"type\":\"chat\"".to_owned(), format!("\"data\":{data}")];
        if data_first {
            members.reverse();
        }
        members.extend(timestamp.map(|timestamp| format!("\"timestamp\":{timestamp}")));
        check_agreement(&format!("{{{}}}", members.join(",")));
    }

    #[test]
    fn both_paths_agree_on_damaged_text(
        data in value(),
        data_first in any::<bool>(),
        place in any::<prop::sample::Index>(),
        damage in prop_oneof![
            Just(None),
            prop::sample::select(vec!['{', '}', '"', ',', ':', '\\', ' ', '0', 't', '\u{feff}', '\n']).prop_map(Some)
        ],
    ) {
        let text = if data_first {
            format!(r#"{{"data":{data},"type":"chat","timestamp":17}}"#)
        } else {
            format!(r#"{{"type":"chat","data":{data},"timestamp":17}}"#)
        };
        let mut chars: Vec<char> = text.chars().collect();
        let place = place.index(chars.len());
        match damage {
            Some(c) => chars[place] = c,
            None => chars.truncate(place),
        }
        check_agreement(&chars.into_iter().collect::<String>());
    }
}

#[test]
fn what_stands_behind_the_payload_is_no_part_of_it() {
    // Found by fuzzing: the fast path took `null` for a part of the payload.
    for text in [
        r#"{"data":{"user":"Ada"},"timestamp":null,"type":"chat"}"#,
        r#"{"type":"chat","data":{"user":"Ada"},"timestamp":null}"#,
        r#"{"type":"chat","data":{"user":"Ada"},"timestamp":5,"trace":1}"#,
        r#"{"type":"chat","trace":1,"data":{"user":"Ada"}}"#,
    ] {
        let frame = RawMessage::open(text).expect(text);
        let chat = frame.payload::<Chat>().expect(text);
        assert_eq!(chat.data, Chat { user: "Ada".into(), lines: Vec::new() });
        assert_eq!(chat.timestamp, text.contains('5').then_some(5), "{text}");
        assert_eq!(frame.unit().expect(text).timestamp, chat.timestamp, "{text}");
        check_agreement(text);
    }
}

#[test]
fn the_common_shapes_take_the_fast_path() {
    let shapes = [
        r#"{"type":"chat","data":{"user":"Ada"},"timestamp":1700000000000}"#,
        r#"{"data":{"user":"Ada"},"type":"chat","timestamp":1700000000000}"#,
        r#"{"type":"chat","data":{"user":"Ada"}}"#,
        r#"{"data":{"user":"Ada"},"timestamp":1700000000000,"type":"chat"}"#,
        "{ \"type\" : \"chat\" ,\n \"data\" : { \"user\" : \"Ada\" } }\n",
    ];
    for (index, text) in shapes.into_iter().enumerate() {
        assert!(peek(text).is_some(), "{text}");
        assert_eq!(compact(text).is_some(), index < 3, "{text}");
        assert_eq!(RawMessage::open(text).expect(text).name(), "chat");
    }
}

#[test]
fn an_error_tells_the_place_and_not_the_content() {
    let error =
        RawMessage::open(r#"{"type":"chat","data":{"user":"s3cret"#).expect_err("cut short");
    assert!(error.to_string().contains("at byte"), "{error}");
    assert!(!error.to_string().contains("s3cret"), "{error}");
    for data in [r#"{"user":["s3cret"]}"#, r#""s3cret""#, r#"{"user":"a","lines":["s3cret"]}"#] {
        let text = format!(r#"{{"type":"chat","data":{data}}}"#);
        let Err(DecodeError::Payload(error)) =
            RawMessage::open(&text).expect("an envelope").payload::<Chat>()
        else {
            panic!("{text} is no chat")
        };
        assert!(!error.to_string().contains("s3cret"), "{error}");
    }
    let text = r#"{"data":{"user":"a","lines":[1,2,"x"]},"type":"chat"}"#;
    let Err(DecodeError::Payload(error)) =
        RawMessage::open(text).expect("an envelope").payload::<Chat>()
    else {
        panic!("no number")
    };
    assert_eq!((error.path(), error.message()), ("lines[2]", "chat"));
}

#[test]
fn depth_is_no_danger() {
    let deep = "[".repeat(200_000);
    for text in [
        deep.clone(),
        format!(r#"{{"type":"chat","data":{deep}"#),
        format!(r#"{{"type":"chat","data":{deep}}}"#),
        format!(r#"{{"type":"chat","data":{deep}{}}}"#, "]".repeat(200_000)),
        format!(r#"{{"data":{deep}{},"type":"chat"}}"#, "]".repeat(200_000)),
    ] {
        let read = RawMessage::open(&text).map(|frame| frame.payload::<Value>().is_ok());
        assert!(!matches!(read, Ok(true)));
    }
}

#[test]
fn the_data_of_a_sound_envelope_is_given_as_text_and_no_other() {
    let data = |text| RawMessage::open(text).ok().and_then(|frame| frame.data());
    assert_eq!(data(r#"{"type":"a","data":{"n":1}}"#), Some(r#"{"n":1}"#));
    assert_eq!(data(r#"{"data":[1], "later":2, "type":"a"}"#), Some("[1]"));
    assert_eq!(data(r#"{"type":"a","data":1,"later":2}"#), Some("1"));
    assert_eq!(data(r#"{"type":"a"}"#), None);
    assert_eq!(data(r#"{"type":"a","data":}"#), None);
}
