//! The outcome of a comparison.

use std::{fmt, str::FromStr};

use serde_json::{Value, json};

use super::{Options, Rollout, rules::Rule};
use crate::Document;

/// How bad a change is, from nothing to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// Nobody notices.
    Ok,
    /// It works, but somebody should know.
    Warning,
    /// It can't be judged, so it fails.
    Undecided,
    /// Somebody who is deployed already stops working.
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

/// The way that a message goes.
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
    /// The way in which it matters; `None` if that makes no difference.
    pub way: Option<Way>,
    /// The place in the message, such as `$.data.user`; in the contract for the contract as a whole.
    pub path: String,
    /// Further places of the same message where the same definition stands.
    pub also: Vec<String>,
    /// Why, in one line.
    pub why: String,
    /// Whether an [`Allow`] takes it out of the verdict.
    pub allowed: bool,
}

impl Change {
    /// The place as [`Allow`] takes it: the wire name and the path in the message.
    pub fn place(&self) -> String {
        match &self.message {
            Some(message) => [message, self.path.strip_prefix('$').unwrap_or(&self.path)].concat(),
            None => self.path.clone(),
        }
    }

    fn to_json(&self) -> Value {
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

/// A change that is accepted on purpose: `RULE:PATH`.
///
/// The path is the wire name and the place in the message (`chat.data.user`), or the place in any
/// message (`$.data.user`). A `*` at its end stands for any rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allow {
    rule: Rule,
    path: String,
}

impl Allow {
    pub(super) fn covers(&self, change: &Change) -> bool {
        let fits = |place: &str| match self.path.strip_suffix('*') {
            Some(start) => place == self.path || place.starts_with(start),
            None => place == self.path,
        };
        self.rule == change.rule && (fits(&change.place()) || fits(&change.path))
    }
}

impl fmt::Display for Allow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.rule, self.path)
    }
}

impl FromStr for Allow {
    type Err = AllowError;

    fn from_str(text: &str) -> Result<Self, AllowError> {
        let Some((rule, path)) = text.split_once(':') else {
            let words = "it is written RULE:PATH, such as required-field-added:chat.data.user";
            return Err(AllowError(words.to_owned()));
        };
        let rule = Rule::from_id(rule)
            .ok_or_else(|| AllowError(format!("there is no rule {rule:?} (see docs/rules.md)")))?;
        if path.is_empty() {
            return Err(AllowError("the path is missing: `*` stands for any".to_owned()));
        }
        Ok(Self { rule, path: path.to_owned() })
    }
}

/// Why a text is no [`Allow`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowError(String);

impl fmt::Display for AllowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for AllowError {}

/// Whether everybody goes on working.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Everybody does.
    Compatible,
    /// Nothing is known to break, but something can't be judged.
    Undecided,
    /// Somebody doesn't.
    Breaking,
}

impl Verdict {
    /// Its name in outputs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Compatible => "compatible",
            Self::Undecided => "undecided",
            Self::Breaking => "breaking",
        }
    }
}

/// All changes between two contracts, and what follows from them.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Report {
    /// Who is deployed first.
    pub rollout: Rollout,
    /// The name and version of the older contract.
    pub old: (String, String),
    /// The name and version of the newer contract.
    pub new: (String, String),
    /// The changes, by message.
    pub changes: Vec<Change>,
    /// What was to be allowed and never came up.
    pub unused: Vec<Allow>,
    /// The version that the changes ask for, if it is higher than the new contract's.
    pub due: Option<String>,
}

impl Report {
    /// The verdict, from all changes that are not allowed.
    pub fn verdict(&self) -> Verdict {
        let worst = self.changes.iter().filter(|one| !one.allowed).map(|one| one.level).max();
        match worst {
            Some(Level::Breaking) => Verdict::Breaking,
            Some(Level::Undecided) => Verdict::Undecided,
            _ => Verdict::Compatible,
        }
    }

    /// The report on a contract before which there was none: nothing can break.
    ///
    /// ```
    /// # use wirebond_schema::{Document, compat::{Options, Report, Verdict}};
    /// # let text = include_str!("../../../tests/contract/shop.json");
    /// let report = Report::of_first(&Document::parse(text)?, &Options::default());
    /// assert_eq!(report.verdict(), Verdict::Compatible);
    /// # Ok::<_, wirebond_schema::ReadError>(())
    /// ```
    pub fn of_first(new: &Document, options: &Options) -> Self {
        Self {
            rollout: options.rollout,
            old: (new.name().to_owned(), String::new()),
            new: (new.name().to_owned(), new.version().to_owned()),
            changes: Vec::new(),
            unused: options.allow.clone(),
            due: None,
        }
    }

    /// Whether there was no contract before.
    pub fn is_first(&self) -> bool {
        self.old.1.is_empty()
    }

    /// How many changes there are of a level, without those that are allowed.
    pub fn count(&self, level: Level) -> usize {
        self.changes.iter().filter(|one| !one.allowed && one.level == level).count()
    }

    /// The whole as JSON.
    pub fn to_json(&self) -> Value {
        let side = |(name, version): &(String, String)| json!({ "name": name, "version": version });
        json!({
            "verdict": self.verdict().name(),
            "rollout": self.rollout.name(),
            "old": (!self.is_first()).then(|| side(&self.old)),
            "new": side(&self.new),
            "version_due": self.due,
            "counts": {
                "breaking": self.count(Level::Breaking),
                "undecided": self.count(Level::Undecided),
                "warning": self.count(Level::Warning),
                "ok": self.count(Level::Ok),
                "allowed": self.changes.iter().filter(|one| one.allowed).count(),
            },
            "changes": self.changes.iter().map(Change::to_json).collect::<Vec<_>>(),
            "unused_allows": self.unused.iter().map(ToString::to_string).collect::<Vec<_>>(),
        })
    }
}
