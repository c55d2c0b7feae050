//! What the document has a definition for: the contract's messages, and the answers to its calls.

use std::time::Duration;

use schemars::{Schema, SchemaGenerator};
use serde_json::Value;
use wirebond_core::{CallInfo, Direction, MessageInfo, Recognition, wire::form};

/// One message on the wire.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) name: String,
    /// What its definitions are called after.
    pub(super) variant: String,
    pub(super) direction: Direction,
    pub(super) description: String,
    pub(super) is_deprecated: bool,
    pub(super) recognition: Recognition,
    pub(super) role: Role,
    source: Source,
}

/// What a message is to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Nothing.
    Message,
    /// It makes one.
    Request { is_idempotent: bool, timeout: Option<Duration> },
    /// It answers one.
    Reply,
    /// It answers one that is refused.
    Error,
}

/// Where the payload's schema comes from.
#[derive(Debug, Clone, Copy)]
enum Source {
    Message(MessageInfo),
    Reply(CallInfo),
    Error(CallInfo),
}

impl Part {
    pub(super) fn of(message: &MessageInfo) -> Self {
        let role = match message.call() {
            Some(call) => {
                Role::Request { is_idempotent: call.is_idempotent(), timeout: call.timeout() }
            }
            None => Role::Message,
        };
        Self {
            name: message.name().to_owned(),
            variant: message.variant().to_owned(),
            direction: message.direction(),
            description: message.description().to_owned(),
            is_deprecated: message.is_deprecated(),
            recognition: message.recognition(),
            role,
            source: Source::Message(*message),
        }
    }

    /// Each message, and behind a call its answers.
    pub(super) fn all(messages: &[MessageInfo]) -> Vec<Self> {
        let of = |message: &MessageInfo| [Some(Self::of(message)), reply(message), error(message)];
        messages.iter().flat_map(of).flatten().collect()
    }

    /// Whether it answers a call.
    pub(super) fn is_answer(&self) -> bool {
        matches!(self.role, Role::Reply | Role::Error)
    }

    /// What stands at the tag: a string or an integer.
    pub(super) fn tag(&self) -> Value {
        let integer = |digits: &str| serde_json::from_str(digits).unwrap_or_default();
        match self.recognition {
            Recognition::Integer => integer(&self.name),
            Recognition::IntegerTag(digits) => integer(digits),
            Recognition::Tag(tag) => Value::from(tag),
            _ => Value::from(self.name.as_str()),
        }
    }

    /// The payload's schema; `None` for a message without payload.
    pub(super) fn payload_schema(&self, generator: &mut SchemaGenerator) -> Option<Schema> {
        match &self.source {
            Source::Message(message) => message.payload_schema(generator),
            Source::Reply(call) => call.reply_schema(generator),
            Source::Error(call) => call.error_schema(generator),
        }
    }
}

fn reply(message: &MessageInfo) -> Option<Part> {
    let call = *message.call()?;
    let description = format!("The answer to `{}`.", message.name());
    Some(answer(message, (form::REPLY_ENDING, "Reply"), description, Source::Reply(call)))
}

fn error(message: &MessageInfo) -> Option<Part> {
    let call = message.call().copied().filter(CallInfo::has_error)?;
    let description = format!("The answer to `{}` if it is refused.", message.name());
    Some(answer(message, (form::ERROR_ENDING, "Error"), description, Source::Error(call)))
}

fn answer(
    message: &MessageInfo,
    (ending, suffix): (&str, &str),
    description: String,
    source: Source,
) -> Part {
    Part {
        name: format!("{}{ending}", message.name()),
        variant: format!("{}{suffix}", message.variant()),
        direction: match message.direction() {
            Direction::Server => Direction::Client,
            _ => Direction::Server,
        },
        description,
        is_deprecated: message.is_deprecated(),
        recognition: Recognition::Name,
        role: if matches!(source, Source::Error(_)) { Role::Error } else { Role::Reply },
        source,
    }
}
