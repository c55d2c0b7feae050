//! What JSON Schema has no words for: how the messages stand on the wire, and what a message is called that
//! no tag tells. It is JSON text in `$comment`, which every tool for schemas passes over.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use wirebond_core::wire::form::{SideForm, WireForm};

/// The keyword.
pub(crate) const COMMENT: &str = "$comment";
/// What a comment of the root begins with.
const FORM: &str = "wirebond form ";
/// What a comment of a message begins with.
const MESSAGE: &str = "wirebond message ";

/// What a message's definition says in its comment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Note {
    /// The name, where it doesn't stand on the wire.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    /// The key that tells the message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<String>,
    /// The definition of the payload, where that has no key of its own in the message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) payload: Option<String>,
    /// Whether the message answers a call.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) answer: bool,
    /// How long the caller waits for the answer by default, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) timeout: Option<u64>,
}

impl Note {
    /// The comment; `None` where there is nothing to say.
    pub(crate) fn comment(&self) -> Option<String> {
        (*self != Self::default()).then(|| format!("{MESSAGE}{}", text(self)))
    }

    /// Reads the comment of a message at this place.
    pub(super) fn of(schema: &Value, place: &str) -> Result<Self, String> {
        Ok(read(schema, MESSAGE, place)?.unwrap_or_default())
    }
}

/// The comment of the root; `None` for the default form.
pub(crate) fn comment(form: &WireForm) -> Option<String> {
    (!form.is_default()).then(|| format!("{FORM}{}", text(form)))
}

/// Reads the form from the root.
pub(super) fn of(root: &Value) -> Result<WireForm, String> {
    let form = read(root, FORM, "")?.unwrap_or(WireForm::DEFAULT);
    for (name, side) in [("client", &form.client), ("server", &form.server)] {
        check(side).map_err(|why| format!("in its form, `{name}` {why}"))?;
    }
    let calls = form.calls.iter().flat_map(|calls| {
        let more = [&calls.result, &calls.error, &calls.success].into_iter().flatten();
        [&calls.id, &calls.re].into_iter().chain(more)
    });
    for place in calls {
        pointer(place).map_err(|why| format!("in its form, a place of `calls` {why}"))?;
    }
    Ok(form)
}

fn check(side: &SideForm) -> Result<(), String> {
    let Some(tag) = &side.tag else {
        return match side.content {
            Some(_) => Err("has `content` without a tag".to_owned()),
            None => Ok(()),
        };
    };
    pointer(tag)?;
    for (at, own) in side.tags.iter().enumerate() {
        if side.tags[..at].iter().any(|other| other.tag == own.tag || other.name == own.name) {
            return Err(format!("has two `tags` of {:?} or {:?}", own.tag, own.name));
        }
    }
    if tag.starts_with('/') && side.content.is_some() {
        return Err("has `content` beside a tag that is a JSON Pointer".to_owned());
    }
    if side.constants.iter().any(|one| serde_json::from_str::<Value>(&one.json).is_err()) {
        return Err("has a constant that is no JSON".to_owned());
    }
    Ok(())
}

/// Whether a place is a key, or a JSON Pointer as RFC 6901 has it.
fn pointer(place: &str) -> Result<(), String> {
    let is_escaped = |part: &str| part.starts_with('0') || part.starts_with('1');
    let is_pointer = place.starts_with('/');
    if is_pointer && !place.split('~').skip(1).all(is_escaped) {
        return Err(format!("is no JSON Pointer: {place:?}"));
    }
    Ok(())
}

/// A value as JSON text.
pub(crate) fn text<T: Serialize>(value: &T) -> String {
    // Keys in one order, whatever features serde_json was built with. These types have no way to fail.
    let mut value = serde_json::to_value(value).unwrap_or_default();
    value.sort_all_objects();
    value.to_string()
}

fn read<T: DeserializeOwned>(
    schema: &Value,
    prefix: &str,
    place: &str,
) -> Result<Option<T>, String> {
    let comment = schema.get(COMMENT).and_then(Value::as_str);
    let Some(json) = comment.and_then(|comment| comment.strip_prefix(prefix)) else {
        return Ok(None);
    };
    serde_json::from_str(json).map(Some).map_err(|why| {
        format!("`{place}/{COMMENT}` says what this version of wirebond doesn't know: {why}")
    })
}
