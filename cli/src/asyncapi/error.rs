//! Why a contract has no AsyncAPI document.

use std::fmt;

/// Why a contract has no AsyncAPI document: what is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error(pub(super) String);

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}
