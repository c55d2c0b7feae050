//! Why a frame was not delivered.

use std::fmt;

/// Why a frame is no message. Its text never repeats what the peer sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvelopeError {
    what: String,
    offset: usize,
}

impl EnvelopeError {
    pub(super) fn new(text: &str, error: &serde_json::Error) -> Self {
        let before = error.line().saturating_sub(1);
        let line: usize = text.split_inclusive('\n').take(before).map(str::len).sum();
        let offset = (line + error.column().saturating_sub(1)).min(text.len());
        Self { what: redact(error), offset }
    }

    pub(super) fn at(what: String, offset: usize) -> Self {
        Self { what, offset }
    }

    /// The same in a text that begins with so many more bytes.
    pub(super) fn behind(self, bytes: usize) -> Self {
        Self { offset: self.offset + bytes, ..self }
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

/// The path of the payload itself.
const ROOT: &str = ".";

/// Why a message's payload isn't of its type. Its text never repeats what the peer sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayloadError {
    message: String,
    path: String,
    what: String,
}

impl PayloadError {
    pub(super) fn new(message: &str, path: String, what: String) -> Self {
        Self { message: message.to_owned(), path, what }
    }

    /// The payload that a contract asks for isn't there.
    pub(super) fn missing(message: &str, key: &str) -> Self {
        Self::new(message, ROOT.to_owned(), format!("missing `{key}`"))
    }

    /// The payload isn't there, and its type can't be read from `null`.
    pub(super) fn absent(message: &str, key: &str) -> Self {
        let what = format!("the message has no {key}, which its type needs");
        Self::new(message, ROOT.to_owned(), what)
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
        if path == ROOT { Ok(()) } else { write!(f, " (at `{}`)", path.escape_debug()) }
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

/// The text of a serde error, without the value that it quotes and without `serde_json`'s own position
/// (which, in a payload, counts from a place that the reader doesn't see).
pub(crate) fn redact(error: &serde_json::Error) -> String {
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
