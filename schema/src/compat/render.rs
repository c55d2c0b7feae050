//! A report as text for people.

mod markdown;
mod text;

pub use text::Paint;
