//! Calls on a backend's own wire: the number of a request, and what an answer says.

use serde::ser::Error as _;

use super::{
    decode::RawMessage,
    error::EnvelopeError,
    foreign,
    form::{CallForm, Layout, Place, call_number},
    head::Head,
};

/// What stands in a request for its number until it has one.
const PLACEHOLDER: &str = "0";

/// A request whose number is known only when it is written.
#[derive(Debug)]
pub struct Unnumbered {
    /// The message, with a placeholder for the number.
    pub text: Vec<u8>,
    /// Where the placeholder stands.
    pub place: usize,
}

impl Unnumbered {
    /// Writes a request. `encode` writes the message with the start that it is given.
    ///
    /// # Errors
    ///
    /// The payload can't be serialized, or there is no place for the number in it.
    pub fn new(
        head: &Head<'_>,
        calls: &CallForm,
        encode: impl FnOnce(&Head<'_>) -> Result<Vec<u8>, serde_json::Error>,
    ) -> Result<Self, serde_json::Error> {
        if calls.id.starts_with('/') {
            let text = encode(head)?;
            return Self::inside(&text, head, calls);
        }
        let mut start = head.text().to_owned();
        if !start.ends_with('{') {
            start.push(',');
        }
        let place = start.len() + add_number(&mut start, &calls.id, calls.strings);
        let text = encode(&head.with_text(&start))?;
        Ok(Self { text, place })
    }

    /// Puts the number into the content, as its first member.
    fn inside(text: &[u8], head: &Head<'_>, calls: &CallForm) -> Result<Self, serde_json::Error> {
        let mut tokens = calls.id.split('/').skip(1).map(foreign::unescape);
        let (Some(content), Some(key), None) = (tokens.next(), tokens.next(), tokens.next()) else {
            let what =
                "the form has the number of a request at a place where nothing can be written";
            return Err(serde_json::Error::custom(what));
        };
        let written = str::from_utf8(text).map_err(serde_json::Error::custom)?;
        match foreign::at(written, &calls.id)? {
            None => {}
            // The number stands instead.
            Some(null @ "null") => {
                let start = null.as_ptr() as usize - written.as_ptr() as usize;
                let (number, at) = placeholder(calls.strings);
                let text = spliced(text, start..start + null.len(), &number);
                return Ok(Self { text, place: start + at });
            }
            Some(_) => {
                let what =
                    format_args!("the payload has a member `{key}`, which the form has as well");
                return Err(serde_json::Error::custom(what));
            }
        }
        let mut member = String::new();
        let number = add_number(&mut member, &key, calls.strings);
        let at = match foreign::at(written, &content)? {
            Some(json) if json.starts_with('{') => {
                if !json[1..].trim_start().starts_with('}') {
                    member.push(',');
                }
                json.as_ptr() as usize - written.as_ptr() as usize + 1
            }
            Some(_) => {
                let what =
                    "the payload is no object, in which the number of the request would stand";
                return Err(serde_json::Error::custom(what));
            }
            None => {
                return Ok(Self::with_content(text, head, &content, (&member, number)));
            }
        };
        Ok(Self { place: at + number, text: spliced(text, at..at, &member) })
    }

    /// Adds the content to a message that has none.
    fn with_content(
        text: &[u8],
        head: &Head<'_>,
        content: &str,
        (member, number): (&str, usize),
    ) -> Self {
        let at = head.text().len();
        let comma = if head.text().ends_with('{') { "" } else { "," };
        let start = format!("{comma}{}:{{", serde_json::Value::from(content));
        let place = at + start.len() + number;
        Self { place, text: spliced(text, at..at, &format!("{start}{member}}}")) }
    }
}

/// Adds a member for the number, and returns where in it the placeholder stands.
fn add_number(out: &mut String, key: &str, strings: bool) -> usize {
    let start = out.len();
    out.push_str(&serde_json::Value::from(key).to_string());
    out.push(':');
    let (number, at) = placeholder(strings);
    let place = out.len() - start + at;
    *out += &number;
    place
}

/// What stands for a number, and where in it the placeholder is.
fn placeholder(strings: bool) -> (String, usize) {
    if strings { (format!("\"{PLACEHOLDER}\""), 1) } else { (PLACEHOLDER.to_owned(), 0) }
}

/// A request with its number, for the text and the place that [`Unnumbered`] has.
pub fn numbered(text: &[u8], place: usize, number: u64) -> Vec<u8> {
    spliced(text, place..place + PLACEHOLDER.len(), itoa::Buffer::new().format(number))
}

fn spliced(text: &[u8], range: std::ops::Range<usize>, with: &str) -> Vec<u8> {
    let (start, end) = (text.get(..range.start), text.get(range.end..));
    [start.unwrap_or(text), with.as_bytes(), end.unwrap_or_default()].concat()
}

/// The number of the request that a message answers, if it answers one. Text that isn't JSON answers none.
pub fn answered(calls: &CallForm, text: &str) -> Option<u64> {
    number_at(&calls.re, calls, text)
}

/// The number that a written message has where those of requests stand, if it has one.
pub fn own_number(calls: &CallForm, text: &[u8]) -> Option<u64> {
    number_at(&calls.id, calls, str::from_utf8(text).ok()?)
}

/// Whether a written message has a member of its own where the number of a request stands.
pub fn has_own_id(calls: &CallForm, text: &[u8]) -> bool {
    let member = str::from_utf8(text).ok().and_then(|text| foreign::at(text, &calls.id).ok()?);
    member.is_some_and(|json| json != "null")
}

fn number_at(place: &Place, calls: &CallForm, text: &str) -> Option<u64> {
    let json = foreign::at(text, place).ok()??;
    if calls.strings {
        let digits = serde_json::from_str::<String>(json).ok()?;
        return call_number(&digits);
    }
    call_number(json)
}

/// What an answer says.
#[derive(Debug)]
pub enum Answered<'a> {
    /// The call succeeded: the reply is the payload of this message.
    Reply(RawMessage<'a>),
    /// The call failed: the error is the payload of this message.
    Failure(RawMessage<'a>),
}

/// Reads the answer to the request `name`. `layout` is that of the server's messages.
///
/// # Errors
///
/// Two members of one name stand on the way to a part of the answer.
pub fn read_answer<'a>(
    calls: &CallForm,
    layout: Layout<'a>,
    name: &'a str,
    text: &'a str,
) -> Result<Answered<'a>, EnvelopeError> {
    let at = |place: &Option<Place>| match place {
        Some(place) => foreign::at(text, place).map_err(|error| EnvelopeError::new(text, &error)),
        None => Ok(None),
    };
    let (result, error, success) = (at(&calls.result)?, at(&calls.error)?, at(&calls.success)?);
    let error = error.filter(|json| *json != "null");
    let is_failure = success.map_or(error.is_some(), |success| !is_success(success));
    let payload = if is_failure { error.or(result) } else { result };
    let message = match payload {
        Some(payload) => RawMessage::of_payload(name, payload),
        None => RawMessage::open(layout, text).unwrap_or_else(|_| {
            // It has no tag: nothing but its number says what it is.
            RawMessage::of_object(layout, name, text)
        }),
    };
    Ok(if is_failure { Answered::Failure(message) } else { Answered::Reply(message) })
}

/// Whether this says that a call succeeded.
fn is_success(json: &str) -> bool {
    json == "true" || serde_json::from_str::<String>(json).is_ok_and(|text| text == "ok")
}

#[cfg(test)]
mod tests;
