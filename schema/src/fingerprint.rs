//! What identifies a contract: a hash of all that its messages accept, and of nothing else.

use std::{
    collections::{HashMap, hash_map::Entry},
    fmt,
    str::FromStr,
};

use data_encoding::BASE64URL_NOPAD;
use serde_json::Value;
use sha2::{Digest, Sha256};
use wirebond_core::{Direction, wire::form::SideForm};

use self::order::{Ranked, is_skipped};
use crate::{
    document::{Document, Message, comment},
    json_schema::walk,
};

mod order;

/// What every hash begins with: another way to make fingerprints has another one.
const SCHEME: &str = "wirebond fingerprint 1";

/// The limit of schemas that are written for all messages together. Beyond it, definitions are compared as they
/// are spelled.
const MOST_WRITTEN: usize = 2_000_000;

/// Identifies the shapes of a contract's messages: two contracts with one fingerprint accept the same
/// messages in the same directions.
///
/// It is computed from the document, so every language has it from `contract.json`. Descriptions, titles,
/// defaults, deprecations, the contract's name and version, the order of keys and of union branches, and
/// the names of definitions make no difference. Different fingerprints prove nothing: one contract may be
/// written in two ways, and a change may be compatible.
///
/// It is no secret, and it protects nothing. `Display` and `FromStr` use base64url: 22 characters.
///
/// # Examples
///
/// ```
/// use wirebond_schema::{Document, Fingerprint};
///
/// # let text = include_str!("../../tests/contract/shop.json");
/// let document = Document::parse(text)?;
/// let fingerprint = document.fingerprint();
/// assert_eq!(fingerprint.to_string().parse(), Ok(fingerprint));
///
/// let next = Document::parse(&text.replace("shop:1.2.0", "shop:1.3.0"))?;
/// assert_eq!(next.fingerprint(), fingerprint);
/// # Ok::<_, wirebond_schema::ReadError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint([u8; 16]);

/// Identifies the shape of one message: its name, who may send it, and what it may contain.
///
/// `Display` and `FromStr` use base64url: 11 characters.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MessageFingerprint([u8; 8]);

/// A text that is no fingerprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FingerprintError {
    characters: usize,
}

impl fmt::Display for FingerprintError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a fingerprint has {} characters of base64url", self.characters)
    }
}

impl std::error::Error for FingerprintError {}

