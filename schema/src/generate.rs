//! From a contract's types to its document: the schemas of schemars, in shapes that other languages'
//! generators understand, and compared with what serde really reads and writes.

use std::collections::{BTreeMap, BTreeSet};

use wirebond_core::{Contract, Direction};

use self::{part::Part, reflect::Reflected};
use crate::{document::Document, json_schema::cycle};

mod accepts;
mod beside;
mod branches;
mod decode;
mod defaults;
mod definitions;
mod envelope;
mod error;
mod map_keys;
mod merge;
mod messages;
mod named;
mod names;
mod part;
mod pattern;
mod probe;
mod reflect;
mod round_trip;
mod sample;
mod simplify;
mod symmetry;
mod views;
mod within;
mod written;

pub use error::{GenerateError, Warning};
pub use named::renamed;
pub use reflect::View;

impl Document {
    /// Describes a contract.
    ///
    /// # Errors
    ///
    /// Fails where no document describes what Rust reads and writes, and names the type or field:
    ///
    /// - two types have one name;
    /// - serde reads a field or variant under another name than it writes, or only reads or writes it;
    /// - Rust writes a value that the document rejects, or rejects one that the document accepts;
    /// - an enum lists a `#[serde(other)]` variant among its values;
    /// - a type consists of nothing but itself;
    /// - a hand-written schema refers to a definition that doesn't exist.
    pub fn of<C: Contract>(view: View) -> Result<Self, GenerateError> {
        Self::with_warnings::<C>(view).map(|(document, _)| document)
    }

    /// Describes a contract, and says what the document leaves out: payloads that Rust reads more
    /// leniently than is published (unless they are marked `#[message(lenient)]`), and patterns that only
    /// Rust understands. `assert_contract!` and the `generate` command print these warnings.
    ///
    /// # Errors
    ///
    /// Fails where [`of`](Self::of) does.
    ///
    /// # Examples
    ///
    /// ```
    /// use wirebond_schema::{Contract, Document, View};
    ///
    /// # fn show<App: Contract>() -> Result<(), wirebond_schema::GenerateError> {
    /// let (document, warnings) = Document::with_warnings::<App>(View::default())?;
    /// for warning in warnings {
    ///     eprintln!("{}: {warning}", document.name());
    /// }
    /// # Ok(()) }
    /// ```
    pub fn with_warnings<C: Contract>(view: View) -> Result<(Self, Vec<Warning>), GenerateError> {
        let (parts, none) = (Part::all(C::MESSAGES), BTreeSet::new());
        let [read, written] =
            [View::Deserialize, View::Serialize].map(|view| Reflected::of(&parts, view, &none));
        let reflected = match view {
            View::Deserialize => &read,
            View::Serialize => &written,
        };
        names::check(&parts, view, reflected)?;
        symmetry::check(&parts, &read, &written)?;
        let mut warnings = Vec::new();
        let read = Self::of_reflected::<C>(&parts, read, &mut warnings)?;
        let written = Self::of_reflected::<C>(&parts, written, &mut Vec::new())?;
        views::check(&written, &read)?;
        round_trip::check::<C>(&read, &mut warnings)?;
        let document = match view {
            View::Deserialize => read,
            View::Serialize => written,
        };
        Ok((document, warnings))
    }

    fn of_reflected<C: Contract>(
        parts: &[Part],
        reflected: Reflected,
        warnings: &mut Vec<Warning>,
    ) -> Result<Self, GenerateError> {
        let mut value = messages::document::<C>(parts, reflected, warnings)?;
        if let Some(defs) = value["$defs"].as_object() {
            names::check_prototypes(defs)?;
            if let Some(cycle) = cycle::find(defs) {
                let cycle = cycle.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>();
                return Err(GenerateError::new(format!(
                    "{} can't be described: the type is nothing but itself, without a field or an item \
                     between; put a struct with a field around it",
                    cycle.join(" → ")
                )));
            }
        }
        defaults::remove_invalid(&mut value);
        pattern::rewrite_all(&mut value, warnings);
        let mut document =
            Self::of_value(value).map_err(|error| GenerateError::new(error.to_string()))?;
        check_all_present(parts, &document)?;
        let known = map_keys::find::<C>(&document);
        map_keys::declare(document.value_mut(), &known);
        Ok(document)
    }
}

/// The document of a contract: implemented for every [`Contract`].
///
/// `#[derive(Contract)]` gives the enum a `contract()` of its own; code that is generic over contracts
/// imports this trait for it.
pub trait ContractDocument: Contract {
    /// The contract as a document: what `contract.json` holds.
    ///
    /// # Errors
    ///
    /// Fails where [`Document::of`] does.
    ///
    /// # Examples
    ///
    /// ```
    /// use wirebond_schema::{Contract, ContractDocument, GenerateError};
    ///
    /// fn print<C: Contract>() -> Result<(), GenerateError> {
    ///     print!("{}", C::contract()?.to_json());
    ///     Ok(())
    /// }
    /// ```
    fn contract() -> Result<Document, GenerateError> {
        Document::of::<Self>(View::default())
    }
}

impl<C: Contract> ContractDocument for C {}

/// Makes sure that every message is in the document, with its name and direction.
fn check_all_present(parts: &[Part], document: &Document) -> Result<(), GenerateError> {
    let mut found: BTreeMap<&str, Direction> = BTreeMap::new();
    for message in document.messages() {
        // A second one of the same name is what the other side sends under it.
        let is_second = found.contains_key(message.name());
        let direction = if is_second { Direction::Both } else { message.direction() };
        found.insert(message.name(), direction);
    }
    for Part { name, variant, direction, .. } in parts {
        if found.get(name.as_str()) != Some(direction) {
            return Err(GenerateError::new(format!(
                "the message {name:?} (variant `{variant}`) has no definition of its own"
            )));
        }
    }
    Ok(())
}
