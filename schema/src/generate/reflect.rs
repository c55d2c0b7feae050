//! The schemas that schemars makes of a contract's payloads.

use std::collections::BTreeSet;

use schemars::{SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value};

use super::{named::reserve, part::Part};

/// Which side of serde a document describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum View {
    /// What a reader must accept: the published view. Peers may leave out what Rust always writes.
    #[default]
    Deserialize,
    /// What Rust writes.
    Serialize,
}

/// The schemas of the payloads, and the definitions that they refer to.
pub(super) struct Reflected {
    pub(super) payloads: Vec<Option<Value>>,
    pub(super) defs: Map<String, Value>,
    pub(super) view: View,
}

impl Reflected {
    /// No type gets one of the `reserved` names.
    pub(super) fn of(parts: &[Part], view: View, reserved: &BTreeSet<String>) -> Self {
        let mut settings = match view {
            View::Deserialize => SchemaSettings::draft2020_12().for_deserialize(),
            View::Serialize => SchemaSettings::draft2020_12().for_serialize(),
        };
        // Nothing else names the variants of an untagged enum.
        settings.untagged_enum_variant_titles = true;
        let mut generator: SchemaGenerator = settings.into_generator();
        for name in reserved {
            reserve(name, &mut generator);
        }
        let payloads =
            parts.iter().map(|part| part.payload_schema(&mut generator).map(Value::from)).collect();
        Self { payloads, defs: generator.take_definitions(true), view }
    }
}
