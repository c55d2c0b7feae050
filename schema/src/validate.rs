//! Checks traffic against a contract: is this text a message that this side may send, and if not, what
//! is wrong with it?
//!
//! ```
//! use wirebond_schema::{Direction, Document, validate::Validator};
//!
//! # fn show(document: &Document) -> Result<(), Box<dyn std::error::Error>> {
//! let validator = Validator::new(document)?;
//! match validator.check(r#"{"type":"chat","data":{"age":256}}"#, Direction::Client) {
//!     Ok(name) => println!("a valid {name}"),
//!     // chat: data.age: expected an integer from 0 to 255, found 256
//!     Err(rejection) => println!("{rejection}"),
//! }
//! # Ok(()) }
//! ```

use std::{collections::HashMap, sync::Arc};

use serde_json::{Value, value::RawValue};
use wirebond_core::{
    Direction,
    wire::form::{SideForm, WireForm},
};

use self::{
    compile::Known,
    content::Contents,
    envelope::{Envelope, Told},
    rejection::MOST_FAULTS,
};
use crate::document::Document;

mod compile;
mod content;
mod describe;
mod doubled;
mod envelope;
mod error;
mod explain;
mod judge;
mod near;
mod path;
mod rejection;
mod size;

pub use error::ContractError;
#[doc(hidden)]
pub use path::{push_index, push_key};
pub use rejection::{Fault, Reason, Rejection};

/// Checks messages against a contract.
///
/// A message is valid if the contract's own client would take it for one: an object with the `type`
/// of a message that this side may send, once, a `timestamp` in whole milliseconds or none (`null`
/// counts as none), and the `data` that the message's schema asks for. The `data` of a message
/// without payload and unknown keys beside `data` are ignored. In another [form](Document::form) that is so
/// with its keys: a message is told by its tag, else by the first key that it has, else it is the one without
/// both. One that isn't valid as such may be the answer to a call. A field of an object that stands twice
/// is a fault, as for a Rust reader; of a map's keys that are equal the last one counts. Formats (`uuid`, `date-time`, `int32`)
/// are checked, and so is the JSON in a string whose `contentMediaType` and `contentSchema` say that it holds some.
///
/// A check takes time and space in proportion to the message, with one exception: alternatives without
/// a tag that overlap and contain each other (`anyOf` of two arrays of itself) can make a message that
/// is nested 20 deep take minutes.
#[derive(Debug)]
pub struct Validator {
    /// The contract's schema as it is checked, also for the description of what was expected.
    contents: Arc<Contents>,
    form: WireForm,
    messages: HashMap<String, Vec<Known>>,
}

impl Validator {
    /// Prepares a contract for checking. Nothing outside of it is ever fetched or read.
    ///
    /// Fails if the document is no JSON Schema, refers to what it doesn't define, or has definitions
    /// that refer to themselves without an end.
    pub fn new(document: &Document) -> Result<Self, ContractError> {
        let mut schema = narrow_schema(document)?;
        compile::decide_by_tag(&mut schema);
        let contents = Contents::new(schema);
        let messages = compile::messages(document, &contents, true)?;
        Ok(Self { contents, form: document.form().clone(), messages })
    }

    /// The same without formats and what stands in strings: what every JSON Schema validator finds.
    #[doc(hidden)]
    pub fn without_formats(document: &Document) -> Result<Self, ContractError> {
        let contents = Contents::new(compile::sound_schema(document)?);
        let messages = compile::messages(document, &contents, false)?;
        Ok(Self { contents, form: document.form().clone(), messages })
    }

    /// Whether the schema alone takes a whole envelope of this message.
    #[doc(hidden)]
    pub fn takes(&self, name: &str, envelope: &Value) -> bool {
        let known = self.messages.get(name).into_iter().flatten();
        known.into_iter().any(|known| known.envelope.is_valid(envelope))
    }

    /// Checks one text that a side has sent: [`Direction::Client`], [`Direction::Server`], or
    /// [`Direction::Both`] where it may have been either. Returns the message's wire name.
    ///
    /// # Errors
    ///
    /// The text is no message of this side, or an invalid one. An array is no message:
    /// [`check_frame`](Self::check_frame) looks into it.
    pub fn check(&self, text: &str, from: Direction) -> Result<&str, Rejection> {
        let (client, server) = (&self.form.client, &self.form.server);
        match from {
            Direction::Server => self.check_side(text, server, from),
            Direction::Both if client != server => {
                self.check_side(text, client, Direction::Client).or_else(|rejection| {
                    let other = self.check_side(text, server, Direction::Server);
                    other.map_err(|other| rejection.nearest(other))
                })
            }
            _ => self.check_side(text, client, from),
        }
    }

