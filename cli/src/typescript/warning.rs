//! What TypeScript can't express.

use std::fmt;

use wirebond_schema::internal::Printable;

/// Something in a contract that TypeScript can't express.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// The place in the contract, as a JSON pointer.
    pub place: String,
    /// What it is, and what helps.
    pub text: String,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", Printable(&self.place), Printable(&self.text))
    }
}
