//! Which sessions a process has, and who may resume them.

use std::{
    collections::{HashMap, VecDeque},
    fmt::Debug,
};

use crate::session::{
    control::{ClientHello, Gone, GoneReason, Offer, Resume},
    rules::{Rule, holds},
};

/// How many secrets of a session are valid at a time: the one last used and the latest of those that
/// replace it. There is more than one replacement only if the answers of several handovers were lost.
const KEYS: usize = 16;

/// Who may resume a session, and how often that was asked for. `Debug` shows no key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The secret that the client has last used, then those that were sent to it since: each answer
    /// that contained one may have been lost.
    keys: VecDeque<Key>,
    /// Whose it is: a resume must come with the same.
    owner: String,
    attempts: u64,
}

#[derive(Clone, PartialEq, Eq)]
struct Key(String);

impl Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(…)")
    }
}

impl Key {
    /// Compares in a time that doesn't depend on where the keys differ.
    fn is(&self, other: &str) -> bool {
        let (ours, theirs) = (self.0.as_bytes(), other.as_bytes());
        let differing = ours.iter().zip(theirs).fold(0, |all, (one, two)| all | (one ^ two));
        ours.len() == theirs.len() && differing == 0
    }
}

impl Credentials {
    fn place_of(&self, key: &str) -> Option<usize> {
        self.keys.iter().position(|one| one.is(key))
    }

    fn admit(&self, key: &str, owner: &str) -> bool {
        self.place_of(key).is_some() && self.owner == owner
    }

    /// The client has used this key: older ones are void. Returns the key that it has to use from now on,
    /// if that is another one.
    fn used(&mut self, key: &str) -> Option<String> {
        if let Some(place) = self.place_of(key) {
            self.keys.drain(..place);
        }
        if self.keys.len() > 1 { self.keys.back().map(|key| key.0.clone()) } else { None }
    }
}

/// What is remembered of a session that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tombstone {
    credentials: Credentials,
    done: u64,
    why: GoneReason,
}

/// The result of a client's `$hello`. `H` is what leads to the session.
#[derive(Debug, PartialEq, Eq)]
pub enum Admission<H> {
    /// The offered session begins.
    Began(H),
    /// The older session is gone and the offered one begins. Send the answer first.
    Gone(H, Gone),
    /// An older session continues. The request's numbers are still to be checked by
    /// [`resume`](super::resume).
    Resumed {
        /// The session.
        session: H,
        /// The session's new key, for the answer.
        key: Option<String>,
        /// Whether nobody has used the session before: it begins with this request.
        is_first: bool,
    },
    /// The frame comes too late: its client has given this connection up. Close it with 4409.
    Refused,
}

struct Entry<H> {
    credentials: Credentials,
    /// `None`: offered, and not used yet.
    session: Option<H>,
    /// Why it is gone, once it has ended.
    why: GoneReason,
}

/// The sessions of a process by name: offered, in use, and ended.
///
/// It is consulted once for each connection. `H` is what leads to a session in use.
pub struct Directory<H> {
    entries: HashMap<String, Entry<H>>,
    ended: HashMap<String, Tombstone>,
}

impl<H> Debug for Directory<H> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Directory")
            .field("sessions", &self.entries.len())
            .field("ended", &self.ended.len())
            .finish_non_exhaustive()
    }
}

impl<H> Default for Directory<H> {
    fn default() -> Self {
        Self { entries: HashMap::new(), ended: HashMap::new() }
    }
}

impl<H: Clone> Directory<H> {
    /// A session is offered to a client. It exists from now on. The offer's id must be new, its key 128
    /// random bits. `owner` is whose the connection is.
    pub fn offer(&mut self, offer: &Offer, owner: String) {
        let keys = VecDeque::from([Key(offer.key.clone())]);
        let credentials = Credentials { keys, owner, attempts: 0 };
        self.entries.insert(
            offer.id.clone(),
            Entry { credentials, session: None, why: GoneReason::Expired },
        );
    }

    /// The client to whom the session `offered` was offered answers. `begin` makes what leads to a session
    /// that begins.
    pub fn greet(
        &mut self,
        offered: &str,
        hello: &ClientHello,
        begin: impl FnOnce(&str) -> H,
    ) -> Admission<H> {
        // It may have expired meanwhile.
        let Some(offer) = self.entries.get(offered) else { return Admission::Refused };
        match &hello.resume {
            // Resumed meanwhile over another connection.
            None if offer.credentials.attempts > 0 && holds(Rule::OfferOnce) => Admission::Refused,
            None => self.begin(offered, begin).map_or(Admission::Refused, Admission::Began),
            // No client of ours resumes what it was just offered.
            Some(resume) if resume.id == offered => Admission::Refused,
            Some(resume) => self.resume(offered, resume, begin),
        }
    }

