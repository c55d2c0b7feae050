//! A contract as a document: `contract.json`, in a JSON Schema that code generators of other languages
//! turn into named types for each message.

use std::time::Duration;

use serde_json::Value;
use wirebond_core::{
    Direction,
    wire::form::{self, SideForm, WireForm},
};

use self::read::{Heading, Listed};
use crate::json_schema::reference;

mod canonical;
pub(crate) mod comment;
mod read;

pub use read::ReadError;
pub(crate) use read::{SIDES, batch_of};

/// The longest timeout of a call that a document may say, a day. Another one says nothing.
const MOST_MILLIS: u64 = 24 * 60 * 60 * 1000;

/// A contract as a document, generated from Rust or read from `contract.json`.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    value: Value,
    name: String,
    version: String,
    form: WireForm,
    messages: Vec<Listed>,
}

/// One message of a [`Document`].
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    listed: &'a Listed,
    schema: &'a Value,
    form: &'a WireForm,
}

impl<'a> Message<'a> {
    /// The name, which is the tag: the envelope's `type`. Of an integer, its decimal text. Where something else
    /// tells the message, its name doesn't stand on the wire: it is what reports call it.
    pub fn name(&self) -> &'a str {
        &self.listed.name
    }

    /// What stands at the tag, a string or an integer, which may be another than the name. `None` for a message that no tag
    /// tells.
    pub fn tag(&self) -> Option<&'a Value> {
        self.listed.tag.as_ref()
    }

    /// The tag as text: of an integer, its decimal digits.
    pub(crate) fn tag_text(&self) -> Option<String> {
        let tag = self.tag()?;
        Some(tag.as_str().map_or_else(|| tag.to_string(), str::to_owned))
    }

    /// The key that tells the message, where no tag does. A message that has neither is told by nothing: its
    /// payload alone is the message.
    pub fn key(&self) -> Option<&'a str> {
        self.listed.note.key.as_deref()
    }

    /// How the messages of its sender stand on the wire. For a message that either side may send, both
    /// write it alike.
    pub fn form(&self) -> &'a SideForm {
        if self.direction() == Direction::Server { &self.form.server } else { &self.form.client }
    }

    /// Whether wirebond's own names and keys are those of its contract.
    pub(crate) fn is_default_form(&self) -> bool {
        self.form.is_default()
    }

    /// Whether the payload's members stand beside those of the form.
    pub(crate) fn is_merged(&self) -> bool {
        self.listed.payload.is_some() && !self.is_answer()
    }

    /// The keys of the message itself that are none of its payload's.
    pub(crate) fn form_keys(&self) -> Vec<&'a str> {
        let form = self.form();
        let id = self.form.calls.as_ref().map(|calls| &calls.id);
        let places = form.tag.iter().chain(&form.timestamp).chain(id);
        let constants = form.constants.iter().map(|one| &*one.key);
        places
            .map(|place| &**place)
            .filter(|place| !place.starts_with('/'))
            .chain(constants)
            .collect()
    }

    /// How long a caller waits for its answer by default; `None` where the contract doesn't say.
    pub(crate) fn timeout(&self) -> Option<Duration> {
        let millis =
            self.listed.note.timeout.filter(|millis| (1..=MOST_MILLIS).contains(millis))?;
        Some(Duration::from_millis(millis))
    }

    /// Whether it is the answer to a call: its name is that of the call, and `.reply` or `.error`.
    pub(crate) fn is_answer(&self) -> bool {
        self.listed.note.answer
    }

    /// The name of the envelope's definition, such as `ChatMessage`.
    pub fn def(&self) -> &'a str {
        &self.listed.def
    }

    /// Who may send it.
    pub fn direction(&self) -> Direction {
        self.listed.direction
    }

    /// The schema of the whole envelope.
    pub fn schema(&self) -> &'a Value {
        self.schema
    }

    /// The schema of the payload; `None` for a message without one. Where the payload has no key of its own,
    /// this is a reference to the definition of its type, and [`schema`](Self::schema) has its fields beside
    /// the tag.
    pub fn payload(&self) -> Option<&'a Value> {
        if self.listed.payload.is_some() {
            return self.listed.payload.as_ref();
        }
        let content = self.form().content.as_deref().filter(|_| self.tag().is_some())?;
        self.schema.get("properties")?.get(content)
    }

    /// What it is for; empty if nothing says so.
    pub fn description(&self) -> &'a str {
        self.schema.get("description").and_then(Value::as_str).unwrap_or_default()
    }

    /// Whether it is deprecated.
    pub fn is_deprecated(&self) -> bool {
        self.schema.get("deprecated") == Some(&Value::Bool(true))
    }

    /// Whether it is the built-in heartbeat.
    pub fn is_heartbeat(&self) -> bool {
        self.form.is_default() && form::is_heartbeat(self.name())
    }
}

