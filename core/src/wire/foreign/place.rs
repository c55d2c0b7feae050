//! What stands at a place of a message: at a key, or at a JSON Pointer (RFC 6901).

use std::{borrow::Cow, fmt};

use serde::{
    Deserializer,
    de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

use crate::wire::parse::Text;

/// The JSON text at a place, if it is there. Two members of one name on the way are an error, and so is text
/// that isn't JSON.
pub(crate) fn at<'a>(json: &'a str, place: &str) -> Result<Option<&'a str>, serde_json::Error> {
    match place.strip_prefix('/') {
        Some(rest) => descend(json, rest.split('/')),
        None => member(json, place),
    }
}

/// The first token of a pointer, unescaped, and the pointer behind it. A key is its own first token.
pub(super) fn split(place: &str) -> (Cow<'_, str>, &str) {
    let Some(pointer) = place.strip_prefix('/') else { return (Cow::Borrowed(place), "") };
    let end = pointer.find('/').unwrap_or(pointer.len());
    (unescape(&pointer[..end]), &pointer[end..])
}

pub(crate) fn unescape(token: &str) -> Cow<'_, str> {
    if token.contains('~') {
        Cow::Owned(token.replace("~1", "/").replace("~0", "~"))
    } else {
        Cow::Borrowed(token)
    }
}

fn descend<'a, 't>(
    json: &'a str,
    tokens: impl Iterator<Item = &'t str>,
) -> Result<Option<&'a str>, serde_json::Error> {
    let mut json = json;
    for token in tokens {
        match member(json, &unescape(token))? {
            Some(inner) => json = inner,
            None => return Ok(None),
        }
    }
    Ok(Some(json))
}

fn member<'a>(json: &'a str, name: &str) -> Result<Option<&'a str>, serde_json::Error> {
    if !json.trim_start().starts_with(['{', '[']) {
        return serde_json::from_str::<IgnoredAny>(json).map(|_| None);
    }
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let found = Find(name).deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(found.map(RawValue::get))
}

/// Finds one member of an object, or one element of an array.
struct Find<'t>(&'t str);

impl<'de> DeserializeSeed<'de> for Find<'_> {
    type Value = Option<&'de RawValue>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Find<'_> {
    type Value = Option<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or an array")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(Text(key)) = map.next_key()? {
            let value = map.next_value::<&'de RawValue>()?;
            if key == self.0 && found.replace(value).is_some() {
                return Err(A::Error::custom(format_args!("duplicate field `{key}`")));
            }
        }
        Ok(found)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
        // An index has no leading zeros (RFC 6901, section 4).
        let index = self.0.parse::<usize>().ok().filter(|index| index.to_string() == self.0);
        let (mut found, mut at) = (None, 0);
        while let Some(value) = elements.next_element::<&'de RawValue>()? {
            if Some(at) == index {
                found = Some(value);
            }
            at += 1;
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_is_read_as_rfc_6901_says() {
        // The examples of its section 5.
        let document = r#"{"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\j":5,"k\"l":6," ":7,"m~n":8}"#;
        for (pointer, value) in [
            ("/foo", r#"["bar","baz"]"#),
            ("/foo/0", "\"bar\""),
            ("/", "0"),
            ("/a~1b", "1"),
            ("/c%d", "2"),
            ("/e^f", "3"),
            ("/g|h", "4"),
            ("/i\\j", "5"),
            ("/k\"l", "6"),
            ("/ ", "7"),
            ("/m~0n", "8"),
        ] {
            assert_eq!(at(document, pointer).expect(pointer), Some(value), "{pointer}");
        }
        for absent in ["/foo/2", "/foo/00", "/foo/-", "/bar", "/foo/0/x", "/a~1b/x"] {
            assert_eq!(at(document, absent).expect(absent), None, "{absent}");
        }
        assert!(at(r#"{"a":{"b":1,"b":2}}"#, "/a/b").is_err(), "two of one name");
        assert!(at(r#"{"a":{"b":1},"a":{"b":2}}"#, "/a/b").is_err());
        assert_eq!(at(r#"{"a":1}"#, "a").expect("a key"), Some("1"));
    }
}
