//! A contract as one page for people: a single HTML file that needs nothing else.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::Value;
use sha2::{Digest, Sha256};
use wirebond_core::wire::form;
use wirebond_schema::{Call, Direction, Document, Message};

use index::{Home, Index};

mod fields;
mod form_text;
mod index;
mod json;
mod prose;
mod types;

const STYLE: &str = include_str!("docs/page.css");
const SCRIPT: &str = include_str!("docs/page.js");

/// Writes the page: messages by direction with their payloads, the types they use, a search.
///
/// `examples` holds one example by wire name, the whole message; a message without one gets none.
/// The page fetches nothing, and its policy forbids it. Names and descriptions are shown as plain text.
pub fn page(document: &Document, examples: &BTreeMap<String, Value>) -> String {
    let calls: BTreeMap<_, _> = document.calls().map(|call| (call.request.name(), call)).collect();
    let answers = calls.values().flat_map(Call::answers).map(|answer| answer.name()).collect();
    let page = Page { document, index: Index::new(document), examples, calls, answers };
    page.html().into_string() + "\n"
}

struct Page<'a> {
    document: &'a Document,
    index: Index<'a>,
    examples: &'a BTreeMap<String, Value>,
    /// The calls by the names of their requests.
    calls: BTreeMap<&'a str, Call<'a>>,
    /// The messages that are shown with the call that they answer.
    answers: BTreeSet<&'a str>,
}

/// Who sends the messages of a section: its place, its title, its lead.
const SECTIONS: [(Direction, &str, &str, &str); 3] = [
    (Direction::Client, "from-client", "Client to server", "Only clients send these."),
    (Direction::Server, "from-server", "Server to client", "Only the server sends these."),
    (Direction::Both, "both-ways", "Both ways", "Clients and the server send these."),
];

