//! From a contract's types to its document.

use std::{borrow::Cow, cell::RefCell, collections::BTreeSet, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use super::{
    DIALECT, Document,
    normal::{free_name, normalize, reference, simplify},
};
use crate::{Contract, Direction, MessageInfo};

/// Which side of serde a document describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum View {
    /// What a reader must accept: the published view. Peers may leave out what Rust always writes.
    #[default]
    Deserialize,
    /// What Rust writes.
    Serialize,
}

/// Why a contract has no document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GenerateError(String);

impl fmt::Display for GenerateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for GenerateError {}

impl Document {
    /// Describes a contract.
    ///
    /// Fails where no document could: two payload types with one name, or a field that serde reads
    /// under another name than it writes.
    pub fn of<C: Contract>(view: View) -> Result<Self, GenerateError> {
        let reflected = Reflected::of(C::MESSAGES, view, &[]);
        let other = match view {
            View::Deserialize => View::Serialize,
            View::Serialize => View::Deserialize,
        };
        check_names(C::MESSAGES, view, &reflected)?;
        check_symmetry(&reflected, &Reflected::of(C::MESSAGES, other, &[]))?;
        let value = document::<C>(reflected);
        Self::of_value(value).map_err(|error| GenerateError(error.to_string()))
    }
}

/// What schemars tells of the payloads.
struct Reflected {
    payloads: Vec<Option<Value>>,
    defs: Map<String, Value>,
}

impl Reflected {
    /// `taken` are names that no type may get.
    fn of(messages: &[MessageInfo], view: View, taken: &[String]) -> Self {
        let settings = SchemaSettings::draft2020_12();
        let settings = match view {
            View::Deserialize => settings.for_deserialize(),
            View::Serialize => settings.for_serialize(),
        };
        let mut generator = settings.into_generator();
        for name in taken {
            Taken::take(name, &mut generator);
        }
        let payloads = messages
            .iter()
            .map(|message| message.payload_schema(&mut generator).map(Value::from))
            .collect();
        Self { payloads, defs: generator.take_definitions(true) }
    }
}

thread_local! {
    /// What [`Taken`] is called at the moment.
    static NAME: RefCell<String> = const { RefCell::new(String::new()) };
}

/// A type whose only purpose is to have a name.
struct Taken;

impl Taken {
    fn take(name: &str, generator: &mut SchemaGenerator) {
        NAME.set(name.to_owned());
        generator.subschema_for::<Self>();
    }
}

impl JsonSchema for Taken {
    fn schema_name() -> Cow<'static, str> {
        NAME.with_borrow(|name| name.clone().into())
    }

    fn schema_id() -> Cow<'static, str> {
        NAME.with_borrow(|name| format!("wirebond::taken::{name}").into())
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        Schema::default()
    }
}

/// Two types with one name: schemars numbers them in the order in which it meets them, so that moving a
/// variant would swap their meanings.
fn check_names(
    messages: &[MessageInfo],
    view: View,
    reflected: &Reflected,
) -> Result<(), GenerateError> {
    let suspects: Vec<(String, String)> = reflected
        .defs
        .keys()
        .filter_map(|second| {
            let first = second.trim_end_matches(|c: char| c.is_ascii_digit());
            let is_number = second.len() > first.len() && reflected.defs.contains_key(first);
            is_number.then(|| (first.to_owned(), second.clone()))
        })
        .collect();
    for (first, second) in suspects {
        // A type that is really called `Item2` keeps its own name, with another number, where `Item`
        // and `Item2` are taken; a second `Item` doesn't.
        let again = Reflected::of(messages, view, &[first.clone(), second.clone()]);
        let own = again.defs.keys().any(|name| {
            name.strip_prefix(&*second)
                .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()))
        });
        if !own {
            let place = |name: &str| {
                used_at(messages, reflected, name).unwrap_or_else(|| "the contract".to_owned())
            };
            return Err(GenerateError(format!(
                "two different types are called `{first}`, one in {} and one in {}: give one of them \
                 another name with `#[schemars(rename = \"…\")]` (a generic type has one for each of \
                 its forms: `#[schemars(rename = \"{first}_{{T}}\")]`)",
                place(&first),
                place(&second),
            )));
        }
    }
    Ok(())
}

/// Where a definition is referred to.
fn used_at(messages: &[MessageInfo], reflected: &Reflected, name: &str) -> Option<String> {
    let wanted = reference(name);
    let direct = messages.iter().zip(&reflected.payloads).find_map(|(message, payload)| {
        let at = find(payload.as_ref()?, &wanted)?;
        Some(format!("the message {:?}{}", message.name(), at_pointer(&at)))
    });
    direct.or_else(|| {
        reflected.defs.iter().find_map(|(def, schema)| {
            Some(format!("`{def}`{}", at_pointer(&find(schema, &wanted)?)))
        })
    })
}

fn at_pointer(pointer: &str) -> String {
    if pointer.is_empty() { String::new() } else { format!(" at {pointer}") }
}

/// The pointer to the first place of a value.
fn find(within: &Value, wanted: &Value) -> Option<String> {
    if within == wanted {
        return Some(String::new());
    }
    match within {
        Value::Object(map) => {
            map.iter().find_map(|(key, value)| Some(format!("/{key}{}", find(value, wanted)?)))
        }
        Value::Array(items) => items
            .iter()
            .enumerate()
            .find_map(|(index, value)| Some(format!("/{index}{}", find(value, wanted)?))),
        _ => None,
    }
}

/// A field that is read under one name and written under another, or only one of both, fits in no
/// document.
fn check_symmetry(one: &Reflected, other: &Reflected) -> Result<(), GenerateError> {
    for (name, schema) in &one.defs {
        if let Some(twin) = other.defs.get(name) {
            compare(schema, twin, name)?;
        }
    }
    Ok(())
}

