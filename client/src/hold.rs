//! Messages that are sent on every connection until they are released.

use std::{fmt, marker::PhantomData, sync::Arc};

use serde::Serialize;
use wirebond_connection::call::Encoded;
use wirebond_core::{Contract, wire::Head};

use crate::{
    client::Client,
    delivery::registry::Contents,
    error::{Error, SendError},
    event::Name,
    outbox::{self, Outbox, Refresh},
    reconnect::shared::Core,
    runtime::Outgoing,
    send::{self, reserved},
};

/// A message that is sent on every connection: now if one is open, and first on each new one. See
/// [`Client::hold`].
///
/// It ends with [`release`](Self::release), with `release_with`, or when this is dropped. `C` is the
/// contract; a hold of the untyped client has [`Client`] in its place.
#[must_use = "a message is held until this is dropped"]
pub struct Hold<C = Client> {
    outbox: Arc<Outbox>,
    contents: Contents,
    id: u64,
    name: Name,
    /// Whether it has ended already.
    is_released: bool,
    contract: PhantomData<fn() -> C>,
}

impl<C> Hold<C> {
    pub(crate) fn new(
        core: &Core,
        name: Name,
        encoded: Encoded,
        refresh: Option<Refresh>,
    ) -> Result<Self, SendError> {
        let text = send::message(name.clone(), encoded)?.text;
        let hold = outbox::Hold { name: name.clone(), text, refresh };
        let id = core.outbox.hold(hold).map_err(|kind| Error::new(kind).about(&name))?;
        let (outbox, contents) = (Arc::clone(&core.outbox), core.registry.contents);
        Ok(Self { outbox, contents, id, name, is_released: false, contract: PhantomData })
    }

    pub(crate) fn made_by(
        core: &Core,
        name: Name,
        make: impl Fn() -> Encoded + Send + Sync + 'static,
    ) -> Result<Self, SendError> {
        let first = make();
        Self::new(core, name, first, Some(Arc::new(make)))
    }

    /// Ends it. Nothing is sent, now or later.
    ///
    /// ```
    /// use wirebond_client::Client;
    ///
    /// let client = Client::builder("ws://127.0.0.1:9001/ws").build()?;
    /// let hold = client.hold("subscribe", "prices").unwrap();
    /// assert_eq!(client.stats().holds, 1);
    /// hold.release();
    /// assert_eq!(client.stats().holds, 0);
    /// # Ok::<(), wirebond_client::BuildError>(())
    /// ```
    pub fn release(self) {
        drop(self);
    }

    /// Returns whether it was written on the connection that is open. In a session: whether it was written
    /// in the session.
    ///
    /// ```
    /// use wirebond_client::Client;
    ///
    /// let client = Client::builder("ws://127.0.0.1:9001/ws").build()?;
    /// let hold = client.hold("subscribe", "prices").unwrap();
    /// assert!(!hold.is_sent(), "there is no connection");
    /// # Ok::<(), wirebond_client::BuildError>(())
    /// ```
    pub fn is_sent(&self) -> bool {
        self.outbox.is_held_sent(self.id)
    }

    fn end_with(mut self, name: &Name, encoded: Encoded) -> Result<(), SendError> {
        // Dropping this ends it.
        let text = send::message(name.clone(), encoded)?.text;
        self.is_released = true;
        let sent = self.outbox.release_with(self.id, name.clone(), text);
        sent.map_err(|kind| Error::new(kind).about(name))
    }
}

impl Hold<Client> {
    /// Ends it, and sends this message if the connection that is open has it; otherwise nothing is sent. In
    /// a session: if it was written in the session.
    ///
    /// ```no_run
    /// # fn example(client: &wirebond_client::Client) -> Result<(), wirebond_client::SendError> {
    /// let hold = client.hold("subscribe", "prices")?;
    /// hold.release_with("unsubscribe", "prices")
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The payload can't be serialized, the message is larger than the queue, or the queue of a session is
    /// full. It has ended all the same.
    pub fn release_with<T: Serialize + ?Sized>(
        self,
        name: &str,
        payload: &T,
    ) -> Result<(), SendError> {
        if self.contents.is_reserved(name) {
            return Err(reserved(name));
        }
        let encoded = self.contents.encode(name, payload);
        self.end_with(&name.to_owned().into(), encoded)
    }
}

