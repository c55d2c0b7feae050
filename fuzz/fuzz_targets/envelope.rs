//! The codec's fast path accepts, refuses and yields exactly what its general path does.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde::Deserialize;
use serde_json::Value;
use wirebond_core::wire::{RawMessage, form::Layout};

#[derive(Debug, PartialEq, Deserialize)]
struct Chat {
    user: String,
    #[serde(default)]
    lines: Vec<f64>,
}

/// A payload as text, and its time.
type Decoded = Option<(String, Option<u64>)>;

fn decoded(message: &RawMessage<'_>) -> (String, [Decoded; 3]) {
    let value = message.payload::<Value>().ok().map(|r| (r.data.to_string(), r.timestamp));
    let chat = message.payload::<Chat>().ok().map(|r| (format!("{:?}", r.data), r.timestamp));
    let unit = message.unit().ok().map(|r| (String::new(), r.timestamp));
    (message.name().to_owned(), [value, chat, unit])
}

fuzz_target!(|text: &str| {
    match (RawMessage::open(Layout::DEFAULT, text), RawMessage::parse(Layout::DEFAULT, text)) {
        (Ok(fast), Ok(general)) => assert_eq!(decoded(&fast), decoded(&general)),
        // The fast path checks both ends first, and refuses what is between only when it reads it.
        (Ok(fast), Err(_)) => {
            assert!(fast.check().is_err());
            assert!(fast.payload::<Value>().is_err());
            assert!(fast.payload::<Chat>().is_err());
            assert!(fast.unit().is_err());
        }
        (Err(_), Ok(_)) => panic!("the fast path refuses a valid envelope"),
        (Err(_), Err(error)) => drop(error.to_string()),
    }
});
