//! Every form but wirebond's own: other keys, a flattened payload, messages without a tag.

mod front;
mod key;
mod members;
mod parse;
mod place;
#[cfg(test)]
mod tests;
mod write;

pub(super) use front::{first, peek};
pub(super) use members::Members;
pub(super) use parse::parse;
pub(super) use place::{at, unescape};
pub(super) use write::write;
