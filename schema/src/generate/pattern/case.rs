//! Upper and lower case.

/// The letter of the other case, where there is exactly one.
pub(super) fn other_case(c: char) -> Option<char> {
    let one = |mut chars: Box<dyn Iterator<Item = char>>| match (chars.next(), chars.next()) {
        (Some(other), None) if other != c => Some(other),
        _ => None,
    };
    if c.is_lowercase() { one(Box::new(c.to_uppercase())) } else { one(Box::new(c.to_lowercase())) }
}
