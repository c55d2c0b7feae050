//! Shapes and names that are hard for other languages' tools: they accept and refuse the same as our
//! own codec.
#![allow(clippy::too_many_lines, reason = "a test's types stand where they are used")]
#![allow(dead_code, reason = "only the schemas of these types count")]

use std::{collections::BTreeMap, fs, process::Command};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use wirebond::schema::validate::Validator;
use wirebond::{
    Contract, Envelope,
    schema::{ContractDocument, Document},
};

use crate::support::tools;

/// Where the consumers live.
const FOLDER: &str = "tests/consumers";

#[derive(Deserialize)]
struct Answer {
    verdicts: Vec<Verdict>,
}

#[derive(Deserialize)]
struct Verdict {
    valid: bool,
    #[serde(default)]
    said: String,
}

/// Which of the consumers are asked.
#[derive(Clone, Copy, PartialEq)]
enum Who {
    Ajv,
    Models,
    Python,
    /// Makes types, which say less than a schema: only that it understands the document counts.
    TypeScript,
    Quicktype,
}

const ALL: [Who; 5] = [Who::Ajv, Who::Models, Who::Python, Who::TypeScript, Who::Quicktype];

/// The codec, the Rust validators and these consumers agree on each message.
#[track_caller]
fn hold<C: Contract>(test: &str, who: &[Who], messages: &[(Value, bool)]) -> Document
where
    Envelope<C>: DeserializeOwned,
{
    let document = C::contract().unwrap();
    let ours = Validator::new(&document).unwrap();
    let theirs = jsonschema::draft202012::new(document.value()).unwrap();
    for (message, valid) in messages {
        let text = message.to_string();
        let read = serde_json::from_str::<Envelope<C>>(&text);
        assert_eq!(read.is_ok(), *valid, "the codec: {text}: {:?}", read.err());
        let checked = ours.check(&text, wirebond::Direction::Both);
        assert_eq!(checked.is_ok(), *valid, "validate: {text}: {checked:?}");
        assert_eq!(theirs.is_valid(message), *valid, "jsonschema: {text}");
    }
    for who in who {
        ask(*who, test, &document, messages);
    }
    document
}

fn ask(who: Who, test: &str, document: &Document, messages: &[(Value, bool)]) {
    let (program, script) = match who {
        Who::Ajv => ("node", "ajv.mjs"),
        Who::TypeScript => ("node", "typescript.mjs"),
        Who::Quicktype => ("node", "quicktype.mjs"),
        Who::Models => ("python", "models.py"),
        Who::Python => ("python", "validators.py"),
    };
    let program = match program {
        "node" if !tools::node(test, FOLDER) => return,
        "node" => "node".into(),
        _ => match tools::python(test, FOLDER) {
            Some(python) => python,
            None => return,
        },
    };
    if who == Who::Quicktype && !tools::has_program(test, "javac") {
        return;
    }
    let folder = tools::scratch(&format!("shapes/{test}-{script}"));
    let (contract, cases) = (folder.join("contract.json"), folder.join("messages.jsonl"));
    fs::write(&contract, document.to_json()).unwrap();
    let line = |(message, _): &(Value, bool)| {
        json!({ "side": "client", "message": message }).to_string() + "\n"
    };
    fs::write(&cases, messages.iter().map(line).collect::<String>()).unwrap();
    let mut command = Command::new(program);
    command.arg(tools::here(FOLDER).join(script)).args([&contract, &cases, &folder]);
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    let answer: Answer = serde_json::from_str(&tools::output(&mut command)).unwrap();
    assert_eq!(answer.verdicts.len(), messages.len(), "{script}");
    for ((message, valid), verdict) in messages.iter().zip(&answer.verdicts) {
        let is_type = matches!(who, Who::TypeScript | Who::Quicktype);
        let agrees = verdict.valid == *valid || is_type && !valid;
        assert!(agrees, "{script}: {message}: {}", verdict.said);
    }
}

