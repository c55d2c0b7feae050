//! `$error`: the answer to a call that neither its reply nor its error answers.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{
    decode::RawMessage,
    encode::encode,
    error::DecodeError,
    form,
    head::{Head, answer_head, head},
};

/// Why a call has no answer of its own: the `code` of an `$error`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorCode {
    /// The peer's contract has no message of this name.
    Unknown,
    /// The request's payload isn't of its type.
    Payload,
    /// The peer has no handler for it.
    Unhandled,
    /// The handler panicked.
    Panicked,
    /// The peer has too many calls in flight.
    Busy,
    /// The call was cancelled.
    Cancelled,
    /// A code that this version doesn't know. Escape it before you print it.
    Other(String),
}

impl ErrorCode {
    /// Returns the code as it is written.
    ///
    /// ```
    /// use wirebond_core::ErrorCode;
    ///
    /// assert_eq!(ErrorCode::Unhandled.as_str(), "unhandled");
    /// ```
    pub fn as_str(&self) -> &str {
        match self {
            Self::Unknown => "unknown",
            Self::Payload => "payload",
            Self::Unhandled => "unhandled",
            Self::Panicked => "panicked",
            Self::Busy => "busy",
            Self::Cancelled => "cancelled",
            Self::Other(code) => code,
        }
    }

    fn of(code: String) -> Self {
        match &*code {
            "unknown" => Self::Unknown,
            "payload" => Self::Payload,
            "unhandled" => Self::Unhandled,
            "panicked" => Self::Panicked,
            "busy" => Self::Busy,
            "cancelled" => Self::Cancelled,
            _ => Self::Other(code),
        }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().escape_debug().fmt(f)
    }
}

/// The payload of an `$error`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What went wrong.
    pub code: ErrorCode,
    /// Where in the request's payload.
    pub path: Option<String>,
    /// The same for a person.
    pub message: String,
}

#[derive(Serialize, Deserialize)]
struct Data {
    code: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

impl Fault {
    /// A fault without a path.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, path: None, message: message.into() }
    }

    /// Why a request's payload can't be read. Its text repeats nothing of the payload.
    pub fn of_decode(error: &DecodeError) -> Self {
        match error {
            DecodeError::Payload(error) => {
                let path = Some(error.path().to_owned());
                Self { path, ..Self::new(ErrorCode::Payload, error.to_string()) }
            }
            DecodeError::Envelope(error) => Self::new(ErrorCode::Payload, error.to_string()),
        }
    }

    /// Writes the whole message that answers the call `re`.
    pub fn encode(&self, re: u64, timestamp: u64) -> Vec<u8> {
        let Self { code, path, message } = self;
        let message = Some(message.clone()).filter(|message| !message.is_empty());
        let data = Data { code: code.as_str().to_owned(), path: path.clone(), message };
        let head = answer_head(&head(form::ERROR), "", re);
        // Strings can't fail.
        encode(&Head::plain(&head), Some(&data), timestamp).unwrap_or_default()
    }

    /// Reads one.
    pub fn read(message: &RawMessage<'_>) -> Result<Self, DecodeError> {
        let Data { code, path, message } = message.payload()?.data;
        Ok(Self { code: ErrorCode::of(code), path, message: message.unwrap_or_default() })
    }
}
