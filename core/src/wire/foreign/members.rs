//! A payload whose members stand beside those of the form: a deserializer that leaves the latter out.

use std::fmt;

use serde::{
    Deserializer,
    de::{
        DeserializeSeed, Error as _, IgnoredAny, MapAccess, Unexpected, Visitor,
        value::MapAccessDeserializer,
    },
    forward_to_deserialize_any,
};

use super::key::Key;
use crate::form::{Layout, Member};

/// What the form has in a message, apart from the payload: its keys, looked up once for all members.
#[derive(Debug)]
pub(crate) struct Members<'a> {
    /// The tag's key, if the tag is the message's name.
    tag: Option<&'a str>,
    timestamp: Option<&'a str>,
    /// The key of a call's number, or of the one that is answered.
    number: Option<&'a str>,
    constants: &'a [Member],
}

/// What was found of it.
#[derive(Debug, Default)]
pub(crate) struct State {
    has_tag: bool,
    has_number: bool,
    /// Inside, `None` stands for `null`.
    #[expect(
        clippy::option_option,
        reason = "what is absent may still come, what is `null` may not"
    )]
    timestamp: Option<Option<u64>>,
}

impl State {
    /// The time at which the message was written.
    pub(crate) fn timestamp(&self) -> Option<u64> {
        self.timestamp.flatten()
    }
}

/// What a key means.
#[derive(Clone, Copy)]
enum Role {
    Tag,
    Timestamp,
    /// Of a call. The payload has it only if it declares it.
    Number,
    Constant,
    Payload,
}

impl<'a> Members<'a> {
    /// For a message whose name is its tag, or for another.
    pub(crate) fn new(layout: Layout<'a>, has_tag: bool) -> Self {
        Self {
            tag: layout.tag_key().filter(|_| has_tag),
            timestamp: layout.timestamp(),
            number: layout.id().or(layout.re()),
            constants: layout.constants(),
        }
    }

    /// The payload among the members of a message.
    pub(crate) fn of<'s, D>(
        &'s self,
        message: D,
        state: &'s mut State,
    ) -> PayloadDeserializer<'s, 'a, D> {
        PayloadDeserializer { message, members: self, state }
    }

    #[inline]
    fn role(&self, key: &str) -> Role {
        let is = |other: Option<&str>| other == Some(key);
        if is(self.tag) {
            Role::Tag
        } else if is(self.timestamp) {
            Role::Timestamp
        } else if is(self.number) {
            Role::Number
        } else if self.constants.iter().any(|constant| constant.key == key) {
            Role::Constant
        } else {
            Role::Payload
        }
    }
}

/// Reads the payload of a message from the whole object.
#[derive(Debug)]
pub(crate) struct PayloadDeserializer<'s, 'a, D> {
    message: D,
    members: &'s Members<'a>,
    state: &'s mut State,
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for PayloadDeserializer<'_, '_, D> {
    type Error = D::Error;

    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        let Self { message, members, state } = self;
        let has_number = members.number.is_some();
        message.deserialize_map(Filter { visitor, members, state, has_number })
    }

    #[inline]
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        let Self { message, members, state } = self;
        let has_number = members.number.is_some_and(|key| fields.contains(&key));
        message.deserialize_map(Filter { visitor, members, state, has_number })
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.deserialize_any(Nothing(visitor))
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.deserialize_any(Nothing(visitor))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.deserialize_any(OneMember(visitor))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf seq tuple
        tuple_struct map identifier ignored_any
    }
}

/// Passes a map on without the form's members.
struct Filter<'s, 'a, V> {
    visitor: V,
    members: &'s Members<'a>,
    state: &'s mut State,
    /// Whether the payload gets the number of an answered call.
    has_number: bool,
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Filter<'_, '_, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.visitor.expecting(f)
    }

    #[inline]
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        let Self { visitor, members, state, has_number } = self;
        visitor.visit_map(Filtered { map, members, state, has_number })
    }
}

struct Filtered<'s, 'a, A> {
    map: A,
    members: &'s Members<'a>,
    state: &'s mut State,
    has_number: bool,
}

