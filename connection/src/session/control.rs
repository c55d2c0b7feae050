//! The session's own frames: text messages whose names begin with `$`.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{DeserializeOwned, Error as _},
};
use serde_json::value::RawValue;
use wirebond_core::wire::form;

use super::{contract::ContractNotice, limits::Limits};

/// The largest number that a frame may carry: what JavaScript's numbers hold exactly.
pub const MAX_NUMBER: u64 = 1 << 53;

/// How many messages a peer holds that doesn't say it.
pub(super) const DEFAULT_MESSAGES: usize = 256;

/// The version of the protocol.
const VERSION: u32 = 1;

/// A frame of the session protocol.
///
/// # Examples
///
/// ```
/// use wirebond_connection::session::{Ack, Control};
///
/// let ack = Control::Ack(Ack { n: 15, of: 88, ask: false });
/// assert_eq!(ack.encode(), r#"{"type":"$ack","data":{"n":15,"of":88}}"#);
/// assert_eq!(Control::decode("$ack", r#"{"n":15,"of":88}"#)?, Some(ack));
/// // Frames of a later version are not an error.
/// assert_eq!(Control::decode("$later", "{}")?, None);
/// # Ok::<(), wirebond_connection::session::ControlError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Control {
    /// `$resumed`, from the server.
    Resumed(Resumed),
    /// `$gone`, from the server.
    Gone(Gone),
    /// `$ack`, from either side.
    Ack(Ack),
    /// `$gap`, from either side.
    Gap(Gap),
    /// `$contract`, from the server.
    Contract(ContractNotice),
}

/// `$hello` of the server: its first frame.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ServerHello {
    /// The protocol's version: 1.
    pub v: u32,
    /// Identifies the server's process. Another value means that its memory is lost.
    pub boot: String,
    /// The session that the server offers.
    #[serde(deserialize_with = "nested")]
    pub session: Offer,
    /// How many bytes of unacknowledged messages the server holds.
    #[serde(serialize_with = "capped", deserialize_with = "number")]
    pub hold: u64,
    /// How many unacknowledged messages the server holds. `None` means 256.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "maybe_number")]
    pub messages: Option<u64>,
    /// How many calls may be in flight.
    #[serde(default)]
    pub calls: u32,
    /// The contract's version and fingerprint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<String>,
}

/// A new session. `Debug` doesn't show its key.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// Public, fit for logs.
    pub id: String,
    /// Secret: who has it may resume the session.
    pub key: String,
    /// How long the server keeps the session without a connection, in milliseconds.
    #[serde(deserialize_with = "number")]
    pub keep: u64,
}

/// `$hello` of the client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ClientHello {
    /// The protocol's version: 1.
    pub v: u32,
    /// How many bytes of unacknowledged messages the client holds.
    #[serde(serialize_with = "capped", deserialize_with = "number")]
    pub hold: u64,
    /// How many unacknowledged messages the client holds. `None` means 256.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "maybe_number")]
    pub messages: Option<u64>,
    /// The contract's version and fingerprint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<String>,
    /// The session to resume. `None` takes the offered one.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "maybe_nested")]
    pub resume: Option<Resume>,
}

/// A request to resume a session. `Debug` doesn't show its key.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resume {
    /// Which one.
    pub id: String,
    /// Its secret.
    pub key: String,
    /// Grows with each request, so that one that arrives late is recognised.
    #[serde(rename = "try", deserialize_with = "number")]
    pub attempt: u64,
    /// How far the client has received.
    #[serde(deserialize_with = "number")]
    pub got: u64,
}

/// The session continues. `Debug` doesn't show a key.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resumed {
    /// How far the server has received: the client sends what comes after it.
    #[serde(deserialize_with = "number")]
    pub got: u64,
    /// How far the server has handled.
    #[serde(deserialize_with = "number")]
    pub done: u64,
    /// The session's secret from now on, if another process has taken it over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// The session is gone; the offered one holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gone {
    /// Why.
    pub why: GoneReason,
    /// How far the server had handled, if that is still known.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "maybe_number")]
    pub done: Option<u64>,
}

