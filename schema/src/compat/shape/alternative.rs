//! What a schema accepts, as alternatives of one JSON type each.

use serde_json::{Map, Value};

use super::scope::Scope;

/// Keywords whose outcome decides what has been looked at.
const CONDITIONAL: [&str; 5] = ["if", "then", "else", "dependentSchemas", "$dynamicRef"];

/// A JSON type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Kind {
    Null,
    Boolean,
    Number,
    String,
    Array,
    Object,
}

impl Kind {
    pub(crate) const ALL: [Self; 6] =
        [Self::Null, Self::Boolean, Self::Number, Self::String, Self::Array, Self::Object];

    pub(crate) fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(_) => Self::Boolean,
            Value::Number(_) => Self::Number,
            Value::String(_) => Self::String,
            Value::Array(_) => Self::Array,
            Value::Object(_) => Self::Object,
        }
    }
}

/// One type of value that a schema allows, with all that limits it.
#[derive(Debug, Clone)]
pub(crate) struct Alt<'a> {
    pub(crate) kind: Kind,
    /// The schemas whose keywords all hold.
    pub(crate) parts: Vec<&'a Map<String, Value>>,
    /// The only values allowed.
    pub(crate) values: Option<Vec<&'a Value>>,
    /// Of numbers: only integers.
    pub(crate) integer: bool,
    /// The definition that it comes from.
    pub(crate) def: Option<&'a str>,
    /// The schemas of fields and items that are left over.
    pub(crate) scopes: Vec<Scope<'a>>,
    /// Which branch of which `oneOf` it comes from.
    pub(crate) groups: Vec<(usize, usize)>,
}

impl Alt<'_> {
    pub(crate) fn any(kind: Kind) -> Self {
        let (parts, scopes, groups) = (vec![], vec![], vec![]);
        Alt { kind, parts, values: None, integer: false, def: None, scopes, groups }
    }

    /// Whether all that the scopes depend on is known.
    pub(crate) fn has_clear_scopes(&self) -> bool {
        let is_odd = |part: &&Map<String, Value>| {
            CONDITIONAL.iter().any(|key| part.contains_key(*key))
                || (self.kind == Kind::Array && part.contains_key("contains"))
        };
        !self.scopes.iter().any(|scope| scope.parts.iter().any(is_odd))
    }

    /// Whether it comes from a `oneOf`.
    pub(crate) fn is_exclusive(&self) -> bool {
        !self.groups.is_empty()
    }

    /// Whether a `oneOf` rejects what fits both.
    pub(crate) fn excludes(&self, other: &Self) -> bool {
        self.groups
            .iter()
            .any(|(id, branch)| other.groups.iter().any(|(o, b)| id == o && branch != b))
    }

    pub(crate) fn type_name(&self) -> &'static str {
        match self.kind {
            Kind::Null => "null",
            Kind::Boolean => "boolean",
            Kind::Number if self.integer => "integer",
            Kind::Number => "number",
            Kind::String => "string",
            Kind::Array => "array",
            Kind::Object => "object",
        }
    }
}

/// All that a schema allows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shape<'a> {
    pub(crate) alts: Vec<Alt<'a>>,
    /// Whether it is written as branches, not as a list of types.
    pub(crate) is_union: bool,
}

impl<'a> Shape<'a> {
    pub(crate) fn any() -> Self {
        Self { alts: Kind::ALL.map(Alt::any).to_vec(), is_union: false }
    }

    pub(crate) fn without_null(&self) -> Self {
        let alts = self.alts.iter().filter(|alt| alt.kind != Kind::Null).cloned().collect();
        Self { alts, is_union: self.is_union }
    }

    pub(crate) fn of_kind(&self, kind: Kind) -> Vec<&Alt<'a>> {
        self.alts.iter().filter(|alt| alt.kind == kind).collect()
    }
}