#[test]
fn field_b2_names_are_safe_in_every_document() {
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    #[serde(tag = "art")]
    enum Maß {
        Länge {
            meter: i32,
        },
        #[serde(rename = "🎉")]
        Fest {
            tage: u8,
        },
        #[serde(rename = "+")]
        Plus {
            a: u8,
        },
        #[serde(rename = "a/b~c%20#d")]
        Odd {
            a: u8,
        },
    }
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    #[schemars(rename = "Page <{T}> 100%#~/\"🎉\"")]
    struct Page<T> {
        items: Vec<T>,
    }
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    struct Ärger {
        größe: u8,
    }
    #[derive(Debug, Contract)]
    #[contract(name = "Größe")]
    enum App {
        Größe(u8),
        Измерение(Maß),
        世界(Vec<Ärger>),
        TöneÉtage(u8),
        #[message(name = "a/b~c%20#d 🎉")]
        Seite(Page<Ärger>),
        #[message(from = "client")]
        Ende,
    }
    let names = App::MESSAGES.iter().map(wirebond::MessageInfo::name).collect::<Vec<_>>();
    let [size, measure, world, tone, page, end] = names[..] else { panic!("{names:?}") };
    let document = hold::<App>(
        "field_b2",
        &ALL,
        &[
            (json!({ "type": size, "data": 7 }), true),
            (json!({ "type": size, "data": "x" }), false),
            (json!({ "type": measure, "data": { "art": "Länge", "meter": 15 } }), true),
            (json!({ "type": measure, "data": { "art": "🎉", "tage": 2 } }), true),
            (json!({ "type": measure, "data": { "art": "+", "a": 2 } }), true),
            (json!({ "type": measure, "data": { "art": "a/b~c%20#d", "a": 2 } }), true),
            (json!({ "type": measure, "data": { "art": "Länge" } }), false),
            (json!({ "type": world, "data": [{ "größe": 2 }] }), true),
            (json!({ "type": world, "data": [{}] }), false),
            (json!({ "type": tone, "data": 3 }), true),
            (json!({ "type": page, "data": { "items": [{ "größe": 2 }] } }), true),
            (json!({ "type": page, "data": { "items": [2] } }), false),
            (json!({ "type": end }), true),
        ],
    );
    let is_word = |name: &str| name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    for (name, schema) in document.defs() {
        assert!(is_word(name), "{name}");
        let title = schema.get("title").and_then(Value::as_str);
        assert!(title.is_none_or(is_word), "{title:?}");
    }
    assert!(document.def("GrU00F6U00DFEData").is_some(), "{}", document.to_json());
    assert_eq!(Document::parse(&document.to_json()).unwrap(), document);
}

