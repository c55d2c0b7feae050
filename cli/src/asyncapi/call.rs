//! Calls: an operation with a reply for each, and the numbers that tell which answer is whose.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use wirebond_core::wire::form::CallForm;
use wirebond_schema::{
    Call, Document, Message,
    internal::{place_keys, pointer},
};

use super::keys::{CHANNEL, reference};

/// The calls of a contract.
pub(super) struct Calls<'a> {
    all: Vec<Call<'a>>,
    form: CallForm,
    /// What each of their messages is to its call.
    parts: BTreeMap<&'a str, &'static str>,
}

impl<'a> Calls<'a> {
    pub(super) fn of(document: &'a Document) -> Self {
        let all: Vec<_> = document.calls().collect();
        let parts = all.iter().flat_map(|call| {
            let answers = call.answers().map(|answer| (answer.name(), ANSWER));
            [(call.request.name(), REQUEST)].into_iter().chain(answers)
        });
        let form = document.form().calls.clone().unwrap_or(CallForm::USUAL);
        Self { parts: parts.collect(), all, form }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Call<'a>> {
        self.all.iter()
    }

    /// What a message is to its call, if it belongs to one: the name of its correlation id.
    pub(super) fn part(&self, message: &Message<'_>) -> Option<&'static str> {
        self.parts.get(message.name()).copied()
    }

    /// The correlation ids, if there are calls.
    pub(super) fn correlations(&self) -> Option<Value> {
        let id = |place: &str, description: &str| {
            let location = format!("$message.payload#{}", pointer(place_keys(place)));
            json!({ "description": description, "location": location })
        };
        (!self.all.is_empty()).then(|| {
            json!({
                REQUEST: id(&self.form.id, "The number of the call. Without it there is no answer."),
                ANSWER: id(&self.form.re, "The number of the call that is answered."),
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
