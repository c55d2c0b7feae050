//! Checks the version against the verdict.

use std::cmp::Ordering;

use semver::{BuildMetadata, Prerelease, Version};

use super::{
    change::{Change, Level},
    rules::Rule,
};

/// What is wrong with the new version, and the one that the changes require.
#[derive(Default)]
pub(super) struct Judged {
    pub(super) changes: Vec<Change>,
    pub(super) required: Option<String>,
}

/// `worst` is of all changes that are not allowed; `matters`: one of them matters on the wire.
pub(super) fn judge(old: &str, new: &str, worst: Level, matters: bool) -> Judged {
    let (before, after) = match (parse(old), parse(new)) {
        (Ok(before), Ok(after)) => (before, after),
        (before, after) => {
            let wrong = before.err().into_iter().chain(after.err());
            return Judged { changes: wrong.map(invalid).collect(), required: None };
        }
    };
    let required = lowest(&before, worst, matters);
    let is_enough = is_bumped(&before, &after, worst, matters);
    let order = after.cmp_precedence(&before);
    let mut judged = Judged::default();
    if !is_enough {
        judged.required = Some(required.to_string());
    }
    if order == Ordering::Less {
        let why = format!("{old} → {new}: a version never goes back");
        judged.changes.push(change(Rule::VersionDowngraded, Level::Breaking, why));
    }
    if worst == Level::Breaking && !is_enough {
        let kind = if before.major == 0 { "minor (before 1.0)" } else { "major" };
        let why =
            format!("{old} → {new}: a breaking change requires a new {kind} version, {required}");
        judged.changes.push(change(Rule::MajorBumpMissing, Level::Breaking, why));
    } else if matters && order == Ordering::Equal {
        let why = format!("the contract changed and is still {new}: {required} is required");
        judged.changes.push(change(Rule::VersionUnchanged, Level::Warning, why));
    }
    judged
}

fn parse(text: &str) -> Result<Version, String> {
    Version::parse(text).map_err(|error| format!("{text:?} is no version after SemVer: {error}"))
}

/// Reading a contract rejects such a version already.
fn invalid(why: String) -> Change {
    change(Rule::NotRecognised, Level::Undecided, why)
}

fn change(rule: Rule, level: Level, why: String) -> Change {
    Change {
        rule,
        level,
        message: None,
        way: None,
        path: "version".to_owned(),
        also: Vec::new(),
        why,
        allowed: false,
    }
}

/// The lowest version that reflects what has changed.
fn lowest(before: &Version, worst: Level, matters: bool) -> Version {
    let mut required = before.clone();
    required.pre = Prerelease::EMPTY;
    required.build = BuildMetadata::EMPTY;
    let up = |number: u64| number.saturating_add(1);
    if worst == Level::Breaking {
        if required.major > 0 {
            required = Version::new(up(required.major), 0, 0);
        } else {
            required = Version::new(0, up(required.minor), 0);
        }
    } else if matters {
        required = if required.major > 0 {
            Version::new(required.major, up(required.minor), 0)
        } else {
            Version::new(0, required.minor, up(required.patch))
        };
    }
    required
}

fn is_bumped(before: &Version, after: &Version, worst: Level, matters: bool) -> bool {
    let order = after.cmp_precedence(before);
    // A version that is not released yet may change in any way, under a new pre-release.
    let core = |version: &Version| (version.major, version.minor, version.patch);
    if order == Ordering::Greater && !before.pre.is_empty() && core(before) == core(after) {
        return true;
    }
    if worst == Level::Breaking {
        let one = (before.major, if before.major == 0 { before.minor } else { 0 });
        let other = (after.major, if after.major == 0 { after.minor } else { 0 });
        return other > one;
    }
    if matters { order == Ordering::Greater } else { order != Ordering::Less }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_breaking_change_needs_a_major_version_or_before_one_a_minor() {
        for (old, new, rules, required) in [
            ("1.2.3", "2.0.0", &[][..], None),
            ("1.2.3", "3.0.0", &[], None),
            ("1.2.3", "2.0.0-alpha.1", &[], None),
            ("1.2.3", "1.3.0", &[Rule::MajorBumpMissing], Some("2.0.0")),
            ("1.2.3", "1.2.3", &[Rule::MajorBumpMissing], Some("2.0.0")),
            ("0.2.3", "0.3.0", &[], None),
            ("0.2.3", "1.0.0", &[], None),
            ("0.2.3", "0.2.4", &[Rule::MajorBumpMissing], Some("0.3.0")),
            ("2.0.0-alpha.1", "2.0.0-alpha.2", &[], None),
            ("2.0.0-alpha.1", "2.0.0", &[], None),
            ("2.0.0", "1.9.0", &[Rule::VersionDowngraded, Rule::MajorBumpMissing], Some("3.0.0")),
            ("1.0", "2.0.0", &[Rule::NotRecognised], None),
            ("x", "", &[Rule::NotRecognised, Rule::NotRecognised], None),
        ] {
            let judged = judge(old, new, Level::Breaking, true);
            let found: Vec<_> = judged.changes.iter().map(|change| change.rule).collect();
            assert_eq!(
                (found.as_slice(), judged.required.as_deref()),
                (rules, required),
                "{old} → {new}"
            );
        }
    }

    #[test]
    fn a_compatible_change_under_the_same_version_is_only_a_warning() {
        let judged = judge("1.2.3", "1.2.3", Level::Ok, true);
        assert_eq!(judged.changes[0].rule, Rule::VersionUnchanged);
        assert_eq!(judged.changes[0].level, Level::Warning);
        assert_eq!(judged.required.as_deref(), Some("1.3.0"));
        assert_eq!(judge("0.2.3", "0.2.3", Level::Ok, true).required.as_deref(), Some("0.2.4"));
        assert!(judge("1.2.3", "1.2.3", Level::Ok, false).changes.is_empty());
        assert!(judge("1.2.3", "1.2.4", Level::Warning, true).changes.is_empty());
        let back = judge("1.2.3", "1.2.2", Level::Ok, false).changes;
        assert_eq!(back[0].rule, Rule::VersionDowngraded);
    }

    #[test]
    fn the_largest_version_has_no_next_one_and_does_no_harm() {
        let most = format!("{0}.{0}.{0}", u64::MAX);
        assert!(judge(&most, &most, Level::Breaking, true).required.is_some());
    }
}
