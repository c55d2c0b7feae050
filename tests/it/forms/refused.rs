//! Payloads that can't stand beside other members, and messages that could not be told apart.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wirebond::{
    Contract,
    schema::{ContractDocument, Document, View},
};

use super::contracts::{Head, Item, Shape};

/// The refusal has all of these parts.
#[track_caller]
fn refused<C: Contract>(parts: &[&str]) {
    let error = C::contract().unwrap_err().to_string();
    for part in parts {
        assert!(error.contains(part), "{part}: {error}");
    }
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Typed {
    r#type: String,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Numbered {
    id: u32,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Timed {
    at: u64,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Mixed {
    Item(Item),
    Text(String),
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Hidden {
    Item(Item),
    Typed(Typed),
}

#[test]
fn flattened_payloads_are_objects() {
    #[derive(Debug, Contract)]
    #[contract(tag = "type")]
    enum Lists {
        Many(Vec<Item>),
    }
    refused::<Lists>(&["\"many\"", "`ManyData`", "an array"]);
    #[derive(Debug, Contract)]
    #[contract(tag = "type")]
    enum Unions {
        Some(Mixed),
    }
    refused::<Unions>(&["\"some\"", "`Mixed`", "a string"]);
    #[derive(Debug, Contract)]
    #[contract(tag = "type")]
    enum Options {
        Some(Option<Item>),
    }
    refused::<Options>(&["\"some\"", "null"]);
    #[derive(Debug, Contract)]
    #[contract(client(tag = false), server(tag = "/metadata/message_type"))]
    enum Pointers {
        #[message(from = "server")]
        Names(Vec<String>),
    }
    refused::<Pointers>(&["\"names\"", "`/metadata/message_type`"]);
}

#[test]
fn members_of_the_form_are_none_of_the_payload() {
    #[derive(Debug, Contract)]
    #[contract(tag = "type")]
    enum Tags {
        Typed(Typed),
    }
    refused::<Tags>(&["`Typed`", "`type`", "\"typed\"", "its tag"]);
    #[derive(Debug, Contract)]
    #[contract(tag = "type")]
    enum Branches {
        Hidden(Hidden),
    }
    refused::<Branches>(&["`Typed`", "`type`", "\"hidden\""]);
    #[derive(Debug, Contract)]
    #[contract(tag = "type", timestamp = "at")]
    enum Times {
        Timed(Timed),
    }
    refused::<Times>(&["`Timed`", "`at`", "the time"]);
    #[derive(Debug, Contract)]
    #[contract(tag = "type", id = "id")]
    enum Calls {
        #[message(from = "client", reply = Item)]
        Ask(Numbered),
    }
    refused::<Calls>(&["`Numbered`", "`id`", "the number of the call"]);
    // It takes the place of `null`, if it is of that type.
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    struct Frame {
        id: Option<String>,
    }
    #[derive(Debug, Contract)]
    #[contract(tag = "type", id = "id")]
    enum Integers {
        #[message(from = "client", reply = Item)]
        Ask(Frame),
    }
    refused::<Integers>(&["`Frame`", "`id`", "the number of the call"]);
    #[derive(Debug, Contract)]
    #[contract(tag = "type", id = "id", ids = "string")]
    enum Strings {
        #[message(from = "client", reply = Item)]
        Ask(Frame),
    }
    let ask = Strings::contract().unwrap().value()["$defs"]["AskMessage"]["properties"].clone();
    assert_eq!(ask["id"]["type"], serde_json::json!(["string", "null"]));
    // A message that is no call may have such a member, and so may what comes after an answer.
    #[derive(Debug, Contract)]
    #[contract(tag = "type", id = "id")]
    enum Events {
        #[message(from = "client", reply = Item)]
        Ask(Item),
        #[message(from = "server")]
        Event(Numbered),
    }
    Events::contract().unwrap();
}

#[test]
fn a_tag_within_the_payload_can_be_the_name() {
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    enum Kind {
        One,
        Two,
    }
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    struct Meta {
        kind: Kind,
    }
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    struct Event {
        meta: Meta,
    }
    #[derive(Debug, Contract)]
    #[contract(tag = "/meta/kind")]
    enum App {
        #[message(name = "Three")]
        Event(Event),
    }
    refused::<App>(&["`Event`", "`/meta/kind`", "\"Three\""]);
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct First {
    result: u32,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Second {
    result: u32,
    error: String,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Maybe {
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<u32>,
    error: String,
}

#[test]
fn a_message_that_always_has_the_key_of_another_is_refused() {
    #[derive(Debug, Contract)]
    #[contract(client(tag = false), server(tag = "type"))]
    enum App {
        #[message(from = "server", key = "result")]
        First(First),
        #[message(from = "server", key = "error")]
        Second(Second),
    }
    refused::<App>(&["\"second\"", "`Second`", "\"first\"", "`First`", "`result`"]);
    #[derive(Debug, Contract)]
    #[contract(client(tag = false), server(tag = "type"))]
    enum Turned {
        #[message(from = "server", key = "error")]
        Second(Second),
        #[message(from = "server", key = "result")]
        First(First),
    }
    Turned::contract().unwrap();
    #[derive(Debug, Contract)]
    #[contract(client(tag = false), server(tag = "type"))]
    enum Perhaps {
        #[message(from = "server", key = "result")]
        First(First),
        #[message(from = "server", key = "error")]
        Maybe(Maybe),
    }
    let (_, warnings) = Document::with_warnings::<Perhaps>(View::Deserialize).unwrap();
    let warnings: Vec<_> = warnings.iter().map(ToString::to_string).collect();
    assert!(warnings.iter().any(|one| one.contains("`Maybe` at `result`")), "{warnings:?}");
}

#[test]
fn payloads_that_hold_the_tag_of_others_would_be_taken_for_them() {
    #[derive(Debug, Contract)]
    #[contract(client(tag = false), server(tag = "message_type"))]
    enum App {
        #[message(from = "server")]
        Drawn(Shape),
        #[message(from = "server", untagged)]
        Bare(Head),
    }
    refused::<App>(&["`Head`", "`message_type`", "\"bare\""]);
}
