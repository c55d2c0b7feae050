//! Handlers of events: one method for each kind of event.

use crate::{
    client::Client,
    delivery::subscription::Subscription,
    error::Error,
    event::{CloseInfo, DropReason, Event},
    outcome::Outcome,
};

impl Client {
    /// Calls `handler` each time a connection opens, and at once if one is open.
    ///
    /// Subscriptions outlive connections. Don't subscribe in `handler`: that adds another subscription
    /// with each connection, and a warning is logged.
    ///
    /// ```
    /// # fn example(client: &wirebond_client::Client) {
    /// let weak = client.downgrade();
    /// client.on_open(move || match weak.upgrade() {
    ///     Some(client) => client.try_send("join", "lobby"),
    ///     None => Ok(()),
    /// });
    /// # }
    /// ```
    pub fn on_open<R, M>(&self, mut handler: impl FnMut() -> R + Send + 'static) -> Subscription
    where
        R: Outcome<M, Settled: Send + 'static> + 'static,
        M: 'static,
    {
        let pick = |event: &Event| matches!(event, Event::Open).then_some(());
        self.listen("$open", pick, true, move |()| handler())
    }

    /// Calls `handler` each time a connection has ended.
    ///
    /// ```
    /// # fn example(client: &wirebond_client::Client) {
    /// client.on_close(|info| println!("{info}"));
    /// # }
    /// ```
    pub fn on_close<R, M>(
        &self,
        handler: impl FnMut(CloseInfo) -> R + Send + 'static,
    ) -> Subscription
    where
        R: Outcome<M, Settled: Send + 'static> + 'static,
        M: 'static,
    {
        let pick = |event: &Event| match event {
            Event::Close(info) => Some(info.clone()),
            _ => None,
        };
        self.listen("$close", pick, false, handler)
    }

    /// Calls `handler` with each error: of an attempt to connect, of a connection, of a frame that isn't a
    /// message, of a payload that doesn't match its type, or of a handler.
    ///
    /// What the client does next doesn't depend on this handler. Without one, errors are logged at WARN.
    ///
    /// ```
    /// # fn example(client: &wirebond_client::Client) {
    /// client.on_error(|error| eprintln!("{error}"));
    /// # }
    /// ```
    pub fn on_error<R, M>(&self, handler: impl FnMut(Error) -> R + Send + 'static) -> Subscription
    where
        R: Outcome<M, Settled: Send + 'static> + 'static,
        M: 'static,
    {
        let pick = |event: &Event| match event {
            Event::Error(error) => Some(error.clone()),
            _ => None,
        };
        self.listen("$error", pick, false, handler)
    }

    /// Calls `handler` with the number of each attempt to reconnect, counted from 1, right before it is
    /// made.
    ///
    /// ```
    /// # fn example(client: &wirebond_client::Client) {
    /// client.on_reconnect(|attempt| println!("attempt {attempt}"));
    /// # }
    /// ```
    pub fn on_reconnect<R, M>(&self, handler: impl FnMut(u32) -> R + Send + 'static) -> Subscription
    where
        R: Outcome<M, Settled: Send + 'static> + 'static,
        M: 'static,
    {
        let pick = |event: &Event| match event {
            Event::Reconnect { attempt } => Some(*attempt),
            _ => None,
        };
        self.listen("$reconnect", pick, false, handler)
    }

    /// Calls `handler` when the attempts to reconnect are exhausted. The state is `Failed`, and what is
    /// queued stays queued; [`connect`](Self::connect) starts again.
    ///
    /// ```
    /// # fn example(client: &wirebond_client::Client) {
    /// client.on_reconnect_failed(|| println!("offline"));
    /// # }
    /// ```
    pub fn on_reconnect_failed<R, M>(
        &self,
        mut handler: impl FnMut() -> R + Send + 'static,
    ) -> Subscription
    where
        R: Outcome<M, Settled: Send + 'static> + 'static,
        M: 'static,
    {
        let pick = |event: &Event| matches!(event, Event::ReconnectFailed).then_some(());
        self.listen("$reconnect-failed", pick, false, move |()| handler())
    }

    /// Calls `handler` with the name and the number of messages that had been written when their
    /// connection ended, if it is not known whether the server read them: [`Event::Unconfirmed`].
    ///
    /// ```
    /// # use wirebond_client::{BuildError, Client};
    /// # fn main() -> Result<(), BuildError> {
    /// let client = Client::builder("ws://127.0.0.1:9001/ws").build()?;
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
        self.listen("$unconfirmed", pick, false, move |(name, count)| handler(name, count))
    }

    /// Calls `handler` with the name and the number of messages that were accepted and then dropped, and
    /// with the reason: [`Event::Dropped`].
    ///
    /// ```
    /// # use wirebond_client::{BuildError, Client};
    /// # fn main() -> Result<(), BuildError> {
    /// let client = Client::builder("ws://127.0.0.1:9001/ws").build()?;
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
        self.listen("$dropped", pick, false, handler)
    }

    /// Calls `handler` with the number of messages that stay queued when the client has stopped:
    /// [`Event::Kept`].
    ///
    /// ```
    /// # use wirebond_client::{BuildError, Client};
    /// # fn main() -> Result<(), BuildError> {
    /// let client = Client::builder("ws://127.0.0.1:9001/ws").build()?;
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
        self.listen("$kept", pick, false, handler)
    }
}
