//! What a contract is: its messages, their names and directions, and the trait that the derive
//! implements.

use std::fmt;

use schemars::{Schema, SchemaGenerator};
use serde::{Deserializer, ser::SerializeStruct};

mod call;

pub use call::CallInfo;

use crate::form::WireForm;

/// Which side of the connection may send a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Only the client sends it: `#[message(from = "client")]`.
    Client,
    /// Only the server sends it: `#[message(from = "server")]`.
    Server,
    /// Either side sends it: the default, `#[message(from = "both")]`.
    Both,
}

impl Direction {
    /// Returns whether the client may send a message of this direction.
    ///
    /// ```
    /// use wirebond_core::Direction;
    ///
    /// assert!(Direction::Both.client_sends());
    /// assert!(!Direction::Server.client_sends());
    /// ```
    pub const fn client_sends(self) -> bool {
        matches!(self, Self::Client | Self::Both)
    }

    /// Returns whether the server may send a message of this direction.
    ///
    /// ```
    /// use wirebond_core::Direction;
    ///
    /// assert!(Direction::Both.server_sends());
    /// assert!(!Direction::Client.server_sends());
    /// ```
    pub const fn server_sends(self) -> bool {
        matches!(self, Self::Server | Self::Both)
    }
}

/// How a message is recognised on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Recognition {
    /// By its name, a string.
    Name,
    /// By its name, an integer: `#[message(name = 10)]`.
    Integer,
    /// By a tag that is another string than its name: `#[message(tag = "subscribe")]`.
    Tag(&'static str),
    /// By a tag that is an integer, which its name isn't: `#[message(tag = 10)]`. These are its decimal digits.
    IntegerTag(&'static str),
    /// By a key of the object, which has no tag: `#[message(key = "result")]`.
    Key(&'static str),
    /// By nothing: `#[message(untagged)]`. The payload alone is the message.
    Untagged,
}

/// One message of a contract: a variant of the enum, seen as data.
#[derive(Clone, Copy)]
pub struct MessageInfo {
    name: &'static str,
    variant: &'static str,
    direction: Direction,
    description: &'static str,
    deprecated: bool,
    lenient: bool,
    recognition: Recognition,
    payload: Option<fn(&mut SchemaGenerator) -> Schema>,
    call: Option<CallInfo>,
}

impl MessageInfo {
    /// A message without payload. The derive calls this; the order of `const` calls is its business.
    #[doc(hidden)]
    pub const fn unit(name: &'static str, variant: &'static str, direction: Direction) -> Self {
        Self {
            name,
            variant,
            direction,
            description: "",
            deprecated: false,
            lenient: false,
            recognition: Recognition::Name,
            payload: None,
            call: None,
        }
    }

    /// A message that carries a payload of this schema.
    #[doc(hidden)]
    pub const fn carrying(
        name: &'static str,
        variant: &'static str,
        direction: Direction,
        schema: fn(&mut SchemaGenerator) -> Schema,
    ) -> Self {
        Self { payload: Some(schema), ..Self::unit(name, variant, direction) }
    }

    /// Adds the variant's doc comment.
    #[doc(hidden)]
    #[must_use]
    pub const fn described(mut self, description: &'static str) -> Self {
        self.description = description;
        self
    }

    /// Marks the message as deprecated.
    #[doc(hidden)]
    #[must_use]
    pub const fn deprecated(mut self) -> Self {
        self.deprecated = true;
        self
    }

    /// Marks the message as one whose payload may accept more than its schema says.
    #[doc(hidden)]
    #[must_use]
    pub const fn lenient(mut self) -> Self {
        self.lenient = true;
        self
    }

    /// Sets what else than a string tells the message.
    #[doc(hidden)]
    #[must_use]
    pub const fn recognised_by(mut self, recognition: Recognition) -> Self {
        self.recognition = recognition;
        self
    }

    /// Makes the message a call.
    #[doc(hidden)]
    #[must_use]
    pub const fn answered(mut self, call: CallInfo) -> Self {
        self.call = Some(call);
        self
    }

    /// Returns the message's name, which no other message of the contract has. It stands on the wire, as the
    /// envelope's `type`, unless [`recognition`](Self::recognition) says that something else tells the message.
    ///
    /// ```
    /// # fn example<App: wirebond_core::Contract>() {
    /// for message in App::MESSAGES {
    ///     println!("{}", message.name());
    /// }
    /// # }
    /// ```
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Returns how the message is recognised on the wire. Where that isn't by its name, [`name`](Self::name)
    /// doesn't stand on the wire: it is what reports call the message.
    ///
    /// ```
    /// use wirebond_core::Recognition;
    ///
    /// # fn example<App: wirebond_core::Contract>() {
    /// for message in App::MESSAGES {
    ///     if let Recognition::Key(key) = message.recognition() {
    ///         println!("{} is told by `{key}`", message.name());
    ///     }
    /// }
    /// # }
    /// ```
    pub const fn recognition(&self) -> Recognition {
        self.recognition
    }

    /// Returns the variant's name in Rust.
    ///
    /// ```
    /// # fn example<App: wirebond_core::Contract>() {
    /// for message in App::MESSAGES {
    ///     println!("{} is {}", message.name(), message.variant());
    /// }
    /// # }
    /// ```
    pub const fn variant(&self) -> &'static str {
        self.variant
    }

    /// Returns which side may send it.
    ///
    /// ```
    /// # fn example<App: wirebond_core::Contract>() {
    /// for message in App::MESSAGES {
    ///     if message.direction().client_sends() {
    ///         println!("{}", message.name());
    ///     }
    /// }
    /// # }
    /// ```
    pub const fn direction(&self) -> Direction {
        self.direction
    }

    /// Returns the variant's doc comment, which may be empty.
    ///
    /// ```
    /// # fn example<App: wirebond_core::Contract>() {
    /// for message in App::MESSAGES {
    ///     println!("{}: {}", message.name(), message.description());
    /// }
    /// # }
    /// ```
    pub const fn description(&self) -> &'static str {
        self.description
    }

    /// Returns whether the variant is `#[deprecated]`.
    ///
    /// ```
    /// # fn example<App: wirebond_core::Contract>() {
    /// for message in App::MESSAGES {
    ///     if message.is_deprecated() {
    ///         println!("{}", message.name());
    ///     }
    /// }
    /// # }
    /// ```
    pub const fn is_deprecated(&self) -> bool {
        self.deprecated
    }

    /// Returns whether the variant is marked `#[message(lenient)]`: its payload may accept more than the
    /// published schema, for example with `#[serde(deserialize_with = "…")]`.
    ///
    /// ```
    /// # fn example<App: wirebond_core::Contract>() {
    /// for message in App::MESSAGES {
    ///     if message.is_lenient() {
    ///         println!("{}", message.name());
    ///     }
    /// }
    /// # }
    /// ```
    pub const fn is_lenient(&self) -> bool {
        self.lenient
    }

    /// Returns what is known of the answer, for a message that is a call: `#[message(reply = Type)]`.
    ///
    /// ```
    /// # fn example<App: wirebond_core::Contract>() {
    /// for message in App::MESSAGES {
    ///     if let Some(call) = message.call() {
    ///         println!("{} is answered: {call:?}", message.name());
    ///     }
    /// }
    /// # }
    /// ```
    pub const fn call(&self) -> Option<&CallInfo> {
        self.call.as_ref()
    }

    /// Returns whether the message has a payload.
    ///
    /// ```
    /// # fn example<App: wirebond_core::Contract>() {
    /// for message in App::MESSAGES {
    ///     if !message.has_payload() {
    ///         println!("{}", message.name());
    ///     }
    /// }
    /// # }
    /// ```
    pub const fn has_payload(&self) -> bool {
        self.payload.is_some()
    }

    /// Returns the payload's schema: a reference into `generator`'s definitions for a named type, the schema
    /// itself for an inline one, `None` for a message without payload.
    ///
    /// ```
    /// # fn example<App: wirebond_core::Contract>() {
    /// let mut generator = schemars::SchemaGenerator::default();
    /// for message in App::MESSAGES {
    ///     println!("{}: {:?}", message.name(), message.payload_schema(&mut generator));
    /// }
    /// # }
    /// ```
    pub fn payload_schema(&self, generator: &mut SchemaGenerator) -> Option<Schema> {
        self.payload.map(|schema| schema(generator))
    }
}

