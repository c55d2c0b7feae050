//! Compares a document with the codec.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use wirebond::{
    Contract, Envelope,
    schema::{ContractDocument, Document, View},
};

/// A definition.
pub(crate) fn def<'a>(document: &'a Document, name: &str) -> &'a Value {
    document.def(name).unwrap_or_else(|| panic!("no `{name}` in {}", document.to_json()))
}

/// The contract's document, after what holds for each.
pub(crate) fn document<C: Contract>() -> Document {
    let document = C::contract().unwrap();
    // What every document has in common.
    let text = document.to_json();
    assert_eq!(Document::parse(&text).unwrap(), document, "{text}");
    for bad in ["\"uint", "\"int8\"", "\"x-", "\"mapping\"", "\"$comment\"", "\"title\": \"A\""] {
        assert!(!text.contains(bad), "{bad}: {text}");
    }
    jsonschema::draft202012::meta::validate(document.value()).unwrap();
    Document::of::<C>(View::Serialize).unwrap();
    document
}

/// The schema and the codec agree on this payload of the contract's first message.
pub(crate) fn agree<C: Contract>(document: &Document, data: &Value, valid: bool)
where
    Envelope<C>: DeserializeOwned,
{
    let validator = jsonschema::draft202012::new(document.value()).unwrap();
    let message = json!({ "type": C::MESSAGES[0].name(), "data": data });
    assert_eq!(validator.is_valid(&message), valid, "the schema: {message}");
    let read = serde_json::from_value::<Envelope<C>>(message.clone());
    assert_eq!(read.is_ok(), valid, "the codec: {message}");
    if let Ok(read) = read {
        let written = serde_json::to_value(&read).unwrap();
        assert!(validator.is_valid(&written), "what is written again: {written}");
    }
}
