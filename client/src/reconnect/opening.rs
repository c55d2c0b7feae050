//! The opening of a connection: what the user's code says and hears before anything else goes out.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::{Arc, atomic::AtomicBool},
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use serde::{Serialize, de::DeserializeOwned};
use tokio::sync::oneshot;
use wirebond_connection::call::Encoded;
use wirebond_core::{
    Contract, Received,
    codegen::WireContract,
    wire::{DecodeError, RawMessage},
};

use crate::{
    connect::provider::{Attempt, BoxFuture},
    delivery::{held::Held, registry::Contents},
    error::{Error, ErrorKind, SendError, SendErrorKind},
    event::Name,
    outbox::{Message, Text},
    reconnect::shared::Core,
    response::UpgradeResponse,
};

mod error;

pub use error::OpeningError;
pub(crate) use error::Verdict;

/// The user's closure.
pub(crate) type Open = Arc<dyn Fn(Opening) -> BoxFuture<Result<(), OpeningError>> + Send + Sync>;

/// The opening of a client's connections, if it has one.
pub(crate) struct Openings {
    pub(crate) open: Open,
    /// Whether the connection before was open.
    pub(crate) was_open: AtomicBool,
}

/// A connection that is not open yet. See [`Builder::opening`](crate::Builder::opening).
///
/// The opening of a generated client gets a typed one, such as `AppOpening`. This is a cheap handle: clones
/// are the same connection. Once the opening has returned, or its connection has ended, every method fails.
#[derive(Clone)]
pub struct Opening {
    shared: Arc<Shared>,
}

struct Shared {
    held: Arc<Held>,
    core: Arc<Core>,
    attempt: Attempt,
    was_open: bool,
    response: UpgradeResponse,
}

