//! Contracts that no document can describe: the error names both sides, or the field.
#![allow(clippy::too_many_lines, reason = "a test's types stand where they are used")]
#![allow(dead_code, reason = "only the schemas of these types count")]

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use wirebond::{
    Contract,
    schema::{Document, View},
};

/// Both views are refused, with an error that contains each of these.
#[track_caller]
fn refused<C: Contract>(parts: &[&str]) {
    for view in [View::Deserialize, View::Serialize] {
        let error = Document::of::<C>(view).unwrap_err().to_string();
        for part in parts {
            assert!(error.contains(part), "{view:?}: {part}: {error}");
        }
    }
}

#[test]
fn renames_and_skips_of_one_way_within_enums_and_inline_types() {
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    #[serde(tag = "kind")]
    enum Tagged {
        Named {
            #[serde(rename(serialize = "userName"))]
            user_name: String,
        },
        Other,
    }
    #[derive(Debug, Contract)]
    enum OfTagged {
        A(Tagged),
    }
    refused::<OfTagged>(&["`user_name` of `Tagged.Named`", "`userName`", "read", "written"]);

    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    enum Variants {
        One(u8),
        #[serde(skip_serializing)]
        Two(u8),
    }
    #[derive(Debug, Contract)]
    enum OfVariants {
        A(Vec<Variants>),
    }
    refused::<OfVariants>(&["\"Two\" of `Variants`", "read but not written"]);

    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    enum Strings {
        #[serde(rename(serialize = "uno", deserialize = "one"))]
        One,
        Two,
    }
    #[derive(Debug, Contract)]
    enum OfStrings {
        A(Strings),
    }
    refused::<OfStrings>(&["\"one\" of `Strings`", "\"uno\""]);

    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    #[serde(tag = "t", content = "c")]
    enum Adjacent {
        #[serde(rename(serialize = "uno"))]
        One(u8),
        Two,
    }
    #[derive(Debug, Contract)]
    enum OfAdjacent {
        A(Adjacent),
    }
    refused::<OfAdjacent>(&["\"One\" of `Adjacent`", "\"uno\""]);

    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    #[schemars(inline)]
    struct Inline {
        #[serde(skip_deserializing)]
        secret: String,
    }
    #[derive(Debug, Contract)]
    enum OfInline {
        Login(Inline),
        Logins(Vec<(u8, Inline)>),
    }
    refused::<OfInline>(&["`secret` of `Login`", "written but not read"]);
}

#[test]
fn enums_that_take_what_they_do_not_list() {
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    #[serde(tag = "kind")]
    enum Internal {
        Known {
            a: u8,
        },
        #[serde(other)]
        Unknown,
    }
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    struct Deep {
        id: uuid::Uuid,
        at: chrono::DateTime<chrono::Utc>,
        list: Option<Vec<(u8, Internal)>>,
    }
    #[derive(Debug, Contract)]
    enum OfDeep {
        Fine(u8),
        A(Deep),
    }
    refused::<OfDeep>(&["`Internal` in the message \"a\"", "serde(other)"]);

    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    #[serde(tag = "t", content = "c")]
    enum Adjacent {
        Known(u8),
        #[serde(other)]
        Unknown,
    }
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    struct Mapped {
        map: std::collections::BTreeMap<String, Adjacent>,
    }
    #[derive(Debug, Contract)]
    enum OfMapped {
        A(Mapped),
    }
    refused::<OfMapped>(&["`Adjacent` in the message \"a\""]);

    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    enum Status {
        Open,
        #[serde(other)]
        Else,
    }
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    #[serde(tag = "outer")]
    enum Outer {
        Inner { status: Status },
    }
    #[derive(Debug, Contract)]
    enum OfOuter {
        A(Outer),
    }
    refused::<OfOuter>(&["`Status` in the message \"a\""]);

    /// A recursive type with an end to its recursion.
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    enum Tree {
        Node(Box<Tree>),
        Leaf(Status),
    }
    #[derive(Debug, Contract)]
    enum OfTree {
        A(Tree),
    }
    refused::<OfTree>(&["`Status` in the message \"a\""]);
}

