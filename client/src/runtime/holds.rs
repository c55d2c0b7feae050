//! Messages that are held: what the generated `hold_…` call.

use wirebond_connection::call::Encode;
use wirebond_core::{
    Contract,
    wire::{Head, encode_unit},
};

use crate::{client::Client, error::SendError, event::Name, hold::Hold};

/// Holds the message at `index` of the contract `C`.
pub fn hold<C: Contract, T: ?Sized>(
    client: &Client,
    index: usize,
    payload: &T,
    encode: Encode<T>,
) -> Result<Hold<C>, SendError> {
    let name = Name::Borrowed(C::MESSAGES[index].name());
    Hold::new(&client.core, name, encode(payload, &Head::of_client::<C>(index)), None)
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
    let name = Name::Borrowed(C::MESSAGES[index].name());
    Hold::made_by(&client.core, name, move || encode(&payload(), &Head::of_client::<C>(index)))
}
