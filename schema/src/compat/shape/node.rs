//! Schemas that apply to one place of a message.

use serde_json::Value;

use crate::json_schema::keyword;

/// Schemas that must all hold; none at all accepts any value.
#[derive(Debug, Clone, Default)]
pub(crate) struct Node<'a>(pub(crate) Vec<&'a Value>);

pub(crate) static NEVER: Value = Value::Bool(false);
static TRUE: Value = Value::Bool(true);

impl<'a> Node<'a> {
    pub(crate) fn of(schema: &'a Value) -> Self {
        Self(vec![schema])
    }

    pub(crate) fn push(&mut self, schema: &'a Value) {
        if *schema != TRUE && !self.0.iter().any(|known| std::ptr::eq(*known, schema)) {
            self.0.push(schema);
        }
    }

    pub(crate) fn is_never(&self) -> bool {
        self.0.iter().any(|schema| **schema == NEVER)
    }
}

/// Whether a schema accepts any value.
pub(crate) fn accepts_any(schema: &Value) -> bool {
    match schema {
        Value::Bool(is_true) => *is_true,
        Value::Object(map) => map.keys().all(|key| keyword::is_annotation(key)),
        _ => false,
    }
}
