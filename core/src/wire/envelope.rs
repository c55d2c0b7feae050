//! A whole message as a serde type, for backends that use the enum directly.

mod foreign;
mod sides;
mod write;

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, Visitor},
};
use serde_json::value::RawValue;

pub use sides::{ClientEnvelope, ServerEnvelope};
use write::write;

use super::{
    clock::now_millis,
    form::{self, Key},
    head::Head,
};
use crate::contract::Contract;

/// One message as it stands on the wire: `{"type":"chat","data":{…},"timestamp":1700000000000}`.
///
/// A Rust backend reads and writes the same enum as the client, with plain `serde_json`:
///
/// ```
/// # use schemars::JsonSchema; use serde::{Serialize, Deserialize};
/// # mod wirebond { pub use wirebond_core::*; pub mod __private { pub use wirebond_core::*; } }
/// # fn show<App: wirebond_core::Contract>(text: &str) -> serde_json::Result<()> {
/// let envelope: wirebond_core::Envelope<App> = serde_json::from_str(text)?;
/// let reply = serde_json::to_string(&envelope)?;
/// # Ok(()) }
/// ```
///
/// On receipt the order of the keys is free and unknown keys are ignored; a doubled `type`, `data`
/// or `timestamp` is an error, and so is anything but an object. `timestamp` may be absent or
/// `null`. A message without payload is written without `data` and ignores the one it receives.
///
/// A contract with a form of its own is written and read in that, which takes `serde_json`. Where the form of
/// the client's messages is another than that of the server's, this type doesn't compile: use
/// [`ClientEnvelope`] and [`ServerEnvelope`].
///
/// A payload with NaN or infinity in it is an error of the serializer: JSON has no such numbers (RFC 8259,
/// section 6), and what `serde_json` writes by itself, `null`, the contract's own reader refuses.
///
/// Reading `data` before `type` buffers it as a [`RawValue`], so a deserializer other than
/// `serde_json`'s must put `type` first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Envelope<M> {
    /// The message.
    pub message: M,
    /// When the sender wrote the message, in milliseconds since the Unix epoch, if the sender included it.
    pub timestamp: Option<u64>,
}

impl<M> Envelope<M> {
    /// Makes an envelope with the current time as its timestamp.
    ///
    /// ```
    /// use wirebond_core::Envelope;
    ///
    /// assert!(Envelope::now("a message").timestamp.is_some());
    /// ```
    pub fn now(message: M) -> Self {
        Self { message, timestamp: Some(now_millis()) }
    }
}

impl<M> From<M> for Envelope<M> {
    /// An envelope without `timestamp`.
    fn from(message: M) -> Self {
        Self { message, timestamp: None }
    }
}

impl<M: Contract> Serialize for Envelope<M> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        const { assert_one_form::<M>() }
        write(&self.message, self.timestamp, Head::of_client::<M>, serializer)
    }
}

/// One form for both sides, at compile time.
const fn assert_one_form<M: Contract>() {
    assert!(
        M::FORM.has_one_side(),
        "the client's messages have another form than the server's: use `ClientEnvelope` or `ServerEnvelope`"
    );
}

impl<'de, M: Contract> Deserialize<'de> for Envelope<M> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        const { assert_one_form::<M>() }
        if !M::FORM.is_default() {
            let (message, timestamp) =
                foreign::read(form::Layout::of_client(M::FORM), deserializer)?;
            return Ok(Self { message, timestamp });
        }
        // A visitor with `visit_map` alone: as a struct, serde_json would also take an array.
        deserializer.deserialize_struct("Envelope", &form::KEYS, Reader(PhantomData))
    }
}

struct Reader<M>(PhantomData<M>);

impl<'de, M: Contract> Visitor<'de> for Reader<M> {
    type Value = Envelope<M>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a message of {} as an object with `{}`", M::NAME, form::TYPE)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut index = None;
        let mut data = Data::Absent;
        let mut timestamp = None;
        while let Some(key) = map.next_key()? {
            match key {
                Key::Type if index.is_some() => return Err(A::Error::duplicate_field(form::TYPE)),
                Key::Type => index = Some(map.next_value_seed(Name::<M>(PhantomData))?),
                Key::Data if !matches!(data, Data::Absent) => {
                    return Err(A::Error::duplicate_field(form::DATA));
                }
                Key::Data => {
                    data = match index {
                        None => Data::Raw(map.next_value()?),
                        Some(index) if M::MESSAGES[index].has_payload() => {
                            Data::Read(map.next_value_seed(Payload::<M>(index, PhantomData))?)
                        }
                        Some(_) => {
                            map.next_value::<IgnoredAny>()?;
                            Data::Ignored
                        }
                    }
                }
                Key::Timestamp if timestamp.is_some() => {
                    return Err(A::Error::duplicate_field(form::TIMESTAMP));
                }
                Key::Timestamp => timestamp = Some(map.next_value::<Option<u64>>()?),
                Key::Id | Key::Re | Key::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        let index = index.ok_or_else(|| A::Error::missing_field(form::TYPE))?;
        let message = match (M::unit(index), data) {
            (Some(unit), _) => unit,
            (None, Data::Read(message)) => message,
            (None, Data::Raw(raw)) => {
                M::read_data(index, &mut serde_json::Deserializer::from_str(raw.get()))
                    .map_err(A::Error::custom)?
            }
            (None, Data::Absent | Data::Ignored) => {
                return Err(A::Error::missing_field(form::DATA));
            }
        };
        Ok(Envelope { message, timestamp: timestamp.flatten() })
    }
}

enum Data<M> {
    Absent,
    Ignored,
    Raw(Box<RawValue>),
    Read(M),
}

/// Reads the wire name and looks it up.
struct Name<M>(PhantomData<M>);

impl<'de, M: Contract> DeserializeSeed<'de> for Name<M> {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<usize, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<M: Contract> Visitor<'_> for Name<M> {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a message as a string")
    }

    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<usize, E> {
        M::position(name)
            .ok_or_else(|| E::custom(format_args!("{} has no message {name:?}", M::NAME)))
    }
}

/// Reads the payload of the message at an index.
struct Payload<M>(usize, PhantomData<M>);

impl<'de, M: Contract> DeserializeSeed<'de> for Payload<M> {
    type Value = M;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<M, D::Error> {
        M::read_data(self.0, deserializer)
    }
}
