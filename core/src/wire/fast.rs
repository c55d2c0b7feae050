//! The fast path: what a frame's two ends show.

use std::borrow::Cow;

use super::{
    form,
    parse::{Body, CallMark, Parts},
    scan::{Back, Front, Scalar, is_plain, is_space},
};

/// Recognises, from its two ends alone, an envelope as peers write it: `type` then `data`, or `data`
/// then `type`, with `timestamp` last, before `type`, or absent.
///
/// What it takes to be the payload is proved by decoding it: if that slice alone is one valid JSON
/// value, then the whole text is valid and can't be read in any other way; if not, the general path
/// finds what is wrong. A caller that doesn't decode has only read the name.
pub(super) fn peek(text: &str) -> Option<Parts<'_>> {
    compact(text).or_else(|| spaced(text))
}

/// The envelope as serializers without spaces write it, with `timestamp` last or absent. Its result
/// for a text is that of [`spaced`].
pub(super) fn compact(text: &str) -> Option<Parts<'_>> {
    let (body, timestamp) = compact_end(text.strip_suffix('}')?)?;
    let mut call = CallMark::None;
    let (name, data) = if let Some(rest) = body.strip_prefix(form::TYPE_FIRST) {
        let length = rest.bytes().position(|byte| !is_plain(byte))?;
        let (name, rest) = rest.split_at_checked(length)?;
        if let Some(data) = rest.strip_prefix(form::THEN_DATA) {
            (name, data)
        } else {
            let data;
            (call, data) = compact_call(rest)?;
            (name, data)
        }
    } else {
        // Without it, a timestamp may stand before the name.
        timestamp?;
        let body = body.strip_suffix('"')?;
        let length = body.bytes().rev().position(|byte| !is_plain(byte))?;
        let (rest, name) = body.split_at_checked(body.len() - length)?;
        (name, rest.strip_suffix(form::THEN_TYPE)?.strip_prefix(form::DATA_FIRST)?)
    };
    Some(Parts {
        name: Cow::Borrowed(name),
        data: Some(data),
        timestamp,
        call,
        body: Body::Content,
    })
}

/// The number of a call between the wire name and the payload, and what is behind its key.
#[cold]
fn compact_call(rest: &str) -> Option<(CallMark, &str)> {
    let (mark, rest): (fn(u64) -> CallMark, _) = match rest.strip_prefix(form::THEN_ID) {
        Some(rest) => (CallMark::Id, rest),
        None => (CallMark::Re, rest.strip_prefix(form::THEN_RE)?),
    };
    let (number, rest) = rest.split_once(',')?;
    // The comma that was cut off is the first byte of it.
    Some((mark(form::call_number(number)?), rest.strip_prefix(&form::BEFORE_DATA[1..])?))
}

/// Takes `,"timestamp":…` off the end, if it is there; nothing where it might be but isn't that plain.
fn compact_end(body: &str) -> Option<(&str, Option<u64>)> {
    // Milliseconds have 13 digits from 2001 to 2286.
    if let Some(digits) = body.as_bytes().last_chunk()
        && let Some(number) = thirteen_digits(digits)
        && let Some(before) = body[..body.len() - digits.len()].strip_suffix(form::BEFORE_TIMESTAMP)
    {
        return Some((before, Some(number)));
    }
    let digits = body.bytes().rev().take_while(u8::is_ascii_digit).count();
    if digits == 0 {
        return (!is_space(*body.as_bytes().last()?)).then_some((body, None));
    }
    let (before, digits) = body.split_at(body.len() - digits);
    // This many digits can't overflow.
    if digits.len() > 19 || (digits.starts_with('0') && digits.len() > 1) {
        return None;
    }
    let number = digits.bytes().fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0'));
    Some((before.strip_suffix(form::BEFORE_TIMESTAMP)?, Some(number)))
}

/// A number of that many digits that doesn't begin with 0.
fn thirteen_digits(digits: &[u8; 13]) -> Option<u64> {
    let high = eight_digits(*digits.first_chunk()?)?;
    let mut low = [b'0'; 8];
    low[3..].copy_from_slice(&digits[8..]);
    (digits[0] != b'0').then_some(high * 100_000 + eight_digits(low)?)
}

/// A number of eight digits, all at once: pairs of neighbours are joined, then pairs of pairs.
fn eight_digits(digits: [u8; 8]) -> Option<u64> {
    let ascii = u64::from_le_bytes(digits);
    // The upper half of each byte is 3, and still is when 6 is added: 0x30 to 0x39.
    let upper = |bytes: u64| bytes & 0xf0f0_f0f0_f0f0_f0f0 == 0x3030_3030_3030_3030;
    if !upper(ascii) || !upper(ascii.wrapping_add(0x0606_0606_0606_0606)) {
        return None;
    }
    let ones = ascii & 0x0f0f_0f0f_0f0f_0f0f;
    let twos = (ones.wrapping_mul(10 << 8 | 1) >> 8) & 0x00ff_00ff_00ff_00ff;
    let fours = (twos.wrapping_mul(100 << 16 | 1) >> 16) & 0x0000_ffff_0000_ffff;
    Some(fours.wrapping_mul(10_000 << 32 | 1) >> 32)
}

/// The same with spaces anywhere, and with `timestamp` before `type` as well.
pub(super) fn spaced(text: &str) -> Option<Parts<'_>> {
    let (mut front, mut back) = (Front::new(text), Back::new(text));
    front.byte(b'{')?;
    back.byte(b'}')?;
    let mut timestamp = take_timestamp(&mut back);
    let (first, mut call) = (front.key()?, CallMark::None);
    let name = if first == form::TYPE {
        let name = front.string()?;
        front.byte(b',')?;
        let mut key = front.key()?;
        if key == form::ID || key == form::RE {
            let Scalar::Number(number) = front.scalar()? else { return None };
            let mark = if key == form::ID { CallMark::Id } else { CallMark::Re };
            call = mark(form::call_number(number)?);
            front.byte(b',')?;
            key = front.key()?;
        }
        (key == form::DATA).then_some(name)?
    } else if first == form::DATA {
        let Some((form::TYPE, Scalar::Text(name))) = back.member() else { return None };
        if timestamp.is_none() {
            timestamp = take_timestamp(&mut back);
        }
        name
    } else {
        return None;
    };
    let (name, data) = (Cow::Borrowed(name), Some(text.get(front.at..back.end)?));
    Some(Parts { name, data, timestamp, call, body: Body::Content })
}

/// Takes the timestamp off the end, if it is there.
fn take_timestamp(back: &mut Back<'_>) -> Option<u64> {
    let mut ahead = *back;
    let Some((form::TIMESTAMP, Scalar::Number(digits))) = ahead.member() else { return None };
    let timestamp = digits.parse().ok()?;
    *back = ahead;
    Some(timestamp)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn thirteen_digits_are_the_number_that_they_spell(number in 0..100_000_000_000_000_u64) {
            let digits = format!("{number:013}");
            if let Ok(digits) = <&[u8; 13]>::try_from(digits.as_bytes()) {
                let spelled = (number >= 1_000_000_000_000).then_some(number);
                prop_assert_eq!(thirteen_digits(digits), spelled);
            }
        }

        #[test]
        fn thirteen_bytes_that_are_no_digits_are_no_number(
            place in 0..13_usize,
            byte in any::<u8>().prop_filter("a digit", |byte| !byte.is_ascii_digit()),
        ) {
            let mut digits = *b"1700000000000";
            digits[place] = byte;
            prop_assert_eq!(thirteen_digits(&digits), None);
        }
    }
}