#[test]
fn a_string_whose_schema_lists_values_is_no_lenient_enum() {
    fn levels(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "enum": ["low", "high"] })
    }
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    struct Alarm {
        #[schemars(schema_with = "levels")]
        level: String,
    }
    #[derive(Debug, Contract)]
    enum App {
        Alarm(Alarm),
    }
    App::contract().unwrap();
}

#[test]
fn types_that_are_nothing_but_themselves() {
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    struct Onion(Option<Box<Onion>>);
    #[derive(Debug, Contract)]
    enum App {
        Peel(Onion),
    }
    refused::<App>(&["`Onion` → `Onion`", "nothing but itself"]);

    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    #[serde(untagged)]
    enum Value {
        Number(u8),
        Other(Box<Wrapped>),
    }
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    struct Wrapped(Value);
    #[derive(Debug, Contract)]
    enum Two {
        A(Value),
    }
    refused::<Two>(&["`Value`", "`Wrapped`"]);
}

mod first {
    use super::{Deserialize, JsonSchema, Serialize};

    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    pub(crate) struct Item {
        pub(crate) a: u8,
    }
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    pub(crate) struct ClientMessage {
        pub(crate) a: u8,
    }
}

mod second {
    use super::{Deserialize, JsonSchema, Serialize};

    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    pub(crate) struct Item {
        pub(crate) b: u8,
    }
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    #[schemars(rename = "Item!")]
    pub(crate) struct Odd {
        pub(crate) c: u8,
    }
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    pub(crate) struct Item2 {
        pub(crate) d: u8,
    }
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    pub(crate) struct Item22 {
        pub(crate) e: u8,
    }
}

#[test]
fn names_that_clash() {
    #[derive(Debug, Contract)]
    enum Sides {
        A(first::ClientMessage),
    }
    refused::<Sides>(&["`ClientMessage`", "schemars(rename"]);

    #[derive(Debug, Contract)]
    enum Odd {
        A(first::Item),
        B(second::Odd),
    }
    refused::<Odd>(&["`Item` and `Item!`", "one name in other languages"]);

    // Names that end in numbers, and a second `Item` among them.
    #[derive(Debug, Contract)]
    enum Numbered {
        A(second::Item22),
        B(second::Item2),
        C(first::Item),
    }
    Numbered::contract().unwrap();
    #[derive(Debug, Contract)]
    enum Hidden {
        A(second::Item22),
        C(first::Item),
        D(second::Item),
        B(second::Item2),
    }
    refused::<Hidden>(&["two different types are called `Item`"]);
}

#[test]
fn variants_that_would_share_a_definition() {
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    #[serde(tag = "kind")]
    enum Same {
        #[serde(rename = "a-b")]
        One { x: u8 },
        #[serde(rename = "a_b")]
        Two { y: u8 },
    }
    #[derive(Debug, Contract)]
    enum App {
        A(Same),
    }
    refused::<App>(&["the variant \"a-b\" of `Same`", "the variant \"a_b\" of `Same`", "`SameAB`"]);
}

#[test]
fn hand_written_schemas_that_refer_to_nowhere() {
    fn elsewhere(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "$ref": "https://example.com/schema.json" })
    }
    fn missing(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "$ref": "#/$defs/Gone" })
    }
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    struct Away {
        #[schemars(schema_with = "elsewhere")]
        a: u8,
    }
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    struct Lost {
        #[schemars(schema_with = "missing")]
        a: u8,
    }
    #[derive(Debug, Contract)]
    enum One {
        A(Away),
    }
    #[derive(Debug, Contract)]
    enum Two {
        A(Lost),
    }
    refused::<One>(&["https://example.com/schema.json", "/$defs/Away/properties/a/$ref"]);
    refused::<Two>(&["`Gone`", "/$defs/Lost/properties/a/$ref"]);
}