/// How a payload is read.
type Decode<T> = fn(&RawMessage<'_>) -> Result<Received<T>, DecodeError>;

impl Opening {
    pub(crate) fn new(
        held: Arc<Held>,
        core: Arc<Core>,
        attempt: Attempt,
        was_open: bool,
        response: UpgradeResponse,
    ) -> Self {
        Self { shared: Arc::new(Shared { held, core, attempt, was_open, response }) }
    }

    pub(crate) fn core(&self) -> &Arc<Core> {
        &self.shared.core
    }

    pub(crate) fn contents(&self) -> &Contents {
        &self.shared.core.registry.contents
    }

    /// Waits for the next message, and returns its payload if it has this name.
    ///
    /// A message without `data` is read as `null`. Heartbeats are not among the messages, and neither are
    /// frames that can't be read: those are reported as always, and skipped.
    ///
    /// ```
    /// use wirebond_client::Client;
    ///
    /// let client = Client::builder("ws://127.0.0.1:9001/ws")
    ///     .opening(|peer| async move {
    ///         let nonce: String = peer.expect("hello").await?;
    ///         peer.send("identify", &format!("t0ken:{nonce}")).await?;
    ///         peer.expect::<()>("ready").await
    ///     })
    ///     .build()?;
    /// # Ok::<(), wirebond_client::BuildError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The next message has another name, which the error says; its payload is not a `T`; or the opening is
    /// over.
    ///
    /// # Cancel safety
    ///
    /// Cancelling loses no message.
    pub fn expect<T: DeserializeOwned>(&self, name: &str) -> Expecting<T> {
        let decode: Decode<T> = |frame| frame.payload_or_null();
        self.expecting(name.to_owned().into(), decode)
    }

    pub(crate) fn expecting<T>(&self, name: Name, decode: Decode<T>) -> Expecting<T> {
        Expecting { opening: self.clone(), name, decode }
    }

    /// Waits for the next message, and returns its name and its payload as JSON.
    ///
    /// ```
    /// use wirebond_client::{Client, OpeningError, Unauthorized};
    ///
    /// let client = Client::builder("ws://127.0.0.1:9001/ws")
    ///     .opening(|peer| async move {
    ///         peer.send("auth", "t0ken").await?;
    ///         match peer.next().await? {
    ///             (name, _) if name == "auth-ok" => Ok(()),
    ///             (name, _) if name == "auth-invalid" => Err(Unauthorized::new("not this token").into()),
    ///             (name, _) => Err(OpeningError::unexpected(&name)),
    ///         }
    ///     })
    ///     .build()?;
    /// # Ok::<(), wirebond_client::BuildError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The opening is over.
    ///
    /// # Cancel safety
    ///
    /// Cancelling loses no message.
    pub async fn next(&self) -> Result<(String, serde_json::Value), OpeningError> {
        let text = self.next_text().await?;
        let frame = self.read(&text)?;
        let payload = frame.payload_or_null().map_err(|error| self.unread(frame.name(), error))?;
        Ok((frame.name().to_owned(), payload.data))
    }

    /// The next message of the contract `C`.
    pub(crate) async fn next_message<C: Contract>(&self) -> Result<C, OpeningError> {
        let text = self.next_text().await?;
        let frame = self.read(&text)?;
        let position = <C as WireContract>::position(frame.name());
        // Others are skipped where they arrive.
        let position = position.ok_or_else(|| OpeningError::unexpected(frame.name()))?;
        let read = frame.message(position).map_err(|error| self.unread(frame.name(), error));
        read.map(|received| received.data)
    }

    async fn next_text(&self) -> Result<String, OpeningError> {
        let next = std::future::poll_fn(|cx| self.shared.held.poll_next(cx)).await;
        next.ok_or_else(OpeningError::over)
    }

    fn read<'t>(&self, text: &'t str) -> Result<RawMessage<'t>, OpeningError> {
        self.contents().codec.open(text).map_err(|error| self.unread("", error.into()))
    }

    #[cold]
    fn unread(&self, name: &str, error: DecodeError) -> OpeningError {
        self.shared.core.counters.malformed.add(1);
        let (kind, error): (_, Box<dyn std::error::Error + Send + Sync>) = match error {
            DecodeError::Envelope(error) => (ErrorKind::Envelope, error.into()),
            DecodeError::Payload(error) => (ErrorKind::Payload, error.into()),
        };
        Error::new(kind).context(error.to_string()).about(name).into()
    }

    /// Sends a message on this connection, before the queue. The future resolves when it is written; it is
    /// written even if the future is dropped.
    ///
    /// ```
    /// use wirebond_client::Client;
    ///
    /// let client = Client::builder("ws://127.0.0.1:9001/ws")
    ///     .opening(|peer| async move { peer.send("hello", "me").await })
    ///     .build()?;
    /// # Ok::<(), wirebond_client::BuildError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The payload can't be serialized, the message is larger than the outbound queue, the name is one of
    /// wirebond's own, the connection has ended, or the opening is over.
    pub fn send<T: Serialize + ?Sized>(&self, name: &str, payload: &T) -> OpeningSend {
        let contents = self.contents();
        if contents.is_reserved(name) {
            let error = Error::new(SendErrorKind::Reserved).about(name);
            return OpeningSend(Err(Some(error.into())));
        }
        self.push(&name.to_owned().into(), contents.encode(name, payload))
    }

    pub(crate) fn push(&self, name: &Name, encoded: Encoded) -> OpeningSend {
        OpeningSend(self.try_push(name, encoded).map_err(Some))
    }

    fn try_push(
        &self,
        name: &Name,
        encoded: Encoded,
    ) -> Result<oneshot::Receiver<()>, OpeningError> {
        let Shared { held, core, .. } = &*self.shared;
        let refused = |source| Error::new(SendErrorKind::Payload).about(name).caused_by(source);
        let text: Bytes = encoded.map_err(refused)?.into();
        if held.is_over() {
            return Err(OpeningError::over());
        }
        let (outbox, size) = (&core.outbox, text.len());
        let text = Text::new(text, &self.contents().codec);
        let pushed = outbox.push_opening(name.clone(), text);
        let pushed = pushed.map_err(|kind| outbox.refusal(kind, name, size))?;
        pushed.ok_or_else(OpeningError::over)
    }

    /// Sends the request of a call.
    pub(crate) fn push_call(&self, message: Message) -> Result<(), SendError> {
        let Shared { held, core, .. } = &*self.shared;
        let over = Error::new(SendErrorKind::OpeningOver).about(&message.name);
        if held.is_over() {
            return Err(over);
        }
        let (name, size) = (message.name.clone(), message.text.len());
        let pushed = core.outbox.push_opening_call(message);
        pushed.map_err(|kind| core.outbox.refusal(kind, &name, size))?.ok_or(over)
    }

    /// Sets how often this connection's heartbeat is sent, whatever
    /// [`Builder::heartbeat_interval`](crate::Builder::heartbeat_interval) says: an interval of at least 10 ms. The
    /// first is due an interval from now. An answer is waited for as long as the setting
    /// `heartbeat_timeout` says, or the interval if that is shorter.
    ///
    /// ```
    /// use std::time::Duration;
    /// use wirebond_client::Client;
    ///
    /// let client = Client::builder("ws://127.0.0.1:9001/ws")
    ///     .opening(|peer| async move {
    ///         let interval: u64 = peer.expect("hello").await?;
    ///         peer.heartbeat_interval(Duration::from_millis(interval));
    ///         Ok(())
    ///     })
    ///     .build()?;
    /// # Ok::<(), wirebond_client::BuildError>(())
    /// ```
    pub fn heartbeat_interval(&self, interval: Duration) {
        self.shared.held.set_heartbeat(interval);
    }

    /// Returns the attempt that this connection is: its number, 0 for the first of a `connect()`, and whether
    /// the credentials before were refused.
    ///
    /// ```
    /// use wirebond_client::Client;
    ///
    /// let client = Client::builder("ws://127.0.0.1:9001/ws")
    ///     .opening(|peer| async move {
    ///         let token = if peer.attempt().refused { "fresh" } else { "cached" };
    ///         peer.send("auth", token).await
    ///     })
    ///     .build()?;
    /// # Ok::<(), wirebond_client::BuildError>(())
    /// ```
    pub fn attempt(&self) -> Attempt {
        self.shared.attempt
    }

    /// Returns whether the client's connection before this one was open: its opening succeeded. False for the
    /// first one. An attempt that got no connection changes nothing.
    ///
    /// ```
    /// use wirebond_client::Client;
    ///
    /// let client = Client::builder("ws://127.0.0.1:9001/ws")
    ///     .opening(|peer| async move {
    ///         peer.send(if peer.was_open() { "resume" } else { "identify" }, "t0ken").await
    ///     })
    ///     .build()?;
    /// # Ok::<(), wirebond_client::BuildError>(())
    /// ```
    pub fn was_open(&self) -> bool {
        self.shared.was_open
    }

    /// Returns the server's answer to the upgrade.
    ///
    /// ```
    /// use wirebond_client::Client;
    ///
    /// let client = Client::builder("ws://127.0.0.1:9001/ws")
    ///     .opening(|peer| async move {
    ///         let region = peer.response().header("x-region").unwrap_or("unknown");
    ///         peer.send("region", region).await
    ///     })
    ///     .build()?;
    /// # Ok::<(), wirebond_client::BuildError>(())
    /// ```
    pub fn response(&self) -> &UpgradeResponse {
        &self.shared.response
    }
}

