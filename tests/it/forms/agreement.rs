//! `validate` and the codec say the same of any text: what the one takes for a message, the other does, under the same
//! name.

use std::collections::HashMap;

use proptest::{prelude::*, sample::select};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use wirebond::{Contract, Direction, JsonText, schema::validate::Validator};
use wirebond_core::wire::answered;

use super::{
    contracts::{
        Adjacent, Closed, Flat, Integers, Item, Nested, Open, PerSide, Pointer, Rpc, Shape,
        Untagged,
    },
    validate::read,
};

use Direction::{Client, Server};

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Texts {
    text: JsonText<Item>,
    more: Option<JsonText<JsonText<u8>>>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Numbered {
    only: String,
    id: Option<u64>,
}

/// The same messages in further forms.
macro_rules! contracts {
    ($($name:ident($($form:tt)*))*) => {$(
        #[derive(Debug, Contract)]
        #[contract(version = "1.0.0", $($form)*)]
        enum $name {
            Item(Item),
            Drawn(Shape),
            Closed(Closed),
            Titled(Open),
            Texts(Texts),
            Counts(HashMap<String, u32>),
            Bye,
            #[message(from = "server")]
            Numbered(Numbered),
        }
    )*};
}

contracts! {
    Numbers(tag = "type", id = "id")
    Everything(tag = "type", timestamp = "ts", constant(jsonrpc = "2.0"), id = "id", ids = "string", batch)
    Contents(tag = "event", content = "payload", id = "id", re = "re")
    Inner(tag = "/metadata/message_type")
}

/// An object as its members in their order, which may stand twice.
type Members = Vec<(String, String)>;

fn members(text: &str) -> Members {
    let object: serde_json::Map<String, Value> = serde_json::from_str(text).expect(text);
    object.into_iter().map(|(key, value)| (format!("\"{key}\""), value.to_string())).collect()
}

/// Valid messages of these forms to begin with.
const SEEDS: &[&str] = &[
    r#"{"type":"item","name":"a","count":1}"#,
    r#"{"type":"drawn","kind":"circle","radius":15}"#,
    r#"{"type":"closed","only":"a"}"#,
    r#"{"type":"numbered","only":"a","id":7}"#,
    r#"{"type":"titled","title":"a","b":1}"#,
    r#"{"type":"counts","a":1,"b":2}"#,
    r#"{"type":"texts","text":"{\"name\":\"a\",\"count\":1}","more":null}"#,
    r#"{"type":"texts","text":"{\"name\":\"a\",\"count\":1}","more":"\"7\""}"#,
    r#"{"type":"bye"}"#,
    r#"{"type":"said","user":"a","text":null}"#,
    r#"{"type":"event","name":"a","count":1}"#,
    r#"{"title":"a","b":1}"#,
    r#"{"envelope_id":"1"}"#,
    r#"{"event":"item","payload":{"name":"a","count":1},"ts":17}"#,
    r#"{"event":"number","payload":5}"#,
    r#"{"event":"list/of","payload":[{"name":"a","count":1}]}"#,
    r#"{"event":"closed","payload":{"only":"a"},"re":7}"#,
    r#"{"event":"texts","payload":{"text":"{\"name\":\"a\",\"count\":1}"}}"#,
    r#"{"event":"bye"}"#,
    r#"{"method":"item","params":{"name":"a","count":1}}"#,
    r#"{"channel":"trades","data":[{"name":"a","count":1}]}"#,
    r#"{"channel":"poke"}"#,
    r#"{"metadata":{"message_id":"1","message_type":"session_welcome"},"payload":{"name":"a","count":1}}"#,
    r#"{"metadata":{"message_id":"1","message_type":"session_keepalive"}}"#,
    r#"{"metadata":{"message_type":"item"},"name":"a","count":1}"#,
    r#"{"metadata":{"message_type":"bye"}}"#,
    r#"{"op":10,"d":{"heartbeat_interval":1}}"#,
    r#"{"op":1,"d":null}"#,
    r#"{"op":0,"d":{"heartbeat_interval":1}}"#,
    r#"{"op":6,"d":{"requestType":"a","requestId":"1"}}"#,
    r#"{"op":7,"d":{"requestId":"4","responseData":{"name":"a","count":1}}}"#,
    r#"{"jsonrpc":"2.0","method":"eth_subscribe","params":["a"],"id":1}"#,
    r#"{"jsonrpc":"2.0","method":"eth_blockNumber","id":1}"#,
    r#"{"jsonrpc":"2.0","id":1,"result":"0x1"}"#,
    r#"{"jsonrpc":"2.0","id":null,"error":{"code":-1,"message":"m"}}"#,
    r#"{"jsonrpc":"2.0","type":"item","name":"a","count":1,"ts":5,"id":"7"}"#,
    r#"{"jsonrpc":"2.0","type":"closed","only":"a","ts":null}"#,
];

const KEYS: &[&str] = &[
    "type", "event", "payload", "ts", "method", "channel", "metadata", "op", "d", "jsonrpc", "id",
    "re", "error", "result", "name", "count", "kind", "title", "only", "text", "more", "x",
];

const VALUES: &[&str] = &[
    "null",
    "true",
    "7",
    "-1",
    "1.5",
    "18446744073709551616",
    "\"a\"",
    "\"7\"",
    "\"item\"",
    "\"closed\"",
    "\"it\\u0065m\"",
    "\"bye\"",
    "[]",
    "{}",
    "[{\"type\":\"item\"}]",
    "{\"type\":\"item\",\"type\":\"bye\"}",
    "{\"name\":\"a\",\"count\":1}",
    "{\"name\":\"a\",\"name\":\"b\",\"count\":1}",
    "{\"message_type\":\"item\",\"message_type\":\"bye\"}",
    "{\"message_id\":\"1\",\"message_type\":\"bye\"}",
    "\"{\\\"name\\\":\\\"a\\\",\\\"count\\\":1}\"",
    "\"{\\\"name\\\":\\\"a\\\",\\\"name\\\":\\\"b\\\",\\\"count\\\":1}\"",
    "\"{\\\"name\\\":1}\"",
    "\"\\\"7\\\"\"",
    "\"\\\"256\\\"\"",
    "\"{\"",
    "tru",
    "01",
    "\"\\ud800\"",
    "",
];

#[derive(Debug, Clone)]
enum Change {
    Drop(usize),
    Double(usize),
    Move(usize, usize),
    Put(usize, &'static str, &'static str),
    Replace(usize, &'static str),
    Rename(usize, &'static str),
    /// Its first letter as an escape.
    Escape(usize),
}

fn change() -> impl Strategy<Value = Change> {
    let at = || 0..8_usize;
    prop_oneof![
        at().prop_map(Change::Drop),
        at().prop_map(Change::Double),
        (at(), at()).prop_map(|(from, to)| Change::Move(from, to)),
        (at(), select(KEYS), select(VALUES))
            .prop_map(|(at, key, value)| Change::Put(at, key, value)),
        (at(), select(VALUES)).prop_map(|(at, value)| Change::Replace(at, value)),
        (at(), select(KEYS)).prop_map(|(at, key)| Change::Rename(at, key)),
        at().prop_map(Change::Escape),
    ]
}

fn changed(members: &mut Members, change: &Change) {
    let last = members.len().saturating_sub(1);
    let of = |at: &usize| (*at).min(last);
    if let Change::Put(at, key, value) = change {
        members.insert((*at).min(members.len()), (format!("\"{key}\""), (*value).to_owned()));
        return;
    }
    if members.is_empty() {
        return;
    }
    match change {
        Change::Drop(at) => drop(members.remove(of(at))),
        Change::Double(at) => {
            let member = members[of(at)].clone();
            members.push(member);
        }
        Change::Move(from, to) => members.swap(of(from), of(to)),
        Change::Replace(at, value) => (*value).clone_into(&mut members[of(at)].1),
        Change::Rename(at, key) => members[of(at)].0 = format!("\"{key}\""),
        Change::Escape(at) => {
            let key = &mut members[of(at)].0;
            let first = key.chars().nth(1).map_or(0, u32::from);
            *key = format!("\"\\u{first:04x}{}", &key[2..]);
        }
        Change::Put(..) => {}
    }
}

fn written(members: &Members, space: &str) -> String {
    let members: Vec<_> =
        members.iter().map(|(key, value)| format!("{key}{space}:{space}{value}")).collect();
    format!("{{{space}{}{space}}}", members.join(&format!("{space},{space}")))
}

fn texts() -> impl Strategy<Value = String> {
    let space = select(vec!["", "", "", " ", "\n\t"]);
    let built = (select(SEEDS), prop::collection::vec(change(), 0..4), space).prop_map(
        |(seed, changes, space)| {
            let mut members = members(seed);
            for one in &changes {
                changed(&mut members, one);
            }
            written(&members, space)
        },
    );
    prop_oneof![12 => built, 1 => ".{0,12}", 1 => "[\\[\\]{}\":,a-z0-9 ]{0,16}"]
}

/// Why the two may differ about a text, where that is meant.
fn reason<C: Contract>(
    text: &str,
    from: Direction,
    codec: Result<&str, &str>,
    checked: Result<&str, &str>,
) -> Option<&'static str> {
    let side = if from == Client { &C::FORM.client } else { &C::FORM.server };
    let calls = C::FORM.calls.as_ref();
    let value: Option<Value> = serde_json::from_str(text).ok();
    let member = |key: &str| value.as_ref().and_then(|value| value.get(key));
    match (codec, checked) {
        // A call's answer is told by its number, which a reader holds against the calls in flight.
        (_, Ok(name)) if matches!(name.rsplit('.').next(), Some("reply" | "error")) => {
            calls.and_then(|calls| answered(calls, text)).map(|_| "an answer")
        }
        // Constants are not looked at on receipt, so that a backend that forgets one is heard. It is wrong all the same.
        (Ok(_), Err(_))
            if side
                .constants
                .iter()
                .any(|one| member(&one.key) != serde_json::from_str(&one.json).ok().as_ref()) =>
        {
            Some("a constant")
        }
        (Ok(_), Err(why))
            if side
                .constants
                .iter()
                .any(|one| why.contains(&format!("{}: expected it once", one.key))) =>
        {
            Some("a constant that stands twice")
        }
        // A number of a call that is none is as if absent: the request is an ordinary message. Who wrote it waits in vain.
        (Ok(_), Err(why))
            if calls.is_some_and(|calls| {
                why.contains(calls.id.rsplit('/').next().unwrap_or_default())
            }) =>
        {
            Some("a call's number")
        }
        // Of several messages that nothing tells, the other side can't read any: it is told apart from others only here.
        (Err(_), Ok(name)) if side.untagged.is_none() => {
            let info = C::MESSAGES.iter().find(|one| one.name() == name)?;
            matches!(info.recognition(), wirebond::Recognition::Untagged).then_some("untagged")
        }
        // What `serde_json` reads into no value, a reader that skips it passes over.
        (Ok(_), Err(why)) if value.is_none() => why.contains("expected JSON").then_some("skipped"),
        _ => None,
    }
}

fn agree<C: Contract>(validator: &Validator, text: &str) {
    for from in [Client, Server] {
        let codec = read::<C>(text, from);
        let checked = validator.check(text, from).map_err(|rejection| rejection.to_string());
        let (codec, checked) = (
            codec.as_deref().map_err(String::as_str),
            checked.as_ref().copied().map_err(String::as_str),
        );
        if codec.ok() != checked.ok() {
            let reason = reason::<C>(text, from, codec, checked);
            assert!(
                reason.is_some(),
                "{from:?} {text}\n  codec: {codec:?}\n  validate: {checked:?}"
            );
        }
    }
}

/// One test for each contract.
macro_rules! agreements {
    ($($test:ident: $contract:ty;)*) => {$(
        #[test]
        fn $test() {
            let validator = Validator::new(&<$contract>::contract().unwrap()).unwrap();
            for text in SEEDS {
                agree::<$contract>(&validator, text);
            }
            let mut runner = proptest::test_runner::TestRunner::default();
            let result = runner.run(&texts(), |text| {
                agree::<$contract>(&validator, &text);
                Ok(())
            });
            result.unwrap();
        }
    )*};
}

agreements! {
    flat: Flat;
    numbers: Numbers;
    everything: Everything;
    adjacent: Adjacent;
    contents: Contents;
    per_side: PerSide;
    pointer: Pointer;
    inner: Inner;
    integers: Integers;
    keyed: Rpc;
    untagged: Untagged;
    nested: Nested;
}

/// Each message of an array is the message that it is by itself.
#[test]
fn arrays() {
    let validator = Validator::new(&Everything::contract().unwrap()).unwrap();
    let mut runner = proptest::test_runner::TestRunner::default();
    let result = runner.run(&prop::collection::vec(texts(), 0..5), |texts| {
        let is_json =
            |text: &String| serde_json::from_str::<&serde_json::value::RawValue>(text).is_ok();
        let frame = format!("[{}]", texts.join(","));
        let checked = validator.check_frame(&frame, Server);
        if texts.iter().all(is_json) {
            let alone: Vec<_> =
                texts.iter().map(|text| validator.check(text, Server).ok()).collect();
            let in_it: Vec<_> = checked.into_iter().map(Result::ok).collect();
            prop_assert_eq!(in_it, alone);
        } else {
            prop_assert!(checked.iter().all(Result::is_err) || !checked.is_empty());
        }
        Ok(())
    });
    result.unwrap();
}
