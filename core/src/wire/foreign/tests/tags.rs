//! Messages whose tag is another than their name.

use std::collections::BTreeSet;

use super::*;
use crate::{
    contract::{Direction, MessageInfo, Recognition},
    wire::NamedHead,
};

#[test]
fn a_tag_of_its_own_tells_its_message_and_no_name_that_is_unwritten_does() {
    let strings = SideForm { tags: Cow::Borrowed(TAGS), ..FLAT };
    let integers = SideForm { tags: Cow::Borrowed(TAGS), ..INTEGERS };
    for (form, text, name) in [
        (&strings, r#"{"type":"chat"}"#, "said"),
        (&strings, r#"{"type":"ch\u0061t"}"#, "said"),
        (&strings, r#"{"type":"said"}"#, "\"said\""),
        (&strings, r#"{"type":"x"}"#, "7"),
        (&strings, r#"{"type":"7"}"#, "x"),
        (&strings, r#"{"type":"other"}"#, "other"),
        (&integers, r#"{"op":10,"d":0}"#, "ten"),
        (&integers, r#"{"op":7,"d":0}"#, "x"),
        (&integers, r#"{"op":"10","d":0}"#, "\"10\""),
        (&integers, r#"{"op":11,"d":0}"#, "11"),
    ] {
        let layout = Layout::from(form);
        for frame in [RawMessage::open(layout, text), RawMessage::parse(layout, text)] {
            assert_eq!(frame.expect("a message").name(), name, "{text}");
        }
    }
}

#[test]
fn by_its_name_a_message_is_sent_with_its_tag_and_nothing_else_takes_that() {
    let form = SideForm { tags: Cow::Borrowed(TAGS), ..FLAT };
    let said = MessageInfo::unit("said", "Said", Direction::Server);
    let said = said.recognised_by(Recognition::Tag("chat"));
    let write = |name, known| {
        let head =
            NamedHead::new(Layout::from(&form), name, known).map_err(|why| why.to_string())?;
        write(&head.head(), Some(&json!({ "user": "Ada" })))
    };
    assert_eq!(write("said", Some(&said)).as_deref(), Ok(r#"{"type":"chat","user":"Ada"}"#));
    assert_eq!(write("other", None).as_deref(), Ok(r#"{"type":"other","user":"Ada"}"#));
    let error = write("chat", None).expect_err("it would be read as another message");
    assert!(error.contains("the tag `chat` is that of the message `said`"), "{error}");
}

/// The words that are names and tags of a random contract.
const WORDS: [&str; 6] = ["a", "b", "chat", "7", "10", "-1"];

/// The messages of one side: names, and tags of their own. No two have one name, or one tag.
fn messages() -> impl Strategy<Value = Vec<(&'static str, Option<&'static str>)>> {
    let word = || prop::sample::select(WORDS.to_vec());
    prop::collection::vec((word(), prop::option::of(word())), 0..5).prop_map(|all| {
        let (mut names, mut tags) = (BTreeSet::new(), BTreeSet::new());
        let all = all.into_iter();
        all.filter(|(name, tag)| {
            !names.contains(name) && tags.insert(tag.unwrap_or(name)) && names.insert(*name)
        })
        .collect()
    })
}

/// A side of these messages. Where `integers`, what is no integer can be no tag.
fn side(
    messages: &[(&'static str, Option<&'static str>)],
    integers: bool,
    form: &SideForm,
) -> SideForm {
    let tags = messages.iter().filter_map(|&(name, tag)| {
        let tag = tag.filter(|tag| *tag != name)?;
        Some(TaggedName { tag: tag.into(), name: name.into() })
    });
    SideForm { integers, tags: tags.collect(), ..form.clone() }
}

fn info(name: &'static str, tag: Option<&'static str>, integers: bool) -> MessageInfo {
    MessageInfo::unit(name, "Variant", Direction::Both).recognised_by(match (tag, integers) {
        (None, false) => Recognition::Name,
        (None, true) => Recognition::Integer,
        (Some(tag), false) => Recognition::Tag(tag),
        (Some(tag), true) => Recognition::IntegerTag(tag),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Both sides may use one tag, each for a message of its own.
    #[test]
    fn each_side_reads_what_the_other_has_written_as_the_same_message(
        of_client in messages(),
        of_server in messages(),
        integers in any::<[bool; 2]>(),
        form in prop::sample::select(vec![&FLAT, &OWN_KEYS]),
    ) {
        let form = WireForm {
            client: side(&of_client, integers[0], form),
            server: side(&of_server, integers[1], form),
            batch: false,
            calls: None,
        };
        let sides = [
            (Layout::of_client(&form), of_client, integers[0]),
            (Layout::of_server(&form), of_server, integers[1]),
        ];
        for (layout, messages, integers) in sides {
            for &(name, tag) in &messages {
                if integers && tag.unwrap_or(name).parse::<i64>().is_err() {
                    continue;
                }
                let info = info(name, tag, integers);
                let head = NamedHead::new(layout, name, Some(&info)).expect(name);
                let payload = json!({ "user": "Ada" });
                let written = write(&head.head(), Some(&payload)).expect(name);
                for read in [RawMessage::open(layout, &written), RawMessage::parse(layout, &written)] {
                    let read = read.expect(&written);
                    prop_assert_eq!(read.name(), name, "{}", written);
                    prop_assert_eq!(read.payload::<Value>().expect(&written).data, payload.clone());
                }
            }
            // Nothing else is read as one of them.
            for word in WORDS {
                let is_tag = |&(name, tag): &(&str, Option<&str>)| tag.unwrap_or(name) == word;
                if messages.iter().any(is_tag) || integers && word.parse::<i64>().is_err() {
                    continue;
                }
                let tag = if integers { word.to_owned() } else { json!(word).to_string() };
                let key = layout.tag().expect("every form here has a tag");
                let text = format!("{{\"{key}\":{tag},\"payload\":{{}}}}");
                for read in [RawMessage::open(layout, &text), RawMessage::parse(layout, &text)] {
                    let read = read.expect(&text);
                    prop_assert!(messages.iter().all(|(name, _)| *name != read.name()), "{}", text);
                }
            }
        }
    }
}