macro_rules! texts {
    ($($name:ident $bytes:literal)+) => {$(
        impl $name {
            /// The bytes that the text stands for.
            pub fn to_bytes(self) -> [u8; $bytes] {
                self.0
            }

            fn of(hash: Sha256) -> Self {
                let mut bytes = [0; $bytes];
                bytes.copy_from_slice(&hash.finalize()[..$bytes]);
                Self(bytes)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&BASE64URL_NOPAD.encode(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }

        impl FromStr for $name {
            type Err = FingerprintError;

            fn from_str(text: &str) -> Result<Self, FingerprintError> {
                let characters = ($bytes * 8usize).div_ceil(6);
                let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok();
                let bytes = bytes.and_then(|bytes| bytes.try_into().ok());
                bytes.map(Self).ok_or(FingerprintError { characters })
            }
        }
    )+};
}

texts! {
    Fingerprint 16
    MessageFingerprint 8
}

impl Document {
    /// What identifies the shapes of all messages together.
    pub fn fingerprint(&self) -> Fingerprint {
        let mut all: Vec<_> =
            self.message_fingerprints().into_iter().map(|(_, fingerprint)| fingerprint).collect();
        all.sort_unstable();
        let mut hash = Sha256::new();
        hash.update(SCHEME);
        // The default form is the one that nothing says.
        hash.update(comment::comment(self.form()).unwrap_or_default());
        for message in all {
            hash.update(message.0);
        }
        Fingerprint::of(hash)
    }

    /// The version, and behind a space the fingerprint: what peers say of their contract in a session.
    ///
    /// ```
    /// use wirebond_schema::Document;
    ///
    /// # let text = include_str!("../../tests/contract/shop.json");
    /// assert_eq!(Document::parse(text)?.identity(), "1.2.0 WsBNuZ26fF2KpS-TDxFBvw");
    /// # Ok::<_, wirebond_schema::ReadError>(())
    /// ```
    pub fn identity(&self) -> String {
        format!("{} {}", self.version(), self.fingerprint())
    }

    /// What identifies the shape of each message, in the document's order.
    ///
    /// # Examples
    ///
    /// ```
    /// use wirebond_schema::Document;
    ///
    /// # let text = include_str!("../../tests/contract/shop.json");
    /// for (message, fingerprint) in Document::parse(text)?.message_fingerprints() {
    ///     println!("{fingerprint} {}", message.name());
    /// }
    /// # Ok::<_, wirebond_schema::ReadError>(())
    /// ```
    pub fn message_fingerprints(&self) -> Vec<(Message<'_>, MessageFingerprint)> {
        let by_shape = Ranked::of(self).and_then(|ranked| {
            let mut left = MOST_WRITTEN;
            let all = self.messages().map(|message| {
                let mut hash = heading(&message);
                if !message.is_heartbeat() {
                    write(&ranked, message.schema(), &mut hash, &mut left)?;
                }
                Some((message, MessageFingerprint::of(hash)))
            });
            all.collect()
        });
        by_shape.unwrap_or_else(|| self.by_spelling())
    }

    /// The same for a document that is too entangled. The names of definitions and the order of union
    /// branches make a difference then.
    fn by_spelling(&self) -> Vec<(Message<'_>, MessageFingerprint)> {
        let mut shapes = Sha256::new();
        for (name, schema) in self.defs() {
            let mut schema = schema.clone();
            strip(&mut schema);
            shapes.update(format!("{}:{name}{schema}", name.len()));
        }
        let shapes = shapes.finalize();
        let of = |message: Message<'_>| {
            let mut hash = heading(&message);
            hash.update(shapes);
            MessageFingerprint::of(hash)
        };
        self.messages().map(|message| (message, of(message))).collect()
    }
}

/// A hash that has a message's name and direction, and how it is recognised.
fn heading(message: &Message<'_>) -> Sha256 {
    let direction = match message.direction() {
        Direction::Client => "client",
        Direction::Server => "server",
        Direction::Both => "both",
    };
    let (name, mut hash) = (message.name(), Sha256::new());
    hash.update(format!("{SCHEME} {direction} {}:{name}", name.len()));
    if !message.is_default_form() {
        let SideForm { tag, content, .. } = message.form();
        hash.update(comment::text(&(tag, content, message.tag(), message.key())));
    }
    hash
}

/// What is still to be written.
enum Step<'a> {
    Schema(usize),
    Text(&'a str),
    List(usize),
    End,
}

/// Writes a schema and all that it leads to. One that is met again is written as the number of its first
/// visit, so the text ends, and says where it leads back to.
fn write(ranked: &Ranked, schema: &Value, hash: &mut Sha256, left: &mut usize) -> Option<()> {
    let mut visited: HashMap<usize, usize> = HashMap::new();
    let mut steps = vec![Step::Schema(ranked.number(schema)?)];
    while let Some(step) = steps.pop() {
        match step {
            Step::Text(text) => hash.update(text),
            Step::List(length) => hash.update(format!("*{length} ")),
            Step::End => hash.update("}"),
            Step::Schema(number) => {
                *left = left.checked_sub(1)?;
                let next = visited.len();
                match visited.entry(ranked.rank(number)) {
                    Entry::Occupied(first) => hash.update(format!("#{} ", first.get())),
                    Entry::Vacant(place) => {
                        place.insert(next);
                        push(ranked, number, &mut steps);
                    }
                }
            }
        }
    }
    Some(())
}

/// What a schema's own keywords say, and the schemas that it holds, last to first.
fn push<'a>(ranked: &'a Ranked, number: usize, steps: &mut Vec<Step<'a>>) {
    let entry = ranked.entry(number);
    steps.push(Step::End);
    for edge in entry.edges.iter().rev() {
        let targets = ranked.targets(edge);
        steps.extend(targets.iter().rev().map(|target| Step::Schema(*target)));
        steps.push(Step::List(targets.len()));
        steps.push(Step::Text(&edge.label));
    }
    steps.push(Step::Text(&entry.own));
    steps.push(Step::Text("{"));
}

/// Takes away what makes no difference.
fn strip(schema: &mut Value) {
    let Value::Object(map) = schema else { return };
    map.retain(|key, _| !is_skipped(key));
    walk::each_child(map, &mut strip);
}
