//! The handle.

use std::{fmt, sync::Arc};

use serde::{Serialize, de::DeserializeOwned};
use tokio::sync::watch;
use wirebond_core::wire::{RawMessage, form};

use crate::{
    delivery::registry::Topic,
    delivery::stream::MessageStream,
    delivery::subscription::Subscription,
    error::SendError,
    event::{Name, State},
    outcome::Outcome,
    reconnect::shared::Core,
    reconnect::start,
    response::UpgradeResponse,
    send::{Encoded, Sending, reserved, try_send},
    settings::Sessions,
    stats::Stats,
    sync::lock,
};

/// A reconnecting WebSocket client for named JSON messages.
///
/// This is a cheap handle: clones share one connection. When the last is dropped, the connection is
/// closed with 1001 and its task ends. A handler that holds a clone keeps the client alive; let it hold a
/// [`WeakClient`](crate::WeakClient) instead: see [`downgrade`](Self::downgrade).
///
/// Names are strings here. The client that `#[derive(Contract)]` generates has typed methods for each
/// message, and gives access to this one.
///
/// # Examples
///
/// ```no_run
/// use wirebond_client::Client;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let client = Client::builder("ws://127.0.0.1:9001/ws").build()?;
/// client.on("chat", |line: String| println!("{line}"));
/// client.connect().await?;
/// client.send("chat", "Hello!").await?;
/// client.disconnect().await;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client {
    pub(crate) core: Arc<Core>,
    pub(crate) alive: Arc<Alive>,
}

/// Dropped with the last handle.
pub(crate) struct Alive(Arc<Core>);

impl Drop for Alive {
    fn drop(&mut self) {
        start::abandon(&self.0);
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("state", &self.state()).finish_non_exhaustive()
    }
}

impl Client {
    pub(crate) fn new(core: Core) -> Self {
        let core = Arc::new(core);
        Self { alive: Arc::new(Alive(Arc::clone(&core))), core }
    }

    /// Returns the state of the client.
    ///
    /// ```
    /// use wirebond_client::{Client, State};
    ///
    /// let client = Client::builder("ws://127.0.0.1:9001/ws").build()?;
    /// assert_eq!(client.state(), State::Idle);
    /// # Ok::<(), wirebond_client::BuildError>(())
    /// ```
    pub fn state(&self) -> State {
        *self.core.state.borrow()
    }

    /// Returns a channel with the current state and its changes. A slow reader sees only the newest
    /// state; [`events`](Self::events) skips nothing.
    ///
    /// The channel is also notified when a delay before an attempt begins while the state stays
    /// `Connecting`: [`next_attempt`](Self::next_attempt) has its number and its time.
    ///
    /// ```
    /// # async fn example(client: &wirebond_client::Client) {
    /// use wirebond_client::State;
    ///
    /// let mut states = client.watch_state();
    /// // Waits until a connection is open. An error means that the client was dropped.
    /// if states.wait_for(|state| *state == State::Open).await.is_ok() {
    ///     println!("connected");
    /// }
    /// # }
    /// ```
    pub fn watch_state(&self) -> watch::Receiver<State> {
        self.core.state.subscribe()
    }

    /// Returns whether a connection is open.
    ///
    /// ```
    /// use wirebond_client::Client;
    ///
    /// let client = Client::builder("ws://127.0.0.1:9001/ws").build()?;
    /// assert!(!client.is_connected());
    /// # Ok::<(), wirebond_client::BuildError>(())
    /// ```
    pub fn is_connected(&self) -> bool {
        self.state() == State::Open
    }

    /// Returns the subprotocol that the server selected, while a connection is open: one of those set with
    /// [`Builder::subprotocols`](crate::Builder::subprotocols). That of
    /// [`sessions`](crate::Builder::sessions), `wirebond.v1`, is not returned while the client offers it.
    ///
    /// ```
    /// # fn example(client: &wirebond_client::Client) {
    /// if client.subprotocol().as_deref() == Some("chat.v2") {
    ///     println!("the server knows version 2");
    /// }
    /// # }
    /// ```
    pub fn subprotocol(&self) -> Option<String> {
        let control = lock(&self.core.control);
        if self.is_connected() { control.subprotocol.clone() } else { None }
    }

