//! Messages of other forms: both paths agree, what is written is what is read, and no text chooses another
//! message than its form says.
#![allow(
    clippy::needless_pass_by_value,
    clippy::unwrap_used,
    clippy::format_push_string,
    reason = "a test fails by panicking, and isn't fast"
)]

use std::{borrow::Cow, collections::BTreeMap, fmt};

use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{first, peek};
use crate::{
    form::{CallForm, KeyedName, Layout, Member, SideForm, TaggedName, WireForm},
    wire::{DecodeError, Head, RawMessage, Received, encode, encode::encode_at, head::Told},
};

mod beside;
mod tags;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Chat {
    user: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    lines: Vec<f64>,
}

const NONE: SideForm = SideForm {
    tag: None,
    content: None,
    timestamp: None,
    integers: false,
    tags: Cow::Borrowed(&[]),
    constants: Cow::Borrowed(&[]),
    keys: Cow::Borrowed(&[]),
    untagged: None,
};
const FLAT: SideForm = SideForm { tag: Some(Cow::Borrowed("type")), ..NONE };
const OWN_KEYS: SideForm = SideForm {
    tag: Some(Cow::Borrowed("event")),
    content: Some(Cow::Borrowed("payload")),
    timestamp: Some(Cow::Borrowed("ts")),
    ..NONE
};
const INTEGERS: SideForm = SideForm {
    tag: Some(Cow::Borrowed("op")),
    content: Some(Cow::Borrowed("d")),
    integers: true,
    ..NONE
};
/// Strings, integers, and two whose names are each other's tags.
const TAGS: &[TaggedName] = &[
    TaggedName { tag: Cow::Borrowed("chat"), name: Cow::Borrowed("said") },
    TaggedName { tag: Cow::Borrowed("10"), name: Cow::Borrowed("ten") },
    TaggedName { tag: Cow::Borrowed("x"), name: Cow::Borrowed("7") },
    TaggedName { tag: Cow::Borrowed("7"), name: Cow::Borrowed("x") },
];
const POINTER: SideForm = SideForm { tag: Some(Cow::Borrowed("/metadata/message_type")), ..NONE };
const KEYED: SideForm = SideForm {
    tag: Some(Cow::Borrowed("method")),
    constants: Cow::Borrowed(&[Member {
        key: Cow::Borrowed("jsonrpc"),
        json: Cow::Borrowed("\"2.0\""),
    }]),
    keys: Cow::Borrowed(&[
        KeyedName { key: Cow::Borrowed("error"), name: Cow::Borrowed("failure") },
        KeyedName { key: Cow::Borrowed("result"), name: Cow::Borrowed("success") },
    ]),
    untagged: Some(Cow::Borrowed("bare")),
    ..NONE
};

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
        of(frame.payload::<BTreeMap<String, Value>>()),
        of(frame.payload_or_null::<()>()),
        of(frame.payload::<Option<u8>>()),
        of(frame.unit()),
    ]
}

fn check_agreement(layout: Layout<'_>, text: &str) {
    if let Some((name, rest)) = first(&layout, text) {
        let parts = peek(layout, text).expect("what begins with its tag");
        assert_eq!((&*parts.name, parts.data), (name, Some(rest)), "{text} {layout:?}");
    }
    match (RawMessage::open(layout, text), RawMessage::parse(layout, text)) {
        (Ok(fast), Ok(general)) => {
            assert_eq!(fast.is_tagged(), general.is_tagged(), "{text} {layout:?}");
            assert_eq!(decoded(&fast), decoded(&general), "{text} {layout:?}");
        }
        // The fast path has looked at the ends only; nothing can be read from between.
        (Ok(fast), Err(_)) => {
            assert!(fast.check().is_err(), "{text} {layout:?}");
            assert!(decoded(&fast)[1..].iter().all(Option::is_none), "{text} {layout:?}");
        }
        (Err(_), Ok(_)) => panic!("the fast path refuses a valid message: {text} {layout:?}"),
        (Err(_), Err(error)) => assert!(error.offset() <= text.len()),
    }
}

