//! `$contract`: what a server knows of its client's contract.

use serde::{Deserialize, Serialize};

/// What a server knows of the contract of a client that has another one than itself.
///
/// ```
/// use wirebond_connection::session::{ContractNotice, ContractVerdict};
///
/// let notice = ContractNotice::new("2.0.0", ContractVerdict::Breaking).refused(["leave"]);
/// assert_eq!(notice.refused, ["leave"]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ContractNotice {
    /// The version of the server's contract. A server may write anything here: escape it before you print it.
    pub version: String,
    /// Whether the client keeps working.
    pub verdict: ContractVerdict,
    /// The messages of the server that the client may not be able to read, by name.
    #[serde(default)]
    pub unreadable: Vec<String>,
    /// The messages of the client that the server may not be able to read, by name.
    #[serde(default)]
    pub refused: Vec<String>,
}

/// Whether a client with another contract than its server's keeps working.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ContractVerdict {
    /// It does.
    Compatible,
    /// Some of its messages can't be read, or it can't read some of the server's.
    Breaking,
    /// Nothing is known to break, but something can't be judged.
    Undecided,
    /// The server doesn't know the client's contract, which may be newer.
    Unknown,
    /// A verdict that this version doesn't know.
    #[serde(other)]
    Other,
}

impl ContractNotice {
    /// A notice that names no messages. `version` is the server's.
    pub fn new(version: impl Into<String>, verdict: ContractVerdict) -> Self {
        Self { version: version.into(), verdict, unreadable: Vec::new(), refused: Vec::new() }
    }

    /// Sets the messages of the server that the client may not be able to read.
    #[must_use]
    pub fn unreadable<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.unreadable = names.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the messages of the client that the server may not be able to read.
    #[must_use]
    pub fn refused<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.refused = names.into_iter().map(Into::into).collect();
        self
    }
}
