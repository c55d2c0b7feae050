//! Changes that are accepted on purpose.

use std::{fmt, str::FromStr};

use super::{change::Change, rules::Rule};

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
            let message = "it is written RULE:PATH, such as required-field-added:chat.data.user";
            return Err(AllowError(message.to_owned()));
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
