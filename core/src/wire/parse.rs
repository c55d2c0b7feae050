//! The general path: any envelope that is valid JSON.

use std::{borrow::Cow, fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{Error as _, IgnoredAny, MapAccess, Visitor},
};
use serde_json::value::RawValue;

use super::{
    error::EnvelopeError,
    form::{self, Key},
};

/// An envelope's parts, borrowed from the text where they can be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parts<'a> {
    pub(super) name: Cow<'a, str>,
    /// The payload, where it has a key of its own. Where its members stand beside the tag: those behind the tag, if it is
    /// known to be the first member.
    pub(super) data: Option<&'a str>,
    pub(super) timestamp: Option<u64>,
    pub(super) call: CallMark,
    pub(super) body: Body,
}

/// Where a message's payload stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Body {
    /// At a key of its own.
    Content,
    /// Beside the tag, or around it.
    Members,
    /// It is the object, which has no tag.
    Untagged,
}

/// The numbers of calls in an envelope. Whatever else stands at their keys, and two of one, is as if it
/// were absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum CallMark {
    #[default]
    None,
    /// A request.
    Id(u64),
    /// An answer.
    Re(u64),
    /// Both at once, which nobody writes.
    Both { id: u64, re: u64 },
}

impl CallMark {
    fn of(id: Option<u64>, re: Option<u64>) -> Self {
        match (id, re) {
            (None, None) => Self::None,
            (Some(id), None) => Self::Id(id),
            (None, Some(re)) => Self::Re(re),
            (Some(id), Some(re)) => Self::Both { id, re },
        }
    }

    pub(super) fn id(self) -> Option<u64> {
        match self {
            Self::Id(id) | Self::Both { id, .. } => Some(id),
            Self::None | Self::Re(_) => None,
        }
    }

    pub(super) fn re(self) -> Option<u64> {
        match self {
            Self::Re(re) | Self::Both { re, .. } => Some(re),
            Self::None | Self::Id(_) => None,
        }
    }
}

/// The number at one of these keys, while an envelope is read.
#[derive(Default)]
struct Numbered {
    seen: bool,
    number: Option<u64>,
}

impl Numbered {
    fn read<'de, A: MapAccess<'de>>(&mut self, map: &mut A) -> Result<(), A::Error> {
        let number = form::call_number(map.next_value::<&'de RawValue>()?.get());
        let is_second = std::mem::replace(&mut self.seen, true);
        self.number = number.filter(|_| !is_second);
        Ok(())
    }
}

/// Reads any valid envelope.
pub(super) fn parse(text: &str) -> Result<Parts<'_>, EnvelopeError> {
    serde_json::from_str(text).map_err(|error| EnvelopeError::new(text, &error))
}

impl<'de: 'a, 'a> Deserialize<'de> for Parts<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(PartsVisitor(PhantomData))
    }
}

struct PartsVisitor<'a>(PhantomData<&'a ()>);

impl<'de: 'a, 'a> Visitor<'de> for PartsVisitor<'a> {
    type Value = Parts<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a message: an object with `{}`", form::TYPE)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut name, mut data, mut timestamp) = (None, None, None);
        let (mut id, mut re) = (Numbered::default(), Numbered::default());
        while let Some(key) = map.next_key()? {
            match key {
                Key::Type if name.is_some() => return Err(A::Error::duplicate_field(form::TYPE)),
                Key::Type => name = Some(map.next_value::<Text<'de>>()?.0),
                Key::Data if data.is_some() => return Err(A::Error::duplicate_field(form::DATA)),
                Key::Data => data = Some(map.next_value::<&'de RawValue>()?.get()),
                Key::Timestamp if timestamp.is_some() => {
                    return Err(A::Error::duplicate_field(form::TIMESTAMP));
                }
                Key::Timestamp => timestamp = Some(map.next_value::<Option<u64>>()?),
                Key::Id => id.read(&mut map)?,
                Key::Re => re.read(&mut map)?,
                Key::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(Parts {
            name: name.ok_or_else(|| A::Error::missing_field(form::TYPE))?,
            data,
            timestamp: timestamp.flatten(),
            call: CallMark::of(id.number, re.number),
            body: Body::Content,
        })
    }
}

/// A string that borrows where it has no escapes.
#[derive(Deserialize)]
pub(super) struct Text<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);
