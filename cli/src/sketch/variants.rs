//! The messages of a sketch: one variant for each name, key, or rest.

use wirebond_schema::Direction;

use super::{
    form::{Form, Side, Told},
    json::{Json, Object},
    names::{Names, pascal},
    shape::Shape,
    tag::{self, Name, Tag},
};

/// One message of the sketch.
#[derive(Debug)]
pub(super) struct Variant<'a> {
    pub(super) name: String,
    pub(super) told: Told,
    pub(super) from: Direction,
    /// How many there were.
    pub(super) count: usize,
    /// What all payloads have in common.
    pub(super) payload: Shape,
    /// How many had no payload.
    pub(super) missing: usize,
    /// Payloads, to look for a tag within.
    inner: Vec<&'a Object>,
    /// Whether the other side has a message of this name, too, with other payloads.
    pub(super) differs: bool,
}

impl Variant<'_> {
    /// Whether no message of it had a payload.
    pub(super) fn is_unit(&self) -> bool {
        let is_empty = self.payload.object.as_ref().is_some_and(|object| object.list.is_empty());
        let is_bare = self.payload.count == 0 || is_empty && self.missing == self.count;
        is_bare && matches!(self.told, Told::Name(_))
    }

    /// The one name that all payloads have at a key which usually holds names.
    fn only_name(&self, key: &str) -> Option<&str> {
        let mut names = self.inner.iter().map(|payload| payload.get(key).and_then(Json::text));
        let first = names.next()?.filter(|name| tag::is_usual(key) && tag::is_name(name))?;
        names.all(|name| name == Some(first)).then_some(first)
    }

    /// Where another tag stands within the payload, if its shape depends on that.
    pub(super) fn inner_tag(&self, outer: &[&Form]) -> Option<String> {
        let is_usual =
            |tag: &Tag| tag.path.last().is_some_and(|key| tag::is_usual(key) && key != "channel");
        let tag = tag::find(&self.inner).filter(is_usual)?;
        let is_outer = outer.iter().any(|form| form.tag.as_ref() == Some(&tag));
        let mut names: Vec<Name> =
            self.inner.iter().filter_map(|object| tag.name(object)).collect();
        names.sort_unstable();
        names.dedup();
        (!is_outer && names.len() > 1).then(|| tag.place())
    }
}

/// Adds the messages of a side to the variants.
pub(super) fn add<'a>(
    variants: &mut Vec<Variant<'a>>,
    side: &Side<'a>,
    from: Direction,
    constants: &[(String, Json)],
) {
    let form = &side.form;
    for (message, told) in &side.messages {
        let place =
            variants.iter().position(|variant| variant.told == *told && variant.from == from);
        let place = place.unwrap_or_else(|| {
            variants.push(Variant {
                name: String::new(),
                told: told.clone(),
                from,
                count: 0,
                payload: Shape::default(),
                missing: 0,
                inner: Vec::new(),
                differs: false,
            });
            variants.len() - 1
        });
        let variant = &mut variants[place];
        variant.count += 1;
        let key = form.tag.as_ref().and_then(Tag::key).filter(|_| matches!(told, Told::Name(_)));
        if let (Some(content), Some(_)) = (&form.content, key) {
            let Some(payload) = message.get(content) else {
                variant.missing += 1;
                continue;
            };
            variant.payload.add(payload);
            variant.inner.extend(payload.object());
            continue;
        }
        let mut aside: Vec<&str> = constants.iter().map(|(key, _)| key.as_str()).collect();
        aside.extend(key);
        aside.extend(form.timestamp.as_deref());
        variant.payload.object.get_or_insert_default().add(message, &aside);
        variant.payload.count += 1;
        let is_bare = message.keys().all(|key| aside.contains(&key));
        variant.missing += usize::from(is_bare && key.is_some());
        variant.inner.push(message);
    }
}

/// Makes one of the two messages that the sides have under one name. `may_differ` is whether they may be two, if their
/// payloads say so.
pub(super) fn join(variants: &mut Vec<Variant<'_>>, may_differ: bool) {
    let servers = variants.partition_point(|variant| variant.from == Direction::Client);
    for server in variants.split_off(servers) {
        let is_named = matches!(server.told, Told::Name(_));
        let client = variants[..servers].iter_mut().find(|one| is_named && one.told == server.told);
        let Some(client) = client else {
            variants.push(server);
            continue;
        };
        client.differs = differ(client, &server);
        if client.differs && may_differ {
            variants.push(Variant { differs: true, ..server });
            continue;
        }
        client.from = Direction::Both;
        client.count += server.count;
        client.payload.merge(&server.payload);
        client.missing += server.missing;
        client.inner.extend(server.inner);
    }
}

/// Whether each of two messages always has something that the other never has; or one has nothing at all.
fn differ(one: &Variant<'_>, other: &Variant<'_>) -> bool {
    let is_more = |one: &Variant<'_>, other: &Variant<'_>| {
        let Some(object) = &one.payload.object else { return one.missing == 0 };
        let is_object = other.payload.object.as_ref();
        object.list.iter().any(|(key, shape)| {
            let is_there = is_object.is_some_and(|other| other.keys().any(|other| other == key));
            shape.count == one.count && !is_there
        })
    };
    let is_empty = |one: &Variant<'_>| {
        one.missing == one.count
            || one.payload.object.as_ref().is_some_and(|all| all.list.is_empty())
    };
    match (is_empty(one), is_empty(other)) {
        (true, true) => false,
        (true, false) => is_more(other, one),
        (false, true) => is_more(one, other),
        (false, false) => {
            let (kinds, others) = (one.payload.kinds(), other.payload.kinds());
            let is_same_kind = kinds.iter().any(|kind| others.contains(kind));
            !is_same_kind || is_more(one, other) && is_more(other, one)
        }
    }
}

/// Gives each variant a name of its own.
pub(super) fn name(variants: &mut [Variant<'_>], tags: &[&Tag]) {
    let mut names = Names::of_variants();
    for variant in variants {
        let name = match &variant.told {
            Told::Name(Name::Text(text)) => pascal(text),
            Told::Name(Name::Integer(number)) => {
                let key = tags.iter().find(|tag| tag.integers).and_then(|tag| tag.path.last());
                let key = pascal(key.map_or("message", String::as_str));
                let sign = if *number < 0 { "Minus" } else { "" };
                format!("{key}{sign}{}", number.unsigned_abs())
            }
            Told::Key(key) => pascal(variant.only_name(key).unwrap_or(key)),
            Told::Untagged => match variant.from {
                Direction::Client => "ClientUntagged".to_owned(),
                Direction::Server => "ServerUntagged".to_owned(),
                Direction::Both => "Untagged".to_owned(),
            },
        };
        let is_second = variant.differs && variant.from == Direction::Server;
        let name = if is_second { format!("Server{name}") } else { name };
        variant.name = names.give(&name, "");
    }
}
