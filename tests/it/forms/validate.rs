//! `validate` by the form: what it accepts is what the contract's own reader takes.

use wirebond::{
    Contract, Direction,
    schema::{ContractDocument, validate::Validator},
};
use wirebond_core::{form::Layout, wire::RawMessage};

use super::contracts::{
    Adjacent, Flat, Integers, Nested, PerSide, Pointer, Rpc, Shared, SharedIntegers, Untagged,
};

use Direction::{Client, Server};

/// Reads a message as the contract's own client or server does.
pub(super) fn read<C: Contract>(text: &str, from: Direction) -> Result<String, String> {
    let layout = match from {
        Server => Layout::of_server(C::FORM),
        _ => Layout::of_client(C::FORM),
    };
    let message = RawMessage::open(layout, text).map_err(|error| error.to_string())?;
    message.check().map_err(|error| error.to_string())?;
    let index = C::position(message.name()).ok_or("an unknown message")?;
    let direction = C::MESSAGES[index].direction();
    let sends = match from {
        Server => direction.server_sends(),
        _ => direction.client_sends(),
    };
    let read = message.message::<C>(index).map_err(|error| format!("{error:?}"))?;
    drop(read);
    if sends { Ok(message.name().to_owned()) } else { Err("of the other side".to_owned()) }
}

/// What `validate` says of each text, which the codec agrees with.
#[track_caller]
fn hold<C: Contract>(from: Direction, cases: &[(&str, Result<&str, &str>)]) {
    let validator = Validator::new(&C::contract().unwrap()).unwrap();
    for (text, expected) in cases {
        let codec = read::<C>(text, from);
        assert_eq!(codec.as_deref().ok(), expected.ok(), "the codec: {text}: {codec:?}");
        let checked = validator.check(text, from).map_err(|rejection| rejection.to_string());
        match expected {
            Ok(name) => assert_eq!(checked.as_deref(), Ok(*name), "{text}"),
            Err(part) => {
                let said = checked.expect_err(text);
                assert!(said.contains(part), "{text}: {said}");
            }
        }
    }
}

