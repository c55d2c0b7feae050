//! A contract with every kind of payload that serde and schemars can distinguish: the one that other
//! languages' tools are held against.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wirebond::Contract;
use wirebond_core::wire::{DecodeError, RawMessage};

/// What a parcel service and its customers say to each other.
#[derive(Debug, Clone, Contract)]
#[contract(version = "2.3.1", name = "Parcels")]
#[allow(clippy::large_enum_variant, reason = "a payload in a box would be another case")]
pub(crate) enum App {
    /// A line that somebody typed.
    Chat(ChatMessage),
    /// A parcel is announced, or has changed.
    Parcel(Parcel),
    /// What happened to a parcel.
    #[message(from = "server")]
    Progress(Progress),
    /// A scale's or thermometer's value.
    #[message(from = "server")]
    Reading(Reading),
    #[message(from = "client")]
    Search(Filter),
    #[message(from = "client")]
    Lookup(Option<Key>),
    #[message(from = "server")]
    Found(Page<Parcel>),
    #[message(from = "server")]
    Folder(Folder),
    #[message(from = "server")]
    Totals(Totals),
    /// A courier was at the door.
    #[message(from = "server")]
    Visit(Visit),
    #[message(from = "client")]
    Settings(Settings),
    #[message(from = "server", name = "old/count")]
    #[deprecated]
    Count(u8),
    Tags(Vec<String>),
    /// What would it cost?
    #[message(from = "client", reply = Offer, error = Refusal, idempotent)]
    Quote(Quote),
    /// A parcel waits for a signature.
    #[message(from = "server", reply = ())]
    Sign(u32),
    /// The customer goes.
    #[message(from = "client")]
    Leave,
}

/// A parcel that nobody has sent yet.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Quote {
    pub(crate) grams: u32,
}

/// What it costs.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Offer {
    pub(crate) cents: u32,
    pub(crate) speed: Speed,
}

/// Why there is no price.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Refusal {
    TooHeavy,
    NotThere,
}

/// The answers to calls, which the contract's enum doesn't have.
pub(crate) fn answer(message: &RawMessage<'_>) -> Option<Result<(), String>> {
    let shown = |error: DecodeError| format!("{error:?}");
    let read = match message.name() {
        "quote.reply" => message.payload::<Offer>().map(drop).map_err(shown),
        "quote.error" => message.payload::<Refusal>().map(drop).map_err(shown),
        "sign.reply" => message.unit().map(drop).map_err(shown),
        _ => return None,
    };
    let number = message.re().map(drop).ok_or_else(|| "no number of a call".to_owned());
    Some(number.and(read))
}

/// Called like an envelope: its message's definition gets another name.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct ChatMessage {
    pub(crate) user: User,
    pub(crate) content: String,
    #[serde(default)]
    pub(crate) mentions: Vec<User>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct User {
    pub(crate) id: uuid::Uuid,
    /// As shown to others.
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) role: Role,
    pub(crate) home: Option<url::Url>,
}

#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Role {
    #[default]
    Guest,
    /// May do anything.
    Admin,
}

/// Fields of its own wire names.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Parcel {
    pub(crate) tracking_id: u64,
    /// Width, height and depth in metres.
    pub(crate) size: (f64, f64, f64),
    pub(crate) label: (String, u16),
    pub(crate) sent_at: chrono::DateTime<chrono::Utc>,
    pub(crate) due_on: Option<chrono::NaiveDate>,
    pub(crate) to: Address,
    #[serde(default = "normal")]
    pub(crate) speed: Speed,
    pub(crate) notes: BTreeMap<String, String>,
    pub(crate) fragile: bool,
}

fn normal() -> Speed {
    Speed::Normal
}

#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Speed {
    Normal,
    NextDay,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Address {
    pub(crate) street: String,
    pub(crate) number: i32,
    #[serde(default)]
    pub(crate) floor: i8,
}

/// Tagged inside.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(crate) enum Progress {
    Paid {
        cents: u64,
    },
    SentTo(Address),
    HeldBy(User),
    /// Nobody knows where it is.
    Lost,
}

/// Tagged beside the content.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "unit", content = "value")]
pub(crate) enum Reading {
    Grams(u32),
    Celsius(f32),
    Words { text: String },
    Broken,
}

/// Tagged by a key, serde's default.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) enum Filter {
    Everything,
    Id(i64),
    Text { words: String, exact: Option<bool> },
}

/// Not tagged.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Key {
    Number(i64),
    Text(String),
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    pub(crate) next: Option<u32>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Folder {
    pub(crate) name: String,
    pub(crate) folders: Vec<Folder>,
    pub(crate) above: Option<Box<Folder>>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Totals {
    pub(crate) parcels: u64,
    pub(crate) change: i64,
    pub(crate) weight: f64,
    pub(crate) share: Option<f32>,
    pub(crate) level: i16,
    pub(crate) by_town: HashMap<String, u32>,
}

/// A tagged enum's fields stand beside others.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Visit {
    pub(crate) courier: String,
    #[serde(flatten)]
    pub(crate) outcome: Outcome,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "outcome", rename_all = "lowercase")]
pub(crate) enum Outcome {
    Delivered { to: String },
    Missed,
}

/// Types of the standard library that JSON has no equal of.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct Settings {
    pub(crate) patience: Duration,
    pub(crate) letter: char,
    pub(crate) by_hour: BTreeMap<u8, u32>,
    pub(crate) by_speed: BTreeMap<Speed, bool>,
    pub(crate) colour: [u8; 3],
    pub(crate) more: serde_json::Value,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            patience: Duration::from_secs(30),
            letter: 'a',
            by_hour: BTreeMap::new(),
            by_speed: BTreeMap::new(),
            colour: [0, 128, 255],
            more: serde_json::Value::Null,
        }
    }
}
