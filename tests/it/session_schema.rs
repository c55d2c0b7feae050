//! `docs/session.schema.json` accepts what the Rust types of sessions read and write, and nothing else.

use std::fs;

use jsonschema::Validator;
use serde_json::{Map, Value, json};
use wirebond_connection::session::{ClientHello, Control, ServerHello};

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/session.schema.json");

/// A definition of the schema as a validator.
fn validator(name: &str) -> Validator {
    let mut schema: Value = serde_json::from_str(&fs::read_to_string(PATH).unwrap()).unwrap();
    let root = schema.as_object_mut().unwrap();
    root.remove("anyOf");
    root.insert("$ref".to_owned(), json!(format!("#/$defs/{name}")));
    jsonschema::draft202012::new(&schema).unwrap()
}

/// A frame with all that may be in it, who sends it, and the same without what may be missing.
struct Frame {
    side: &'static str,
    name: &'static str,
    full: Value,
    least: Value,
}

fn frames() -> Vec<Frame> {
    let (client, server) = ("ClientMessage", "ServerMessage");
    let frame = |side, name, full, least| Frame { side, name, full, least };
    let session = json!({ "id": "9fK2", "key": "k", "keep": 120_000 });
    let resume = json!({ "id": "9fK2", "key": "k", "try": 7, "got": 41 });
    let mut all = vec![
        frame(
            server,
            "$hello",
            json!({ "v": 1, "boot": "b", "session": session, "hold": 1, "calls": 2, "contract": "1.0.0 f" }),
            json!({ "v": 1, "boot": "b", "session": session, "hold": 1 }),
        ),
        frame(
            client,
            "$hello",
            json!({ "v": 1, "hold": 1, "contract": "1.0.0 f", "resume": resume }),
            json!({ "v": 1, "hold": 1 }),
        ),
        frame(
            server,
            "$resumed",
            json!({ "got": 17, "done": 15, "key": "k" }),
            json!({ "got": 17, "done": 15 }),
        ),
        frame(
            server,
            "$contract",
            json!({ "version": "2.0.0", "verdict": "breaking", "unreadable": ["a"], "refused": ["b"] }),
            json!({ "version": "2.0.0", "verdict": "unknown" }),
        ),
        frame(
            server,
            "$gone",
            json!({ "why": "expired", "done": 15 }),
            json!({ "why": "unknown" }),
        ),
    ];
    for side in [client, server] {
        all.push(frame(
            side,
            "$ack",
            json!({ "n": 1, "of": 2, "ask": true }),
            json!({ "n": 1, "of": 2 }),
        ));
        all.push(frame(
            side,
            "$gap",
            json!({ "n": 1, "why": "room" }),
            json!({ "n": 1, "why": "overflow" }),
        ));
    }
    all
}

/// The frame that Rust writes of what it has read, or `None` if it can't read it.
fn through_rust(side: &str, name: &str, data: &Value) -> Option<Value> {
    let data = data.to_string();
    let text = match (name, side) {
        ("$hello", "ServerMessage") => ServerHello::decode(&data).ok()?.encode(),
        ("$hello", _) => ClientHello::decode(&data).ok()?.encode(),
        _ => Control::decode(name, &data).ok()?.expect("a known name").encode(),
    };
    Some(serde_json::from_str(&text).expect("JSON"))
}

#[test]
fn every_frame_that_rust_writes_is_valid_and_is_read_again() {
    for Frame { side, name, full, least } in frames() {
        let validator = validator(side);
        for data in [full, least] {
            let whole = json!({ "type": name, "data": data });
            let written = through_rust(side, name, &data).expect(name);
            assert!(validator.is_valid(&whole) && validator.is_valid(&written), "{written}");
            let again = through_rust(side, name, &written["data"]);
            assert_eq!(again.as_ref(), Some(&written));
            // Nothing is lost on the way.
            for (key, value) in data.as_object().expect("an object") {
                assert_eq!(written["data"].get(key), Some(value), "{name}.{key}");
            }
        }
    }
}

/// What may stand where something else belongs. (`1.0` is an integer for JSON Schema and none for Rust.)
fn hostile() -> Vec<Value> {
    let numbers = [json!(-1), json!(0), json!(1), json!(1.5), json!(u32::MAX), json!(1_u64 << 32)];
    let large = [json!(1_u64 << 53), json!((1_u64 << 53) + 1), json!(u64::MAX), json!(1e300)];
    let others =
        [json!(null), json!(true), json!(""), json!("7"), json!([]), json!({}), json!([1, 2])];
    let lists = [json!(["9fK2", "k", 1]), json!(["9fK2", "k", 1, 2])];
    numbers.into_iter().chain(large).chain(others).chain(lists).collect()
}

/// The same object with each member taken away, or replaced by something hostile, at every depth.
fn changed(value: &Value) -> Vec<Value> {
    let Value::Object(map) = value else { return hostile() };
    let mut all = hostile();
    let with = |key: &str, value: Option<Value>| {
        let mut map: Map<String, Value> = map.clone();
        match value {
            Some(value) => map.insert(key.to_owned(), value),
            None => map.remove(key),
        };
        Value::Object(map)
    };
    for (key, inner) in map {
        all.push(with(key, None));
        all.extend(changed(inner).into_iter().map(|inner| with(key, Some(inner))));
    }
    all.push(with("more", Some(json!({ "n": [] }))));
    all
}

#[test]
fn the_schema_and_rust_agree_on_hostile_frames() {
    let (mut valid, mut invalid) = (0, 0);
    for Frame { side, name, full, .. } in frames() {
        let validator = validator(side);
        for data in changed(&full) {
            let is_valid = validator.is_valid(&json!({ "type": name, "data": data }));
            let is_read = through_rust(side, name, &data).is_some();
            assert_eq!(is_valid, is_read, "{side} {name} {data}: valid by the schema {is_valid}");
            *if is_valid { &mut valid } else { &mut invalid } += 1;
        }
    }
    assert!(valid > 50 && invalid > 200, "{valid} {invalid}");
}
