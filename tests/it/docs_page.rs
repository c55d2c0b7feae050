//! The page of the sample contracts: the committed one is up to date, and in a browser it is
//! accessible and searchable, fits a phone and makes no network requests.

use std::{collections::BTreeMap, env, fs, process::Command};

use serde_json::{Value, json};
use wirebond::schema::{Document, docs, sample};

use crate::support::tools;

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap().replace("\r\n", "\n")
}

fn contract(path: &str) -> Document {
    Document::parse(&read(path)).unwrap()
}

#[test]
fn the_committed_page_is_up_to_date() {
    const PATH: &str = "examples/contract/docs.html";
    let document = contract("examples/contract/contract.json");
    let text = docs::page(&document, &sample::examples(&document));
    tools::committed(PATH, &text);
}

/// One message of each kind that the shop has.
fn examples() -> BTreeMap<String, Value> {
    let chat = json!({
        "user": { "id": "67e55044-10b1-426f-9247-bb680e5fe0c8", "name": "Ada", "role": "admin" },
        "content": "Is it <b>open</b> & free?", "replies": [], "seen": { "grace": true },
        "place": [52.52, 13.405], "at": "2026-03-01T12:00:00Z",
    });
    let sent = json!({ "kind": "sent-to", "street": "Sea Road", "number": 7 });
    [
        json!({ "type": "chat", "data": chat, "timestamp": 1_772_366_400_000_u64 }),
        json!({ "type": "order-update", "data": sent }),
        json!({ "type": "tags", "data": ["new", "sale"] }),
        json!({ "type": "leave" }),
        json!({ "type": "ping", "data": { "timestamp": 1_772_366_400_000_u64 } }),
    ]
    .into_iter()
    .map(|message| (message["type"].as_str().unwrap().to_owned(), message))
    .collect()
}

/// A contract whose names and descriptions all try to inject markup.
fn hostile() -> Document {
    let evil = "</script></style><script>alert(1)</script><img src=https://example.com/x onerror=alert(1)>";
    let long = "Unbreakable".repeat(30);
    Document::parse(
        &json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": "urn:wirebond:evil:1.0.0",
            "title": evil,
            "anyOf": [{ "$ref": "#/$defs/ClientMessage" }, { "$ref": "#/$defs/ServerMessage" }],
            "description": format!("{evil}\n\n# {evil}\n\n[x](javascript:alert(1)) ![y](https://example.com/y)"),
            "$defs": {
                "ClientMessage": { "oneOf": [{ "$ref": "#/$defs/EvilMessage" }] },
                "ServerMessage": { "oneOf": [{ "$ref": "#/$defs/LongMessage" }] },
                "EvilMessage": {
                    "description": evil,
                    "properties": {
                        "type": { "const": evil },
                        "data": { "$ref": format!("#/$defs/{evil}") },
                    },
                    "required": ["type", "data"],
                },
                "LongMessage": {
                    "properties": {
                        "type": { "const": long },
                        "data": { "enum": [long], "description": format!("`{long}`: {long}") },
                    },
                    "required": ["type"],
                },
                evil: { "properties": { evil: {
                    "pattern": evil, "default": evil, "format": evil, "description": evil,
                } } },
            },
        })
        .to_string(),
    )
    .unwrap()
}

#[test]
fn a_browser_shows_the_pages() {
    let chromium = env::var("CHROMIUM").unwrap_or_else(|_| "/usr/bin/chromium".to_owned());
    let test = "the page in a browser";
    if !tools::node(test, "tests/docs") || !tools::has_program(test, &chromium) {
        return;
    }
    let folder = tools::scratch("docs");
    let shop = contract("tests/contract/shop.json");
    for (name, page) in [
        ("app", docs::page(&contract("examples/contract/contract.json"), &BTreeMap::new())),
        ("shop", docs::page(&shop, &examples())),
        ("hostile", docs::page(&hostile(), &BTreeMap::new())),
    ] {
        fs::write(folder.join(format!("{name}.html")), page).unwrap();
    }
    let run = Command::new("node")
        .args(["tests/docs/check.mjs", &chromium])
        .arg(&folder)
        .output()
        .unwrap();
    let output = String::from_utf8([run.stdout, run.stderr].concat()).unwrap();
    assert!(run.status.success() && output.contains("3 pages, 0 faults"), "{output}");
}
