//! A contract whose sides use the same tags for messages of their own, in documents for people and tools.

use std::{collections::BTreeMap, fs, path::Path};

use serde_json::{Value, json};
use wirebond_cli::{
    asyncapi::{self, Options},
    docs,
};
use wirebond_schema::Document;

fn contract(name: &str) -> Document {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/contract/forms");
    Document::parse(&fs::read_to_string(folder.join(name)).unwrap()).unwrap()
}

/// The text of a page, without its elements.
fn text(html: &str) -> String {
    let parts = html.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text));
    let text = parts.collect::<Vec<_>>().join(" ").replace("&quot;", "\"");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_page_has_each_message_by_its_name_and_says_its_tag() {
    let page = text(&docs::page(&contract("shared.json"), &BTreeMap::new()));
    for part in [
        "Some messages have another one there than the name that they have here: subscribe (subscribed) ping (alive) \
         msg (said).",
        "subscribed tagged subscribe",
        "said tagged msg",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!page.contains("subscribe tagged"), "{page}");
    let page = text(&docs::page(&contract("shared-integers.json"), &BTreeMap::new()));
    assert!(page.contains("gone tagged 2"), "{page}");
}

#[test]
fn asyncapi_has_both_messages_of_a_tag() {
    let written = asyncapi::document(&contract("shared.json"), &Options::default()).unwrap();
    let components = &written.value()["components"];
    let messages = components["messages"].as_object().unwrap();
    let tag = |name: &str| -> Value {
        let message = messages.values().find(|message| message["name"] == name).unwrap();
        let schema = message["payload"]["$ref"].as_str().unwrap().rsplit('/').next().unwrap();
        components["schemas"][schema]["properties"]["op"]["const"].clone()
    };
    let tags = ["subscribe", "subscribed", "beat", "alive", "said"].map(tag);
    assert_eq!(json!(tags), json!(["subscribe", "subscribe", "ping", "ping", "msg"]));
}
