//! Does a change of a contract break anybody who is deployed already?
//!
//! Two documents are compared message by message, each in the direction in which it is sent: does the
//! reader accept everything that the writer sends? Which of them has the older contract follows from who is
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
//! assert_eq!(report.verdict(), compat::Verdict::Breaking); // old clients need the name
//! # Ok::<_, wirebond_schema::ReadError>(())
//! ```

use crate::document::Document;

mod allow;
mod answers;
mod change;
mod classes;
mod compare;
mod form;
pub(crate) mod graph;
mod messages;
mod options;
mod renamed;
mod render;
mod report;
mod rules;
mod same;
mod shape;
mod tags;
mod version;

pub use allow::{Allow, AllowError};
pub use change::{Change, Level, Way};
pub use options::{Options, Rollout};
pub use render::Paint;
pub use report::{Report, Verdict};
pub use rules::Rule;

/// Compares two versions of a contract.
///
/// Whatever the documents are, it ends: what can't be judged, or would take too long, is reported as
/// [`Level::Undecided`].
pub fn diff(old: &Document, new: &Document, options: &Options) -> Report {
    let mut changes = messages::Pair::new(old, new, options.rollout).changes();
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
        required_version: judged.required,
    }
}
