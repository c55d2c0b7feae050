//! A payload whose members stand beside the tag, read and written without another look at the tag.

use super::*;

#[test]
fn what_is_behind_a_tag_is_read_as_the_whole_message_is() {
    let long = format!(r#""user":"{}""#, "a".repeat(3000));
    let behind = [
        r#""user":"Ada""#,
        r#""user":"Ada","lines":[1,2]"#,
        r#" "user" : "Ada" "#,
        "\n\"user\":\"Ada\"",
        "",
        ",",
        r#","user":"Ada""#,
        r#""user":"Ada","#,
        r#""user":"Ada","type":"chat""#,
        r#""type":"chat","user":"Ada""#,
        r#""typ\u0065":"chat","user":"Ada""#,
        r#""us\u0065r":"Ada""#,
        r#""user":"Ada","id":7"#,
        r#""user":"Ada","user":"Bob""#,
        r#""user":"Ada"},{"user":"Bob""#,
        &long,
        &format!(r#"{long},"type":"chat""#),
    ];
    for rest in behind {
        for text in [
            format!(r#"{{"type":"chat",{rest}}}"#),
            format!(r#"{{ "type" : "chat" , {rest} }}"#),
            format!(r#"{{"type":"chat",{rest}}}}}"#),
            format!(r#"{{"type":"chat",{rest}"#),
            format!(r#"{{"user":"Bob","type":"chat",{rest}}}"#),
            format!(r#"{{"type":"ch\u0061t",{rest}}}"#),
        ] {
            check_agreement(Layout::from(&FLAT), &text);
            // A key that has to be escaped is none of the fast path's.
            let escaped = SideForm { tag: Some(Cow::Borrowed("ty\\pe")), ..FLAT };
            check_agreement(Layout::from(&escaped), &text.replacen("type", "ty\\pe", 1));
            check_agreement(Layout::from(&escaped), &text.replacen("type", "ty\\\\pe", 1));
        }
    }
}

/// A payload that is read by means of another message.
#[derive(Debug, PartialEq)]
struct Nested(String);

impl<'de> Deserialize<'de> for Nested {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let outer = BTreeMap::<String, String>::deserialize(deserializer)?;
        let inner = RawMessage::open(&FLAT, r#"{"type":"chat","user":"Bob"}"#).unwrap();
        let inner = inner.payload::<Chat>().unwrap().data.user;
        Ok(Self(format!("{} {inner}", outer["user"])))
    }
}

#[test]
fn a_message_can_be_read_while_another_one_is() {
    let frame = RawMessage::open(&FLAT, r#"{"type":"chat","user":"Ada"}"#).unwrap();
    assert_eq!(frame.payload::<Nested>().unwrap().data, Nested("Ada Bob".into()));
    assert_eq!(frame.payload::<Chat>().unwrap().data.user, "Ada");
}

#[test]
fn a_key_of_the_form_is_found_in_a_payload_however_it_is_written() {
    let head = tagged(r#"{"type":"chat""#, &FLAT, "chat");
    let written = |json: &str| {
        let payload: Box<serde_json::value::RawValue> = serde_json::from_str(json).unwrap();
        write(&head, Some(&payload))
    };
    for json in [
        r#"{"type":1}"#,
        r#"{"a":{"type":1},"type":2}"#,
        r#"{ "a" : "\\" , "type" : 2 }"#,
        r#"{"a":"\"","typ\u0065":2}"#,
        r#"{"\u0074ype":1}"#,
    ] {
        let error = written(json).unwrap_err();
        assert!(error.contains("`type`"), "{json}: {error}");
    }
    for json in [
        r#"{"a":{"type":1}}"#,
        r#"{"a":[{"type":1}],"b":"type"}"#,
        r#"{"a":"\"type\":","b":"\u0074ype"}"#,
        r#"{"typ":1,"types":2,"Type":3}"#,
    ] {
        assert_eq!(written(json).unwrap(), format!(r#"{{"type":"chat",{}"#, &json[1..]));
    }
    // Keys that are written with escapes, and one that is longer than most.
    for key in ["a\"b", "a/b", "a\\b", &"k".repeat(40)] {
        let form = SideForm { tag: Some(Cow::Owned(key.to_owned())), ..FLAT };
        let head = tagged("{", &form, "chat");
        let payload = BTreeMap::from([("x", key), (key, "x")]);
        assert!(write(&head, Some(&payload)).is_err(), "{key}");
        assert!(write(&head, Some(&BTreeMap::from([("x", key)]))).is_ok(), "{key}");
    }
}
