//! Messages that are held: what the generated `hold_…` call.

use wirebond_connection::call::{Decode, Encode};
use wirebond_core::{Contract, wire::encode_unit};

use crate::{
    client::Client,
    error::SendError,
    hold::{HeldAnswer, Hold, held_call, write},
};

/// Holds the message at `index` of the contract `C`.
pub fn hold<C: Contract, T: ?Sized>(
    client: &Client,
    index: usize,
    payload: &T,
    encode: Encode<T>,
) -> Result<Hold<C>, SendError> {
    let contents = &client.core.registry.contents;
    let made = write::<C>(index, contents, |head| encode(payload, head));
    Hold::new(&client.core, client.core.registry.contents.name(index), made, None, None)
}

/// Holds the message without payload at `index` of the contract `C`.
pub fn hold_unit<C: Contract>(client: &Client, index: usize) -> Result<Hold<C>, SendError> {
    hold::<C, ()>(client, index, &(), encode_unit)
}

/// Holds the message at `index` of the contract `C`, whose payload is made whenever it is sent.
pub fn hold_with<C: Contract, T: 'static>(
    client: &Client,
    index: usize,
    payload: impl Fn() -> T + Send + Sync + 'static,
    encode: Encode<T>,
) -> Result<Hold<C>, SendError> {
    let contents = client.core.registry.contents;
    let make = move || {
        let payload = payload();
        write::<C>(index, &contents, |head| encode(&payload, head))
    };
    Hold::made_by(&client.core, client.core.registry.contents.name(index), make, None)
}

/// Holds the call at `index` of the contract `C`, in a form whose requests have numbers.
pub fn hold_call<C, T, R, E>(
    client: &Client,
    index: usize,
    payload: &T,
    encode: Encode<T>,
    reply: Decode<R>,
    error: Decode<E>,
) -> Result<Hold<C>, SendError>
where
    C: Contract,
    T: ?Sized,
    R: Send + Sync + 'static,
    E: Send + Sync + 'static,
{
    let (core, name) = (&client.core, client.core.registry.contents.name(index));
    let made = write::<C>(index, &core.registry.contents, |head| encode(payload, head));
    let call = held_call(core, name.clone(), (reply, error), HeldAnswer::new());
    Hold::new(core, name, made, None, Some(call))
}

/// Holds the call without payload at `index` of the contract `C`.
pub fn hold_call_unit<C, R, E>(
    client: &Client,
    index: usize,
    reply: Decode<R>,
    error: Decode<E>,
) -> Result<Hold<C>, SendError>
where
    C: Contract,
    R: Send + Sync + 'static,
    E: Send + Sync + 'static,
{
    hold_call::<C, (), R, E>(client, index, &(), encode_unit, reply, error)
}

/// Holds the call at `index` of the contract `C`, whose payload is made whenever it is sent.
pub fn hold_call_with<C, T, R, E>(
    client: &Client,
    index: usize,
    payload: impl Fn() -> T + Send + Sync + 'static,
    encode: Encode<T>,
    (reply, error): (Decode<R>, Decode<E>),
    answer: &HeldAnswer<R, E>,
) -> Result<Hold<C>, SendError>
where
    C: Contract,
    T: 'static,
    R: Send + Sync + 'static,
    E: Send + Sync + 'static,
{
    let (core, name) = (&client.core, client.core.registry.contents.name(index));
    let contents = core.registry.contents;
    let make = move || {
        let payload = payload();
        write::<C>(index, &contents, |head| encode(&payload, head))
    };
    let call = held_call(core, name.clone(), (reply, error), answer.clone());
    Hold::made_by(core, name, make, Some(call))
}

/// Holds the call without payload at `index` of the contract `C`.
pub fn hold_call_unit_with<C, R, E>(
    client: &Client,
    index: usize,
    answers: (Decode<R>, Decode<E>),
    answer: &HeldAnswer<R, E>,
) -> Result<Hold<C>, SendError>
where
    C: Contract,
    R: Send + Sync + 'static,
    E: Send + Sync + 'static,
{
    hold_call_with::<C, (), R, E>(client, index, || (), encode_unit, answers, answer)
}
