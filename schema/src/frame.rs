//! The one codec between a text frame and a message: a general path that parses any JSON, and a fast
//! path for the two shapes that peers really send, which accepts exactly what the general one does.

use std::{
    borrow::Cow,
    cell::Cell,
    fmt,
    marker::PhantomData,
    time::{SystemTime, UNIX_EPOCH},
};

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeOwned, Error as _, IgnoredAny, MapAccess, Visitor},
};
use serde_json::value::RawValue;

use crate::{Contract, envelope::Key, finite::Finite};

/// A message's payload as it arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Received<T> {
    /// The payload.
    pub data: T,
    /// When the sender wrote it, in milliseconds since the Unix epoch, if it said so.
    pub timestamp: Option<u64>,
}

/// Milliseconds since the Unix epoch; 0 on a machine whose clock stands before it.
pub fn now_millis() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |elapsed| u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX))
}

thread_local! {
    /// Where a message is written, to be copied once its length is known: what waits is never longer
    /// than it has to be, and a large one doesn't grow step by step.
    static SCRATCH: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// The most that [`SCRATCH`] keeps.
const SCRATCH_KEPT: usize = 16 * 1024;

/// Writes one message. `head` is the envelope's start without its closing brace: `{"type":"chat"`.
/// NaN and infinity are errors.
pub fn encode<T: Serialize + ?Sized>(
    head: &str,
    payload: Option<&T>,
    timestamp: u64,
) -> Result<Vec<u8>, serde_json::Error> {
    // A payload that encodes a message while it is written finds none, which will do.
    let mut out = SCRATCH.try_with(Cell::take).unwrap_or_default();
    out.clear();
    out.extend_from_slice(head.as_bytes());
    if let Some(payload) = payload {
        out.extend_from_slice(b",\"data\":");
        serde_json::to_writer(&mut out, &Finite::new(payload))?;
    }
    out.extend_from_slice(b",\"timestamp\":");
    out.extend_from_slice(itoa::Buffer::new().format(timestamp).as_bytes());
    out.push(b'}');
    if out.capacity() > SCRATCH_KEPT {
        return Ok(out);
    }
    let message = out.as_slice().to_vec();
    let _ = SCRATCH.try_with(|scratch| scratch.set(out));
    Ok(message)
}

/// The start of an envelope for a name that is known only at run time; see [`encode`].
pub fn head(name: &str) -> String {
    format!("{{\"type\":{}", serde_json::Value::from(name))
}

/// A text frame whose name is known and whose payload waits to be decoded.
///
/// On the fast path only the frame's two ends have been looked at; [`payload`](Self::payload) and
/// [`check`](Self::check) find out whether the rest is what it seems to be.
#[derive(Debug)]
pub struct Frame<'a> {
    text: &'a str,
    name: Cow<'a, str>,
    data: Option<&'a str>,
    timestamp: Option<u64>,
    checked: bool,
}

impl<'a> Frame<'a> {
    /// Finds the name and the place of the payload.
    pub fn open(text: &'a str) -> Result<Self, EnvelopeError> {
        match peek::peek(text) {
            Some(frame) => Ok(frame),
            None => Self::parse(text),
        }
    }

    /// The general path: any envelope that is valid JSON.
    pub fn parse(text: &'a str) -> Result<Self, EnvelopeError> {
        let raw: RawEnvelope<'a> =
            serde_json::from_str(text).map_err(|error| EnvelopeError::new(text, &error))?;
        Ok(Self {
            text,
            name: raw.name,
            data: raw.data.map(RawValue::get),
            timestamp: raw.timestamp,
            checked: true,
        })
    }

    /// The wire name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The whole frame.
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// Makes sure that the frame is a valid envelope, whatever its payload is.
    pub fn check(&self) -> Result<(), EnvelopeError> {
        if self.checked { Ok(()) } else { Self::parse(self.text).map(drop) }
    }