#[test]
fn flattened_payloads_stand_beside_the_tag() {
    hold::<Flat>(
        Client,
        &[
            (r#"{"type":"item","name":"a","count":1}"#, Ok("item")),
            (r#"{"count":1,"type":"item","name":"a","more":[1]}"#, Ok("item")),
            (r#"{"type":"item","name":"a"}"#, Err("item: count: expected")),
            (r#"{"type":"item","name":"a","name":"b","count":1}"#, Err("name: expected it once")),
            (
                r#"{"type":"item","type":"item","name":"a","count":1}"#,
                Err("type: expected it once"),
            ),
            (r#"{"type":"drawn","kind":"circle","radius":15}"#, Ok("drawn")),
            (r#"{"type":"drawn","kind":"circle","side":15}"#, Err("drawn: radius")),
            (r#"{"type":"drawn","kind":"oval"}"#, Err("drawn: kind")),
            (r#"{"type":"closed","only":"a"}"#, Ok("closed")),
            (r#"{"type":"closed","only":"a","more":1}"#, Err("closed: more")),
            (r#"{"type":"titled","title":"a","b":1,"c":2}"#, Ok("titled")),
            (r#"{"type":"titled","title":"a","b":"c"}"#, Err("titled: b")),
            (r#"{"type":"bye","name":[]}"#, Ok("bye")),
            (r#"{"name":"{\"type\":\"item\"}","count":1}"#, Err("type: expected the name")),
            (
                r#"{"type":7,"name":"a","count":1}"#,
                Err("type: expected the name of a message as a string"),
            ),
            (r#"{"type":"said","user":"a"}"#, Err("it is sent by the server only")),
            (r#"{"type":"itme","name":"a","count":1}"#, Err("did you mean \"item\"?")),
            (r#"[{"type":"item","name":"a","count":1}]"#, Err("found an array of 1 item")),
        ],
    );
    hold::<Flat>(
        Server,
        &[
            (r#"{"type":"counts","a":1,"b":2}"#, Ok("counts")),
            (r#"{"type":"counts","a":-1}"#, Err("counts: a")),
            (r#"{"user":"a","text":null,"type":"said"}"#, Ok("said")),
        ],
    );
}

#[test]
fn adjacent_payloads_have_keys_of_their_own() {
    hold::<Adjacent>(
        Client,
        &[
            (r#"{"event":"number","payload":5,"ts":1700000000000}"#, Ok("number")),
            (r#"{"ts":null,"payload":5,"event":"number"}"#, Ok("number")),
            (r#"{"event":"number","payload":5,"ts":1.0}"#, Err("ts: expected whole milliseconds")),
            (r#"{"event":"number","payload":-5}"#, Err("number: payload: expected")),
            (r#"{"event":"number"}"#, Err("number: payload: expected")),
            (r#"{"event":"number","payload":5,"payload":6}"#, Err("payload: expected it once")),
            (
                r#"{"event":"item","payload":{"name":"a","name":"b","count":1}}"#,
                Err("payload.name"),
            ),
            (r#"{"event":"bye","payload":1e999}"#, Ok("bye")),
            (r#"{"type":"number","data":5}"#, Err("event: expected the name of a message")),
        ],
    );
}

#[test]
fn each_side_has_its_form() {
    let item = r#"{"name":"a","count":1}"#;
    let client = format!(r#"{{"method":"item","params":{item}}}"#);
    let server = format!(r#"{{"channel":"item","data":{item}}}"#);
    hold::<PerSide>(Client, &[(&client, Ok("item")), (&server, Err("method: expected the name"))]);
    hold::<PerSide>(Server, &[(&server, Ok("item")), (&client, Err("channel: expected the name"))]);
    let validator = Validator::new(&PerSide::contract().unwrap()).unwrap();
    for text in [&client, &server] {
        assert_eq!(validator.check(text, Direction::Both).unwrap(), "item");
    }
    // The side that takes it for a message says what is wrong.
    let wrong = validator.check(r#"{"channel":"item","data":{"name":"a"}}"#, Direction::Both);
    assert!(wrong.unwrap_err().to_string().starts_with("item: data.count"));
}

#[test]
fn a_tag_may_stand_within_the_payload() {
    hold::<Pointer>(
        Server,
        &[
            (
                r#"{"metadata":{"message_id":"1","message_type":"session_welcome"},"payload":{"name":"a","count":1}}"#,
                Ok("session_welcome"),
            ),
            (
                r#"{"metadata":{"message_id":"1","message_type":"session_keepalive"},"more":1}"#,
                Err("session_keepalive: more"),
            ),
            (
                r#"{"metadata":{"message_type":"session_keepalive"}}"#,
                Err("session_keepalive: metadata.message_id"),
            ),
            (
                r#"{"metadata":{"message_type":"other"}}"#,
                Err("metadata.message_type: expected the name of a message, found \"other\""),
            ),
            (r#"{"message_type":"session_keepalive"}"#, Err("metadata.message_type: expected")),
            (r#"{"metadata":"session_keepalive"}"#, Err("metadata.message_type: expected")),
        ],
    );
}

#[test]
fn integers_are_names_as_they_stand() {
    hold::<Integers>(
        Server,
        &[
            (r#"{"op":10,"d":{"heartbeat_interval":1}}"#, Ok("10")),
            (r#"{"op":11,"d":null}"#, Ok("11")),
            (r#"{"op":11.0}"#, Err("op: expected the name of a message as an integer, found 11.0")),
            (r#"{"op":"11"}"#, Err("op: expected the name of a message, found \"11\"")),
            (r#"{"op":12}"#, Err("op: expected the name of a message, found 12")),
            (r#"{"op":true}"#, Err("op: expected the name of a message as an integer")),
        ],
    );
    hold::<Integers>(
        Client,
        &[(r#"{"op":1,"d":null}"#, Ok("1")), (r#"{"op":1,"d":"a"}"#, Err("1: d"))],
    );
}

#[test]
fn keys_tell_what_has_no_tag() {
    let failed = r#"{"jsonrpc":"2.0","id":null,"error":{"code":-1,"message":"m"}}"#;
    hold::<Rpc>(
        Server,
        &[
            (failed, Ok("failed")),
            (
                r#"{"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"0x1","result":{"name":"a","count":1}}}"#,
                Ok("eth_subscription"),
            ),
            (r#"{"jsonrpc":"2.0","error":{"code":"x","message":"m"}}"#, Err("failed: error.code")),
            // The tag comes first, and a message that a key tells is told by no tag.
            (r#"{"jsonrpc":"2.0","method":"x","error":{"code":-1,"message":"m"}}"#, Err("method")),
            (
                r#"{"jsonrpc":"2.0","method":"failed","error":{"code":-1,"message":"m"}}"#,
                Err("method"),
            ),
            (r#"{"jsonrpc":"2.0"}"#, Err("method: expected the name of a message")),
        ],
    );
}

#[test]
fn answers_are_what_has_the_number_of_a_call() {
    let validator = Validator::new(&Rpc::contract().unwrap()).unwrap();
    let check = |text| validator.check(text, Server).map_err(|rejection| rejection.to_string());
    assert_eq!(check(r#"{"jsonrpc":"2.0","id":1,"result":"0x1"}"#), Ok("eth_subscribe.reply"));
    let item = check(r#"{"jsonrpc":"2.0","id":1,"result":{"name":"a","count":1}}"#);
    assert_eq!(item, Ok("eth_blockNumber.reply"));
    assert!(
        check(r#"{"jsonrpc":"2.0","id":1,"result":7}"#)
            .unwrap_err()
            .contains("messages that no tag")
    );
    assert!(check(r#"{"jsonrpc":"2.0","result":"0x1"}"#).unwrap_err().starts_with("method"));
    let validator = Validator::new(&Nested::contract().unwrap()).unwrap();
    let check = |text| validator.check(text, Server).map_err(|rejection| rejection.to_string());
    let reply = r#"{"op":7,"d":{"requestId":"4","responseData":{"name":"a","count":1}}}"#;
    assert_eq!(check(reply), Ok("6.reply"));
    assert_eq!(
        check(r#"{"op":7,"d":{"requestId":"4","requestStatus":{"code":1}}}"#),
        Ok("6.error")
    );
    assert!(check(r#"{"op":7,"d":{"responseData":{"name":"a","count":1}}}"#).is_err());
}

#[test]
fn the_payload_alone_may_be_the_message() {
    hold::<Untagged>(
        Server,
        &[
            (r#"{"type":"event","name":"a","count":1}"#, Ok("event")),
            (r#"{"title":"a","b":1}"#, Ok("other")),
            (r#"{"title":"a","b":"c"}"#, Err("other: b")),
            (r#"{"type":"other","title":"a"}"#, Err("type: expected the name of a message")),
            (r#"{"type":null,"title":"a"}"#, Err("type")),
        ],
    );
    // What only the client sends, several may be: any of them is right.
    let validator = Validator::new(&Untagged::contract().unwrap()).unwrap();
    assert_eq!(validator.check(r#"{"envelope_id":"1"}"#, Client).unwrap(), "received");
    assert_eq!(validator.check(r#"{"user":"a"}"#, Client).unwrap(), "note");
    assert!(validator.check(r#"{"text":"a"}"#, Client).is_err());
}

#[test]
fn each_message_of_an_array_is_judged_by_itself() {
    let validator = Validator::new(&Rpc::contract().unwrap()).unwrap();
    let text = r#"[{"jsonrpc":"2.0","method":"eth_blockNumber"},7,{"jsonrpc":"2.0","method":"eth_nope"},
        {"jsonrpc":"2.0","method":"eth_subscribe","params":["newHeads"]}]"#;
    let checked = validator.check_frame(text, Client);
    let names: Vec<_> = checked.iter().map(|one| one.as_ref().ok().copied()).collect();
    assert_eq!(names, [Some("eth_blockNumber"), None, None, Some("eth_subscribe")]);
    assert!(validator.check_frame("[]", Client).is_empty());
    assert!(validator.check_frame("[", Client)[0].is_err());
    // A frame within a frame is none, and neither is an array in another form.
    assert!(validator.check_frame("[[]]", Client)[0].is_err());
    let validator = Validator::new(&Flat::contract().unwrap()).unwrap();
    assert_eq!(validator.check_frame(r#"[{"type":"bye"}]"#, Client).len(), 1);
    assert!(validator.check_frame(r#"[{"type":"bye"}]"#, Client)[0].is_err());
}

#[test]
fn hostile_texts_are_rejections() {
    let deep = format!(r#"{{"metadata":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    let validator = Validator::new(&Pointer::contract().unwrap()).unwrap();
    assert!(validator.check(&deep, Server).is_err());
    let batch = format!("[{}7]", "7,".repeat(1_000_000));
    let validator = Validator::new(&Rpc::contract().unwrap()).unwrap();
    let checked = validator.check_frame(&batch, Server);
    assert_eq!(checked.len(), 1_000_001);
    assert!(checked.iter().all(Result::is_err));
}

#[test]
fn one_tag_is_another_message_from_each_side() {
    hold::<Shared>(
        Client,
        &[
            (r#"{"op":"subscribe","args":["a"]}"#, Ok("subscribe")),
            (r#"{"op":"subscribe","success":true}"#, Err("subscribe: args: expected")),
            (r#"{"op":"ping"}"#, Ok("beat")),
            (r#"{"op":"beat"}"#, Err("found \"beat\": the contract has no such message")),
            (r#"{"op":"msg","user":"a","text":null}"#, Ok("said")),
            (r#"{"op":"said","user":"a"}"#, Err("found \"said\"")),
            (r#"{"op":"subscribed","success":true}"#, Err("it is sent by the server only")),
        ],
    );
    hold::<Shared>(
        Server,
        &[
            (r#"{"op":"subscribe","success":true}"#, Ok("subscribed")),
            (r#"{"op":"subscribe","args":["a"]}"#, Err("subscribed: success: expected")),
            (r#"{"op":"subscribed","success":true}"#, Err("found \"subscribed\"")),
            (r#"{"op":"ping","success":false}"#, Ok("alive")),
            (r#"{"op":"subscirbe","success":true}"#, Err("did you mean \"subscribe\"?")),
            (r#"{"op":"beat"}"#, Err("it is sent by the client only")),
        ],
    );
    hold::<SharedIntegers>(Client, &[(r#"{"op":1,"d":["a"]}"#, Ok("1"))]);
    hold::<SharedIntegers>(
        Server,
        &[
            (r#"{"op":1,"d":{"success":true}}"#, Ok("subscribed")),
            (r#"{"op":1,"d":["a"]}"#, Err("subscribed: d: expected")),
            (r#"{"op":2}"#, Ok("gone")),
            (r#"{"op":"1","d":{"success":true}}"#, Err("found \"1\"")),
            (r#"{"error":{"code":1,"message":"a"}}"#, Ok("failed")),
        ],
    );
    // Where the sender isn't known, it is the client's if it can be.
    let validator = Validator::new(&Shared::contract().unwrap()).unwrap();
    for (text, name) in [
        (r#"{"op":"subscribe","args":[]}"#, "subscribe"),
        (r#"{"op":"subscribe","success":true}"#, "subscribed"),
    ] {
        assert_eq!(validator.check(text, Direction::Both).unwrap(), name);
    }
}
