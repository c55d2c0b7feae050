//! The document's own shape: messages, sides, heartbeat.

use std::fmt::Write;

use serde_json::{Value, json};
use wirebond_core::{Contract, Direction, MessageInfo, wire::form};

use super::{
    branches::{name_all, name_branches},
    definitions::{Definitions, Origin},
    error::GenerateError,
    part::{Part, Role},
    reflect::Reflected,
    simplify::{plain_names, simplify},
};
use crate::{
    document::SIDES,
    json_schema::{DIALECT, reference, tag},
};

/// Puts the document together.
pub(super) fn document<C: Contract>(
    parts: &[Part],
    reflected: Reflected,
) -> Result<Value, GenerateError> {
    let Reflected { mut payloads, mut defs } = reflected;
    plain_names(&mut defs, &mut payloads).map_err(|(one, other)| {
        GenerateError::new(format!(
            "the types `{one}` and `{other}` would have one name in other languages: rename one of them \
             with `#[schemars(rename = \"…\")]`"
        ))
    })?;
    if let Some(side) = SIDES.iter().find(|side| defs.contains_key(**side)) {
        return Err(GenerateError::new(format!(
            "a type is called `{side}`, and so is the list of all messages of one side: give the type \
             another name with `#[schemars(rename = \"…\")]`"
        )));
    }
    for schema in defs.values_mut() {
        simplify(schema);
        if *schema == Value::Bool(true) {
            *schema = json!({});
        }
    }
    // Taken from the start, and filled in when all messages are known.
    defs.extend(SIDES.map(|side| (side.to_owned(), Value::Null)));
    let mut defs = Definitions::new(defs);
    name_all(&mut defs)?;
    let (mut client, mut server) = (Vec::new(), Vec::new());
    for (part, payload) in parts.iter().zip(payloads) {
        let data = payload.map(|schema| named(&part.variant, schema, &mut defs)).transpose()?;
        let def = add_message(part, data, false, &mut defs)?;
        if part.direction.client_sends() {
            client.push(def.clone());
        }
        if part.direction.server_sends() {
            server.push(def);
        }
    }
    let heartbeat = heartbeat(&mut defs)?;
    let sends = [Direction::client_sends, Direction::server_sends];
    for ((title, messages), sends) in SIDES.into_iter().zip([client, server]).zip(sends) {
        let messages: Vec<_> = messages.into_iter().chain(heartbeat.clone()).collect();
        let mut of_it = parts.iter().filter(|part| sends(part.direction));
        let can_discriminate = of_it.all(|part| tag::is_word(&part.name));
        defs.map.insert(title.to_owned(), side(title, &messages, can_discriminate));
    }
    let mut root = json!({
        "$schema": DIALECT,
        "$id": format!("urn:wirebond:{}:{}", urn(C::NAME), C::VERSION),
        "title": C::NAME,
        "anyOf": SIDES.map(reference::to),
        "$defs": defs.map,
    });
    if !C::DESCRIPTION.is_empty() {
        root["description"] = json!(C::DESCRIPTION);
    }
    Ok(root)
}

/// A name as part of a URN, which is ASCII: lower case; letters of other alphabets by their bytes, as
/// URIs write them; everything else as dashes.
pub(super) fn urn(name: &str) -> String {
    let mut out = String::new();
    for c in name.to_lowercase().chars() {
        match c {
            c if c.is_ascii_alphanumeric() => out.push(c),
            c if c.is_alphanumeric() => {
                let mut bytes = [0; 4];
                for byte in c.encode_utf8(&mut bytes).bytes() {
                    let _ = write!(out, "%{byte:02X}");
                }
            }
            _ => out.push('-'),
        }
    }
    out
}

/// An inline payload gets a definition of its own, so that every language gives it a name.
fn named(variant: &str, mut schema: Value, defs: &mut Definitions) -> Result<Value, GenerateError> {
    if schema.get(reference::KEY).is_some() && schema.as_object().is_some_and(|map| map.len() == 1)
    {
        return Ok(schema);
    }
    simplify(&mut schema);
    if schema == Value::Bool(true) {
        schema = json!({});
    }
    let names = [format!("{variant}Data"), format!("{variant}Payload")];
    let name = defs.add(names, Origin::Payload(Some(variant.to_owned())), |_| schema)?;
    name_branches(&name, defs)?;
    Ok(reference::to(&name))
}

