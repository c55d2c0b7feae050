//! A contract sketched from captured frames: what a person begins with who has a backend and no contract.
//!
//! The types are inferred here, because what several frames have in common decides what is optional, and no
//! value that was captured may be shown: they can hold credentials. Crates that make types of JSON take one
//! sample, or a schema.

mod captured;
mod echo;
mod form;
mod found;
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

use captured::Captured;
pub use captured::Frame;

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
            Self::NoMessages => {
                "no frame holds a JSON object or an array of them, and a contract has no other messages"
            },
            Self::Name => "the contract's name must be one of a type, such as `App`",
        })
    }
}

impl std::error::Error for SketchError {}

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
    let found = found::find(&captured);
    let notes = notes::of(&captured, &found, name);
    Ok(write::file(&found, notes, name))
}
