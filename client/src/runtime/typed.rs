//! What every typed client has, for generic code.

use std::{fmt, sync::OnceLock};

use wirebond_connection::session::ContractIdentity;
use wirebond_core::{Contract, codegen::WireContract, wire::Codec};

use crate::{
    builder::Builder, client::Client, connect::provider::UrlSource, delivery::registry::Contents,
    delivery::stream::MessageStream, reconnect::opening::Opening, typed::FromClient,
    weak::WeakClient,
};

impl<C: TypedClient> FromClient for C {
    const CONTENTS: Contents = Contents {
        contract: Some((C::Contract::NAME, C::Contract::VERSION)),
        messages: C::Contract::MESSAGES,
        position: <C::Contract as WireContract>::position,
        identity: C::identity,
        codec: Codec::of_client(<C::Contract as WireContract>::FORM),
    };

    type Opening = C::Opening;

    fn from_client(client: Client) -> Self {
        C::from_untyped(client)
    }

    fn of_opening(opening: Opening) -> C::Opening {
        C::Opening::from(opening)
    }
}

/// What identifies a contract, from the first time that a client with sessions is built.
#[derive(Debug, Default)]
pub struct Identity(OnceLock<Option<ContractIdentity>>);

impl Identity {
    /// Nothing is computed yet.
    pub const fn new() -> Self {
        Self(OnceLock::new())
    }

    /// Computes it at the first call.
    pub fn get(
        &'static self,
        contract: &str,
        compute: impl FnOnce() -> Result<ContractIdentity, String>,
    ) -> Option<&'static ContractIdentity> {
        let identity = self.0.get_or_init(|| {
            compute()
                .inspect_err(|error| {
                    tracing::warn!(contract, error, "servers learn only the contract's version");
                })
                .ok()
        });
        identity.as_ref()
    }
}

/// A client that `#[derive(Contract)]` generates: the bound for code that is generic over contracts.
///
/// Implemented by the derive and by nothing else: the hidden method changes without notice.
///
/// ```
/// use wirebond_client::{Contract, TypedClient};
///
/// /// Connects a client of any contract and logs what fails.
/// async fn open<C: TypedClient>(url: &str) -> Result<C, Box<dyn std::error::Error>> {
///     let client = C::builder(url).max_reconnect_attempts(None).build()?;
///     let contract = C::Contract::NAME;
///     client.untyped().on_error(move |error| eprintln!("{contract}: {error}"));
///     client.untyped().connect().await?;
///     Ok(client)
/// }
///
/// /// Counts the messages that arrive while the client exists, of whatever contract.
/// async fn count<C: TypedClient>(client: &C) -> u64 {
///     let mut messages = client.messages();
///     let mut count = 0;
///     while messages.next().await.is_some() {
///         count += 1;
///     }
///     count
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a typed client",
    label = "not a typed client",
    note = "`#[derive(Contract)]` on `enum App` generates one, called `AppClient`"
)]
pub trait TypedClient: Clone + fmt::Debug + Send + Sync + 'static {
    /// The contract that it uses.
    type Contract: Contract;

    /// What the opening of its connections gets: see [`Builder::opening`].
    type Opening: From<Opening>;

    /// The untyped client, which has every method of a connection.
    fn untyped(&self) -> &Client;

    /// Wraps the untyped client.
    #[doc(hidden)]
    fn from_untyped(client: Client) -> Self;

    /// What identifies the contract to servers. `None` where it has no document.
    #[doc(hidden)]
    fn identity() -> Option<&'static ContractIdentity>;

    /// Starts to describe a client for `url`; see [`Client::builder`].
    fn builder<M>(url: impl UrlSource<M>) -> Builder<Self> {
        Builder::new(url.into_url())
    }

    /// Every message of the server as a stream, in arrival order across types.
    fn messages(&self) -> MessageStream<Self::Contract> {
        super::messages(self.untyped())
    }

    /// A handle that doesn't keep the client alive; see [`Client::downgrade`].
    fn downgrade(&self) -> WeakClient<Self> {
        WeakClient::of(self.untyped())
    }
}