fn forms() -> impl Strategy<Value = WireForm> {
    let tag = prop::sample::select(vec![None, Some("t"), Some("t"), Some("/m/t"), Some("/m/0")]);
    let options = (any::<[bool; 6]>(), prop::option::of(prop::sample::select(vec!["id", "/d/id"])));
    (tag, options).prop_map(|(tag, (flags, id))| {
        let [has_content, has_time, integers, has_tags, has_keys, has_untagged] = flags;
        let has_key = tag.is_some_and(|tag| !tag.starts_with('/'));
        let side = SideForm {
            tag: tag.map(Cow::Borrowed),
            content: (has_content && has_key).then_some(Cow::Borrowed("d")),
            timestamp: has_time.then_some(Cow::Borrowed("ts")),
            integers,
            tags: if has_tags { Cow::Borrowed(TAGS) } else { Cow::Borrowed(&[]) },
            keys: if has_keys { KEYED.keys } else { Cow::Borrowed(&[]) },
            constants: if has_time { KEYED.constants } else { Cow::Borrowed(&[]) },
            untagged: has_untagged.then_some(Cow::Borrowed("bare")),
        };
        let calls = id.map(|id| CallForm { id: Cow::Borrowed(id), ..CallForm::USUAL });
        WireForm { server: side.clone(), client: side, batch: false, calls }
    })
}

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec![
            r#"{"user":"Ada","lines":[1,2.5]}"#,
            r#"{"t":"x","t":7}"#,
            r#"["a",{"t":"x"}]"#,
            r#"{"user":"}\",\"ts\":7}"}"#,
            "\"\\ud800\"",
            "null",
            "true",
            "7",
            "10",
            "1.0",
            "-0",
            "-5",
            "01",
            "1e400",
            "tru",
            "\"chat\"",
            "\"ch\\u0061t\"",
            "\"success\"",
            "\"bare\"",
            "\"10\"",
            "18446744073709551616",
        ])
        .prop_map(str::to_owned),
        any::<u64>().prop_map(|number| number.to_string()),
        "[ -~]{0,10}",
        ".{0,6}".prop_map(|text| json!(text).to_string()),
    ]
}

