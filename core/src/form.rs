//! The envelope's keys and the names that aren't the user's, as constants. Nothing else spells them.

use std::fmt;

mod keys;
mod layout;
mod wire_form;

use serde::{
    Deserialize, Deserializer,
    de::{self, Visitor},
};

use keys::key;
pub use keys::{DATA, ID, RE, TIMESTAMP, TYPE};
pub use layout::Layout;
pub use wire_form::{CallForm, KeyedName, Member, Place, SideForm, TaggedName, WireForm};

/// The largest number of a call: larger ones are none. Every integer up to it is exact in JavaScript.
pub const MAX_CALL: u64 = 1 << 53;
/// The keys that every message may have, in the order in which they are written. [`ID`] and [`RE`] come
/// behind [`TYPE`].
pub const KEYS: [&str; 3] = [TYPE, DATA, TIMESTAMP];

/// The name of a heartbeat.
pub const PING: &str = "ping";
/// The name of the answer to a heartbeat.
pub const PONG: &str = "pong";
/// The prefix of the names of wirebond's own messages.
pub const OWN: char = '$';

/// The name of the answer to a call that neither its reply nor its error answers.
pub const ERROR: &str = "$error";
/// The name of the message that takes a call back.
pub const CANCEL: &str = "$cancel";
/// The ending of the name of a call's reply.
pub const REPLY_ENDING: &str = ".reply";
/// The ending of the name of a call's error.
pub const ERROR_ENDING: &str = ".error";

/// The heartbeat's names.
pub const HEARTBEATS: [&str; 2] = [PING, PONG];

/// Whether a wire name is the heartbeat's.
pub fn is_heartbeat(name: &str) -> bool {
    HEARTBEATS.contains(&name)
}

/// Whether no message of a contract may have this name.
pub fn is_reserved(name: &str) -> bool {
    is_heartbeat(name) || name.starts_with(OWN)
}

/// Whether a message of this name may be the answer to a call.
pub fn is_answer(name: &str) -> bool {
    name.ends_with(REPLY_ENDING) || name.ends_with(ERROR_ENDING) || name == ERROR
}

/// A whole message of a name that needs no escapes and of a payload as JSON, without its time.
pub fn message(name: &str, data: &str) -> String {
    format!("{TYPE_FIRST}{name}{THEN_DATA}{data}}}")
}

/// How a message with this wire name begins, for generated code, which has the name as JSON: a literal.
#[doc(hidden)]
#[macro_export]
macro_rules! __head {
    ($name:literal) => {
        ::core::concat!("{\"type\":", $name)
    };
}

/// What comes before a wire name that is written first.
pub(crate) const BEFORE_TYPE: &str = __head!("");
/// What comes before the payload.
pub(crate) const BEFORE_DATA: &str = concat!(",\"", key!(data), "\":");
/// What comes before a call's number.
pub(crate) const BEFORE_ID: &str = concat!(",\"", key!(id), "\":");
/// What comes before the number of the call that is answered.
pub(crate) const BEFORE_RE: &str = concat!(",\"", key!(re), "\":");
/// What comes before the time.
pub(crate) const BEFORE_TIMESTAMP: &str = concat!(",\"", key!(timestamp), "\":");

/// The start of an envelope up to its wire name, without spaces.
pub(crate) const TYPE_FIRST: &str = concat!("{\"", key!(type), "\":\"");
/// What is between the wire name and the payload in an envelope that begins with its name.
pub(crate) const THEN_DATA: &str = concat!("\",\"", key!(data), "\":");
/// The start of an envelope up to its payload, without spaces.
pub(crate) const DATA_FIRST: &str = concat!("{\"", key!(data), "\":");
/// What is between the payload and the wire name in an envelope that begins with its payload.
pub(crate) const THEN_TYPE: &str = concat!(",\"", key!(type), "\":\"");

/// What is between the wire name and a call's number in an envelope that begins with its name.
pub(crate) const THEN_ID: &str = concat!("\",\"", key!(id), "\":");
/// What is between the wire name and the number of the call that is answered.
pub(crate) const THEN_RE: &str = concat!("\",\"", key!(re), "\":");

/// The number of a call as JSON, if it is one.
pub(crate) fn call_number(json: &str) -> Option<u64> {
    let digits = json.as_bytes();
    // This many digits can't overflow.
    let is_number =
        !digits.is_empty() && digits.len() <= 16 && digits.iter().all(u8::is_ascii_digit);
    if !is_number || (digits[0] == b'0' && digits.len() > 1) {
        return None;
    }
    let number = digits.iter().fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0'));
    (number <= MAX_CALL).then_some(number)
}

/// A key of an envelope as it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    Type,
    Data,
    Timestamp,
    Id,
    Re,
    Other,
}

impl<'de> Deserialize<'de> for Key {
    #[inline]
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;

        impl Visitor<'_> for KeyVisitor {
            type Value = Key;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key of a message")
            }

            #[inline]
            fn visit_str<E: de::Error>(self, key: &str) -> Result<Key, E> {
                Ok(match key {
                    TYPE => Key::Type,
                    DATA => Key::Data,
                    TIMESTAMP => Key::Timestamp,
                    ID => Key::Id,
                    RE => Key::Re,
                    _ => Key::Other,
                })
            }

            #[inline]
            fn visit_bytes<E: de::Error>(self, key: &[u8]) -> Result<Key, E> {
                str::from_utf8(key).map_or(Ok(Key::Other), |key| self.visit_str(key))
            }
        }

        deserializer.deserialize_identifier(KeyVisitor)
    }
}