    fn begin(&mut self, id: &str, begin: impl FnOnce(&str) -> H) -> Option<H> {
        let entry = self.entries.get_mut(id)?;
        Some(entry.session.get_or_insert_with(|| begin(id)).clone())
    }

    fn resume(
        &mut self,
        offered: &str,
        resume: &Resume,
        begin: impl FnOnce(&str) -> H,
    ) -> Admission<H> {
        // Before the key is looked at: a late request may carry one that was replaced since.
        if self.is_stale(&resume.id, resume.attempt) {
            self.entries.remove(offered);
            return Admission::Refused;
        }
        let owner = self.entries.get(offered).map(|offer| offer.credentials.owner.clone());
        let owner = owner.unwrap_or_default();
        let entry = self.entries.get_mut(&resume.id);
        let Some(entry) = entry.filter(|one| one.credentials.admit(&resume.key, &owner)) else {
            let gone = self.gone(resume, &owner);
            let begun = self.begin(offered, begin);
            return begun.map_or(Admission::Refused, |session| Admission::Gone(session, gone));
        };
        entry.credentials.attempts = resume.attempt;
        let key = entry.credentials.used(&resume.key);
        let is_first = entry.session.is_none();
        let session = entry.session.get_or_insert_with(|| begin(&resume.id)).clone();
        Admission::Resumed { session, key, is_first }
    }

    /// The answer to a client about a session that it can't resume.
    fn gone(&self, resume: &Resume, owner: &str) -> Gone {
        let ended = self.ended.get(&resume.id);
        let ended = ended.filter(|ended| ended.credentials.admit(&resume.key, owner));
        let ended = ended.filter(|_| holds(Rule::Tombstones));
        let why = ended.map_or(GoneReason::Unknown, |ended| ended.why);
        Gone { why, done: ended.map(|ended| ended.done) }
    }

    /// The request to resume is carried out: what was offered instead is withdrawn.
    pub fn withdraw(&mut self, offered: &str) {
        if self.entries.get(offered).is_some_and(|entry| entry.session.is_none()) {
            self.entries.remove(offered);
        }
    }

    /// Whether a request to resume comes too late for this session.
    #[must_use]
    pub fn is_stale(&self, id: &str, attempt: u64) -> bool {
        let stale = |entry: &Entry<H>| entry.credentials.attempts >= attempt;
        holds(Rule::StaleTry) && self.entries.get(id).is_some_and(stale)
    }

    /// Whether a session was offered and nobody has used it yet.
    #[must_use]
    pub fn is_offered(&self, id: &str) -> bool {
        self.entries.get(id).is_some_and(|entry| entry.session.is_none())
    }

    /// A session is about to end for this reason. Without one, it is [`GoneReason::Expired`].
    pub fn ends_for(&mut self, id: &str, why: GoneReason) {
        if let Some(entry) = self.entries.get_mut(id) {
            entry.why = why;
        }
    }

    /// A session has ended; its messages were handled up to `done`.
    pub fn end(&mut self, id: &str, done: u64) {
        if let Some(Entry { credentials, why, .. }) = self.entries.remove(id) {
            self.ended.insert(id.to_owned(), Tombstone { credentials, done, why });
        }
    }

    /// Forgets how far an ended session got: after ten times the time that sessions are kept.
    pub fn forget(&mut self, id: &str) {
        self.ended.remove(id);
    }

    /// What is remembered of an ended session, for another process.
    #[must_use]
    pub fn ended(&self, id: &str) -> Option<&Tombstone> {
        self.ended.get(id)
    }

    /// An ended session of another process.
    pub fn adopt_ended(&mut self, id: String, tombstone: Tombstone) {
        self.ended.insert(id, tombstone);
    }

    /// How many sessions are remembered, offered ones included, and how many that have ended.
    #[must_use]
    pub fn len(&self) -> (usize, usize) {
        (self.entries.len(), self.ended.len())
    }

    /// Takes a session out, to give it to another process.
    pub fn take(&mut self, id: &str) -> Option<Credentials> {
        self.entries.remove(id).map(|entry| entry.credentials)
    }

    #[cfg(test)]
    pub(super) fn credentials(&self, id: &str) -> Option<&Credentials> {
        self.entries.get(id).map(|entry| &entry.credentials)
    }

    /// Adds a session that another process has [taken out](Self::take). Without `session` nobody has used
    /// it yet.
    pub fn adopt(&mut self, id: String, credentials: Credentials, session: Option<H>) {
        self.entries.insert(id, Entry { credentials, session, why: GoneReason::Expired });
    }

    /// Gives a session a new secret. The client learns it with the answer to its next request to
    /// resume; the old one is valid until the client uses the new one.
    pub fn replace_key(&mut self, id: &str, key: String) {
        if let Some(entry) = self.entries.get_mut(id) {
            let keys = &mut entry.credentials.keys;
            if keys.len() >= KEYS {
                keys.remove(1);
            }
            keys.push_back(Key(key));
        }
    }
}