    /// Checks one frame that a side has sent, which may be an array of messages if the
    /// [form](Document::form) says so. Each of them is judged by itself, in their order; an empty array has
    /// none.
    ///
    /// # Examples
    ///
    /// ```
    /// use wirebond_schema::{Direction, Document, validate::Validator};
    ///
    /// # let text = include_str!("../../tests/contract/shop.json");
    /// let validator = Validator::new(&Document::parse(text)?)?;
    /// let checked = validator.check_frame(r#"[{"type":"ping"}]"#, Direction::Both);
    /// assert!(checked[0].is_err()); // an array is no message of this contract
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn check_frame(&self, text: &str, from: Direction) -> Vec<Result<&str, Rejection>> {
        if !self.form.batch || !text.trim_start().starts_with('[') {
            return vec![self.check(text, from)];
        }
        match serde_json::from_str::<Vec<&RawValue>>(text) {
            Ok(messages) => {
                messages.into_iter().map(|message| self.check(message.get(), from)).collect()
            }
            Err(error) => {
                let fault = envelope::not_json(&error);
                vec![Err(Rejection::one(Reason::NotAMessage, fault))]
            }
        }
    }

    fn check_side(&self, text: &str, form: &SideForm, from: Direction) -> Result<&str, Rejection> {
        let reject = |fault| Rejection::one(Reason::NotAMessage, fault);
        let read = envelope::read(text, form, self.numbers(from)).map_err(reject)?;
        let checked = match read.told().map_err(reject)? {
            Told::Tag(name) => self.check_known(&read, self.known(&name, true, form, from)),
            Told::Own(name) => self.check_known(&read, self.known(name, true, form, from)),
            Told::Name(name) => self.check_known(&read, self.known(name, false, form, from)),
            Told::Other(name) => Err(unknown(form, &name, "the contract has no such message")),
            Told::Nothing => {
                let bare = |known: &Known| known.is_bare && !known.is_answer;
                self.first_of(&read, from, &bare).unwrap_or_else(|| Err(reject(nothing(form))))
            }
        };
        checked.or_else(|rejection| {
            let calls = self.form.calls.as_ref();
            let re = calls.and_then(|calls| read.at(&calls.re).ok().flatten());
            if re.is_none_or(|re| re.is_null()) {
                return Err(rejection);
            }
            match self.first_of(&read, from, &|known| known.is_answer) {
                Some(Ok(name)) => Ok(name),
                Some(Err(answer)) => Err(rejection.nearest(answer)),
                None => Err(rejection),
            }
        })
    }

    /// The keys of the numbers of calls, which stand once.
    fn numbers(&self, from: Direction) -> impl Iterator<Item = &str> {
        let calls = self.form.calls.iter();
        let places = calls.flat_map(move |calls| match from {
            Direction::Server => [Some(&calls.re), None],
            Direction::Client => [Some(&calls.id), None],
            Direction::Both => [Some(&calls.id), Some(&calls.re)],
        });
        places.flatten().map(|place| &**place).filter(|place| !place.starts_with('/'))
    }

    /// The first of the messages without a name on the wire that an envelope is; `None` if there are none.
    fn first_of(
        &self,
        read: &Envelope<'_>,
        from: Direction,
        is_one: &dyn Fn(&Known) -> bool,
    ) -> Option<Result<&str, Rejection>> {
        let all =
            self.messages.iter().flat_map(|(name, all)| all.iter().map(move |one| (name, one)));
        let mut all: Vec<_> =
            all.filter(|(_, one)| is_one(one) && may_send(from, one.direction)).collect();
        all.sort_unstable_by_key(|(name, _)| *name);
        let mut rejections = Vec::new();
        for (name, known) in all {
            match self.check_known(read, Ok((name, known))) {
                Ok(name) => return Some(Ok(name)),
                Err(rejection) => rejections.push(rejection),
            }
        }
        let first = rejections.pop()?;
        if rejections.is_empty() {
            return Some(Err(first));
        }
        let message = format!(
            "expected one of the {} messages that no tag tells, found none of them",
            rejections.len() + 1
        );
        Some(Err(Rejection::one(Reason::Invalid, Fault::new("", message))))
    }

