//! A contract as a document: `contract.json`, in a JSON Schema that code generators of other languages
//! turn into named types for each message.

use serde_json::Value;
use wirebond_core::{Direction, wire::form};

use self::read::{Heading, Listed};
use crate::json_schema::reference;

mod canonical;
mod read;

pub use read::ReadError;
pub(crate) use read::SIDES;

/// A contract as a document, generated from Rust or read from `contract.json`.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    value: Value,
    name: String,
    version: String,
    messages: Vec<Listed>,
}

/// One message of a [`Document`].
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    listed: &'a Listed,
    schema: &'a Value,
}

impl<'a> Message<'a> {
    /// The wire name: the envelope's `type`.
    pub fn name(&self) -> &'a str {
        &self.listed.name
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

    /// The schema of `data`; `None` for a message without payload.
    pub fn payload(&self) -> Option<&'a Value> {
        self.schema.get("properties")?.get(form::DATA)
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
        form::is_heartbeat(self.name())
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
        let Heading { name, version, messages } = read::heading(&value)?;
        Ok(Self { value, name, version, messages })
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

    /// The messages: those of the client in the document's order, then those that only the server
    /// sends.
    pub fn messages(&self) -> impl Iterator<Item = Message<'_>> {
        self.messages.iter().filter_map(|listed| {
            let schema = self.def(&listed.def)?;
            Some(Message { listed, schema })
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
