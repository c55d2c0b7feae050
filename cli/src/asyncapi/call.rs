//! Calls: an operation with a reply for each, and the numbers that tell which answer is whose.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use wirebond_core::wire::form;
use wirebond_schema::{Call, Document, Message};

use super::keys::{CHANNEL, reference};

/// The calls of a contract.
pub(super) struct Calls<'a> {
    calls: Vec<Call<'a>>,
    /// What each of their messages has the number under.
    parts: BTreeMap<&'a str, &'static str>,
}

impl<'a> Calls<'a> {
    pub(super) fn of(document: &'a Document) -> Self {
        let calls: Vec<_> = document.calls().collect();
        let parts = calls.iter().flat_map(|call| {
            let answers = call.answers().map(|answer| (answer.name(), form::RE));
            [(call.request.name(), form::ID)].into_iter().chain(answers)
        });
        Self { parts: parts.collect(), calls }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Call<'a>> {
        self.calls.iter()
    }

    /// The key of a message's number, if it belongs to a call.
    pub(super) fn part(&self, message: &Message<'_>) -> Option<&'static str> {
        self.parts.get(message.name()).copied()
    }

    /// The name of the correlation id of a message that belongs to a call.
    pub(super) fn correlation(&self, message: &Message<'_>) -> Option<&'static str> {
        Some(if self.part(message)? == form::ID { REQUEST } else { ANSWER })
    }

    /// The correlation ids, if there are calls.
    pub(super) fn correlations(&self) -> Option<Value> {
        let id = |key: &str, description: &str| json!({ "description": description, "location": format!("$message.payload#/{key}") });
        (!self.calls.is_empty()).then(|| {
            json!({
                REQUEST: id(form::ID, "The number of the call. Without it there is no answer."),
                ANSWER: id(form::RE, "The number of the call that is answered."),
            })
        })
    }
}

const REQUEST: &str = "request";
const ANSWER: &str = "answer";

/// The operation of a call, by its name: the perspective sends or receives the request, and the reply
/// goes the other way.
pub(super) fn operation(
    call: &Call<'_>,
    keys: &BTreeMap<&str, String>,
    action: &str,
) -> Option<(String, Value)> {
    let message = |message: &Message<'_>| {
        let key = keys.get(message.def())?;
        Some(reference(&["channels", CHANNEL, "messages", key]))
    };
    let request = message(&call.request)?;
    let answers: Vec<_> = call.answers().filter_map(|answer| message(&answer)).collect();
    let channel = reference(&["channels", CHANNEL]);
    let operation = json!({
        "action": action,
        "channel": channel,
        "summary": format!("The call `{}`.", call.request.name()),
        "messages": [request],
        "reply": { "channel": channel, "messages": answers },
    });
    Some((format!("{action}{}", keys.get(call.request.def())?), operation))
}
