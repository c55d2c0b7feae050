//! What generated code calls. Not part of the public API.

mod calls;
mod holds;
mod methods;
mod openings;
mod outgoing;
mod serial;
mod typed;

pub use self::typed::{Identity, TypedClient};
pub use crate::{
    __client_aliases as client_aliases, __client_methods as client_methods,
    __opening_methods as opening_methods,
    builder::Builder,
    call::Call,
    client::Client,
    connect::provider::UrlSource,
    delivery::stream::MessageStream,
    delivery::subscription::Subscription,
    error::SendError,
    hold::{HeldAnswer, Hold},
    outcome::Outcome,
    payload::AsPayload,
    reconnect::opening::{Expecting, Opening, OpeningError, OpeningSend},
    request::Replier,
    send::{Encoded, Sending},
    typed::FromClient,
    weak::WeakClient,
};
pub use calls::{call, call_unit, on_call, on_call_unit};
pub use holds::{
    hold, hold_call, hold_call_unit, hold_call_unit_with, hold_call_with, hold_unit, hold_with,
};
pub use openings::{
    call_opening, call_opening_unit, expect, expect_unit, next_message, send_opening,
    send_opening_unit,
};
pub use outgoing::{
    At, ClientSide, MaySend, Outgoing, Receives, Sends, Text, TextOf, Unshared, encode_text, send,
    send_payload, send_unit, try_send, try_send_payload, try_send_unit,
};
pub use serde::de::DeserializeOwned;
pub use serial::{Lent, handle, handle_calls};
pub use std::string::String;
pub use tokio::sync::watch;
pub use wirebond_connection::{
    call::{Answers, Encode, answer_reply, answer_result, decode_never, decode_unit},
    session::ContractIdentity,
};
pub use wirebond_core::wire::encode_unit;

use wirebond_core::{
    Contract, Received,
    wire::{DecodeError, RawMessage},
};

use crate::{
    delivery::dispatch::Dispatcher, delivery::registry::Topic, delivery::turn::Turn, event::Name,
};

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

    /// Delivers a text frame to its subscribers.
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

/// How a payload is read from a frame.
type Decode<T> = fn(&RawMessage<'_>) -> Result<Received<T>, DecodeError>;

fn name(client: &Client, index: usize) -> Name {
    client.core.registry.contents.name(index)
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

/// The messages at `index` that `takes` takes, as a stream.
pub fn stream_where<T: Send + 'static>(
    client: &Client,
    index: usize,
    decode: Decode<T>,
    takes: impl Fn(&T) -> bool + Send + Sync + 'static,
) -> MessageStream<T> {
    client.stream_where_of(&Topic::Position(index), name(client, index), decode, takes)
}

/// Every message of the contract as a stream.
pub fn messages<C: Contract>(client: &Client) -> MessageStream<C> {
    let decode = |message: &RawMessage<'_>, position| message.message(position);
    client.stream_of(&Topic::Contract, Name::Borrowed(C::NAME), decode)
}
