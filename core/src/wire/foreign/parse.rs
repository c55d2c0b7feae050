//! The general path: any message of a form that is valid JSON.

use std::{borrow::Cow, fmt};

use serde::{
    Deserializer,
    de::{DeserializeSeed, Error as _, MapAccess, Visitor},
};
use serde_json::value::RawValue;

use super::place;
use crate::{
    form::Layout,
    wire::{
        error::{EnvelopeError, redact},
        head::Told,
        parse::{Body, CallMark, Parts, Text},
    },
};

/// The members of a message that its form names, as JSON.
#[derive(Default)]
struct Named<'a> {
    /// What stands at the tag's key, or at the first key of its pointer.
    tag: Option<&'a str>,
    content: Option<&'a str>,
    timestamp: Option<&'a str>,
    has_number: bool,
    /// The first in the form's order of the keys that tell messages.
    key: Option<usize>,
}

/// Reads any valid message.
pub(crate) fn parse<'a>(layout: Layout<'a>, text: &'a str) -> Result<Parts<'a>, EnvelopeError> {
    let named = members(layout, text).map_err(|error| EnvelopeError::new(text, &error))?;
    let name = tag(layout, text, named.tag)?;
    let timestamp = timestamp(text, named.timestamp)?;
    let call = CallMark::None;
    if let Some(name) = name {
        let body = if layout.content().is_some() { Body::Content } else { Body::Members };
        return Ok(Parts { name, data: named.content, timestamp, call, body });
    }
    let told =
        named.key.map(|index| &layout.keys()[index].name).or(layout.form().untagged.as_ref());
    let Some(name) = told else { return Err(EnvelopeError::at(missing(layout), 0)) };
    Ok(Parts { name: Cow::Borrowed(name), data: None, timestamp, call, body: Body::Untagged })
}

/// What a message shows to its reader: a name at the tag, or the first key that tells it.
pub(super) fn recognise<'a>(
    layout: Layout<'a>,
    text: &'a str,
) -> Result<(Option<Cow<'a, str>>, Told<'a>), EnvelopeError> {
    let named = members(layout, text).map_err(|error| EnvelopeError::new(text, &error))?;
    let key = named.key.map_or(Told::Nothing, |index| Told::Key(&layout.keys()[index].key));
    Ok((tag(layout, text, named.tag)?, key))
}

fn members<'a>(layout: Layout<'a>, text: &'a str) -> Result<Named<'a>, serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let named = Reader(layout).deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(named)
}

/// The name at the tag, if something stands there.
fn tag<'a>(
    layout: Layout<'a>,
    text: &str,
    found: Option<&'a str>,
) -> Result<Option<Cow<'a, str>>, EnvelopeError> {
    let (Some(place), Some(found)) = (layout.tag(), found) else { return Ok(None) };
    let fail = |what: String| EnvelopeError::at(what, offset(text, found));
    let (_, rest) = place::split(place);
    let found = if rest.is_empty() {
        found
    } else {
        let inner = place::at(found, rest);
        match inner.map_err(|error| fail(redact(&error)))? {
            Some(found) => found,
            None => return Ok(None),
        }
    };
    let fail = |what: String| EnvelopeError::at(what, offset(text, found));
    if found.starts_with('"') {
        let name = serde_json::from_str::<Text<'a>>(found);
        let Text(name) = name.map_err(|error| fail(redact(&error)))?;
        // What is no name of the form's kind is shown in quotes.
        let quoted = |name: &str| Cow::Owned(serde_json::Value::from(name).to_string());
        return Ok(Some(if layout.form().integers {
            quoted(&name)
        } else {
            named(layout, name, quoted)
        }));
    }
    let is_number = found.starts_with(|first: char| first == '-' || first.is_ascii_digit());
    if layout.form().integers && is_number {
        let quoted = |name: &str| format!("\"{name}\"").into();
        return Ok(Some(named(layout, found.into(), quoted)));
    }
    let expected = if layout.form().integers { "an integer" } else { "a string" };
    Err(fail(format!("invalid type: {}, expected {expected} at `{place}`", kind(found))))
}

/// The name of the message that has this tag. A tag that is the name of a message which something else tells is
/// nobody's, and shown in quotes.
fn named<'a>(
    layout: Layout<'a>,
    tag: Cow<'a, str>,
    quoted: impl FnOnce(&str) -> Cow<'a, str>,
) -> Cow<'a, str> {
    match layout.named_by(&tag) {
        Some(name) => Cow::Borrowed(name),
        None if layout.is_unwritten(&tag) => quoted(&tag),
        None => tag,
    }
}

/// The kind of a JSON value, as serde calls it.
fn kind(json: &str) -> &'static str {
    match json.as_bytes().first() {
        Some(b'{') => "map",
        Some(b'[') => "sequence",
        Some(b'"') => "string",
        Some(b't' | b'f') => "boolean",
        Some(b'n') => "null",
        _ => "number",
    }
}

fn timestamp(text: &str, found: Option<&str>) -> Result<Option<u64>, EnvelopeError> {
    let Some(found) = found else { return Ok(None) };
    serde_json::from_str(found)
        .map_err(|error| EnvelopeError::at(redact(&error), offset(text, found)))
}

/// Where a part of a text begins.
fn offset(text: &str, part: &str) -> usize {
    (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize)
}

/// What a message lacks that nothing tells.
fn missing(layout: Layout<'_>) -> String {
    let keys: Vec<_> = layout.keys().iter().map(|keyed| format!("`{}`", keyed.key)).collect();
    match (layout.tag(), keys.len()) {
        (Some(tag), 0) => format!("missing field `{tag}`"),
        (Some(tag), _) => format!("missing field `{tag}`, and none of {}", keys.join(", ")),
        (None, 0) => "the form has no message without a tag".to_owned(),
        (None, _) => format!("the message has none of {}", keys.join(", ")),
    }
}

struct Reader<'a>(Layout<'a>);

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Named<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Named<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.tag() {
            Some(tag) => write!(f, "a message: an object with `{tag}`"),
            None => f.write_str("a message: an object"),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let Self(layout) = self;
        let tag = layout.tag().map(place::split);
        let mut named = Named::default();
        while let Some(Text(key)) = map.next_key()? {
            let value = map.next_value::<&'de RawValue>()?.get();
            let is = |other: Option<&str>| other == Some(&*key);
            let mut is_doubled = false;
            if is(tag.as_ref().map(|(first, _)| &**first)) {
                is_doubled |= named.tag.replace(value).is_some();
            }
            if is(layout.content()) {
                is_doubled |= named.content.replace(value).is_some();
            }
            if is(layout.timestamp()) {
                is_doubled |= named.timestamp.replace(value).is_some();
            }
            if is(layout.id()) || is(layout.re()) {
                is_doubled |= std::mem::replace(&mut named.has_number, true);
            }
            if is_doubled {
                return Err(A::Error::custom(format_args!("duplicate field `{key}`")));
            }
            if let Some(index) = layout.keys().iter().position(|keyed| keyed.key == key) {
                named.key = Some(named.key.map_or(index, |first| first.min(index)));
            }
        }
        Ok(named)
    }
}
