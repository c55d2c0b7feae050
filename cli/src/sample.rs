//! Example messages from a contract: valid ones, and invalid ones with what is wrong with them.
//!
//! ```
//! use wirebond_schema::Document;
//! use wirebond_cli::sample::Sampler;
//!
//! # fn show(document: &Document) -> Result<(), Box<dyn std::error::Error>> {
//! let sampler = Sampler::new(document, 0)?;
//! println!("{}", sampler.valid("chat", 0)?.line());
//! let invalid = sampler.invalid("chat", 0)?;
//! if let Some(fault) = invalid.fault() {
//!     println!("{fault}");
//! }
//! # Ok(()) }
//! ```

use std::{collections::BTreeMap, fmt};

use serde_json::{Map, Value};
use wirebond_core::wire::form::{self, CallForm, Place, SideForm, WireForm};
use wirebond_schema::{
    Direction, Document, Message,
    internal::narrow_schema,
    validate::{Fault, Validator},
};

mod arrays;
mod generate;
mod height;
mod number;
mod object;
mod pattern;
mod spoil;
mod text;
mod view;

use generate::{Generator, ValueError};
use height::Heights;

/// How often a message is tried before it is given up.
const ATTEMPTS: u64 = 60;

/// Makes example messages of a contract.
///
/// The same contract, seed, message and number give the same example, whatever else is asked for.
/// Each example is checked by [`Validator`] before it is given out.
#[derive(Debug)]
pub struct Sampler {
    validator: Validator,
    plain: Validator,
    schema: Value,
    form: WireForm,
    heights: Heights,
    seed: u64,
    messages: Vec<(String, String)>,
}

/// One example message.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    message: String,
    value: Value,
    line: String,
    fault: Option<Fault>,
}

impl Sample {
    /// The message's wire name.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The whole envelope.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// What is wrong with it; `None` for a valid example.
    pub fn fault(&self) -> Option<&Fault> {
        self.fault.as_ref()
    }

    /// The envelope as one line of JSON: `type`, `data`, `timestamp`, and inside of them the keys by
    /// name.
    pub fn line(&self) -> String {
        self.line.clone()
    }
}

/// Why there is no example: which message, which place in it, and what is in the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleError(String);

impl fmt::Display for SampleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SampleError {}

/// A valid example of each message, in the contract's order.
///
/// Fails where the contract can't be checked against, or asks for something that can't be made up.
pub fn samples(document: &Document, seed: u64) -> Result<Vec<Sample>, SampleError> {
    let sampler = Sampler::new(document, seed)?;
    let valid =
        |message: Message<'_>| sampler.valid_of(message.name(), sampler.schema_of(&message), 0);
    document.messages().map(valid).collect()
}

/// The first valid example of each message by its name, for documents that show one. A message that
/// has none is left out. Where two messages have one name, they stand under those of their definitions.
pub fn examples(document: &Document) -> BTreeMap<String, Value> {
    let Ok(sampler) = Sampler::new(document, 0) else { return BTreeMap::new() };
    let examples = document.messages().filter_map(|message| {
        let example = sampler.valid_of(message.name(), sampler.schema_of(&message), 0).ok()?;
        let of_name = document.messages().filter(|one| one.name() == message.name());
        let is_sole = of_name.count() == 1;
        let name = if is_sole { message.name() } else { message.def() };
        Some((name.to_owned(), example.value))
    });
    examples.collect()
}

impl Sampler {
    /// Prepares a contract. Fails where [`Validator::new`] does.
    pub fn new(document: &Document, seed: u64) -> Result<Self, SampleError> {
        let validator = Validator::new(document);
        let plain = Validator::without_formats(document);
        let (validator, plain) = validator
            .and_then(|validator| Ok((validator, plain?)))
            .map_err(|error| SampleError(error.to_string()))?;
        let schema = narrow_schema(document).map_err(|error| SampleError(error.to_string()))?;
        let heights = Heights::of(defs(&schema));
        let messages = document
            .messages()
            .map(|message| (message.name().to_owned(), message.def().to_owned()))
            .collect();
        Ok(Self {
            validator,
            plain,
            schema,
            form: document.form().clone(),
            heights,
            seed,
            messages,
        })
    }

    /// The `index`th valid example of a message, by its wire name, or by its definition's where two messages
    /// have one name. The first shows every field and takes what the schema
    /// gives as `examples` or `default`; those after it vary.
    ///
    /// Fails if there is no such message, or if its schema asks for something that can't be made up
    /// (the error names the place).
    pub fn valid(&self, message: &str, index: u64) -> Result<Sample, SampleError> {
        let (name, def) = self.def(message)?;
        self.valid_of(name, def, index)
    }

    /// The same of a message's definition.
    fn valid_of(&self, name: &str, def: &Value, index: u64) -> Result<Sample, SampleError> {
        let mut plenty = generate::PLENTY;
        let mut error = ValueError::new("", "nothing was tried");
        for attempt in 0..ATTEMPTS {
            let rng = self.rng(name, index, attempt);
            let is_first = index == 0 && attempt == 0;
            let mut generator =
                Generator::new(defs(&self.schema), &self.heights, rng, plenty, is_first);
            match generator.value(&[def]) {
                Ok(value) => match self.validator.check(&self.line(&value), Direction::Both) {
                    Ok(_) => {
                        return Ok(self.sample(name, value, None));
                    }
                    Err(rejection) => {
                        let fault = rejection.faults().first();
                        error = fault.map_or(error, |f| ValueError::new(f.path(), f.expected()));
                    }
                },
                Err(found) => {
                    if found.is_size {
                        plenty = plenty.saturating_sub(2);
                    }
                    error = found;
                }
            }
        }
        let ValueError { place, reason, .. } = error;
        let place = if place.is_empty() { String::new() } else { format!(" at {place}") };
        Err(SampleError(format!("no example of `{name}` could be made{place}: {reason}")))
    }

