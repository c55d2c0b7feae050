//! Calls by names that are known only at run time.

use serde::{Serialize, de::DeserializeOwned, ser::Error as _};
use wirebond_connection::session::Class;
use wirebond_core::wire::{Codec, Head, NamedHead, RawMessage, encode, form, now_millis};

use super::{Call, Decoders, Request};
use crate::{
    client::Client,
    delivery::registry::Contents,
    error::{Error, SendError, SendErrorKind},
    reconnect::opening::Opening,
    send::reserved,
};

impl Client {
    /// Makes a call: sends a message that the server answers. `R` is the payload of its reply, `E` that of
    /// its error; an answer without `data` is read as `null`.
    ///
    /// The payload is serialized at once, and the request is queued when the future is first polled. The
    /// server must know the name as a call: see [`Call`] for what becomes of it when the connection ends.
    ///
    /// ```no_run
    /// use wirebond_client::{CallError, Client};
    ///
    /// # async fn example(client: Client) {
    /// match client.call::<u64, String>("place-order", "A-17").await {
    ///     Ok(number) => println!("order {number}"),
    ///     Err(CallError::Refused(why)) => println!("refused: {why}"),
    ///     Err(error) => println!("{error}; may have run: {:?}", error.ran()),
    /// }
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`CallError`](crate::CallError) lists them.
    ///
    /// # Cancel safety
    ///
    /// See [`Call`].
    pub fn call<R, E>(&self, name: &str, payload: &(impl Serialize + ?Sized)) -> Call<R, E>
    where
        R: DeserializeOwned + Send + 'static,
        E: DeserializeOwned + Send + 'static,
    {
        self.call_of_class(name, payload, Class::Call)
    }

    /// Makes a call that may run twice: if its connection ends before the answer, it is sent again on the
    /// next one, before anything else. Otherwise as [`call`](Self::call).
    ///
    /// ```no_run
    /// # async fn example(client: wirebond_client::Client) {
    /// let price = client.call_idempotent::<f64, String>("price-of", "A-17").await;
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`CallError`](crate::CallError) lists them.
    pub fn call_idempotent<R, E>(
        &self,
        name: &str,
        payload: &(impl Serialize + ?Sized),
    ) -> Call<R, E>
    where
        R: DeserializeOwned + Send + 'static,
        E: DeserializeOwned + Send + 'static,
    {
        self.call_of_class(name, payload, Class::IdempotentCall)
    }

    fn call_of_class<R, E>(
        &self,
        name: &str,
        payload: &(impl Serialize + ?Sized),
        class: Class,
    ) -> Call<R, E>
    where
        R: DeserializeOwned + Send + 'static,
        E: DeserializeOwned + Send + 'static,
    {
        let request = Request { name: name.to_owned().into(), class, timeout: None };
        by_name(&self.core.registry.contents, name, |head| {
            let encode = |head: &Head<'_>| encode(head, Some(payload), now_millis());
            Call::new(&self.core, request, head, encode, decoders())
        })
    }
}

impl Opening {
    /// Makes a call on this connection, before the queue: sends a message that the server answers. `R` is the
    /// payload of its reply, `E` that of its error; an answer without `data` is read as `null`.
    ///
    /// Other messages that arrive before the answer wait for [`next`](Self::next) and [`expect`](Self::expect). There
    /// is no timeout but that of the opening, unless [`Call::timeout`] sets one. `?` makes a
    /// [`CallError`](crate::CallError) the error of the opening.
    ///
    /// ```
    /// use wirebond_client::{CallError, Client, Unauthorized};
    ///
    /// let client = Client::builder("ws://127.0.0.1:9001/ws")
    ///     .opening(|peer| async move {
    ///         match peer.call::<(), String>("login", "t0ken").await {
    ///             Err(CallError::Refused(why)) => Err(Unauthorized::new(why).into()),
    ///             answer => Ok(answer?),
    ///         }
    ///     })
    ///     .build()?;
    /// # Ok::<(), wirebond_client::BuildError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`CallError`](crate::CallError) lists them; `NotSent` if the opening is over.
    ///
    /// # Cancel safety
    ///
    /// See [`Call`].
    pub fn call<R, E>(&self, name: &str, payload: &(impl Serialize + ?Sized)) -> Call<R, E>
    where
        R: DeserializeOwned + Send + 'static,
        E: DeserializeOwned + Send + 'static,
    {
        by_name(&self.core().registry.contents, name, |head| {
            let encode = |head: &Head<'_>| encode(head, Some(payload), now_millis());
            Call::of_opening(self, name.to_owned().into(), head, encode, decoders())
        })
    }
}

/// How answers are read whose types only the caller knows.
pub(crate) fn decoders<R: DeserializeOwned, E: DeserializeOwned>() -> Decoders<R, E> {
    (
        |frame: &RawMessage<'_>| frame.payload_or_null(),
        |frame: &RawMessage<'_>| frame.payload_or_null(),
    )
}

/// Makes a call by its name, or one that is refused.
fn by_name<R: Send + 'static, E: Send + 'static>(
    contents: &Contents,
    name: &str,
    make: impl FnOnce(&Head<'_>) -> Call<R, E>,
) -> Call<R, E> {
    let head = NamedHead::new(contents.codec.sent(), name, contents.find_sent(name));
    let call = make(&head.as_ref().map_or(Head::plain(""), NamedHead::head));
    match refusal(&contents.codec, name, head.err()) {
        Some(error) => call.refused(error),
        None => call,
    }
}

/// Why a message of this name can't be a call. `error` is why it can't be written at all.
fn refusal(codec: &Codec, name: &str, error: Option<serde_json::Error>) -> Option<SendError> {
    let refuse = |error| Error::new(SendErrorKind::Payload).about(name).caused_by(error);
    if let Some(error) = error {
        return Some(refuse(error));
    }
    if codec.is_default() {
        return form::is_reserved(name).then(|| reserved(name));
    }
    let what = "the contract's form says nothing of calls: it needs `id` and `re`";
    codec.calls().is_none().then(|| refuse(serde_json::Error::custom(what)))
}
