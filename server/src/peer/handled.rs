//! The message that a handler is called for, by its name in a session.

use std::sync::Arc;

use serde::Deserialize;
use wirebond_connection::session::MessageId;

/// The message that a handler is called for.
#[derive(Debug, Clone, Default)]
pub(crate) enum Handled {
    /// None, or one of a peer without a session.
    #[default]
    Nothing,
    /// The one with this number.
    Number(u64),
    /// One that was first sent in an earlier session.
    Again(Arc<MessageId>),
}

impl Handled {
    /// The message's name, where `session` is that of the peer.
    pub(super) fn id(&self, session: Option<&str>) -> Option<MessageId> {
        match self {
            Self::Nothing => None,
            Self::Number(number) => {
                Some(MessageId { session: session?.to_owned(), number: *number })
            }
            Self::Again(first) => Some((**first).clone()),
        }
    }

    /// Looks whether the message was first sent in an earlier session.
    #[cold]
    pub(crate) fn look_into(&mut self, text: &str) {
        if matches!(self, Self::Number(_))
            && let Some(first) = first_id(text)
        {
            *self = Self::Again(Arc::new(first));
        }
    }
}

/// The key that a message has which was first sent in an earlier session.
#[derive(Deserialize)]
struct Keyed {
    #[serde(default)]
    key: Option<String>,
}

/// The name of a message in the session in which it was first sent, if that was an earlier one.
fn first_id(text: &str) -> Option<MessageId> {
    if !text.contains("\"key\"") {
        return None;
    }
    let key = serde_json::from_str::<Keyed>(text).ok()?.key?;
    let (session, number) = key.rsplit_once(':')?;
    Some(MessageId { session: session.to_owned(), number: number.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use serde::de::IgnoredAny;
    use wirebond_core::wire::{RawMessage, form::Layout};

    use super::*;

    #[test]
    fn only_a_key_of_the_envelope_names_a_message() {
        let id = |number| Some(MessageId { session: "s1".to_owned(), number });
        for (text, expected) in [
            (r#"{"type":"a","key":"s1:16","data":1}"#, id(16)),
            (r#"{"key":"s1:3","data":{"key":"x:1"},"type":"a"}"#, id(3)),
            (r#"{"type":"a","data":1,"key":"s1:4"}"#, id(4)),
            (r#"{"type":"a","data":1,"key":"s1:5","timestamp":6}"#, id(5)),
            (r#"{"type":"a","data":{"b":2},"key":"s1:5","timestamp":1700000000000}"#, id(5)),
            (r#"{"data":1,"key":"s1:7","type":"a"}"#, id(7)),
            (r#"{"data":1,"key":"s1:7","type":"a","timestamp":1700000000000}"#, id(7)),
            (r#"{"type":"a","key":"s1:8"}"#, id(8)),
            (r#"{"type":"a","data":{"key":"s1:16"}}"#, None),
            (r#"{"type":"a","data":{"key":"s1:16"},"timestamp":1700000000000}"#, None),
            (r#"{"type":"a","key":16,"data":1}"#, None),
            (r#"{"type":"a","key":"s1","data":1}"#, None),
            (r#"{"type":"a","key":"s1:-1","data":1}"#, None),
            (r#"{"type":"a","key":null}"#, None),
        ] {
            assert_eq!(first_id(text), expected, "{text}");
            // What a handler gets, whether or not it has a payload.
            for has_payload in [true, false] {
                let frame = RawMessage::open(Layout::DEFAULT, text).expect(text);
                let is_read = if has_payload {
                    frame.payload_or_null::<Option<IgnoredAny>>().is_ok()
                } else {
                    frame.unit().is_ok()
                };
                assert!(is_read, "{text}");
                let mut handled = Handled::Number(1);
                if frame.may_have_more() {
                    handled.look_into(text);
                }
                let first =
                    if let Handled::Again(first) = handled { Some((*first).clone()) } else { None };
                assert_eq!(first, expected, "{text}");
            }
        }
    }
}
