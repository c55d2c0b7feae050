//! What both ends agree on.

use std::fmt;

use wirebond_core::wire::form::{CANCEL, ERROR, is_reserved};

/// The subprotocol by which a client offers sessions.
pub const SUBPROTOCOL: &str = "wirebond.v1";

/// Whether a message of this name has a number: all but the heartbeat's `ping` and `pong` and the
/// names that begin with `$`, of which `$error` and `$cancel` have one. Those are about calls, whose other
/// messages outlive their connection as well.
///
/// Both ends call this function where a frame is written and where it is read. If the two sides
/// disagreed about a single frame, every later number would be off by one.
#[must_use]
pub fn is_numbered(name: &str) -> bool {
    !is_reserved(name) || name == ERROR || name == CANCEL
}

/// The peer's numbers contradict ours: this session can't continue. The connection is closed with
/// [`Desync::CLOSE_CODE`], and a new session begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Desync;

impl Desync {
    /// The close code for "this session can't continue".
    pub const CLOSE_CODE: u16 = 4409;
}

impl fmt::Display for Desync {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the peer's message numbers contradict ours: this session can't go on")
    }
}

impl std::error::Error for Desync {}

#[cfg(test)]
mod tests {
    use super::is_numbered;

    /// The same table is read by the tests of the generated TypeScript client: `tests/typescript/sessions.ts`.
    #[test]
    fn both_languages_count_the_same_names() {
        let names: Vec<(String, bool)> = serde_json::from_str(include_str!("names.json"))
            .expect("names, each with whether it is numbered");
        for (name, numbered) in names {
            assert_eq!(is_numbered(&name), numbered, "{name:?}");
        }
    }
}
