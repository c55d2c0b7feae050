//! The definition of one message: what its form puts around the payload, or beside its members.

use serde_json::{Value, json};
use wirebond_core::{
    Recognition,
    wire::form::{self, CallForm, SideForm, WireForm},
};

use super::{
    definitions::Definitions,
    error::GenerateError,
    merge::{may_have, whole},
    part::{Part, Role},
    within::{put, require},
};
use crate::{
    document::comment::{COMMENT, Note},
    json_schema::reference,
};

/// One message as one side writes it.
#[derive(Clone, Copy)]
pub(super) struct Envelope<'a> {
    pub(super) part: &'a Part,
    /// A reference to the payload's definition.
    pub(super) data: Option<&'a Value>,
    /// Whether the payload may be left out.
    pub(super) is_optional: bool,
    pub(super) side: &'a SideForm,
    pub(super) form: &'a WireForm,
}

/// What a form puts at a place of a message.
struct Member<'a> {
    place: &'a str,
    schema: Value,
    is_required: bool,
}

impl<'a> Envelope<'a> {
    /// Whether a tag tells the message. The answers to calls have names of their own in the default form
    /// alone.
    pub(super) fn is_tagged(&self) -> bool {
        !matches!(self.part.recognition, Recognition::Key(_) | Recognition::Untagged)
            && (!self.part.is_answer() || self.form.is_default())
    }

    /// Where the payload stands. `None`: its members stand beside everything else.
    pub(super) fn payload_place(&self) -> Option<&'a str> {
        let calls = self.form.calls.as_ref();
        let of_answer = match self.part.role {
            Role::Reply => calls.and_then(|calls| calls.result.as_deref()),
            Role::Error => calls.and_then(|calls| calls.error.as_deref()),
            _ => None,
        };
        let content = self.side.content.as_deref();
        of_answer.or(content.filter(|_| self.is_tagged() || self.part.is_answer()))
    }

    /// The schema of the definition of this name.
    pub(super) fn schema(&self, def: &str, defs: &mut Definitions) -> Result<Value, GenerateError> {
        let mut schema = json!({ "title": def, "type": "object" });
        let put = |schema: &mut Value, member: Member<'_>, defs: &mut Definitions| {
            let Member { place, schema: of_it, is_required } = member;
            put(schema, place, of_it, is_required, (&self.part.name, def), defs)
        };
        let (pointers, keys): (Vec<_>, Vec<_>) =
            self.members().into_iter().partition(|member| member.place.starts_with('/'));
        for member in keys {
            let is_payloads = self.payload_place().is_none()
                && self.call_id() == Some(member.place)
                && self.data.is_some_and(|data| may_have(data, member.place, &defs.map));
            if !is_payloads {
                put(&mut schema, member, defs)?;
            }
        }
        match (self.data, self.payload_place()) {
            (Some(data), Some(place)) => {
                let is_required = !self.is_optional;
                put(&mut schema, Member { place, schema: data.clone(), is_required }, defs)?;
            }
            (Some(data), None) => {
                schema[reference::KEY] = data[reference::KEY].clone();
                schema = whole(schema, &defs.map);
                // What the payload is for stands in its own definition.
                schema.as_object_mut().map(|map| map.remove("description"));
            }
            (None, _) => {}
        }
        for member in pointers {
            put(&mut schema, member, defs)?;
        }
        if let Recognition::Key(key) = self.part.recognition {
            require(&mut schema, key);
        }
        self.annotate(&mut schema);
        Ok(schema)
    }

    /// What the form puts into the message, in the order in which it is written.
    fn members(&self) -> Vec<Member<'_>> {
        let mut members = Vec::new();
        if let Some(place) = self.side.tag.as_deref().filter(|_| self.is_tagged()) {
            let schema = constant(&self.part.tag());
            members.push(Member { place, schema, is_required: true });
        }
        for one in &*self.side.constants {
            let schema = constant(&serde_json::from_str(&one.json).unwrap_or_default());
            members.push(Member { place: &one.key, schema, is_required: true });
        }
        let calls = self.form.call_form();
        members.extend(match self.part.role {
            Role::Message => None,
            Role::Request { is_idempotent, .. } => {
                let schema = call_id(calls, is_idempotent);
                Some(Member { place: &calls.id, schema, is_required: false })
            }
            Role::Reply | Role::Error => {
                let schema = answered(calls);
                Some(Member { place: &calls.re, schema, is_required: true })
            }
        });
        if let Some(place) = self.side.timestamp.as_deref() {
            members.push(Member { place, schema: sent_at(), is_required: false });
        }
        members
    }

    /// The keys that the form takes, and what for.
    pub(super) fn keys(&self) -> Vec<(&str, &'static str)> {
        let mut keys = Vec::new();
        let tag = self.side.tag.as_deref().filter(|_| self.is_tagged());
        keys.extend(tag.map(|key| (key, "its tag")));
        keys.extend(self.side.constants.iter().map(|one| (&*one.key, "a constant of the form")));
        keys.extend(self.side.timestamp.as_deref().map(|key| (key, "the time")));
        keys
    }

    /// The key of a request's number, beside the payload's members.
    pub(super) fn call_id(&self) -> Option<&'a str> {
        let calls = self.form.calls.as_ref()?;
        matches!(self.part.role, Role::Request { .. }).then_some(&*calls.id)
    }

    fn annotate(&self, schema: &mut Value) {
        let Part { name, description, is_deprecated, recognition, .. } = self.part;
        if !description.is_empty() {
            schema["description"] = json!(description);
        }
        if *is_deprecated {
            schema["deprecated"] = json!(true);
        }
        let payload = self.data.filter(|_| !self.is_tagged() || self.payload_place().is_none());
        let note = Note {
            name: (!self.is_tagged()).then(|| name.clone()),
            key: match recognition {
                Recognition::Key(key) => Some((*key).to_owned()),
                _ => None,
            },
            payload: payload.and_then(reference::name_in).map(std::borrow::Cow::into_owned),
            answer: self.part.is_answer() && !self.is_tagged(),
            timeout: match self.part.role {
                Role::Request { timeout: Some(timeout), .. } => timeout.as_millis().try_into().ok(),
                _ => None,
            },
        };
        if let Some(comment) = note.comment() {
            schema[COMMENT] = json!(comment);
        }
    }
}

/// A schema of one value.
fn constant(value: &Value) -> Value {
    let name = match value {
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        _ => "string",
    };
    json!({ "type": name, "const": value })
}

/// The envelope's `timestamp`. Every reader takes `null` for none.
fn sent_at() -> Value {
    json!({ "type": ["integer", "null"], "format": "int64", "minimum": 0 })
}

/// A call's number, in the request.
fn call_id(calls: &CallForm, is_idempotent: bool) -> Value {
    let mut description = match calls.re.as_ref() {
        re if *re == *calls.id => {
            "The number of the call, which its answer repeats. Without it there is no answer."
                .to_owned()
        }
        re => format!(
            "The number of the call, which its answer repeats as `{re}`. Without it there is no answer."
        ),
    };
    if is_idempotent {
        description.push_str(
            " The call is idempotent: if a connection ends before the answer, it may be sent again.",
        );
    }
    number(calls, &description)
}

/// The number of the call that a message answers.
fn answered(calls: &CallForm) -> Value {
    number(calls, &format!("The `{}` of the request.", calls.id))
}

fn number(calls: &CallForm, description: &str) -> Value {
    if calls.strings {
        return json!({ "description": description, "type": "string" });
    }
    json!({ "description": description, "type": "integer", "minimum": 0, "maximum": form::MAX_CALL })
}
