//! The outcome of a comparison.

use serde_json::{Value, json};

use super::{
    allow::Allow,
    change::{Change, Level},
    options::{Options, Rollout},
};
use crate::document::Document;

/// Whether every peer keeps working.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Every peer does.
    Compatible,
    /// Nothing is known to break, but something can't be judged.
    Undecided,
    /// Some peer doesn't.
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
    /// Allowed changes that did not occur.
    pub unused: Vec<Allow>,
    /// The lowest version that the changes require, if the new contract's is lower.
    pub required_version: Option<String>,
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
            required_version: None,
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
            "version_due": self.required_version,
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
