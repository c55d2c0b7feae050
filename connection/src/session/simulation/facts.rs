//! What is simulated, and what becomes of messages and calls.

use crate::session::{Class, MessageId};

#[derive(Debug, Clone, Copy)]
#[allow(clippy::struct_excessive_bools, reason = "a table of faults")]
pub(super) struct Config {
    pub(super) name: &'static str,
    pub(super) client_limit: usize,
    pub(super) server_limit: usize,
    pub(super) drop_oldest: bool,
    pub(super) redeliver: bool,
    pub(super) nodes: usize,
    pub(super) crash: bool,
    pub(super) restart: bool,
    pub(super) expiry: bool,
    pub(super) ttl: bool,
    pub(super) handover_loss: f64,
    pub(super) late: f64,
    pub(super) cuts_often: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Plain,
    Call,
    Idempotent,
    Reply(u64),
    /// Takes a call back.
    Cancel,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Msg {
    pub(super) id: u64,
    pub(super) kind: Kind,
}

impl Msg {
    pub(super) fn class(self) -> Class {
        match self.kind {
            Kind::Plain => Class::Message,
            Kind::Call => Class::Call,
            Kind::Idempotent => Class::IdempotentCall,
            Kind::Reply(_) | Kind::Cancel => Class::Reply,
        }
    }

    pub(super) fn encode(self, again: Option<&MessageId>) -> String {
        let kind = match self.kind {
            Kind::Plain => -1,
            Kind::Call => -2,
            Kind::Idempotent => -3,
            Kind::Cancel => -4,
            Kind::Reply(to) => i64::try_from(to).expect("small"),
        };
        let key = again.map_or_else(String::new, MessageId::to_string);
        let name = match self.kind {
            Kind::Cancel => "$cancel",
            Kind::Reply(_) if self.id.is_multiple_of(3) => "$error",
            _ => "m",
        };
        format!(r#"{{"type":"{name}","data":[{},{kind},"{key}"]}}"#, self.id)
    }

    pub(super) fn decode(data: &str) -> (Self, String) {
        let (id, kind, key): (u64, i64, String) = serde_json::from_str(data).expect("our own");
        let kind = match kind {
            -1 => Kind::Plain,
            -2 => Kind::Call,
            -3 => Kind::Idempotent,
            -4 => Kind::Cancel,
            to => Kind::Reply(u64::try_from(to).expect("positive")),
        };
        (Self { id, kind }, key)
    }
}

/// What became of a message, at its sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Pending,
    Confirmed,
    Dropped,
    Unconfirmed,
    Refused,
    /// Its sender's process has crashed.
    Died,
}

/// What became of a call, at its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Pending,
    Answered,
    Unknown,
    NotSent,
    Refused,
    ReplyLost,
}

/// What a receiver got: a message or a gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Got {
    Message(u64),
    Gap(u64),
}
