//! The fast path: what the members at a message's two ends show.

use std::borrow::Cow;

use crate::{
    form::Layout,
    wire::{
        fast::{is_plain, is_space},
        parse::{Body, CallMark, Parts},
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
    let mut front = Front { text, at: 0 };
    front.byte(b'{')?;
    let Some(content) = layout.content() else { return flattened(layout, tag, front) };
    let mut seen = Seen { layout, tag, name: None, timestamp: None, has_number: false };
    let mut left = LOOKED_AT;
    loop {
        let key = front.string()?;
        front.byte(b':')?;
        if key == content {
            break;
        }
        left = left.checked_sub(1)?;
        seen.take(key, front.scalar()?)?;
        front.byte(b',')?;
    }
    let mut back = Back { text, end: text.len() };
    back.byte(b'}')?;
    for _ in 0..LOOKED_AT {
        let mut ahead = Back { ..back };
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

/// A message whose payload stands beside the tag: the name is all that is needed.
fn flattened<'a>(layout: Layout<'a>, tag: &str, mut front: Front<'a>) -> Option<Parts<'a>> {
    for _ in 0..LOOKED_AT {
        let key = front.string()?;
        front.byte(b':')?;
        let value = front.scalar()?;
        if key == tag {
            let name = Cow::Borrowed(name(layout, value)?);
            let (call, body) = (CallMark::None, Body::Members);
            return Some(Parts { name, data: None, timestamp: None, call, body });
        }
        front.byte(b',')?;
    }
    None
}

/// The name that a tag's value is, where nothing more has to be asked.
fn name<'a>(layout: Layout<'_>, value: Scalar<'a>) -> Option<&'a str> {
    let name = match value {
        Scalar::Text(name) if !layout.form().integers => name,
        Scalar::Number(name) if layout.form().integers => name,
        _ => return None,
    };
    (!layout.is_untagged(name)).then_some(name)
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

/// A value that has no parts and no escapes.
#[derive(Clone, Copy)]
enum Scalar<'a> {
    Text(&'a str),
    /// An integer.
    Number(&'a str),
    Boolean,
    Null,
}

/// Reads a message's start.
struct Front<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Front<'a> {
    fn skip_space(&mut self) {
        let bytes = self.text.as_bytes();
        while bytes.get(self.at).is_some_and(|&byte| is_space(byte)) {
            self.at += 1;
        }
    }

    fn byte(&mut self, expected: u8) -> Option<()> {
        let bytes = self.text.as_bytes();
        if bytes.get(self.at) != Some(&expected) {
            self.skip_space();
            if bytes.get(self.at) != Some(&expected) {
                return None;
            }
        }
        self.at += 1;
        Some(())
    }

    /// A string without escapes.
    fn string(&mut self) -> Option<&'a str> {
        self.byte(b'"')?;
        let rest = &self.text.as_bytes()[self.at..];
        let length = rest.iter().position(|&byte| !is_plain(byte))?;
        if rest[length] != b'"' {
            return None;
        }
        let string = self.text.get(self.at..self.at + length)?;
        self.at += length + 1;
        Some(string)
    }

    fn scalar(&mut self) -> Option<Scalar<'a>> {
        self.skip_space();
        let rest = self.text.get(self.at..)?;
        match rest.as_bytes().first()? {
            b'"' => self.string().map(Scalar::Text),
            b't' => self.literal("true", Scalar::Boolean),
            b'f' => self.literal("false", Scalar::Boolean),
            b'n' => self.literal("null", Scalar::Null),
            _ => {
                let sign = usize::from(rest.starts_with('-'));
                let digits = rest.as_bytes()[sign..].iter().take_while(|one| one.is_ascii_digit());
                let (number, behind) = rest.split_at(sign + digits.count());
                let is_sound = matches!(&number.as_bytes()[sign..], [b'1'..=b'9', ..] | b"0");
                // A fraction is the general path's.
                let is_whole = !behind.starts_with(['.', 'e', 'E']);
                self.at += number.len();
                (is_sound && is_whole).then_some(Scalar::Number(number))
            }
        }
    }

    fn literal(&mut self, literal: &str, value: Scalar<'a>) -> Option<Scalar<'a>> {
        self.text.get(self.at..)?.strip_prefix(literal)?;
        self.at += literal.len();
        Some(value)
    }
}

/// Reads a message's end, backwards, towards its payload.
#[derive(Clone, Copy)]
struct Back<'a> {
    text: &'a str,
    end: usize,
}

impl<'a> Back<'a> {
    fn left(&mut self) -> &'a [u8] {
        let bytes = self.text.as_bytes();
        while self.end > 0 && is_space(bytes[self.end - 1]) {
            self.end -= 1;
        }
        &bytes[..self.end]
    }

    fn byte(&mut self, expected: u8) -> Option<()> {
        (self.left().last() == Some(&expected)).then(|| self.end -= 1)
    }

    fn string(&mut self) -> Option<&'a str> {
        self.byte(b'"')?;
        let end = self.end;
        let quote = self.text.as_bytes()[..end].iter().rposition(|&byte| !is_plain(byte))?;
        if self.text.as_bytes()[quote] != b'"' {
            return None;
        }
        self.end = quote;
        self.text.get(quote + 1..end)
    }

    fn scalar(&mut self) -> Option<Scalar<'a>> {
        let left = self.left();
        let (value, length) = match left.last()? {
            b'"' => return self.string().map(Scalar::Text),
            b'0'..=b'9' => {
                let start = left.iter().rposition(|byte| !byte.is_ascii_digit())? + 1;
                let number = self.text.get(start..self.end)?;
                let is_sound = number == "0" || !number.starts_with('0');
                (Scalar::Number(is_sound.then_some(number)?), number.len())
            }
            _ if left.ends_with(b"null") => (Scalar::Null, 4),
            _ if left.ends_with(b"true") => (Scalar::Boolean, 4),
            _ if left.ends_with(b"false") => (Scalar::Boolean, 5),
            _ => return None,
        };
        self.end -= length;
        Some(value)
    }

    /// `,"key":value`.
    fn member(&mut self) -> Option<(&'a str, Scalar<'a>)> {
        let value = self.scalar()?;
        self.byte(b':')?;
        let key = self.string()?;
        self.byte(b',')?;
        Some((key, value))
    }
}
