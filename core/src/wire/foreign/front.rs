//! The fast path: what the members at a message's two ends show.

use std::borrow::Cow;

use crate::{
    form::Layout,
    wire::{
        parse::{Body, CallMark, Parts},
        scan::{Back, Front, Scalar, plain_length},
    },
};

/// How many members are looked at from either end.
const LOOKED_AT: usize = 8;

/// Recognises a message whose tag stands first, or behind a few plain scalars.
///
/// Only tokens are read, from the ends inwards. What it takes to be the payload is proved by decoding it, as in
/// wirebond's own form: a flattened payload by [`Members`](super::Members), which finds a second tag, and one
/// with a key of its own by being one JSON value.
pub(crate) fn peek<'a>(layout: Layout<'a>, text: &'a str) -> Option<Parts<'a>> {
    let tag = layout.tag_key()?;
    let mut front = Front::new(text);
    front.byte(b'{')?;
    let Some(content) = layout.content() else { return flattened(layout, tag, front) };
    let mut seen = Seen { layout, tag, name: None, timestamp: None, has_number: false };
    let mut left = LOOKED_AT;
    loop {
        let key = front.key()?;
        if key == content {
            break;
        }
        left = left.checked_sub(1)?;
        seen.take(key, front.scalar()?)?;
        front.byte(b',')?;
    }
    let mut back = Back::new(text);
    back.byte(b'}')?;
    for _ in 0..LOOKED_AT {
        let mut ahead = back;
        let Some((key, value)) = ahead.member() else { break };
        if key == content || ahead.end < front.at {
            break;
        }
        seen.take(key, value)?;
        back = ahead;
    }
    let data = text.get(front.at..back.end)?;
    let (name, timestamp) = (Cow::Borrowed(seen.name?), seen.timestamp.flatten());
    Some(Parts { name, data: Some(data), timestamp, call: CallMark::None, body: Body::Content })
}

/// A flattened message whose tag stands first, as serializers without spaces write it: the name, and the members behind it.
/// Its result for a text is that of [`peek`].
#[inline]
pub(crate) fn first<'a>(layout: &Layout<'_>, text: &'a str) -> Option<(&'a str, &'a str)> {
    let tag = layout.flat_tag()?;
    let value = text.strip_prefix("{\"")?.strip_prefix(tag)?;
    let value = value.strip_prefix("\":\"")?;
    let (name, rest) = value.split_at_checked(plain_length(value.as_bytes())?)?;
    let rest = rest.strip_prefix("\",")?;
    rest.starts_with('"').then_some((name, rest))
}

/// A message whose payload stands beside the tag: the name is all that is needed.
fn flattened<'a>(layout: Layout<'a>, tag: &str, mut front: Front<'a>) -> Option<Parts<'a>> {
    for place in 0..LOOKED_AT {
        let key = front.key()?;
        let value = front.scalar()?;
        if key == tag {
            let name = Cow::Borrowed(name(layout, value)?);
            let data = if place == 0 { front.next_members() } else { None };
            let (call, body) = (CallMark::None, Body::Members);
            return Some(Parts { name, data, timestamp: None, call, body });
        }
        front.byte(b',')?;
    }
    None
}

/// The name that a tag's value is, where nothing more has to be asked.
fn name<'a>(layout: Layout<'a>, value: Scalar<'a>) -> Option<&'a str> {
    let tag = match value {
        Scalar::Text(tag) if !layout.form().integers => tag,
        Scalar::Number(tag) if layout.form().integers => tag,
        _ => return None,
    };
    layout.named_by(tag).or_else(|| (!layout.is_unwritten(tag)).then_some(tag))
}

/// What the members beside the payload say.
struct Seen<'a> {
    layout: Layout<'a>,
    tag: &'a str,
    name: Option<&'a str>,
    /// Inside, `None` stands for `null`.
    #[expect(
        clippy::option_option,
        reason = "what is absent may still come, what is `null` may not"
    )]
    timestamp: Option<Option<u64>>,
    has_number: bool,
}

impl<'a> Seen<'a> {
    /// Nothing where the general path has to decide.
    fn take(&mut self, key: &str, value: Scalar<'a>) -> Option<()> {
        let Self { layout, .. } = *self;
        if key == self.tag {
            if self.name.replace(name(layout, value)?).is_some() {
                return None;
            }
        } else if Some(key) == layout.timestamp() {
            let time = match value {
                Scalar::Number(digits) => Some(digits.parse().ok()?),
                Scalar::Null => None,
                Scalar::Text(_) | Scalar::Boolean => return None,
            };
            if self.timestamp.replace(time).is_some() {
                return None;
            }
        } else if (Some(key) == layout.id() || Some(key) == layout.re())
            && std::mem::replace(&mut self.has_number, true)
        {
            return None;
        }
        Some(())
    }
}