impl fmt::Debug for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opening").field("attempt", &self.shared.attempt).finish_non_exhaustive()
    }
}

/// The future of [`Opening::expect`].
#[must_use = "nothing is waited for unless this is awaited"]
pub struct Expecting<T> {
    opening: Opening,
    name: Name,
    decode: Decode<T>,
}

impl<T> Future for Expecting<T> {
    type Output = Result<T, OpeningError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { opening, name, decode } = &*self;
        let Some(text) = ready!(opening.shared.held.poll_next(cx)) else {
            return Poll::Ready(Err(OpeningError::over()));
        };
        let frame = opening.read(&text)?;
        if frame.name() != name {
            return Poll::Ready(Err(OpeningError::other(name, frame.name())));
        }
        let read = decode(&frame).map_err(|error| opening.unread(name, error));
        Poll::Ready(read.map(|received| received.data))
    }
}

impl<T> fmt::Debug for Expecting<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Expecting").field(&self.name).finish()
    }
}

/// The future of [`Opening::send`]. It resolves when the message is written. Polled again after an error, it
/// says that the opening is over.
#[must_use = "a message may fail, which awaiting this returns"]
#[derive(Debug)]
pub struct OpeningSend(Result<oneshot::Receiver<()>, Option<OpeningError>>);

impl Future for OpeningSend {
    type Output = Result<(), OpeningError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            Ok(written) => Pin::new(written).poll(cx).map_err(|_| OpeningError::over()),
            Err(error) => Poll::Ready(Err(error.take().unwrap_or_else(OpeningError::over))),
        }
    }
}