fn member() -> impl Strategy<Value = String> {
    let key = prop::sample::select(vec![
        "\"t\"",
        "\"t\"",
        "\"t\"",
        "\"d\"",
        "\"d\"",
        "\"ts\"",
        "\"m\"",
        "\"id\"",
        "\"re\"",
        "\"error\"",
        "\"result\"",
        "\"jsonrpc\"",
        "\"user\"",
        "\"lines\"",
        "\"\\u0074\"",
        "\"\"",
        "t",
    ]);
    (key, "[ \\t\\n]{0,1}", value(), "[ \\r]{0,1}")
        .prop_map(|(k, a, v, b)| format!("{a}{k}{b}:{a}{v}{b}"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn both_paths_agree_on_every_form(
        form in forms(),
        members in prop::collection::vec(member(), 0..6),
        space in "[ \\n]{0,1}",
    ) {
        let text = format!("{space}{{{}}}{space}", members.join(","));
        check_agreement(Layout::of_client(&form), &text);
        check_agreement(Layout::of_server(&form), &text);
    }

    #[test]
    fn both_paths_agree_on_damaged_text(
        form in forms(),
        place in any::<prop::sample::Index>(),
        damage in prop_oneof![
            Just(None),
            prop::sample::select(vec!['{', '}', '[', '"', ',', ':', '\\', ' ', '0', 't', '\n']).prop_map(Some)
        ],
        text in prop::sample::select(vec![
            r#"{"t":"chat","user":"Ada","ts":17,"lines":[]}"#,
            r#"{"ts":17,"id":3,"t":"chat","d":{"user":"Ada","lines":[]},"re":null,"x":"y"}"#,
            r#"{"d":{"user":"Ada"},"x":false,"t":10,"ts":17}"#,
            r#"{"m":{"t":"chat"},"user":"Ada"}"#,
        ]),
    ) {
        let mut chars: Vec<char> = text.chars().collect();
        let place = place.index(chars.len());
        match damage {
            Some(c) => chars[place] = c,
            None => chars.truncate(place),
        }
        check_agreement(Layout::of_client(&form), &chars.into_iter().collect::<String>());
    }

    #[test]
    fn what_is_written_is_read_and_nothing_else(
        form in forms(),
        keys in prop::collection::btree_map(
            prop::sample::select(vec!["t", "d", "ts", "id", "re", "jsonrpc", "error", "result", "user", "a\"b"]),
            prop::sample::select(vec![json!(1), json!("x"), json!({"t": "y"}), json!(null)]),
            0..4,
        ),
        told in prop::sample::select(vec![Told::Tag("chat"), Told::Tag("10"), Told::Key("result"), Told::Nothing]),
    ) {
        let layout = Layout::of_client(&form);
        let side = &form.client;
        let name = match told {
            Told::Tag(name) => name,
            Told::Key(_) if side.keys.is_empty() => return Ok(()),
            Told::Key(_) => "success",
            Told::Nothing if side.untagged.is_none() => return Ok(()),
            Told::Nothing => "bare",
        };
        if matches!(told, Told::Tag(name) if side.integers != (name == "10")) {
            return Ok(());
        }
        let mut text = String::from("{");
        if let (Told::Tag(_), Some(key)) = (told, layout.tag_key()) {
            let name = if side.integers { name.to_owned() } else { json!(name).to_string() };
            text += &format!("\"{key}\":{name}");
        }
        for constant in layout.constants() {
            let comma = if text.len() > 1 { "," } else { "" };
            text += &format!("{comma}\"{}\":{}", constant.key, constant.json);
        }
        if matches!(told, Told::Tag(_)) && layout.tag().is_none() {
            return Ok(());
        }
        let head = Head::for_test(&text, layout, told);
        let written = encode_at(&head, Some(&keys), false, Some(7));
        let Ok(written) = written else { return Ok(()) };
        let written = String::from_utf8(written).unwrap();
        let frame = RawMessage::open(layout, &written).expect(&written);
        let own = side.tags.iter().find(|own| matches!(told, Told::Tag(tag) if own.tag == tag));
        prop_assert_eq!(frame.name(), own.map_or(name, |own| &own.name), "{}", written);
        prop_assert_eq!(frame.is_tagged(), matches!(told, Told::Tag(_)));
        let read = frame.payload::<BTreeMap<String, Value>>().expect(&written);
        let keys: BTreeMap<_, _> = keys.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        prop_assert_eq!(read.data, keys, "{}", written);
        prop_assert_eq!(read.timestamp, side.timestamp.as_ref().map(|_| 7));
    }
}

fn write<T: Serialize>(head: &Head<'_>, payload: Option<&T>) -> Result<String, String> {
    let written = encode(head, payload, 5).map_err(|error| error.to_string())?;
    Ok(String::from_utf8(written).expect("JSON is UTF-8"))
}

fn tagged<'a>(text: &'a str, form: &'a SideForm, name: &'a str) -> Head<'a> {
    Head::for_test(text, Layout::from(form), Told::Tag(name))
}

