//! The names that belong to wirebond: wire names, and the own methods of the generated client.

/// The heartbeat's wire names.
pub(crate) const WIRE_NAMES: [&str; 2] = ["ping", "pong"];

/// The endings of the names of a call's answers, which no other message of the contract may have.
pub(crate) const ANSWERS: [&str; 2] = [".reply", ".error"];

/// The typed client's own methods, whatever its contract: they stand in the runtime, and the derive's docs
/// list them. Tests keep the three equal.
///
/// The set is fixed: a later method with a beginning of [`BEGINNINGS`] could be a message's in somebody's
/// contract. What comes later is reached through `untyped()`.
pub(crate) const CLIENT_METHODS: [&str; 22] = [
    "builder",
    "connect",
    "disconnect",
    "flush",
    "send",
    "try_send",
    "messages",
    "handle",
    "on_open",
    "on_close",
    "on_error",
    "on_reconnect",
    "on_reconnect_failed",
    "on_unknown",
    "events",
    "state",
    "watch_state",
    "is_connected",
    "stats",
    "subprotocol",
    "downgrade",
    "untyped",
];

/// What the methods of a message begin with; its method's name follows.
pub(crate) const BEGINNINGS: [&str; 7] =
    ["send_", "try_send_", "call_", "hold_", "on_", "off_", "stream_"];

/// Names of events for which a client has a deprecated `on_…`, unless a message has that method.
pub(crate) const ALIASES: [&str; 3] = ["unconfirmed", "dropped", "kept"];

/// The client's own method that a message with this method's name would have, too.
pub(crate) fn own_method(method: &str) -> Option<&'static str> {
    let collides =
        |own: &&str| BEGINNINGS.iter().any(|beginning| own.strip_prefix(beginning) == Some(method));
    CLIENT_METHODS.into_iter().find(collides)
}
