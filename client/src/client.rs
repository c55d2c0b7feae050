//! The handle.

use std::{
    fmt,
    future::Future,
    marker::PhantomData,
    sync::{Arc, Weak},
};

use serde::{Serialize, de::DeserializeOwned};
use tokio::sync::watch;
use wirebond_schema::runtime::{Frame, encode, head, now_millis};

use crate::{
    builder::Builder,
    connect::provider::UrlSource,
    connect::response::UpgradeResponse,
    delivery::inbox::lock,
    delivery::registry::Topic,
    delivery::stream::MessageStream,
    delivery::subscription::Subscription,
    error::{Error, SendError},
    event::{CloseInfo, Event, Name, State},
    outcome::Outcome,
    runtime::{FromClient, stream_of},
    send::{Sending, entry, try_send},
    session::command::{Command, Stop},
    session::shared::Core,
    session::watchdog,
    stats::Stats,
};

/// A reconnecting WebSocket client for JSON messages with names.
///
/// A cheap handle: clones share one connection, and when the last is dropped, the connection is
/// closed with 1001 and its task ends. A handler that holds a clone keeps the client alive: let it
/// hold what [`downgrade`](Self::downgrade) gives.
///
/// Names are strings here; the client that `#[derive(Contract)]` generates has a typed method for
/// each, and dereferences to this.
#[derive(Clone)]
pub struct Client {
    pub(crate) core: Arc<Core>,
    alive: Arc<Alive>,
}

/// Dropped with the last handle.
struct Alive(Arc<Core>);

impl Drop for Alive {
    fn drop(&mut self) {
        let core = &self.0;
        let is_sent = {
            let mut control = lock(&core.control);
            control.abandoned = true;
            // The task looks for commands for the last time while it holds this lock.
            let commands = control.commands.as_ref();
            commands.is_some_and(|commands| commands.send(Command(Stop::Abandon)).is_ok())
        };
        if is_sent {
            watchdog::limit(core);
        } else {
            core.abandon();
        }
    }
}

/// A handle that doesn't keep its client alive: of the untyped client, or of a generated one. See
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

    /// The client, unless its last handle is gone.
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

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("state", &self.state()).finish_non_exhaustive()
    }
}

impl Client {
    /// Starts to describe a client for `url`: a string, [`Settings`](crate::Settings), or a provider
    /// that is asked for the URL of every attempt.
    pub fn builder<M>(url: impl UrlSource<M>) -> Builder {
        Builder::new(url.into_url())
    }

    pub(crate) fn new(core: Core) -> Self {
        let core = Arc::new(core);
        Self { alive: Arc::new(Alive(Arc::clone(&core))), core }
    }

    /// A handle that doesn't keep the client alive, for handlers that want to send.
    pub fn downgrade(&self) -> WeakClient {
        WeakClient::of(self)
    }

    /// Where the client stands.
    pub fn state(&self) -> State {
        *self.core.state.borrow()
    }

    /// The state as a channel: its present value and every change. A reader that is slow sees only
    /// the newest; [`events`](Self::events) skips nothing.
    ///
    /// It is notified whenever a delay before an attempt begins, even if the state stays `Connecting`:
    /// [`next_attempt`](Self::next_attempt) gives its number and its time.
    pub fn watch_state(&self) -> watch::Receiver<State> {
        self.core.state.subscribe()
    }

    /// Whether a connection is open.
    pub fn is_connected(&self) -> bool {
        self.state() == State::Open
    }

    /// The subprotocol that the server chose, while a connection is open.
    pub fn subprotocol(&self) -> Option<String> {
        let control = lock(&self.core.control);
        if self.is_connected() { control.subprotocol.clone() } else { None }
    }

    /// What the server answered to open the connection, while one is open: its headers, such as the
    /// `Set-Cookie` of a balancer that brings the next connection to the same server.
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

    /// What became of every message so far.
    pub fn stats(&self) -> Stats {
        Stats::of(self.core.outbox.tally(), &self.core.hub.counters)
    }

    /// Sends a message with any name. It is queued: an open connection writes it at once, in order;
    /// otherwise it waits for the next one.
    ///
    /// Waits only with `Overflow::Wait`; see [`Sending`] for what cancelling does. Fails with
    /// `Payload` if the payload can't be serialized, `QueueFull`, `TooLarge`, `Closed` while the client is
    /// closing, `Stopped` in the states `Closed` and `Failed`, or `WouldDeadlock`.
    pub fn send<T: Serialize + ?Sized>(&self, name: &str, payload: &T) -> Sending {
        let entry = entry(name.to_owned().into(), encode(&head(name), Some(payload), now_millis()));
        Sending::new(Arc::clone(&self.core), entry)
    }

    /// The same as [`send`](Self::send) without waiting: `QueueFull` where that would wait.
    pub fn try_send<T: Serialize + ?Sized>(
        &self,
        name: &str,
        payload: &T,
    ) -> Result<(), SendError> {
        try_send(
            &self.core,
            entry(name.to_owned().into(), encode(&head(name), Some(payload), now_millis())),
        )
    }

