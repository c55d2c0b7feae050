//! A contract sketched from captured frames: what a person begins with who has a backend and no contract.
//!
//! The types are inferred here, because what several frames have in common decides what is optional, and no
//! value that was captured may be shown: they can hold credentials. Crates that make types of JSON take one
//! sample, or a schema.

mod echo;
mod form;
mod json;
mod names;
mod notes;
mod rest;
mod shape;
mod tag;
mod types;
mod variants;
mod write;

use std::fmt;

use wirebond_schema::Direction;

use form::{Form, Side};
use json::{Json, Object};
use variants::Variant;

/// A text frame that was captured.
///
/// ```
/// use wirebond_cli::sketch::Frame;
/// use wirebond_schema::Direction;
///
/// let frame = Frame::new(Direction::Server, r#"{"type":"hello"}"#);
/// assert_eq!(frame.from(), Direction::Server);
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Frame {
    from: Direction,
    text: String,
}

impl Frame {
    /// Returns a frame that this side sent; [`Direction::Both`] where that isn't known.
    ///
    /// ```
    /// # use wirebond_cli::sketch::Frame;
    /// # use wirebond_schema::Direction;
    /// let frame = Frame::new(Direction::Both, "{}");
    /// # let _ = frame;
    /// ```
    pub fn new(from: Direction, text: impl Into<String>) -> Self {
        Self { from, text: text.into() }
    }

    /// Returns who sent it.
    ///
    /// ```
    /// # use wirebond_cli::sketch::Frame;
    /// # use wirebond_schema::Direction;
    /// assert!(Frame::new(Direction::Client, "{}").from().client_sends());
    /// ```
    pub fn from(&self) -> Direction {
        self.from
    }
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frame").field("from", &self.from).field("bytes", &self.text.len()).finish()
    }
}

/// Why there is no sketch.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SketchError {
    /// No frame holds a JSON object, or an array of them.
    NoMessages,
    /// The name of the contract is no name of a type, such as `App`.
    Name,
}

impl fmt::Display for SketchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoMessages => "no frame holds a JSON object or an array of them",
            Self::Name => "the contract's name must be one of a type, such as `App`",
        })
    }
}

impl std::error::Error for SketchError {}

/// What was found in the frames.
struct Found<'a> {
    client: Form,
    server: Form,
    constants: Vec<(String, Json)>,
    has_batches: bool,
    variants: Vec<Variant<'a>>,
    /// The comment at the top.
    notes: Vec<String>,
}

impl Found<'_> {
    /// Whether the payload of a message stands under a key of its own.
    fn is_content(&self, variant: &Variant<'_>) -> bool {
        let has =
            |form: &Form| form.content.is_some() && matches!(variant.told, form::Told::Name(_));
        variant.from.client_sends() && has(&self.client)
            || variant.from.server_sends() && has(&self.server)
    }
}

/// One message that was captured, and the place of its frame in the recording.
struct Message {
    from: Direction,
    frame: usize,
    json: Json,
}

/// All that the frames hold.
#[derive(Default)]
struct Captured {
    messages: Vec<Message>,
    batches: usize,
    /// Frames that aren't JSON, and JSON that is no message.
    texts: usize,
    others: usize,
}

impl Captured {
    fn of(frames: &[Frame]) -> Self {
        let mut all = Self::default();
        for (place, frame) in frames.iter().enumerate() {
            let is_object = |json: &Json| json.object().is_some();
            match serde_json::from_str::<Json>(&frame.text) {
                Ok(Json::List(list)) if !list.is_empty() && list.iter().all(is_object) => {
                    all.batches += 1;
                    let one = |json| Message { from: frame.from, frame: place, json };
                    all.messages.extend(list.into_iter().map(one));
                }
                Ok(json) if is_object(&json) => {
                    all.messages.push(Message { from: frame.from, frame: place, json });
                }
                Ok(_) => all.others += 1,
                Err(_) => all.texts += 1,
            }
        }
        all
    }

