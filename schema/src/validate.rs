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

use std::{collections::HashMap, thread};

use serde_json::Value;
use wirebond_core::{Direction, wire::form};

use self::{compile::Known, rejection::MOST_FAULTS};
use crate::document::Document;

mod compile;
mod describe;
mod doubled;
mod envelope;
mod error;
mod explain;
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
/// without payload and unknown keys beside `data` are ignored. A field of an object that stands twice
/// is a fault, as for a Rust reader; of a map's keys that are equal the last one counts. Formats (`uuid`, `date-time`, `int32`)
/// are checked.
///
/// A check takes time and space in proportion to the message, with one exception: alternatives without
/// a tag that overlap and contain each other (`anyOf` of two arrays of itself) can make a message that
/// is nested 20 deep take minutes.
#[derive(Debug)]
pub struct Validator {
    /// The contract's schema as it is checked, for the description of what was expected.
    schema: Value,
    messages: HashMap<String, Known>,
}

impl Validator {
    /// Prepares a contract for checking. Nothing outside of it is ever fetched or read.
    ///
    /// Fails if the document is no JSON Schema, refers to what it doesn't define, or has definitions
    /// that refer to themselves without an end.
    pub fn new(document: &Document) -> Result<Self, ContractError> {
        let mut schema = narrow_schema(document)?;
        compile::decide_by_tag(&mut schema);
        let messages = compile::messages(document, &schema, true)?;
        Ok(Self { schema, messages })
    }

    /// The same without formats: what every JSON Schema validator finds.
    #[doc(hidden)]
    pub fn without_formats(document: &Document) -> Result<Self, ContractError> {
        let schema = compile::sound_schema(document)?;
        let messages = compile::messages(document, &schema, false)?;
        Ok(Self { schema, messages })
    }

    /// Whether the schema alone takes a whole envelope of this message.
    #[doc(hidden)]
    pub fn takes(&self, name: &str, envelope: &Value) -> bool {
        self.messages.get(name).is_some_and(|known| known.envelope.is_valid(envelope))
    }

    /// Checks one text that a side has sent: [`Direction::Client`], [`Direction::Server`], or
    /// [`Direction::Both`] where it may have been either. Returns the message's wire name.
    pub fn check(&self, text: &str, from: Direction) -> Result<&str, Rejection> {
        let reject = |fault| Rejection::one(Reason::NotAMessage, fault);
        let read = envelope::read(text).map_err(reject)?;
        let name = read.name().map_err(reject)?;
        let (name, known) = self.known(&name, from)?;
        let (mut envelope, doubled) = read.values(known.has_payload).map_err(reject)?;
        let timestamp = envelope::check_timestamp(&mut envelope);
        let envelope = Value::Object(envelope);
        let size = Size::of(&envelope);
        let mut faults = on_enough_stack(size, || {
            if known.envelope.is_valid(&envelope) {
                Vec::new()
            } else if size.values > MOST_EXPLAINED {
                vec![too_large(size)]
            } else {
                explain::faults(&self.schema, &known.envelope, &envelope)
            }
        });
        if let Err(fault) = timestamp
            && !faults.iter().any(|other| other.path() == fault.path())
        {
            faults.push(fault);
        }
        for doubled in doubled.iter().filter(|one| self.is_declared(one, &known.def)) {
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
    fn is_declared(&self, doubled: &doubled::Doubled, def: &str) -> bool {
        let place = ["$defs", def, "properties", form::DATA];
        let payload = place.into_iter().try_fold(&self.schema, |schema, key| schema.get(key));
        payload.is_some_and(|payload| doubled.is_declared(payload, &self.schema))
    }

    /// The message with this name, if this side may send it.
    fn known(&self, name: &str, from: Direction) -> Result<(&str, &Known), Rejection> {
        let reason = match self.messages.get_key_value(name) {
            Some((name, known)) if may_send(from, known.direction) => return Ok((name, known)),
            Some(_) if from == Direction::Client => "it is sent by the server only".to_owned(),
            Some(_) => "it is sent by the client only".to_owned(),
            None => {
                let names = self.messages.iter().filter(|(_, one)| may_send(from, one.direction));
                // The same of two equally close names, whatever their order.
                let mut names: Vec<_> = names.map(|(name, _)| name.as_str()).collect();
                names.sort_unstable();
                format!("the contract has no such message{}", near::hint(name, names.into_iter()))
            }
        };
        let message =
            format!("expected the name of a message, found {}: {reason}", describe::quoted(name));
        Err(Rejection::one(Reason::Unknown, Fault::new(form::TYPE, message)))
    }
}

/// The document's schema, if it is sound, with bounds for the formats of numbers.
#[doc(hidden)]
pub fn narrow_schema(document: &Document) -> Result<Value, ContractError> {
    let mut schema = compile::sound_schema(document)?;
    compile::narrow(document, &mut schema);
    Ok(schema)
}

/// How deep a message may be nested to be checked on the caller's stack.
const SHALLOW: usize = 12;
/// The stack for deeper ones, in bytes. The deepest that JSON's reader lets through takes 8 MiB without
/// optimization, against a contract as deep as one may be.
const STACK: usize = 64 << 20;

/// How many values a message may have for its faults to be searched: each value may have one.
const MOST_EXPLAINED: usize = 100_000;

/// How large a value is.
#[derive(Debug, Clone, Copy)]
struct Size {
    depth: usize,
    values: usize,
}

impl Size {
    fn of(value: &Value) -> Self {
        let around = |inside: Self, inner: &Value| {
            let Self { depth, values } = Self::of(inner);
            Self { depth: inside.depth.max(depth + 1), values: inside.values + values }
        };
        let alone = Self { depth: 0, values: 1 };
        match value {
            Value::Array(items) => items.iter().fold(alone, around),
            Value::Object(map) => map.values().fold(alone, around),
            _ => alone,
        }
    }
}

fn too_large(size: Size) -> Fault {
    let message = format!(
        "expected what the message's schema asks for, found {} values of which some are wrong: more \
         than {MOST_EXPLAINED} are not looked through",
        size.values
    );
    Fault::new(form::DATA, message)
}

/// Checks on the caller's stack, or on a larger one where the message is nested so deeply that the
/// recursion might not fit.
fn on_enough_stack(size: Size, check: impl FnOnce() -> Vec<Fault> + Send) -> Vec<Fault> {
    if size.depth <= SHALLOW {
        return check();
    }
    let rejected = || vec![Fault::new("", "expected less nesting: there is no memory to check it")];
    thread::scope(|scope| {
        let thread = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, check);
        thread.map_or_else(|_| rejected(), |thread| thread.join().unwrap_or_else(|_| rejected()))
    })
}

/// Whether a message of this direction may come from there.
fn may_send(from: Direction, direction: Direction) -> bool {
    match from {
        Direction::Client => direction.client_sends(),
        Direction::Server => direction.server_sends(),
        Direction::Both => true,
    }
}
