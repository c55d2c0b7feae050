//! The beginning of a program that reads the frames of sketched contracts: `tests/ui.rs` adds the contracts.
#![allow(dead_code)]

use serde_json::Value;
use wirebond_core::{Contract, codegen::WireContract, wire::Codec};

/// Reads each frame as the side that receives it does.
fn read<C: Contract>(recording: &str) {
    <C as wirebond::schema::ContractDocument>::contract().expect("a document");
    for line in recording.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let (client, server) = (Codec::of_client(C::FORM), Codec::of_server(C::FORM));
        let codec = if line["from"] == "server" { client } else { server };
        // A text that is no JSON is for `ignore_text`.
        let Ok(frame) = serde_json::from_str(line["text"].as_str().unwrap()) else { continue };
        let messages = match frame {
            Value::Array(messages) => {
                assert!(codec.has_batches());
                messages
            }
            message => vec![message],
        };
        for message in messages {
            let text = message.to_string();
            let message = codec.open(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
            let index = <C as WireContract>::position(message.name());
            let index = index.unwrap_or_else(|| panic!("{:?} is unknown: {text}", message.name()));
            if let Err(error) = message.message::<C>(index) {
                panic!("{error:?}: {text}");
            }
        }
    }
}
