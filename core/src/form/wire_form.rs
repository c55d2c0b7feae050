//! How a contract's messages stand on the wire, as data: what the codec, the documents and what is
//! generated from them all read.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::keys::{DATA, ID, RE, TIMESTAMP, TYPE};

/// A key, or a JSON Pointer (RFC 6901) where it begins with `/`.
pub type Place = Cow<'static, str>;

/// How the messages of a contract stand on the wire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WireForm {
    /// Those that the client sends.
    pub client: SideForm,
    /// Those that the server sends.
    pub server: SideForm,
    /// Whether a frame may be an array of messages. Such a frame is never written.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub batch: bool,
    /// How calls and their answers are told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calls: Option<CallForm>,
}

/// How the messages of one side stand on the wire.
///
/// A message is recognised by its tag, which is its name or one of `tags`; where there is none, by the first of
/// `keys` that the object has; where it has none of them either, it is the message `untagged`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SideForm {
    /// Where the wire name stands. `None` where no message of this side has one.
    pub tag: Option<Place>,
    /// The key of the payload. `None`: its members stand beside the tag, in the same object. Always `None`
    /// where the tag is a pointer: the payload is then the whole object, with the tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Cow<'static, str>>,
    /// The key of the time at which a message was written, in milliseconds since the Unix epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<Cow<'static, str>>,
    /// Whether the wire names are integers.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub integers: bool,
    /// Messages whose tag is another than their name.
    #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
    pub tags: Cow<'static, [TaggedName]>,
    /// Members that every message is written with, with their values as JSON. They are not looked at on
    /// receipt.
    #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
    pub constants: Cow<'static, [Member]>,
    /// Messages without a tag that a key tells, in the order in which they are looked for.
    #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
    pub keys: Cow<'static, [KeyedName]>,
    /// The name of the message that is read where neither tag nor key tells one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub untagged: Option<Cow<'static, str>>,
}

/// A message whose tag is another than its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaggedName {
    /// The tag, as text. Where the wire names are integers, its decimal digits.
    pub tag: Cow<'static, str>,
    /// The message's name, which doesn't stand on the wire.
    pub name: Cow<'static, str>,
}

/// A member that every message of a side is written with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// Its key.
    pub key: Cow<'static, str>,
    /// Its value as JSON.
    pub json: Cow<'static, str>,
}

/// A message without a tag, which a key tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyedName {
    /// The key.
    pub key: Cow<'static, str>,
    /// The message's name, which doesn't stand on the wire.
    pub name: Cow<'static, str>,
}

/// How calls are told where the answers have no names of their own: an answer is the message of the other
/// side that bears the number of a call in flight.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallForm {
    /// Where the number of a request stands.
    pub id: Place,
    /// Where an answer repeats it.
    pub re: Place,
    /// Whether numbers are written as strings.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub strings: bool,
    /// Where the reply stands. Where that is absent, the reply is the payload of the message, as of any other; of one
    /// that nothing else tells, it is the whole object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<Place>,
    /// Where the payload of a failure stands. An answer that has it, and not as `null`, is a failure, unless
    /// `success` stands in it, which then decides alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Place>,
    /// Where an answer says whether it is a success: `true` or `"ok"`. Anything else that stands there is a
    /// failure, whose payload stands at `error`, or else at `result`, or else is that of the message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub success: Option<Place>,
}

impl WireForm {
    /// wirebond's own form: `{"type":"chat","data":{…},"timestamp":1700000000000}`.
    pub const DEFAULT: Self =
        Self { client: SideForm::DEFAULT, server: SideForm::DEFAULT, batch: false, calls: None };

    /// How calls are declared, which in wirebond's own form is [`CallForm::USUAL`].
    pub fn call_form(&self) -> &CallForm {
        self.calls.as_ref().unwrap_or(&CallForm::USUAL)
    }
}

impl SideForm {
    /// The side of [`WireForm::DEFAULT`].
    pub const DEFAULT: Self = Self {
        tag: Some(Cow::Borrowed(TYPE)),
        content: Some(Cow::Borrowed(DATA)),
        timestamp: Some(Cow::Borrowed(TIMESTAMP)),
        integers: false,
        tags: Cow::Borrowed(&[]),
        constants: Cow::Borrowed(&[]),
        keys: Cow::Borrowed(&[]),
        untagged: None,
    };
}

impl CallForm {
    /// The places that are usual: `id`, repeated as `re`.
    pub const USUAL: Self = Self {
        id: Cow::Borrowed(ID),
        re: Cow::Borrowed(RE),
        strings: false,
        result: None,
        error: None,
        success: None,
    };
}