impl<'a> Page<'a> {
    fn html(&self) -> Markup {
        let (name, version) = (self.document.name(), self.document.version());
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta http-equiv="Content-Security-Policy" content=(policy());
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    meta name="referrer" content="no-referrer";
                    meta name="generator" content="wirebond";
                    title { (name) " " (version) " · messages" }
                    style { (PreEscaped(style())) }
                    script { (PreEscaped(script())) }
                }
                body {
                    a.skip href="#content" { "Skip to the content" }
                    (self.top())
                    div.page {
                        (self.contents())
                        main #content tabindex="-1" {
                            (self.introduction())
                            p #found role="status" aria-live="polite" {}
                            p #empty hidden { "Nothing matches. Try fewer or shorter words." }
                            @for section in SECTIONS { (self.section(section)) }
                            (self.types())
                            footer {
                                p {
                                    "Written by wirebond from the contract " (name) " " (version) "."
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    fn top(&self) -> Markup {
        html! {
            header.top {
                a.home href="#content" {
                    (icon("M3 8h13l-4-4M21 16H8l4 4"))
                    span { (self.document.name()) }
                }
                button #menu type="button" aria-expanded="false" aria-controls="contents" {
                    (icon("M4 7h16M4 12h16M4 17h16"))
                    span.quiet { "Contents" }
                }
                form #find role="search" {
                    label.quiet for="search" { "Search messages, types and fields" }
                    (icon("M10.5 17a6.5 6.5 0 1 1 0-13 6.5 6.5 0 0 1 0 13zM15.5 15.5 20 20"))
                    input #search type="search" placeholder="Search messages, types, fields"
                        autocomplete="off" spellcheck="false" aria-keyshortcuts="/";
                    kbd aria-hidden="true" { "/" }
                }
                button #theme type="button" {
                    (icon("M20.5 14.2A8.5 8.5 0 0 1 9.8 3.5 8.5 8.5 0 1 0 20.5 14.2z"))
                    span.quiet { "Dark theme" }
                }
            }
        }
    }

    /// The messages of a section. An answer stands with its request.
    fn messages(&self, direction: Direction) -> impl Iterator<Item = Message<'a>> {
        let is_here = move |message: &Message<'a>| {
            message.direction() == direction && !self.answers.contains(message.name())
        };
        self.document.messages().filter(is_here)
    }

    fn contents(&self) -> Markup {
        let item = |place: &str, name: &str, is_deprecated: bool| {
            html! {
                li data-for=(place) {
                    a.old[is_deprecated] href={ "#" (place) } {
                        (name)
                        @if is_deprecated { span.quiet { " (deprecated)" } }
                    }
                }
            }
        };
        html! {
            nav #contents aria-label="Contents" {
                @for (direction, place, title, _) in SECTIONS {
                    @if self.messages(direction).next().is_some() {
                        p.group { a href={ "#" (place) } { (arrow(direction)) (title) } }
                        ul.messages {
                            @for message in self.messages(direction) {
                                (item(&id("message", self.key(&message)), message.name(), message.is_deprecated()))
                            }
                        }
                    }
                }
                @if self.index.types().next().is_some() {
                    p.group { a href="#types" { (icon("M7 4 3 12l4 8M17 4l4 8-4 8")) "Types" } }
                    ul {
                        @for (name, schema) in self.index.types() {
                            (item(&id("type", name), name, is_deprecated(schema)))
                        }
                    }
                }
            }
        }
    }

    fn introduction(&self) -> Markup {
        let is_timed = self
            .document
            .messages()
            .any(|message| message.schema()["properties"].get(form::TIMESTAMP).is_some());
        html! {
            section.introduction aria-labelledby="title" {
                h1 #title {
                    (self.document.name()) " "
                    span.version { span.quiet { "version " } (self.document.version()) }
                }
                (self.prose(self.document.description()))
                div.envelope {
                    @if !self.document.form().is_default() {
                        (form_text::introduction(self.document, !self.calls.is_empty()))
                    } @else { p {
                        "Each message is a JSON object in a text frame of its own. "
                        code { (form::TYPE) } " is the message's name, " code { (form::DATA) }
                        " its payload"
                        @if is_timed {
                            ", and " code { (form::TIMESTAMP) } " may tell when it was sent, in \
                            milliseconds since the beginning of 1970 (UTC)"
                        }
                        "."
                    } }
                    @if !self.calls.is_empty() && self.document.form().is_default() {
                        p {
                            "A call has a number, " code { (form::ID) } ", which its answer repeats as "
                            code { (form::RE) } "."
                        }
                    }
                }
            }
        }
    }

    fn section(&self, (direction, place, title, lead): (Direction, &str, &str, &str)) -> Markup {
        let count = self.messages(direction).count();
        html! {
            @if count > 0 {
                section.list aria-labelledby=(place) {
                    h2 id=(place) { (arrow(direction)) (title) " " span.count { (count) } }
                    p.lead { (lead) }
                    @for message in self.messages(direction) { (self.message(message)) }
                }
            }
        }
    }

    fn message(&self, message: Message<'a>) -> Markup {
        let place = id("message", self.key(&message));
        let call = self.calls.get(message.name());
        html! {
            article.entry.message id=(place) aria-labelledby={ (place) ".name" } {
                div.title {
                    h3 id={ (place) ".name" } { a href={ "#" (place) } { (message.name()) } }
                    @if message.is_heartbeat() { span.mark { "heartbeat" } }
                    @if call.is_some() { span.mark { "call" } }
                    @if let Some(mark) = form_text::mark(&message) { span.mark { (mark) } }
                    @if message.is_deprecated() { span.deprecated { "deprecated" } }
                }
                (self.prose(message.description()))
                @if call.is_some() { (self.prose(self.number(&message))) }
                (self.columns("Payload", message))
                @if let Some(call) = call {
                    div id=(id("message", call.reply.name())) {
                        (self.columns("Reply", call.reply))
                    }
                    @if let Some(error) = call.error {
                        div id=(id("message", error.name())) { (self.columns("Error", error)) }
                    }
                }
            }
        }
    }

    /// A message's payload, and beside it an example.
    fn columns(&self, title: &str, message: Message<'a>) -> Markup {
        let example = self.examples.get(message.def());
        let example = example.or_else(|| self.examples.get(message.name()));
        html! {
            div.columns {
                div.payload { (self.payload(title, message)) }
                @if let Some(example) = example {
                    div.example {
                        h4 { "Example" }
                        pre { code { (json::pretty(example, message.schema(), self.document)) } }
                    }
                }
            }
        }
    }

    fn payload(&self, title: &str, message: Message<'a>) -> Markup {
        let required = message.schema().get("required").and_then(Value::as_array);
        // Where it has no key of its own, it is always there.
        let content = message.form().content.as_deref().filter(|_| message.tag().is_some());
        let is_required = content.is_none_or(|content| {
            required.is_some_and(|names| names.iter().any(|name| name == content))
        });
        let Some(payload) = message.payload() else {
            return html! { h4 { (title) } p.is { (nothing(title)) } };
        };
        let name = index::plain_reference(payload);
        let schema = match name {
            Some(name) if self.index.is_at_messages(name) => self.index.def(name),
            Some(_) => None,
            None => Some(payload),
        };
        let home = name.and_then(|name| self.index.home(name));
        html! {
            h4 {
                (title)
                @if let Some(name) = name {
                    " "
                    @if home == Some(Home::Message) {
                        span.type id=(id("type", name)) { (name) }
                    } @else {
                        (self.link(name))
                    }
                }
                @if !is_required { " " span.optional { "optional" } }
            }
            @match schema {
                Some(schema) => (self.described(schema)),
                None => p.is { "It is described among the types." },
            }
        }
    }

    fn types(&self) -> Markup {
        let count = self.index.types().count();
        html! {
            @if count > 0 {
                section.list aria-labelledby="types" {
                    h2 #types {
                        (icon("M7 4 3 12l4 8M17 4l4 8-4 8")) "Types " span.count { (count) }
                    }
                    p.lead { "What several messages or fields are made of." }
                    @for (name, schema) in self.index.types() {
                        @let place = id("type", name);
                        article.entry id=(place) aria-labelledby={ (place) ".name" } {
                            div.title {
                                h3 id={ (place) ".name" } { a href={ "#" (place) } { (name) } }
                                @if is_deprecated(schema) { span.deprecated { "deprecated" } }
                            }
                            (self.described(schema))
                        }
                    }
                }
            }
        }
    }

    /// What a message is called among all: by its name, or by its definition's where the other side sends
    /// another one of that name.
    fn key(&self, message: &Message<'a>) -> &'a str {
        let of_name = self.document.messages().filter(|one| one.name() == message.name());
        if of_name.count() > 1 { message.def() } else { message.name() }
    }

    /// What the contract says about a call's number.
    fn number(&self, message: &Message<'a>) -> &'a str {
        let id = &*self.document.form().call_form().id;
        let id = message.schema().get("properties").and_then(|fields| fields.get(id));
        let description = id.and_then(|id| id.get("description")?.as_str());
        description.unwrap_or_default()
    }

    fn prose(&self, text: &str) -> Markup {
        if text.trim().is_empty() {
            return Markup::default();
        }
        let link = |name: &str| self.index.home(name).map(|_| format!("#{}", id("type", name)));
        html! { div.prose { (prose::prose(text, link)) } }
    }
}

/// What a message without payload is.
fn nothing(title: &str) -> &'static str {
    match title {
        "Payload" => "None: the message is its type alone.",
        _ => "No payload: it only says that the call has ended.",
    }
}

