//! One change of a contract, and how bad it is.

use std::fmt;

use serde_json::{Value, json};

use super::rules::Rule;

/// How bad a change is, from nothing to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// No peer notices.
    Ok,
    /// It works, but deserves attention.
    Warning,
    /// It can't be judged, so it fails.
    Undecided,
    /// A peer that is deployed already stops working.
    Breaking,
}

impl Level {
    /// Its name in outputs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Undecided => "undecided",
            Self::Breaking => "breaking",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The direction of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Way {
    /// From the client to the server.
    ToServer,
    /// From the server to the client.
    ToClient,
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::ToServer => "client→server",
            Self::ToClient => "server→client",
        })
    }
}

/// One change of a contract.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change {
    /// What kind of change it is.
    pub rule: Rule,
    /// How bad it is.
    pub level: Level,
    /// The message's wire name; `None` for the contract as a whole.
    pub message: Option<String>,
    /// The direction in which it matters; `None` if the direction makes no difference.
    pub way: Option<Way>,
    /// The place in the message, such as `$.data.user`; in the contract for the contract as a whole.
    pub path: String,
    /// Further places of the same message where the same definition stands.
    pub also: Vec<String>,
    /// Why, in one line.
    pub why: String,
    /// Whether an [`Allow`](super::Allow) accepts it.
    pub allowed: bool,
}

impl Change {
    /// The place as [`Allow`](super::Allow) names it: the wire name and the path in the message.
    pub fn place(&self) -> String {
        match &self.message {
            Some(message) => [message, self.path.strip_prefix('$').unwrap_or(&self.path)].concat(),
            None => self.path.clone(),
        }
    }

    pub(super) fn to_json(&self) -> Value {
        json!({
            "rule": self.rule.id(),
            "level": self.level.name(),
            "allowed": self.allowed,
            "message": self.message,
            "direction": self.way.map(|way| match way {
                Way::ToServer => "client-to-server",
                Way::ToClient => "server-to-client",
            }),
            "path": self.path,
            "also": self.also,
            "why": self.why,
            "allow": format!("{}:{}", self.rule, self.place()),
        })
    }
}

/// A change of a message as a whole.
pub(super) fn change(
    rule: Rule,
    level: Level,
    message: &str,
    way: Option<Way>,
    why: String,
) -> Change {
    let (message, path, also) = (Some(message.to_owned()), "$".to_owned(), Vec::new());
    Change { rule, level, message, way, path, also, why, allowed: false }
}

/// A change of the contract as a whole, at this place of it.
pub(super) fn of_contract(rule: Rule, level: Level, path: &str, why: String) -> Change {
    Change { path: path.to_owned(), message: None, ..change(rule, level, "", None, why) }
}
