//! What generation does with types whose schema and codec disagree: an error, a warning, or a document that
//! leaves out what isn't so.
#![allow(clippy::too_many_lines, reason = "a test's types stand where they are used")]
#![allow(dead_code, reason = "only the schemas of these types count")]

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use wirebond::{
    Contract,
    schema::{
        ContractDocument, Document, View,
        compat::{Options, diff},
    },
};

/// The warnings of a contract that has a document.
#[track_caller]
fn warnings<C: Contract>() -> Vec<String> {
    let (_, warnings) = Document::with_warnings::<C>(View::default()).unwrap();
    warnings.iter().map(ToString::to_string).collect()
}

#[track_caller]
fn refused<C: Contract>(parts: &[&str]) {
    let error = C::contract().unwrap_err().to_string();
    for part in parts {
        assert!(error.contains(part), "{part}: {error}");
    }
}

#[track_caller]
fn passes<C: Contract>() -> Document {
    assert_eq!(warnings::<C>(), [""; 0]);
    C::contract().unwrap()
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_false(value: &bool) -> bool {
    !value
}

#[test]
fn field_b3_a_field_that_is_skipped_and_asked_for() {
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    struct Tagged {
        #[serde(skip_serializing_if = "Vec::is_empty")]
        tags: Vec<String>,
    }
    #[derive(Debug, Contract)]
    enum InStruct {
        Post(Tagged),
    }
    refused::<InStruct>(&["`tags`", "\"post\"", "#[serde(default)]"]);

    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    struct Inner {
        #[serde(skip_serializing_if = "is_false")]
        loud: bool,
    }
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    struct Nested {
        list: Vec<Option<Inner>>,
        by_name: BTreeMap<String, Inner>,
    }
    #[derive(Debug, Contract)]
    enum InNested {
        #[message(from = "server")]
        Post(Nested),
    }
    refused::<InNested>(&["loud`", "\"post\"", "#[serde(default)]"]);

    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    #[serde(tag = "kind")]
    enum Kinds {
        A {
            #[serde(skip_serializing_if = "String::is_empty")]
            name: String,
        },
        B,
    }
    #[derive(Debug, Contract)]
    enum InEnum {
        #[message(from = "client")]
        Post(Kinds),
    }
    InEnum::contract().unwrap_err();

    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    struct Sound {
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        tags: Vec<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        #[serde(default)]
        loud: bool,
    }
    #[derive(Debug, Contract)]
    enum InSound {
        Post(Sound),
    }
    passes::<InSound>();
}

#[test]
fn field_b3_a_schema_that_the_codec_does_not_follow() {
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    struct Number {
        #[schemars(with = "bool")]
        number: u8,
    }
    #[derive(Debug, Contract)]
    enum Read {
        A(Number),
    }
    refused::<Read>(&["\"a\"", "`number`", "agree"]);

    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    #[serde(into = "String")]
    #[derive(Clone)]
    #[schemars(with = "u8")]
    struct Text(u8);
    impl From<Text> for String {
        fn from(text: Text) -> Self {
            text.0.to_string()
        }
    }
    #[derive(Debug, Contract)]
    enum Written {
        A(Text),
    }
    refused::<Written>(&["\"a\"", "writes \"0\"", "agree"]);
}

#[test]
fn field_b4_words_change_nothing() {
    macro_rules! contract {
        ($(#[$left:meta])* / $(#[$right:meta])* / $($variants:tt)*) => {{
            #[derive(Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
            enum Key {
                $(#[$left])*
                Left,
                $(#[$right])*
                Right,
            }
            $(#[$left])*
            #[derive(Debug, Serialize, Deserialize, JsonSchema)]
            #[serde(tag = "tag")]
            enum Mixed {
                $(#[$right])*
                One {
                    $(#[$left])*
                    key: Key,
                },
                $(#[$left])*
                Two,
            }
            #[derive(Debug, Serialize, Deserialize, JsonSchema)]
            enum External {
                $(#[$right])*
                One,
                $(#[$left])*
                Two,
                Three(u8),
            }
            $(#[$left])*
            #[derive(Debug, Serialize, Deserialize, JsonSchema)]
            struct Fields {
                $(#[$right])*
                by_key: BTreeMap<Key, u8>,
                $(#[$left])*
                by_key_too: std::collections::HashMap<Key, Mixed>,
                $(#[$right])*
                maps_in_map: BTreeMap<Key, BTreeMap<Key, Vec<BTreeMap<Key, Key>>>>,
                $(#[$left])*
                maybe_by_key: Option<BTreeMap<Key, u8>>,
                maybe_pair: Option<(BTreeMap<Key, u8>, Key)>,
                $(#[$left])*
                maybe: Option<Key>,
                $(#[$right])*
                mixed: Mixed,
                $(#[$left])*
                external: External,
                #[serde(flatten)]
                flat: BTreeMap<Key, bool>,
            }
            $(#[$right])*
            #[derive(Debug, Contract)]
            #[contract(name = "App", version = "1.0.0")]
            enum App {
                $(#[$left])*
                A(Fields),
                B(BTreeMap<Key, u8>),
                C(Key),
            }
            App::contract().unwrap()
        }};
    }
    let documents = [
        contract!(/ / ),
        contract!(#[doc = " Left."] / / ),
        contract!(/ #[doc = " Right.\n\n `Left`: not."] / ),
        contract!(#[doc = " Both."] / #[doc = " Both."] / ),
    ];
    let bare = |document: &Document| {
        fn strip(value: &mut Value) {
            match value {
                Value::Object(map) => {
                    map.remove("description");
                    map.values_mut().for_each(strip);
                    if let Some(Value::Array(values)) = map.get_mut("enum") {
                        values.sort_by_key(ToString::to_string);
                    }
                }
                Value::Array(items) => items.iter_mut().for_each(strip),
                _ => {}
            }
        }
        let mut value = document.value().clone();
        strip(&mut value);
        value
    };
    for described in &documents[1..] {
        assert_eq!(bare(described), bare(&documents[0]), "{}", described.to_json());
        for (old, new) in [(&documents[0], described), (described, &documents[0])] {
            let report = diff(old, new, &Options::default());
            let worst = report.changes.iter().map(|change| change.level).max();
            assert!(
                worst.is_none_or(|worst| worst == wirebond::schema::compat::Level::Ok),
                "{report}"
            );
        }
    }
}

/// As `serde_with::DefaultOnError` does it.
fn default_on_error<'de, D: Deserializer<'de>, T: DeserializeOwned + Default>(
    value: D,
) -> Result<T, D::Error> {
    let value = Value::deserialize(value)?;
    Ok(serde_json::from_value(value).unwrap_or_default())
}

/// As `serde_with::VecSkipError` does it.
fn skip_errors<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    value: D,
) -> Result<Vec<T>, D::Error> {
    let values = Vec::<Value>::deserialize(value)?;
    Ok(values.into_iter().filter_map(|value| serde_json::from_value(value).ok()).collect())
}

#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
enum Level {
    #[default]
    Low,
    High,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Lenient {
    #[serde(deserialize_with = "default_on_error")]
    level: Level,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Skipping {
    id: uuid::Uuid,
    #[serde(deserialize_with = "skip_errors")]
    levels: Vec<Level>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
enum Listed {
    Open,
    #[serde(other)]
    Else,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
enum Unlisted {
    Open,
    #[serde(other)]
    #[schemars(skip)]
    Else,
}

#[test]
fn field_b7_lenient_readers_are_warned_of() {
    #[derive(Debug, Contract)]
    enum OnError {
        A(Lenient),
        B(Vec<Skipping>),
    }
    let found = warnings::<OnError>();
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].contains("`Level` in the message \"a\""), "{found:?}");
    assert!(found[1].contains("`Level` in the message \"b\""), "{found:?}");
    assert!(found.iter().all(|warning| warning.contains("#[message(lenient)]")), "{found:?}");
    OnError::contract().unwrap();

    #[derive(Debug, Contract)]
    enum OptedOut {
        #[message(lenient)]
        A(Lenient),
        #[message(lenient, from = "server")]
        B(Vec<Skipping>),
        #[message(lenient)]
        C(Listed),
    }
    passes::<OptedOut>();

    #[derive(Debug, Contract)]
    enum NotListed {
        A(Unlisted),
    }
    assert_eq!(warnings::<NotListed>().len(), 1);

    #[derive(Debug, Contract)]
    enum IsListed {
        A(Vec<Listed>),
    }
    refused::<IsListed>(&["`Listed` in the message \"a\"", "serde(other)", "#[message(lenient)]"]);

    // The listed variant is wrong even where the reader around it is lenient.
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    struct Both {
        #[serde(deserialize_with = "skip_errors")]
        list: Vec<Listed>,
    }
    #[derive(Debug, Contract)]
    enum InBoth {
        A(Both),
    }
    refused::<InBoth>(&["`Listed` in the message \"a\""]);
}

#[test]
fn field_b9_formats_and_patterns_that_others_read() {
    fn duration(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "duration" })
    }
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    struct Formats {
        #[schemars(schema_with = "duration")]
        every: String,
        #[schemars(regex(pattern = r"(?i)\Aab\@(?P<year>\d+)\z"))]
        only_rust: String,
        #[schemars(regex(pattern = r"^\h+$"))]
        nowhere: String,
        #[schemars(regex(pattern = r"^[a-z]+$"))]
        plain: String,
    }
    #[derive(Debug, Contract)]
    enum App {
        A(Formats),
    }
    let document = App::contract().unwrap();
    let fields = &document.def("Formats").unwrap()["properties"];
    assert_eq!(fields["every"], json!({ "type": "string" }));
    assert_eq!(fields["only_rust"]["pattern"], r"^[aA][bB]@(?<year>\d+)$");
    assert_eq!(fields["nowhere"]["pattern"], r"^\h+$");
    let found = warnings::<App>();
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].contains(r"\\h") && found[0].contains("JavaScript lacks"), "{found:?}");
    assert!(found[1].contains("(?i)") && found[1].contains("[aA][bB]"), "{found:?}");
    assert!(found.iter().all(|warning| warning.contains("/$defs/Formats")), "{found:?}");
}

#[test]
fn field_b14_defaults_that_json_can_not_hold() {
    fn endless() -> f64 {
        f64::INFINITY
    }
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    #[serde(default)]
    struct Inner {
        least: f32,
        most: Option<f64>,
    }
    impl Default for Inner {
        fn default() -> Self {
            Self { least: f32::NEG_INFINITY, most: Some(f64::NAN) }
        }
    }
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    struct Limits {
        #[serde(default = "endless")]
        limit: f64,
        #[serde(default)]
        inner: Inner,
        #[serde(default)]
        name: Option<String>,
        #[serde(default)]
        number: f64,
    }
    #[derive(Debug, Contract)]
    enum App {
        A(Limits),
    }
    let document = App::contract().unwrap();
    let fields = &document.def("Limits").unwrap()["properties"];
    assert_eq!(fields["limit"].get("default"), None);
    assert_eq!(fields["inner"].get("default"), None);
    assert_eq!(fields["name"].get("default"), Some(&json!(null)));
    assert_eq!(fields["number"].get("default"), Some(&json!(0.0)));
    let inner = &document.def("Inner").unwrap()["properties"];
    assert_eq!(inner["least"].get("default"), None);
}

mod first {
    #[derive(Debug, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    pub(crate) struct Item {
        pub(crate) a: u8,
    }
}

mod second {
    #[derive(Debug, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    pub(crate) struct Item {
        pub(crate) b: String,
        pub(crate) first: Vec<super::first::Item>,
    }
}

#[test]
fn field_b14_foreign_types_of_one_name_can_be_renamed() {
    fn other_item(generator: &mut SchemaGenerator) -> Schema {
        wirebond::schema::renamed::<second::Item>(generator, "OtherItem")
    }
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    struct Order {
        #[schemars(schema_with = "other_item")]
        item: second::Item,
        own: first::Item,
    }
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    #[serde(transparent)]
    struct Foreign(#[schemars(schema_with = "other_item")] second::Item);
    #[derive(Debug, Contract)]
    enum App {
        A(Order),
        B(first::Item),
        C(Foreign),
    }
    let document = passes::<App>();
    let fields = &document.def("Order").unwrap()["properties"];
    assert_eq!(fields["item"], json!({ "$ref": "#/$defs/OtherItem" }));
    assert_eq!(fields["own"], json!({ "$ref": "#/$defs/Item" }));
    assert!(document.def("OtherItem").unwrap()["properties"].get("b").is_some());
    #[derive(Debug, Contract)]
    enum Clash {
        A(first::Item),
        B(second::Item),
    }
    refused::<Clash>(&["`Item`", "wirebond::schema::renamed"]);
}
