//! A writer's schema against a reader's: does the reader accept all that the writer sends? What it
//! doesn't accept is breaking; what can't be decided is undecided.

mod array;
mod field_names;
mod object;
mod path;
pub(crate) mod phrase;
mod scalar;
mod union;
pub(crate) mod walk;
mod witness;
