//! What generated code calls. Not part of the public API.

pub use crate::{
    builder::Builder,
    client::Client,
    connect::provider::UrlSource,
    delivery::stream::MessageStream,
    delivery::subscription::Subscription,
    error::SendError,
    outcome::Outcome,
    payload::AsPayload,
    send::{Encoded, Sending},
    typed::{FromClient, TypedClient},
    weak::WeakClient,
};
pub use std::sync::Arc;
pub use tokio::sync::Mutex as AsyncMutex;
use wirebond_core::{
    Contract, Received,
    wire::{DecodeError, RawMessage, encode, now_millis},
};

use crate::{
    delivery::dispatch::Dispatcher, delivery::registry::Topic, delivery::turn::Turn, event::Name,
};

/// A payload that the typed `send` takes: `M` marks the message that carries it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the payload of exactly one message that the client side of `{C}` may send",
    label = "the client can't send this",
    note = "`send` takes the payload of a variant of `{C}` that isn't marked `from = \"server\"`",
    note = "a message without payload, or one whose payload type several messages share, has a method \
            of its own: `send_joined(…)` for the variant `Joined`"
)]
pub trait Outgoing<C, M> {
    /// That message's wire name.
    const NAME: &'static str;

    /// The whole message.
    fn encode(&self) -> Encoded;
}

/// Text for a payload that is written `String`: only the standard library's is one. The lifetime defers
/// the question to the call.
#[derive(Debug)]
pub struct Text<'a>(std::marker::PhantomData<&'a ()>);

/// See [`Text`].
#[diagnostic::on_unimplemented(
    message = "`str` is not the payload, which is `{T}`",
    label = "expected `{T}`"
)]
pub trait TextOf<T> {}

impl TextOf<String> for Text<'_> {}

/// A message whose payload is text. `head` is the envelope's start: `{"type":"note"`.
pub fn encode_text(text: &str, head: &str) -> Encoded {
    encode(head, Some(text), now_millis())
}

/// What no payload of a server's message ever gets: see [`Outgoing`].
#[diagnostic::on_unimplemented(
    message = "only the server sends `{T}`: its message is marked `from = \"server\"`",
    label = "the client can't send this",
    note = "remove `from = \"server\"` from its variant if both sides may send it"
)]
pub trait MaySend<T> {}

/// What no payload of several messages ever gets: see [`Outgoing`]. `M` lists the methods that send
/// one of them.
#[diagnostic::on_unimplemented(
    message = "several messages carry a `{T}`: call the method of the one that is meant, one of `{M}`",
    label = "`send` can't know which message this is"
)]
pub trait Unshared<T, M> {}

/// What a client never does with a message of the server's: the bound of the hidden methods
/// `send_order(…)` for such an `Order`.
#[diagnostic::on_unimplemented(
    message = "only the server sends this message: its variant of `{C}` is marked `from = \"server\"`",
    label = "the client can't send this message",
    note = "the client receives it: `on_…`, `off_…` and `stream_…` are there",
    note = "remove `from = \"server\"` from its variant if both sides may send it"
)]
pub trait Sends<C> {}

/// What a client never does with a message of its own: see [`Sends`].
#[diagnostic::on_unimplemented(
    message = "only the client sends this message: its variant of `{C}` is marked `from = \"client\"`",
    label = "the client never receives this message",
    note = "the client sends it: `send_…` and `try_send_…` are there",
    note = "remove `from = \"client\"` from its variant if both sides may send it"
)]
pub trait Receives<C> {}

/// Marks the message at a place of its contract, in [`Outgoing`].
#[derive(Debug)]
pub struct At<const PLACE: usize>;

/// Stands for the client in [`MaySend`], [`Unshared`], [`Sends`] and [`Receives`].
#[derive(Debug)]
pub struct ClientSide<'a>(std::marker::PhantomData<&'a ()>);

