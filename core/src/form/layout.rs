//! Where the parts of a message stand, as the codec needs it.

use super::{
    keys::{ID, RE},
    wire_form::{CallForm, KeyedName, Member, Place, SideForm, TaggedName, WireForm},
};

static DEFAULT: SideForm = SideForm::DEFAULT;

/// Where the parts of one side's messages stand: its form, and the keys of calls beside the payload.
#[derive(Debug, Clone, Copy)]
pub struct Layout<'a> {
    form: &'a SideForm,
    /// The key of a call's number, in whose place a payload may have `null`.
    id: Option<&'a str>,
    /// The key of an answered call's number. A payload may have it as well: what comes after the answer is
    /// told by it.
    re: Option<&'a str>,
    /// A bit for each key that [`has_like`](Self::has_like) may be asked for.
    marks: u64,
    /// Whether payloads stand beside a tag that is a string at a key without escapes, and the name, in all messages.
    is_flat: bool,
    is_default: bool,
}

impl Layout<'static> {
    /// That of either side in wirebond's own form.
    pub const DEFAULT: Self = Self::of(&SideForm::DEFAULT, [Some(ID), Some(RE)], true);
}

impl<'a> Layout<'a> {
    const fn of(form: &'a SideForm, [id, re]: [Option<&'a str>; 2], is_default: bool) -> Self {
        let layout = Self { form, id, re, marks: 0, is_flat: false, is_default };
        let keys = [layout.tag_key(), layout.timestamp(), id, re];
        let mut marks = 0;
        let mut at = 0;
        while at < keys.len() {
            if let Some(key) = keys[at] {
                marks |= mark(key.as_bytes());
            }
            at += 1;
        }
        let constants = slice(&form.constants);
        at = 0;
        while at < constants.len() {
            marks |= mark(text(&constants[at].key).as_bytes());
            at += 1;
        }
        let is_flat = match layout.tag_key() {
            Some(key) => {
                let is_alone = form.untagged.is_none()
                    && slice(&form.keys).is_empty()
                    && slice(&form.tags).is_empty();
                is_alone && is_plain(key) && !form.integers && form.content.is_none()
            }
            None => false,
        };
        Self { marks, is_flat, ..layout }
    }

    /// The messages that the client sends.
    pub const fn of_client(form: &'a WireForm) -> Self {
        let id = match &form.calls {
            Some(CallForm { id, .. }) => key_of(id),
            None => None,
        };
        Self::of(&form.client, [id, None], form.is_default())
    }

    /// The messages that the server sends.
    pub const fn of_server(form: &'a WireForm) -> Self {
        let re = match &form.calls {
            Some(CallForm { re, .. }) => key_of(re),
            None => None,
        };
        Self::of(&form.server, [None, re], form.is_default())
    }

    /// Whether it is that of wirebond's own form.
    pub const fn is_default(&self) -> bool {
        self.is_default
    }

    /// The form.
    pub const fn form(&self) -> &'a SideForm {
        self.form
    }

    /// Where the wire name stands, if there is one.
    pub const fn tag(&self) -> Option<&'a str> {
        match &self.form.tag {
            Some(tag) => Some(text(tag)),
            None => None,
        }
    }

    /// The key of the wire name, unless that stands at a pointer.
    pub const fn tag_key(&self) -> Option<&'a str> {
        match &self.form.tag {
            Some(tag) => key_of(tag),
            None => None,
        }
    }

    /// The key of the payload, if it has one.
    pub const fn content(&self) -> Option<&'a str> {
        match &self.form.content {
            Some(key) => Some(text(key)),
            None => None,
        }
    }

    /// The key of the time, if there is one.
    pub const fn timestamp(&self) -> Option<&'a str> {
        match &self.form.timestamp {
            Some(key) => Some(text(key)),
            None => None,
        }
    }

    /// The key of a call's number, if that stands beside the payload.
    pub(crate) const fn id(&self) -> Option<&'a str> {
        self.id
    }

    /// The key of the number of the call that is answered, if that stands beside the payload.
    pub(crate) const fn re(&self) -> Option<&'a str> {
        self.re
    }

    /// The key of the tag, where it is a string that the payloads of all messages stand beside, and the key is written
    /// without escapes.
    #[inline]
    pub(crate) const fn flat_tag(&self) -> Option<&'a str> {
        match &self.form.tag {
            Some(tag) if self.is_flat => Some(text(tag)),
            _ => None,
        }
    }

    /// Whether this may be a key of the form's, apart from that of the payload and those that tell messages. Most keys of
    /// payloads aren't like any.
    #[inline]
    pub(crate) const fn has_like(&self, key: &[u8]) -> bool {
        self.marks & mark(key) != 0
    }

    /// Members that every message is written with.
    pub fn constants(&self) -> &'a [Member] {
        &self.form.constants
    }

    /// Messages that a key tells.
    pub fn keys(&self) -> &'a [KeyedName] {
        &self.form.keys
    }

    /// The name of the message that has this tag of its own.
    pub(crate) fn named_by(&self, tag: &str) -> Option<&'a str> {
        let own = self.form.tags.iter().find(|one| one.tag == tag)?;
        Some(&own.name)
    }

    /// Whether this is the name of a message that doesn't stand on the wire: something else tells it.
    pub(crate) fn is_unwritten(&self, name: &str) -> bool {
        self.form.untagged.as_deref() == Some(name)
            || self.form.keys.iter().any(|keyed| keyed.name == name)
            || self.form.tags.iter().any(|one| one.name == name)
    }
}

