//! What generated code calls. Not part of the public API.

use std::sync::Arc;

pub use crate::{
    builder::Builder,
    client::{Client, WeakClient},
    error::SendError,
    outcome::Outcome,
    provider::UrlSource,
    send::Sending,
    stream::MessageStream,
    subscription::Subscription,
};
use serde::{Serialize, de::DeserializeOwned};
pub use tokio::sync::Mutex as AsyncMutex;
use wirebond_schema::{Contract, Received, runtime::Frame};

use crate::{
    event::Name,
    registry::{Contents, Topic},
    send::{entry, try_send as try_send_entry},
    stream::StreamInbox,
};

/// A client that [`Builder::build`] can make: the untyped one, or a generated one.
#[diagnostic::on_unimplemented(message = "`{Self}` is no client of wirebond")]
pub trait FromClient {
    /// The contract that it speaks.
    #[doc(hidden)]
    const CONTENTS: Contents;

    #[doc(hidden)]
    fn from_client(client: Client) -> Self;
}

impl FromClient for Client {
    const CONTENTS: Contents = Contents::NONE;

    fn from_client(client: Client) -> Self {
        client
    }
}

/// A generated client.
pub trait TypedClient: Sized {
    /// Its contract.
    type Contract: Contract;

    /// Wraps the untyped client.
    fn from_client(client: Client) -> Self;
}

impl<C: TypedClient> FromClient for C {
    const CONTENTS: Contents = Contents {
        messages: C::Contract::MESSAGES,
        position: <C::Contract as wirebond_schema::runtime::WireContract>::position,
    };

    fn from_client(client: Client) -> Self {
        TypedClient::from_client(client)
    }
}

/// What is known at compile time of a message that the client sends.
#[derive(Debug, Clone, Copy)]
pub struct Outbound {
    name: &'static str,
    head: &'static str,
}

impl Outbound {
    /// `head` is the envelope's start: `{"type":"chat"`.
    pub const fn new(name: &'static str, head: &'static str) -> Self {
        Self { name, head }
    }
}

/// A payload that the typed `send` takes: `M` marks the message that carries it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the payload of exactly one message that the client side of `{C}` may send",
    label = "the client can't send this",
    note = "`send` takes the payload of a variant of `{C}` that isn't marked `from = \"server\"`",
    note = "a message without payload, or one whose payload type several messages share, has a method \
            of its own: `send_joined(…)` for the variant `Joined`"
)]
pub trait Outgoing<C, M>: Serialize {
    /// That message.
    const MESSAGE: Outbound;
}

/// What no payload of a server's message ever gets: see [`Outgoing`].
#[diagnostic::on_unimplemented(
    message = "only the server sends `{T}`: its message is marked `from = \"server\"`",
    label = "the client can't send this",
    note = "remove `from = \"server\"` from its variant if both sides may send it"
)]
pub trait MaySend<T> {}

/// Stands for the client in [`MaySend`].
#[derive(Debug)]
pub struct ClientSide<'a>(std::marker::PhantomData<&'a ()>);

/// What fuzz targets reach, in builds made for them.
#[cfg(fuzzing)]
pub mod fuzzing {
    /// Reads the server's answer to the opening handshake.
    pub fn handshake(received: &[u8]) {
        crate::handshake::fuzz(received);
    }

    /// Reads a `Retry-After` header.
    pub fn retry_after(value: &str) {
        crate::ruling::retry_after(value, std::time::SystemTime::now());
    }
}

/// See the generated `builder`.
pub fn builder<C: TypedClient, M>(url: impl UrlSource<M>) -> Builder<C> {
    Builder::new(url.into_url())
}

/// See [`Client::downgrade`].
pub fn downgrade<C: TypedClient>(client: &Client) -> WeakClient<C> {
    WeakClient::of(client)
}

/// Sends a payload.
pub fn send<T: Serialize + ?Sized>(client: &Client, message: Outbound, payload: &T) -> Sending {
    let entry = entry(Name::Borrowed(message.name), message.head, Some(payload));
    Sending::new(Arc::clone(&client.core), entry)
}

