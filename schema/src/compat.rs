//! Does a change of a contract break anybody who is deployed already?
//!
//! Two documents are compared message by message, each in the direction in which it goes: is all that
//! the writer sends taken by the reader? Which of them has the older contract follows from who is
//! deployed first ([`Rollout`]). A writer sends only the fields that it declares, unless its schema
//! says expressly that there are others.
//!
//! ```
//! use wirebond_schema::{Document, compat};
//!
//! # let text = include_str!("../../tests/contract/shop.json");
//! let old = Document::parse(text)?;
//! let new = Document::parse(&text.replace(r#""required": ["id", "name"]"#, r#""required": ["id"]"#))?;
//! let report = compat::diff(&old, &new, &compat::Options::default());
//! assert_eq!(report.verdict(), compat::Verdict::Breaking); // old clients want the name
//! # Ok::<_, wirebond_schema::ReadError>(())
//! ```

use std::{fmt, str::FromStr};

use crate::Document;

mod absorb;
mod array;
mod equal;
mod fields;
mod keywords;
mod markdown;
mod message;
mod node;
mod number;
mod object;
mod path;
mod pattern;
mod renamed;
mod report;
mod rules;
mod same;
mod scalar;
mod scope;
mod text;
mod union;
mod version;
mod walk;
mod witness;

pub use report::{Allow, AllowError, Change, Level, Report, Verdict, Way};
pub use rules::Rule;
pub use text::Paint;

/// Who is deployed first: that decides which side has the older contract for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Rollout {
    /// Old clients linger: they talk to the new server.
    #[default]
    ServerFirst,
    /// New clients talk to the old server.
    ClientFirst,
    /// Both happens.
    AnyOrder,
}

impl Rollout {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::ServerFirst, Self::ClientFirst, Self::AnyOrder];

    /// Its name in outputs and arguments.
    pub fn name(self) -> &'static str {
        match self {
            Self::ServerFirst => "server-first",
            Self::ClientFirst => "client-first",
            Self::AnyOrder => "any-order",
        }
    }
}

impl fmt::Display for Rollout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Rollout {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|one| one.name() == text)
            .ok_or_else(|| format!("{text:?} is none of {}", Self::ALL.map(Self::name).join(", ")))
    }
}

/// How to judge.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Who is deployed first.
    pub rollout: Rollout,
    /// Changes that are accepted on purpose.
    pub allow: Vec<Allow>,
}

/// Compares two versions of a contract.
///
/// Whatever the documents are, it ends: what can't be judged, or would take too long, is reported as
/// [`Level::Undecided`].
pub fn diff(old: &Document, new: &Document, options: &Options) -> Report {
    let mut changes = message::Pair::new(old, new, options.rollout).changes();
    let mut used = vec![false; options.allow.len()];
    let mut allow = |changes: &mut [Change]| {
        for change in changes {
            for (allow, used) in options.allow.iter().zip(&mut used) {
                if allow.covers(change) {
                    change.allowed = true;
                    *used = true;
                }
            }
        }
    };
    allow(&mut changes);
    let counted = || changes.iter().filter(|change| !change.allowed);
    let worst = counted().map(|change| change.level).max().unwrap_or(Level::Ok);
    let matters = changes.iter().any(|change| !change.rule.is_cosmetic());
    let mut judged = version::judge(old.version(), new.version(), worst, matters);
    allow(&mut judged.changes);
    changes.append(&mut judged.changes);
    let unused = options.allow.iter().zip(used).filter(|(_, used)| !used);
    let side = |document: &Document| (document.name().to_owned(), document.version().to_owned());
    Report {
        rollout: options.rollout,
        old: side(old),
        new: side(new),
        changes,
        unused: unused.map(|(allow, _)| allow.clone()).collect(),
        due: judged.due,
    }
}
