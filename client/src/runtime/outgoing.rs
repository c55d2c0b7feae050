//! Outgoing messages: which payload belongs to which message, and the functions that send it.

use std::{marker::PhantomData, sync::Arc};

use wirebond_connection::call::Encode;
use wirebond_core::{
    Contract,
    wire::{Head, encode, encode_unit, now_millis},
};

use crate::{
    client::Client,
    error::SendError,
    event::Name,
    send::{self, Encoded, Sending},
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
    /// That message's place in the contract.
    const INDEX: usize;
    /// Writes the payload as that message.
    const ENCODE: Encode<Self>;
}

/// Text for a payload that is written `String`: only the standard library's is one. The lifetime defers
/// the question to the call.
#[derive(Debug)]
pub struct Text<'a>(PhantomData<&'a ()>);

/// See [`Text`].
#[diagnostic::on_unimplemented(
    message = "`str` is not the payload, which is `{T}`",
    label = "expected `{T}`"
)]
pub trait TextOf<T> {}

impl TextOf<String> for Text<'_> {}

/// A message whose payload is text. `head` is the envelope's start: `{"type":"note"`.
pub fn encode_text(text: &str, head: &Head<'_>) -> Encoded {
    encode(head, Some(text), now_millis())
}

/// A trait that no payload of a server's message implements: see [`Outgoing`].
#[diagnostic::on_unimplemented(
    message = "only the server sends `{T}`: its message is marked `from = \"server\"`",
    label = "the client can't send this",
    note = "remove `from = \"server\"` from its variant if both sides may send it"
)]
pub trait MaySend<T> {}

/// A trait that no payload of several messages implements: see [`Outgoing`]. `M` lists the methods that send
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
pub struct ClientSide<'a>(PhantomData<&'a ()>);

/// Sends the message at `index` of the contract `C`.
#[inline]
pub fn send<C: Contract, T: ?Sized>(
    client: &Client,
    index: usize,
    payload: &T,
    encode: Encode<T>,
) -> Sending {
    queue(client, C::MESSAGES[index].name(), encode(payload, &Head::of_client::<C>(index)))
}

/// The same without waiting.
#[inline]
pub fn try_send<C: Contract, T: ?Sized>(
    client: &Client,
    index: usize,
    payload: &T,
    encode: Encode<T>,
) -> Result<(), SendError> {
    try_queue(client, C::MESSAGES[index].name(), encode(payload, &Head::of_client::<C>(index)))
}

/// Sends the message without payload at `index` of the contract `C`.
pub fn send_unit<C: Contract>(client: &Client, index: usize) -> Sending {
    send::<C, ()>(client, index, &(), encode_unit)
}

/// The same without waiting.
pub fn try_send_unit<C: Contract>(client: &Client, index: usize) -> Result<(), SendError> {
    try_send::<C, ()>(client, index, &(), encode_unit)
}

/// Sends a payload as the one message that carries it.
#[inline]
pub fn send_payload<C, T, M>(client: &Client, payload: &T) -> Sending
where
    C: Contract,
    T: Outgoing<C, M> + ?Sized,
{
    send::<C, T>(client, T::INDEX, payload, T::ENCODE)
}

/// The same without waiting.
#[inline]
pub fn try_send_payload<C, T, M>(client: &Client, payload: &T) -> Result<(), SendError>
where
    C: Contract,
    T: Outgoing<C, M> + ?Sized,
{
    try_send::<C, T>(client, T::INDEX, payload, T::ENCODE)
}

fn queue(client: &Client, name: &'static str, message: Encoded) -> Sending {
    Sending::new(Arc::clone(&client.core), Name::Borrowed(name), message)
}

fn try_queue(client: &Client, name: &'static str, message: Encoded) -> Result<(), SendError> {
    send::try_send(&client.core, Name::Borrowed(name), message)
}
