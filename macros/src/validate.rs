//! What no message may be by itself, and no two messages together.

mod form;

use std::collections::HashMap;

use proc_macro2::Ident;
use syn::{Type, TypePath};

use crate::{
    attr::Errors,
    message::{From, Message},
    model::{Contract, server_types},
    payload::bare,
    reserved::{ANSWERS, WIRE_NAMES, own_method},
};

/// Words that can't be an identifier even as `r#…`.
const UNSPEAKABLE: [&str; 5] = ["crate", "self", "super", "Self", "_"];

/// Reports every message that can't be, and takes it out.
pub(crate) fn validate(contract: &mut Contract, errors: &mut Errors) {
    form::check(contract, errors);
    let is_own = contract.form.is_own();
    let mut names: HashMap<String, (String, From)> = HashMap::new();
    let mut methods = HashMap::new();
    let Contract { client, handler, opening, .. } = &*contract;
    let types = [("client", client), ("handler", handler), ("opening", opening)];
    let types = types.map(|(key, name)| (key, name.clone()));
    let of_server =
        if contract.server.is_some() { server_types(&contract.ident).to_vec() } else { Vec::new() };
    let answers = if is_own { answers(&contract.messages) } else { HashMap::new() };
    let longer = longer_methods(contract);
    contract.messages.retain(|message| {
        // All three, so that every error is reported.
        let named = check_name(message, is_own, &mut names, &answers, errors);
        let called = check_method(message, &mut methods, &longer, errors);
        let carries = check_payload(message, &types, &of_server, errors);
        named && called && carries
    });
}

/// The ends of methods' names that are longer than a message's, such as `hold_…_with`, with the methods and
/// their variants.
fn longer_methods(contract: &Contract) -> HashMap<String, (String, String)> {
    let longer = contract.messages.iter().flat_map(|message| {
        let Message { method, ident, payload, call, .. } = message;
        let has_payload = payload.is_some();
        // A held call has an answer.
        let has_answer = call.is_some() && contract.form.calls.is_some();
        let holds = message.client_sends() && (has_payload || has_answer);
        let hold = holds.then_some(("hold", "with"));
        let stream = (message.server_sends() && has_payload).then_some(("stream", "where"));
        [hold, stream].into_iter().flatten().map(move |(begin, end)| {
            let longer = format!("{method}_{end}");
            (longer.clone(), (format!("{begin}_{longer}"), ident.to_string()))
        })
    });
    longer.collect()
}

/// The wire names of the calls' answers, with the variants that are the calls.
fn answers(messages: &[Message]) -> HashMap<String, String> {
    let calls = messages.iter().filter(|message| message.call.is_some());
    let names = calls.flat_map(|Message { name, ident, .. }| {
        ANSWERS.iter().map(move |ending| (format!("{name}{ending}"), ident.to_string()))
    });
    names.collect()
}

/// A payload that is called as a generated type is: where it comes by a glob import, the generated one
/// would hide it without an error.
fn check_payload(
    message: &Message,
    types: &[(&str, Ident); 3],
    of_server: &[Ident],
    errors: &mut Errors,
) -> bool {
    let mut each = message.types();
    // All of them, so that every error is reported.
    each.by_ref().filter(|ty| !check_type(ty, types, of_server, errors)).count() == 0
}

fn check_type(
    payload: &Type,
    types: &[(&str, Ident); 3],
    of_server: &[Ident],
    errors: &mut Errors,
) -> bool {
    let Type::Path(TypePath { qself: None, path, .. }) = bare(payload) else { return true };
    if let Some(name) = of_server.iter().find(|name| path.is_ident(*name)) {
        let text = format!(
            "`#[contract(server)]` generates a `{name}`, too: rename the payload's type, or the enum"
        );
        errors.push_at(payload, text);
        return false;
    }
    let Some((key, _)) = types.iter().find(|(_, name)| path.is_ident(name)) else {
        return true;
    };
    let text = format!(
        "the generated {key} has this name, too: choose another for it with \
         `#[contract({key} = \"…\")]`"
    );
    errors.push_at(payload, text);
    false
}

/// `is_own` is whether the form is wirebond's own, which alone has names of its own.
fn check_name(
    message: &Message,
    is_own: bool,
    names: &mut HashMap<String, (String, From)>,
    answers: &HashMap<String, String>,
    errors: &mut Errors,
) -> bool {
    let Message { name, ident, .. } = message;
    if is_own && (WIRE_NAMES.contains(&&**name) || name.starts_with('$')) {
        let why = if name.starts_with('$') {
            "names that start with `$` belong to wirebond"
        } else {
            "it is the built-in heartbeat"
        };
        let text = format!(
            "the wire name \"{name}\" is reserved ({why}): choose another with \
             `#[message(name = \"…\")]`"
        );
        errors.push(message.name_span, text);
        return false;
    }
    if let Some(call) = answers.get(name) {
        let text = format!(
            "the wire name \"{name}\" is reserved (it is an answer to the call `{call}`): choose another \
             with `#[message(name = \"…\")]`"
        );
        errors.push(message.name_span, text);
        return false;
    }
    if let Some((other, from)) = names.insert(name.clone(), (ident.to_string(), message.from)) {
        let is_opposite = matches!(
            (from, message.from),
            (From::Client, From::Server) | (From::Server, From::Client)
        );
        let tag =
            message.json_tag().filter(|_| is_opposite && !is_own && message.tag_span.is_none());
        let text = if let Some(tag) = tag {
            format!(
                "`{other}` has the name \"{name}\" already: where each side has a message of its own with this \
                 tag, write `#[message(tag = {tag})]` on one of them, and no `name`"
            )
        } else if message.is_tagged() {
            format!(
                "`{other}` has the wire name \"{name}\" already: give one of them another with \
                 `#[message(name = \"…\")]`"
            )
        } else {
            format!(
                "reports call this message \"{name}\", and `{other}` has that name: rename a variant"
            )
        };
        errors.push(message.name_span, text);
        return false;
    }
    true
}

fn check_method(
    message: &Message,
    methods: &mut HashMap<String, String>,
    longer: &HashMap<String, (String, String)>,
    errors: &mut Errors,
) -> bool {
    let Message { method, ident, .. } = message;
    let rename = "rename the method with `#[message(method = \"…\")]`; the wire name stays";
    if let Some(own) = own_method(method) {
        let text = format!("the client has a method `{own}` of its own: {rename}");
        errors.push(message.method_span, text);
        return false;
    }
    if method.is_empty() {
        let text = format!("no method can be named after `{ident}`: {rename}");
        errors.push(message.method_span, text);
        return false;
    }
    if UNSPEAKABLE.contains(&&**method) {
        let text = format!("`{method}` can't be a method's name: {rename}");
        errors.push(message.method_span, text);
        return false;
    }
    if let Some((longer, other)) = longer.get(method) {
        let text = format!("`{other}` has the method `{longer}` already: {rename}");
        errors.push(message.method_span, text);
        return false;
    }
    if let Some(other) = methods.insert(method.clone(), ident.to_string()) {
        let text = format!("`{other}` has the methods `*_{method}` already: {rename}");
        errors.push(message.method_span, text);
        return false;
    }
    true
}
