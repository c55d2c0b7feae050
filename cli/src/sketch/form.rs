//! How the messages of a side stand on the wire, as far as captured ones tell.

use std::collections::BTreeSet;

use super::{
    json::{Json, Object},
    rest,
    tag::{self, Name, Tag},
};

/// Keys that usually hold a payload.
const CONTENTS: [&str; 11] = [
    "data",
    "payload",
    "d",
    "content",
    "params",
    "args",
    "arguments",
    "body",
    "message",
    "value",
    "detail",
];
/// Keys that may hold the time at which a message was written.
const TIMES: [&str; 5] = ["timestamp", "ts", "time", "sent_at", "sentAt"];
/// The milliseconds since 1970 that are a time of this century.
const MILLIS: std::ops::Range<i64> = 978_307_200_000..4_102_444_800_000;

/// How the messages of one side stand on the wire.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Form {
    pub(super) tag: Option<Tag>,
    pub(super) content: Option<String>,
    pub(super) timestamp: Option<String>,
}

/// What tells a message.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Told {
    Name(Name),
    Key(String),
    Untagged,
}

/// The messages of one side, and how they stand.
#[derive(Debug, Default)]
pub(super) struct Side<'a> {
    pub(super) form: Form,
    /// Each message, and what tells it.
    pub(super) messages: Vec<(&'a Object, Told)>,
    /// How many of them have a tag.
    pub(super) tagged: usize,
}

impl<'a> Side<'a> {
    /// `constants` are members of every message of both sides.
    pub(super) fn of(messages: &[&'a Object], constants: &[(String, Json)]) -> Self {
        let tag = tag::find(messages);
        let name = |message: &Object| tag.as_ref().and_then(|tag| tag.name(message));
        let mut told: Vec<Option<Told>> =
            messages.iter().map(|message| name(message).map(Told::Name)).collect();
        let untold: Vec<usize> =
            (0..messages.len()).filter(|place| told[*place].is_none()).collect();
        let tagged = messages.len() - untold.len();
        let objects: Vec<&Object> = untold.iter().map(|place| messages[*place]).collect();
        let aside: Vec<&str> = constants.iter().map(|(key, _)| key.as_str()).collect();
        for group in rest::group(&objects, &aside, tag.is_none()) {
            for place in group.messages {
                told[untold[place]] = Some(group.key.clone().map_or(Told::Untagged, Told::Key));
            }
        }
        let mut form = Form { tag: tag.clone(), content: None, timestamp: None };
        if let Some(key) = form.tag.as_ref().and_then(Tag::key) {
            let own: Vec<&Object> =
                messages.iter().filter(|message| name(message).is_some()).copied().collect();
            let timestamp = (untold.is_empty()).then(|| timestamp(&own)).flatten();
            let mut aside = aside.clone();
            aside.push(key);
            aside.extend(timestamp.as_deref());
            form.content = content(&own, &aside);
            form.timestamp = timestamp;
        }
        let messages = messages.iter().copied().zip(told.into_iter().flatten()).collect();
        Self { form, messages, tagged }
    }
}

impl Form {
    /// Whether it is wirebond's own, with or without times.
    pub(super) fn is_default(&self) -> bool {
        self.tag.as_ref().is_some_and(|tag| tag.key() == Some("type") && !tag.integers)
            && self.content.as_deref() == Some("data")
            && self.timestamp.as_deref().is_none_or(|key| key == "timestamp")
    }