impl<'de, A: MapAccess<'de>> Filtered<'_, '_, A> {
    /// Reads a member of the form's.
    fn take(&mut self, role: Role) -> Result<(), A::Error> {
        let Self { map, state, members, .. } = self;
        let (key, is_doubled) = match role {
            Role::Tag => {
                map.next_value::<IgnoredAny>()?;
                (members.tag, std::mem::replace(&mut state.has_tag, true))
            }
            Role::Timestamp => {
                let time = map.next_value::<Option<u64>>()?;
                (members.timestamp, state.timestamp.replace(time).is_some())
            }
            Role::Number => {
                map.next_value::<IgnoredAny>()?;
                (members.number, std::mem::replace(&mut state.has_number, true))
            }
            Role::Constant | Role::Payload => {
                map.next_value::<IgnoredAny>()?;
                (None, false)
            }
        };
        match key {
            Some(key) if is_doubled => {
                Err(A::Error::custom(format_args!("duplicate field `{key}`")))
            }
            _ => Ok(()),
        }
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Filtered<'_, '_, A> {
    type Error = A::Error;

    #[inline]
    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        let mut seed = Some(seed);
        loop {
            let Self { map, members, has_number, .. } = self;
            let read =
                map.next_key_seed(ReadKey { seed: &mut seed, members, has_number: *has_number })?;
            let Some((role, key)) = read else { return Ok(None) };
            if let Role::Number = role
                && self.has_number
            {
                // Its value is the payload's, so it is only counted here.
                if std::mem::replace(&mut self.state.has_number, true) {
                    let key = self.members.number.unwrap_or_default();
                    return Err(A::Error::custom(format_args!("duplicate field `{key}`")));
                }
            }
            match key {
                Some(key) => return Ok(Some(key)),
                None => self.take(role)?,
            }
        }
    }

    #[inline]
    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.map.next_value_seed(seed)
    }

    fn size_hint(&self) -> Option<usize> {
        self.map.size_hint()
    }
}

/// Reads a key, and passes it on if it is the payload's.
struct ReadKey<'r, 'a, K> {
    seed: &'r mut Option<K>,
    members: &'r Members<'a>,
    has_number: bool,
}

impl<'de, K: DeserializeSeed<'de>> DeserializeSeed<'de> for ReadKey<'_, '_, K> {
    type Value = (Role, Option<K::Value>);

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de, K: DeserializeSeed<'de>> ReadKey<'_, '_, K> {
    #[inline]
    fn read<E: serde::de::Error>(
        self,
        key: Key<'de, '_, E>,
    ) -> Result<(Role, Option<K::Value>), E> {
        let role = self.members.role(key.text());
        let is_payload = match role {
            Role::Payload => true,
            Role::Number => self.has_number,
            _ => false,
        };
        match self.seed.take_if(|_| is_payload) {
            Some(seed) => Ok((role, Some(seed.deserialize(key)?))),
            None => Ok((role, None)),
        }
    }
}

impl<'de, K: DeserializeSeed<'de>> Visitor<'de> for ReadKey<'_, '_, K> {
    type Value = (Role, Option<K::Value>);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    #[inline]
    fn visit_str<E: serde::de::Error>(self, key: &str) -> Result<Self::Value, E> {
        self.read(Key::of(key))
    }

    #[inline]
    fn visit_borrowed_str<E: serde::de::Error>(self, key: &'de str) -> Result<Self::Value, E> {
        self.read(Key::borrowed(key))
    }
}

/// Takes an object without members for a unit.
struct Nothing<V>(V);

impl<'de, V: Visitor<'de>> Visitor<'de> for Nothing<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<V::Value, A::Error> {
        match map.next_key::<IgnoredAny>()? {
            None => self.0.visit_unit(),
            Some(_) => Err(A::Error::invalid_type(Unexpected::Map, &self.0)),
        }
    }
}

/// Takes an object with one member for a variant of an enum.
struct OneMember<V>(V);

impl<'de, V: Visitor<'de>> Visitor<'de> for OneMember<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<V::Value, A::Error> {
        let value = self.0.visit_enum(MapAccessDeserializer::new(&mut map))?;
        match map.next_key::<IgnoredAny>()? {
            None => Ok(value),
            Some(_) => Err(A::Error::custom("expected an object with one member")),
        }
    }
}
