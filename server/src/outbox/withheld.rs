//! What isn't sent to a peer, because its contract can't read it. That is known in a session, whose messages have the
//! default form.

use std::collections::BTreeMap;

use bytes::Bytes;
use wirebond_connection::session::Class;
use wirebond_core::wire::{RawMessage, form::Layout};

use crate::error::SendError;

/// Messages that a peer's contract can't read.
#[derive(Debug, Default)]
pub(super) struct Withheld {
    /// Their names.
    pub(super) names: Vec<String>,
    /// Those that were not sent for that reason.
    pub(super) skipped: BTreeMap<String, u64>,
}

impl Withheld {
    /// Whether this message isn't sent. It is counted. Answers are always sent: somebody waits for them.
    ///
    /// # Errors
    ///
    /// [`SendError::Unreadable`] for a call, which would wait in vain.
    pub(super) fn skips(&mut self, frame: &Bytes, class: Class) -> Result<bool, SendError> {
        if class == Class::Reply || self.names.is_empty() {
            return Ok(false);
        }
        let frame =
            RawMessage::open(Layout::DEFAULT, std::str::from_utf8(frame).unwrap_or_default());
        let Ok(frame) = frame else { return Ok(false) };
        if !self.names.iter().any(|name| name == frame.name()) {
            return Ok(false);
        }
        if class != Class::Message {
            return Err(SendError::Unreadable);
        }
        *self.skipped.entry(frame.name().to_owned()).or_default() += 1;
        Ok(true)
    }
}
