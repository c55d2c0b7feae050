//! A value that stands in JSON as text.

use std::{borrow::Cow, fmt, marker::PhantomData};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{DeserializeOwned, Visitor},
    ser::Error as _,
};

use crate::wire::{Finite, redact};

/// A value that stands in its message as a string that holds JSON: `"data":"{\"price\":10}"`.
///
/// Some backends encode content twice. With this type around it, the content has its own type all the same.
/// The schema is that of a string with `contentMediaType` and `contentSchema` (JSON Schema, validation
/// vocabulary, section 8).
///
/// A string that holds no JSON of the type is an error that doesn't repeat it. NaN and infinity can't be
/// written: JSON has no such numbers.
///
/// ```
/// use wirebond_core::JsonText;
///
/// #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
/// struct Event {
///     channel: String,
///     data: JsonText<Vec<u32>>,
/// }
///
/// let text = r#"{"channel":"news","data":"[1,2]"}"#;
/// let event: Event = serde_json::from_str(text)?;
/// assert_eq!(event.data.0, [1, 2]);
/// assert_eq!(serde_json::to_string(&event)?, text);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct JsonText<T>(pub T);

impl<T> From<T> for JsonText<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T: Serialize> Serialize for JsonText<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = serde_json::to_string(&Finite::new(&self.0)).map_err(S::Error::custom)?;
        serializer.serialize_str(&text)
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for JsonText<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Text(PhantomData)).map(Self)
    }
}

struct Text<T>(PhantomData<T>);

impl<T: DeserializeOwned> Visitor<'_> for Text<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string that holds JSON")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
        serde_json::from_str(text)
            .map_err(|error| E::custom(format_args!("in the text: {}", redact(&error))))
    }
}

impl<T: JsonSchema> JsonSchema for JsonText<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("JsonText_of_{}", T::schema_name()).into()
    }

    fn schema_id() -> Cow<'static, str> {
        format!("wirebond_core::JsonText<{}>", T::schema_id()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let content = generator.subschema_for::<T>();
        json_schema!({
            "type": "string",
            "contentMediaType": "application/json",
            "contentSchema": content,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let value = JsonText(json!({"a": "quote \" and \\", "b": [null, 1.5]}));
        let text = serde_json::to_string(&value).expect("plain data");
        assert!(text.starts_with('"'), "{text}");
        assert_eq!(
            serde_json::from_str::<JsonText<serde_json::Value>>(&text).expect("a value"),
            value
        );
        let twice = JsonText(JsonText(7));
        let text = serde_json::to_string(&twice).expect("plain data");
        assert_eq!(serde_json::from_str::<JsonText<JsonText<u8>>>(&text).expect("a number"), twice);
    }

    #[test]
    fn what_is_no_json_of_the_type_is_an_error_without_the_content() {
        for text in
            [r#""s3cret""#, r#""\"s3cret\"""#, r#"{"s3cret":1}"#, r#""{\"s3cret\":"#, "7", "null"]
        {
            let error =
                serde_json::from_str::<JsonText<Vec<u8>>>(text).expect_err(text).to_string();
            assert!(!error.contains("s3cret"), "{error}");
        }
        assert!(serde_json::to_string(&JsonText(f64::NAN)).is_err());
    }

    #[test]
    fn the_schema_says_what_the_text_holds() {
        let schema = schemars::schema_for!(JsonText<Vec<u8>>);
        let schema = serde_json::to_value(schema).expect("plain data");
        assert_eq!(schema["type"], "string");
        assert_eq!(schema["contentMediaType"], "application/json");
        assert_eq!(schema["contentSchema"]["type"], "array");
    }
}
