//! Messages that are sent on every connection until they are released.

use std::{fmt, marker::PhantomData, sync::Arc};

use serde::{Serialize, de::IgnoredAny};
use wirebond_connection::call::Encoded;
use wirebond_core::{
    Contract,
    wire::{Head, NamedHead, Unnumbered, encode, has_own_id, now_millis},
};

use crate::{
    call::{Decoders, untyped::decoders},
    client::Client,
    delivery::events::Emitter,
    delivery::registry::Contents,
    error::{Error, SendError, SendErrorKind},
    event::Name,
    outbox::{self, Calling, Number, Outbox, Refresh, Text},
    reconnect::shared::Core,
    runtime::Outgoing,
    send::reserved,
};

mod answer;

pub use answer::HeldAnswer;
use answer::HeldCall;

/// A message that is sent when it is due, or why it can't be made.
pub(crate) type Made = Result<Text, serde_json::Error>;

/// A message that is sent on every connection: now if one is open, and first on each new one. See
/// [`Client::hold`].
///
/// It ends with [`release`](Self::release), with `release_with`, or when this is dropped. `C` is the
/// contract; a hold of the untyped client has [`Client`] in its place.
#[must_use = "the message is held until this is dropped: bind it, `let _hold = …` (`let _ = …` drops it at once)"]
pub struct Hold<C = Client> {
    outbox: Arc<Outbox>,
    events: Arc<Emitter>,
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
        made: Made,
        refresh: Option<Refresh>,
        call: Option<Arc<dyn Calling>>,
    ) -> Result<Self, SendError> {
        let text = made.map_err(|error| unserialized(&name, error))?;
        let size = text.text.len();
        let hold = outbox::Hold { name: name.clone(), text, refresh, call };
        let (outbox, events) = (Arc::clone(&core.outbox), Arc::clone(&core.events));
        let id = outbox.hold(hold).map_err(|kind| outbox.refusal(kind, &name, size))?;
        let contents = core.registry.contents;
        Ok(Self { outbox, events, contents, id, name, is_released: false, contract: PhantomData })
    }

    pub(crate) fn made_by(
        core: &Core,
        name: Name,
        make: impl Fn() -> Made + Send + Sync + 'static,
        call: Option<Arc<dyn Calling>>,
    ) -> Result<Self, SendError> {
        let first = make();
        Self::new(core, name, first, Some(Arc::new(make)), call)
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

    fn end_with(mut self, name: &Name, made: Made) -> Result<(), SendError> {
        // Dropping this ends it.
        let text = made.map_err(|error| unserialized(name, error))?;
        let call = is_call(&text).then(|| {
            let own = (self.outbox.calls(), &self.events);
            HeldCall::calling(name.clone(), ignored(), HeldAnswer::new(), own)
        });
        self.is_released = true;
        let size = text.text.len();
        let sent = self.outbox.release_with(self.id, name.clone(), text, call);
        sent.map_err(|kind| self.outbox.refusal(kind, name, size))
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
        let made = by_name(&self.contents, name, payload);
        self.end_with(&name.to_owned().into(), made)
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
        let made = write::<C>(T::INDEX, &self.contents, |head| T::ENCODE(payload, head));
        self.end_with(&Name::Borrowed(C::MESSAGES[T::INDEX].name()), made)
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
    /// In a form whose requests have numbers, a message that the contract declares as a call is one each time it is
    /// sent, with a number of its connection; that the server refuses it is reported through
    /// [`on_error`](Self::on_error). [`HeldAnswer`] has its answers.
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
        let (name, made) = (name.to_owned().into(), by_name(contents, name, payload));
        let call = made.as_ref().is_ok_and(is_call).then(|| self.held_call(&name));
        Hold::new(&self.core, name, made, None, call)
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
        let (own, name) = (name.to_owned(), Name::from(name.to_owned()));
        let is_call = numbers(&contents, &own);
        let call = is_call.then(|| self.held_call(&name));
        Hold::made_by(&self.core, name, move || by_name(&contents, &own, &payload()), call)
    }

    /// What gets the answers of a held call that nobody asks for: those that refuse it are reported.
    fn held_call(&self, name: &Name) -> Arc<dyn Calling> {
        held_call(&self.core, name.clone(), ignored(), HeldAnswer::new())
    }
}

/// How answers are read that nobody asks for.
fn ignored() -> Decoders<IgnoredAny, IgnoredAny> {
    decoders()
}

/// What gets the answers of a held call.
pub(crate) fn held_call<R, E>(
    core: &Core,
    name: Name,
    decode: Decoders<R, E>,
    answer: HeldAnswer<R, E>,
) -> Arc<dyn Calling>
where
    R: Send + Sync + 'static,
    E: Send + Sync + 'static,
{
    HeldCall::calling(name, decode, answer, (&core.calls, &core.events))
}

/// Writes the message at `index` of the contract `C`: with a place for its number, if it is a call that has one.
pub(crate) fn write<C: Contract>(
    index: usize,
    contents: &Contents,
    encode: impl Fn(&Head<'_>) -> Encoded,
) -> Made {
    let is_call = C::MESSAGES[index].call().is_some();
    write_as(&Head::of_client::<C>(index), is_call, contents, encode)
}

fn write_as(
    head: &Head<'_>,
    is_call: bool,
    contents: &Contents,
    encode: impl Fn(&Head<'_>) -> Encoded,
) -> Made {
    // A message that is held takes no more memory than it needs.
    let exact = |text: Vec<u8>| text.into_boxed_slice().into();
    let text = encode(head)?;
    // One with an id of its own is sent with that, and is no call.
    let calls = contents.codec.calls().filter(|form| is_call && !has_own_id(form, &text));
    if let Some(form) = calls {
        let Unnumbered { text, place } = Unnumbered::new(head, form, encode)?;
        return Ok(Text { text: exact(text), number: Number::Place(place) });
    }
    Ok(Text::new(exact(text), &contents.codec))
}

/// Writes a message by its name.
fn by_name<T: Serialize + ?Sized>(contents: &Contents, name: &str, payload: &T) -> Made {
    let known = if contents.codec.is_default() { None } else { contents.find_sent(name) };
    let head = NamedHead::new(contents.codec.sent(), name, known)?;
    let encode = |head: &Head<'_>| encode(head, Some(payload), now_millis());
    write_as(&head.head(), numbers(contents, name), contents, encode)
}

/// Whether a message of this name is a call that has a number where it is held.
fn numbers(contents: &Contents, name: &str) -> bool {
    let is_call = || contents.find_sent(name).is_some_and(|message| message.call().is_some());
    contents.codec.calls().is_some() && is_call()
}

fn is_call(text: &Text) -> bool {
    matches!(text.number, Number::Place(_))
}

fn unserialized(name: &Name, error: serde_json::Error) -> SendError {
    Error::new(SendErrorKind::Payload).about(name).caused_by(error)
}
