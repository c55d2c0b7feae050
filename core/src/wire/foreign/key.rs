//! A key that was read, for whoever wants it as its type.

use std::marker::PhantomData;

use serde::{
    Deserializer,
    de::{DeserializeOwned, Error, IntoDeserializer, Visitor, value::StrDeserializer},
    forward_to_deserialize_any,
};

/// A key of an object. Where its type is a number or a boolean, it is the text of one, as `serde_json` has it.
pub(super) struct Key<'de, 'k, E> {
    text: &'k str,
    borrowed: Option<&'de str>,
    error: PhantomData<fn() -> E>,
}

impl<'de, E> Key<'de, 'de, E> {
    #[inline]
    pub(super) fn borrowed(text: &'de str) -> Self {
        Self { text, borrowed: Some(text), error: PhantomData }
    }
}

impl<'k, E> Key<'_, 'k, E> {
    #[inline]
    pub(super) fn of(text: &'k str) -> Self {
        Self { text, borrowed: None, error: PhantomData }
    }

    #[inline]
    pub(super) fn text(&self) -> &'k str {
        self.text
    }
}

impl<E: Error> Key<'_, '_, E> {
    /// The number or the boolean that the text is, as JSON has it. What `serde_json` says of a failure would
    /// name a place in the key.
    fn read<T: DeserializeOwned>(&self) -> Result<T, E> {
        let bytes = self.text.as_bytes();
        let is_padded =
            [bytes.first(), bytes.last()].into_iter().flatten().any(u8::is_ascii_whitespace);
        let value = if is_padded { None } else { serde_json::from_str(self.text).ok() };
        value.ok_or_else(|| E::custom("invalid type: string, expected another key"))
    }
}

/// Reads keys of these types as this one.
macro_rules! literals {
    ($($type:ty as $visit:ident: $($method:ident)*;)*) => {
        $($(
            fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
                visitor.$visit(self.read::<$type>()?)
            }
        )*)*
    };
}

impl<'de, E: Error> Deserializer<'de> for Key<'de, '_, E> {
    type Error = E;

    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        match self.borrowed {
            Some(text) => visitor.visit_borrowed_str(text),
            None => visitor.visit_str(self.text),
        }
    }

    literals! {
        bool as visit_bool: deserialize_bool;
        i64 as visit_i64: deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64;
        u64 as visit_u64: deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64;
        i128 as visit_i128: deserialize_i128;
        u128 as visit_u128: deserialize_u128;
        f64 as visit_f64: deserialize_f32 deserialize_f64;
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, E> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, E> {
        let text: StrDeserializer<'_, E> = self.text.into_deserializer();
        text.deserialize_enum(name, variants, visitor)
    }

    forward_to_deserialize_any! {
        char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier
        ignored_any
    }
}