    /// The `index`th invalid example of a message: a valid one with one thing spoiled, and what that
    /// is. It is invalid by the document alone as well, for every JSON Schema validator.
    ///
    /// Fails where [`valid`](Self::valid) does.
    pub fn invalid(&self, message: &str, index: u64) -> Result<Sample, SampleError> {
        let valid = self.valid(message, index)?;
        let mut rng = self.rng(&valid.message, index, ATTEMPTS);
        let mut best: Option<(usize, Value, Fault)> = None;
        for value in spoil::candidates(&valid.value, &self.form, &mut rng) {
            let Err(rejection) = self.validator.check(&self.line(&value), Direction::Both) else {
                continue;
            };
            let name = valid.message();
            if rejection.message() != Some(name) || self.plain.takes(name, &value) {
                continue;
            }
            let [fault, more @ ..] = rejection.faults() else { continue };
            if best.as_ref().is_none_or(|(least, ..)| more.len() < *least) {
                best = Some((more.len(), value, fault.clone()));
            }
            if more.is_empty() {
                break;
            }
        }
        match best {
            Some((_, value, fault)) => Ok(self.sample(&valid.message, value, Some(fault))),
            None => Err(SampleError(format!(
                "no invalid example of `{message}` could be made: its schema takes anything"
            ))),
        }
    }

    /// A message's definition as examples are made from it.
    fn schema_of(&self, message: &Message<'_>) -> &Value {
        defs(&self.schema).and_then(|defs| defs.get(message.def())).unwrap_or(&Value::Null)
    }

    fn sample(&self, message: &str, value: Value, fault: Option<Fault>) -> Sample {
        Sample { message: message.to_owned(), line: self.line(&value), value, fault }
    }

    /// An envelope on one line, the same whatever order of keys other crates ask of `serde_json`.
    fn line(&self, envelope: &Value) -> String {
        let mut out = String::new();
        match envelope {
            Value::Object(map) => write_object(map, |key| rank(key, &self.form), &mut out),
            other => write_value(other, &mut out),
        }
        out
    }

    /// The wire name and the definition of a message, which is named by either.
    fn def(&self, message: &str) -> Result<(&str, &Value), SampleError> {
        let by_name = self.messages.iter().find(|(name, _)| name == message);
        let known = by_name.or_else(|| self.messages.iter().find(|(_, def)| def == message));
        let found = known.and_then(|(name, def)| Some((&**name, defs(&self.schema)?.get(def)?)));
        found.ok_or_else(|| {
            let names: Vec<_> = self.messages.iter().map(|(name, _)| &**name).collect();
            let names = names.join(", ");
            SampleError(format!("the contract has no message `{message}`: it has {names}"))
        })
    }

    /// Numbers that depend on these three alone (FNV-1a).
    fn rng(&self, message: &str, index: u64, attempt: u64) -> fastrand::Rng {
        let numbers = [self.seed, index, attempt].map(u64::to_le_bytes);
        let bytes = message.bytes().chain(numbers.into_iter().flatten());
        let hash = bytes.fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        fastrand::Rng::with_seed(hash)
    }
}

fn defs(schema: &Value) -> Option<&Map<String, Value>> {
    schema.get("$defs")?.as_object()
}

/// Where a key of the message itself is written: the tag first, the time last.
fn rank(key: &str, form: &WireForm) -> u8 {
    if form.is_default() {
        return match key {
            form::TYPE => 0,
            form::ID | form::RE => 1,
            form::DATA => 2,
            form::TIMESTAMP => 3,
            _ => 4,
        };
    }
    let sides = [&form.client, &form.server];
    let is = |place: &Option<Place>| place.as_deref() == Some(key);
    let is_constant = |side: &&SideForm| side.constants.iter().any(|one| one.key == key);
    let is_number = |calls: &CallForm| calls.id == key || calls.re == key;
    if sides.iter().any(|side| is(&side.tag)) {
        0
    } else if sides.iter().any(is_constant) || form.calls.as_ref().is_some_and(is_number) {
        1
    } else if sides.iter().any(|side| is(&side.timestamp)) {
        3
    } else {
        2
    }
}

fn write_object(map: &Map<String, Value>, rank: impl Fn(&str) -> u8, out: &mut String) {
    let mut members: Vec<_> = map.iter().collect();
    members.sort_by_key(|(key, _)| (rank(key), *key));
    out.push('{');
    for (index, (key, value)) in members.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        out.push_str(&Value::from(key.as_str()).to_string());
        out.push(':');
        write_value(value, out);
    }
    out.push('}');
}

fn write_value(value: &Value, out: &mut String) {
    match value {
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_value(item, out);
            }
            out.push(']');
        }
        Value::Object(map) => write_object(map, |_| 0, out),
        scalar => out.push_str(&scalar.to_string()),
    }
}