/// Why a session is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum GoneReason {
    /// It had no connection for longer than it is kept, or was closed for good.
    Expired,
    /// It had no connection, and the server keeps only so many, or so much for them.
    Evicted,
    /// The server doesn't know it: its process has ended, or the key is wrong.
    Unknown,
    /// The numbers of the two sides contradicted each other.
    Mismatch,
    /// A reason that this version doesn't know.
    #[serde(other)]
    Other,
}

/// What was handled, and how much was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ack {
    /// Every message up to this number is handled.
    #[serde(deserialize_with = "number")]
    pub n: u64,
    /// The number of the last message that the sender of this frame has sent before it.
    #[serde(deserialize_with = "number")]
    pub of: u64,
    /// Whether the peer is asked to acknowledge at once.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ask: bool,
}

/// Numbers whose messages will not come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// How many.
    #[serde(deserialize_with = "positive")]
    pub n: u64,
    /// Why.
    pub why: GapReason,
}

/// Why messages were dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum GapReason {
    /// They had to make room.
    Overflow,
    /// They waited longer than their time to live.
    Expired,
    /// A room's message was lost on its way between servers.
    Room,
    /// A reason that this version doesn't know.
    #[serde(other)]
    Other,
}

/// A control frame that can't be read. It reports where, and nothing of what stood there: that may be a
/// session's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ControlError {
    column: usize,
}

impl fmt::Display for ControlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a session's frame can't be read: its data is wrong at column {}", self.column)
    }
}

impl std::error::Error for ControlError {}

impl Control {
    /// Reads the frame `name` with the JSON text `data`. `None` means that this version doesn't know
    /// the name; such a frame is ignored.
    ///
    /// # Errors
    ///
    /// The data isn't of the frame's shape, or a number is larger than [`MAX_NUMBER`].
    pub fn decode(name: &str, data: &str) -> Result<Option<Self>, ControlError> {
        let read = match name {
            "$resumed" => object(data).map(Self::Resumed),
            "$gone" => object(data).map(Self::Gone),
            "$ack" => object(data).map(Self::Ack),
            "$gap" => object(data).map(Self::Gap),
            "$contract" => object(data).map(Self::Contract),
            _ => return Ok(None),
        };
        read.map(Some)
    }

    /// The whole frame as text.
    #[must_use]
    pub fn encode(&self) -> String {
        match self {
            Self::Resumed(data) => envelope("$resumed", data),
            Self::Gone(data) => envelope("$gone", data),
            Self::Ack(data) => envelope("$ack", data),
            Self::Gap(data) => envelope("$gap", data),
            Self::Contract(data) => envelope("$contract", data),
        }
    }
}

impl ServerHello {
    /// Offers a session: `boot` identifies the process, which keeps up to `hold` until it is acknowledged,
    /// and takes `calls` calls at a time.
    #[must_use]
    pub fn new(boot: impl Into<String>, session: Offer, hold: Limits, calls: u32) -> Self {
        let (hold, messages) = (hold.bytes as u64, Some(capped_count(hold.messages)));
        Self { v: VERSION, boot: boot.into(), session, hold, messages, calls, contract: None }
    }

    /// What the server keeps until it is acknowledged.
    #[must_use]
    pub fn limits(&self) -> Limits {
        limits(self.messages, self.hold)
    }

    /// Reads the data of the server's `$hello`.
    ///
    /// # Errors
    ///
    /// The data isn't of this shape.
    pub fn decode(data: &str) -> Result<Self, ControlError> {
        object(data)
    }

    /// The whole frame as text. It holds the session's secret: no log may show it.
    #[must_use]
    pub fn encode(&self) -> String {
        envelope("$hello", self)
    }
}

impl ClientHello {
    /// Takes the offered session, or asks to `resume` an older one. The client keeps up to `hold` until it
    /// is acknowledged.
    #[must_use]
    pub fn new(hold: Limits, resume: Option<Resume>) -> Self {
        let (hold, messages) = (hold.bytes as u64, Some(capped_count(hold.messages)));
        Self { v: VERSION, hold, messages, contract: None, resume }
    }

