//! Reading the tokens at a text's two ends, from the ends inwards.

/// A value that has no parts and no escapes.
#[derive(Clone, Copy)]
pub(super) enum Scalar<'a> {
    Text(&'a str),
    /// An integer.
    Number(&'a str),
    Boolean,
    Null,
}

/// Reads a message's start.
pub(super) struct Front<'a> {
    text: &'a str,
    pub(super) at: usize,
}

impl<'a> Front<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    fn skip_space(&mut self) {
        let bytes = self.text.as_bytes();
        while bytes.get(self.at).is_some_and(|&byte| is_space(byte)) {
            self.at += 1;
        }
    }

    pub(super) fn byte(&mut self, expected: u8) -> Option<()> {
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
    pub(super) fn string(&mut self) -> Option<&'a str> {
        self.byte(b'"')?;
        let rest = &self.text.as_bytes()[self.at..];
        let length = plain_length(rest)?;
        if rest[length] != b'"' {
            return None;
        }
        let string = self.text.get(self.at..self.at + length)?;
        self.at += length + 1;
        Some(string)
    }

    /// A key, and the colon behind it.
    pub(super) fn key(&mut self) -> Option<&'a str> {
        let key = self.string()?;
        self.byte(b':')?;
        Some(key)
    }

    /// What is behind the comma, if a member is.
    pub(super) fn next_members(mut self) -> Option<&'a str> {
        self.byte(b',')?;
        self.skip_space();
        self.text.get(self.at..).filter(|rest| rest.starts_with('"'))
    }

    pub(super) fn scalar(&mut self) -> Option<Scalar<'a>> {
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
pub(super) struct Back<'a> {
    text: &'a str,
    pub(super) end: usize,
}

impl<'a> Back<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, end: text.len() }
    }

    fn left(&mut self) -> &'a [u8] {
        let bytes = self.text.as_bytes();
        while self.end > 0 && is_space(bytes[self.end - 1]) {
            self.end -= 1;
        }
        &bytes[..self.end]
    }

    pub(super) fn byte(&mut self, expected: u8) -> Option<()> {
        (self.left().last() == Some(&expected)).then(|| self.end -= 1)
    }

    pub(super) fn string(&mut self) -> Option<&'a str> {
        self.byte(b'"')?;
        let end = self.end;
        let quote = self.text.as_bytes()[..end].iter().rposition(|&byte| !is_plain(byte))?;
        if self.text.as_bytes()[quote] != b'"' {
            return None;
        }
        self.end = quote;
        self.text.get(quote + 1..end)
    }

    pub(super) fn scalar(&mut self) -> Option<Scalar<'a>> {
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
    pub(super) fn member(&mut self) -> Option<(&'a str, Scalar<'a>)> {
        let value = self.scalar()?;
        self.byte(b':')?;
        let key = self.string()?;
        self.byte(b',')?;
        Some((key, value))
    }
}

pub(super) const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\t' | b'\r')
}

/// Whether a byte stands for itself in a JSON string (RFC 8259, section 7).
pub(super) const fn is_plain(byte: u8) -> bool {
    byte >= 0x20 && byte != b'"' && byte != b'\\'
}

/// How many bytes from the start stand for themselves; nothing where all do.
#[inline]
pub(super) fn plain_length(bytes: &[u8]) -> Option<usize> {
    let mut before = 0;
    for chunk in bytes.chunks_exact(8) {
        let chunk = u64::from_le_bytes(chunk.try_into().ok()?);
        let every = |byte: u64| byte * 0x0101_0101_0101_0101;
        // A byte's highest bit is set where it is less than the one that is subtracted; a borrow reaches only bytes
        // behind one that was found. Those beyond ASCII are plain.
        let less = |chunk: u64, than: u64| chunk.wrapping_sub(every(than));
        let found = less(chunk, 0x20)
            | less(chunk ^ every(u64::from(b'"')), 1)
            | less(chunk ^ every(u64::from(b'\\')), 1);
        let found = found & !chunk & every(0x80);
        if found != 0 {
            return Some(before + found.trailing_zeros() as usize / 8);
        }
        before += 8;
    }
    Some(before + bytes[before..].iter().position(|&byte| !is_plain(byte))?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_plain_is_found_eight_bytes_at_a_time(
            bytes in prop::collection::vec(
                prop_oneof![any::<u8>(), Just(b'a'), Just(b'"'), Just(b'\\'), 0x1e_u8..0x24, 0x7e_u8..0x82],
                0..40,
            ),
        ) {
            let expected = bytes.iter().position(|&byte| !is_plain(byte));
            prop_assert_eq!(plain_length(&bytes), expected);
        }
    }
}