fn compare(one: &Value, other: &Value, place: &str) -> Result<(), GenerateError> {
    let (Value::Object(one), Value::Object(other)) = (one, other) else { return Ok(()) };
    for (key, value) in one {
        let Some(twin) = other.get(key) else { continue };
        match (key.as_str(), value, twin) {
            ("properties", Value::Object(fields), Value::Object(twins)) => {
                let names: BTreeSet<_> = fields.keys().collect();
                let twin_names: BTreeSet<_> = twins.keys().collect();
                if let Some(field) = names.symmetric_difference(&twin_names).next() {
                    return Err(GenerateError(format!(
                        "the field `{field}` of `{place}` is read but not written, or written but not \
                         read: no document can say both; give it one name and no \
                         `skip_serializing` or `skip_deserializing`"
                    )));
                }
                for (field, value) in fields {
                    compare(value, &twins[field], &format!("{place}.{field}"))?;
                }
            }
            (_, Value::Array(items), Value::Array(twins)) => {
                for (item, twin) in items.iter().zip(twins) {
                    compare(item, twin, place)?;
                }
            }
            _ => compare(value, twin, place)?,
        }
    }
    Ok(())
}

/// Puts the document together.
fn document<C: Contract>(reflected: Reflected) -> Value {
    let Reflected { payloads, mut defs } = reflected;
    normalize(&mut defs);
    let (mut client, mut server) = (Vec::new(), Vec::new());
    for (message, payload) in C::MESSAGES.iter().zip(payloads) {
        let data = payload.map(|schema| named(message.variant(), schema, &mut defs));
        let def = message_def(message.variant(), &defs);
        let schema = envelope(&def, message, data);
        let direction = message.direction();
        if direction.client_sends() {
            client.push(reference(&def));
        }
        if direction.server_sends() {
            server.push(reference(&def));
        }
        defs.insert(def, schema);
    }
    heartbeat(&mut defs, &mut client, &mut server);
    defs.insert("ClientMessage".to_owned(), side("ClientMessage", &client));
    defs.insert("ServerMessage".to_owned(), side("ServerMessage", &server));
    let mut root = json!({
        "$schema": DIALECT,
        "$id": format!("urn:wirebond:{}:{}", urn(C::NAME), C::VERSION),
        "title": C::NAME,
        "anyOf": [reference("ClientMessage"), reference("ServerMessage")],
        "$defs": defs,
    });
    if !C::DESCRIPTION.is_empty() {
        root["description"] = json!(C::DESCRIPTION);
    }
    root
}

/// A name as part of a URN: lower case, other characters than letters and digits as dashes.
fn urn(name: &str) -> String {
    name.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect()
}

/// Two sides are no names for anybody's type.
const SIDES: [&str; 2] = ["ClientMessage", "ServerMessage"];

fn is_taken(name: &str, defs: &Map<String, Value>) -> bool {
    SIDES.contains(&name) || defs.contains_key(name)
}

/// `ChatMessage`, or `ChatEnvelope` where a payload bears that name.
fn message_def(variant: &str, defs: &Map<String, Value>) -> String {
    let message = format!("{variant}Message");
    if !is_taken(&message, defs) {
        return message;
    }
    free_name(&format!("{variant}Envelope"), |name| is_taken(name, defs))
}

/// An inline payload gets a definition of its own, so that every language gives it a name.
fn named(variant: &str, mut schema: Value, defs: &mut Map<String, Value>) -> Value {
    if schema.get("$ref").is_some() {
        return schema;
    }
    simplify(&mut schema);
    let name = free_name(&format!("{variant}Data"), |name| is_taken(name, defs));
    defs.insert(name.clone(), schema);
    reference(&name)
}

fn timestamp() -> Value {
    json!({ "type": "integer", "format": "int64", "minimum": 0 })
}

fn envelope(def: &str, message: &MessageInfo, data: Option<Value>) -> Value {
    let mut schema = json!({
        "title": def,
        "type": "object",
        "properties": {
            "type": { "type": "string", "const": message.name() },
            "timestamp": timestamp(),
        },
        "required": ["type"],
    });
    if let Some(data) = data {
        schema["properties"]["data"] = data;
        schema["required"] = json!(["type", "data"]);
    }
    if !message.description().is_empty() {
        schema["description"] = json!(message.description());
    }
    if message.is_deprecated() {
        schema["deprecated"] = json!(true);
    }
    schema
}

/// The built-in messages, which both sides may send.
fn heartbeat(defs: &mut Map<String, Value>, client: &mut Vec<Value>, server: &mut Vec<Value>) {
    let data = free_name("Heartbeat", |name| is_taken(name, defs));
    let fields = json!({ "timestamp": timestamp() });
    defs.insert(data.clone(), json!({ "type": "object", "properties": fields }));
    for (variant, name, words) in [
        ("Ping", "ping", "The heartbeat. Whoever gets it answers with `pong`."),
        ("Pong", "pong", "The answer to a heartbeat."),
    ] {
        let info = MessageInfo::unit(name, variant, Direction::Both).described(words);
        let def = message_def(variant, defs);
        let mut schema = envelope(&def, &info, None);
        schema["properties"]["data"] = reference(&data);
        client.push(reference(&def));
        server.push(reference(&def));
        defs.insert(def, schema);
    }
}

/// All that one side may send.
fn side(title: &str, messages: &[Value]) -> Value {
    json!({
        "title": title,
        "type": "object",
        "properties": { "type": { "type": "string" } },
        "required": ["type"],
        "discriminator": { "propertyName": "type" },
        "oneOf": messages,
    })
}
