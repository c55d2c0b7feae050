//! Which forms can't be written and read.

use crate::{
    attr::Errors,
    form::{Calls, Form, Place, Side},
    message::{From, Message, Recognition},
    model::Contract,
};

/// The sides, with what errors call them.
const SIDES: [(Sender, &str); 2] = [(Sender::Client, "client"), (Sender::Server, "server")];

/// Who sends a message.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sender {
    Client,
    Server,
}

impl Sender {
    fn sends(self, message: &Message) -> bool {
        match self {
            Self::Client => message.client_sends(),
            Self::Server => message.server_sends(),
        }
    }

    fn of(self, form: &Form) -> &Side {
        match self {
            Self::Client => &form.client,
            Self::Server => &form.server,
        }
    }
}

/// Reports all that stands in the way of a contract's form. No message is taken out: its methods exist
/// whatever its form is.
pub(super) fn check(contract: &Contract, errors: &mut Errors) {
    let Contract { form, messages, .. } = contract;
    if form.is_own() {
        for message in messages {
            check_own(message, errors);
        }
        return;
    }
    for (sender, name) in SIDES {
        let side = sender.of(form);
        check_content(side, sender, errors);
        let number = form.calls.as_ref().map(|calls| match sender {
            Sender::Client => (&calls.id, "the place of a request's number"),
            Sender::Server => (&calls.re, "the place of an answer's number"),
        });
        check_keys(side, sender, number, errors);
        let sent = || messages.iter().filter(|message| sender.sends(message));
        check_tags(side, name, &sent().collect::<Vec<_>>(), errors);
        // Who reads them: our client, and the generated server.
        if sender == Sender::Server || contract.server.is_some() {
            check_untagged(sent(), name, errors);
        }
    }
    for message in messages {
        check_payload(message, errors);
        check_call(message, contract, errors);
    }
    if let Some(calls) = &form.calls {
        check_places(calls, form, errors);
    }
}

/// In wirebond's own form, a string tells every message.
fn check_own(message: &Message, errors: &mut Errors) {
    if let Some(span) = message.tag_span {
        let text = "in wirebond's own form the name is the tag: use `name = \"…\"`, or say where this contract's \
                    messages have their tags with `#[contract(tag = \"…\")]`";
        errors.push(span, text);
        return;
    }
    let text = match message.recognition {
        Recognition::Name | Recognition::Tag(_) | Recognition::IntegerTag(_) => return,
        Recognition::Integer => format!(
            "in wirebond's own form names are strings: write `name = \"{}\"`, or say where the integer \
             stands with `#[contract(tag = \"…\")]`",
            message.name
        ),
        Recognition::Key(_) | Recognition::Untagged => {
            "in wirebond's own form every message has a tag: say where this contract's messages have \
             theirs with `#[contract(tag = \"…\")]`, or that they have none, `#[contract(tag = false)]`"
                .to_owned()
        }
    };
    errors.push(message.name_span, text);
}

/// A payload has a key of its own only beside a tag that is a key.
fn check_content(side: &Side, sender: Sender, errors: &mut Errors) {
    let Some(content) = &side.content else { return };
    let text = match &side.tag {
        Some(tag) if !tag.is_pointer() => return,
        Some(_) => {
            "with a tag behind a JSON Pointer the payload is the whole object: remove `content`"
        }
        None => "without a tag the payload is the whole object: remove `content`, or give a `tag`",
    };
    let is_repeated = content.is_shared && side.tag.as_ref().is_none_or(|tag| tag.is_shared);
    if !(is_repeated && sender == Sender::Server) {
        errors.push(content.span, text);
    }
}