    /// As the attribute has it.
    pub(super) fn arguments(&self) -> Vec<String> {
        let tag = self
            .tag
            .as_ref()
            .map_or_else(|| "false".to_owned(), |tag| format!("{:?}", tag.place()));
        let keys = [("content", &self.content), ("timestamp", &self.timestamp)];
        let keys = keys
            .into_iter()
            .filter_map(|(name, key)| Some(format!("{name} = {:?}", key.as_ref()?)));
        std::iter::once(format!("tag = {tag}")).chain(keys).collect()
    }
}

/// The one key besides these under which payloads stand.
fn content(messages: &[&Object], aside: &[&str]) -> Option<String> {
    let keys: BTreeSet<&str> = messages
        .iter()
        .flat_map(|message| message.keys())
        .filter(|key| !aside.contains(key))
        .collect();
    let mut keys = keys.into_iter();
    let (Some(key), None) = (keys.next(), keys.next()) else { return None };
    let is_object = |message: &&Object| message.get(key).map(|value| value.object().is_some());
    let objects = messages.iter().filter_map(is_object);
    // An object in one message and another value in the next: no member of a payload is so.
    let is_mixed = objects.clone().any(|object| object) && objects.clone().any(|object| !object);
    (CONTENTS.contains(&key) || is_mixed).then(|| key.to_owned())
}

/// The key of the time at which messages were written: an integer of milliseconds since 1970.
fn timestamp(messages: &[&Object]) -> Option<String> {
    let is_time = |key: &&&str| {
        let values = messages.iter().filter_map(|message| message.get(key));
        let (mut all, mut times) = (0, 0);
        for value in values {
            all += 1;
            times += usize::from(value.integer().is_some_and(|time| MILLIS.contains(&time)));
        }
        all > 0 && times == all && all * 2 >= messages.len()
    };
    TIMES.iter().find(is_time).map(|key| (*key).to_owned())
}

/// Members of every message of both sides that look like a version, such as `"jsonrpc": "2.0"`: no other
/// value may be shown, since it may be a secret.
pub(super) fn constants(client: &[&Object], server: &[&Object]) -> Vec<(String, Json)> {
    let Some((first, others)) = client.split_first().filter(|_| !server.is_empty()) else {
        return Vec::new();
    };
    let is_version = |value: &Json| match value {
        Json::Text(text) => {
            text.len() <= 8 && text.chars().all(|c| c.is_ascii_digit() || c == '.' || c == 'v')
        }
        Json::Number(number) => number.as_u64().is_some_and(|number| number < 100),
        _ => false,
    };
    let is_everywhere = |(key, value): &&(String, Json)| {
        is_version(value)
            && !tag::is_secret(key)
            && !tag::is_id(key)
            && others.iter().chain(server).all(|message| message.get(key) == Some(value))
    };
    if others.len() + server.len() < 2 {
        return Vec::new();
    }
    first.0.iter().filter(is_everywhere).cloned().collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn side(messages: &[&str]) -> (Vec<String>, bool) {
        let messages: Vec<Json> =
            messages.iter().map(|message| serde_json::from_str(message).unwrap()).collect();
        let objects: Vec<&Object> = messages.iter().filter_map(Json::object).collect();
        let form = Side::of(&objects, &[]).form;
        (form.arguments(), form.is_default())
    }

    #[test]
    fn each_form_is_found() {
        for (messages, arguments, is_default) in [
            (
                &[r#"{"type":"a","data":{"x":1}}"#, r#"{"type":"b","timestamp":1785578400000}"#][..],
                &[r#"tag = "type""#, r#"content = "data""#, r#"timestamp = "timestamp""#][..],
                true,
            ),
            (
                &[r#"{"type":"a","data":{"x":1}}"#, r#"{"type":"b","data":null,"id":1}"#],
                &[r#"tag = "type""#],
                false,
            ),
            (
                &[r#"{"event":"a","payload":[1]}"#, r#"{"event":"b"}"#],
                &[r#"tag = "event""#, r#"content = "payload""#],
                false,
            ),
            // One key that always leads to an object, and isn't called as a payload is.
            (&[r#"{"method":"a","subscription":{}}"#], &[r#"tag = "method""#], false),
            // A member of one payload.
            (&[r#"{"op":"login","token":"x"}"#, r#"{"op":"leave"}"#], &[r#"tag = "op""#], false),
            (
                &[r#"{"op":"a","with":{}}"#, r#"{"op":"b","with":1}"#],
                &[r#"tag = "op""#, r#"content = "with""#],
                false,
            ),
            (&[r#"{"ack":1}"#], &["tag = false"], false),
        ] {
            let arguments: Vec<String> = arguments.iter().map(|one| (*one).to_owned()).collect();
            assert_eq!(side(messages), (arguments, is_default), "{messages:?}");
        }
    }
}
