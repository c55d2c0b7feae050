//! The headers and subprotocols of an upgrade request, checked before they are sent.

use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::error::{BuildError, BuildErrorKind, Error};

fn refuse(message: String) -> BuildError {
    Error::new(BuildErrorKind::Header).context(message)
}

/// Checks headers. The error names the one that is wrong, never its value.
pub(crate) fn header_map(headers: &[(String, String)]) -> Result<HeaderMap, BuildError> {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let key = HeaderName::try_from(name).map_err(|_| refuse(not_a_name(name)))?;
        if is_reserved(&key) {
            return Err(refuse(format!("the handshake sets {name:?} itself")));
        }
        let mut value = HeaderValue::try_from(value).map_err(|_| {
            refuse(format!("the value of {name:?} has characters that HTTP forbids"))
        })?;
        value.set_sensitive(true);
        if is_single(&key) {
            map.insert(key, value);
        } else {
            map.append(key, value);
        }
    }
    Ok(map)
}

/// A text that begins like a name may continue with a value, as in "Authorization: Bearer …": only the
/// beginning is repeated.
fn not_a_name(name: &str) -> String {
    let valid = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let begin = name.split(|c| !valid(c)).next().unwrap_or_default();
    let rest = if begin.len() < name.len() { "…" } else { "" };
    format!("\"{begin}{rest}\" is not a header's name")
}

/// A subprotocol is a token, and stands once in the list (RFC 6455, section 4.1). It may carry a
/// credential, so it isn't repeated.
pub(crate) fn check_subprotocols(offered: &[String]) -> Result<(), BuildError> {
    for (index, name) in offered.iter().enumerate() {
        let is_token = HeaderName::try_from(name).is_ok();
        let (number, count) = (index + 1, offered.len());
        if !is_token {
            let message =
                format!("subprotocol {number} of {count} is not a token (RFC 9110, section 5.6.2)");
            return Err(refuse(message));
        }
        if offered[..index].contains(name) {
            return Err(refuse(format!("subprotocol {number} of {count} stands there twice")));
        }
    }
    Ok(())
}

/// Headers that stand once in a request: of several, the last counts.
fn is_single(name: &HeaderName) -> bool {
    [header::AUTHORIZATION, header::ORIGIN, header::USER_AGENT].contains(name)
}

/// Headers that the handshake itself sets.
fn is_reserved(name: &HeaderName) -> bool {
    const RESERVED: [HeaderName; 7] = [
        header::HOST,
        header::UPGRADE,
        header::CONNECTION,
        header::SEC_WEBSOCKET_KEY,
        header::SEC_WEBSOCKET_VERSION,
        header::SEC_WEBSOCKET_EXTENSIONS,
        header::SEC_WEBSOCKET_PROTOCOL,
    ];
    RESERVED.contains(name)
}
