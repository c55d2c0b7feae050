//! Types as text that can be joined.

use std::collections::BTreeSet;

/// How tightly a type's text holds together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Bond {
    Union,
    Intersection,
    Single,
}

/// A type as text.
#[derive(Debug, Clone)]
pub(super) struct Type {
    pub(super) text: String,
    bond: Bond,
    /// The members of a union.
    members: Vec<String>,
}

impl Type {
    pub(super) fn single(text: impl Into<String>) -> Self {
        Self { text: text.into(), bond: Bond::Single, members: Vec::new() }
    }

    pub(super) fn unknown() -> Self {
        Self::single("unknown")
    }

    pub(super) fn never() -> Self {
        Self::single("never")
    }

    pub(super) fn list(item: &Self) -> Self {
        Self::single(item.as_single() + "[]")
    }

    /// In brackets, where something follows that binds tighter.
    pub(super) fn as_single(&self) -> String {
        self.at_least(Bond::Single)
    }

    fn at_least(&self, bond: Bond) -> String {
        if self.bond >= bond { self.text.clone() } else { format!("({})", self.text) }
    }

    /// A declaration with each member of a union on a line of its own.
    pub(super) fn broken(&self, head: &str) -> String {
        if self.members.is_empty() {
            return format!("{head} {};\n", self.text);
        }
        let indented: Vec<_> =
            self.members.iter().map(|member| member.replace('\n', "\n    ")).collect();
        format!("{head}\n  | {};\n", indented.join("\n  | "))
    }

    fn is(&self, text: &str) -> bool {
        self.text == text
    }
}

/// A union of several types.
pub(super) fn union(types: Vec<Type>) -> Type {
    if types.iter().any(|type_| type_.is("unknown")) {
        return Type::unknown();
    }
    let mut seen = BTreeSet::new();
    let mut members = Vec::new();
    for type_ in types {
        let parts = if type_.members.is_empty() { vec![type_.text] } else { type_.members };
        members
            .extend(parts.into_iter().filter(|part| part != "never" && seen.insert(part.clone())));
    }
    match members.len() {
        0 => Type::never(),
        // It may be an intersection.
        1 => Type { text: members.concat(), bond: Bond::Intersection, members: Vec::new() },
        _ => Type { text: members.join(" | "), bond: Bond::Union, members },
    }
}

/// An intersection of several types.
pub(super) fn intersection(types: Vec<Type>) -> Type {
    if types.iter().any(|type_| type_.is("never")) {
        return Type::never();
    }
    let mut types: Vec<_> = types.into_iter().filter(|type_| !type_.is("unknown")).collect();
    match types.len() {
        0 => Type::unknown(),
        1 => types.remove(0),
        _ => {
            let texts: Vec<_> =
                types.iter().map(|type_| type_.at_least(Bond::Intersection)).collect();
            Type { text: texts.join(" & "), bond: Bond::Intersection, members: Vec::new() }
        }
    }
}
