//! What a server makes of the contracts that were released.

use wirebond_core::Contract;
use wirebond_schema::{
    ClientVerdict, ContractDocument, Document, Fingerprint, History, compat::Verdict,
};
use wirebond_server::{ContractNotice, ContractVerdict, Contracts};

/// What a server says to clients whose contract is one of a history: for
/// [`Builder::contracts`](crate::server::Builder::contracts).
///
/// `#[contract(server, history = "contracts")]` does that for the contracts in a folder. This is for those that are
/// elsewhere.
///
/// A client with the server's own messages, or one that sends no more than a version, gets no notice.
///
/// ```
/// use wirebond::{Contract, schema::{Document, History}, server::{self, Sessions}};
///
/// #[derive(Debug, Contract)]
/// #[contract(version = "2.0.0", server)]
/// enum App {
///     Chat(String),
/// }
///
/// # fn example(old: &str) -> Result<AppServer, Box<dyn std::error::Error>> {
/// // What `assert_contract!` keeps: include_str!("../contracts/1.0.0.….json")
/// let older = [Document::parse(old)?];
/// let contracts = server::contracts(History::of(&App::contract()?, &older));
/// let server = AppServer::builder()
///     .settings(|server| server.sessions(Sessions::default()).contracts(contracts))
///     .build()?;
/// # Ok(server)
/// # }
/// ```
pub fn contracts(history: History) -> Contracts {
    let own = format!("{} {}", history.version(), history.fingerprint());
    Contracts::new(own, move |client| notice(&history, client))
}

/// The same of contracts whose files are embedded: each one's path and text.
///
/// # Errors
///
/// Why the contract has no document, or why one of the files is no contract.
pub fn released<C: Contract>(older: &[(&str, &str)]) -> Result<Contracts, String> {
    let current = C::contract()
        .map_err(|error| format!("the contract {} has no document: {error}", C::NAME))?;
    let older: Result<Vec<_>, _> = older
        .iter()
        .map(|(path, text)| {
            Document::parse(text).map_err(|error| format!("{path} is no contract: {error}"))
        })
        .collect();
    Ok(contracts(History::of(&current, &older?)))
}

fn notice(history: &History, client: &str) -> Option<ContractNotice> {
    let (_, fingerprint) = client.rsplit_once(' ')?;
    let fingerprint: Fingerprint = fingerprint.parse().ok()?;
    let version = history.version();
    Some(match history.verdict(fingerprint) {
        ClientVerdict::Same => return None,
        ClientVerdict::Known(known) => {
            let verdict = match known.verdict() {
                Verdict::Compatible => ContractVerdict::Compatible,
                Verdict::Undecided => ContractVerdict::Undecided,
                Verdict::Breaking => ContractVerdict::Breaking,
            };
            ContractNotice::new(version, verdict)
                .unreadable(known.unreadable())
                .refused(known.refused())
        }
        _ => ContractNotice::new(version, ContractVerdict::Unknown).messages(
            history.message_fingerprints().map(|(name, print)| (name, print.to_string())),
        ),
    })
}
