//! The handle that doesn't keep its client alive.

use std::{
    fmt,
    marker::PhantomData,
    sync::{Arc, Weak},
};

use crate::{
    client::{Alive, Client},
    reconnect::shared::Core,
    typed::FromClient,
};

/// A handle that doesn't keep its client alive, of the untyped client or of a generated one. See
/// [`Client::downgrade`].
pub struct WeakClient<C = Client> {
    core: Weak<Core>,
    alive: Weak<Alive>,
    client: PhantomData<fn() -> C>,
}

impl<C: FromClient> WeakClient<C> {
    pub(crate) fn of(client: &Client) -> Self {
        let (core, alive) = (Arc::downgrade(&client.core), Arc::downgrade(&client.alive));
        Self { core, alive, client: PhantomData }
    }

    /// Returns the client, unless its last handle has been dropped.
    ///
    /// ```
    /// use wirebond_client::Client;
    ///
    /// let client = Client::builder("ws://127.0.0.1:9001/ws").build()?;
    /// let weak = client.downgrade();
    /// assert!(weak.upgrade().is_some());
    /// drop(client);
    /// assert!(weak.upgrade().is_none());
    /// # Ok::<(), wirebond_client::BuildError>(())
    /// ```
    pub fn upgrade(&self) -> Option<C> {
        let (core, alive) = (self.core.upgrade()?, self.alive.upgrade()?);
        Some(C::from_client(Client { core, alive }))
    }
}

impl<C> Clone for WeakClient<C> {
    fn clone(&self) -> Self {
        let (core, alive) = (Weak::clone(&self.core), Weak::clone(&self.alive));
        Self { core, alive, client: PhantomData }
    }
}

impl<C> fmt::Debug for WeakClient<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WeakClient").finish_non_exhaustive()
    }
}

impl Client {
    /// Returns a handle that doesn't keep the client alive, for handlers that send.
    ///
    /// ```
    /// # fn example(client: &wirebond_client::Client) {
    /// let weak = client.downgrade();
    /// client.on("question", move |question: String| match weak.upgrade() {
    ///     Some(client) => client.try_send("answer", &question.len()),
    ///     None => Ok(()),
    /// });
    /// # }
    /// ```
    pub fn downgrade(&self) -> WeakClient {
        WeakClient::of(self)
    }
}
