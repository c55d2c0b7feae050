//! One session of a server.

use std::{collections::VecDeque, fmt::Debug};

use crate::session::{
    acks::Acks,
    control::{GapReason, Resume, Resumed},
    outgoing::Outgoing,
    rules::{Rule, holds},
};

/// How many secrets of a session are valid at a time: the one last used and the latest of those that
/// replace it. There is more than one replacement only if the answers of several handovers were lost.
pub(super) const KEYS: usize = 16;

/// What arrived from a client, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Received<M> {
    /// A message.
    Message {
        /// Its number.
        number: u64,
        /// It.
        message: M,
    },
    /// Numbers that will not come.
    Gap {
        /// The last of them.
        last: u64,
        /// How many.
        n: u64,
        /// Why.
        why: GapReason,
    },
}

impl<M> Received<M> {
    pub(super) fn number(&self) -> u64 {
        match self {
            Self::Message { number, .. } | Self::Gap { last: number, .. } => *number,
        }
    }
}

/// One session. `C` names a connection, `T` is a message to the client, `M` one from it.
#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
pub struct Session<C, T, M> {
    pub(super) id: String,
    /// The secret that the client has last used, then those that were sent to it since: each answer
    /// that contained one may have been lost.
    pub(super) keys: VecDeque<Key>,
    /// Whose it is: a resume must come with the same.
    pub(super) owner: String,
    pub(super) attempts: u64,
    /// Whether a client has taken it.
    pub(super) begun: bool,
    pub(super) connection: Option<C>,
    pub(super) out: Outgoing<T>,
    pub(super) got: u64,
    pub(super) done: u64,
    /// The number that is being handled.
    pub(super) handling: Option<u64>,
    pub(super) inbox: VecDeque<Received<M>>,
    pub(super) acks: Acks,
}

#[derive(Clone, PartialEq, Eq)]
pub(super) struct Key(pub(super) String);

impl Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(…)")
    }
}

impl Key {
    /// Compares in a time that doesn't depend on where the keys differ.
    pub(super) fn is(&self, other: &str) -> bool {
        let (ours, theirs) = (self.0.as_bytes(), other.as_bytes());
        let differing = ours.iter().zip(theirs).fold(0, |all, (one, two)| all | (one ^ two));
        ours.len() == theirs.len() && differing == 0
    }
}

impl<C, T, M> Session<C, T, M> {
    /// Its public name.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its connection, while it has one.
    #[must_use]
    pub fn connection(&self) -> Option<&C> {
        self.connection.as_ref()
    }

    /// What is held for the client.
    #[must_use]
    pub fn outgoing(&self) -> &Outgoing<T> {
        &self.out
    }

    /// How many received messages wait to be handled.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.inbox.len()
    }

    /// How far its messages are handled.
    #[must_use]
    pub fn done(&self) -> u64 {
        self.done
    }

    /// Whether a request comes from the owner of the session.
    pub(super) fn belongs_to(&self, key: &str, owner: &str) -> bool {
        self.keys.iter().any(|one| one.is(key)) && self.owner == owner
    }

    /// The client has received up to `got`, which was checked.
    pub(super) fn resumed(&mut self, resume: &Resume, hold: u64) -> (Vec<T>, Resumed) {
        if let Some(used) = self.keys.iter().position(|key| key.is(&resume.key)) {
            self.keys.drain(..used);
        }
        let confirmed = self.out.resume(resume.got, resume.got).unwrap_or_default();
        self.acks.begin(self.done, self.out.cursor(), hold);
        let got = if holds(Rule::ResumeAtGot) { self.got } else { self.done };
        let done = if holds(Rule::AckIsHandled) { self.done } else { got };
        let key =
            if self.keys.len() > 1 { self.keys.back().map(|key| key.0.clone()) } else { None };
        (confirmed, Resumed { got, done, key })
    }

    pub(super) fn acknowledged_level(&self) -> u64 {
        if holds(Rule::AckIsHandled) { self.done } else { self.got }
    }
}

/// What is remembered of a session that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tombstone {
    pub(super) keys: VecDeque<Key>,
    pub(super) owner: String,
    pub(super) done: u64,
}
