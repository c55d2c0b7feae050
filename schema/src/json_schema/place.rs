//! Places in a message: a key, or a JSON Pointer (RFC 6901) where it begins with `/`.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::reference::{self, untoken};

/// The keys on the way to a place.
pub fn keys(place: &str) -> Vec<Cow<'_, str>> {
    match place.strip_prefix('/') {
        Some(pointer) => pointer.split('/').map(untoken).collect(),
        None => vec![Cow::Borrowed(place)],
    }
}

/// The JSON Pointer to what stands behind these keys.
pub fn pointer<K: AsRef<str>>(keys: impl IntoIterator<Item = K>) -> String {
    keys.into_iter()
        .fold(String::new(), |pointer, key| pointer + "/" + &reference::token(key.as_ref()))
}

/// The schema of what stands at a place, if an object's own fields say it all the way; references are
/// looked up in `definitions`.
pub(crate) fn schema<'a>(
    object: &'a Value,
    place: &str,
    definitions: &'a Map<String, Value>,
) -> Option<&'a Value> {
    keys(place).iter().try_fold(object, |schema, key| {
        let schema = match reference::target(schema, definitions) {
            Some((_, target)) => target,
            None => schema,
        };
        schema.get("properties")?.get(&**key)
    })
}
