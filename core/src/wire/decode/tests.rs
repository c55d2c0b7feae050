//! The fast path accepts, refuses and yields exactly what the general path does.

use std::fmt;

use proptest::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    fast::{compact, peek, spaced},
    *,
};
use crate::wire::{
    encode::encode,
    fault::{ErrorCode, Fault},
    form,
    head::{Head, answer_head, cancel, head, request_head},
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
        Some((format!("{:?} {:?}", frame.id(), frame.re()), None)),
    ]
}

fn check_agreement(text: &str) {
    // Both halves of the fast path see the same envelope, if the first sees one.
    if let Some(parts) = compact(text) {
        assert_eq!(spaced(text), Some(parts), "{text}");
    }
    match (RawMessage::open(Layout::DEFAULT, text), RawMessage::parse(Layout::DEFAULT, text)) {
        (Ok(fast), Ok(general)) => assert_eq!(decoded(&fast), decoded(&general), "{text}"),
        // The fast path has looked at the two ends only; nothing can be read from between.
        (Ok(fast), Err(_)) => {
            assert!(fast.check().is_err(), "{text}");
            assert!(decoded(&fast)[1..5].iter().all(Option::is_none), "{text}");
            assert_eq!((fast.id(), fast.re()), (None, None), "{text}");
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
        "\"id\"",
        "\"re\"",
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

/// Numbers of calls, and what stands in their place.
fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<u64>().prop_map(|number| number.to_string()),
        (0..3_u64).prop_map(|over| (form::MAX_CALL - 1 + over).to_string()),
        (0..100_u64).prop_map(|number| number.to_string()),
        prop::sample::select(vec![
            "07",
            "-1",
            "7.0",
            "1e400",
            "\"7\"",
            "null",
            "{}",
            "\"\\ud800\"",
            " 7 "
        ])
        .prop_map(str::to_owned),
    ]
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
        number in prop::option::of((prop::sample::select(vec!["id", "re"]), number(), 0..3_usize)),
    ) {
        let mut members = vec!["\"type\":\"chat\"".to_owned(), format!("\"data\":{data}")];
        if data_first {
            members.reverse();
        }
        if let Some((key, number, at)) = number {
            members.insert(at, format!("\"{key}\":{number}"));
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
        let frame = RawMessage::open(Layout::DEFAULT, text).expect(text);
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
        assert_eq!(RawMessage::open(Layout::DEFAULT, text).expect(text).name(), "chat");
    }
}

#[test]
fn a_calls_number_is_an_integer_that_javascript_knows_exactly() {
    let numbers = |text: &str| {
        let frame = RawMessage::open(Layout::DEFAULT, text).expect(text);
        check_agreement(text);
        (frame.id(), frame.re())
    };
    for (number, expected) in [
        ("0", Some(0)),
        ("7", Some(7)),
        ("9007199254740992", Some(form::MAX_CALL)),
        ("9007199254740993", None),
        ("99999999999999999", None),
        ("-1", None),
        ("7.0", None),
        ("7e0", None),
        ("\"7\"", None),
        ("null", None),
        ("[7]", None),
    ] {
        let front = format!(r#"{{"type":"order","id":{number},"data":1,"timestamp":5}}"#);
        assert_eq!(numbers(&front), (expected, None), "{front}");
        let back = format!(r#"{{"data":1,"timestamp":5,"type":"order","re":{number}}}"#);
        assert_eq!(numbers(&back), (None, expected), "{back}");
    }
    assert_eq!(
        numbers(r#"{"type":"order","id":1,"data":{},"id":2}"#),
        (None, None),
        "two are none"
    );
    assert_eq!(numbers(r#"{"type":"order","id":"x","data":{},"id":2}"#), (None, None));
    assert_eq!(numbers(r#"{"type":"order","id":1,"re":2,"data":{}}"#), (Some(1), Some(2)));
    assert_eq!(numbers(r#"{"type":"order","data":{"id":1,"re":2}}"#), (None, None));
    assert_eq!(numbers(r#"{"type":"order","id":4}"#), (Some(4), None), "without data");
}

#[test]
fn what_is_written_for_a_call_is_what_is_read() {
    let head = head("place \"order\"");
    let request = encode(&Head::plain(&request_head(&head, 7)), Some(&1), 5).expect("a number");
    let text = String::from_utf8(request).expect("text");
    assert_eq!(text, r#"{"type":"place \"order\"","id":7,"data":1,"timestamp":5}"#);
    let reply = encode::<()>(
        &Head::plain(&answer_head(&head, form::REPLY_ENDING, form::MAX_CALL)),
        None,
        5,
    );
    let text = String::from_utf8(reply.expect("no data")).expect("text");
    assert_eq!(text, r#"{"type":"place \"order\".reply","re":9007199254740992,"timestamp":5}"#);
    assert_eq!(
        RawMessage::open(Layout::DEFAULT, &text).expect("a message").re(),
        Some(form::MAX_CALL)
    );
    assert_eq!(cancel(7), br#"{"type":"$cancel","re":7}"#);
    let path = Some("items[0].qty".to_owned());
    for fault in [
        Fault { path, ..Fault::new(ErrorCode::Payload, "missing field") },
        Fault::new(ErrorCode::Other("later".into()), ""),
    ] {
        let text = String::from_utf8(fault.encode(9, 5)).expect("text");
        let frame = RawMessage::open(Layout::DEFAULT, &text).expect("a message");
        assert_eq!((frame.name(), frame.re()), (form::ERROR, Some(9)), "{text}");
        assert_eq!(Fault::read(&frame), Ok(fault), "{text}");
    }
}

#[test]
fn requests_and_answers_take_the_fast_path() {
    for text in [
        r#"{"type":"order","id":7,"data":{"user":"Ada"},"timestamp":1700000000000}"#,
        r#"{"type":"order.reply","re":7,"data":{"user":"Ada"}}"#,
    ] {
        assert!(compact(text).is_some(), "{text}");
        check_agreement(text);
    }
    let text = "{ \"type\" : \"order\" , \"id\" : 7 ,\n \"data\" : {} }";
    assert!(spaced(text).is_some() && compact(text).is_none());
    check_agreement(text);
}

#[test]
fn an_error_tells_the_place_and_not_the_content() {
    let error = RawMessage::open(Layout::DEFAULT, r#"{"type":"chat","data":{"user":"s3cret"#)
        .expect_err("cut short");
    assert!(error.to_string().contains("at byte"), "{error}");
    assert!(!error.to_string().contains("s3cret"), "{error}");
    for data in [r#"{"user":["s3cret"]}"#, r#""s3cret""#, r#"{"user":"a","lines":["s3cret"]}"#] {
        let text = format!(r#"{{"type":"chat","data":{data}}}"#);
        let Err(DecodeError::Payload(error)) =
            RawMessage::open(Layout::DEFAULT, &text).expect("an envelope").payload::<Chat>()
        else {
            panic!("{text} is no chat")
        };
        assert!(!error.to_string().contains("s3cret"), "{error}");
    }
    let text = r#"{"data":{"user":"a","lines":[1,2,"x"]},"type":"chat"}"#;
    let Err(DecodeError::Payload(error)) =
        RawMessage::open(Layout::DEFAULT, text).expect("an envelope").payload::<Chat>()
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
        let read =
            RawMessage::open(Layout::DEFAULT, &text).map(|frame| frame.payload::<Value>().is_ok());
        assert!(!matches!(read, Ok(true)));
    }
}

#[test]
fn the_data_of_a_sound_envelope_is_given_as_text_and_no_other() {
    let data = |text| RawMessage::open(Layout::DEFAULT, text).ok().and_then(|frame| frame.data());
    assert_eq!(data(r#"{"type":"a","data":{"n":1}}"#), Some(r#"{"n":1}"#));
    assert_eq!(data(r#"{"data":[1], "later":2, "type":"a"}"#), Some("[1]"));
    assert_eq!(data(r#"{"type":"a","data":1,"later":2}"#), Some("1"));
    assert_eq!(data(r#"{"type":"a"}"#), None);
    assert_eq!(data(r#"{"type":"a","data":}"#), None);
}
