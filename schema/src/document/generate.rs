//! From a contract's types to its document.

use std::{
    borrow::Cow,
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    fmt,
    marker::PhantomData,
};

use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value};

use super::{Document, check, keys, lenient, pattern, shape, values, views, walk};
use crate::{Contract, Direction, MessageInfo};

/// Which side of serde a document describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum View {
    /// What a reader must accept: the published view. Peers may leave out what Rust always writes.
    #[default]
    Deserialize,
    /// What Rust writes.
    Serialize,
}

/// Why a contract has no document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GenerateError(String);

impl GenerateError {
    pub(super) fn new(words: String) -> Self {
        Self(words)
    }
}

impl fmt::Display for GenerateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for GenerateError {}

/// Something that a contract's document can't tell, though it may be published: the document is true,
/// and says less than Rust does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning(String);

impl Warning {
    pub(super) fn new(words: String) -> Self {
        Self(words)
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Document {
    /// Describes a contract.
    ///
    /// Fails where no document could, and names what is in the way: two types with one name; a field or
    /// variant that serde reads under another name than it writes, or only reads or only writes; a
    /// value that Rust writes and the document refuses; a value that the document takes and Rust
    /// refuses; an enum that lists a `#[serde(other)]` variant among its values; a type that is nothing
    /// but itself; a hand-written schema that refers to nowhere.
    pub fn of<C: Contract>(view: View) -> Result<Self, GenerateError> {
        Self::with_warnings::<C>(view).map(|(document, _)| document)
    }

    /// Describes a contract, and says what the document leaves out: payloads that Rust reads more
    /// leniently than is published (unless they are marked `#[message(lenient)]`), and patterns that only
    /// Rust understands. `assert_contract!` and the `generate` command print these warnings.
    ///
    /// Fails where [`of`](Self::of) does.
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
        let none = BTreeSet::new();
        let [read, written] = [View::Deserialize, View::Serialize]
            .map(|view| Reflected::of(C::MESSAGES, view, &none));
        let reflected = match view {
            View::Deserialize => &read,
            View::Serialize => &written,
        };
        check::names(C::MESSAGES, view, reflected)?;
        check::symmetry(C::MESSAGES, &read, &written)?;
        let mut warnings = Vec::new();
        let read = Self::of_reflected::<C>(read, &mut warnings)?;
        let written = Self::of_reflected::<C>(written, &mut Vec::new())?;
        views::check(&written, &read)?;
        lenient::check::<C>(&read, &mut warnings)?;
        let document = match view {
            View::Deserialize => read,
            View::Serialize => written,
        };
        Ok((document, warnings))
    }

    fn of_reflected<C: Contract>(
        reflected: Reflected,
        warnings: &mut Vec<Warning>,
    ) -> Result<Self, GenerateError> {
        let mut value = shape::document::<C>(reflected)?;
        if let Some(defs) = value["$defs"].as_object() {
            check::prototypes(defs)?;
            if let Some(circle) = walk::vicious_circle(defs) {
                let circle = circle.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>();
                return Err(GenerateError(format!(
                    "{} can't be described: the type is nothing but itself, without a field or an item \
                     between; put a struct with a field around it",
                    circle.join(" → ")
                )));
            }
        }
        values::sound_defaults(&mut value);
        pattern::portable(&mut value, warnings);
        let mut document =
            Self::of_value(value).map_err(|error| GenerateError(error.to_string()))?;
        all_there(C::MESSAGES, &document)?;
        let known = keys::known::<C>(&document);
        keys::tell(&mut document.value, &known);
        Ok(document)
    }
}

/// Every message is in the document, with its name and direction.
fn all_there(messages: &[MessageInfo], document: &Document) -> Result<(), GenerateError> {
    let found: BTreeMap<&str, Direction> =
        document.messages().map(|message| (message.name(), message.direction())).collect();
    for message in messages {
        if found.get(message.name()) != Some(&message.direction()) {
            return Err(GenerateError(format!(
                "the message {:?} (variant `{}`) got no definition of its own",
                message.name(),
                message.variant()
            )));
        }
    }
    Ok(())
}

/// What schemars tells of the payloads.
pub(super) struct Reflected {
    pub(super) payloads: Vec<Option<Value>>,
    pub(super) defs: Map<String, Value>,
}

impl Reflected {
    /// `taken` are names that no type may get.
    pub(super) fn of(messages: &[MessageInfo], view: View, taken: &BTreeSet<String>) -> Self {
        let mut settings = match view {
            View::Deserialize => SchemaSettings::draft2020_12().for_deserialize(),
            View::Serialize => SchemaSettings::draft2020_12().for_serialize(),
        };
        // Nothing else tells how the variants of an untagged enum are called.
        settings.untagged_enum_variant_titles = true;
        let mut generator = settings.into_generator();
        for name in taken {
            Taken::take(name, &mut generator);
        }
        let payloads = messages
            .iter()
            .map(|message| message.payload_schema(&mut generator).map(Value::from))
            .collect();
        Self { payloads, defs: generator.take_definitions(true) }
    }
}

thread_local! {
    /// What [`Taken`] or [`Renamed`] is called at the moment.
    static NAME: RefCell<String> = const { RefCell::new(String::new()) };
}

/// A type whose only purpose is to have a name.
struct Taken;

impl Taken {
    fn take(name: &str, generator: &mut SchemaGenerator) {
        NAME.set(name.to_owned());
        generator.subschema_for::<Self>();
    }
}

impl JsonSchema for Taken {
    fn schema_name() -> Cow<'static, str> {
        NAME.with_borrow(|name| name.clone().into())
    }

    fn schema_id() -> Cow<'static, str> {
        NAME.with_borrow(|name| format!("wirebond::taken::{name}").into())
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        Schema::default()
    }
}

/// The schema of a type under another name, for a type that can't be given one where it is declared: two
/// crates may have types of one name.
///
/// The name takes the place of `T`'s own in the definitions. What `T` is made of keeps its names, `T` within
/// itself too.
///
/// ```
/// # mod other { #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)] pub struct Item { a: u8 } }
/// use schemars::{JsonSchema, Schema, SchemaGenerator};
///
/// fn other_item(generator: &mut SchemaGenerator) -> Schema {
///     wirebond_schema::renamed::<other::Item>(generator, "OtherItem")
/// }
///
/// #[derive(serde::Serialize, serde::Deserialize, JsonSchema)]
/// struct Order {
///     #[schemars(schema_with = "other_item")]
///     item: other::Item,
/// }
/// ```
pub fn renamed<T: JsonSchema>(generator: &mut SchemaGenerator, name: &str) -> Schema {
    let around = NAME.replace(name.to_owned());
    let schema = generator.subschema_for::<Renamed<T>>();
    NAME.set(around);
    schema
}

/// A type that is called what [`NAME`] says.
struct Renamed<T>(PhantomData<T>);

impl<T: JsonSchema> JsonSchema for Renamed<T> {
    fn schema_name() -> Cow<'static, str> {
        NAME.with_borrow(|name| name.clone().into())
    }

    fn schema_id() -> Cow<'static, str> {
        NAME.with_borrow(|name| format!("wirebond::renamed::{name}::{}", T::schema_id()).into())
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}
