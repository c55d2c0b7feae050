//! Reading a message: its name first, its payload when somebody asks for it.

use std::{borrow::Cow, cell::Cell, marker::PhantomData};

use serde::{
    Deserializer,
    de::{DeserializeOwned, IgnoredAny},
};

use super::{
    error::{DecodeError, EnvelopeError, PayloadError, redact},
    fast,
    foreign::{self, Members},
    form::{self, Layout},
    parse::{self, Body, CallMark, Parts},
};
use crate::contract::WireContract;

thread_local! {
    /// The buffer in which the members of a payload become an object of their own, without the tag before them.
    static SCRATCH: Cell<String> = const { Cell::new(String::new()) };
}

/// The most that [`SCRATCH`] keeps, in bytes. In a longer message the tag is read again, which is quicker than a copy.
const SCRATCH_KEPT: usize = 2 * 1024;

/// The payload of a message that arrived, with its timestamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Received<T> {
    /// The payload.
    pub data: T,
    /// When the sender wrote the message, in milliseconds since the Unix epoch, if the sender included it.
    pub timestamp: Option<u64>,
}

/// A message whose name is known and whose payload waits to be decoded.
///
/// On the fast path only the text's two ends have been looked at; [`payload`](Self::payload) and
/// [`check`](Self::check) check the rest.
#[derive(Debug)]
pub struct RawMessage<'a> {
    text: &'a str,
    /// `None` for wirebond's own, so that it isn't copied into each message.
    layout: Option<Layout<'a>>,
    parts: Parts<'a>,
    checked: bool,
    /// Whether the general path was needed to decode the payload.
    was_in_doubt: Cell<bool>,
}

impl<'a> RawMessage<'a> {
    /// Finds the name and the place of the payload.
    #[inline]
    pub fn open(layout: impl Into<Layout<'a>>, text: &'a str) -> Result<Self, EnvelopeError> {
        let layout = layout.into();
        // The default form first, and here: a call more would move the message once more.
        if layout.is_default() {
            return match fast::peek(text) {
                Some(parts) => Ok(Self::new(text, None, parts, false)),
                None => Self::parse(layout, text),
            };
        }
        Self::open_foreign(layout, text)
    }

    fn open_foreign(layout: Layout<'a>, text: &'a str) -> Result<Self, EnvelopeError> {
        let parts = if let Some((name, rest)) = foreign::first(&layout, text) {
            let (name, data, call) = (Cow::Borrowed(name), Some(rest), CallMark::None);
            Some(Parts { name, data, timestamp: None, call, body: Body::Members })
        } else {
            foreign::peek(layout, text)
        };
        match parts {
            Some(parts) => Ok(Self::new(text, Some(layout), parts, false)),
            None => Self::parse(layout, text),
        }
    }

    /// The general path: any envelope that is valid JSON.
    pub fn parse(layout: impl Into<Layout<'a>>, text: &'a str) -> Result<Self, EnvelopeError> {
        let layout = layout.into();
        let parts = general(layout, text)?;
        Ok(Self::new(text, (!layout.is_default()).then_some(layout), parts, true))
    }

    /// A message whose payload is this JSON text.
    pub(super) fn of_payload(name: &'a str, json: &'a str) -> Self {
        let parts = Parts {
            name: name.into(),
            data: Some(json),
            timestamp: None,
            call: CallMark::None,
            body: Body::Content,
        };
        Self::new(json, None, parts, true)
    }

    /// A message that is the whole object, whatever tells it.
    pub(super) fn of_object(layout: Layout<'a>, name: &'a str, text: &'a str) -> Self {
        let parts = Parts {
            name: name.into(),
            data: None,
            timestamp: None,
            call: CallMark::None,
            body: Body::Untagged,
        };
        Self::new(text, (!layout.is_default()).then_some(layout), parts, true)
    }

    fn new(text: &'a str, layout: Option<Layout<'a>>, parts: Parts<'a>, checked: bool) -> Self {
        Self { text, layout, parts, checked, was_in_doubt: Cell::new(false) }
    }