fn is_deprecated(schema: &Value) -> bool {
    schema.get("deprecated") == Some(&Value::Bool(true))
}

/// A place on the page: a name in letters that need no escape in a link.
fn id(kind: &str, name: &str) -> String {
    let mut id = format!("{kind}-");
    for c in name.chars() {
        if c.is_ascii_alphanumeric() || matches!(c, '-' | '_') {
            id.push(c);
        } else {
            let _ = write!(id, "~{:x}~", u32::from(c));
        }
    }
    id
}

fn icon(path: &str) -> Markup {
    html! { svg viewBox="0 0 24 24" aria-hidden="true" { path d=(path) {} } }
}

fn arrow(direction: Direction) -> Markup {
    let (class, path) = match direction {
        Direction::Client => ("from-client", "M4 12h15M13 6l6 6-6 6"),
        Direction::Server => ("from-server", "M20 12H5M11 6l-6 6 6 6"),
        Direction::Both => ("both-ways", "M3 8h13l-4-4M21 16H8l4 4"),
    };
    html! { span class={ "arrow " (class) } { (icon(path)) } }
}

/// Line ends as a browser sees them, whatever the checkout made of them: the hashes depend on them.
fn style() -> String {
    STYLE.replace("\r\n", "\n")
}

fn script() -> String {
    SCRIPT.replace("\r\n", "\n")
}

/// Nothing is fetched, and only the page's own script and style are allowed.
fn policy() -> String {
    let hash = |text: &str| {
        use base64::{Engine, prelude::BASE64_STANDARD};
        BASE64_STANDARD.encode(Sha256::digest(text))
    };
    let (style, script) = (hash(&style()), hash(&script()));
    format!(
        "default-src 'none'; style-src 'sha256-{style}'; script-src 'sha256-{script}'; \
         base-uri 'none'; form-action 'none'"
    )
}