    /// Returns the answer that opened the connection, while one is open. Its headers may include the
    /// `Set-Cookie` of a load balancer with sticky sessions.
    ///
    /// ```
    /// # fn example(client: &wirebond_client::Client) {
    /// let weak = client.downgrade();
    /// client.on_open(move || {
    ///     let response = weak.upgrade().and_then(|client| client.upgrade_response());
    ///     let server = response.as_ref().and_then(|response| response.header("x-served-by"));
    ///     println!("connected to {}", server.unwrap_or("a server"));
    /// });
    /// # }
    /// ```
    pub fn upgrade_response(&self) -> Option<UpgradeResponse> {
        let control = lock(&self.core.control);
        if self.is_connected() { control.response.clone() } else { None }
    }

    /// Returns counters of all messages so far.
    ///
    /// ```
    /// use wirebond_client::Client;
    ///
    /// let client = Client::builder("ws://127.0.0.1:9001/ws").build()?;
    /// client.try_send("chat", "Hello!").unwrap();
    /// let stats = client.stats();
    /// assert_eq!((stats.accepted, stats.queued), (1, 1));
    /// # Ok::<(), wirebond_client::BuildError>(())
    /// ```
    pub fn stats(&self) -> Stats {
        let calls_in_flight = self.core.calls.len() as u64;
        Stats { calls_in_flight, ..self.core.counters.stats(self.core.outbox.stats()) }
    }

    /// Sends a message.
    ///
    /// The payload is serialized at once. The returned future resolves when the message is queued; it
    /// waits only with [`Overflow::Wait`](crate::Overflow::Wait). An open connection writes the message
    /// at once, in order; otherwise it stays queued for the next connection. To learn what becomes of it,
    /// ask for a receipt: [`Sending::tracked`].
    ///
    /// ```no_run
    /// # async fn example(client: wirebond_client::Client) -> Result<(), wirebond_client::SendError> {
    /// client.send("chat", "Hello!").await?;
    /// client.send("position", &(48.2, 16.4)).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`SendErrorKind`](crate::SendErrorKind) lists them: the payload can't be serialized, the queue is
    /// full, the message is larger than the queue, the client is closing or has stopped, a synchronous
    /// handler of the same client would wait for itself, or the name is reserved.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped before it resolves, nothing was queued.
    pub fn send<T: Serialize + ?Sized>(&self, name: &str, payload: &T) -> Sending {
        let core = Arc::clone(&self.core);
        if self.is_refused(name) {
            return Sending::refused(core, name);
        }
        let encoded = self.encode(name, payload);
        Sending::new(core, name.to_owned().into(), encoded)
    }

    /// Writes a message in the form of the contract.
    pub(crate) fn encode<T: Serialize + ?Sized>(&self, name: &str, payload: &T) -> Encoded {
        self.core.registry.contents.encode(name, payload)
    }

    /// Whether this is a name of wirebond's own, which a session gives a meaning.
    fn is_refused(&self, name: &str) -> bool {
        self.core.tuning.sessions != Sessions::Off && form::is_reserved(name)
    }

    /// Sends a message without waiting, from synchronous code.
    ///
    /// ```
    /// use wirebond_client::Client;
    ///
    /// let client = Client::builder("ws://127.0.0.1:9001/ws").build()?;
    /// client.try_send("chat", "Hello!").unwrap();
    /// assert_eq!(client.stats().queued, 1);
    /// # Ok::<(), wirebond_client::BuildError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), and [`QueueFull`](crate::SendErrorKind::QueueFull) where that would wait.
    pub fn try_send<T: Serialize + ?Sized>(
        &self,
        name: &str,
        payload: &T,
    ) -> Result<(), SendError> {
        if self.is_refused(name) {
            return Err(reserved(name));
        }
        let encoded = self.encode(name, payload);
        try_send(&self.core, name.to_owned().into(), encoded)
    }