    fn layout(&self) -> &Layout<'a> {
        self.layout.as_ref().unwrap_or(&Layout::DEFAULT)
    }

    /// The wire name.
    pub fn name(&self) -> &str {
        &self.parts.name
    }

    /// The whole text.
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// Whether the tag is its name. Otherwise a key told it, or nothing did.
    pub fn is_tagged(&self) -> bool {
        self.parts.body != Body::Untagged
    }

    /// The payload as JSON text, if the text is a valid envelope and has one. Where the payload has no key of
    /// its own, that is the whole text.
    pub fn data(&self) -> Option<&'a str> {
        if self.checked && self.parts.body == Body::Content {
            return self.parts.data;
        }
        let Parts { data, body, .. } = general(*self.layout(), self.text).ok()?;
        if body == Body::Content { data } else { Some(self.text) }
    }

    /// Whether the envelope may have members besides the name, the payload, the timestamp and a call's number. Of a
    /// message in wirebond's own form whose payload was decoded, this is false for most: they have none.
    pub fn may_have_more(&self) -> bool {
        self.checked || self.was_in_doubt.get()
    }

    /// The JSON text at a key or a pointer of the message. `None` where nothing is there, or two members of one
    /// name are on the way, and for text that is no envelope.
    pub fn at(&self, place: &str) -> Option<&'a str> {
        foreign::at(self.text, place).ok()?
    }

    /// The number of a request: [`form::ID`](super::form::ID). `None` for what is no request, and for text
    /// that is no envelope.
    ///
    /// On the fast path this reads the payload once, so ask only where the answer matters.
    pub fn id(&self) -> Option<u64> {
        self.proven_call().id()
    }

    /// The number of the call that it answers: [`form::RE`](super::form::RE). See [`id`](Self::id).
    pub fn re(&self) -> Option<u64> {
        self.proven_call().re()
    }

    fn proven_call(&self) -> CallMark {
        // Where the assumed payload is one JSON value, nothing else is in the text.
        let is_proven = self.checked
            || self.parts.data.is_some_and(|data| serde_json::from_str::<IgnoredAny>(data).is_ok());
        if is_proven {
            return self.parts.call;
        }
        general(*self.layout(), self.text).map(|parts| parts.call).unwrap_or_default()
    }

    /// Makes sure that the text is a valid envelope, whatever its payload is.
    pub fn check(&self) -> Result<(), EnvelopeError> {
        if self.checked { Ok(()) } else { general(*self.layout(), self.text).map(drop) }
    }

    /// Decodes the payload.
    pub fn payload<T: DeserializeOwned>(&self) -> Result<Received<T>, DecodeError> {
        self.read(&Whole::<T, true>(PhantomData))
    }

    /// Decodes the payload of a message that has it at a key of its own. To build this is half of building
    /// [`payload`](Self::payload).
    pub(crate) fn content<T: DeserializeOwned>(&self) -> Result<Received<T>, DecodeError> {
        self.read(&Whole::<T, false>(PhantomData))
    }

    /// Decodes the payload where no contract declares one: a message without `data` is read as
    /// `null`.
    pub fn payload_or_null<T: DeserializeOwned>(&self) -> Result<Received<T>, DecodeError> {
        // What the fast path makes of a text has `data`.
        let may_lack = self.checked && self.parts.body == Body::Content;
        if self.parts.data.is_some() || !may_lack {
            return self.payload();
        }
        match serde_json::from_str("null") {
            Ok(data) => Ok(Received { data, timestamp: self.parts.timestamp }),
            Err(_) => Err(PayloadError::absent(&self.parts.name, self.content_key()).into()),
        }
    }

    /// Decodes a message without payload: whatever `data` there is, is ignored.
    pub fn unit(&self) -> Result<Received<()>, DecodeError> {
        Ok(Received { data: (), timestamp: self.checked_timestamp()? })
    }

    /// Decodes the message as a value of its contract's enum.
    pub fn message<C: WireContract>(&self, index: usize) -> Result<Received<C>, DecodeError> {
        match C::unit(index) {
            Some(data) => Ok(Received { data, timestamp: self.checked_timestamp()? }),
            None => self.read(&Variant(index, PhantomData)),
        }
    }

    fn checked_timestamp(&self) -> Result<Option<u64>, EnvelopeError> {
        if self.checked {
            return Ok(self.parts.timestamp);
        }
        self.was_in_doubt.set(true);
        Ok(general(*self.layout(), self.text)?.timestamp)
    }

    /// The key of the payload.
    fn content_key(&self) -> &'a str {
        self.layout().content().unwrap_or(form::DATA)
    }

    fn read<T, S: Shape<T>>(&self, shape: &S) -> Result<Received<T>, DecodeError> {
        if self.parts.body != Body::Content {
            // The other branch isn't even built.
            return if S::MAY_BE_BESIDE { self.read_members(shape) } else { Err(self.missing()) };
        }
        if let Some(data) = self.parts.data {
            let mut json = serde_json::Deserializer::from_str(data);
            if let Ok(value) = shape.read(&mut json)
                && json.end().is_ok()
            {
                return Ok(Received { data: value, timestamp: self.parts.timestamp });
            }
        }
        if self.checked {
            return Err(self.explain(shape));
        }
        // The assumed payload may contain more of the envelope: the general path decides.
        self.was_in_doubt.set(true);
        Self::parse(*self.layout(), self.text)?.read(shape)
    }

    /// Reads a payload that has no key of its own.
    fn read_members<T, S: Shape<T>>(&self, shape: &S) -> Result<Received<T>, DecodeError> {
        let mut scratch = String::new();
        let behind_tag = self.parts.data.filter(|rest| rest.len() < SCRATCH_KEPT);
        let object = match behind_tag {
            Some(rest) => {
                scratch = SCRATCH.try_with(Cell::take).unwrap_or_default();
                scratch.clear();
                scratch.push('{');
                scratch.push_str(rest);
                &scratch
            }
            None => self.text,
        };
        let mut members = Members::new(self.layout(), self.is_tagged(), behind_tag.is_some());
        let mut json = serde_json::Deserializer::from_str(object);
        let read = shape.read(members.payload_of(&mut json));
        let is_whole = json.end().is_ok();
        if behind_tag.is_some() {
            let _ = SCRATCH.try_with(|kept| kept.set(scratch));
        }
        if let Ok(data) = read
            && is_whole
        {
            return Ok(Received { data, timestamp: members.timestamp() });
        }
        if self.checked {
            return Err(self.explain(shape));
        }
        // There may be a second tag: the general path decides.
        Self::parse(*self.layout(), self.text)?.read_members(shape)
    }

    fn missing(&self) -> DecodeError {
        PayloadError::missing(&self.parts.name, self.content_key()).into()
    }

    /// Decodes a failing payload again, to find the place of the failure.
    #[cold]
    fn explain<T, S: Shape<T>>(&self, shape: &S) -> DecodeError {
        let mut track = serde_path_to_error::Track::new();
        let error = if S::MAY_BE_BESIDE && self.parts.body != Body::Content {
            let mut json = serde_json::Deserializer::from_str(self.text);
            let mut members = Members::new(self.layout(), self.is_tagged(), false);
            let payload = members.payload_of(&mut json);
            shape.read(serde_path_to_error::Deserializer::new(payload, &mut track)).err()
        } else {
            let Some(data) = self.parts.data else { return self.missing() };
            let mut json = serde_json::Deserializer::from_str(data);
            shape.read(serde_path_to_error::Deserializer::new(&mut json, &mut track)).err()
        };
        let what = error.map_or_else(|| "trailing characters".to_owned(), |error| redact(&error));
        PayloadError::new(&self.parts.name, track.path().to_string(), what).into()
    }
}

