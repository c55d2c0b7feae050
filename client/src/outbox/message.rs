//! A message from `send` to its end, and counts of messages by name.

use std::sync::atomic::Ordering;

use bytes::Bytes;
use tokio::time::Instant;
use wirebond_connection::{
    call::{Stage, Waiting},
    session::{Class, MessageId},
};
use wirebond_core::wire::form::{CANCEL, ERROR};

use crate::{
    event::{DropReason, Name},
    receipt::Reporter,
};

/// An encoded message.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) name: Name,
    pub(crate) text: Bytes,
    /// Where its outcome is reported to.
    pub(crate) receipt: Option<Reporter>,
    /// Whether it may be lost or repeated.
    pub(crate) class: Class,
}

impl Message {
    /// Whether this is a frame of wirebond's own about a call, and nothing that the application has sent.
    pub(super) fn is_about_a_call(&self) -> bool {
        self.class == Class::Reply && matches!(&*self.name, ERROR | CANCEL)
    }
}

/// A message that was accepted.
#[derive(Debug)]
pub(super) struct Queued {
    pub(super) message: Message,
    /// Its place among all accepted messages.
    pub(super) seq: u64,
    pub(super) accepted: Instant,
    /// Its charge for connections that ended while it was in flight. Used with redelivery only.
    pub(super) charge: u32,
    /// Its name in an older session, whose end left it in doubt. Used without a session only: a session
    /// keeps it by itself.
    pub(super) again: Option<Box<MessageId>>,
}

impl Queued {
    /// The call whose request it is.
    pub(super) fn call(&self) -> Option<&dyn Waiting> {
        self.message.receipt.as_ref()?.call().map(|call| &**call)
    }

    /// Records how far it has come, if it is the request of a call.
    pub(super) fn set_stage(&self, stage: Stage) {
        if let Some(call) = self.call() {
            call.order().store(self.seq, Ordering::Relaxed);
            call.set_stage(stage);
        }
    }

    pub(super) fn size(&self) -> usize {
        self.message.text.len()
    }

    /// What is written; with the name that it has from an older session.
    pub(super) fn text(&self, again: Option<&MessageId>) -> Bytes {
        again.map_or_else(|| self.message.text.clone(), |id| with_key(&self.message.text, id))
    }
}

/// How many messages of each name. A contract has few names, and one burst has fewer: a list is faster
/// than a map.
#[derive(Debug, Default)]
pub(crate) struct CountsByName(Vec<(Name, u64)>);

impl CountsByName {
    pub(super) fn add(&mut self, name: &Name, count: u64) {
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, sum)) => *sum += count,
            None => self.0.push((name.clone(), count)),
        }
    }

    pub(super) fn remove(&mut self, name: &str) {
        if let Some((_, count)) = self.0.iter_mut().find(|(known, _)| known == name) {
            *count = count.saturating_sub(1);
        }
        self.0.retain(|(_, count)| *count > 0);
    }

    pub(super) fn merge(&mut self, other: Self) {
        for (name, count) in other {
            self.add(&name, count);
        }
    }

    pub(super) fn total(&self) -> u64 {
        self.0.iter().map(|(_, count)| count).sum()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl IntoIterator for CountsByName {
    type Item = (Name, u64);
    type IntoIter = std::vec::IntoIter<(Name, u64)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// Messages that were dropped. They have to be reported.
pub(crate) type Dropped = Vec<(DropReason, CountsByName)>;

/// Messages that were in flight when their connection ended. They have to be reported.
#[derive(Debug, Default)]
#[must_use = "lost messages are reported"]
pub(crate) struct Lost {
    pub(crate) unconfirmed: CountsByName,
    pub(crate) dropped: Dropped,
}

impl Lost {
    /// Adds what was lost later.
    pub(crate) fn and(mut self, later: Self) -> Self {
        self.unconfirmed.merge(later.unconfirmed);
        self.dropped.extend(later.dropped);
        self
    }
}

/// A message's text with its permanent name as one more key of the envelope.
#[cold]
fn with_key(text: &[u8], id: &MessageId) -> Bytes {
    let key = serde_json::Value::from(id.to_string());
    let open = text.strip_suffix(b"}").unwrap_or(text);
    [open, format!(",\"key\":{key}}}").as_bytes()].concat().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_one_more_member_whatever_the_id_is() {
        let id = MessageId { session: "a\"\n".into(), number: 16 };
        let text = with_key(br#"{"type":"chat","data":{"n":1}}"#, &id);
        let read: serde_json::Value = serde_json::from_slice(&text).expect("JSON");
        assert_eq!(read["key"], "a\"\n:16");
        assert_eq!(read["data"]["n"], 1);
    }
}
