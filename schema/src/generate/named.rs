//! Types under names that are known at run time only: schemars asks a type for its name without a
//! value of it.

use std::{borrow::Cow, cell::RefCell, marker::PhantomData};

use schemars::{JsonSchema, Schema, SchemaGenerator};

thread_local! {
    /// The name of [`Reserved`] or [`Renamed`] at the moment.
    static NAME: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Reserves a name, so that no other type gets it.
pub(super) fn reserve(name: &str, generator: &mut SchemaGenerator) {
    NAME.set(name.to_owned());
    generator.subschema_for::<Reserved>();
}

/// A type whose only purpose is to have a name.
struct Reserved;

impl JsonSchema for Reserved {
    fn schema_name() -> Cow<'static, str> {
        NAME.with_borrow(|name| name.clone().into())
    }

    fn schema_id() -> Cow<'static, str> {
        NAME.with_borrow(|name| format!("wirebond::reserved::{name}").into())
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

/// A type whose name is in [`NAME`].
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
