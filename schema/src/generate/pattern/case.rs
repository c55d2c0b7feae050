//! Upper and lower case.

/// How a letter is written in either case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cases {
    /// It has no case.
    One,
    /// In the other case it is this letter, and that letter's other case is this one again.
    Two(char),
    /// Another number of letters, such as `ß`, or one of several with the same other case, such as `ı`.
    Other,
}

/// The cases of a letter.
///
/// Letters that only compatibility has (`K`, the Kelvin sign, beside `k`) are not among them.
pub(super) fn cases(c: char) -> Cases {
    match other_case(c) {
        Ok(Some(other)) if other_case(other) == Ok(Some(c)) => Cases::Two(other),
        Ok(None) => Cases::One,
        _ => Cases::Other,
    }
}

/// The letter in the other case, if there is one; an error if it is several letters there.
fn other_case(c: char) -> Result<Option<char>, ()> {
    let one = |mut chars: Box<dyn Iterator<Item = char>>| match (chars.next(), chars.next()) {
        (Some(other), None) => Ok((other != c).then_some(other)),
        _ => Err(()),
    };
    if c.is_lowercase() { one(Box::new(c.to_uppercase())) } else { one(Box::new(c.to_lowercase())) }
}
