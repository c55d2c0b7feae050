//! What a schema accepts: alternatives of one JSON type each, and the values and limits of each.

pub(crate) mod absorb;
pub(crate) mod accepts;
pub(crate) mod alternative;
pub(crate) mod expand;
pub(crate) mod limits;
pub(crate) mod node;
pub(crate) mod number;
pub(crate) mod pattern;
pub(crate) mod scope;
pub(crate) mod value;