    /// Decodes the payload.
    pub fn payload<T: DeserializeOwned>(&self) -> Result<Received<T>, DecodeError> {
        self.read(&Whole(PhantomData))
    }

    /// Decodes the payload where no contract says that there is one: a message without `data` is read as
    /// `null`.
    pub fn payload_or_null<T: DeserializeOwned>(&self) -> Result<Received<T>, DecodeError> {
        // What the fast path makes of a text has `data`.
        if self.data.is_some() || !self.checked {
            return self.payload();
        }
        match serde_json::from_str("null") {
            Ok(data) => Ok(Received { data, timestamp: self.timestamp }),
            Err(_) => Err(PayloadError::absent(&self.name).into()),
        }
    }

    /// Decodes a message without payload: whatever `data` there is, is ignored.
    pub fn unit(&self) -> Result<Received<()>, DecodeError> {
        Ok(Received { data: (), timestamp: self.checked_timestamp()? })
    }

    /// Decodes the message as a value of its contract's enum.
    pub fn message<C: Contract>(&self, index: usize) -> Result<Received<C>, DecodeError> {
        match C::unit(index) {
            Some(data) => Ok(Received { data, timestamp: self.checked_timestamp()? }),
            None => self.read(&Variant(index, PhantomData)),
        }
    }

    fn checked_timestamp(&self) -> Result<Option<u64>, EnvelopeError> {
        if self.checked { Ok(self.timestamp) } else { Ok(Self::parse(self.text)?.timestamp) }
    }

    fn read<T, S: Shape<T>>(&self, shape: &S) -> Result<Received<T>, DecodeError> {
        if let Some(data) = self.data {
            let mut json = serde_json::Deserializer::from_str(data);
            if let Ok(value) = shape.read(&mut json)
                && json.end().is_ok()
            {
                return Ok(Received { data: value, timestamp: self.timestamp });
            }
        }
        if self.checked {
            return Err(self.explain(shape));
        }
        // What looked like the payload may hold more of the envelope: the general path knows.
        Self::parse(self.text)?.read(shape)
    }

    /// The slow way to a failure of the payload: where is it?
    #[cold]
    fn explain<T, S: Shape<T>>(&self, shape: &S) -> DecodeError {
        let Some(data) = self.data else { return PayloadError::missing(&self.name).into() };
        let mut json = serde_json::Deserializer::from_str(data);
        let mut track = serde_path_to_error::Track::new();
        let error = shape.read(serde_path_to_error::Deserializer::new(&mut json, &mut track)).err();
        PayloadError {
            message: self.name.clone().into_owned(),
            path: track.path().to_string(),
            what: error.map_or_else(|| "trailing characters".to_owned(), |error| redact(&error)),
        }
        .into()
    }
}

/// What to read from `data`, from whichever deserializer holds it.
trait Shape<T> {
    fn read<'de, D: Deserializer<'de>>(&self, data: D) -> Result<T, D::Error>;
}

struct Whole<T>(PhantomData<T>);

impl<T: DeserializeOwned> Shape<T> for Whole<T> {
    fn read<'de, D: Deserializer<'de>>(&self, data: D) -> Result<T, D::Error> {
        T::deserialize(data)
    }
}

struct Variant<C>(usize, PhantomData<C>);

impl<C: Contract> Shape<C> for Variant<C> {
    fn read<'de, D: Deserializer<'de>>(&self, data: D) -> Result<C, D::Error> {
        C::read_data(self.0, data)
    }
}

/// The general path's envelope, borrowed from the text.
struct RawEnvelope<'a> {
    name: Cow<'a, str>,
    data: Option<&'a RawValue>,
    timestamp: Option<u64>,
}

impl<'de: 'a, 'a> Deserialize<'de> for RawEnvelope<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(RawVisitor(PhantomData))
    }
}

struct RawVisitor<'a>(PhantomData<&'a ()>);