impl<'a> From<&'a SideForm> for Layout<'a> {
    /// That of a form without calls. [`SideForm::DEFAULT`] has those of wirebond's own form.
    fn from(form: &'a SideForm) -> Self {
        let is_default = form.is_same(&DEFAULT);
        let numbers = if is_default { [Some(ID), Some(RE)] } else { [None, None] };
        Self::of(form, numbers, is_default)
    }
}

impl WireForm {
    /// Whether it is [`DEFAULT`](Self::DEFAULT), in which alone `ping`, `pong` and names that begin with `$`
    /// are wirebond's own.
    pub const fn is_default(&self) -> bool {
        let has_calls = self.calls.is_some();
        !self.batch && !has_calls && self.has_one_side() && self.client.is_same(DEFAULT_SIDE)
    }

    /// Whether the messages of both sides stand on the wire in the same way.
    pub const fn has_one_side(&self) -> bool {
        self.client.is_same(&self.server)
    }
}

const DEFAULT_SIDE: &SideForm = &SideForm::DEFAULT;

impl SideForm {
    /// Equality, for constants.
    const fn is_same(&self, other: &Self) -> bool {
        let Self { tag, content, timestamp, integers, tags, constants, keys, untagged } = self;
        is_same_option(tag.as_ref(), other.tag.as_ref())
            && is_same_option(content.as_ref(), other.content.as_ref())
            && is_same_option(timestamp.as_ref(), other.timestamp.as_ref())
            && *integers == other.integers
            && is_same_option(untagged.as_ref(), other.untagged.as_ref())
            && are_same_tags(slice(tags), slice(&other.tags))
            && are_same_members(slice(constants), slice(&other.constants))
            && are_same_keys(slice(keys), slice(&other.keys))
    }
}

/// Whether a JSON string of this text has no escapes.
const fn is_plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] < 0x20 || bytes[at] == b'"' || bytes[at] == b'\\' {
            return false;
        }
        at += 1;
    }
    true
}

/// A bit that tells most keys apart, by their lengths and first bytes.
#[inline]
const fn mark(key: &[u8]) -> u64 {
    let first = match key {
        [first, ..] => *first as usize,
        [] => 0,
    };
    1 << (key.len().wrapping_mul(8).wrapping_add(first) % 64)
}

/// A key, unless the place is a pointer.
const fn key_of(place: &Place) -> Option<&str> {
    let key = text(place);
    match key.as_bytes() {
        [b'/', ..] => None,
        _ => Some(key),
    }
}

const fn text(text: &Place) -> &str {
    match text {
        Place::Borrowed(text) => text,
        Place::Owned(text) => text.as_str(),
    }
}

#[expect(clippy::ptr_arg, reason = "a constant function can't dereference a `Cow`")]
const fn slice<'a, T: Clone>(list: &'a std::borrow::Cow<'static, [T]>) -> &'a [T] {
    match list {
        std::borrow::Cow::Borrowed(list) => list,
        std::borrow::Cow::Owned(list) => list.as_slice(),
    }
}

/// Defines the equality of two lists whose items are these two texts, for constants.
macro_rules! same_lists {
    ($($name:ident: $item:ty = $one:ident, $other:ident;)*) => {
        $(
            const fn $name(left: &[$item], right: &[$item]) -> bool {
                if left.len() != right.len() {
                    return false;
                }
                let mut at = 0;
                while at < left.len() {
                    let (one, other) = (&left[at], &right[at]);
                    if !is_same(text(&one.$one), text(&other.$one))
                        || !is_same(text(&one.$other), text(&other.$other))
                    {
                        return false;
                    }
                    at += 1;
                }
                true
            }
        )*
    };
}

same_lists! {
    are_same_tags: TaggedName = tag, name;
    are_same_members: Member = key, json;
    are_same_keys: KeyedName = key, name;
}

const fn is_same_option(left: Option<&Place>, right: Option<&Place>) -> bool {
    match (left, right) {
        (None, None) => true,
        (Some(left), Some(right)) => is_same(text(left), text(right)),
        _ => false,
    }
}

const fn is_same(left: &str, right: &str) -> bool {
    let (left, right) = (left.as_bytes(), right.as_bytes());
    if left.len() != right.len() {
        return false;
    }
    let mut at = 0;
    while at < left.len() {
        if left[at] != right[at] {
            return false;
        }
        at += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLAT: WireForm = WireForm {
        client: SideForm { content: None, ..SideForm::DEFAULT },
        server: SideForm { timestamp: None, ..SideForm::DEFAULT },
        batch: false,
        calls: Some(CallForm::USUAL),
    };
    /// That all of it can be asked at compile time.
    const ASKED: (bool, bool, Layout<'static>) =
        (WireForm::DEFAULT.is_default(), FLAT.is_default(), Layout::of_client(&FLAT));

    #[test]
    fn what_is_asked_of_a_constant_form_is_what_is_asked_of_data() {
        let (is_default, flat_is_default, client) = ASKED;
        assert!(is_default && !flat_is_default);
        assert_eq!((client.id(), client.re(), client.content()), (Some("id"), None, None));
        assert_eq!(Layout::of_server(&FLAT).re(), Some("re"));
        let text = serde_json::to_string(&FLAT).expect("plain data");
        let read: WireForm = serde_json::from_str(&text).expect("a form");
        assert_eq!(read, FLAT);
        assert!(!read.has_one_side() && read.client.is_same(&FLAT.client));
        assert!(WireForm { server: read.client.clone(), ..read }.has_one_side());
        let batch = WireForm { batch: true, ..WireForm::DEFAULT };
        assert!(!batch.is_default() && Layout::from(&batch.client).is_default());
    }
}
