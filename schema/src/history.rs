//! The older contracts that peers may still have, and what each of them means for the messages.

use std::collections::{BTreeSet, HashMap};

use crate::{
    compat::{self, Level, Options, Rollout, Verdict, Way},
    document::Document,
    fingerprint::{Fingerprint, MessageFingerprint},
};

mod archive;

pub(crate) use archive::Archive;

/// What a server's contract means for clients that have an older one. It is computed once, from the
/// documents, and asked with a client's [`Fingerprint`].
///
/// # Examples
///
/// ```
/// use wirebond_schema::{ClientVerdict, Document, History, compat::Verdict};
///
/// # let text = include_str!("../../tests/contract/shop.json");
/// let old = Document::parse(text)?;
/// let new = Document::parse(&text.replace(r##"{ "$ref": "#/$defs/LeaveMessage" },"##, ""))?;
/// let history = History::of(&new, [&old]);
///
/// let ClientVerdict::Known(client) = history.verdict(old.fingerprint()) else { panic!("it is known") };
/// assert_eq!((client.version(), client.verdict()), ("1.2.0", Verdict::Breaking));
/// assert_eq!(client.refused(), ["leave"]); // old clients still send it
/// assert!(matches!(history.verdict(new.fingerprint()), ClientVerdict::Same));
/// # Ok::<_, wirebond_schema::ReadError>(())
/// ```
#[derive(Debug, Clone)]
pub struct History {
    current: Fingerprint,
    version: String,
    messages: Vec<(String, MessageFingerprint)>,
    known: HashMap<Fingerprint, Compatibility>,
}

/// What a server knows of a client's contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientVerdict<'a> {
    /// The messages are the server's own.
    Same,
    /// It is one of the older contracts.
    Known(&'a Compatibility),
    /// It is none of them: nothing is known of it, and it may be newer.
    Unknown,
}

/// What a newer server means for clients with an older contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compatibility {
    version: String,
    verdict: Verdict,
    unreadable: Vec<String>,
    refused: Vec<String>,
}

impl Compatibility {
    fn of(client: &Document, server: &Document) -> Self {
        let options = Options { rollout: Rollout::ServerFirst, ..Options::default() };
        let report = compat::diff(client, server, &options);
        let (mut unreadable, mut refused) = (BTreeSet::new(), BTreeSet::new());
        let client_sends: BTreeSet<&str> = client
            .messages()
            .filter(|message| message.direction().client_sends())
            .map(|message| message.name())
            .collect();
        for change in report.changes.iter().filter(|change| change.level >= Level::Undecided) {
            let Some(message) = &change.message else { continue };
            match change.way {
                Some(Way::ToClient) => drop(unreadable.insert(message.clone())),
                Some(Way::ToServer) => drop(refused.insert(message.clone())),
                // The message has another name, or goes the other way: nobody else sends this one.
                None if client_sends.contains(message.as_str()) => {
                    refused.insert(message.clone());
                }
                None => {}
            }
        }
        // A version that doesn't announce its changes is nothing that a client notices.
        let levels = report.changes.iter().filter(|change| change.message.is_some());
        let verdict = match levels.map(|change| change.level).max() {
            Some(Level::Breaking) => Verdict::Breaking,
            Some(Level::Undecided) => Verdict::Undecided,
            _ => Verdict::Compatible,
        };
        Self {
            version: client.version().to_owned(),
            verdict,
            unreadable: unreadable.into_iter().collect(),
            refused: refused.into_iter().collect(),
        }
    }

    /// The version of the client's contract.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Whether the client keeps working.
    pub fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// The messages of the server that the client may not be able to read, by name. A message that the
    /// client doesn't know at all is none of them: it is ignored.
    pub fn unreadable(&self) -> &[String] {
        &self.unreadable
    }

    /// The messages of the client that the server may not be able to read, by name.
    pub fn refused(&self) -> &[String] {
        &self.refused
    }
}

impl History {
    /// Compares the current contract with older ones.
    pub fn of<'a>(current: &Document, older: impl IntoIterator<Item = &'a Document>) -> Self {
        let known = older
            .into_iter()
            .map(|client| (client.fingerprint(), Compatibility::of(client, current)))
            .collect();
        let messages = current.message_fingerprints().into_iter();
        let messages = messages.map(|(message, print)| (message.name().to_owned(), print));
        Self {
            current: current.fingerprint(),
            version: current.version().to_owned(),
            messages: messages.collect(),
            known,
        }
    }

    /// The current contract's version.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The current contract's fingerprint.
    pub fn fingerprint(&self) -> Fingerprint {
        self.current
    }

    /// What identifies the shape of each message of the current contract, by name: a client with an unknown
    /// contract can compare its own.
    pub fn message_fingerprints(&self) -> impl Iterator<Item = (&str, MessageFingerprint)> {
        self.messages.iter().map(|(name, fingerprint)| (&**name, *fingerprint))
    }

    /// What is known of a client whose contract has this fingerprint.
    pub fn verdict(&self, client: Fingerprint) -> ClientVerdict<'_> {
        if client == self.current {
            return ClientVerdict::Same;
        }
        self.known.get(&client).map_or(ClientVerdict::Unknown, ClientVerdict::Known)
    }
}