    /// Calls `handler` with the payload of each message of this name.
    ///
    /// The handler returns `()`, `Result<(), E>` or a future of either. The calls of one subscription are
    /// made one at a time, in arrival order. A payload that doesn't match the type is reported through
    /// [`on_error`](Self::on_error), and so are the error and the panic of a handler.
    ///
    /// A message without `data` is read as `null`, which `()`, an `Option` and a `serde_json::Value`
    /// accept. `ping` and `pong`, the names of the heartbeat, are delivered like others; a `ping` is
    /// answered as well.
    ///
    /// ```
    /// # fn example(client: &wirebond_client::Client) {
    /// use std::num::ParseIntError;
    ///
    /// client.on("chat", |line: String| println!("{line}"));
    /// client.on("number", |digits: String| {
    ///     println!("{}", digits.parse::<u32>()?);
    ///     Ok::<_, ParseIntError>(())
    /// });
    /// client.on("saved", |id: u64| async move { println!("{id} is saved") });
    /// client.on("leave", |(): ()| println!("somebody left"));
    /// # }
    /// ```
    pub fn on<T, R, M>(
        &self,
        name: &str,
        handler: impl FnMut(T) -> R + Send + 'static,
    ) -> Subscription
    where
        T: DeserializeOwned + Send + 'static,
        R: Outcome<M, Settled: Send + 'static> + 'static,
        M: 'static,
    {
        let decode = |frame: &RawMessage<'_>, _| Ok(frame.payload_or_null()?.data);
        self.handle_topic(&self.core.registry.topic(name), name.to_owned().into(), decode, handler)
    }

    /// Returns the messages of this name as a stream. Payloads are read as by [`on`](Self::on).
    ///
    /// ```
    /// # async fn example(client: &wirebond_client::Client) {
    /// let mut lines = client.stream::<String>("chat");
    /// while let Some(line) = lines.next().await {
    ///     println!("{} at {:?}", line.data, line.timestamp);
    /// }
    /// # }
    /// ```
    pub fn stream<T: DeserializeOwned + Send + 'static>(&self, name: &str) -> MessageStream<T> {
        let decode = |frame: &RawMessage<'_>, _| frame.payload_or_null();
        self.stream_of(&self.core.registry.topic(name), name.to_owned().into(), decode)
    }

    /// Returns those messages of this name as a stream whose payload `takes` takes. The others don't come into
    /// its inbox. Otherwise as [`stream`](Self::stream).
    ///
    /// `takes` is called on the client's task, and must not block. If it panics, the payload counts as one
    /// that can't be read.
    ///
    /// ```
    /// # async fn example(client: &wirebond_client::Client) {
    /// let mut high = client.stream_where("price", |price: &f64| *price > 100.0);
    /// while let Some(price) = high.next().await {
    ///     println!("{}", price.data);
    /// }
    /// # }
    /// ```
    pub fn stream_where<T: DeserializeOwned + Send + 'static>(
        &self,
        name: &str,
        takes: impl Fn(&T) -> bool + Send + Sync + 'static,
    ) -> MessageStream<T> {
        let topic = self.core.registry.topic(name);
        let decode = |frame: &RawMessage<'_>| frame.payload_or_null();
        self.stream_where_of(&topic, name.to_owned().into(), decode, takes)
    }

    /// Cancels the subscriptions of all handlers of this name. No call of one begins after this returns.
    /// Streams stay until they are dropped.
    ///
    /// ```
    /// # fn example(client: &wirebond_client::Client) {
    /// client.on("chat", |line: String| println!("{line}"));
    /// client.off("chat");
    /// # }
    /// ```
    pub fn off(&self, name: &str) {
        self.core.registry.off(&self.core.registry.topic(name));
    }

    /// Calls `handler` with the name and the text of each message whose name is not in the contract and
    /// has no subscription.
    ///
    /// Escape both before you print them: they may contain any character.
    ///
    /// ```
    /// # fn example(client: &wirebond_client::Client) {
    /// client.on_unknown(|name, text| eprintln!("ignored {name:?}: {} bytes", text.len()));
    /// # }
    /// ```
    pub fn on_unknown<R, M>(
        &self,
        mut handler: impl FnMut(String, String) -> R + Send + 'static,
    ) -> Subscription
    where
        R: Outcome<M, Settled: Send + 'static> + 'static,
        M: 'static,
    {
        let decode =
            |frame: &RawMessage<'_>, _| Ok((frame.name().to_owned(), frame.text().to_owned()));
        let name = Name::Borrowed("$unknown");
        self.handle_topic(&Topic::Unknown, name, decode, move |(name, text)| handler(name, text))
    }
}