    /// What the client keeps until it is acknowledged.
    #[must_use]
    pub fn limits(&self) -> Limits {
        limits(self.messages, self.hold)
    }

    /// Reads the data of the client's `$hello`.
    ///
    /// # Errors
    ///
    /// The data isn't of this shape.
    pub fn decode(data: &str) -> Result<Self, ControlError> {
        object(data)
    }

    /// The whole frame as text. It holds the session's secret: no log may show it.
    #[must_use]
    pub fn encode(&self) -> String {
        envelope("$hello", self)
    }
}

fn limits(messages: Option<u64>, bytes: u64) -> Limits {
    let most = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    Limits { messages: messages.map_or(DEFAULT_MESSAGES, most), bytes: most(bytes) }
}

/// Reads an object. (Derived code would take an array of the fields, too.)
fn object<'de, T: Deserialize<'de>>(data: &'de str) -> Result<T, ControlError> {
    if !data.trim_ascii_start().starts_with('{') {
        return Err(ControlError { column: 1 });
    }
    serde_json::from_str(data).map_err(|error| ControlError { column: error.column() })
}

/// Reads an object within another one.
fn nested<'de, T, D>(from: D) -> Result<T, D::Error>
where
    T: DeserializeOwned,
    D: Deserializer<'de>,
{
    let raw = <&RawValue>::deserialize(from)?;
    object(raw.get()).map_err(D::Error::custom)
}

fn maybe_nested<'de, T, D>(from: D) -> Result<Option<T>, D::Error>
where
    T: DeserializeOwned,
    D: Deserializer<'de>,
{
    let raw = Option::<&RawValue>::deserialize(from)?;
    raw.map(|raw| object(raw.get()).map_err(D::Error::custom)).transpose()
}

fn envelope(name: &str, data: &impl Serialize) -> String {
    let data = serde_json::to_string(data).expect("strings, numbers and flags are always JSON");
    form::message(name, &data)
}

impl fmt::Debug for Offer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Offer").field("id", &self.id).finish_non_exhaustive()
    }
}

impl fmt::Debug for Resume {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Resume");
        out.field("id", &self.id).field("attempt", &self.attempt).field("got", &self.got);
        out.finish_non_exhaustive()
    }
}

impl fmt::Debug for Resumed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Resumed");
        out.field("got", &self.got).field("done", &self.done).finish_non_exhaustive()
    }
}

/// A number that a peer can read: a queue without a bound holds more than that.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn capped<S: Serializer>(number: &u64, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_u64(*number.min(&MAX_NUMBER))
}

fn capped_count(count: usize) -> u64 {
    (count as u64).min(MAX_NUMBER)
}

/// A message number.
fn number<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    let number = u64::deserialize(from)?;
    if number > MAX_NUMBER {
        return Err(D::Error::custom("a number above 2^53"));
    }
    Ok(number)
}

fn maybe_number<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    number(from).map(Some)
}

