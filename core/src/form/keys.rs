//! The keys of the default form, as literals and as constants.

/// The keys as literals, for constants that hold more than the key.
macro_rules! key {
    (type) => {
        "type"
    };
    (data) => {
        "data"
    };
    (timestamp) => {
        "timestamp"
    };
    (id) => {
        "id"
    };
    (re) => {
        "re"
    };
}

/// The key of a message's wire name.
pub const TYPE: &str = key!(type);
/// The key of its payload.
pub const DATA: &str = key!(data);
/// The key of the time at which the sender wrote it, in milliseconds since the Unix epoch.
pub const TIMESTAMP: &str = key!(timestamp);
/// The key of a call's number, in the request.
pub const ID: &str = key!(id);
/// The key of the number of the call that a message answers.
pub const RE: &str = key!(re);

pub(super) use key;
