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
use crate::form::Layout;

/// The members of a message that are the form's: what they mean, and which have been read.
#[derive(Debug)]
pub(crate) struct Members<'a> {
    layout: &'a Layout<'a>,
    /// Whether the tag is the message's name. Otherwise its key is one like any other.
    is_tagged: bool,
    /// Whether the payload gets the number of a call, which it has only if it declares it.
    passes_number: bool,
    /// Those that may be there once, the time apart.
    has: Seen,
    /// Inside, `None` stands for `null`.
    #[expect(
        clippy::option_option,
        reason = "what is absent may still come, what is `null` may not"
    )]
    timestamp: Option<Option<u64>>,
}

#[derive(Debug)]
struct Seen {
    tag: bool,
    number: bool,
}

/// What a key of the form's means.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Tag,
    Timestamp,
    /// Of a call.
    Number,
    Constant,
}

impl<'a> Members<'a> {
    /// For a message whose name is its tag, or for another. `has_tag`: the tag has been read already.
    #[inline]
    pub(crate) fn new(layout: &'a Layout<'a>, is_tagged: bool, has_tag: bool) -> Self {
        let has = Seen { tag: has_tag, number: false };
        Self { layout, is_tagged, passes_number: false, has, timestamp: None }
    }

    /// The payload among the members of a message.
    #[inline]
    pub(crate) fn payload_of<D>(&mut self, message: D) -> PayloadDeserializer<'_, 'a, D> {
        PayloadDeserializer { message, members: self }
    }

    /// The time at which the message was written.
    #[inline]
    pub(crate) fn timestamp(&self) -> Option<u64> {
        self.timestamp.flatten()
    }

    fn number(&self) -> Option<&'a str> {
        self.layout.id().or(self.layout.re())
    }

    /// What a key means. `None`: it is the payload's.
    #[inline]
    fn role(&self, key: &str) -> Option<Role> {
        if self.layout.has_like(key.as_bytes()) { self.exact_role(key) } else { None }
    }

    fn exact_role(&self, key: &str) -> Option<Role> {
        let is = |other: Option<&str>| other == Some(key);
        if self.is_tagged && is(self.layout.tag_key()) {
            Some(Role::Tag)
        } else if is(self.layout.timestamp()) {
            Some(Role::Timestamp)
        } else if is(self.number()) {
            Some(Role::Number)
        } else {
            let is_constant = self.layout.constants().iter().any(|constant| constant.key == key);
            is_constant.then_some(Role::Constant)
        }
    }

    /// Notes that a member is there, which may be there once.
    fn note<E: serde::de::Error>(&mut self, role: Role) -> Result<(), E> {
        let (key, seen) = match role {
            Role::Tag => (self.layout.tag_key(), &mut self.has.tag),
            Role::Number => (self.number(), &mut self.has.number),
            Role::Timestamp | Role::Constant => return Ok(()),
        };
        if std::mem::replace(seen, true) { Err(doubled(key)) } else { Ok(()) }
    }

    /// Reads the value of a member.
    fn read<'de, A: MapAccess<'de>>(&mut self, role: Role, map: &mut A) -> Result<(), A::Error> {
        if role != Role::Timestamp {
            self.note(role)?;
            return map.next_value::<IgnoredAny>().map(drop);
        }
        match self.timestamp.replace(map.next_value::<Option<u64>>()?) {
            Some(_) => Err(doubled(self.layout.timestamp())),
            None => Ok(()),
        }
    }
}

#[cold]
fn doubled<E: serde::de::Error>(key: Option<&str>) -> E {
    E::custom(format_args!("duplicate field `{}`", key.unwrap_or_default()))
}

/// Reads the payload of a message from the whole object.
#[derive(Debug)]
pub(crate) struct PayloadDeserializer<'s, 'a, D> {
    message: D,
    members: &'s mut Members<'a>,
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for PayloadDeserializer<'_, '_, D> {
    type Error = D::Error;

    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        let Self { message, members } = self;
        members.passes_number = true;
        message.deserialize_map(Filter { visitor, members })
    }

    #[inline]
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        let Self { message, members } = self;
        members.passes_number = members.number().is_some_and(|key| fields.contains(&key));
        message.deserialize_map(Filter { visitor, members })
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
    members: &'s mut Members<'a>,
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Filter<'_, '_, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.visitor.expecting(f)
    }

    #[inline]
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        let Self { visitor, members } = self;
        visitor.visit_map(Filtered { map, members })
    }
}

struct Filtered<'s, 'a, A> {
    map: A,
    members: &'s mut Members<'a>,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Filtered<'_, '_, A> {
    type Error = A::Error;

    #[inline]
    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        mut seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        let Self { map, members } = self;
        loop {
            match map.next_key_seed(ReadKey { seed, members })? {
                None => return Ok(None),
                Some(Read::Payload(key)) => return Ok(Some(key)),
                Some(Read::Form(role, unused)) => {
                    members.read(role, map)?;
                    seed = unused;
                }
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
    seed: K,
    members: &'r mut Members<'a>,
}

/// A key that was read.
enum Read<V, K> {
    Payload(V),
    /// One of the form's, and the seed that was not used for it.
    Form(Role, K),
}

impl<'de, K: DeserializeSeed<'de>> DeserializeSeed<'de> for ReadKey<'_, '_, K> {
    type Value = Read<K::Value, K>;

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de, K: DeserializeSeed<'de>> ReadKey<'_, '_, K> {
    #[inline]
    fn read<E: serde::de::Error>(self, key: Key<'de, '_, E>) -> Result<Read<K::Value, K>, E> {
        match self.members.role(key.text()) {
            // Its value is the payload's, so it is only noted here.
            Some(Role::Number) if self.members.passes_number => self.members.note(Role::Number)?,
            Some(role) => return Ok(Read::Form(role, self.seed)),
            None => {}
        }
        self.seed.deserialize(key).map(Read::Payload)
    }
}

impl<'de, K: DeserializeSeed<'de>> Visitor<'de> for ReadKey<'_, '_, K> {
    type Value = Read<K::Value, K>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    // Keys with escapes are rare.
    #[cold]
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
