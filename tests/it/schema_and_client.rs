//! The schema and the client agree: the client accepts every message that is made from the
//! contract's document, and every frame that it sends is valid by the document.

mod envelopes;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use futures_util::StreamExt;
use proptest::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio_tungstenite::tungstenite::Message;
use wirebond::{
    Contract, Direction, Envelope,
    schema::{Document, sample::Sampler, validate::Validator},
};

use crate::support::server::{Connection, Server, in_time};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
struct User {
    id: uuid::Uuid,
    name: String,
    #[serde(default)]
    role: Role,
    home: Option<url::Url>,
}

#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Role {
    #[default]
    Guest,
    /// May do anything.
    Admin,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Chat {
    user: User,
    replies: Vec<Chat>,
    seen: BTreeMap<u32, bool>,
    marks: BTreeSet<i8>,
    place: (f64, f32),
    at: chrono::DateTime<chrono::Utc>,
    day: chrono::NaiveDate,
    took: Duration,
    anything: serde_json::Value,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Change {
    Paid { cents: u64 },
    SentTo(Address),
    Lost,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Address {
    #[schemars(length(min = 2, max = 9))]
    street: String,
    #[schemars(regex(pattern = "^[0-9]{5}$"))]
    code: String,
    number: i32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "t", content = "c")]
enum Adjacent {
    Number(u8),
    Text(String),
    Nothing,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
enum External {
    Number(i64),
    Named { x: bool, y: std::num::NonZeroU16 },
    Pair(String, char),
    Nothing,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Either {
    Number(i64),
    Text(String),
}

#[derive(Debug, Clone, PartialEq, Contract)]
#[contract(version = "1.0.0")]
#[allow(clippy::large_enum_variant, reason = "a payload in a box would be another case")]
enum App {
    Chat(Chat),
    #[message(from = "server")]
    OrderUpdate(Change),
    #[message(from = "client")]
    Order(Change),
    Count(u8),
    Tags(Vec<String>),
    Adjacent(Adjacent),
    External(External),
    Either(Option<Either>),
    Typing,
    #[message(from = "client")]
    Leave,
    #[message(from = "server")]
    Restart,
}

impl AppClient {
    /// Sends a message by the method that the client has for it.
    async fn send_one(&self, message: &App) {
        match message {
            App::Chat(data) => self.send_chat(data).await,
            App::Order(data) => self.send_order(data).await,
            App::Count(data) => self.send_count(data).await,
            App::Tags(data) => self.send_tags(data).await,
            App::Adjacent(data) => self.send_adjacent(data).await,
            App::External(data) => self.send_external(data).await,
            App::Either(data) => self.send_either(data).await,
            App::Typing => self.send_typing().await,
            App::Leave => self.send_leave().await,
            App::OrderUpdate(_) | App::Restart => panic!("the client can't send {message:?}"),
        }
        .unwrap();
    }
}

/// The contract as a document, and what is made from it.
struct Schema {
    document: Document,
    validator: Validator,
    sampler: Sampler,
}

impl Schema {
    fn new(seed: u64) -> Self {
        let document = App::contract().unwrap();
        let validator = Validator::new(&document).unwrap();
        let sampler = Sampler::new(&document, seed).unwrap();
        Self { document, validator, sampler }
    }

    /// Examples of what a side may send, `count` of each message.
    fn lines(&self, from: Direction, count: u64) -> Vec<String> {
        let is_sent = |direction: Direction| match from {
            Direction::Client => direction.client_sends(),
            Direction::Server => direction.server_sends(),
            Direction::Both => true,
        };
        let messages = self.document.messages().filter(|message| is_sent(message.direction()));
        messages
            .flat_map(|message| (0..count).map(move |index| (message.name(), index)))
            .map(|(name, index)| self.sampler.valid(name, index).unwrap().line())
            .collect()
    }
}

/// The message that a line holds; `None` for a heartbeat, which is no message of the enum.
fn read(line: &str) -> Option<App> {
    if line.starts_with(r#"{"type":"ping""#) || line.starts_with(r#"{"type":"pong""#) {
        return None;
    }
    let envelope: Envelope<App> =
        serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    Some(envelope.message)
}

/// The next text frame as it was sent, heartbeats included.
async fn next_message(connection: &mut Connection) -> String {
    loop {
        if let Message::Text(text) = in_time(connection.0.next()).await.unwrap().unwrap() {
            return text.to_string();
        }
    }
}

/// One connection: the server sends every example, the client sends every message.
async fn converse(schema: &Schema) {
    let server = Server::start().await;
    let app = AppClient::builder(server.url())
        .heartbeat_interval(Duration::from_millis(100))
        .build()
        .unwrap();
    let (connected, mut connection) = tokio::join!(in_time(app.connect()), server.accept());
    connected.unwrap();

    let mut messages = app.messages();
    for line in schema.lines(Direction::Server, 3) {
        connection.send_text(&line).await;
        if let Some(message) = read(&line) {
            assert_eq!(in_time(messages.next()).await.unwrap().data, message, "{line}");
        }
    }
    let stats = app.stats();
    assert_eq!((stats.malformed, stats.unknown), (0, 0), "every example is understood");

    let sent: Vec<App> =
        schema.lines(Direction::Client, 3).iter().filter_map(|line| read(line)).collect();
    for message in &sent {
        app.send_one(message).await;
    }
    let (mut received, mut heartbeats) = (Vec::new(), BTreeSet::new());
    while received.len() < sent.len() || heartbeats.len() < 2 {
        let line = next_message(&mut connection).await;
        let name = schema.validator.check(&line, Direction::Client);
        let name = name.unwrap_or_else(|rejection| panic!("{rejection}: {line}"));
        match read(&line) {
            Some(message) => received.push(message),
            // Its own `ping`, and the `pong` to the server's.
            None => drop(heartbeats.insert(name.to_owned())),
        }
    }
    assert_eq!(received, sent);
    tokio::join!(in_time(app.disconnect()), connection.until_closed());
}

/// The members of an envelope in any order, some of them twice, odd or missing.
fn envelope() -> impl Strategy<Value = String> {
    let member = prop::sample::select(vec![
        r#""type":"typing""#,
        r#""type":"count""#,
        r#""type":"tags""#,
        r#""ty\u0070e":"count""#,
        r#""type":"weather""#,
        r#""type":null"#,
        r#""data":7"#,
        r#""data":256"#,
        r#""data":["a","b"]"#,
        r#""data":null"#,
        r#""timestamp":0"#,
        r#""timestamp":null"#,
        r#""timestamp":-1"#,
        r#""timestamp":1.5"#,
        r#""timestamp":1.0"#,
        r#""timestamp":18446744073709551615"#,
        r#""timestamp":18446744073709551616"#,
        r#""timestamp":"1""#,
        r#""trace":{"data":1}"#,
        r#""trace":1"#,
        r#""":0"#,
        "",
    ]);
    let shape =
        prop::sample::select(vec!["{@}", " {@} ", "{@}", "[{@}]", "{@", "{@}}", "{@},", "@"]);
    (prop::collection::vec(member, 1..5), shape)
        .prop_map(|(members, shape)| shape.replace('@', &members.join(",")))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    /// An envelope is valid if and only if the codec accepts it, whatever its text looks like.
    #[test]
    fn the_validator_and_the_codec_agree_on_envelopes(text in envelope()) {
        thread_local! {
            static SCHEMA: Schema = Schema::new(0);
        }
        let is_valid =
            SCHEMA.with(|schema| schema.validator.check(&text, Direction::Both).is_ok());
        prop_assert_eq!(is_valid, serde_json::from_str::<Envelope<App>>(&text).is_ok(), "{}", text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The document's examples can be read; written back, they are valid and equal.
    #[test]
    fn every_example_is_a_message_and_every_message_is_valid(seed in any::<u64>()) {
        let schema = Schema::new(seed);
        for line in schema.lines(Direction::Both, 6) {
            let Some(message) = read(&line) else { continue };
            let written = serde_json::to_string(&Envelope::now(message.clone())).unwrap();
            let verdict = schema.validator.check(&written, Direction::Both);
            prop_assert!(verdict.is_ok(), "{}: {written}", verdict.unwrap_err());
            prop_assert_eq!(read(&written), Some(message));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn the_client_takes_every_example_and_sends_what_is_valid(seed in any::<u64>()) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(converse(&Schema::new(seed)));
    }
}

/// The client refuses every invalid example too, except where it is laxer by design.
#[test]
fn the_client_refuses_invalid_examples() {
    let schema = Schema::new(0);
    // Rust doesn't enforce these: only the document states them.
    let is_lax = |fault: &str| fault.contains("characters") || fault.contains("that matches");
    for message in schema.document.messages().filter(|message| !message.is_heartbeat()) {
        for index in 0..20 {
            let invalid = schema.sampler.invalid(message.name(), index).unwrap();
            let (line, fault) = (invalid.line(), invalid.fault().unwrap());
            let is_read = serde_json::from_str::<Envelope<App>>(&line).is_ok();
            assert!(!is_read || is_lax(fault.expected()), "{fault}: {line}");
        }
    }
}
