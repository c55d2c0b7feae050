//! The clients that a builder can make: the untyped one, or a generated one.

use crate::{client::Client, delivery::registry::Contents, reconnect::opening::Opening};

/// A client that [`Builder::build`](crate::Builder::build) makes and [`WeakClient::upgrade`](crate::WeakClient::upgrade) returns.
///
/// Implemented for the untyped [`Client`] and for every [`TypedClient`](crate::TypedClient). The hidden items change without
/// notice, so this is a bound to write, not a trait to implement.
///
/// ```
/// use wirebond_client::{FromClient, WeakClient};
///
/// /// Calls `action` with the client, unless its last handle is gone.
/// fn with_client<C: FromClient>(weak: &WeakClient<C>, action: impl FnOnce(&C)) {
///     if let Some(client) = weak.upgrade() {
///         action(&client);
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a client of wirebond",
    label = "not a client",
    note = "clients are `wirebond::Client` and what `#[derive(Contract)]` generates, such as `AppClient`"
)]
pub trait FromClient: Sized {
    /// The contract that it uses.
    #[doc(hidden)]
    const CONTENTS: Contents;

    /// What the opening of its connections gets.
    #[doc(hidden)]
    type Opening;

    /// Wraps the untyped client.
    #[doc(hidden)]
    fn from_client(client: Client) -> Self;

    /// Wraps the untyped view.
    #[doc(hidden)]
    fn of_opening(opening: Opening) -> Self::Opening;
}

impl FromClient for Client {
    const CONTENTS: Contents = Contents::NONE;

    type Opening = Opening;

    fn from_client(client: Client) -> Self {
        client
    }

    fn of_opening(opening: Opening) -> Opening {
        opening
    }
}
