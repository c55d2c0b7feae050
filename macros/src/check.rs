//! What no message may be by itself, and no two messages together.

use std::collections::HashMap;

use crate::{
    attr::Errors,
    model::{Contract, Message},
};

/// The heartbeat's names.
const RESERVED_NAMES: [&str; 2] = ["ping", "pong"];

/// Ends of method names that the client has of its own: `on_open` and so on. A test in the facade
/// keeps this list equal to the client's methods.
const CLIENT_METHODS: [&str; 6] =
    ["open", "close", "error", "reconnect", "reconnect_failed", "unknown"];

/// Words that can't be an identifier even as `r#…`.
const UNSPEAKABLE: [&str; 5] = ["crate", "self", "super", "Self", "_"];

/// Reports every message that can't be, and takes it out.
pub(crate) fn check(contract: &mut Contract, errors: &mut Errors) {
    let mut names = HashMap::new();
    let mut methods = HashMap::new();
    contract.messages.retain(|message| {
        // All three, so that all that is wrong is told.
        let named = check_name(message, &mut names, errors);
        let called = check_method(message, &mut methods, errors);
        named && called
    });
}

fn check_name(message: &Message, names: &mut HashMap<String, String>, errors: &mut Errors) -> bool {
    let Message { name, ident, .. } = message;
    if RESERVED_NAMES.contains(&&**name) || name.starts_with('$') {
        let why = if name.starts_with('$') {
            "names that start with `$` belong to wirebond"
        } else {
            "it is the built-in heartbeat"
        };
        let words = format!(
            "the wire name \"{name}\" is reserved ({why}): choose another with \
             `#[message(name = \"…\")]`"
        );
        errors.push(message.name_span, words);
        return false;
    }
    if let Some(other) = names.insert(name.clone(), ident.to_string()) {
        let words = format!(
            "`{other}` has the wire name \"{name}\" already: give one of them another with \
             `#[message(name = \"…\")]`"
        );
        errors.push(message.name_span, words);
        return false;
    }
    true
}

fn check_method(
    message: &Message,
    methods: &mut HashMap<String, String>,
    errors: &mut Errors,
) -> bool {
    let Message { method, ident, .. } = message;
    let rename = "rename the method with `#[message(method = \"…\")]`; the wire name stays";
    if CLIENT_METHODS.contains(&&**method) {
        let words = format!("the client has a method `on_{method}` of its own: {rename}");
        errors.push(message.method_span, words);
        return false;
    }
    if UNSPEAKABLE.contains(&&**method) {
        let words = format!("`{method}` can't be a method's name: {rename}");
        errors.push(message.method_span, words);
        return false;
    }
    if let Some(other) = methods.insert(method.clone(), ident.to_string()) {
        let words = format!("`{other}` has the methods `*_{method}` already: {rename}");
        errors.push(message.method_span, words);
        return false;
    }
    true
}
