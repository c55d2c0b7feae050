//! Requests and answers as the documents of their backends show them.

use std::collections::BTreeMap;

use super::*;
use crate::{
    form::{SideForm, WireForm},
    wire::{encode, head::Told},
};

fn head<'a>(text: &'a str, form: &'a WireForm) -> Head<'a> {
    Head { text, layout: Layout::of_client(form), told: Told::Tag("x"), is_numbered: false }
}

fn flat(tag: Option<&'static str>) -> SideForm {
    SideForm { tag: tag.map(Into::into), content: None, timestamp: None, ..SideForm::DEFAULT }
}

fn adjacent(tag: &'static str, content: &'static str) -> SideForm {
    SideForm { content: Some(content.into()), ..flat(Some(tag)) }
}

fn form(client: SideForm, server: SideForm, calls: CallForm) -> WireForm {
    WireForm { client, server, batch: false, calls: Some(calls) }
}

fn calls(id: &'static str, re: &'static str, parts: [Option<&'static str>; 3]) -> CallForm {
    let [result, error, success] = parts.map(|place| place.map(Into::into));
    CallForm { id: id.into(), re: re.into(), strings: false, result, error, success }
}

fn home_assistant() -> WireForm {
    let parts = [Some("result"), Some("error"), Some("success")];
    form(flat(Some("type")), flat(Some("type")), calls("id", "id", parts))
}

fn obs() -> WireForm {
    let parts =
        [Some("/d/responseData"), Some("/d/requestStatus"), Some("/d/requestStatus/result")];
    let side = SideForm { integers: true, ..adjacent("op", "d") };
    let calls = CallForm { strings: true, ..calls("/d/requestId", "/d/requestId", parts) };
    form(side.clone(), side, calls)
}

fn phoenix() -> WireForm {
    let parts = [Some("/payload/response"), Some("/payload/response"), Some("/payload/status")];
    let calls = CallForm { strings: true, ..calls("ref", "ref", parts) };
    form(adjacent("event", "payload"), adjacent("event", "payload"), calls)
}

fn json_rpc() -> WireForm {
    let server = adjacent("method", "params");
    form(
        adjacent("method", "params"),
        server,
        calls("id", "id", [Some("result"), Some("error"), None]),
    )
}

type Object = BTreeMap<&'static str, i32>;

/// A request with the number 7.
fn request(form: &WireForm, head: &str, payload: Option<&Object>) -> Result<String, String> {
    let calls = form.calls.as_ref().expect("calls");
    let head = self::head(head, form);
    let written = Unnumbered::new(&head, calls, |head| encode(head, payload, 0));
    let Unnumbered { text, place } = written.map_err(|error| error.to_string())?;
    serde_json::from_slice::<serde_json::Value>(&text).expect("JSON with the placeholder, too");
    Ok(String::from_utf8(numbered(&text, place, 7)).expect("text"))
}

#[test]
fn a_request_has_its_number_where_the_form_says() {
    let object = Object::from([("a", 1)]);
    for (form, head, with, without) in [
        (
            home_assistant(),
            r#"{"type":"x""#,
            r#"{"type":"x","id":7,"a":1}"#,
            r#"{"type":"x","id":7}"#,
        ),
        (
            json_rpc(),
            r#"{"method":"x","jsonrpc":"2.0""#,
            r#"{"method":"x","jsonrpc":"2.0","id":7,"params":{"a":1}}"#,
            r#"{"method":"x","jsonrpc":"2.0","id":7}"#,
        ),
        (
            obs(),
            r#"{"op":6"#,
            r#"{"op":6,"d":{"requestId":"7","a":1}}"#,
            r#"{"op":6,"d":{"requestId":"7"}}"#,
        ),
        (
            phoenix(),
            r#"{"event":"x""#,
            r#"{"event":"x","ref":"7","payload":{"a":1}}"#,
            r#"{"event":"x","ref":"7"}"#,
        ),
    ] {
        assert_eq!(request(&form, head, Some(&object)).as_deref(), Ok(with));
        assert_eq!(request(&form, head, None).as_deref(), Ok(without));
    }
    let empty = request(&obs(), r#"{"op":6"#, Some(&Object::new()));
    assert_eq!(empty.as_deref(), Ok(r#"{"op":6,"d":{"requestId":"7"}}"#));
    // A time stands behind the content.
    let mut timed = obs();
    timed.client.timestamp = Some("at".into());
    let unit = request(&timed, r#"{"op":6"#, None);
    assert_eq!(unit.as_deref(), Ok(r#"{"op":6,"d":{"requestId":"7"},"at":0}"#));
    // A form without anything else before the payload.
    let bare = form(flat(None), flat(None), calls("id", "id", [None; 3]));
    assert_eq!(request(&bare, "{", Some(&object)).as_deref(), Ok(r#"{"id":7,"a":1}"#));
}

#[test]
fn a_payload_that_leaves_no_place_for_the_number_is_refused() {
    let taken = Object::from([("id", 1), ("requestId", 1)]);
    let error = request(&home_assistant(), r#"{"type":"x""#, Some(&taken)).expect_err("taken");
    assert!(error.contains("`id`"), "{error}");
    let error = request(&obs(), r#"{"op":6"#, Some(&taken)).expect_err("taken");
    assert!(error.contains("`requestId`"), "{error}");
    let form = obs();
    let head = head(r#"{"op":6"#, &form);
    let calls = form.calls.as_ref().expect("calls");
    let written = Unnumbered::new(&head, calls, |head| encode(head, Some("text"), 0));
    let error = written.expect_err("no object").to_string();
    assert!(error.contains("no object"), "{error}");
}

/// `null` at the number's place is what a message without one has there.
#[test]
fn the_number_of_a_request_takes_the_place_of_a_null() {
    #[derive(serde::Serialize)]
    struct Raw(Box<serde_json::value::RawValue>);
    let home = home_assistant();
    let flat = WireForm {
        calls: Some(CallForm { strings: true, ..calls("ref", "ref", [None; 3]) }),
        ..home
    };
    let written = |form: &WireForm, head: &str, payload: &str| {
        let payload = serde_json::value::RawValue::from_string(payload.to_owned()).expect("JSON");
        let head = self::head(head, form);
        let calls = form.calls.as_ref().expect("calls");
        let written = Unnumbered::new(&head, calls, |head| encode(head, Some(&Raw(payload)), 0));
        let Unnumbered { text, place } = written.map_err(|error| error.to_string())?;
        Ok::<_, String>(String::from_utf8(numbered(&text, place, 12)).expect("text"))
    };
    for (payload, expected) in [
        (r#"{"ref":null}"#, r#"{"type":"x","ref":"12"}"#),
        (r#"{"ref":null,"a":1}"#, r#"{"type":"x","ref":"12","a":1}"#),
        (r#"{"a":1,"ref":null,"b":[null]}"#, r#"{"type":"x","ref":"12","a":1,"b":[null]}"#),
        (r#"{"a":"\"ref\":null","ref":null}"#, r#"{"type":"x","ref":"12","a":"\"ref\":null"}"#),
        (r#"{ "a":1 , "r\u0065f" : null }"#, r#"{"type":"x","ref":"12", "a":1}"#),
        (r#"{"a":1 , "ref": null ,"b":2}"#, r#"{"type":"x","ref":"12","a":1 , "b":2}"#),
        (r#"{"a":{"ref":7},"ref":null}"#, r#"{"type":"x","ref":"12","a":{"ref":7}}"#),
    ] {
        let text = written(&flat, r#"{"type":"x""#, payload).expect(payload);
        assert_eq!(text.replace(' ', ""), expected.replace(' ', ""), "{payload}");
        serde_json::from_str::<serde_json::Value>(&text).expect(payload);
    }
    for payload in [
        r#"{"ref":"7"}"#,
        r#"{"ref":null,"type":"y"}"#,
        r#"{"ref":[null],"b":null}"#,
        r#"{"ref":null,"ref":null}"#,
    ] {
        assert!(written(&flat, r#"{"type":"x""#, payload).is_err(), "{payload}");
    }
    for (payload, expected) in [
        (r#"{"requestId":null}"#, r#"{"op":6,"d":{"requestId":"12"}}"#),
        (r#"{"a":1,"requestId": null}"#, r#"{"op":6,"d":{"a":1,"requestId": "12"}}"#),
    ] {
        assert_eq!(written(&obs(), r#"{"op":6"#, payload).as_deref(), Ok(expected));
    }
}

#[test]
fn an_answer_has_the_number_where_the_form_says_and_as_it_says() {
    let number = |form: &WireForm, text| answered(form.calls.as_ref().expect("calls"), text);
    for (text, re) in [
        (r#"{"id":7,"type":"result"}"#, Some(7)),
        (r#"{"type":"result","\u0069d":7}"#, Some(7)),
        (r#"{"id":7,"id":8}"#, None),
        (r#"{"id":"7"}"#, None),
        (r#"{"id":null}"#, None),
        (r#"{"id":7.0}"#, None),
        (r#"{"id":-7}"#, None),
        (r#"{"a":{"id":7}}"#, None),
        (r#"{"a":"\"id\":7"}"#, None),
        ("{\"id\":7", None),
        ("[7]", None),
        ("", None),
    ] {
        assert_eq!(number(&home_assistant(), text), re, "{text}");
    }
    for (text, re) in [
        (r#"{"op":7,"d":{"requestId":"7"}}"#, Some(7)),
        (r#"{"op":7,"d":{"requestId":7}}"#, None),
        (r#"{"op":7,"d":{"requestId":"07"}}"#, None),
        (r#"{"op":7,"d":{"requestId":"r-7"}}"#, None),
        (r#"{"op":7,"requestId":"7"}"#, None),
        (r#"{"op":7,"d":null}"#, None),
    ] {
        assert_eq!(number(&obs(), text), re, "{text}");
    }
    assert_eq!(number(&home_assistant(), &"[".repeat(100_000)), None);
}

#[test]
fn an_answer_says_whether_the_call_failed_and_has_its_payload_where_the_form_says() {
    for (form, text, expected) in [
        (
            home_assistant(),
            r#"{"id":7,"type":"result","success":true,"result":{"a":1}}"#,
            Ok(r#"{"a":1}"#),
        ),
        (home_assistant(), r#"{"id":7,"type":"result","success":true,"result":null}"#, Ok("null")),
        (
            home_assistant(),
            r#"{"id":7,"type":"result","success":false,"error":{"code":"x"}}"#,
            Err(r#"{"code":"x"}"#),
        ),
        (home_assistant(), r#"{"id":7,"type":"pong","b":2}"#, Ok(r#"{"b":2,"id":7}"#)),
        (home_assistant(), r#"{"id":7,"error":"no flag"}"#, Err("\"no flag\"")),
        (json_rpc(), r#"{"jsonrpc":"2.0","id":7,"result":"0x1"}"#, Ok("\"0x1\"")),
        (json_rpc(), r#"{"jsonrpc":"2.0","id":7,"error":{"code":-1}}"#, Err(r#"{"code":-1}"#)),
        (json_rpc(), r#"{"jsonrpc":"2.0","id":7,"result":1,"error":null}"#, Ok("1")),
        (
            obs(),
            r#"{"op":7,"d":{"requestId":"7","requestStatus":{"result":true,"code":100},"responseData":{"v":1}}}"#,
            Ok(r#"{"v":1}"#),
        ),
        (
            obs(),
            r#"{"op":7,"d":{"requestId":"7","requestStatus":{"result":false,"code":600}}}"#,
            Err(r#"{"code":600,"result":false}"#),
        ),
        (
            phoenix(),
            r#"{"event":"phx_reply","ref":"7","payload":{"status":"ok","response":{"a":1}}}"#,
            Ok(r#"{"a":1}"#),
        ),
        (
            phoenix(),
            r#"{"event":"phx_reply","ref":"7","payload":{"status":"error","response":{"reason":"x"}}}"#,
            Err(r#"{"reason":"x"}"#),
        ),
        (
            phoenix(),
            r#"{"event":"phx_reply","ref":"7","payload":{"status":0,"response":1}}"#,
            Err("1"),
        ),
    ] {
        let calls = form.calls.as_ref().expect("calls");
        let answer = read_answer(calls, Layout::of_server(&form), "x", text).expect("an answer");
        let value = |message: &RawMessage<'_>| {
            message.payload::<serde_json::Value>().expect("a payload").data.to_string()
        };
        let read = match &answer {
            Answered::Reply(message) => Ok(value(message)),
            Answered::Failure(message) => Err(value(message)),
        };
        let expected: Result<String, String> = expected.map(str::to_owned).map_err(str::to_owned);
        assert_eq!(read, expected, "{text}");
    }
}

#[test]
fn an_answer_without_data_is_read_whatever_the_form_has_instead() {
    let text = r#"{"op":7,"d":{"requestId":"7","requestStatus":{"result":true,"code":100}}}"#;
    for (form, text) in [(obs(), text), (json_rpc(), r#"{"id":7}"#)] {
        let calls = form.calls.as_ref().expect("calls");
        let answer = read_answer(calls, Layout::of_server(&form), "x", text).expect("an answer");
        let Answered::Reply(message) = answer else { panic!("a reply: {text}") };
        assert!(message.unit().is_ok(), "{text}");
    }
}

#[test]
fn an_answer_with_two_parts_of_one_name_is_none() {
    let form = home_assistant();
    let calls = form.calls.as_ref().expect("calls");
    let text = r#"{"id":7,"success":true,"success":false}"#;
    assert!(read_answer(calls, Layout::of_server(&form), "x", text).is_err());
}
