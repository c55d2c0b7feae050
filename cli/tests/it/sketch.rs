//! Contracts sketched from captured frames: the command, and what its output never holds. That sketches compile
//! and read their frames is for the root's `tests/ui.rs`.

use std::{
    collections::BTreeSet,
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use serde_json::{Value, json};
use wirebond_cli::sketch::{Frame, SketchError, sketch};
use wirebond_schema::Direction;

fn at(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sketch").join(path)
}

/// The recordings of real protocols' documented frames.
fn recordings() -> Vec<PathBuf> {
    let files = fs::read_dir(at("")).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> =
        files.filter(|path| path.extension().is_some_and(|end| end == "jsonl")).collect();
    files.sort();
    assert_eq!(files.len(), 19);
    files
}

/// The frames of a recording.
fn frames(path: &Path) -> Vec<Frame> {
    let text = fs::read_to_string(path).unwrap();
    let frame = |line: &str| {
        let line: Value = serde_json::from_str(line).unwrap();
        let from = match line["from"].as_str() {
            Some("client") => Direction::Client,
            Some("server") => Direction::Server,
            other => panic!("{other:?}"),
        };
        Frame::new(from, line["text"].as_str().unwrap())
    };
    text.lines().map(frame).collect()
}

fn run(args: &[&str], input: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wirebond"));
    command.arg("sketch").args(args);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn sketched(args: &[&str], input: &str) -> String {
    let output = run(args, input);
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), errors.as_str()), (Some(0), ""));
    String::from_utf8(output.stdout).unwrap()
}

