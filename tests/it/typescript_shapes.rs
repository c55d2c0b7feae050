//! Every shape of payload that a document can have, in TypeScript: `tests/contract/shapes.json` is made
//! here, its TypeScript is committed beside the others, and `tests/typescript` has right and wrong uses
//! of each.
#![allow(dead_code, reason = "only the schemas of these types count")]

use std::{
    collections::BTreeMap,
    fmt::Write,
    fs,
    process::{Command, Stdio},
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use wirebond::{
    Contract,
    schema::{
        sample::samples,
        typescript::{Parts, generate},
    },
};

use crate::support::tools;

/// One message for each shape.
#[derive(Debug, Contract)]
#[contract(version = "1.0.0")]
enum Shapes {
    FlatInternal(FlatInternal),
    FlatAdjacent(FlatAdjacent),
    FlatExternal(FlatExternal),
    FlatUntagged(FlatUntagged),
    MaybeInternal(MaybeInternal),
    MaybeAdjacent(MaybeAdjacent),
    MaybeExternal(MaybeExternal),
    MaybeUntagged(MaybeUntagged),
    MaybeStruct(MaybeStruct),
    FlatMap(FlatMap),
    FlatAny(FlatAny),
    Tree(Tree),
    Lists(Lists),
    Keys(Keys),
    Absence(Absence),
    Closed(Closed),
    Deep(Deep),
    Nullable(Option<Point>),
    Level(Level),
    Page(Page<Point>),
    Nothing,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct Point {
    x: i32,
    y: i32,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Level {
    Low,
    VeryHigh,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind")]
enum Internal {
    Circle { radius: f64 },
    At(Point),
    Nowhere,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "t", content = "c")]
enum Adjacent {
    Count(u8),
    Name { first: String },
    Nothing,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
enum External {
    Count(u8),
    Name { first: String },
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Untagged {
    Point { x: i32, y: i32 },
    Text { text: String },
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct FlatInternal {
    id: u8,
    #[serde(flatten)]
    shape: Internal,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct FlatAdjacent {
    id: u8,
    #[serde(flatten)]
    shape: Adjacent,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct FlatExternal {
    id: u8,
    #[serde(flatten)]
    shape: External,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct FlatUntagged {
    id: u8,
    #[serde(flatten)]
    shape: Untagged,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct MaybeInternal {
    id: u8,
    #[serde(flatten)]
    shape: Option<Internal>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct MaybeAdjacent {
    id: u8,
    #[serde(flatten)]
    shape: Option<Adjacent>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct MaybeExternal {
    id: u8,
    #[serde(flatten)]
    shape: Option<External>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct MaybeUntagged {
    id: u8,
    #[serde(flatten)]
    shape: Option<Untagged>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct MaybeStruct {
    id: u8,
    #[serde(flatten)]
    point: Option<Point>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct FlatMap {
    id: u8,
    #[serde(flatten)]
    counts: BTreeMap<String, u8>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct FlatAny {
    id: u8,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

/// Holds itself.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct Tree {
    value: bool,
    children: Vec<Tree>,
    parent: Option<Box<Tree>>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct Pair(u8, String);

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct Lists {
    pair: Pair,
    triple: (bool, Level, Option<u8>),
    fixed: [f32; 3],
    holes: Vec<Option<u8>>,
    maybe: Option<Vec<Option<Level>>>,
    nested: Vec<Vec<Point>>,
}

#[allow(clippy::struct_field_names, reason = "the names say what the keys are")]
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct Keys {
    by_name: BTreeMap<String, Point>,
    by_level: BTreeMap<Level, u8>,
    by_number: BTreeMap<u8, bool>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct Absence {
    required: u8,
    nullable: Option<u8>,
    #[serde(default)]
    defaulted: u8,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    optional: Option<Point>,
    #[allow(clippy::option_option, reason = "a shape like another")]
    twice: Option<Option<u8>>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Closed {
    id: u8,
    name: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct Deep {
    shapes: BTreeMap<String, Vec<Option<Internal>>>,
    either: Option<Untagged>,
    adjacent: Vec<Adjacent>,
    flat: Vec<MaybeInternal>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Page_{T}")]
struct Page<T> {
    items: Vec<T>,
    next: Option<u32>,
}

#[test]
fn field_b11_the_contract_of_all_shapes_is_up_to_date() {
    wirebond::assert_contract!(Shapes, "tests/contract/shapes.json");
}

/// The TypeScript accepts every payload that the contract accepts.
#[test]
fn field_b11_samples_of_every_shape_compile() {
    const FOLDER: &str = "tests/typescript";
    if !tools::node("samples of every shape in TypeScript", FOLDER) {
        return;
    }
    let document = Shapes::contract().unwrap();
    let mut code = String::from("import type * as shapes from \"./shapes.ts\";\n");
    for seed in 0..20 {
        for sample in samples(&document, seed).unwrap() {
            let value = sample.value();
            writeln!(code, "({value}) satisfies shapes.ServerMessage;").unwrap();
        }
    }
    let folder = tools::scratch("typescript_shapes");
    let types = generate(&document, Parts::All).text;
    fs::write(folder.join("shapes.ts"), types).unwrap();
    fs::write(folder.join("samples.ts"), code).unwrap();
    let settings = tools::here(FOLDER).join("tsconfig.json");
    let types = tools::here(FOLDER).join("node_modules/@types");
    let config = json!({
        "extends": settings,
        "files": ["samples.ts"],
        "compilerOptions": { "noEmit": true, "typeRoots": [types], "rootDir": "." },
    });
    fs::write(folder.join("tsconfig.json"), config.to_string()).unwrap();
    let compiler = tools::here(FOLDER).join("node_modules/typescript/bin/tsc");
    let mut command = Command::new("node");
    let output = command.arg(compiler).arg("--pretty").arg("false").arg("-p").arg(&folder);
    let output = output.stdin(Stdio::null()).output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "");
    assert!(output.status.success());
}