/// The general path.
fn general<'a>(layout: Layout<'a>, text: &'a str) -> Result<Parts<'a>, EnvelopeError> {
    if layout.is_default() { parse::parse(text) } else { foreign::parse(layout, text) }
}

/// What to read from `data`, from whichever deserializer holds it.
trait Shape<T> {
    /// Whether the payload may have no key of its own.
    const MAY_BE_BESIDE: bool;

    fn read<'de, D: Deserializer<'de>>(&self, data: D) -> Result<T, D::Error>;
}

struct Whole<T, const MAY_BE_BESIDE: bool>(PhantomData<T>);

impl<T: DeserializeOwned, const MAY_BE_BESIDE: bool> Shape<T> for Whole<T, MAY_BE_BESIDE> {
    const MAY_BE_BESIDE: bool = MAY_BE_BESIDE;

    fn read<'de, D: Deserializer<'de>>(&self, data: D) -> Result<T, D::Error> {
        T::deserialize(data)
    }
}

struct Variant<C>(usize, PhantomData<C>);

impl<C: WireContract> Shape<C> for Variant<C> {
    const MAY_BE_BESIDE: bool = !C::FORM.is_default();

    fn read<'de, D: Deserializer<'de>>(&self, data: D) -> Result<C, D::Error> {
        C::read_data(self.0, data)
    }
}

#[cfg(test)]
mod tests;
