//! The keywords, in one table.

/// What stands under a keyword.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holds {
    /// A value that is no schema.
    Value,
    /// One schema.
    Schema,
    /// A list of schemas.
    List,
    /// Schemas by names, which are the user's.
    ByName,
}

/// What a keyword does to the values that a schema accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Nothing: it is for people or for code generators.
    Annotation,
    /// It limits them, whatever keywords stand beside it.
    Limit,
    /// It limits them in a way that can't be judged by looking at this keyword alone.
    Entangled,
    /// It limits what the other keywords leave over.
    Rest,
}

/// One keyword.
#[derive(Debug, Clone, Copy)]
struct Keyword {
    name: &'static str,
    holds: Holds,
    effect: Effect,
    /// Whether the schemas under it judge the same value as the schema that has it.
    in_place: bool,
    /// The types of values that it applies to; empty if it applies to all.
    types: &'static [&'static str],
}

impl Keyword {
    const fn new(
        name: &'static str,
        holds: Holds,
        effect: Effect,
        types: &'static [&'static str],
    ) -> Self {
        Self { name, holds, effect, in_place: false, types }
    }

    const fn in_place(mut self) -> Self {
        self.in_place = true;
        self
    }
}

const ANY: &[&str] = &[];
const ARRAY: &[&str] = &["array"];
const NUMBER: &[&str] = &["integer", "number"];
const OBJECT: &[&str] = &["object"];
const STRING: &[&str] = &["string"];
const TEXT_OR_NUMBER: &[&str] = &["string", "integer", "number"];

use Effect::{Annotation, Entangled, Limit, Rest};
use Holds::{ByName, List, Schema, Value};

/// The keywords that validators know, with `discriminator`, which is `OpenAPI`'s. Strict validators
/// reject any other.
const TABLE: [Keyword; 52] = [
    Keyword::new("$comment", Value, Annotation, ANY),
    Keyword::new("$defs", ByName, Annotation, ANY),
    Keyword::new("$ref", Value, Limit, ANY),
    Keyword::new("additionalProperties", Schema, Limit, OBJECT),
    Keyword::new("allOf", List, Limit, ANY).in_place(),
    Keyword::new("anyOf", List, Limit, ANY).in_place(),
    Keyword::new("const", Value, Limit, ANY),
    Keyword::new("contains", Schema, Entangled, ARRAY),
    Keyword::new("contentEncoding", Value, Annotation, STRING),
    Keyword::new("contentMediaType", Value, Annotation, STRING),
    Keyword::new("contentSchema", Schema, Entangled, STRING),
    Keyword::new("default", Value, Annotation, ANY),
    Keyword::new("dependentRequired", Value, Entangled, ANY),
    Keyword::new("dependentSchemas", ByName, Entangled, ANY).in_place(),
    Keyword::new("deprecated", Value, Annotation, ANY),
    Keyword::new("description", Value, Annotation, ANY),
    Keyword::new("discriminator", Value, Annotation, ANY),
    Keyword::new("else", Schema, Entangled, ANY).in_place(),
    Keyword::new("enum", Value, Limit, ANY),
    Keyword::new("examples", Value, Annotation, ANY),
    Keyword::new("exclusiveMaximum", Value, Limit, NUMBER),
    Keyword::new("exclusiveMinimum", Value, Limit, NUMBER),
    Keyword::new("format", Value, Annotation, TEXT_OR_NUMBER),
    Keyword::new("if", Schema, Entangled, ANY).in_place(),
    Keyword::new("items", Schema, Limit, ARRAY),
    Keyword::new("maxContains", Value, Entangled, ANY),
    Keyword::new("maxItems", Value, Limit, ARRAY),
    Keyword::new("maxLength", Value, Limit, STRING),
    Keyword::new("maxProperties", Value, Limit, OBJECT),
    Keyword::new("maximum", Value, Limit, NUMBER),
    Keyword::new("minContains", Value, Entangled, ANY),
    Keyword::new("minItems", Value, Limit, ARRAY),
    Keyword::new("minLength", Value, Limit, STRING),
    Keyword::new("minProperties", Value, Limit, OBJECT),
    Keyword::new("minimum", Value, Limit, NUMBER),
    Keyword::new("multipleOf", Value, Limit, NUMBER),
    Keyword::new("not", Schema, Entangled, ANY).in_place(),
    Keyword::new("oneOf", List, Limit, ANY).in_place(),
    Keyword::new("pattern", Value, Limit, STRING),
    Keyword::new("patternProperties", ByName, Limit, OBJECT),
    Keyword::new("prefixItems", List, Limit, ARRAY),
    Keyword::new("properties", ByName, Limit, OBJECT),
    Keyword::new("propertyNames", Schema, Limit, OBJECT),
    Keyword::new("readOnly", Value, Annotation, ANY),
    Keyword::new("required", Value, Limit, OBJECT),
    Keyword::new("then", Schema, Entangled, ANY).in_place(),
    Keyword::new("title", Value, Annotation, ANY),
    Keyword::new("type", Value, Limit, ANY),
    Keyword::new("unevaluatedItems", Schema, Rest, ANY),
    Keyword::new("unevaluatedProperties", Schema, Rest, ANY),
    Keyword::new("uniqueItems", Value, Limit, ARRAY),
    Keyword::new("writeOnly", Value, Annotation, ANY),
];

fn find(name: &str) -> Option<&'static Keyword> {
    // The table is in ASCII order; a test makes sure of it.
    let at = TABLE.binary_search_by(|keyword| keyword.name.cmp(name)).ok()?;
    TABLE.get(at)
}

/// Whether validators know this keyword.
pub(crate) fn is_known(name: &str) -> bool {
    find(name).is_some()
}

/// What stands under a keyword. An unknown one holds a value.
pub(crate) fn holds(name: &str) -> Holds {
    find(name).map_or(Value, |keyword| keyword.holds)
}

/// What a keyword does; `None` for an unknown one.
pub(crate) fn effect(name: &str) -> Option<Effect> {
    find(name).map(|keyword| keyword.effect)
}

/// Whether a keyword decides nothing. An unknown one may decide something.
pub(crate) fn is_annotation(name: &str) -> bool {
    effect(name) == Some(Annotation)
}

/// Whether the schemas under a keyword judge the same value as the schema that has it.
pub(crate) fn is_in_place(name: &str) -> bool {
    find(name).is_some_and(|keyword| keyword.in_place)
}

/// The types of values that a keyword applies to; empty if it applies to all, or is unknown.
pub(crate) fn types(name: &str) -> &'static [&'static str] {
    find(name).map_or(&[], |keyword| keyword.types)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order() {
        assert!(TABLE.is_sorted_by_key(|keyword| keyword.name));
        assert!(TABLE.iter().all(|keyword| is_known(keyword.name)));
    }
}