    /// Calls `handler` with the payload of every message of this name: `on("chat", |chat: Chat| …)`.
    ///
    /// The handler returns `()`, `Result<(), E>` or a future of either. A payload of another shape
    /// is reported through [`on_error`](Self::on_error), and so are a handler's error and panic.
    /// Handlers of one subscription run one at a time, in arrival order.
    ///
    /// A message without `data` is read as `null`: `on("leave", |(): ()| …)`, an `Option` or a
    /// `serde_json::Value` get it, and any other type gets the error that it has no data. `ping` and
    /// `pong`, the heartbeat's names, arrive like others, and a `ping` is answered all the same.
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
        let decode = |frame: &Frame<'_>, _| Ok(frame.payload_or_null()?.data);
        self.handle_topic(&self.core.registry.topic(name), name.to_owned().into(), decode, handler)
    }

    /// The messages of this name as a stream, read as [`on`](Self::on) reads them.
    ///
    /// ```
    /// # use wirebond_client::{BuildError, Client};
    /// # async fn print_all() -> Result<(), BuildError> {
    /// let client = Client::builder("ws://localhost/ws").build()?;
    /// let mut chats = client.stream::<String>("chat");
    /// while let Some(chat) = chats.next().await {
    ///     println!("{}", chat.data);
    /// }
    /// # Ok(()) }
    /// ```
    pub fn stream<T: DeserializeOwned + Send + 'static>(&self, name: &str) -> MessageStream<T> {
        let decode = |frame: &Frame<'_>, _| frame.payload_or_null();
        stream_of(self, &self.core.registry.topic(name), name.to_owned().into(), decode)
    }

    /// Removes every handler of this name; streams stay until they are dropped. No call of one begins
    /// after this returns.
    pub fn off(&self, name: &str) {
        self.core.registry.off(&self.core.registry.topic(name));
    }

    /// Calls `handler` with the name and the whole text of every message that the contract doesn't
    /// know. Escape the name before you print it: a peer may put anything there.
    pub fn on_unknown<R, M>(
        &self,
        mut handler: impl FnMut(String, String) -> R + Send + 'static,
    ) -> Subscription
    where
        R: Outcome<M, Settled: Send + 'static> + 'static,
        M: 'static,
    {
        let decode = |frame: &Frame<'_>, _| Ok((frame.name().to_owned(), frame.text().to_owned()));
        let name = Name::Borrowed("$unknown");
        self.handle_topic(&Topic::Unknown, name, decode, move |(name, text)| handler(name, text))
    }

    /// Calls `handler` whenever a connection is open; at once if one is.
    ///
    /// Subscriptions outlive connections: one that `handler` makes is made again at each connection, and
    /// its handler is called once more each time, of which a warning is logged.
    pub fn on_open<R, M>(&self, mut handler: impl FnMut() -> R + Send + 'static) -> Subscription
    where
        R: Outcome<M, Settled: Send + 'static> + 'static,
        M: 'static,
    {
        let pick = |event: &Event| matches!(event, Event::Open).then_some(());
        self.hear("$open", pick, true, move |()| handler())
    }

    /// Calls `handler` whenever a connection has ended.
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
        self.hear("$close", pick, false, handler)
    }

    /// Calls `handler` with everything that failed: attempts to connect, connections, frames that are
    /// no message, payloads of another type, handlers. The client goes on by its rules.
    pub fn on_error<R, M>(&self, handler: impl FnMut(Error) -> R + Send + 'static) -> Subscription
    where
        R: Outcome<M, Settled: Send + 'static> + 'static,
        M: 'static,
    {
        let pick = |event: &Event| match event {
            Event::Error(error) => Some(error.clone()),
            _ => None,
        };
        self.hear("$error", pick, false, handler)
    }

    /// Calls `handler` with the number of every attempt to reconnect, counted from 1, right before it
    /// is made.
    pub fn on_reconnect<R, M>(&self, handler: impl FnMut(u32) -> R + Send + 'static) -> Subscription
    where
        R: Outcome<M, Settled: Send + 'static> + 'static,
        M: 'static,
    {
        let pick = |event: &Event| match event {
            Event::Reconnect { attempt } => Some(*attempt),
            _ => None,
        };
        self.hear("$reconnect", pick, false, handler)
    }

    /// Calls `handler` when the attempts to reconnect are exhausted. The state is `Failed` and the
    /// queue is kept; `connect()` starts afresh.
    pub fn on_reconnect_failed<R, M>(
        &self,
        mut handler: impl FnMut() -> R + Send + 'static,
    ) -> Subscription
    where
        R: Outcome<M, Settled: Send + 'static> + 'static,
        M: 'static,
    {
        let pick = |event: &Event| matches!(event, Event::ReconnectFailed).then_some(());
        self.hear("$reconnect-failed", pick, false, move |()| handler())
    }
}

// What users rely on: a handle goes anywhere, and its futures can be spawned.
const _: () = {
    #[expect(dead_code, reason = "only has to compile")]
    fn check(client: &Client) {
        spawnable(&client.connect());
        spawnable(&client.disconnect());
        spawnable(&client.flush());
        spawnable(&client.send("", &std::cell::Cell::new(1)));
    }
    const fn anywhere<T: Send + Sync + Clone>() {}
    const fn spawnable<F: Future + Send>(_: &F) {}
    anywhere::<Client>();
};
