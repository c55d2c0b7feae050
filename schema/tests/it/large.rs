//! A contract of 200 messages, with names that look like schemars' own numbering, is described in no
//! time.

use std::{borrow::Cow, time::Instant};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, ser::SerializeStruct};
use wirebond_core::codegen::{Fields, WireContract};
use wirebond_schema::{Contract, ContractDocument, Direction, Document, MessageInfo, Payload};

/// The N-th type; they are called `Item`, `Item1`, `Item2` and so on.
#[derive(Serialize, Deserialize)]
struct Item<const N: usize>;

impl<const N: usize> JsonSchema for Item<N> {
    fn schema_name() -> Cow<'static, str> {
        if N == 0 { "Item".into() } else { format!("Item{N}").into() }
    }

    fn schema_id() -> Cow<'static, str> {
        format!("items::Item<{N}>").into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let at = generator.subschema_for::<Place>();
        json_schema!({
            "type": "object",
            "properties": {
                "id": { "type": "string" }, "count": { "type": "integer" }, "at": at,
                "tags": { "type": "array", "items": { "type": "string" } },
            },
            "required": ["id", "at"],
        })
    }
}

#[derive(Serialize, Deserialize, JsonSchema)]
enum Place {
    Here,
    There(u8),
}

struct Large;

macro_rules! messages {
    ($($tens:literal)*) => {
        [$(messages!(@ $tens 0), messages!(@ $tens 1), messages!(@ $tens 2), messages!(@ $tens 3),
           messages!(@ $tens 4), messages!(@ $tens 5), messages!(@ $tens 6), messages!(@ $tens 7),
           messages!(@ $tens 8), messages!(@ $tens 9)),*]
    };
    (@ $tens:literal $ones:literal) => {
        MessageInfo::carrying(
            concat!("m-", $tens, $ones),
            concat!("M", $tens, $ones),
            Direction::Both,
            <Item<{ $tens * 10 + $ones }> as Payload>::SCHEMA,
        )
    };
}

impl Contract for Large {
    const NAME: &'static str = "Large";
    const VERSION: &'static str = "1.0.0";
    const DESCRIPTION: &'static str = "";
    #[allow(clippy::large_stack_arrays, reason = "it is a constant")]
    const MESSAGES: &'static [MessageInfo] =
        &messages!(10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 0);
}

impl WireContract for Large {
    // Nothing is written here.
    const HEADS: &'static [&'static str] = &[];

    fn position(name: &str) -> Option<usize> {
        Self::MESSAGES.iter().position(|message| message.name() == name)
    }

    fn index(&self) -> usize {
        0
    }

    fn write_data<S: SerializeStruct>(&self, _: &mut Fields<'_, S>) -> Result<(), S::Error> {
        Ok(())
    }

    fn read_data<'de, D: Deserializer<'de>>(_: usize, data: D) -> Result<Self, D::Error> {
        Item::<0>::deserialize(data).map(|_| Self)
    }

    fn unit(_: usize) -> Option<Self> {
        None
    }
}

#[test]
fn two_hundred_messages_are_described_at_once() {
    let start = Instant::now();
    let document = Large::contract().unwrap();
    let described = start.elapsed();
    let text = document.to_json();
    assert_eq!(Document::parse(&text).unwrap(), document);
    let all = start.elapsed();
    assert_eq!(document.messages().count(), 202);
    // A few milliseconds in truth; this is for a build without optimization on a busy machine.
    assert!(all.as_secs() < 5, "described in {described:?}, all in {all:?}");
    assert!(document.def("Item").is_some() && document.def("Item289").is_some());
}
