//! The envelope's keys and the names that aren't the user's, as constants. Nothing else spells them.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{self, Visitor},
};

/// The keys as literals, for constants that hold more than the key.
macro_rules! key {
    (type) => {
        "type"
    };
    (data) => {
        "data"
    };
    (timestamp) => {
        "timestamp"
    };
}

/// The key of a message's wire name.
pub const TYPE: &str = key!(type);
/// The key of its payload.
pub const DATA: &str = key!(data);
/// The key of the time at which the sender wrote it, in milliseconds since the Unix epoch.
pub const TIMESTAMP: &str = key!(timestamp);
/// The envelope's keys, in the order in which they are written.
pub const KEYS: [&str; 3] = [TYPE, DATA, TIMESTAMP];

/// The name of a heartbeat.
pub const PING: &str = "ping";
/// The name of the answer to a heartbeat.
pub const PONG: &str = "pong";
/// The prefix of the names of wirebond's own messages.
pub const OWN: char = '$';

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
pub(super) const BEFORE_TYPE: &str = __head!("");
/// What comes before the payload.
pub(super) const BEFORE_DATA: &str = concat!(",\"", key!(data), "\":");
/// What comes before the time.
pub(super) const BEFORE_TIMESTAMP: &str = concat!(",\"", key!(timestamp), "\":");

/// The start of an envelope up to its wire name, without spaces.
pub(super) const TYPE_FIRST: &str = concat!("{\"", key!(type), "\":\"");
/// What is between the wire name and the payload in an envelope that begins with its name.
pub(super) const THEN_DATA: &str = concat!("\",\"", key!(data), "\":");
/// The start of an envelope up to its payload, without spaces.
pub(super) const DATA_FIRST: &str = concat!("{\"", key!(data), "\":");
/// What is between the payload and the wire name in an envelope that begins with its payload.
pub(super) const THEN_TYPE: &str = concat!(",\"", key!(type), "\":\"");

/// A key of an envelope as it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    Type,
    Data,
    Timestamp,
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
