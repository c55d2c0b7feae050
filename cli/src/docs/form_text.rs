//! How messages stand on the wire, in words.

use maud::{Markup, html};
use wirebond_core::wire::form::{CallForm, Place, SideForm, WireForm};
use wirebond_schema::{Document, Message};

/// What the page says of the form before anything else.
pub(super) fn introduction(document: &Document, has_calls: bool) -> Markup {
    let form = document.form();
    html! {
        @if form.client == form.server {
            p { "Each message is a JSON object in a text frame. " (side(&form.client)) }
        } @else {
            p { "Each message is a JSON object in a text frame." }
            p { "From the client: " (side(&form.client)) }
            p { "From the server: " (side(&form.server)) }
        }
        @if form.batch {
            p { "A frame may also be an array of messages." }
        }
        @if has_calls { (calls(form)) }
    }
}

fn side(form: &SideForm) -> Markup {
    let kind = if form.integers { ", an integer" } else { "" };
    html! {
        @match (&form.tag, &form.content) {
            (Some(tag), Some(content)) => {
                code { (tag) } " is the message's name" (kind) ", " code { (content) } " its payload"
            }
            (Some(tag), None) if tag.starts_with('/') => {
                "The payload is the whole object, and the message's name" (kind) " stands in it at "
                code { (tag) }
            }
            (Some(tag), None) => {
                code { (tag) } " is the message's name" (kind)
                ", and the fields of its payload stand beside it"
            }
            (None, _) => "No message has its name in it: the payload is the whole object",
        }
        @if let Some(time) = &form.timestamp {
            ", and " code { (time) } " may tell when it was sent, in milliseconds since the beginning of \
            1970 (UTC)"
        }
        "."
        @for one in &*form.constants {
            " " code { (one.key) } " is always " code { (one.json) } "."
        }
        @if !form.tags.is_empty() {
            " Some messages have another one there than the name that they have here:"
            @for one in &*form.tags { " " code { (one.tag) } " (" (one.name) ")" }
            "."
        }
        @if !form.keys.is_empty() {
            " Without a name, the first of these keys tells the message:"
            @for one in &*form.keys { " " code { (one.key) } " (" (one.name) ")" }
            "."
        }
        @if let Some(name) = &form.untagged {
            " What nothing else tells is " (name) "."
        }
    }
}

fn calls(form: &WireForm) -> Markup {
    let CallForm { id, re, result, error, success, .. } = form.call_form();
    let at = |place: &Option<Place>, before: &str, after: &str| {
        html! { @if let Some(place) = place { (before) code { (place) } (after) } }
    };
    html! {
        p {
            "A call has a number, " code { (id) } ", which its answer repeats as " code { (re) } "."
            (at(result, " The reply stands at ", "."))
            (at(error, " An answer with ", " is an error."))
            (at(success, " ", " says whether it is a success."))
        }
    }
}

/// What tells a message whose name doesn't stand on the wire.
pub(super) fn mark(message: &Message<'_>) -> Option<String> {
    match (message.tag(), message.key()) {
        (Some(tag), _) => {
            let tag = tag.as_str().map_or_else(|| tag.to_string(), str::to_owned);
            (tag != message.name()).then(|| format!("tagged {tag}"))
        }
        (None, Some(key)) => Some(format!("told by {key}")),
        (None, None) => Some("without a name".to_owned()),
    }
}
