//! What TypeScript can't express.

use std::{fmt, fmt::Write};

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
        // A name in the contract may hold what would steer a terminal.
        for c in self.place.chars().chain(": ".chars()).chain(self.text.chars()) {
            if c.is_control() { write!(f, "{}", c.escape_default())? } else { f.write_char(c)? }
        }
        Ok(())
    }
}
