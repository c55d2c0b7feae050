//! Handlers for what became of messages that were accepted.

use crate::{
    client::Client,
    delivery::subscription::Subscription,
    event::{DropReason, Event},
    outcome::Outcome,
};

impl Client {
    /// Calls `handler` with the name and the number of messages that had been written when their
    /// connection ended, and of which it is unknown whether the server read them: [`Event::Unconfirmed`].
    ///
    /// ```
    /// # use wirebond_client::{BuildError, Client};
    /// # fn main() -> Result<(), BuildError> {
    /// let client = Client::builder("ws://localhost/ws").build()?;
    /// client.on_unconfirmed(|name, count| println!("{count} of {name} may be lost"));
    /// # Ok(()) }
    /// ```
    pub fn on_unconfirmed<R, M>(
        &self,
        mut handler: impl FnMut(String, u64) -> R + Send + 'static,
    ) -> Subscription
    where
        R: Outcome<M, Settled: Send + 'static> + 'static,
        M: 'static,
    {
        let pick = |event: &Event| match event {
            Event::Unconfirmed { name, count } => Some((name.to_string(), *count)),
            _ => None,
        };
        self.hear("$unconfirmed", pick, false, move |(name, count)| handler(name, count))
    }

    /// Calls `handler` with the name and the number of messages that were accepted and then dropped, and
    /// with the reason: [`Event::Dropped`].
    ///
    /// ```
    /// # use wirebond_client::{BuildError, Client};
    /// # fn main() -> Result<(), BuildError> {
    /// let client = Client::builder("ws://localhost/ws").build()?;
    /// client.on_dropped(|name, count, reason| println!("{count} of {name}: {reason}"));
    /// # Ok(()) }
    /// ```
    pub fn on_dropped<R, M>(
        &self,
        mut handler: impl FnMut(String, u64, DropReason) -> R + Send + 'static,
    ) -> Subscription
    where
        R: Outcome<M, Settled: Send + 'static> + 'static,
        M: 'static,
    {
        let pick = |event: &Event| match event {
            Event::Dropped { name, count, reason } => Some((name.to_string(), *count, *reason)),
            _ => None,
        };
        let handler = move |(name, count, reason)| handler(name, count, reason);
        self.hear("$dropped", pick, false, handler)
    }

    /// Calls `handler` with the number of messages that stay queued when the client has stopped for good:
    /// [`Event::Kept`].
    ///
    /// ```
    /// # use wirebond_client::{BuildError, Client};
    /// # fn main() -> Result<(), BuildError> {
    /// let client = Client::builder("ws://localhost/ws").build()?;
    /// client.on_kept(|count| println!("{count} messages wait for the next connect()"));
    /// # Ok(()) }
    /// ```
    pub fn on_kept<R, M>(&self, handler: impl FnMut(u64) -> R + Send + 'static) -> Subscription
    where
        R: Outcome<M, Settled: Send + 'static> + 'static,
        M: 'static,
    {
        let pick = |event: &Event| match event {
            Event::Kept { count } => Some(*count),
            _ => None,
        };
        self.hear("$kept", pick, false, handler)
    }
}
