//! How large a message may be, and the error of one that is larger.

use super::Outbox;
use crate::error::{Error, SendError, SendErrorKind};

impl Outbox {
    /// Why a message of `size` bytes is too large, if it is.
    pub(crate) fn too_large(&self, size: usize) -> Option<String> {
        match self.max_sizes {
            (Some(max), _) if size > max => {
                Some(format!("it has {size} bytes, more than max_outgoing_message_size ({max})"))
            }
            (_, max) if size > max => {
                Some(format!("it has {size} bytes, more than the outbound queue holds ({max})"))
            }
            _ => None,
        }
    }

    /// Whether a message of `size` bytes is larger than the settings allow, whatever the queue holds.
    pub(crate) fn is_over_limit(&self, size: usize) -> bool {
        self.max_sizes.0.is_some_and(|max| size > max)
    }

    /// The error of a message of `size` bytes that was not accepted.
    pub(crate) fn refusal(&self, kind: SendErrorKind, name: &str, size: usize) -> SendError {
        let error = Error::new(kind).about(name);
        match self.too_large(size) {
            Some(why) if kind == SendErrorKind::TooLarge => error.context(why),
            _ => error,
        }
    }
}