    /// Checks an envelope against the definition of the message that it is.
    fn check_known<'v>(
        &'v self,
        read: &Envelope<'_>,
        known: Result<(&'v str, &'v Known), Rejection>,
    ) -> Result<&'v str, Rejection> {
        let (name, known) = known?;
        let content = known.content.as_deref();
        let reject = |fault| Rejection::one(Reason::NotAMessage, fault);
        let (mut envelope, doubled) = read.values(known.has_payload, content).map_err(reject)?;
        // The reader leaves the number of a call to a struct only if that declares it.
        if let Some(fields) = &known.closed {
            for key in read.numbers().iter().filter(|key| !fields.contains(**key)) {
                envelope.remove(*key);
            }
        }
        let timestamp = envelope::check_timestamp(&mut envelope, read.timestamp());
        let envelope = Value::Object(envelope);
        let mut faults = judge::faults(&self.contents.schema, &known.envelope, &envelope, content);
        if let Err(fault) = timestamp
            && !faults.iter().any(|other| other.path() == fault.path())
        {
            faults.push(fault);
        }
        for doubled in doubled.iter().filter(|one| self.is_declared(one, known)) {
            let path = doubled.path();
            if faults.len() < MOST_FAULTS && !faults.iter().any(|fault| fault.path() == path) {
                faults.push(Fault::new(path, "expected it once, found it again"));
            }
        }
        if faults.is_empty() {
            return Ok(name);
        }
        Err(Rejection::new(Some(name), Reason::Invalid, faults))
    }

    /// Whether a doubled key is the field of a struct.
    fn is_declared(&self, doubled: &doubled::Doubled, known: &Known) -> bool {
        let content = known.content.as_deref().map(|key| ["properties", key]);
        let place = ["$defs", &*known.def].into_iter().chain(content.into_iter().flatten());
        let root = &self.contents.schema;
        let payload = place.into_iter().try_fold(root, |schema, key| schema.get(key));
        payload.is_some_and(|payload| doubled.is_declared(payload, root))
    }

    /// The message with this name, if this side may send it.
    fn known(
        &self,
        name: &str,
        is_tagged: bool,
        form: &SideForm,
        from: Direction,
    ) -> Result<(&str, &Known), Rejection> {
        let found = self.messages.get_key_value(name);
        // No tag tells a message that has none, even if it is called so.
        let found = found.filter(|(_, all)| all.iter().any(|known| known.is_tagged == is_tagged));
        let of_side = found.and_then(|(name, all)| {
            let known = all.iter().find(|known| may_send(from, known.direction))?;
            Some((name.as_str(), known))
        });
        if let Some(known) = of_side {
            return Ok(known);
        }
        let reason = match found {
            Some(_) if from == Direction::Client => "it is sent by the server only".to_owned(),
            Some(_) => "it is sent by the client only".to_owned(),
            None => {
                let may = |one: &Known| may_send(from, one.direction);
                let names = self.messages.iter().filter(|(_, all)| all.iter().any(may));
                // The same of two equally close names, whatever their order.
                let tag = |name: &str| form.tags.iter().find(|own| own.name == name);
                let names = names.map(|(name, _)| tag(name).map_or(name.as_str(), |own| &*own.tag));
                let mut names: Vec<_> = names.collect();
                names.sort_unstable();
                format!("the contract has no such message{}", near::hint(name, names.into_iter()))
            }
        };
        let name = if form.integers { name.to_owned() } else { describe::quoted(name) };
        Err(unknown(form, &name, &reason))
    }
}

fn unknown(form: &SideForm, name: &str, reason: &str) -> Rejection {
    let message = format!("expected the name of a message, found {name}: {reason}");
    Rejection::one(Reason::Unknown, Fault::new(envelope::tag_path(form), message))
}

/// What is wrong with an object that nothing tells.
fn nothing(form: &SideForm) -> Fault {
    if form.tag.is_some() {
        return Fault::new(
            envelope::tag_path(form),
            "expected the name of a message, found nothing",
        );
    }
    let keys = form.keys.iter().map(|one| describe::quoted(&one.key)).collect();
    Fault::new("", format!("expected one of the keys {}, found none", describe::any_of(keys)))
}

/// The document's schema, if it is sound, with bounds for the formats of numbers.
#[doc(hidden)]
pub fn narrow_schema(document: &Document) -> Result<Value, ContractError> {
    let mut schema = compile::sound_schema(document)?;
    compile::narrow(document, &mut schema);
    Ok(schema)
}

/// Whether a message of this direction may come from there.
fn may_send(from: Direction, direction: Direction) -> bool {
    match from {
        Direction::Client => direction.client_sends(),
        Direction::Server => direction.server_sends(),
        Direction::Both => true,
    }
}