impl fmt::Debug for MessageInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MessageInfo")
            .field("name", &self.name)
            .field("variant", &self.variant)
            .field("direction", &self.direction)
            .field("deprecated", &self.deprecated)
            .field("lenient", &self.lenient)
            .field("recognition", &self.recognition)
            .field("payload", &self.has_payload())
            .field("call", &self.call)
            .finish_non_exhaustive()
    }
}

/// A message contract: everything that a client and its backend say to each other.
///
/// Implemented by `#[derive(Contract)]` and by nothing else: the hidden supertrait changes without
/// notice.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a message contract",
    label = "not a contract",
    note = "put `#[derive(wirebond::Contract)]` on the enum that lists the messages"
)]
pub trait Contract: WireContract {
    /// The contract's name: the enum's, or `#[contract(name = "…")]`.
    const NAME: &'static str;
    /// Its version after [SemVer](https://semver.org): `#[contract(version = "…")]`, or `0.0.0`.
    const VERSION: &'static str;
    /// The enum's doc comment; empty if it has none.
    const DESCRIPTION: &'static str;
    /// Its messages, in the order of the variants.
    const MESSAGES: &'static [MessageInfo];
}

/// How a contract's values are written and read: the part of the derive that is not API.
#[doc(hidden)]
pub trait WireContract: Sized + Send + 'static {
    /// How the messages stand on the wire.
    const FORM: &'static WireForm = &WireForm::DEFAULT;
    /// How each message of `Contract::MESSAGES` begins where the client writes it: the tag and the constants of
    /// the form, without the closing brace: `{"type":"chat"`. `{` alone where nothing comes before the payload.
    const HEADS: &'static [&'static str];
    /// The same where the server writes it.
    const SERVER_HEADS: &'static [&'static str] = Self::HEADS;

    /// The place in `Contract::MESSAGES` of the message with this wire name.
    fn position(name: &str) -> Option<usize>;

    /// The place in `Contract::MESSAGES` of this value.
    fn index(&self) -> usize;

    /// Writes `data`, or nothing for a message without payload.
    fn write_data<S: SerializeStruct>(&self, fields: &mut Fields<'_, S>) -> Result<(), S::Error>;

    /// Reads the payload of the message at `index`.
    ///
    /// Never called for a message without payload: see [`unit`](Self::unit).
    fn read_data<'de, D: Deserializer<'de>>(index: usize, data: D) -> Result<Self, D::Error>;

    /// The value of the message at `index` if it carries no payload.
    fn unit(index: usize) -> Option<Self>;
}

/// Where [`WireContract::write_data`] puts the payload.
#[doc(hidden)]
#[derive(Debug)]
pub struct Fields<'a, S>(pub(crate) &'a mut S);

impl<'a, S> Fields<'a, S> {
    /// Puts the payload into this struct, as its field `data`.
    #[doc(hidden)]
    pub fn of(out: &'a mut S) -> Self {
        Self(out)
    }
}

/// The error for a message that carries no payload. It is never read.
#[doc(hidden)]
pub fn no_payload<E: serde::de::Error>() -> E {
    E::custom("this message carries no payload")
}
