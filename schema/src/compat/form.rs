//! Changes of how messages stand on the wire, and of what tells which message one is.

use std::fmt::Write;

use wirebond_core::wire::form::{SideForm, WireForm};

use super::{
    change::{Change, Level, Way, change, of_contract},
    rules::Rule,
};
use crate::{
    document::{Document, Message},
    json_schema::required,
};

/// The one change of the form, if it has changed: peers that have one don't understand the other.
pub(super) fn changed(old: &WireForm, new: &WireForm) -> Option<Change> {
    let (mut why, mut level) = (String::new(), Level::Warning);
    let mut add = |what: &str, before: &dyn std::fmt::Debug, after: &dyn std::fmt::Debug| {
        let (before, after) = (plain(before), plain(after));
        if before != after {
            let joint = if why.is_empty() { "" } else { "; " };
            // Writing to a string can't fail.
            let _ = write!(why, "{joint}{what}: {before} → {after}");
            // The time may be left out, so a reader misses nothing.
            if !what.ends_with("timestamp") {
                level = Level::Breaking;
            }
        }
    };
    for (name, old, new) in
        [("client", &old.client, &new.client), ("server", &old.server, &new.server)]
    {
        add(&format!("{name}: tag"), &old.tag, &new.tag);
        add(&format!("{name}: content"), &old.content, &new.content);
        add(&format!("{name}: timestamp"), &old.timestamp, &new.timestamp);
        add(&format!("{name}: integers as names"), &old.integers, &new.integers);
        let constants = |side: &SideForm| -> Vec<String> {
            side.constants.iter().map(|one| format!("{}={}", one.key, one.json)).collect()
        };
        add(&format!("{name}: constants"), &constants(old), &constants(new));
    }
    add("arrays of messages", &old.batch, &new.batch);
    // Calls that come or go are changes of their messages.
    if let (Some(old), Some(new)) = (&old.calls, &new.calls) {
        add("calls: id", &old.id, &new.id);
        add("calls: re", &old.re, &new.re);
        add("calls: numbers as strings", &old.strings, &new.strings);
        add("calls: result", &old.result, &new.result);
        add("calls: error", &old.error, &new.error);
        add("calls: success", &old.success, &new.success);
    }
    (!why.is_empty()).then(|| of_contract(Rule::FormChanged, level, "form", why))
}

/// A value as a person writes it.
fn plain(value: &dyn std::fmt::Debug) -> String {
    let text = format!("{value:?}");
    match text.strip_prefix("Some(").and_then(|text| text.strip_suffix(')')) {
        Some(text) => text.to_owned(),
        None if text == "None" => "none".to_owned(),
        None => text,
    }
}

/// Whether a message stands otherwise on the wire, so that only its payload can be compared.
pub(super) fn differs(old: &Message<'_>, new: &Message<'_>) -> bool {
    let of = |message: &Message<'_>| {
        let SideForm { tag, content, integers, constants, .. } = message.form().clone();
        (tag, content, integers, constants)
    };
    of(old) != of(new) || old.key() != new.key() || old.tag() != new.tag()
}

/// A message that something else tells now.
pub(super) fn recognition(old: &Message<'_>, new: &Message<'_>) -> Option<Change> {
    // A string instead of the integer, or the other way round, is a change of the form.
    let tags = [old, new].map(Message::tag_text);
    let is_other = matches!(&tags, [Some(old), Some(new)] if old != new);
    let by = |message: &Message<'_>, tag: &Option<String>| match (tag, message.key()) {
        (Some(tag), _) if is_other => format!("the tag {tag:?}"),
        (Some(_), _) => "its tag".to_owned(),
        (None, Some(key)) => format!("the key {key:?}"),
        (None, None) => "nothing".to_owned(),
    };
    let (before, after) = (by(old, &tags[0]), by(new, &tags[1]));
    (before != after).then(|| {
        let why = format!("told by {before} → by {after}");
        change(Rule::RecognitionChanged, Level::Breaking, old.name(), None, why)
    })
}

/// Messages without a tag that may be taken for others since the older contract.
pub(super) fn clashes(old: &Document, new: &Document) -> Vec<Change> {
    let known: Vec<_> = all_clashes(old);
    let is_new = |clash: &&Clash| {
        let before = known
            .iter()
            .find(|one| (&one.first, &one.name, one.way) == (&clash.first, &clash.name, clash.way));
        before.is_none_or(|before| clash.is_required && !before.is_required)
    };
    all_clashes(new).iter().filter(is_new).map(Clash::change).collect()
}

/// A message that has the key of another, which is looked for first.
struct Clash {
    first: String,
    key: String,
    name: String,
    way: Way,
    is_required: bool,
}

impl Clash {
    fn change(&self) -> Change {
        let Self { first, key, name, way, is_required } = self;
        let (level, when) = match is_required {
            true => (Level::Breaking, "always has"),
            false => (Level::Warning, "may have"),
        };
        let why = format!("it {when} the key {key:?}, which tells {first:?} and comes first");
        change(Rule::KeyClash, level, name, Some(*way), why)
    }
}

fn all_clashes(document: &Document) -> Vec<Clash> {
    let form = document.form();
    let mut clashes = Vec::new();
    for (side, way) in [(&form.client, Way::ToServer), (&form.server, Way::ToClient)] {
        for message in document.messages() {
            let sends = match way {
                Way::ToServer => message.direction().client_sends(),
                Way::ToClient => message.direction().server_sends(),
            };
            let Some(schema) = message.schema().as_object().filter(|_| sends) else { continue };
            let place = side.keys.iter().position(|one| one.name == message.name());
            if message.tag().is_some() || message.is_answer() {
                continue;
            }
            for one in side.keys.iter().take(place.unwrap_or(usize::MAX)) {
                let declares =
                    schema.get("properties").is_some_and(|all| all.get(&*one.key).is_some());
                let is_required = required(schema).any(|name| name == one.key);
                if declares || is_required {
                    clashes.push(Clash {
                        first: one.name.to_string(),
                        key: one.key.to_string(),
                        name: message.name().to_owned(),
                        way,
                        is_required,
                    });
                }
            }
        }
    }
    clashes
}