/// Sends a message without payload.
pub fn send_unit(client: &Client, message: Outbound) -> Sending {
    let entry = entry(Name::Borrowed(message.name), message.head, None::<&()>);
    Sending::new(Arc::clone(&client.core), entry)
}

/// Sends a payload without waiting.
pub fn try_send<T: Serialize + ?Sized>(
    client: &Client,
    message: Outbound,
    payload: &T,
) -> Result<(), SendError> {
    let entry = entry(Name::Borrowed(message.name), message.head, Some(payload));
    try_send_entry(&client.core, entry)
}

/// Sends a message without payload and without waiting.
pub fn try_send_unit(client: &Client, message: Outbound) -> Result<(), SendError> {
    let entry = entry(Name::Borrowed(message.name), message.head, None::<&()>);
    try_send_entry(&client.core, entry)
}

fn name(client: &Client, index: usize) -> Name {
    Name::Borrowed(client.core.registry.contents.messages[index].name())
}

/// Subscribes a handler to the message at `index`.
pub fn on<T, R, M>(
    client: &Client,
    index: usize,
    handler: impl FnMut(T) -> R + Send + 'static,
) -> Subscription
where
    T: DeserializeOwned + Send + 'static,
    R: Outcome<M, Settled: Send + 'static> + 'static,
    M: 'static,
{
    let decode = |frame: &Frame<'_>, _| Ok(frame.payload()?.data);
    client.handle_topic(&Topic::Index(index), name(client, index), decode, handler)
}

/// Subscribes a handler to the message without payload at `index`.
pub fn on_unit<R, M>(
    client: &Client,
    index: usize,
    mut handler: impl FnMut() -> R + Send + 'static,
) -> Subscription
where
    R: Outcome<M, Settled: Send + 'static> + 'static,
    M: 'static,
{
    let decode = |frame: &Frame<'_>, _| {
        let _: () = frame.unit()?.data;
        Ok(())
    };
    client.handle_topic(&Topic::Index(index), name(client, index), decode, move |()| handler())
}

/// Subscribes a handler to every message of the contract.
pub fn on_message<C, R, M>(
    client: &Client,
    handler: impl FnMut(C) -> R + Send + 'static,
) -> Subscription
where
    C: Contract,
    R: Outcome<M, Settled: Send + 'static> + 'static,
    M: 'static,
{
    let decode = |frame: &Frame<'_>, index| Ok(frame.message(index)?.data);
    client.handle_topic(&Topic::Contract, Name::Borrowed(C::NAME), decode, handler)
}

/// Removes the handlers of the message at `index`.
pub fn off(client: &Client, index: usize) {
    client.core.registry.off(&Topic::Index(index));
}

/// The messages at `index` as a stream.
pub fn stream<T: DeserializeOwned + Send + 'static>(
    client: &Client,
    index: usize,
) -> MessageStream<T> {
    stream_of(client, &Topic::Index(index), name(client, index), |frame, _| frame.payload())
}

/// The messages without payload at `index` as a stream.
pub fn stream_unit(client: &Client, index: usize) -> MessageStream<()> {
    stream_of(client, &Topic::Index(index), name(client, index), |frame, _| frame.unit())
}

/// Every message of the contract as a stream.
pub fn messages<C: Contract>(client: &Client) -> MessageStream<C> {
    stream_of(client, &Topic::Contract, Name::Borrowed(C::NAME), |frame, index| {
        frame.message(index)
    })
}

fn stream_of<T: Send + 'static>(
    client: &Client,
    topic: &Topic,
    name: Name,
    decode: fn(&Frame<'_>, usize) -> Result<Received<T>, wirebond_schema::runtime::DecodeError>,
) -> MessageStream<T> {
    let sink = StreamInbox::new(name, client.core.tuning.inbox);
    client.subscribe(topic, decode, Arc::clone(&sink), false);
    MessageStream::new(sink, client.messages_owner())
}