#[test]
fn field_b2_names_that_become_equal_are_refused_with_both() {
    #[derive(Debug, Contract)]
    enum Variants {
        Größe(u8),
        GrU00F6U00DFE(u8),
    }
    let error = Variants::contract().unwrap_err().to_string();
    for part in ["`Größe`", "`GrU00F6U00DFE`", "GrU00F6U00DFEData"] {
        assert!(error.contains(part), "{part}: {error}");
    }
    #[derive(Debug, Contract)]
    enum Units {
        Größe,
        GrU00F6U00DFE,
    }
    let error = Units::contract().unwrap_err().to_string();
    assert!(error.contains("GrU00F6U00DFEMessage"), "{error}");
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    #[schemars(rename = "Größe")]
    struct One {
        a: u8,
    }
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    #[schemars(rename = "GrU00F6U00DFE")]
    struct Other {
        b: u8,
    }
    #[derive(Debug, Contract)]
    enum Types {
        A(One),
        B(Other),
    }
    let error = Types::contract().unwrap_err().to_string();
    assert!(error.contains("`GrU00F6U00DFE` and `Größe`"), "{error}");
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "shape")]
enum Shape {
    Circle { radius: i32 },
    Square { side: i32 },
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Amount {
    Whole { number: i32 },
    Text { text: String },
}

#[test]
fn field_b6_a_tagged_variant_that_is_an_enum() {
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    #[serde(tag = "kind")]
    enum Outer {
        Drawn(Shape),
        Counted(Amount),
        Named { name: String },
        Nothing,
    }
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    #[serde(tag = "outermost")]
    enum Deep {
        Outer(Outer),
        Flat { x: u8 },
    }
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    struct Beside {
        id: u8,
        #[serde(flatten)]
        outer: Outer,
    }
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    #[serde(tag = "t", content = "c")]
    enum Adjacent {
        Drawn(Shape),
        Counted(Amount),
    }
    #[derive(Debug, Contract)]
    enum App {
        Outer(Outer),
        Deep(Deep),
        Beside(Beside),
        Adjacent(Adjacent),
    }
    let document = hold::<App>(
        "field_b6",
        &[Who::Ajv, Who::Models, Who::Python, Who::TypeScript],
        &[
            (
                json!({ "type": "outer", "data": { "kind": "Drawn", "shape": "Circle", "radius": 15 } }),
                true,
            ),
            (
                json!({ "type": "outer", "data": { "kind": "Drawn", "shape": "Square", "side": 25 } }),
                true,
            ),
            (json!({ "type": "outer", "data": { "kind": "Counted", "number": 3 } }), true),
            (json!({ "type": "outer", "data": { "kind": "Counted", "text": "three" } }), true),
            (json!({ "type": "outer", "data": { "kind": "Named", "name": "x" } }), true),
            (json!({ "type": "outer", "data": { "kind": "Nothing" } }), true),
            (json!({ "type": "outer", "data": { "kind": "Drawn" } }), false),
            (json!({ "type": "outer", "data": { "kind": "Named" } }), false),
            (json!({ "type": "outer", "data": { "kind": "Other" } }), false),
            (
                json!({ "type": "deep", "data": { "outermost": "Outer", "kind": "Drawn", "shape": "Square", "side": 15 } }),
                true,
            ),
            (json!({ "type": "deep", "data": { "outermost": "Outer", "kind": "Nothing" } }), true),
            (json!({ "type": "deep", "data": { "outermost": "Flat", "x": 1 } }), true),
            (json!({ "type": "deep", "data": { "outermost": "Flat" } }), false),
            (
                json!({ "type": "beside", "data": { "id": 1, "kind": "Drawn", "shape": "Square", "side": 15 } }),
                true,
            ),
            (json!({ "type": "beside", "data": { "kind": "Nothing" } }), false),
            (json!({ "type": "beside", "data": { "id": 1, "kind": "Nothing" } }), true),
            (
                json!({ "type": "adjacent", "data": { "t": "Drawn", "c": { "shape": "Circle", "radius": 15 } } }),
                true,
            ),
            (json!({ "type": "adjacent", "data": { "t": "Counted", "c": { "number": 1 } } }), true),
            (json!({ "type": "adjacent", "data": { "t": "Counted", "c": {} } }), false),
        ],
    );
    for (name, has_one) in
        [("Outer", false), ("Deep", false), ("Beside", false), ("Shape", true), ("Adjacent", true)]
    {
        let def = document.def(name).unwrap();
        assert_eq!(def.get("discriminator").is_some(), has_one, "{name}: {def}");
    }
    assert!(document.def("ClientMessage").unwrap().get("discriminator").is_some());
}

#[test]
fn field_b8_a_tagged_struct_with_a_flattened_map() {
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    struct Counts {
        id: u8,
        #[serde(flatten)]
        rest: BTreeMap<String, u32>,
    }
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    struct Nothing {}
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    #[serde(tag = "kind")]
    enum Tagged {
        Counts(Counts),
        Map(BTreeMap<String, bool>),
        Inline {
            #[serde(flatten)]
            more: BTreeMap<String, u8>,
        },
        Nothing(Nothing),
    }
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    #[serde(tag = "outer")]
    enum Twice {
        Tagged(Tagged),
        Other,
    }
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    #[serde(tag = "t", content = "c")]
    enum Adjacent {
        Counts(Counts),
    }
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    enum External {
        Counts(Counts),
    }
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    #[serde(untagged)]
    enum Untagged {
        Counts(Counts),
        Number(u8),
    }
    #[derive(Debug, Contract)]
    enum App {
        Tagged(Tagged),
        Twice(Twice),
        Adjacent(Adjacent),
        External(External),
        Untagged(Untagged),
    }
    hold::<App>(
        "field_b8",
        &[Who::Ajv, Who::Python, Who::Models],
        &[
            (json!({ "type": "tagged", "data": { "kind": "Counts", "id": 1, "a": 2 } }), true),
            (json!({ "type": "tagged", "data": { "kind": "Counts", "id": 1 } }), true),
            (json!({ "type": "tagged", "data": { "kind": "Counts", "id": 1, "a": "x" } }), false),
            (json!({ "type": "tagged", "data": { "kind": "Counts", "a": 2 } }), false),
            (json!({ "type": "tagged", "data": { "kind": "Map", "a": true } }), true),
            (json!({ "type": "tagged", "data": { "kind": "Map", "a": 1 } }), false),
            (json!({ "type": "tagged", "data": { "kind": "Inline", "a": 1 } }), true),
            (json!({ "type": "tagged", "data": { "kind": "Inline", "a": "x" } }), false),
            (json!({ "type": "tagged", "data": { "kind": "Nothing" } }), true),
            (
                json!({ "type": "twice", "data": { "outer": "Tagged", "kind": "Counts", "id": 1, "a": 2 } }),
                true,
            ),
            (
                json!({ "type": "twice", "data": { "outer": "Tagged", "kind": "Map", "a": true } }),
                true,
            ),
            (
                json!({ "type": "twice", "data": { "outer": "Tagged", "kind": "Map", "a": 1 } }),
                false,
            ),
            (json!({ "type": "twice", "data": { "outer": "Other" } }), true),
            (
                json!({ "type": "adjacent", "data": { "t": "Counts", "c": { "id": 1, "a": 2 } } }),
                true,
            ),
            (json!({ "type": "external", "data": { "Counts": { "id": 1, "a": 2 } } }), true),
            (json!({ "type": "untagged", "data": { "id": 1, "a": 2 } }), true),
            (json!({ "type": "untagged", "data": { "id": 1, "a": "x" } }), false),
        ],
    );
}

#[test]
fn field_b10_names_that_every_object_of_javascript_has() {
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    #[serde(tag = "kind", rename_all = "camelCase")]
    enum Tagged {
        Constructor {
            x: u8,
        },
        ToString,
        HasOwnProperty {
            y: u8,
        },
        ValueOf,
        #[serde(rename = "__proto__")]
        Proto {
            z: u8,
        },
        #[serde(rename = "")]
        Empty,
    }
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    #[serde(tag = "constructor")]
    enum ByName {
        One { x: u8 },
        Two,
    }
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    #[serde(rename_all = "camelCase")]
    struct Fields {
        constructor: Option<String>,
        #[serde(default)]
        to_string: String,
        value_of: u8,
        has_own_property: bool,
        map: BTreeMap<String, u8>,
    }
    #[derive(Debug, Contract)]
    enum App {
        Constructor(u8),
        #[message(name = "toString")]
        ToString(Tagged),
        #[message(name = "__proto__")]
        Proto(ByName),
        #[message(name = "hasOwnProperty")]
        HasOwnProperty(Fields),
        Plain,
    }
    let fields = |constructor: Value| {
        json!({ "type": "hasOwnProperty", "data": {
            "constructor": constructor, "valueOf": 1, "hasOwnProperty": true, "map": { "constructor": 1 },
        } })
    };
    let document = hold::<App>(
        "field_b10",
        &[Who::Ajv, Who::Python, Who::Models],
        &[
            (json!({ "type": "constructor", "data": 1 }), true),
            (json!({ "type": "constructor", "data": "x" }), false),
            (json!({ "type": "toString", "data": { "kind": "constructor", "x": 1 } }), true),
            (json!({ "type": "toString", "data": { "kind": "constructor" } }), false),
            (json!({ "type": "toString", "data": { "kind": "toString" } }), true),
            (json!({ "type": "toString", "data": { "kind": "__proto__", "z": 1 } }), true),
            (json!({ "type": "toString", "data": { "kind": "" } }), true),
            (json!({ "type": "toString", "data": { "kind": "isPrototypeOf" } }), false),
            (json!({ "type": "toString", "data": {} }), false),
            (json!({ "type": "__proto__", "data": { "constructor": "One", "x": 1 } }), true),
            (json!({ "type": "__proto__", "data": { "constructor": "Two" } }), true),
            (json!({ "type": "__proto__", "data": {} }), false),
            (fields(json!("x")), true),
            (fields(json!(null)), true),
            (fields(json!(5)), false),
            (
                json!({ "type": "hasOwnProperty", "data": { "valueOf": 1, "hasOwnProperty": true, "map": {} } }),
                true,
            ),
            (json!({ "type": "hasOwnProperty", "data": { "valueOf": 1, "map": {} } }), false),
            (json!({ "type": "plain" }), true),
        ],
    );
    for name in ["ClientMessage", "ServerMessage", "Tagged", "ByName"] {
        assert_eq!(document.def(name).unwrap().get("discriminator"), None, "{name}");
    }

    // Nothing in JavaScript can be trusted to keep a field of this name.
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    struct Field {
        #[serde(rename = "__proto__")]
        proto: u8,
    }
    #[derive(Debug, Contract)]
    enum Refused {
        Field(Field),
    }
    let error = Refused::contract().unwrap_err().to_string();
    assert!(error.contains("`__proto__`") && error.contains("`Field`"), "{error}");
}

#[test]
fn field_d7_no_numbered_classes() {
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    struct Event {
        id: u8,
        #[serde(flatten)]
        shape: Shape,
    }
    #[derive(Debug, Contract)]
    enum App {
        Chat(String),
        Shape(Shape),
        Event(Event),
        Leave,
    }
    let document = hold::<App>(
        "field_d7",
        &ALL,
        &[
            (json!({ "type": "chat", "data": "x" }), true),
            (json!({ "type": "chat" }), false),
            (json!({ "type": "shape", "data": { "shape": "Circle", "radius": 15 } }), true),
            (
                json!({ "type": "event", "data": { "id": 1, "shape": "Circle", "radius": 15 } }),
                true,
            ),
            (json!({ "type": "leave" }), true),
            (json!({ "type": "other" }), false),
        ],
    );
    for name in ["ClientMessage", "ServerMessage", "Shape", "Event"] {
        let def = document.def(name).unwrap().as_object().unwrap();
        assert_eq!(def["type"], "object", "{name}");
        assert!(!def.contains_key("properties") && !def.contains_key("required"), "{name}");
    }
    let made = |path: &str| {
        fs::read_to_string(format!("{}/shapes/field_d7-{path}", env!("CARGO_TARGET_TMPDIR")))
    };
    if let Ok(models) = made("models.py/contract_models.py") {
        let numbered = models
            .lines()
            .filter(|line| {
                line.starts_with("class ") && line.contains(|c: char| c.is_ascii_digit())
            })
            .collect::<Vec<_>>();
        assert_eq!(numbered, [""; 0], "{models}");
    }
    if let Ok(types) = made("typescript.mjs/contract.ts") {
        let side = types.split("export type ClientMessage =").nth(1).unwrap();
        let side = side.split(';').next().unwrap();
        assert!(!side.contains('{'), "{side}");
    }
}
