//! The codec's paths agree in every form, and a batch is taken as the array that it is.
#![no_main]

use std::borrow::Cow;

use libfuzzer_sys::fuzz_target;
use serde::Deserialize;
use serde_json::Value;
use wirebond_core::wire::{
    Batch, RawMessage,
    form::{CallForm, KeyedName, Layout, Member, SideForm, TaggedName, WireForm},
};

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Chat {
    user: String,
    #[serde(default)]
    lines: Vec<f64>,
}

/// A form, chosen by the bits of a byte.
fn form(bits: u8) -> WireForm {
    let is = |bit: u8| bits & (1 << bit) != 0;
    let tag = match bits & 3 {
        0 => None,
        1 => Some("/m/t"),
        _ => Some("t"),
    };
    let side = SideForm {
        tag: tag.map(Cow::Borrowed),
        content: (is(2) && tag == Some("t")).then_some(Cow::Borrowed("d")),
        timestamp: is(3).then_some(Cow::Borrowed("ts")),
        integers: is(4),
        tags: if bits & 3 == 3 {
            Cow::Borrowed(&[
                TaggedName { tag: Cow::Borrowed("chat"), name: Cow::Borrowed("said") },
                TaggedName { tag: Cow::Borrowed("10"), name: Cow::Borrowed("ten") },
                TaggedName { tag: Cow::Borrowed("x"), name: Cow::Borrowed("7") },
                TaggedName { tag: Cow::Borrowed("7"), name: Cow::Borrowed("x") },
            ])
        } else {
            Cow::Borrowed(&[])
        },
        constants: if is(3) {
            Cow::Borrowed(&[Member { key: Cow::Borrowed("v"), json: Cow::Borrowed("2") }])
        } else {
            Cow::Borrowed(&[])
        },
        keys: if is(5) {
            Cow::Borrowed(&[
                KeyedName { key: Cow::Borrowed("error"), name: Cow::Borrowed("failure") },
                KeyedName { key: Cow::Borrowed("result"), name: Cow::Borrowed("success") },
            ])
        } else {
            Cow::Borrowed(&[])
        },
        untagged: is(6).then_some(Cow::Borrowed("bare")),
    };
    let calls = is(7).then_some(CallForm { re: Cow::Borrowed("id"), ..CallForm::USUAL });
    WireForm { client: side.clone(), server: side, batch: true, calls }
}

/// A payload as text, and its time.
type Decoded = Option<(String, Option<u64>)>;

fn decoded(message: &RawMessage<'_>) -> (String, bool, [Decoded; 3]) {
    let value = message.payload::<Value>().ok().map(|r| (r.data.to_string(), r.timestamp));
    let chat = message.payload::<Chat>().ok().map(|r| (format!("{:?}", r.data), r.timestamp));
    let unit = message.unit().ok().map(|r| (String::new(), r.timestamp));
    (message.name().to_owned(), message.is_tagged(), [value, chat, unit])
}

fn agree(layout: Layout<'_>, text: &str) {
    match (RawMessage::open(layout, text), RawMessage::parse(layout, text)) {
        (Ok(fast), Ok(general)) => assert_eq!(decoded(&fast), decoded(&general)),
        (Ok(fast), Err(_)) => {
            assert!(fast.check().is_err());
            assert!(decoded(&fast).2.iter().all(Option::is_none));
        }
        (Err(_), Ok(_)) => panic!("the fast path refuses a valid message"),
        (Err(_), Err(error)) => drop(error.to_string()),
    }
}

fuzz_target!(|input: (u8, &str)| {
    let (bits, text) = input;
    let form = form(bits);
    agree(Layout::of_client(&form), text);
    agree(Layout::of_server(&form), text);
    if !Batch::is_array(text) {
        return;
    }
    let mut batch = Batch::new(text);
    let mut elements = Vec::new();
    let mut is_sound = true;
    while let Some(element) = batch.next_element() {
        match element {
            Ok(element) => elements.push(batch.text(element).to_owned()),
            Err(_) => is_sound = false,
        }
    }
    if let Ok(values) = serde_json::from_str::<Vec<Value>>(text) {
        assert!(is_sound);
        let read = elements.iter().map(|one| serde_json::from_str::<Value>(one));
        assert_eq!(read.collect::<Result<Vec<_>, _>>().expect("sound"), values);
    }
});