impl<'de: 'a, 'a> Visitor<'de> for RawVisitor<'a> {
    type Value = RawEnvelope<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a message: an object with `type`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut name, mut data, mut timestamp) = (None, None, None);
        while let Some(key) = map.next_key()? {
            match key {
                Key::Type if name.is_some() => return Err(A::Error::duplicate_field("type")),
                Key::Type => name = Some(map.next_value::<Text<'de>>()?.0),
                Key::Data if data.is_some() => return Err(A::Error::duplicate_field("data")),
                Key::Data => data = Some(map.next_value::<&'de RawValue>()?),
                Key::Timestamp if timestamp.is_some() => {
                    return Err(A::Error::duplicate_field("timestamp"));
                }
                Key::Timestamp => timestamp = Some(map.next_value::<Option<u64>>()?),
                Key::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(RawEnvelope {
            name: name.ok_or_else(|| A::Error::missing_field("type"))?,
            data,
            timestamp: timestamp.flatten(),
        })
    }
}

/// A string that borrows where it has no escapes.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// Why a frame is no message. Its text never repeats what the peer sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvelopeError {
    what: String,
    offset: usize,
}

impl EnvelopeError {
    fn new(text: &str, error: &serde_json::Error) -> Self {
        let before = error.line().saturating_sub(1);
        let line: usize = text.split_inclusive('\n').take(before).map(str::len).sum();
        let offset = (line + error.column().saturating_sub(1)).min(text.len());
        Self { what: redact(error), offset }
    }

    /// Where in the frame the fault was found, in bytes from its start.
    pub fn offset(&self) -> usize {
        self.offset
    }
}

impl fmt::Display for EnvelopeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (at byte {})", self.what, self.offset)
    }
}

impl std::error::Error for EnvelopeError {}

/// Why a message's payload isn't of its type. Its text never repeats what the peer sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayloadError {
    message: String,
    path: String,
    what: String,
}

impl PayloadError {
    fn missing(name: &str) -> Self {
        Self { message: name.to_owned(), path: ".".to_owned(), what: "missing `data`".to_owned() }
    }

    fn absent(name: &str) -> Self {
        let what = "the message has no data, which its type needs".to_owned();
        Self { what, ..Self::missing(name) }
    }

    /// The message's wire name.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Where in the payload: `user.tags[2]`, or `.` for the payload itself.
    pub fn path(&self) -> &str {
        &self.path
    }
}

impl fmt::Display for PayloadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, what, .. } = self;
        // Whoever reports it names the message.
        f.write_str(what)?;
        if path == "." { Ok(()) } else { write!(f, " (at `{}`)", path.escape_debug()) }
    }
}

impl std::error::Error for PayloadError {}

/// Why a frame was not delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DecodeError {
    /// The frame is no message.
    Envelope(EnvelopeError),
    /// It is one, with a payload of another type.
    Payload(PayloadError),
}

impl From<EnvelopeError> for DecodeError {
    fn from(error: EnvelopeError) -> Self {
        Self::Envelope(error)
    }
}

impl From<PayloadError> for DecodeError {
    fn from(error: PayloadError) -> Self {
        Self::Payload(error)
    }
}

/// What a serde error says, without the value that it quotes and without `serde_json`'s own position
/// (which, in a payload, counts from a place that the reader doesn't see).
fn redact(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let text = text.rfind(" at line ").map_or(&*text, |end| &text[..end]);
    let quoting = ["invalid type: ", "invalid value: ", "unknown variant ", "unknown field "];
    if !quoting.iter().any(|start| text.starts_with(start)) {
        return text.to_owned();
    }
    let quote = text.find(['"', '`']).unwrap_or(text.len());
    let expected = text.rfind(", expected ").or_else(|| text.find(", there are no "));
    match expected.filter(|&expected| expected >= quote) {
        Some(expected) => format!("{}{}", text[..quote].trim_end(), &text[expected..]),
        None => text.to_owned(),
    }
}

mod peek;
#[cfg(test)]
mod tests;