    /// The messages of a side, with the places of their frames.
    fn side(&self, is_sent: fn(Direction) -> bool) -> Vec<(usize, &Object)> {
        let sent = self.messages.iter().filter(|message| is_sent(message.from));
        sent.filter_map(|message| Some((message.frame, message.json.object()?))).collect()
    }
}

/// Sketches a contract of this name from captured frames, as Rust source: the enum with its form, payload
/// structs, and comments on what the frames don't tell. It contains keys and wire names, and no other value
/// of a frame but a version that stands in each of them.
///
/// ```
/// use wirebond_cli::sketch::{Frame, sketch};
/// use wirebond_schema::Direction;
///
/// let frames = [
///     Frame::new(Direction::Client, r#"{"op":"login","token":"s3cret"}"#),
///     Frame::new(Direction::Server, r#"{"op":"welcome","user":{"id":7}}"#),
/// ];
/// let source = sketch(&frames, "App")?;
/// assert!(source.contains(r#"#[contract(version = "0.1.0", tag = "op")]"#));
/// assert!(source.contains("pub token: String,") && !source.contains("s3cret"));
/// # Ok::<(), wirebond_cli::sketch::SketchError>(())
/// ```
///
/// # Errors
///
/// If no frame holds a message, or `name` is no name of a type.
pub fn sketch(frames: &[Frame], name: &str) -> Result<String, SketchError> {
    let is_name = name.chars().next().is_some_and(|c| c.is_ascii_uppercase())
        && name.chars().all(|c| c.is_ascii_alphanumeric())
        && name != "Self";
    if !is_name {
        return Err(SketchError::Name);
    }
    let captured = Captured::of(frames);
    if captured.messages.is_empty() {
        return Err(SketchError::NoMessages);
    }
    Ok(write::file(&find(&captured, name), name))
}

fn find<'a>(captured: &'a Captured, name: &str) -> Found<'a> {
    let client = captured.side(Direction::client_sends);
    let server = captured.side(Direction::server_sends);
    let objects = |all: &[(usize, &'a Object)]| -> Vec<&'a Object> {
        all.iter().map(|(_, object)| *object).collect()
    };
    let (clients, servers) = (objects(&client), objects(&server));
    let constants = form::constants(&clients, &servers);
    let (mut from_client, mut from_server) =
        (Side::of(&clients, &constants), Side::of(&servers, &constants));
    // A side of which nothing was captured is like the other one.
    if clients.is_empty() {
        from_client.form = from_server.form.clone();
    } else if servers.is_empty() {
        from_server.form = from_client.form.clone();
    }
    let mut variants = Vec::new();
    variants::add(&mut variants, &from_client, Direction::Client, &constants);
    variants::add(&mut variants, &from_server, Direction::Server, &constants);
    let mut found = Found {
        client: from_client.form.clone(),
        server: from_server.form.clone(),
        constants,
        has_batches: captured.batches > 0,
        variants,
        notes: Vec::new(),
    };
    let reserved = found.leave_out_reserved();
    let tags: Vec<_> =
        [&from_client.form, &from_server.form].into_iter().flat_map(|form| &form.tag).collect();
    variants::name(&mut found.variants, &tags);
    let echoes = [echo::find(&client, &server), echo::find(&server, &client)];
    found.notes =
        notes::of(captured, [&from_client, &from_server], &found, &echoes, reserved, name);
    found
}

impl Found<'_> {
    /// In wirebond's own form the heartbeat and names with `$` are no messages of a contract. How many were
    /// left out.
    fn leave_out_reserved(&mut self) -> usize {
        if !(self.client.is_default() && self.server.is_default()) {
            return 0;
        }
        let before = self.variants.len();
        self.variants.retain(|variant| match &variant.told {
            form::Told::Name(tag::Name::Text(name)) => {
                !(name == "ping" || name == "pong" || name.starts_with('$'))
            }
            _ => true,
        });
        before - self.variants.len()
    }
}
