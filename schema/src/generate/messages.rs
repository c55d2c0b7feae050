//! The document's own shape: messages, sides, heartbeat.

use std::fmt::Write;

use serde_json::{Value, json};
use wirebond_core::{
    Contract, Direction, MessageInfo,
    wire::form::{self, SideForm, WireForm},
};

use super::{
    beside,
    branches::{name_all, name_branches},
    definitions::{Definitions, Origin},
    envelope::Envelope,
    error::{GenerateError, Warning},
    part::Part,
    reflect::{Reflected, View},
    simplify::{plain_names, simplify},
};
use crate::{
    document::{
        SIDES, batch_of,
        comment::{self, COMMENT},
    },
    json_schema::{DIALECT, reference, tag},
};

/// Puts the document together.
pub(super) fn document<C: Contract>(
    parts: &[Part],
    reflected: Reflected,
    warnings: &mut Vec<Warning>,
) -> Result<Value, GenerateError> {
    let Reflected { mut payloads, mut defs, view } = reflected;
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
    let mut data = Vec::new();
    for (part, payload) in parts.iter().zip(payloads) {
        data.push(payload.map(|schema| named(&part.variant, schema, &mut defs)).transpose()?);
    }
    let messages: Vec<_> = parts.iter().zip(data.iter().map(Option::as_ref)).collect();
    // What Rust always writes, its peers may leave out.
    if view == View::Deserialize {
        check_forms(&messages, C::FORM, &defs, warnings)?;
    }
    let mut sides = Sides { form: C::FORM, listed: [Vec::new(), Vec::new()] };
    for (part, data) in messages {
        sides.add(part, data, false, &mut defs)?;
    }
    if C::FORM.is_default() {
        heartbeat(&mut sides, &mut defs)?;
    }
    let mut root = json!({
        "$schema": DIALECT,
        "$id": format!("urn:wirebond:{}:{}", urn(C::NAME), C::VERSION),
        "title": C::NAME,
        "anyOf": SIDES.map(reference::to),
    });
    if C::FORM.batch
        && let Some(frames) = root["anyOf"].as_array_mut()
    {
        frames.extend(SIDES.map(batch_of));
    }
    if let Some(comment) = comment::comment(C::FORM) {
        root[COMMENT] = json!(comment);
    }
    for (title, side) in SIDES.into_iter().zip(sides.schemas()) {
        defs.map.insert(title.to_owned(), side);
    }
    root["$defs"] = json!(defs.map);
    if !C::DESCRIPTION.is_empty() {
        root["description"] = json!(C::DESCRIPTION);
    }
    Ok(root)
}

/// Fails where a side couldn't write or recognise its messages as the form says.
fn check_forms(
    messages: &[(&Part, Option<&Value>)],
    form: &WireForm,
    defs: &Definitions,
    warnings: &mut Vec<Warning>,
) -> Result<(), GenerateError> {
    let sends = [Direction::client_sends, Direction::server_sends];
    for (side, sends) in [&form.client, &form.server].into_iter().zip(sends) {
        let of_side = messages.iter().filter(|(part, _)| sends(part.direction));
        let envelopes: Vec<_> = of_side
            .map(|(part, data)| Envelope { part, data: *data, is_optional: false, side, form })
            .collect();
        envelopes.iter().try_for_each(|envelope| beside::check(envelope, &defs.map))?;
        beside::check_keys(&envelopes, side, &defs.map, warnings)?;
    }
    Ok(())
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

fn timestamp() -> Value {
    json!({ "type": "integer", "format": "int64", "minimum": 0 })
}

/// The messages that the two sides list.
struct Sides {
    form: &'static WireForm,
    listed: [Vec<Listed>; 2],
}

/// A message as a side lists it.
struct Listed {
    /// A reference to its definition.
    def: Value,
    /// Whether a tag tells it.
    is_tagged: bool,
    /// Whether its tag can be looked up.
    is_word: bool,
}

impl Sides {
    /// Defines a message, once if both sides write it alike.
    fn add(
        &mut self,
        part: &Part,
        data: Option<&Value>,
        is_optional: bool,
        defs: &mut Definitions,
    ) -> Result<(), GenerateError> {
        let form = self.form;
        let forms = [&form.client, &form.server];
        let sends = [part.direction.client_sends(), part.direction.server_sends()];
        let is_two = sends == [true, true] && !writes_alike(forms);
        let mut known = None;
        for (at, side) in forms.into_iter().enumerate().filter(|(at, _)| sends[*at]) {
            let envelope = Envelope { part, data, is_optional, side, form };
            let def = match known.take() {
                Some(def) => def,
                None => add_message(&envelope, is_two.then_some(["Client", "Server"][at]), defs)?,
            };
            known = (!is_two).then(|| def.clone());
            let is_tagged = envelope.is_tagged();
            let is_word = part.tag().as_str().is_none_or(tag::is_word);
            self.listed[at].push(Listed { def, is_tagged, is_word });
        }
        Ok(())
    }

    fn schemas(&self) -> [Value; 2] {
        let forms = [&self.form.client, &self.form.server];
        [0, 1].map(|at| side(SIDES[at], &self.listed[at], forms[at]))
    }
}

/// Whether the two sides write a message alike.
fn writes_alike([client, server]: [&SideForm; 2]) -> bool {
    let of = |side: &SideForm| {
        (side.tag.clone(), side.content.clone(), side.timestamp.clone(), side.constants.clone())
    };
    of(client) == of(server)
}

/// `ChatMessage`, or `ChatEnvelope` where a payload bears that name.
fn add_message(
    envelope: &Envelope<'_>,
    side: Option<&str>,
    defs: &mut Definitions,
) -> Result<Value, GenerateError> {
    let Part { name, variant, .. } = envelope.part;
    let base = format!("{variant}{}", side.unwrap_or_default());
    let names = [format!("{base}Message"), format!("{base}Envelope")];
    let def = defs.take(names, Origin::Message(name.clone()))?;
    let schema = envelope.schema(&def, defs)?;
    defs.map.insert(def.clone(), schema);
    Ok(reference::to(&def))
}

/// The built-in messages, which both sides may send.
fn heartbeat(sides: &mut Sides, defs: &mut Definitions) -> Result<(), GenerateError> {
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
    [ping, pong].iter().try_for_each(|one| sides.add(&Part::of(one), Some(&data), true, defs))
}

/// All that one side may send. Nothing at all is a schema that nothing satisfies.
///
/// It lists its messages and does not describe their fields: with `properties` of its own, code generators
/// derive a second class for each message from it. Where not all messages have a tag, one may fit the
/// definition of another: which it is, the order of recognition says.
fn side(title: &str, messages: &[Listed], form: &SideForm) -> Value {
    if messages.is_empty() {
        return json!({ "title": title, "not": {} });
    }
    let all: Vec<_> = messages.iter().map(|message| &message.def).collect();
    if !messages.iter().all(|message| message.is_tagged) {
        return json!({ "title": title, "type": "object", "anyOf": all });
    }
    let mut side = json!({ "title": title, "type": "object", "oneOf": all });
    if let Some(tag) = form.tag.as_deref().filter(|tag| !tag.starts_with('/') && !form.integers)
        && messages.iter().all(|message| message.is_word)
    {
        side["discriminator"] = json!({ "propertyName": tag });
    }
    side
}