/// What fuzz targets reach, in builds made for them.
#[cfg(fuzzing)]
pub mod fuzzing {
    /// Reads the server's answer to the opening handshake.
    pub fn handshake(received: &[u8]) {
        crate::connect::handshake::fuzz(received);
    }

    /// Sends every text back until the server closes, and returns the last one.
    pub async fn echo(url: &str, max_message_size: usize) -> Result<String, crate::ConnectError> {
        crate::conformance::echo(url, max_message_size).await
    }

    /// Reads a `Retry-After` header.
    pub fn retry_after(value: &str) {
        crate::reconnect::close_rules::retry_after(value, std::time::SystemTime::now());
    }
}

/// A client's handlers as its connection's task sees them, without a connection: for benches.
#[derive(Debug)]
pub struct Dispatch(Dispatcher, Turn);

impl Dispatch {
    /// What this client's connection would have.
    pub fn new(client: &Client) -> Self {
        let driver = client.core.registry.driver();
        Self(client.core.dispatcher(driver), Turn::of_connection())
    }

    /// Brings a text frame to those who want it.
    pub fn text(&mut self, text: &str) {
        self.0.dispatch(text, &mut self.1);
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

/// A message without payload. `head` is the envelope's start: `{"type":"leave"`.
pub fn encode_unit(head: &str) -> Encoded {
    encode(head, None::<&()>, now_millis())
}

/// Sends a message.
pub fn send(client: &Client, name: &'static str, message: Encoded) -> Sending {
    Sending::new(Arc::clone(&client.core), Name::Borrowed(name), message)
}

/// Sends a message without waiting.
pub fn try_send(client: &Client, name: &'static str, message: Encoded) -> Result<(), SendError> {
    crate::send::try_send(&client.core, Name::Borrowed(name), message)
}

/// How a payload is read from a frame.
type Decode<T> = fn(&RawMessage<'_>) -> Result<Received<T>, DecodeError>;

fn name(client: &Client, index: usize) -> Name {
    Name::Borrowed(client.core.registry.contents.messages[index].name())
}

/// Subscribes a handler to the message at `index`.
pub fn on<T, R, M>(
    client: &Client,
    index: usize,
    decode: Decode<T>,
    handler: impl FnMut(T) -> R + Send + 'static,
) -> Subscription
where
    T: Send + 'static,
    R: Outcome<M, Settled: Send + 'static> + 'static,
    M: 'static,
{
    let decode = move |frame: &RawMessage<'_>, _| Ok(decode(frame)?.data);
    client.handle_topic(&Topic::Position(index), name(client, index), decode, handler)
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
    let decode = |frame: &RawMessage<'_>, _| {
        let _: () = frame.unit()?.data;
        Ok(())
    };
    client.handle_topic(&Topic::Position(index), name(client, index), decode, move |()| handler())
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
    let decode = |frame: &RawMessage<'_>, position| Ok(frame.message(position)?.data);
    client.handle_topic(&Topic::Contract, Name::Borrowed(C::NAME), decode, handler)
}

/// Removes the handlers of the message at `index`.
pub fn off(client: &Client, index: usize) {
    client.core.registry.off(&Topic::Position(index));
}

/// The messages at `index` as a stream.
pub fn stream<T: Send + 'static>(
    client: &Client,
    index: usize,
    decode: Decode<T>,
) -> MessageStream<T> {
    client.stream_of(&Topic::Position(index), name(client, index), move |frame, _| decode(frame))
}

/// The messages without payload at `index` as a stream.
pub fn stream_unit(client: &Client, index: usize) -> MessageStream<()> {
    client.stream_of(&Topic::Position(index), name(client, index), |frame, _| frame.unit())
}

/// Every message of the contract as a stream.
pub fn messages<C: Contract>(client: &Client) -> MessageStream<C> {
    let decode = |message: &RawMessage<'_>, position| message.message(position);
    client.stream_of(&Topic::Contract, Name::Borrowed(C::NAME), decode)
}
