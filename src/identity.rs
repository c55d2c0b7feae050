//! What a client says of its contract.

use wirebond_client::runtime::ContractIdentity;
use wirebond_core::Contract;
use wirebond_schema::ContractDocument;

/// What identifies a contract to servers, or why it has no document.
///
/// # Errors
///
/// The contract has no document.
pub fn identity<C: Contract>() -> Result<ContractIdentity, String> {
    let document = C::contract().map_err(|error| error.to_string())?;
    let all = document.message_fingerprints().into_iter();
    Ok(all.fold(ContractIdentity::new(document.identity()), |identity, (message, fingerprint)| {
        identity.message(message.name(), message.direction(), fingerprint.to_string())
    }))
}
