//! The answer that accepts an upgrade request: the one that tests, fuzz targets and benchmarks give.

use tungstenite::handshake::derive_accept_key;

/// The answer to a request with this head, with further headers, each with its line end; `None` if the
/// request has no key.
pub fn answer(head: &str, headers: &str) -> Option<String> {
    let key = head.lines().filter_map(|line| line.split_once(':')).find_map(|(name, value)| {
        name.eq_ignore_ascii_case("sec-websocket-key").then(|| value.trim())
    })?;
    let accept = derive_accept_key(key.as_bytes());
    Some(format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\n{headers}\r\n"
    ))
}
