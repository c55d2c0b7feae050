//! One session of [`Sessions`](super::Sessions).

use super::{Credentials, Incoming};
use crate::session::outgoing::Outgoing;

/// One session. `C` names a connection, `T` is a message to the client, `M` one from it.
#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
pub struct Session<C, T, M> {
    pub(super) id: String,
    pub(super) connection: Option<C>,
    pub(super) out: Outgoing<T>,
    pub(super) incoming: Incoming<M>,
    /// While it is on its way to another process.
    pub(super) credentials: Option<Credentials>,
    /// Whether a client has used it.
    pub(super) begun: bool,
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
        self.incoming.waiting()
    }

    #[cfg(test)]
    pub(in crate::session) fn handling(&self) -> Option<u64> {
        self.incoming.handling()
    }

    /// How far its messages are handled.
    #[must_use]
    pub fn done(&self) -> u64 {
        self.incoming.done()
    }
}
