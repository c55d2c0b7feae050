//! `$contract`: what a server knows of its client's contract.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use wirebond_core::Direction;

/// What identifies a contract and each of its messages.
///
/// ```
/// use wirebond_connection::session::ContractIdentity;
/// use wirebond_core::Direction;
///
/// let identity = ContractIdentity::new("1.2.0 WsBNuZ26fF2KpS-TDxFBvw")
///     .message("leave", Direction::Client, "kVTcEnzJU1Y");
/// assert_eq!(identity.contract(), "1.2.0 WsBNuZ26fF2KpS-TDxFBvw");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContractIdentity {
    contract: String,
    messages: Vec<(String, Direction, String)>,
}

impl ContractIdentity {
    /// A contract without messages, by its version and, behind a space, its fingerprint.
    #[must_use]
    pub fn new(contract: impl Into<String>) -> Self {
        Self { contract: contract.into(), messages: Vec::new() }
    }

    /// Adds a message: its name, who sends it, and its fingerprint.
    #[must_use]
    pub fn message(
        mut self,
        name: impl Into<String>,
        direction: Direction,
        fingerprint: impl Into<String>,
    ) -> Self {
        self.messages.push((name.into(), direction, fingerprint.into()));
        self
    }

    /// The version, and behind a space the fingerprint.
    #[must_use]
    pub fn contract(&self) -> &str {
        &self.contract
    }
}

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
    /// With [`Unknown`](ContractVerdict::Unknown), the fingerprints of the server's messages by name. A message
    /// that has the same one at the client fits.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub messages: BTreeMap<String, String>,
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
    /// The server doesn't know the client's contract, which may be newer. `unreadable` and `refused` name
    /// the messages whose shapes differ, as far as the client knows its own; whether they still fit, nobody
    /// has judged.
    Unknown,
    /// A verdict that this version doesn't know.
    #[serde(other)]
    Other,
}

impl ContractNotice {
    /// A notice that names no messages. `version` is the server's.
    pub fn new(version: impl Into<String>, verdict: ContractVerdict) -> Self {
        Self {
            version: version.into(),
            verdict,
            unreadable: Vec::new(),
            refused: Vec::new(),
            messages: BTreeMap::new(),
        }
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

    /// Sets the fingerprints of the server's messages.
    #[must_use]
    pub fn messages<N: Into<String>, F: Into<String>>(
        mut self,
        fingerprints: impl IntoIterator<Item = (N, F)>,
    ) -> Self {
        let each = fingerprints.into_iter();
        self.messages = each.map(|(name, fingerprint)| (name.into(), fingerprint.into())).collect();
        self
    }

    /// Names the messages whose shapes differ from those of the client, where the server doesn't know the
    /// client's contract. A message that the server doesn't have will not come, and is refused; one that the
    /// client doesn't have is ignored.
    pub fn compare(&mut self, client: &ContractIdentity) {
        if self.verdict != ContractVerdict::Unknown || self.messages.is_empty() {
            return;
        }
        let differing = client.messages.iter().filter(|(name, _, fingerprint)| {
            self.messages.get(name).is_none_or(|other| other != fingerprint)
        });
        let (mut unreadable, mut refused) = (Vec::new(), Vec::new());
        for (name, direction, _) in differing {
            if direction.client_sends() {
                refused.push(name.clone());
            }
            if direction.server_sends() && self.messages.contains_key(name) {
                unreadable.push(name.clone());
            }
        }
        (self.unreadable, self.refused) = (unreadable, refused);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_an_unknown_contract_fit_if_their_fingerprints_are_equal() {
        let client = ContractIdentity::new("1.0.0 a")
            .message("same", Direction::Both, "1")
            .message("chat", Direction::Both, "2")
            .message("leave", Direction::Client, "3")
            .message("count", Direction::Server, "4")
            .message("gone", Direction::Both, "5");
        let of = [("same", "1"), ("chat", "9"), ("leave", "9"), ("count", "9"), ("new", "6")];
        let unknown = ContractNotice::new("2.0.0", ContractVerdict::Unknown);
        let mut notice = unknown.clone().messages(of);
        notice.compare(&client);
        assert_eq!(notice.unreadable, ["chat", "count"]);
        assert_eq!(notice.refused, ["chat", "leave", "gone"]);
        // A server that doesn't say them, and one that has judged.
        let breaking = ContractNotice::new("2.0.0", ContractVerdict::Breaking).refused(["leave"]);
        for notice in [unknown, breaking.messages(of)] {
            let mut compared = notice.clone();
            compared.compare(&client);
            assert_eq!(compared, notice);
        }
    }
}