impl Document {
    /// The longest text that is read as a contract, in bytes: a few thousand messages. Its JSON takes
    /// at most some 300 MB of memory while it is read.
    pub const MOST: usize = read::LONGEST;

    /// Reads `contract.json`. The document has the shape that wirebond writes: every `$ref` leads to a
    /// definition, no definition is nothing but itself, and no part has an address of its own (`$id`,
    /// `$anchor`).
    ///
    /// # Errors
    ///
    /// Whatever the text is, the error says what is wrong with it: the line and column in text that
    /// isn't JSON, the JSON pointer in what is.
    ///
    /// # Examples
    ///
    /// ```
    /// use wirebond_schema::Document;
    ///
    /// let error = Document::parse("{}").unwrap_err();
    /// assert!(error.to_string().starts_with("it has no `$schema`"));
    /// ```
    pub fn parse(text: &str) -> Result<Self, ReadError> {
        Self::of_value(read::json(text)?)
    }

    pub(crate) fn of_value(mut value: Value) -> Result<Self, ReadError> {
        // The same order whatever features serde_json was built with.
        value.sort_all_objects();
        let Heading { name, version, form, messages } = read::heading(&value)?;
        Ok(Self { value, name, version, form, messages })
    }

    /// The contract's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The contract's version, after SemVer.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// What the contract is for; empty if nothing says so.
    pub fn description(&self) -> &str {
        self.value.get("description").and_then(Value::as_str).unwrap_or_default()
    }

    /// How the messages stand on the wire: [`WireForm::DEFAULT`], unless the document says otherwise.
    ///
    /// # Examples
    ///
    /// ```
    /// use wirebond_schema::Document;
    ///
    /// # let text = include_str!("../../tests/contract/shop.json");
    /// let document = Document::parse(text)?;
    /// assert!(document.form().is_default());
    /// # Ok::<_, wirebond_schema::ReadError>(())
    /// ```
    pub fn form(&self) -> &WireForm {
        &self.form
    }

    /// The messages: those of the client in the document's order, then those that only the server
    /// sends. A message that both send, and write differently, is two of one name.
    pub fn messages(&self) -> impl Iterator<Item = Message<'_>> {
        self.messages.iter().filter_map(|listed| {
            let schema = self.def(&listed.def)?;
            Some(Message { listed, schema, form: &self.form })
        })
    }

    /// A definition by its name.
    pub fn def(&self, name: &str) -> Option<&Value> {
        self.value.get("$defs")?.get(name)
    }

    /// Every definition, with its name.
    pub fn defs(&self) -> impl Iterator<Item = (&str, &Value)> {
        let defs = self.value.get("$defs").and_then(Value::as_object);
        defs.into_iter().flatten().map(|(name, schema)| (name.as_str(), schema))
    }

    /// The definition that a schema's `$ref` names, with its name. `None` for a schema without one:
    /// every `$ref` of a document leads to a definition.
    ///
    /// # Examples
    ///
    /// ```
    /// use wirebond_schema::Document;
    ///
    /// # let text = include_str!("../../tests/contract/shop.json");
    /// let document = Document::parse(text)?;
    /// let chat = document.messages().find(|message| message.name() == "chat");
    /// let (name, _) = chat.and_then(|chat| document.target(chat.payload()?)).ok_or("no payload")?;
    /// assert_eq!(name, "ChatMessage");
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn target(&self, schema: &Value) -> Option<(&str, &Value)> {
        reference::target(schema, self.value.get("$defs")?.as_object()?)
    }

    /// The whole as JSON.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// The whole document, to change parts of it other than the messages' names and directions.
    pub(crate) fn value_mut(&mut self) -> &mut Value {
        &mut self.value
    }

    /// The canonical text: the same bytes for the same contract, on every machine and whatever
    /// features other crates turn on.
    pub fn to_json(&self) -> String {
        canonical::text(&self.value)
    }
}
