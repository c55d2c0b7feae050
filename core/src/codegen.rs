//! What generated code calls. Not part of the public API.

pub use serde::{Deserializer, ser::SerializeStruct};

pub use crate::__head as head;
pub use crate::contract::{Fields, WireContract, no_payload};
