//! References: `{ "$ref": "#/$defs/NAME" }`, the only kind that a contract has.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

/// The keyword of a reference.
pub const KEY: &str = "$ref";
/// What a reference begins with.
const PREFIX: &str = "#/$defs/";

/// The reference to this definition.
pub fn text(definition: &str) -> String {
    format!("{PREFIX}{}", token(definition))
}

/// A schema that refers to this definition.
pub fn to(definition: &str) -> Value {
    json!({ KEY: text(definition) })
}

/// The JSON pointer of a definition: `/$defs/NAME`.
pub fn pointer(definition: &str) -> String {
    format!("/$defs/{}", token(definition))
}

/// A name as a part of a JSON pointer (RFC 6901, section 3).
pub fn token(name: &str) -> Cow<'_, str> {
    if name.contains(['~', '/']) {
        Cow::Owned(name.replace('~', "~0").replace('/', "~1"))
    } else {
        Cow::Borrowed(name)
    }
}

/// Undoes [`token`].
pub fn untoken(token: &str) -> Cow<'_, str> {
    if token.contains('~') {
        Cow::Owned(token.replace("~1", "/").replace("~0", "~"))
    } else {
        Cow::Borrowed(token)
    }
}

/// The definition that a reference names; `None` if it names something else.
///
/// A `/` that isn't escaped belongs to the name: a contract has no references into definitions.
pub fn name(reference: &str) -> Option<Cow<'_, str>> {
    reference.strip_prefix(PREFIX).map(untoken)
}

/// The same for a name without escapes, which is what code generators find a name of their own for.
pub fn plain_name(reference: &str) -> Option<&str> {
    match name(reference)? {
        Cow::Borrowed(name) => Some(name),
        Cow::Owned(_) => None,
    }
}

/// The definition that a schema refers to, by name.
pub fn name_in(schema: &Value) -> Option<Cow<'_, str>> {
    name(schema.get(KEY)?.as_str()?)
}

/// The definition that a schema refers to.
pub fn target<'a>(
    schema: &Value,
    definitions: &'a Map<String, Value>,
) -> Option<(&'a str, &'a Value)> {
    let (name, schema) = definitions.get_key_value(&*name_in(schema)?)?;
    Some((name, schema))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_a_plain_slash_is_one_name() {
        assert_eq!(name("#/$defs/a/b").as_deref(), Some("a/b"));
    }

    #[test]
    fn a_name_comes_back_from_its_reference() {
        for definition in ["Chat", "a/b", "a~1b", "~", ""] {
            assert_eq!(name_in(&to(definition)).as_deref(), Some(definition));
        }
        for reference in ["#/definitions/A", "A", "#"] {
            assert_eq!(name(reference), None, "{reference}");
        }
    }
}