/// The attribute with the form.
fn form(source: &str) -> String {
    let start = source.find("#[contract(").unwrap();
    let end = source[start..].find(")]\n").unwrap();
    source[start + 11..start + end].split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_forms_of_real_protocols_are_found() {
    let forms = [
        ("alpaca-stream", r#"client(tag = "action"), server(tag = "T"), batch"#),
        ("cdp", r#"tag = "method""#),
        ("centrifugo", "tag = false"),
        ("coinbase-advanced", r#"client(tag = "type"), server(tag = "channel")"#),
        (
            "deribit",
            r#"client(tag = "method"), server(tag = "method", content = "params"), constant(jsonrpc = "2.0"),"#,
        ),
        ("discord-gateway", r#"client(tag = "op", content = "d"), server(tag = "op")"#),
        ("gemini", "tag = false"),
        ("graphql-transport-ws", r#"tag = "type""#),
        ("home-assistant", r#"tag = "type", batch"#),
        ("hyperliquid", r#"client(tag = "method"), server(tag = "channel", content = "data")"#),
        (
            "json-rpc-2",
            r#"client(tag = "method"), server(tag = "method", content = "params"), constant(jsonrpc = "2.0"), batch,"#,
        ),
        ("kraken-v2", r#"client(tag = "method"), server(tag = "channel")"#),
        ("mattermost", r#"client(tag = "action"), server(tag = "event")"#),
        ("obs-websocket-v5", r#"tag = "op", content = "d""#),
        ("openai-realtime", r#"tag = "type""#),
        ("phoenix-v1", r#"tag = "event""#),
        ("pusher", r#"tag = "event""#),
        ("slack-socket-mode", r#"client(tag = false), server(tag = "type")"#),
        ("twitch-eventsub", r#"tag = "/metadata/message_type""#),
    ];
    for (path, (name, expected)) in recordings().iter().zip(forms) {
        assert_eq!(path.file_stem().unwrap(), name);
        let source = sketch(&frames(path), "App").unwrap();
        assert_eq!(form(&source), format!("version = \"0.1.0\", {expected}"), "{name}");
    }
}

/// One sketch as a whole, so that a change to it can be read in review.
#[test]
fn a_sketch_is_as_committed() {
    let source = sketch(&frames(&at("json-rpc-2.jsonl")), "Node").unwrap();
    let path = at("json-rpc-2.rs");
    if std::env::var_os("WIREBOND_UPDATE").is_some() {
        fs::write(&path, &source).unwrap();
    }
    let there = fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    assert_eq!(
        there, source,
        "write it with `WIREBOND_UPDATE=1 cargo test -p wirebond-cli sketch`"
    );
}

/// All keys, and all other strings, of a value.
fn strings(value: &Value, keys: &mut BTreeSet<String>, values: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => drop(values.insert(text.clone())),
        Value::Array(items) => items.iter().for_each(|item| strings(item, keys, values)),
        Value::Object(map) => {
            for (key, value) in map {
                keys.insert(key.clone());
                strings(value, keys, values);
            }
        }
        _ => {}
    }
}

#[test]
fn no_value_of_a_frame_is_shown() {
    for path in recordings() {
        let source = sketch(&frames(&path), "App").unwrap();
        let (mut keys, mut values) = (BTreeSet::new(), BTreeSet::new());
        for line in fs::read_to_string(&path).unwrap().lines() {
            let text = serde_json::from_str::<Value>(line).unwrap()["text"].clone();
            if let Ok(frame) = serde_json::from_str(text.as_str().unwrap()) {
                strings(&frame, &mut keys, &mut values);
            }
        }
        // Names of messages and versions are shown, and what is called like a key can't be told from it.
        let is_shown = |text: &String| {
            keys.iter().any(|key| key.contains(text.as_str()))
                || source.contains(&format!("name = {text:?}"))
                || source.contains(&format!(" = {text:?})"))
        };
        for value in values.iter().filter(|text| text.len() > 5 && !is_shown(text)) {
            let named = value
                .split(|c: char| !c.is_alphanumeric())
                .all(|word| source.to_lowercase().contains(&word.to_lowercase()));
            assert!(!source.contains(value.as_str()) || named, "{}: {value}", path.display());
        }
    }
    let secrets = [
        r#"{"token":"s3cret-a","type":"login"}"#,
        r#"{"type":"login","token":"s3cret-a","users":{"s3cret.user":1}}"#,
        r#"{"type":"s3cret 99 b!"}"#,
    ];
    let frames = secrets.map(|text| Frame::new(Direction::Client, text));
    let source = sketch(&frames, "App").unwrap();
    assert!(!source.contains("s3cret"), "{source}");
    assert!(!format!("{frames:?}").contains("s3cret"));
    // A key that would be the tag if it weren't called as a credential is.
    let tokens = ["a", "b", "a", "b"].map(|token| format!(r#"{{"token":"s3cret-{token}"}}"#));
    let frames = tokens.map(|text| Frame::new(Direction::Client, text));
    assert!(!sketch(&frames, "App").unwrap().contains("s3cret"));
}

#[test]
fn recordings_of_every_kind_are_read() {
    let (hello, login) = (r#"{"op":"hello","x":{"a":1}}"#, r#"{"op":"login"}"#);
    let line = |from: &str, text: &str| json!({ "from": from, "text": text }).to_string();
    let lines = format!("{}\n\n{}\n", line("server", hello), line("client", login));
    let expected = sketched(&[], &lines);
    assert!(expected.contains("Hello(Hello),") && expected.contains("    Login,"), "{expected}");
    assert!(expected.contains("(1 of the client, 1 of the server)"), "{expected}");
    let har = json!({ "log": { "entries": [{ "_webSocketMessages": [
        { "type": "receive", "opcode": 1, "data": hello },
        { "type": "receive", "opcode": 2, "data": "AAEC" },
        { "type": "send", "opcode": 1, "data": login },
    ]}]}});
    for other in [
        format!("Connected (press CTRL+C to quit)\n< {hello}\n> {login}\n"),
        format!("\u{feff}[12:00:00] recv {hello}\r\n[12:00:01] sent {login}"),
        har.to_string(),
        format!("{har:#}"),
    ] {
        assert_eq!(sketched(&[], &other), expected, "{other}");
    }
    let bare = sketched(&["--from", "server"], &format!("{hello}\n"));
    assert!(bare.contains("nothing of the client was captured"), "{bare}");
    assert!(bare.contains("#[message(from = \"server\")]"), "{bare}");
    let unknown =
        sketched(&["--name", "Desk"], &format!("{hello}\n[{login},{login}]\nready\n[1]\n"));
    assert!(unknown.contains("pub enum Desk {\n    Hello(Hello),\n    Login,\n}"), "{unknown}");
    for note in ["who sent which frame wasn't captured", "1 frame: `batch`", "no JSON in 1 frame"] {
        assert!(unknown.replace("\n//   ", " ").contains(note), "{note}: {unknown}");
    }
}

#[test]
fn what_no_form_has_is_told() {
    let frames = |texts: &[&str]| -> Vec<Frame> {
        texts.iter().map(|text| Frame::new(Direction::Server, *text)).collect()
    };
    let lines = [
        r#"{"type":"a"}"#,
        "{\"type\":\"a\"}\n{\"type\":\"b\"}",
        "{\"type\":\"a\"}\u{1e}",
        "[1,{}]",
    ];
    let source = sketch(&frames(&lines), "App").unwrap().replace("\n//   ", " ");
    for note in
        ["or a separator behind one, in 2 frames: no form", "array of objects in 1 frame: no form"]
    {
        assert!(source.contains(note), "{note}: {source}");
    }
    let refused = sketch(&frames(&[r#"["EVENT",{}]"#]), "App").unwrap_err();
    assert!(refused.to_string().contains("a contract has no other messages"), "{refused}");
    // The document of a contract has types of these names.
    let source =
        sketch(&frames(&[r#"{"type":"server_message","x":1}"#, r#"{"y":1,"z":2}"#]), "App")
            .unwrap();
    assert!(!source.contains("pub struct ServerMessage "), "{source}");
}

#[test]
fn what_each_side_says_under_one_name_is_two_messages_where_it_differs() {
    let of = |frames: &[(Direction, &str)]| {
        let frames: Vec<_> = frames.iter().map(|(from, text)| Frame::new(*from, *text)).collect();
        let source = sketch(&frames, "App").unwrap();
        let start = source.find("pub enum App {\n").unwrap() + 15;
        let end = source[start..].find("}\n").unwrap();
        let lines = source[start..start + end].lines().map(str::trim);
        lines.filter(|line| !line.starts_with("//")).collect::<Vec<_>>().join(" ").trim().to_owned()
    };
    let [client, server] = [Direction::Client, Direction::Server];
    for (frames, expected) in [
        // They share the request's number.
        (
            &[
                (client, r#"{"op":"subscribe","args":["a"],"req_id":"1"}"#),
                (client, r#"{"op":"ping","req_id":"2"}"#),
                (server, r#"{"op":"subscribe","success":true,"req_id":"1"}"#),
                (server, r#"{"op":"ping","req_id":"2","args":["170"]}"#),
            ][..],
            r#"#[message(from = "client")] Subscribe(Subscribe), Ping(Ping), #[message(from = "server", tag = "subscribe")] ServerSubscribe(ServerSubscribe),"#,
        ),
        // The content of one is a list, or nothing at all.
        (
            &[
                (client, r#"{"op":1,"d":{"a":1}}"#),
                (client, r#"{"op":2}"#),
                (server, r#"{"op":1,"d":[1]}"#),
                (server, r#"{"op":2,"d":{"b":1}}"#),
                (server, r#"{"op":2,"d":{"b":1}}"#),
            ],
            r#"#[message(from = "client", name = 1)] Op1(Op1), #[message(from = "client", name = 2)] Op2, #[message(from = "server", tag = 1)] ServerOp1(Vec<i64>), #[message(from = "server", tag = 2)] ServerOp2(ServerOp2),"#,
        ),
        // One has less than the other, or may.
        (
            &[
                (client, r#"{"op":"chat","text":"a"}"#),
                (server, r#"{"op":"chat","text":"b","user":"Ada"}"#),
                (client, r#"{"op":"x","a":1,"b":1}"#),
                (client, r#"{"op":"x","b":1}"#),
                (server, r#"{"op":"x","b":1,"c":1}"#),
            ],
            "Chat(Chat), X(X),",
        ),
        // In wirebond's own form a name is one message.
        (
            &[
                (client, r#"{"type":"a","data":{"b":1}}"#),
                (server, r#"{"type":"a","data":{"c":1}}"#),
            ],
            "A(A),",
        ),
    ] {
        assert_eq!(of(frames), expected, "{frames:?}");
    }
}

#[test]
fn wirebonds_own_form_needs_no_words() {
    let frames = [
        (Direction::Client, r#"{"type":"chat","data":{"text":"a"},"timestamp":1785578400000}"#),
        (Direction::Client, r#"{"type":"ping","data":{"timestamp":1}}"#),
        (Direction::Server, r#"{"type":"chat","data":{"text":"a"}}"#),
        (Direction::Server, r#"{"type":"pong"}"#),
        (Direction::Server, r#"{"type":"$hello","data":{"session":"x"}}"#),
    ];
    let source = sketch(&frames.map(|(from, text)| Frame::new(from, text)), "App").unwrap();
    assert_eq!(form(&source), "version = \"0.1.0\"");
    assert!(source.contains("pub enum App {\n    Chat(Chat),\n}"), "{source}");
}

#[test]
fn what_a_peer_chooses_stays_in_its_comment_or_literal() {
    let hostile = [
        "{\"type\":\"a\",\"\\n}\\nfn evil() {}\\n//\":{\"id\":\"1\\\"]\"},\"\\u202e\\\"#[x]\":1}",
        "{\"type\\npub\":1}",
        "{\"op\\nid\":\"x\"}",
    ];
    let both = hostile.iter().flat_map(|text| {
        [Direction::Client, Direction::Server].map(|from| Frame::new(from, *text))
    });
    let source = sketch(&both.collect::<Vec<_>>(), "App").unwrap();
    assert!(!source.contains("\nfn evil") && !source.contains('\u{202e}'), "{source}");
}

#[test]
fn what_cannot_be_sketched_is_told() {
    assert_eq!(sketch(&[], "App"), Err(SketchError::NoMessages));
    assert_eq!(
        sketch(&[Frame::new(Direction::Server, "hello")], "App"),
        Err(SketchError::NoMessages)
    );
    for name in ["", "app", "A b", "Self", "1A", "A\n"] {
        let frame = Frame::new(Direction::Server, r#"{"type":"a"}"#);
        assert_eq!(sketch(&[frame], name), Err(SketchError::Name), "{name:?}");
    }
    for (args, input, expected) in [
        (&[][..], "", "standard input can't be sketched: no frame holds"),
        (&["tests"], "", "tests is a folder"),
        (&["nowhere.jsonl"], "", "nowhere.jsonl can't be read"),
        (&["--name", "app"], "{}", "must be one of a type"),
    ] {
        let output = run(args, input);
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(2) && errors.contains(expected), "{args:?}: {errors}");
    }
}
