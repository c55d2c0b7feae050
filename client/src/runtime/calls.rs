//! Calls in both directions: what the generated `call_…` and the handlers of the server's calls call.

use wirebond_connection::{
    call::{Answers, Decode, EncodeAnswer, decode_unit},
    session::Class,
};
use wirebond_core::{
    CallInfo, Contract,
    wire::{Head, encode_unit},
};

use super::{Encode, name};
use crate::{
    call::{Call, Request},
    client::Client,
    delivery::registry::Topic,
    delivery::subscription::Subscription,
    event::Name,
};

/// Calls the message at `index` of the contract `C`.
pub fn call<C, T, R, E>(
    client: &Client,
    index: usize,
    payload: &T,
    encode: Encode<T>,
    reply: Decode<R>,
    error: Decode<E>,
) -> Call<R, E>
where
    C: Contract,
    T: ?Sized,
    R: Send + 'static,
    E: Send + 'static,
{
    let info = &C::MESSAGES[index];
    let call = info.call();
    let is_idempotent = call.is_some_and(CallInfo::is_idempotent);
    let request = Request {
        name: Name::Borrowed(info.name()),
        class: if is_idempotent { Class::IdempotentCall } else { Class::Call },
        timeout: call.and_then(CallInfo::timeout),
    };
    let encode = |head: &Head<'_>| encode(payload, head);
    let head = Head::of_client::<C>(index);
    Call::new(&client.core, request, &head, encode, (reply, error))
}

/// Calls the message without payload at `index` of the contract `C`.
pub fn call_unit<C: Contract, R: Send + 'static, E: Send + 'static>(
    client: &Client,
    index: usize,
    reply: Decode<R>,
    error: Decode<E>,
) -> Call<R, E> {
    call::<C, (), R, E>(client, index, &(), encode_unit, reply, error)
}

/// Subscribes a handler that answers the call at `index`.
pub fn on_call<T, V, H, M>(
    client: &Client,
    index: usize,
    decode: Decode<T>,
    encode: EncodeAnswer<V>,
    handler: impl FnMut(T) -> H + Send + 'static,
) -> Subscription
where
    T: Send + 'static,
    V: 'static,
    H: Answers<V, M, Running: Send + 'static> + 'static,
    M: 'static,
{
    client.answer_topic(&Topic::Position(index), name(client, index), decode, encode, handler)
}

/// Subscribes a handler that answers the call without payload at `index`.
pub fn on_call_unit<V, H, M>(
    client: &Client,
    index: usize,
    encode: EncodeAnswer<V>,
    mut handler: impl FnMut() -> H + Send + 'static,
) -> Subscription
where
    V: 'static,
    H: Answers<V, M, Running: Send + 'static> + 'static,
    M: 'static,
{
    on_call(client, index, decode_unit, encode, move |()| handler())
}
