//! Why a text is no valid message.

use std::fmt;

/// The most faults that are reported of one message.
pub(super) const MOST_FAULTS: usize = 10;

/// How far a rejected text is from a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// It is no envelope at all: not JSON, not an object, or without one `type`.
    NotAMessage,
    /// Its `type` is none that this side may send.
    Unknown,
    /// It is a message of the contract with something wrong in it.
    Invalid,
}

impl Reason {
    /// The reason's name, as the report of `wirebond validate` has it: `no-message`, `unknown`, `invalid`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotAMessage => "no-message",
            Self::Unknown => "unknown",
            Self::Invalid => "invalid",
        }
    }
}

/// One thing that is wrong with a message. Its text quotes little of the message, and escapes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    path: String,
    message: String,
}

impl Fault {
    pub(super) fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), message: message.into() }
    }

    /// Where: `data.user.tags[2]`, `type`, or empty for the message itself.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What was expected, and what was found.
    pub fn expected(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, message } = self;
        if path.is_empty() { f.write_str(message) } else { write!(f, "{path}: {message}") }
    }
}

/// Why a text is no valid message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    message: Option<String>,
    reason: Reason,
    faults: Vec<Fault>,
}

impl Rejection {
    pub(super) fn new(message: Option<&str>, reason: Reason, faults: Vec<Fault>) -> Self {
        Self { message: message.map(str::to_owned), reason, faults }
    }

    pub(super) fn one(reason: Reason, fault: Fault) -> Self {
        Self::new(None, reason, vec![fault])
    }

    /// Of two rejections of one text, the one that took it for a message.
    pub(super) fn nearest(self, other: Self) -> Self {
        let rank = |one: &Self| match one.reason {
            Reason::NotAMessage => 0,
            Reason::Unknown => 1,
            Reason::Invalid if one.message.is_none() => 2,
            Reason::Invalid => 3,
        };
        if rank(&other) > rank(&self) { other } else { self }
    }

    /// A text that could not even be read.
    #[doc(hidden)]
    pub fn no_text(message: String) -> Self {
        Self::one(Reason::NotAMessage, Fault::new("", message))
    }

    /// The message's wire name, if it is one of the contract.
    pub fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }

    /// What kind of rejection this is.
    pub fn reason(&self) -> Reason {
        self.reason
    }

    /// What is wrong, at least one and at most ten faults.
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(name) = &self.message {
            write!(f, "{}: ", name.escape_debug())?;
        }
        for (index, fault) in self.faults.iter().enumerate() {
            write!(f, "{}{fault}", if index == 0 { "" } else { "; " })?;
        }
        Ok(())
    }
}

impl std::error::Error for Rejection {}
