//! Percent-encoding (RFC 3986, section 2.1).

use std::fmt::Write;

/// The path as it goes out, with dot segments resolved (URL standard, "path state").
pub(super) fn path(text: &str) -> String {
    // `text` is empty or begins with a slash.
    let mut segments: Vec<&str> = Vec::new();
    let mut parts = text.get(1..).unwrap_or_default().split(['/', '\\']).peekable();
    while let Some(part) = parts.next() {
        let last = parts.peek().is_none();
        match dots(part) {
            Some(count) => {
                if count == 2 {
                    segments.pop();
                }
                if last {
                    segments.push("");
                }
            }
            None => segments.push(part),
        }
    }
    let mut out = String::with_capacity(text.len() + 1);
    for segment in segments {
        out.push('/');
        encode(segment, is_path, &mut out);
    }
    out
}

/// The query as it goes out.
pub(super) fn query(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    // The standard encodes `'` in the queries of special schemes.
    encode(text, |byte| byte != b'\'' && (is_path(byte) || b"/?".contains(&byte)), &mut out);
    out
}

/// Encodes all that isn't unreserved (RFC 3986, section 2.3): for a value within a query.
#[cfg(feature = "bind-code")]
pub(super) fn unreserved(text: &str, out: &mut String) {
    for byte in text.bytes() {
        if is_unreserved(byte) { out.push(char::from(byte)) } else { escape(byte, out) }
    }
}

/// Percent-decodes; a `%` that starts no escape stands for itself.
pub(super) fn decode(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escape = escape_at(bytes, at);
        out.push(escape.unwrap_or(bytes[at]));
        at += if escape.is_some() { 3 } else { 1 };
    }
    out
}

/// How many dots a dot segment has (URL standard, "single-dot" and "double-dot URL path segment").
fn dots(segment: &str) -> Option<usize> {
    match segment.to_ascii_lowercase().replace("%2e", ".").as_str() {
        "." => Some(1),
        ".." => Some(2),
        _ => None,
    }
}

/// Encodes what doesn't fit. Escapes that are there already stay.
fn encode(text: &str, fits: impl Fn(u8) -> bool, out: &mut String) {
    let bytes = text.as_bytes();
    for (at, &byte) in bytes.iter().enumerate() {
        if fits(byte) || (byte == b'%' && escape_at(bytes, at).is_some()) {
            out.push(char::from(byte));
        } else {
            escape(byte, out);
        }
    }
}

fn escape(byte: u8, out: &mut String) {
    // Writing to a string can't fail.
    let _ = write!(out, "%{byte:02X}");
}

/// The byte that an escape at this place stands for.
fn escape_at(bytes: &[u8], at: usize) -> Option<u8> {
    let [b'%', high, low] = *bytes.get(at..at + 3)? else { return None };
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    Some(digit(high)? << 4 | digit(low)?)
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

/// RFC 3986, section 3.3, `pchar`, without escapes.
fn is_path(byte: u8) -> bool {
    is_unreserved(byte) || b"!$&'()*+,;=:@".contains(&byte)
}
