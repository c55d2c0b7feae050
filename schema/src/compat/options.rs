//! How to judge a change.

use std::{fmt, str::FromStr};

use super::allow::Allow;

/// Who is deployed first: that decides which side has the older contract for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Rollout {
    /// The server first: old clients talk to the new server.
    #[default]
    ServerFirst,
    /// The clients first: new clients talk to the old server.
    ClientFirst,
    /// Either may be first.
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
