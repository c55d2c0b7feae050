//! What a server says to clients about their contract.

use std::{fmt, sync::Arc};

use wirebond_connection::session::{ContractNotice, ContractVerdict};

/// The close code for a client whose contract is refused: it stops.
pub(crate) const REFUSED: u16 = 4506;

/// What happens to a client that has another contract than the server, and says so in a session. In any case
/// it gets a notice, if there is something to say: see [`Builder::contracts`](crate::Builder::contracts).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum ContractPolicy {
    /// Nothing else.
    #[default]
    Report,
    /// The messages that it may not be able to read aren't sent to it. They are counted:
    /// [`Sent::skipped`](crate::Sent::skipped), [`SessionStats::skipped`](crate::SessionStats::skipped), and by name in
    /// [`Disconnect::skipped`](crate::Disconnect::skipped). [`Peer::send`](crate::Peer::send) succeeds; a call fails with
    /// [`SendError::Unreadable`](crate::SendError::Unreadable). Answers to its calls are always sent.
    Skip,
    /// If its contract is judged to be [`Breaking`](ContractVerdict::Breaking), it gets the notice, is closed with 4506, and stops.
    Refuse,
}

type Judge = dyn Fn(&str) -> Option<ContractNotice> + Send + Sync;

/// What a server knows of the contracts that its clients may have. See [`Builder::contracts`](crate::Builder::contracts).
#[derive(Clone)]
pub struct Contracts {
    own: String,
    judge: Arc<Judge>,
    refuses: bool,
}

impl Contracts {
    /// Describes the server's own contract, by its version and its fingerprint with a space between, and
    /// judges those of clients. `judge` gets what a client says of its contract in the same form, or whatever
    /// else it writes there; `None` says nothing to that client. So does a panic, which is logged at ERROR.
    ///
    /// ```
    /// use wirebond_server::{ContractNotice, ContractVerdict, Contracts, Server, Sessions};
    ///
    /// let own = "2.0.0 WsBNuZ26fF2KpS-TDxFBvw";
    /// let contracts = Contracts::new(own, move |client| match client {
    ///     _ if client == own => None,
    ///     _ => Some(ContractNotice::new("2.0.0", ContractVerdict::Unknown)),
    /// });
    /// let server = Server::builder().sessions(Sessions::default()).contracts(contracts).build()?;
    /// # Ok::<(), wirebond_server::BuildError>(())
    /// ```
    pub fn new(
        own: impl Into<String>,
        judge: impl Fn(&str) -> Option<ContractNotice> + Send + Sync + 'static,
    ) -> Self {
        Self { own: own.into(), judge: Arc::new(judge), refuses: false }
    }

    /// Refuses clients whose contract is judged to be [`Breaking`](ContractVerdict::Breaking): they are closed
    /// with 4506 behind the notice, and stop, as with [`ContractPolicy::Refuse`]. Default: they only get a notice.
    ///
    /// ```
    /// use wirebond_server::{Contracts, Server, Sessions};
    ///
    /// let contracts = Contracts::new("2.0.0", |_client| None).refuse_breaking();
    /// let server = Server::builder().sessions(Sessions::default()).contracts(contracts).build()?;
    /// # Ok::<(), wirebond_server::BuildError>(())
    /// ```
    #[must_use]
    pub fn refuse_breaking(mut self) -> Self {
        self.refuses = true;
        self
    }

    pub(crate) fn own(&self) -> &str {
        &self.own
    }

    pub(crate) fn judge(&self, client: &str) -> Option<ContractNotice> {
        (self.judge)(client)
    }

    /// Whether a client gets no session.
    pub(crate) fn refuses(&self, notice: &ContractNotice, policy: ContractPolicy) -> bool {
        (self.refuses || policy == ContractPolicy::Refuse)
            && notice.verdict == ContractVerdict::Breaking
    }
}

impl fmt::Debug for Contracts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Contracts")
            .field("own", &self.own)
            .field("refuses", &self.refuses)
            .finish_non_exhaustive()
    }
}
