//! How a message begins, and what its payload has to be for the peer to recognise it.

use std::fmt::Write;

use serde::ser::Error as _;

use super::form::{self, Layout};
use crate::contract::{Contract, MessageInfo, Recognition};

/// The start of a message, in its form.
#[derive(Debug, Clone, Copy)]
pub struct Head<'a> {
    /// The tag and the constants, without the closing brace.
    pub(super) text: &'a str,
    pub(super) layout: Layout<'a>,
    pub(super) told: Told<'a>,
    /// Whether the text has the number of a call.
    pub(super) is_numbered: bool,
}

/// What tells the peer which message it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told<'a> {
    /// This tag.
    Tag(&'a str),
    /// This key.
    Key(&'a str),
    /// Nothing.
    Nothing,
}

impl<'a> Head<'a> {
    /// The start of a message of wirebond's own form: `{"type":"chat"`.
    pub const fn plain(text: &'a str) -> Self {
        Self { text, layout: Layout::DEFAULT, told: Told::Tag(""), is_numbered: false }
    }

    /// The same message with another start, which has the number of a call.
    #[must_use]
    pub const fn with_text(self, text: &'a str) -> Self {
        Self { text, is_numbered: true, ..self }
    }

    /// The text that the message begins with.
    pub const fn text(&self) -> &'a str {
        self.text
    }

    /// Whether it is of wirebond's own form.
    pub const fn is_default(&self) -> bool {
        self.layout.is_default()
    }

    #[cfg(test)]
    pub(super) fn for_test(text: &'a str, layout: Layout<'a>, told: Told<'a>) -> Self {
        Self { text, layout, told, is_numbered: false }
    }

    const fn of(text: &'a str, layout: Layout<'a>, info: &'a MessageInfo) -> Self {
        Self { text, layout, told: Told::of(info), is_numbered: false }
    }
}

impl Head<'static> {
    /// The message at `index` of a contract, where the client sends it.
    #[inline]
    pub fn of_client<C: Contract>(index: usize) -> Self {
        Self::of(C::HEADS[index], const { Layout::of_client(C::FORM) }, &C::MESSAGES[index])
    }

    /// The same where the server sends it.
    #[inline]
    pub fn of_server<C: Contract>(index: usize) -> Self {
        Self::of(C::SERVER_HEADS[index], const { Layout::of_server(C::FORM) }, &C::MESSAGES[index])
    }
}

impl<'a> Told<'a> {
    const fn of(info: &'a MessageInfo) -> Self {
        match info.recognition() {
            Recognition::Name | Recognition::Integer => Self::Tag(info.name()),
            Recognition::Tag(tag) | Recognition::IntegerTag(tag) => Self::Tag(tag),
            Recognition::Key(key) => Self::Key(key),
            Recognition::Untagged => Self::Nothing,
        }
    }
}

/// A [`Head`] for a name that is known only at run time.
#[derive(Debug)]
pub struct NamedHead<'a> {
    text: String,
    layout: Layout<'a>,
    told: Told<'a>,
}

impl<'a> NamedHead<'a> {
    /// The start of a message of this name. `known` is the message in the contract, if there is one.
    ///
    /// # Errors
    ///
    /// The form can't express the name.
    pub fn new(
        layout: Layout<'a>,
        name: &'a str,
        known: Option<&'a MessageInfo>,
    ) -> Result<Self, serde_json::Error> {
        if layout.is_default() {
            return Ok(Self { text: head(name), layout, told: Told::Tag(name) });
        }
        if known.is_none()
            && let Some(own) = layout.named_by(name)
        {
            let what = format_args!(
                "the tag `{name}` is that of the message `{own}`: send it by that name"
            );
            return Err(serde_json::Error::custom(what));
        }
        let told = known.map_or(Told::Tag(name), Told::of);
        let text = match told {
            Told::Tag(tag) => start(layout, Some(tag))?,
            Told::Key(_) | Told::Nothing => start(layout, None)?,
        };
        Ok(Self { text, layout, told })
    }

    /// The start to write.
    pub fn head(&self) -> Head<'_> {
        Head { text: &self.text, layout: self.layout, told: self.told, is_numbered: false }
    }
}

/// The tag and the constants of a form.
fn start(layout: Layout<'_>, tag: Option<&str>) -> Result<String, serde_json::Error> {
    let mut text = String::from("{");
    let mut member = |key: &str, json: &dyn std::fmt::Display| {
        let comma = if text.len() > 1 { "," } else { "" };
        // A string takes everything.
        let _ = write!(text, "{comma}{}:{json}", serde_json::Value::from(key));
    };
    if let Some(tag) = tag {
        let Some(_) = layout.tag() else {
            let what = "the form has no tag: only messages of the contract can be sent";
            return Err(serde_json::Error::custom(what));
        };
        if layout.form().integers && !is_integer(tag) {
            let what = "the form's names are integers";
            return Err(serde_json::Error::custom(what));
        }
        // Where the tag stands at a pointer, the payload has it.
        if let Some(key) = layout.tag_key() {
            if layout.form().integers {
                member(key, &tag);
            } else {
                member(key, &serde_json::Value::from(tag));
            }
        }
    }
    for constant in layout.constants() {
        member(&constant.key, &constant.json);
    }
    Ok(text)
}

/// Whether this is an integer as JSON has it, and in the only way that a name is written.
pub(super) fn is_integer(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text).as_bytes();
    let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    is_number && (digits[0] != b'0' || text == "0")
}

/// The start of a request: `head` with the number of the call behind the name.
pub fn request_head(head: &str, id: u64) -> String {
    numbered(head, "", form::BEFORE_ID, id)
}

/// The start of an answer to the call that begins with `head`. `ending` is that of the answer's name:
/// [`form::REPLY_ENDING`] or [`form::ERROR_ENDING`].
pub fn answer_head(head: &str, ending: &str, re: u64) -> String {
    numbered(head, ending, form::BEFORE_RE, re)
}

/// The whole message that takes a call back.
pub fn cancel(re: u64) -> Vec<u8> {
    let mut text = answer_head(&head(form::CANCEL), "", re);
    text.push('}');
    text.into_bytes()
}

fn numbered(head: &str, ending: &str, before: &str, number: u64) -> String {
    let mut out = String::with_capacity(head.len() + ending.len() + before.len() + 16);
    // The name ends with a quotation mark.
    out.push_str(head.strip_suffix('"').unwrap_or(head));
    out.push_str(ending);
    out.push('"');
    out.push_str(before);
    out.push_str(itoa::Buffer::new().format(number));
    out
}

/// The start of a message of wirebond's own form for a name that is known only at run time.
pub fn head(name: &str) -> String {
    format!("{}{}", form::BEFORE_TYPE, serde_json::Value::from(name))
}
