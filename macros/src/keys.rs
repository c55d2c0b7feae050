//! The keys of `#[contract(…)]` and `#[message(…)]`, and what each may be followed by.

/// The keys of a list, and what each may be followed by.
pub(crate) type Keys = &'static [(&'static str, Kind)];

/// What a key may be followed by.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `key = "text"`.
    Text,
    /// `key = "text"`, or `key = 10`.
    TextOrInteger,
    /// `key = "text"`, or `key = false`.
    TextOrFalse,
    /// `key = "text"`, or `key(…)` with these keys.
    TextOrList(Keys),
    /// `key = "::a::path"`, or the path without quotes: a macro's `$crate` is no text.
    Path,
    /// `key = Type`, without quotes.
    Type,
    /// The key alone.
    Flag,
    /// The key alone, or `key(…)` with these keys.
    FlagOrList(Keys),
    /// `key(any = "value", …)`.
    Members,
}

impl Kind {
    /// The keys of the list that may follow.
    pub(crate) fn list(self) -> Option<Keys> {
        match self {
            Self::TextOrList(keys) | Self::FlagOrList(keys) => Some(keys),
            _ => None,
        }
    }

    /// How it is written, for errors.
    pub(crate) fn example(self, key: &str) -> String {
        match self {
            Self::TextOrInteger => format!("a string or an integer: `{key} = \"…\"`, `{key} = 10`"),
            Self::TextOrFalse => {
                format!("a string: `{key} = \"…\"`, or `{key} = false` for none")
            }
            Self::Members => format!("members with their values: `{key}(version = \"2.0\")`"),
            _ => format!("a string: `{key} = \"…\"`"),
        }
    }
}

/// What `#[contract(…)]` takes.
pub(crate) const CONTRACT_KEYS: Keys = &[
    ("version", Kind::Text),
    ("name", Kind::Text),
    ("rename_all", Kind::Text),
    ("client", Kind::TextOrList(SIDE_KEYS)),
    ("handler", Kind::Text),
    ("opening", Kind::Text),
    ("crate", Kind::Path),
    ("server", Kind::FlagOrList(SIDE_KEYS)),
    ("history", Kind::Text),
    ("tag", Kind::TextOrFalse),
    ("content", Kind::Text),
    ("timestamp", Kind::TextOrFalse),
    ("constant", Kind::Members),
    ("batch", Kind::Flag),
    ("id", Kind::Text),
    ("re", Kind::Text),
    ("ids", Kind::Text),
    ("result", Kind::Text),
    ("error", Kind::Text),
    ("success", Kind::Text),
];

/// What `client(…)` and `server(…)` take.
pub(crate) const SIDE_KEYS: Keys = &[
    ("tag", Kind::TextOrFalse),
    ("content", Kind::Text),
    ("timestamp", Kind::TextOrFalse),
    ("constant", Kind::Members),
];

/// What `#[message(…)]` takes.
pub(crate) const MESSAGE_KEYS: Keys = &[
    ("from", Kind::Text),
    ("name", Kind::TextOrInteger),
    ("tag", Kind::TextOrInteger),
    ("untagged", Kind::Flag),
    ("key", Kind::Text),
    ("method", Kind::Text),
    ("lenient", Kind::Flag),
    ("reply", Kind::Type),
    ("error", Kind::Type),
    ("idempotent", Kind::Flag),
    ("timeout", Kind::Text),
];