impl<C: Contract> Hold<C> {
    /// Ends it, and sends this payload as the one message that carries it, if the connection that is open
    /// has the held one; otherwise nothing is sent. In a session: if it was written in the session.
    ///
    /// For a message without payload, or one whose payload's type several messages carry: ask
    /// [`is_sent`](Self::is_sent), and send it yourself.
    ///
    /// ```ignore
    /// let hold = app.hold_subscribe(&Subscribe { channel: "prices".into() })?;
    /// hold.release_with(&Unsubscribe { channel: "prices".into() })?;
    /// ```
    ///
    /// # Errors
    ///
    /// The payload can't be serialized, the message is larger than the queue, or the queue of a session is
    /// full. It has ended all the same.
    pub fn release_with<T, M>(self, payload: &T) -> Result<(), SendError>
    where
        T: Outgoing<C, M> + ?Sized,
    {
        let name = Name::Borrowed(C::MESSAGES[T::INDEX].name());
        self.end_with(&name, T::ENCODE(payload, &Head::of_client::<C>(T::INDEX)))
    }
}

impl<C> Drop for Hold<C> {
    fn drop(&mut self) {
        if !self.is_released {
            self.outbox.release(self.id);
        }
    }
}

impl<C> fmt::Debug for Hold<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Hold").field(&self.name).finish()
    }
}

impl Client {
    /// Holds a message: it is sent now if a connection is open, and on every new connection before the
    /// queue, until the returned [`Hold`] is released or dropped. Several are sent in the order in which they
    /// were made.
    ///
    /// This is for what a server forgets with the connection, such as a subscription. A held message isn't
    /// counted against the queue and doesn't wait in it. Where it is written it is a message like others:
    /// [`stats`](Self::stats) counts it as accepted then, and it is confirmed or unconfirmed. It is never
    /// redelivered. A client that has stopped keeps its holds for the next `connect()`. In a
    /// [session](crate::Builder::sessions), a connection that resumes it doesn't get the message again.
    ///
    /// ```
    /// use wirebond_client::Client;
    ///
    /// let client = Client::builder("ws://127.0.0.1:9001/ws").build()?;
    /// let prices = client.hold("subscribe", "prices").unwrap();
    /// let trades = client.hold("subscribe", "trades").unwrap();
    /// assert_eq!((client.stats().holds, client.stats().queued), (2, 0));
    /// drop(trades);
    /// assert_eq!(client.stats().holds, 1);
    /// # drop(prices);
    /// # Ok::<(), wirebond_client::BuildError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The payload can't be serialized, the message is larger than the queue, or the name is one of
    /// wirebond's own.
    pub fn hold<T: Serialize + ?Sized>(&self, name: &str, payload: &T) -> Result<Hold, SendError> {
        let contents = &self.core.registry.contents;
        if contents.is_reserved(name) {
            return Err(reserved(name));
        }
        let encoded = contents.encode(name, payload);
        Hold::new(&self.core, name.to_owned().into(), encoded, None)
    }

    /// Holds a message whose payload is made whenever it is sent, such as one with a fresh token. Otherwise
    /// as [`hold`](Self::hold).
    ///
    /// `payload` is called now, and again for each new connection, on the client's task; it must not block.
    /// If it fails or panics there, that is reported through [`on_error`](Self::on_error), and the message is
    /// tried again on the next connection.
    ///
    /// ```
    /// use wirebond_client::Client;
    ///
    /// # fn fresh_token() -> String { "t0ken".into() }
    /// let client = Client::builder("ws://127.0.0.1:9001/ws").build()?;
    /// let hold = client.hold_with("subscribe", || ("prices", fresh_token())).unwrap();
    /// # drop(hold);
    /// # Ok::<(), wirebond_client::BuildError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`hold`](Self::hold).
    pub fn hold_with<T: Serialize>(
        &self,
        name: &str,
        payload: impl Fn() -> T + Send + Sync + 'static,
    ) -> Result<Hold, SendError> {
        let contents = self.core.registry.contents;
        if contents.is_reserved(name) {
            return Err(reserved(name));
        }
        let own = name.to_owned();
        Hold::made_by(&self.core, name.to_owned().into(), move || contents.encode(&own, &payload()))
    }
}
