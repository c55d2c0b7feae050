//! The setting of what is said on a new connection before anything else.

use std::{future::Future, sync::Arc};

use super::Builder;
use crate::{reconnect::opening::OpeningError, typed::FromClient};

impl<C: FromClient> Builder<C> {
    /// Sets the opening of each connection: an asynchronous closure that is called for every new one, before
    /// anything else goes out. Default: a connection is open at once.
    ///
    /// It gets a view of the connection, [`Opening`](crate::Opening); that of a generated client is typed:
    /// for `App` it is called `AppOpening` and has `expect_…` for each message of the server, `send_…`
    /// for each of the client, and `call_…` for each of the client's calls.
    ///
    /// - Until it returns, the state is `Connecting` or `Reconnecting`. Then come the messages that are
    ///   held ([`Client::hold`](crate::Client::hold)), the queue, and
    ///   [`on_open`](crate::Client::on_open).
    /// - [`connect_timeout`](Self::connect_timeout) covers it, together with the attempt that it belongs to.
    /// - Its error fails the attempt, which is reported with the error's text and retried. An
    ///   [`Unauthorized`](crate::Unauthorized) is treated as an HTTP status 401: the client asks its
    ///   providers for fresh credentials once, and stops without a provider. An
    ///   [`OpeningError::stop`] ends the attempts. A panic is an error.
    /// - If the server closes the connection meanwhile, its close code decides what follows.
    /// - A message that it doesn't ask for waits until it has returned, and is delivered then, in order. As
    ///   many wait as the setting [`inbox`](Self::inbox) says, and at most 1,024; after that nothing more
    ///   is read. If the opening fails, those that wait, and the rest of a frame that holds several, are lost and
    ///   reported as [`Event::Lagged`](crate::Event::Lagged) with the name `$opening`.
    /// - What can't be read, and what the contract doesn't know, is reported as always and skipped.
    /// - In a [session](Self::sessions) it is called after the greeting, and not for a connection that
    ///   resumes one: the server has what it said. A session whose opening doesn't succeed is given up.
    ///
    /// It runs in a task of its own, in which heartbeats don't depend on it, and is cancelled at its next
    /// `.await` when its connection ends or `disconnect()` is called. It may keep something between
    /// calls: the closure owns it.
    ///
    /// # Examples
    ///
    /// A server that says hello first, and can resume what was lost:
    ///
    /// ```
    /// use std::{sync::{Arc, Mutex}, time::Duration};
    /// use serde_json::json;
    /// use wirebond_client::{Client, OpeningError};
    ///
    /// // What a later connection resumes; the last `ready` has it.
    /// let resume = Arc::new(Mutex::new(None::<String>));
    /// let client = Client::builder("ws://127.0.0.1:9001/ws")
    ///     .opening(move |peer| {
    ///         let resume = Arc::clone(&resume);
    ///         async move {
    ///             let interval: u64 = peer.expect("hello").await?;
    ///             peer.heartbeat_interval(Duration::from_millis(interval));
    ///             // Not while awaiting: the lock is released at the end of this line.
    ///             let token = resume.lock().unwrap().take();
    ///             match token {
    ///                 Some(token) => peer.send("resume", &token).await?,
    ///                 None => peer.send("identify", &json!({ "token": "t0ken" })).await?,
    ///             }
    ///             match peer.next().await? {
    ///                 (name, token) if name == "ready" => {
    ///                     *resume.lock().unwrap() = token.as_str().map(str::to_owned);
    ///                     Ok(())
    ///                 }
    ///                 (name, _) => Err(OpeningError::unexpected(&name)),
    ///             }
    ///         }
    ///     })
    ///     .build()?;
    /// # Ok::<(), wirebond_client::BuildError>(())
    /// ```
    pub fn opening<F, A>(mut self, opening: F) -> Self
    where
        F: Fn(C::Opening) -> A + Send + Sync + 'static,
        A: Future<Output = Result<(), OpeningError>> + Send + 'static,
    {
        self.open = Some(Arc::new(move |peer| Box::pin(opening(C::of_opening(peer)))));
        self
    }
}
