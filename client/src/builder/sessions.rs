//! The setting for messages that survive their connection.

use super::Builder;
use crate::settings::Sessions;

impl<C> Builder<C> {
    /// Sets whether the client offers a session. Default: [`Sessions::Off`].
    ///
    /// In a session both sides number their messages and keep them until the other has handled them.
    /// After a connection is lost, the next one continues where the other side left off: nothing is lost,
    /// doubled or reordered while both processes live. What can't be kept is reported:
    /// [`SessionEvent`](crate::SessionEvent). A session is memory: it ends with
    /// [`disconnect`](crate::Client::disconnect), with either process, and when the client is away for
    /// longer than the server keeps it.
    ///
    /// The client offers the subprotocol `wirebond.v1` after those of
    /// [`subprotocols`](Self::subprotocols). A server with sessions sends `$hello` as its first frame. If
    /// it selects no subprotocol, sends something else first, or nothing within 5 s, it has none: with
    /// [`Sessions::Prefer`] the client goes on without, and makes no further offer to a server that
    /// selected a subprotocol without speaking it. The connection counts as open once this is known.
    ///
    /// In a session, [`Delivery::Confirmed`](crate::Delivery::Confirmed) and
    /// [`flush`](crate::Client::flush) mean that the server has handled the message, and messages count
    /// against the queue's limits until then. What was written is never dropped to make room: with
    /// [`Overflow::DropOldest`](crate::Overflow::DropOldest) a `send` fails if everything is. Untyped messages can't have a name that begins with `$`,
    /// nor `ping` or `pong`: [`SendErrorKind::Reserved`](crate::SendErrorKind::Reserved).
    ///
    /// ```
    /// use wirebond_client::{Client, Event, SessionEvent, Sessions};
    ///
    /// let client = Client::builder("ws://127.0.0.1:9001/ws").sessions(Sessions::Prefer).build()?;
    /// let mut events = client.events();
    /// # let watch = async move {
    /// while let Some(event) = events.next().await {
    ///     if let Event::Session(SessionEvent::Lost { reason, .. }) = event {
    ///         println!("messages may be missing: {reason}");
    ///     }
    /// }
    /// # };
    /// # Ok::<(), wirebond_client::BuildError>(())
    /// ```
    pub fn sessions(mut self, sessions: Sessions) -> Self {
        self.tuning.sessions = sessions;
        self
    }

    /// Sets what the client says of its contract in a session: the version, and behind a space the fingerprint
    /// (`Document::identity` in `wirebond::schema`). A server that knows the contracts it has released answers
    /// with [`Event::Contract`](crate::Event::Contract) if this is another than its own. Default: that of the
    /// typed client's contract, which is computed when the first client with [`sessions`](Self::sessions) is
    /// built; an untyped client says nothing.
    ///
    /// ```
    /// use wirebond_client::{Client, Sessions};
    ///
    /// let client = Client::builder("ws://127.0.0.1:9001/ws")
    ///     .sessions(Sessions::Prefer)
    ///     .contract("1.2.0 WsBNuZ26fF2KpS-TDxFBvw")
    ///     .build()?;
    /// # Ok::<(), wirebond_client::BuildError>(())
    /// ```
    pub fn contract(mut self, identity: impl Into<String>) -> Self {
        self.tuning.contract = Some(identity.into().into());
        self
    }
}