#[test]
fn every_form_is_written_as_its_backend_has_it() {
    let chat = Chat { user: "Ada".into(), lines: Vec::new() };
    let nothing: BTreeMap<String, Value> = BTreeMap::new();
    let flat = tagged(r#"{"type":"chat""#, &FLAT, "chat");
    assert_eq!(write(&flat, Some(&chat)).unwrap(), r#"{"type":"chat","user":"Ada"}"#);
    assert_eq!(write(&flat, Some(&nothing)).unwrap(), r#"{"type":"chat"}"#);
    assert_eq!(write(&flat, Some(&())).unwrap(), r#"{"type":"chat"}"#);
    assert_eq!(write(&flat, None::<&()>).unwrap(), r#"{"type":"chat"}"#);
    let own = tagged(r#"{"event":"chat""#, &OWN_KEYS, "chat");
    assert_eq!(
        write(&own, Some(&chat)).unwrap(),
        r#"{"event":"chat","payload":{"user":"Ada"},"ts":5}"#
    );
    assert_eq!(write(&own, None::<&()>).unwrap(), r#"{"event":"chat","ts":5}"#);
    assert_eq!(write(&own, Some(&7)).unwrap(), r#"{"event":"chat","payload":7,"ts":5}"#);
    let integer = tagged(r#"{"op":10"#, &INTEGERS, "10");
    assert_eq!(write(&integer, Some(&None::<u8>)).unwrap(), r#"{"op":10,"d":null}"#);
    let notice = json!({"metadata": {"message_type": "chat"}, "payload": {}});
    let pointer = tagged("{", &POINTER, "chat");
    assert_eq!(write(&pointer, Some(&notice)).unwrap(), notice.to_string());
    let keyed = Head::for_test(r#"{"jsonrpc":"2.0""#, Layout::from(&KEYED), Told::Key("result"));
    let result = json!({"id": 1, "result": null});
    assert_eq!(write(&keyed, Some(&result)).unwrap(), r#"{"jsonrpc":"2.0","id":1,"result":null}"#);
    let bare = Head::for_test("{", Layout::from(&FLAT), Told::Nothing);
    assert_eq!(write(&bare, Some(&chat)).unwrap(), r#"{"user":"Ada"}"#);
    assert_eq!(write(&bare, Some(&nothing)).unwrap(), "{}");
}

#[test]
fn a_payload_that_the_form_cannot_express_is_refused_with_the_key() {
    let refused =
        |head: &Head<'_>, payload: Value| write(head, Some(&payload)).expect_err("refused");
    let flat = tagged(r#"{"type":"chat""#, &FLAT, "chat");
    assert!(refused(&flat, json!({"user": 1, "type": "leave"})).contains("`type`"));
    for payload in [json!(1), json!("{}"), json!([{}]), json!(null)] {
        assert!(refused(&flat, payload).contains("no object"));
    }
    let form = WireForm {
        client: SideForm { timestamp: Some("ts".into()), ..KEYED },
        server: KEYED,
        batch: false,
        calls: Some(CallForm::USUAL),
    };
    let layout = Layout::of_client(&form);
    let head = Head::for_test(r#"{"method":"chat","jsonrpc":"2.0""#, layout, Told::Tag("chat"));
    for key in ["method", "jsonrpc", "ts"] {
        assert!(refused(&head, json!({ "a": [], key: 1 })).contains(&format!("`{key}`")), "{key}");
        // Deeper down it is anybody's.
        assert!(write(&head, Some(&json!({ "a": { key: 1 } }))).is_ok(), "{key}");
    }
    let keyed = Head::for_test(r#"{"jsonrpc":"2.0""#, layout, Told::Key("result"));
    assert!(refused(&keyed, json!({"other": 1})).contains("`result`"), "its key is missing");
    assert!(
        refused(&keyed, json!({"result": 1, "error": 2})).contains("`error`"),
        "an earlier key"
    );
    assert!(refused(&keyed, json!({"result": 1, "method": "x"})).contains("`method`"), "the tag");
    let pointer = tagged("{", &POINTER, "chat");
    for wrong in [json!({}), json!({"metadata": {"message_type": "other"}}), json!({"metadata": 1})]
    {
        assert!(refused(&pointer, wrong).contains("/metadata/message_type"));
    }
}

#[test]
fn a_name_is_of_the_forms_kind() {
    let name = |form: &SideForm, text: &str| {
        let message = RawMessage::open(form, text);
        message.map(|message| message.name().to_owned()).map_err(|error| error.to_string())
    };
    for (tag, expected) in [
        ("10", Ok("10")),
        ("-3", Ok("-3")),
        ("1.0", Ok("1.0")),
        ("1e1", Ok("1e1")),
        ("\"10\"", Ok("\"10\"")),
        ("null", Err("an integer")),
        ("[10]", Err("an integer")),
        ("true", Err("an integer")),
    ] {
        let read = name(&INTEGERS, &format!(r#"{{"op":{tag},"d":1}}"#));
        match expected {
            Ok(expected) => assert_eq!(read.as_deref(), Ok(expected)),
            Err(expected) => assert!(read.expect_err(tag).contains(expected), "{tag}"),
        }
    }
    for tag in ["1", "null", "{}", "false"] {
        let error = name(&FLAT, &format!(r#"{{"type":{tag}}}"#)).expect_err(tag);
        assert!(error.contains("a string at `type`"), "{error}");
    }
    // The name of a message that isn't told by its tag doesn't stand on the wire.
    assert_eq!(name(&KEYED, r#"{"method":"success","result":1}"#).as_deref(), Ok("\"success\""));
    assert_eq!(name(&KEYED, r#"{"method":"bare"}"#).as_deref(), Ok("\"bare\""));
    assert_eq!(
        name(&KEYED, r#"{"result":1,"error":2}"#).as_deref(),
        Ok("failure"),
        "first in order"
    );
    assert_eq!(name(&KEYED, r#"{"id":1,"result":null}"#).as_deref(), Ok("success"));
    assert_eq!(name(&KEYED, r#"{"id":1}"#).as_deref(), Ok("bare"));
    assert_eq!(
        name(&KEYED, r#"{"result":1,"method":"x"}"#).as_deref(),
        Ok("x"),
        "the tag is first"
    );
}

#[test]
fn an_error_says_what_the_form_wants() {
    let error = |form: &SideForm, text: &str| {
        RawMessage::open(form, text).map(drop).expect_err(text).to_string()
    };
    assert!(error(&FLAT, r#"{"kind":"s3cret"}"#).contains("missing field `type`"));
    let missing = error(&POINTER, r#"{"metadata":{"x":"s3cret"}}"#);
    assert!(missing.contains("missing field `/metadata/message_type`"), "{missing}");
    let keyed = SideForm { untagged: None, ..KEYED };
    let missing = error(&keyed, r#"{"x":1}"#);
    assert!(missing.contains("`method`") && missing.contains("`error`, `result`"), "{missing}");
    assert!(error(&FLAT, r#"["s3cret"]"#).contains("an object with `type`"));
    let wrong = error(&POINTER, r#"{"metadata":{"message_type":7}}"#);
    assert!(wrong.contains("`/metadata/message_type`") && wrong.contains("at byte 28"), "{wrong}");
    let Err(DecodeError::Payload(error)) =
        RawMessage::open(&FLAT, r#"{"type":"chat","user":["s3cret"]}"#)
            .expect("a message")
            .payload::<Chat>()
    else {
        panic!("no user")
    };
    assert_eq!((error.path(), error.message()), ("user", "chat"));
    assert!(!error.to_string().contains("s3cret"));
    let absent = RawMessage::open(&OWN_KEYS, r#"{"event":"chat"}"#).expect("a message");
    let error = absent.payload::<Chat>().expect_err("no payload");
    assert!(
        matches!(error, DecodeError::Payload(error) if error.to_string().contains("`payload`"))
    );
}

#[test]
fn no_text_chooses_another_message_than_its_form_says() {
    let outcome = |form: &SideForm, text: &str| {
        check_agreement(Layout::from(form), text);
        match RawMessage::open(form, text) {
            Ok(frame) if frame.check().is_ok() => frame.name().to_owned(),
            _ => "refused".to_owned(),
        }
    };
    for (form, text, expected) in [
        // A string with the tag inside.
        (&FLAT, r#"{"user":"\",\"type\":\"leave","type":"chat"}"#, "chat"),
        (&OWN_KEYS, r#"{"event":"chat","payload":"x\",\"event\":\"leave"}"#, "chat"),
        (&OWN_KEYS, r#"{"payload":"x","event":"chat","note":"\",\"event\":\"leave"}"#, "chat"),
        (
            &POINTER,
            r#"{"x":"{\"message_type\":\"leave\"}","metadata":{"message_type":"chat"}}"#,
            "chat",
        ),
        (&KEYED, r#"{"note":"\"result\":1","error":{}}"#, "failure"),
        // Nested where the form doesn't look.
        (&FLAT, r#"{"inner":{"type":"leave"},"type":"chat"}"#, "chat"),
        (&POINTER, r#"{"metadata":{"x":{"message_type":"leave"},"message_type":"chat"}}"#, "chat"),
        (&KEYED, r#"{"x":{"method":"leave"},"result":1}"#, "success"),
        // Doubled.
        (&FLAT, r#"{"type":"chat","type":"leave"}"#, "refused"),
        (&FLAT, r#"{"type":"chat","\u0074ype":"leave"}"#, "refused"),
        (&FLAT, r#"{"\u0074ype":"chat"}"#, "chat"),
        (&OWN_KEYS, r#"{"event":"chat","payload":1,"payload":2}"#, "refused"),
        (&OWN_KEYS, r#"{"event":"chat","payload":1,"event":"leave"}"#, "refused"),
        (&OWN_KEYS, r#"{"event":"chat","payload":1,"ts":2,"ts":3}"#, "refused"),
        (&POINTER, r#"{"metadata":{"message_type":"a","message_type":"b"}}"#, "refused"),
        (
            &POINTER,
            r#"{"metadata":{"message_type":"a"},"metadata":{"message_type":"b"}}"#,
            "refused",
        ),
        (&INTEGERS, r#"{"op":1,"d":1,"op":2}"#, "refused"),
        // Of the wrong type.
        (&FLAT, r#"{"type":{"type":"chat"}}"#, "refused"),
        (&KEYED, r#"{"method":null,"result":1}"#, "refused"),
    ] {
        assert_eq!(outcome(form, text), expected, "{text}");
    }
    // A payload is never decoded from a message that names two.
    let doubled = RawMessage::open(&FLAT, r#"{"type":"chat","user":"a","type":"leave"}"#);
    let doubled = doubled.expect("the fast path has seen the first");
    assert!(doubled.payload::<Chat>().is_err() && doubled.unit().is_err());
}

#[test]
fn depth_is_no_danger_in_any_form() {
    let (open, close) = ("[".repeat(100_000), "]".repeat(100_000));
    for form in [&FLAT, &OWN_KEYS, &INTEGERS, &POINTER, &KEYED, &NONE] {
        for text in [
            open.clone(),
            format!(r#"{{"type":"chat","x":{open}{close}}}"#),
            format!(r#"{{"x":{open}{close},"type":"chat","event":"chat","op":1}}"#),
            format!(r#"{{"event":"chat","payload":{open}{close}}}"#),
            format!(r#"{{"metadata":{open}{close}}}"#),
            format!(r#"{{"metadata":{{"message_type":{open}{close}}}}}"#),
            format!(r#"{{"result":{open}"#),
        ] {
            if let Ok(frame) = RawMessage::open(form, &text) {
                assert!(frame.payload::<Value>().is_err(), "{form:?}");
                let _ = (frame.at("/x/0/0"), frame.unit(), frame.data());
            }
        }
    }
}

#[test]
fn usual_messages_take_the_fast_path() {
    for (form, text) in [
        (&FLAT, r#"{"type":"chat","user":"Ada"}"#),
        (&FLAT, r#"{"id":7, "ok":true, "type":"chat","user":{}}"#),
        (&OWN_KEYS, r#"{"event":"chat","payload":{},"ts":1700000000000}"#),
        (&OWN_KEYS, r#"{"topic":"a","event":"chat","payload":{},"ref":null}"#),
        (&OWN_KEYS, r#"{"payload":{}, "event":"chat"}"#),
        (&INTEGERS, r#"{"t":null,"s":null,"op":10,"d":{"heartbeat_interval":41250}}"#),
    ] {
        assert!(peek(Layout::from(form), text).is_some(), "{text}");
        check_agreement(Layout::from(form), text);
    }
}

#[test]
fn a_flattened_payload_has_a_number_only_if_it_declares_it() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Event {
        id: u64,
        event: String,
    }
    let form = WireForm {
        client: FLAT,
        server: FLAT,
        batch: false,
        calls: Some(CallForm { re: "id".into(), ..CallForm::USUAL }),
    };
    let text = r#"{"id":18,"type":"event","event":"x"}"#;
    let frame = RawMessage::open(Layout::of_server(&form), text).expect("a message");
    assert_eq!(
        frame.payload::<Event>().expect("an event").data,
        Event { id: 18, event: "x".into() }
    );
    assert_eq!(frame.at("id"), Some("18"));
    let text = r#"{"id":18,"type":"chat","user":"x"}"#;
    let frame = RawMessage::open(Layout::of_server(&form), text).expect("a message");
    assert_eq!(frame.payload::<Chat>().expect("a chat").data.user, "x");
    let layout = Layout::of_client(&form);
    let frame = RawMessage::open(layout, text).expect("a message");
    assert_eq!(frame.payload::<Chat>().expect("a chat").data.user, "x");
    // What isn't sent as a call may have a number of its own.
    let event = Event { id: 18, event: "x".into() };
    let head = Head::for_test(r#"{"type":"event""#, layout, Told::Tag("event"));
    let text = write(&head, Some(&event)).expect("a message");
    assert_eq!(text, r#"{"type":"event","id":18,"event":"x"}"#);
    let frame = RawMessage::open(layout, &text).expect("a message");
    assert_eq!(frame.payload::<Event>().expect("an event").data, event);
    assert_eq!(frame.payload::<Value>().expect("a value").data, json!({"id": 18, "event": "x"}));
    let call = head.with_text(r#"{"type":"event","id":7"#);
    assert!(write(&call, Some(&event)).expect_err("two numbers").contains("`id`"));
}

#[test]
fn payloads_of_every_shape_are_read_beside_the_tag() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    enum Outer {
        One(u8),
        Two { b: u8 },
        Three(u8, u8),
    }
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(tag = "kind")]
    enum Inner {
        A { n: u8 },
    }
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Flattened {
        a: u8,
        #[serde(flatten)]
        rest: BTreeMap<String, u8>,
    }
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Wrapped(Flattened);

    fn same<T: Serialize + serde::de::DeserializeOwned + PartialEq + fmt::Debug + 'static>(
        value: T,
    ) {
        let head = tagged(r#"{"type":"x""#, &FLAT, "x");
        let text = write(&head, Some(&value)).expect("an object");
        let frame = RawMessage::open(&FLAT, &text).expect(&text);
        assert_eq!(frame.payload::<T>().expect(&text).data, value, "{text}");
    }
    same(Outer::One(1));
    same(Outer::Two { b: 1 });
    same(Outer::Three(1, 2));
    same(Inner::A { n: 1 });
    same(Flattened { a: 1, rest: BTreeMap::from([("b".into(), 2)]) });
    same(Wrapped(Flattened { a: 1, rest: BTreeMap::new() }));
    same(Some(Flattened { a: 1, rest: BTreeMap::new() }));
    same(BTreeMap::from([(7_u64, true), (u64::MAX, false)]));
    same(BTreeMap::from([(-7_i8, true)]));
    same(BTreeMap::from([(u128::MAX, 1)]));
    same(BTreeMap::from([(true, 'x')]));
    same(());
}
