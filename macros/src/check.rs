//! What no message may be by itself, and no two messages together.

use std::collections::HashMap;

use proc_macro2::Ident;
use syn::{Type, TypePath};

use crate::{
    attr::Errors,
    model::{Contract, Message, server_types},
    payload::bare,
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
    let types = [("client", &contract.client), ("handler", &contract.handler)];
    let of_server =
        if contract.server { server_types(&contract.ident).to_vec() } else { Vec::new() };
    contract.messages.retain(|message| {
        // All three, so that all that is wrong is told.
        let named = check_name(message, &mut names, errors);
        let called = check_method(message, &mut methods, errors);
        let carries = check_payload(message, types, &of_server, errors);
        named && called && carries
    });
}

/// A payload that is called as a generated type is: where it comes by a glob import, the generated one
/// would hide it without a word.
fn check_payload(
    message: &Message,
    types: [(&str, &Ident); 2],
    of_server: &[Ident],
    errors: &mut Errors,
) -> bool {
    let Some(payload) = &message.payload else { return true };
    let Type::Path(TypePath { qself: None, path, .. }) = bare(payload) else { return true };
    if let Some(name) = of_server.iter().find(|name| path.is_ident(*name)) {
        let words = format!(
            "`#[contract(server)]` generates a `{name}` too: rename the payload's type, or the enum"
        );
        errors.push_at(payload, words);
        return false;
    }
    let Some((key, name)) = types.into_iter().find(|(_, name)| path.is_ident(*name)) else {
        return true;
    };
    let words = format!(
        "the generated {key} is called `{name}` too: choose another name for it with \
         `#[contract({key} = \"…\")]`"
    );
    errors.push_at(payload, words);
    false
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
    if method.is_empty() {
        let words = format!("`{ident}` names no method: {rename}");
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