/// No two things of one side may stand under one key.
fn check_keys(
    side: &Side,
    sender: Sender,
    number: Option<(&Place, &'static str)>,
    errors: &mut Errors,
) {
    let places = [(&side.tag, "the tag"), (&side.content, "the content")];
    let places = places.into_iter().chain([(&side.timestamp, "the timestamp")]);
    let places = places.filter_map(|(place, what)| Some((place.as_ref()?, what)));
    let constants = side.constants.iter().map(|(place, _)| (place, "a constant"));
    // What stands inside of the content, or behind it, is in nobody's way.
    let number = number.filter(|(place, _)| !place.is_pointer());
    let all: Vec<_> = places.chain(constants).chain(number).collect();
    for (at, (place, _)) in all.iter().enumerate() {
        let taken = all[..at].iter().find(|(other, _)| other.first() == place.first());
        let Some((other, what)) = taken else { continue };
        // The client's check has reported it.
        if sender == Sender::Server && place.is_shared && other.is_shared {
            continue;
        }
        let text = format!("`{}` is the key of {what}: choose another", place.first());
        errors.push(place.span, text);
    }
}

/// Tags: all integers or all strings, and none where the side has none; keys that are looked at, each for
/// one message.
fn check_tags(side: &Side, name: &str, sent: &[&Message], errors: &mut Errors) {
    let integer = sent.iter().find(|message| message.has_integer());
    for (at, message) in sent.iter().enumerate() {
        // A message of both sides is judged by the side that is first in the way.
        let is_judged = name == "server" && message.from == From::Both;
        check_tag(message, name, &sent[..at], errors);
        match &message.recognition {
            _ if message.is_tagged() && side.tag.is_none() => {
                let text = format!(
                    "the {name}'s messages have no tag (`tag = false`): say what this one is recognised \
                     by, `#[message(key = \"…\")]` or `#[message(untagged)]`"
                );
                errors.push(message.told_span(), text);
            }
            Recognition::Name | Recognition::Tag(_) if !is_judged => {
                let Some(integer) = integer else { continue };
                let key = if message.tag_span.is_some() { "tag" } else { "name" };
                let text = format!(
                    "the tags of the {name}'s messages are integers (`{}` is {}): give this one an \
                     integer, too, `#[message({key} = 1)]`",
                    integer.ident,
                    integer.tag().unwrap_or_default()
                );
                errors.push(message.told_span(), text);
            }
            Recognition::Key(key) => {
                let key = key.value();
                let tag = side.tag.as_ref().filter(|tag| !tag.is_pointer() && tag.text == key);
                if tag.is_some() {
                    let text = format!(
                        "`{key}` is the key of the tag, which is looked at first: use `name = \"…\"`"
                    );
                    errors.push(message.name_span, text);
                }
                let is_same = |other: &&&Message| matches!(&other.recognition, Recognition::Key(other) if other.value() == key);
                if let Some(other) = sent[..at].iter().find(is_same) {
                    let text = format!(
                        "`{}` of the {name}'s is recognised by the key `{key}` already: find a key that \
                         only one of them has",
                        other.ident
                    );
                    errors.push(message.name_span, text);
                }
            }
            _ => {}
        }
    }
}

/// No two tags of one side are the same. Where it is that of the name, the names are.
fn check_tag(message: &Message, name: &str, before: &[&Message], errors: &mut Errors) {
    let Some(tag) = message.json_tag() else { return };
    let is_same = |other: &&&Message| {
        let is_judged = name == "server" && [message.from, other.from] == [From::Both; 2];
        !is_judged && other.name != message.name && other.json_tag().as_ref() == Some(&tag)
    };
    let Some(other) = before.iter().find(is_same) else { return };
    let text = format!(
        "`{}` of the {name}'s has the tag {tag} already, and nothing tells which of them was received: give one \
         of them another `tag`, or make them one message whose payload is an enum",
        other.ident
    );
    errors.push(message.told_span(), text);
}

/// Of messages that nothing tells, only one can be read.
fn check_untagged<'a>(sent: impl Iterator<Item = &'a Message>, name: &str, errors: &mut Errors) {
    let mut untagged = sent.filter(|message| matches!(message.recognition, Recognition::Untagged));
    let Some(first) = untagged.next() else { return };
    for message in untagged {
        let text = format!(
            "`{}` of the {name}'s is untagged, too, and nothing tells which of them was received: give \
             one of them `#[message(key = \"…\")]`, or make them one message whose payload is an enum",
            first.ident
        );
        errors.push(message.name_span, text);
    }
}

/// Without a tag, the payload is all that there is.
fn check_payload(message: &Message, errors: &mut Errors) {
    if message.payload.is_none() && !message.is_tagged() {
        let text = format!(
            "a message without tag is its payload: give it one, `{}(Payload)`",
            message.ident
        );
        errors.push(message.name_span, text);
    }
}

/// A call needs a place for its number, and a caller that is the client.
fn check_call(message: &Message, contract: &Contract, errors: &mut Errors) {
    let Some(call) = &message.call else { return };
    let text = if message.from == From::Server {
        "only in wirebond's own form can the server call: declare the request and its answer as two \
         messages, without `reply`"
    } else if contract.form.calls.is_none() {
        "outside of wirebond's own form a call needs a place for its number, and one where the answer \
         repeats it: add `#[contract(id = \"…\", re = \"…\")]`"
    } else if contract.server.is_some() {
        "the generated server answers calls only in wirebond's own form: remove `server` from \
         `#[contract(…)]`, or `reply` here"
    } else {
        return;
    };
    errors.push(call.span, text);
}

/// The places of an answer's parts, and of a request's number.
fn check_places(calls: &Calls, form: &Form, errors: &mut Errors) {
    if calls.id.is_pointer() {
        check_inside(&calls.id, &form.client, errors);
    }
    let places = [(Some(&calls.re), "re"), (calls.success.as_ref(), "success")];
    let places = places.into_iter().chain([(calls.error.as_ref(), "error")]);
    let places = places.chain([(calls.result.as_ref(), "result")]);
    let all: Vec<_> = places.filter_map(|(place, key)| Some((place?, key))).collect();
    for (at, (place, key)) in all.iter().enumerate() {
        let Some((_, other)) = all[..at].iter().find(|(other, _)| other.path() == place.path())
        else {
            continue;
        };
        let text = if (*key, *other) != ("result", "error") {
            format!("`{other}` stands there: choose another place")
        } else if calls.success.is_none() {
            "where `error` stands, too, nothing tells a failure from a result: add `success = \"…\"`"
                .to_owned()
        } else {
            continue;
        };
        errors.push(place.span, text);
    }
}

/// A number that isn't a member of the object itself is one of the content.
fn check_inside(id: &Place, client: &Side, errors: &mut Errors) {
    let path = id.path();
    let content = client.content.as_ref().map(|content| &content.text);
    let text = match &*path {
        [key] => format!("this is a key of the object itself: write `id = \"{key}\"`"),
        [first, _] if Some(first) == content => return,
        _ => match content {
            Some(content) => format!(
                "a request's number is a member of the object, or of its content: write `id = \"…\"`, or \
                 `id = \"/{content}/…\"`"
            ),
            None => "a request's number is a member of the object: write `id = \"…\"`".to_owned(),
        },
    };
    errors.push(id.span, text);
}
