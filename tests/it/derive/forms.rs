//! What attributes say of the form on the wire, as the data that everything else reads.

use std::collections::BTreeMap;

use wirebond::{
    __private::v0_1::{
        WireContract,
        form::{CallForm, SideForm, WireForm},
    },
    Contract, Recognition,
};

type Object = BTreeMap<String, u8>;

/// A side without timestamp.
fn side(tag: Option<&'static str>, content: Option<&'static str>) -> SideForm {
    SideForm {
        tag: tag.map(Into::into),
        content: content.map(Into::into),
        timestamp: None,
        ..SideForm::DEFAULT
    }
}

fn form<C: WireContract>() -> (&'static SideForm, &'static SideForm) {
    (&C::FORM.client, &C::FORM.server)
}

#[test]
fn without_attributes_the_form_is_wirebonds_own() {
    #[derive(Debug, Contract)]
    enum Own {
        Chat(u8),
    }
    #[derive(Debug, Contract)]
    #[contract(tag = "type", content = "data", timestamp = "timestamp")]
    enum InWords {
        Chat(u8),
    }

    for (form, heads) in [(Own::FORM, Own::HEADS), (InWords::FORM, InWords::HEADS)] {
        assert!(form.is_default());
        assert_eq!(heads, [r#"{"type":"chat""#]);
    }
}

#[test]
fn a_tag_alone_flattens_and_has_no_time() {
    #[derive(Debug, Contract)]
    #[contract(tag = "type")]
    enum Flattened {
        Chat(Object),
        Ping,
    }
    #[derive(Debug, Contract)]
    #[contract(timestamp = false)]
    enum WithoutTime {
        Chat(u8),
    }
    #[derive(Debug, Contract)]
    #[contract(content = "payload", timestamp = "ts")]
    enum Content {
        Chat(u8),
    }
    #[derive(Debug, Contract)]
    #[contract(tag = "/metadata/message~1type")]
    enum Pointer {
        #[message(from = "server")]
        Chat(Object),
    }

    let flattened = side(Some("type"), None);
    assert_eq!(form::<Flattened>(), (&flattened, &flattened));
    assert_eq!(Flattened::HEADS, [r#"{"type":"chat""#, r#"{"type":"ping""#]);
    assert_eq!(form::<WithoutTime>().0, &side(Some("type"), Some("data")));
    let content = SideForm { timestamp: Some("ts".into()), ..side(Some("type"), Some("payload")) };
    assert_eq!(form::<Content>(), (&content, &content));
    assert_eq!(form::<Pointer>().1, &side(Some("/metadata/message~1type"), None));
    // The payload has the tag.
    assert_eq!(Pointer::HEADS, ["{"]);
}

#[test]
fn what_stands_outside_is_said_of_both_sides() {
    #[derive(Debug, Contract)]
    #[contract(
        tag = "op",
        constant(jsonrpc = "2.0"),
        client(content = "params", constant(v = -1, "a b" = true)),
        server(timestamp = "at")
    )]
    enum App {
        Chat(Object),
    }
    #[derive(Debug, Contract)]
    #[contract(server(tag = "channel"))]
    enum OneSide {
        Chat(Object),
    }

    let (client, server) = form::<App>();
    assert_eq!((client.tag.as_deref(), client.content.as_deref()), (Some("op"), Some("params")));
    assert_eq!((server.tag.as_deref(), server.content.as_deref()), (Some("op"), None));
    assert_eq!((&client.timestamp, server.timestamp.as_deref()), (&None, Some("at")));
    assert_eq!(App::HEADS, [r#"{"op":"chat","jsonrpc":"2.0","v":-1,"a b":true"#]);
    assert_eq!(App::SERVER_HEADS, [r#"{"op":"chat","jsonrpc":"2.0""#]);
    // The other side keeps the usual keys.
    let (client, server) = form::<OneSide>();
    assert_eq!(client, &side(Some("type"), Some("data")));
    assert_eq!(server, &side(Some("channel"), None));
}

#[test]
fn messages_are_recognised_by_what_they_say() {
    #[derive(Debug, Contract)]
    #[contract(tag = "op", client(tag = false), batch)]
    enum App {
        #[message(from = "client", untagged)]
        Ack(Object),
        #[message(from = "client", untagged)]
        Answer(Object),
        #[message(from = "server", name = 10)]
        Hello,
        #[message(from = "server", name = -1)]
        Bye,
        #[message(from = "server", key = "result")]
        Outcome(Object),
        #[message(from = "server", key = "error")]
        Failure(Object),
        #[message(from = "server", untagged)]
        OfNoKind(Object),
    }

    let names = ["ack", "answer", "10", "-1", "outcome", "failure", "of-no-kind"];
    assert_eq!(super::names::<App>(), names);
    for (place, name) in names.into_iter().enumerate() {
        assert_eq!(App::position(name), Some(place));
    }
    let recognitions: Vec<_> =
        App::MESSAGES.iter().map(wirebond::MessageInfo::recognition).collect();
    use Recognition::{Integer, Key, Untagged};
    let all = [Untagged, Untagged, Integer, Integer, Key("result"), Key("error"), Untagged];
    assert_eq!(recognitions, all);
    let (client, server) = form::<App>();
    assert!(App::FORM.batch);
    // Nothing tells the two apart.
    assert_eq!((&client.tag, &client.untagged, client.integers), (&None, &None, false));
    assert_eq!((server.untagged.as_deref(), server.integers), (Some("of-no-kind"), true));
    let keys: Vec<_> = server.keys.iter().map(|keyed| (&*keyed.key, &*keyed.name)).collect();
    assert_eq!(keys, [("result", "outcome"), ("error", "failure")]);
    assert_eq!(App::SERVER_HEADS[2..], [r#"{"op":10"#, r#"{"op":-1"#, "{", "{", "{"]);
}

#[test]
fn each_side_may_use_one_tag_for_a_message_of_its_own() {
    #[derive(Debug, Contract)]
    #[contract(client(tag = "op", content = "d"), server(tag = "/m/op"))]
    enum Strings {
        #[message(from = "client")]
        Subscribe(Object),
        #[message(from = "server", tag = "subscribe")]
        Subscribed(Object),
        #[message(tag = "\"both\"", name = "either")]
        Both(Object),
        #[message(from = "client", name = "plain", tag = "plain")]
        Same,
    }
    #[derive(Debug, Contract)]
    #[contract(tag = "op", content = "d")]
    enum Integers {
        #[message(from = "client", name = 10)]
        Ask,
        #[message(from = "server", tag = 10)]
        Answer(u8),
        #[message(from = "server", tag = -1)]
        Bye,
    }
    use Recognition::{Integer, IntegerTag, Name, Tag};
    let recognitions = |messages: &[wirebond::MessageInfo]| {
        messages.iter().map(wirebond::MessageInfo::recognition).collect::<Vec<_>>()
    };
    let tags = |side: &'static SideForm| {
        side.tags.iter().map(|own| (&*own.tag, &*own.name)).collect::<Vec<_>>()
    };

    assert_eq!(super::names::<Strings>(), ["subscribe", "subscribed", "either", "plain"]);
    assert_eq!(recognitions(Strings::MESSAGES), [Name, Tag("subscribe"), Tag("\"both\""), Name]);
    let (client, server) = form::<Strings>();
    assert_eq!(tags(client), [("\"both\"", "either")]);
    assert_eq!(tags(server), [("subscribe", "subscribed"), ("\"both\"", "either")]);
    assert_eq!(Strings::HEADS[1], r#"{"op":"subscribe""#);
    assert_eq!(Strings::HEADS[2], r#"{"op":"\"both\"""#);
    assert_eq!(Strings::SERVER_HEADS[1], "{");

    assert_eq!(super::names::<Integers>(), ["10", "answer", "bye"]);
    assert_eq!(recognitions(Integers::MESSAGES), [Integer, IntegerTag("10"), IntegerTag("-1")]);
    let (client, server) = form::<Integers>();
    assert!(client.integers && server.integers && client.tags.is_empty());
    assert_eq!(tags(server), [("10", "answer"), ("-1", "bye")]);
    assert_eq!(Integers::HEADS, [r#"{"op":10"#, r#"{"op":10"#, r#"{"op":-1"#]);
}

#[test]
fn calls_have_the_places_that_are_given() {
    #[derive(Debug, Contract)]
    #[contract(tag = "type", id = "id")]
    enum Short {
        #[message(from = "client", reply = u8)]
        Ask,
    }
    #[derive(Debug, Contract)]
    #[contract(
        tag = "op",
        content = "d",
        id = "/d/requestId",
        re = "/d/request/id",
        ids = "string",
        result = "/d/data",
        error = "/d/data",
        success = "/d/ok"
    )]
    enum Long {
        #[message(from = "client", reply = Object, error = Object)]
        Ask,
    }

    let calls = |form: &WireForm| form.calls.clone().expect("calls");
    let short = CallForm { re: "id".into(), ..CallForm::USUAL };
    assert_eq!(calls(Short::FORM), short);
    let long = CallForm {
        id: "/d/requestId".into(),
        re: "/d/request/id".into(),
        strings: true,
        result: Some("/d/data".into()),
        error: Some("/d/data".into()),
        success: Some("/d/ok".into()),
    };
    assert_eq!(calls(Long::FORM), long);
}