fn positive<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    let number = number(from)?;
    if number == 0 {
        return Err(D::Error::custom("a gap of nothing"));
    }
    Ok(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_stand_on_the_wire_as_documented() {
        let frames = [
            (r#"{"type":"$ack","data":{"n":15,"of":88,"ask":true}}"#, "$ack"),
            (r#"{"type":"$gap","data":{"n":3,"why":"overflow"}}"#, "$gap"),
            (r#"{"type":"$resumed","data":{"got":17,"done":15}}"#, "$resumed"),
            (r#"{"type":"$resumed","data":{"got":17,"done":15,"key":"k"}}"#, "$resumed"),
            (r#"{"type":"$gone","data":{"why":"expired","done":15}}"#, "$gone"),
            (r#"{"type":"$gone","data":{"why":"unknown"}}"#, "$gone"),
            (
                r#"{"type":"$contract","data":{"version":"2.0.0","verdict":"breaking","unreadable":[],"refused":["leave"]}}"#,
                "$contract",
            ),
        ];
        for (text, name) in frames {
            let head = format!(r#"{{"type":"{name}","data":"#);
            let data = text.strip_prefix(&head).and_then(|rest| rest.strip_suffix('}'));
            let frame = Control::decode(name, data.expect("the envelope")).expect(text);
            assert_eq!(frame.expect(name).encode(), text);
        }
        let hello = r#"{"v":1,"boot":"k3Zx","session":{"id":"9fK2","key":"s","keep":120000},"hold":1048576,"messages":1024,"calls":64,"contract":"1.2.0 f"}"#;
        let read = ServerHello::decode(hello).expect("a hello");
        assert_eq!(read.encode(), format!(r#"{{"type":"$hello","data":{hello}}}"#));
        let hello = r#"{"v":1,"hold":1048576,"messages":1024,"resume":{"id":"9fK2","key":"s","try":7,"got":41}}"#;
        let read = ClientHello::decode(hello).expect("a hello");
        assert_eq!(read.encode(), format!(r#"{{"type":"$hello","data":{hello}}}"#));
        let limits = Limits { messages: usize::MAX, bytes: usize::MAX };
        let unbounded = ClientHello::new(limits, None).encode();
        let most = r#""hold":9007199254740992,"messages":9007199254740992}"#;
        assert!(unbounded.contains(most), "{unbounded}");
    }

    #[test]
    fn a_peer_that_does_not_say_how_many_messages_it_holds_is_acknowledged_every_64() {
        let read = ClientHello::decode(r#"{"v":1,"hold":1000}"#).expect("a hello");
        assert_eq!(read.limits(), Limits { messages: 4 * 64, bytes: 1_000 });
        let read = ClientHello::decode(r#"{"v":1,"hold":1000,"messages":12}"#).expect("a hello");
        assert_eq!(read.limits(), Limits { messages: 12, bytes: 1_000 });
        for wrong in ["-1", "1.5", "9007199254740993", "null", "\"1\""] {
            let hello = format!(r#"{{"v":1,"hold":1,"messages":{wrong}}}"#);
            assert!(ClientHello::decode(&hello).is_err(), "{wrong}");
        }
    }

    #[test]
    fn numbers_that_javascript_cannot_hold_are_refused() {
        for data in [
            r#"{"n":9007199254740993,"of":0}"#,
            r#"{"n":0,"of":18446744073709551615}"#,
            r#"{"n":-1,"of":0}"#,
            r#"{"n":1.5,"of":0}"#,
            r#"{"n":"1","of":0}"#,
            "[1,0]",
            "[1,0,false]",
            "null",
            "",
        ] {
            assert!(Control::decode("$ack", data).is_err(), "{data}");
        }
        assert!(Control::decode("$gap", r#"{"n":0,"why":"room"}"#).is_err(), "a gap of nothing");
    }

    #[test]
    fn unknown_keys_and_reasons_are_no_error() {
        let gap = Control::decode("$gap", r#"{"n":1,"why":"new","more":[]}"#).expect("read");
        assert_eq!(gap, Some(Control::Gap(Gap { n: 1, why: GapReason::Other })));
        assert!(matches!(Control::decode("$later", "}{"), Ok(None)));
    }

    #[test]
    fn no_debug_form_and_no_error_shows_a_key() {
        let key = || "SECRET".to_owned();
        let offer = Offer { id: "i".into(), key: key(), keep: 1 };
        let resume = Resume { id: "i".into(), key: key(), attempt: 1, got: 0 };
        let resumed = Control::Resumed(Resumed { got: 0, done: 0, key: Some(key()) });
        let server = ServerHello {
            v: 1,
            boot: "b".into(),
            session: offer.clone(),
            hold: 1,
            messages: None,
            calls: 1,
            contract: None,
        };
        let client = ClientHello::new(Limits { messages: 1, bytes: 1 }, Some(resume.clone()));
        let error = ClientHello::decode(r#"{"v":"SECRET"}"#).expect_err("a string");
        let shown = format!("{offer:?} {resume:?} {resumed:?} {server:?} {client:?} {error}");
        assert!(!shown.contains("SECRET"), "{shown}");
    }
}