/// The envelope's `timestamp`. Every reader takes `null` for none.
fn sent_at() -> Value {
    json!({ "type": ["integer", "null"], "format": "int64", "minimum": 0 })
}

fn timestamp() -> Value {
    json!({ "type": "integer", "format": "int64", "minimum": 0 })
}

/// A call's number, in the request.
fn call_id(is_idempotent: bool) -> Value {
    let mut description =
        "The number of the call, which its answer repeats as `re`. Without it there \
                           is no answer."
            .to_owned();
    if is_idempotent {
        description.push_str(
            " The call is idempotent: if a connection ends before the answer, it may be sent again.",
        );
    }
    json!({ "description": description, "type": "integer", "minimum": 0, "maximum": form::MAX_CALL })
}

/// The number of the call that a message answers.
fn answered() -> Value {
    json!({
        "description": "The `id` of the request.",
        "type": "integer", "minimum": 0, "maximum": form::MAX_CALL,
    })
}

/// `ChatMessage`, or `ChatEnvelope` where a payload bears that name.
fn add_message(
    part: &Part,
    data: Option<Value>,
    data_is_optional: bool,
    defs: &mut Definitions,
) -> Result<Value, GenerateError> {
    let Part { name, variant, description, .. } = part;
    let names = [format!("{variant}Message"), format!("{variant}Envelope")];
    defs.add_referred(names, Origin::Message(name.clone()), |def| {
        let mut schema = json!({
            "title": def,
            "type": "object",
            "properties": {
                (form::TYPE): { "type": "string", "const": name },
                (form::TIMESTAMP): sent_at(),
            },
        });
        let mut required = vec![form::TYPE];
        match part.role {
            Role::Message => {}
            Role::Request { is_idempotent } => {
                schema["properties"][form::ID] = call_id(is_idempotent);
            }
            Role::Answer => {
                schema["properties"][form::RE] = answered();
                required.push(form::RE);
            }
        }
        if let Some(data) = data {
            schema["properties"][form::DATA] = data;
            if !data_is_optional {
                required.push(form::DATA);
            }
        }
        schema["required"] = json!(required);
        if !description.is_empty() {
            schema["description"] = json!(description);
        }
        if part.is_deprecated {
            schema["deprecated"] = json!(true);
        }
        schema
    })
}

/// The built-in messages, which both sides may send.
fn heartbeat(defs: &mut Definitions) -> Result<[Value; 2], GenerateError> {
    let names = ["Heartbeat", "HeartbeatData"].map(str::to_owned);
    let fields = json!({ (form::TIMESTAMP): timestamp() });
    let data = defs.add_referred(
        names,
        Origin::Payload(None),
        |_| json!({ "type": "object", "properties": fields }),
    )?;
    // Readers ignore it, and some peers write `null` for nothing.
    let data = json!({ "anyOf": [data, { "type": "null" }] });
    let ping = MessageInfo::unit(form::PING, "Ping", Direction::Both)
        .described("The heartbeat. Whoever gets it answers with `pong`.");
    let pong = MessageInfo::unit(form::PONG, "Pong", Direction::Both)
        .described("The answer to a heartbeat.");
    Ok([
        add_message(&Part::of(&ping), Some(data.clone()), true, defs)?,
        add_message(&Part::of(&pong), Some(data), true, defs)?,
    ])
}

/// All that one side may send. Nothing at all is a schema that nothing satisfies.
///
/// It lists its messages and does not describe their fields: with `properties` of its own, code generators
/// derive a second class for each message from it.
fn side(title: &str, messages: &[Value], can_discriminate: bool) -> Value {
    if messages.is_empty() {
        return json!({ "title": title, "not": {} });
    }
    let mut side = json!({ "title": title, "type": "object", "oneOf": messages });
    if can_discriminate {
        side["discriminator"] = json!({ "propertyName": form::TYPE });
    }
    side
}
