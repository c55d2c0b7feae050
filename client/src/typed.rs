//! What a builder can make: the untyped client, or a generated one.

use wirebond_core::Contract;

use crate::{client::Client, delivery::registry::Contents};

/// A client that [`Builder::build`](crate::Builder::build) can make: the untyped one, or a generated one.
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
        contract: Some((C::Contract::NAME, C::Contract::VERSION)),
        messages: C::Contract::MESSAGES,
        position: <C::Contract as wirebond_core::codegen::WireContract>::position,
    };

    fn from_client(client: Client) -> Self {
        TypedClient::from_client(client)
    }
}
