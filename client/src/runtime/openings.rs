//! The opening of a typed client's connections: what the generated view calls.

use wirebond_connection::call::{Decode, Encode};
use wirebond_core::{
    Contract,
    wire::{Head, encode_unit},
};

use crate::{
    call::Call,
    reconnect::opening::{Expecting, Opening, OpeningError, OpeningSend},
};

/// Expects the message at `index` of the contract `C`.
pub fn expect<C: Contract, T>(opening: &Opening, index: usize, decode: Decode<T>) -> Expecting<T> {
    opening.expecting(opening.contents().name(index), decode)
}

/// Expects the message without payload at `index` of the contract `C`.
pub fn expect_unit<C: Contract>(opening: &Opening, index: usize) -> Expecting<()> {
    let decode: Decode<()> = |frame| frame.unit();
    expect::<C, ()>(opening, index, decode)
}

/// The next message of the contract `C`.
///
/// # Errors
///
/// Its payload can't be read, or the opening is over.
pub async fn next_message<C: Contract>(opening: &Opening) -> Result<C, OpeningError> {
    opening.next_message().await
}

/// Sends the message at `index` of the contract `C`.
pub fn send_opening<C: Contract, T: ?Sized>(
    opening: &Opening,
    index: usize,
    payload: &T,
    encode: Encode<T>,
) -> OpeningSend {
    let name = opening.contents().name(index);
    opening.push(&name, encode(payload, &Head::of_client::<C>(index)))
}

/// Sends the message without payload at `index` of the contract `C`.
pub fn send_opening_unit<C: Contract>(opening: &Opening, index: usize) -> OpeningSend {
    send_opening::<C, ()>(opening, index, &(), encode_unit)
}

/// Calls the message at `index` of the contract `C`.
pub fn call_opening<C, T, R, E>(
    opening: &Opening,
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
    let name = opening.contents().name(index);
    let encode = |head: &Head<'_>| encode(payload, head);
    Call::of_opening(opening, name, &Head::of_client::<C>(index), encode, (reply, error))
}

/// Calls the message without payload at `index` of the contract `C`.
pub fn call_opening_unit<C: Contract, R: Send + 'static, E: Send + 'static>(
    opening: &Opening,
    index: usize,
    reply: Decode<R>,
    error: Decode<E>,
) -> Call<R, E> {
    call_opening::<C, (), R, E>(opening, index, &(), encode_unit, reply, error)
}

/// The own methods of a generated view of a connection that isn't open yet.
#[doc(hidden)]
#[macro_export]
macro_rules! __opening_methods {
    ($vis:vis $opening:ident $contract:ident) => {
        #[allow(deprecated)]
        impl ::core::convert::From<$crate::Opening> for $opening {
            fn from(__opening: $crate::Opening) -> Self {
                Self(__opening)
            }
        }

        // The lints of the crate that declares the contract judge its own code, not this.
        #[allow(dead_code, deprecated, clippy::all, clippy::pedantic, clippy::nursery)]
        impl $opening {
            /// Waits for the next message of the contract.
            ///
            /// # Errors
            ///
            /// Its payload can't be read, or the opening is over. Cancelling loses no message.
            $vis async fn next(&self) -> ::core::result::Result<$contract, $crate::OpeningError> {
                $crate::runtime::next_message::<$contract>(&self.0).await
            }
            /// Sets how often this connection's heartbeat is sent.
            $vis fn heartbeat_interval(&self, __interval: ::core::time::Duration) {
                $crate::Opening::heartbeat_interval(&self.0, __interval)
            }
            /// The attempt that this connection is: its number, and whether the credentials before were refused.
            $vis fn attempt(&self) -> $crate::Attempt {
                $crate::Opening::attempt(&self.0)
            }
            /// Whether the client's connection before this one was open.
            $vis fn was_open(&self) -> ::core::primitive::bool {
                $crate::Opening::was_open(&self.0)
            }
            /// The server's answer to the upgrade.
            $vis fn response(&self) -> &$crate::UpgradeResponse {
                $crate::Opening::response(&self.0)
            }
            /// The untyped view, for names that are known only at run time.
            $vis fn untyped(&self) -> &$crate::Opening {
                &self.0
            }
        }
    };
}
