//! Frames, and the messages in them.

use std::fmt;

use wirebond_schema::Direction;

use super::json::{Json, Object};

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

/// One message that was captured, and the place of its frame in the recording.
pub(super) struct Message {
    pub(super) from: Direction,
    frame: usize,
    json: Json,
}

/// All that the frames hold.
#[derive(Default)]
pub(super) struct Captured {
    pub(super) messages: Vec<Message>,
    pub(super) batches: usize,
    /// Frames that hold several JSON values, one after the other.
    pub(super) several: usize,
    /// Frames that aren't JSON, and JSON that is no message.
    pub(super) texts: usize,
    pub(super) others: usize,
}

impl Captured {
    pub(super) fn of(frames: &[Frame]) -> Self {
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
                Err(_) if holds_several(&frame.text) => all.several += 1,
                Err(_) => all.texts += 1,
            }
        }
        all
    }

    /// The messages of a side, with the places of their frames.
    pub(super) fn side(&self, is_sent: fn(Direction) -> bool) -> Vec<(usize, &Object)> {
        let sent = self.messages.iter().filter(|message| is_sent(message.from));
        sent.filter_map(|message| Some((message.frame, message.json.object()?))).collect()
    }
}

/// Whether a text is JSON objects one after the other, with white space or a record separator (RFC 7464) between or
/// behind them.
fn holds_several(text: &str) -> bool {
    let is_apart = |c: char| c.is_whitespace() || c == '\u{1e}';
    let mut rest = text.trim_matches(is_apart);
    let mut count = 0;
    while !rest.is_empty() {
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Json>();
        let Some(Ok(Json::Object(_))) = values.next() else { return false };
        rest = rest[values.byte_offset()..].trim_start_matches(is_apart);
        count += 1;
    }
    count > 0
}
