//! TypeScript from contracts: the committed files are what the emitter writes, and no contract is too
//! strange for it. That they compile and work is for the root's `tests/it/typescript.rs`, which has Node.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use proptest::prelude::*;
use serde_json::{Value, json};
use wirebond_cli::typescript::{Int64, Options, Parts, TypeScript, generate, generate_with};
use wirebond_schema::{Document, ReadError};

/// A file of the repository.
fn at(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

fn contract(path: &str) -> Document {
    Document::parse(&fs::read_to_string(at(path)).unwrap()).unwrap()
}

/// A contract with these definitions, and one message of the server that carries the first of them.
fn with_defs(defs: &Value) -> Result<Document, ReadError> {
    let mut defs = defs.clone();
    let first = defs.as_object().unwrap().keys().next().unwrap().clone();
    let reference = format!("#/$defs/{first}");
    defs["ClientMessage"] = json!({ "not": {} });
    defs["ServerMessage"] = json!({ "oneOf": [{ "$ref": "#/$defs/ItMessage" }] });
    defs["ItMessage"] = json!({
        "type": "object",
        "properties": { "type": { "const": "it" }, "data": { "$ref": reference } },
        "required": ["type", "data"],
    });
    let value = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:wirebond:t:1.0.0",
        "title": "T",
        "anyOf": [{ "$ref": "#/$defs/ClientMessage" }, { "$ref": "#/$defs/ServerMessage" }],
        "$defs": defs,
    });
    Document::parse(&value.to_string())
}

fn types(defs: &Value) -> TypeScript {
    generate(&with_defs(defs).unwrap(), Parts::Types)
}

/// The declaration of `A` where it is defined so, without its line end.
fn declared(schema: &Value) -> String {
    let code = types(&json!({ "A": schema, "B": { "type": "object", "properties": { "b": {} } } }));
    let start = code.text.find("export type A =").or_else(|| code.text.find("export interface A "));
    let rest = &code.text[start.unwrap()..];
    rest[..rest.find("\n\n").unwrap()].to_owned()
}

/// The part of a generated file that depends on the contract: the client's code, which is the same in every
/// file of a kind of form and is committed once, with the worked example, is one line for each of its sources.
fn contract_part(text: &str, form: &str) -> String {
    let mut part = text.to_owned();
    for folder in ["cli/src/typescript", "cli/src/typescript/form"] {
        let sources = fs::read_dir(at(folder)).unwrap().map(|entry| entry.unwrap().path());
        let mut sources: Vec<_> =
            sources.filter(|path| path.extension().is_some_and(|end| end == "ts")).collect();
        sources.sort();
        for source in sources {
            let code = selected(&fs::read_to_string(&source).unwrap(), form);
            let name = source.file_name().unwrap().to_string_lossy();
            part = part.replace(&code, &format!("// The client's {name}.\n"));
        }
    }
    let own = match form {
        "default" => {
            ["answers.ts", "frames.ts", "link.ts", "outgoing.ts", "receiver.ts", "session.ts"]
                .as_slice()
        }
        _ => &["codec.ts", "receiver.ts"],
    };
    let both =
        ["api.ts", "calls.ts", "client.ts", "holds.ts", "opening.ts", "outbox.ts", "sender.ts"];
    for name in own.iter().chain(&both) {
        assert_eq!(part.matches(&format!("// The client's {name}.")).count(), 1, "{name}");
    }
    part
}

/// A source without the lines that are for other forms.
fn selected(source: &str, form: &str) -> String {
    let mut is_selected = true;
    let lines = source.lines().filter(|line| {
        let mark = line.strip_prefix("//#");
        is_selected = mark.map_or(is_selected, |mark| mark == form || mark == "end");
        is_selected && mark.is_none()
    });
    lines.fold(String::new(), |text, line| text + line + "\n")
}

/// Compares what depends on the contract with a committed file, or writes it.
fn is_snapshot(contract_path: &str, path: &str) {
    let text = generate(&contract(contract_path), Parts::All).text;
    matches_snapshot(&contract_part(&text, "default"), path);
}

/// Those of contracts in forms of their own.
#[test]
fn forms_are_snapshots() {
    for name in ["exchange", "feed", "gateway", "home", "mixed", "rpc", "studio"] {
        let document = contract(&format!("cli/tests/typescript/forms/{name}.json"));
        let code = generate(&document, Parts::All);
        // The count of `home` is wider than JavaScript's numbers, and `feed` has a message called `error`.
        let has_warnings = ["home", "feed"].contains(&name);
        assert_eq!(!code.warnings.is_empty(), has_warnings, "{:?}", code.warnings);
        let part = contract_part(&code.text, "foreign");
        for word in
            [" session ", "session?", "WireSession", "$hello", "\"ping\"", "serverCalls", "//#"]
        {
            assert!(!code.text.contains(word), "{name}: {word}");
        }
        matches_snapshot(&part, &format!("cli/tests/typescript/forms/{name}.ts"));
    }
}

/// Compares with a committed file, or writes it.
fn matches_snapshot(text: &str, path: &str) {
    if std::env::var_os("WIREBOND_UPDATE").is_some() {
        fs::write(at(path), text).unwrap();
        return;
    }
    let there = fs::read_to_string(at(path)).unwrap_or_default().replace("\r\n", "\n");
    let line = there.lines().zip(text.lines()).take_while(|(a, b)| a == b).count();
    assert!(
        there == text,
        "{path} differs from line {} on:\n- {:?}\n+ {:?}\n\
         write it with `WIREBOND_UPDATE=1 cargo test -p wirebond-cli --test it \
         typescript`, read its diff, and commit it",
        line + 1,
        there.lines().nth(line),
        text.lines().nth(line),
    );
}

#[test]
fn the_worked_example_is_up_to_date() {
    let code = generate(&contract("examples/contract/contract.json"), Parts::All);
    matches_snapshot(&code.text, "examples/contract/client.ts");
}

#[test]
fn a_rich_contract_is_as_committed() {
    is_snapshot("tests/contract/shop.json", "cli/tests/typescript/shop.ts");
}

#[test]
fn a_strange_contract_is_as_committed() {
    is_snapshot("cli/tests/typescript/odd.json", "cli/tests/typescript/odd.ts");
}

#[test]
fn field_b11_every_shape_is_as_committed() {
    is_snapshot("tests/contract/shapes.json", "cli/tests/typescript/shapes.ts");
}

#[test]
fn a_contract_with_calls_is_as_committed() {
    is_snapshot("cli/tests/typescript/calls.json", "cli/tests/typescript/calls.ts");
}

#[test]
fn answers_are_no_messages_of_their_own() {
    let text = fs::read_to_string(at("cli/tests/typescript/calls.json")).unwrap();
    let tables = |text: &str| {
        let code = generate(&Document::parse(text).unwrap(), Parts::Types).text;
        code.split_once("export interface ClientMessages").unwrap().1.to_owned()
    };
    assert!(!tables(&text).contains(".reply\""), "they belong to their calls");
    // The same names without a call's number, or from the same side, are messages like others.
    let mut value: Value = serde_json::from_str(&text).unwrap();
    let defs = value["$defs"].as_object_mut().unwrap();
    for schema in defs.values_mut() {
        if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
            properties.remove("re");
        }
        if let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut) {
            required.retain(|key| key != "re");
        }
    }
    let plain = tables(&value.to_string());
    assert!(plain.contains("\"place-order.reply\": Placed;"), "{plain}");
    assert!(plain.contains("ClientCalls = Record<never, never>;"), "{plain}");
    let turned = text.replace("#/$defs/PlaceOrderReplyMessage", "#/$defs/OtherMessage");
    let turned = turned.replace("#/$defs/ReportReplyMessage", "#/$defs/PlaceOrderReplyMessage");
    let turned = turned.replace("#/$defs/OtherMessage", "#/$defs/ReportReplyMessage");
    assert!(tables(&turned).contains("\"report.reply\": undefined;"), "both from the server");
}

#[test]
fn field_b17_wide_integers_are_what_the_option_says() {
    let wide = contract("cli/tests/typescript/wide.json");
    let with = |int64| {
        let mut options = Options::default();
        options.int64 = int64;
        generate_with(&wide, &options)
    };
    let number = with(Int64::Number);
    assert_eq!(number, generate(&wide, Parts::All));
    assert!(number.text.contains("id: number;"), "{}", number.text);
    assert!(number.warnings.iter().any(|warning| warning.place == "/$defs/All/properties/id"));
    for (int64, name) in [(Int64::BigInt, "bigint"), (Int64::String, "string")] {
        let code = with(int64);
        assert_eq!(code.warnings, [], "{name}");
        for line in [
            format!("  id: {name};"),
            format!("  maybe?: {name} | null;"),
            "  pair?: [number, Count];".to_owned(),
            format!("export type Count = {name};"),
            "  n: number;".to_owned(),
            "  timestamp?: number;".to_owned(),
        ] {
            assert!(code.text.contains(&line), "{line}: {}", code.text);
        }
        matches_snapshot(
            &contract_part(&code.text, "default"),
            &format!("cli/tests/typescript/wide_{name}.ts"),
        );
        let path = "cli/tests/typescript/wide.json";
        let out = wirebond(&["typescript", path, "--int64", name]);
        assert_eq!((out.status.code(), out.stderr.as_slice()), (Some(0), &b""[..]));
        assert_eq!(String::from_utf8(out.stdout).unwrap(), code.text);
    }
}

#[test]
fn what_can_not_be_said_is_warned_of() {
    let warnings = |path: &str| {
        let code = generate(&contract(path), Parts::All);
        code.warnings.into_iter().map(|warning| warning.place).collect::<Vec<_>>()
    };
    assert_eq!(warnings("examples/contract/contract.json"), [""; 0]);
    assert_eq!(
        warnings("tests/contract/shop.json"),
        [
            "/$defs/ChangePaid/properties/cents",
            "/$defs/Either/anyOf/0",
            "/$defs/ExternalNumber/properties/Number"
        ]
    );
    assert_eq!(
        warnings("cli/tests/typescript/odd.json"),
        ["/$defs/Right/properties/r", "/$defs/any", "/$defs/ErrorMessage", "/$defs/OpenMessage"]
    );
}

#[test]
fn integers_that_javascript_rounds() {
    let is_warned = |schema: Value| !types(&json!({ "A": schema })).warnings.is_empty();
    let exact = 9_007_199_254_740_991_i64;
    for wide in [
        json!({ "type": "integer" }),
        json!({ "type": "integer", "format": "int64" }),
        json!({ "type": "integer", "minimum": 0 }),
        json!({ "type": "integer", "minimum": 0, "maximum": exact + 1 }),
        json!({ "type": ["integer", "null"], "maximum": 0 }),
        json!({ "type": "array", "items": { "type": "integer", "format": "int64" } }),
        json!({ "type": "object", "additionalProperties": { "type": "integer" } }),
    ] {
        assert!(is_warned(wide.clone()), "{wide}");
    }
    for narrow in [
        json!({ "type": "integer", "format": "int32" }),
        json!({ "type": "integer", "minimum": 0, "maximum": 255 }),
        json!({ "type": "integer", "minimum": -exact, "maximum": exact }),
        json!({ "type": "integer", "format": "int64", "minimum": 0, "maximum": exact }),
        json!({ "type": "number" }),
        json!({ "enum": [1, 2] }),
    ] {
        assert!(!is_warned(narrow.clone()), "{narrow}");
    }
    let code = types(&json!({ "A": { "type": "object", "properties": {
        "wide": { "type": "array", "items": { "type": "integer" } }, "narrow": { "type": "string" } } } }));
    assert_eq!(code.text.matches("wider than 53 bits").count(), 1, "one comment, at its property");
    let warning = code.warnings[0].to_string();
    assert!(warning.starts_with("/$defs/A/properties/wide/items: an integer"), "{warning}");
}

#[test]
fn each_schema_has_its_type() {
    for (schema, expected) in [
        (json!(true), "unknown"),
        (json!({ "description": "x" }), "unknown"),
        (json!(false), "never"),
        (json!({ "not": true }), "never"),
        (json!({ "enum": [] }), "never"),
        (json!({ "type": ["string", "null"], "format": "uri" }), "string | null"),
        (json!({ "enum": ["a", 1, null, true, "a"] }), r#""a" | 1 | null | true"#),
        (json!({ "$ref": "#/$defs/B", "default": {} }), "B"),
        (json!({ "anyOf": [{ "$ref": "#/$defs/B" }, { "type": "null" }] }), "B | null"),
        (json!({ "allOf": [{ "$ref": "#/$defs/B" }, {}] }), "B"),
        (json!({ "type": "object", "oneOf": [{ "$ref": "#/$defs/B" }] }), "B"),
        (
            json!({ "type": "object", "properties": { "x": { "type": "null" } },
                    "anyOf": [{ "$ref": "#/$defs/B" }, { "type": "null" }] }),
            "{ x?: null } & (B | null)",
        ),
        (
            json!({ "type": "object", "properties": { "x": { "type": "null" } },
                    "anyOf": [{ "required": ["x"] }] }),
            "{ x?: null }",
        ),
        (json!({ "type": "array", "items": { "type": ["string", "null"] } }), "(string | null)[]"),
        (json!({ "type": "array" }), "unknown[]"),
        (
            json!({ "type": "array", "items": {}, "minItems": 2, "maxItems": 2 }),
            "[unknown, unknown]",
        ),
        (json!({ "type": "array", "items": {}, "minItems": 17, "maxItems": 17 }), "unknown[]"),
        (
            json!({ "type": "array", "prefixItems": [{ "type": "string" }, { "type": ["null", "boolean"] }],
                    "minItems": 1, "items": false }),
            "[string, (null | boolean)?]",
        ),
        (
            json!({ "type": "array", "prefixItems": [{ "type": "string" }] }),
            "[string?, ...unknown[]]",
        ),
        (json!({ "type": "string", "pattern": "^a" }), "string"),
        (json!({ "type": "funny" }), "unknown"),
    ] {
        assert_eq!(declared(&schema), format!("export type A = {expected};"), "{schema}");
    }
}

#[test]
fn objects_tell_optional_from_nullable_and_what_else_they_hold() {
    let object = |mut schema: Value| {
        schema["type"] = json!("object");
        let text = declared(&schema);
        let body = text.strip_prefix("export interface A {\n").unwrap().strip_suffix("}").unwrap();
        body.lines().map(str::trim).collect::<Vec<_>>().join(" ")
    };
    let (text, maybe) = (json!({ "type": "string" }), json!({ "type": ["string", "null"] }));
    let properties = json!({ "a": text, "b": maybe, "c": text, "d": maybe });
    assert_eq!(
        object(json!({ "properties": properties, "required": ["c", "d", "e"] })),
        "a?: string; b?: string | null; c: string; d: string | null; e: unknown;"
    );
    assert_eq!(object(json!({})), "[key: string]: unknown;");
    assert_eq!(object(json!({ "additionalProperties": false })), "[key: string]: never;");
    assert_eq!(object(json!({ "additionalProperties": text })), "[key: string]: string;");
    assert_eq!(
        object(json!({ "properties": { "a": { "type": "null" } }, "additionalProperties": text })),
        "a?: null; [key: string]: string | null | undefined;"
    );
    assert_eq!(
        object(json!({ "properties": { "a": text }, "additionalProperties": false })),
        "a?: string;"
    );
    assert_eq!(
        object(json!({ "patternProperties": { "^x": text }, "additionalProperties": false })),
        "[key: string]: string;"
    );
}

#[test]
fn the_order_of_a_document_does_not_matter() {
    let text = fs::read_to_string(at("tests/contract/shop.json")).unwrap();
    let value: Value = serde_json::from_str(&text).unwrap();
    let defs: Vec<_> = value["$defs"].as_object().unwrap().iter().rev().collect();
    let defs: Vec<_> = defs.iter().map(|(key, value)| format!("{key:?}:{value}")).collect();
    let turned = format!(
        "{{\"$defs\":{{{}}},\"anyOf\":{},\"title\":\"Shop\",\"description\":{},\"$id\":{},\
         \"$schema\":{}}}",
        defs.join(","),
        value["anyOf"],
        value["description"],
        value["$id"],
        value["$schema"]
    );
    let turned = generate(&Document::parse(&turned).unwrap(), Parts::All);
    assert_eq!(turned, generate(&Document::parse(&text).unwrap(), Parts::All));
}

#[test]
fn long_deep_and_similar_definitions_are_no_danger() {
    let mut chain: serde_json::Map<_, _> = (0..5_000)
        .map(|n| (format!("D{n}"), json!({ "$ref": format!("#/$defs/D{}", n + 1) })))
        .collect();
    chain.insert("D5000".to_owned(), json!({ "type": "null" }));
    assert!(types(&Value::Object(chain)).text.contains("export type D0 = D1;"));

    let alike: serde_json::Map<_, _> = (0..5_000)
        .map(|n| ("-".repeat(n % 100) + "x" + &"-".repeat(n / 100), json!(true)))
        .collect();
    let code = types(&Value::Object(alike));
    let names: BTreeSet<_> =
        code.text.lines().filter(|line| line.starts_with("export type ")).collect();
    assert!(names.len() >= 5_000, "{} names", names.len());

    let deep = (0..50).fold(json!({ "type": "string" }), |inner, _| json!({ "anyOf": [inner] }));
    assert_eq!(declared(&deep), "export type A = string;");
    let nested = (0..50)
        .fold(json!({ "type": "string" }), |inner, _| json!({ "type": "array", "items": inner }));
    assert_eq!(declared(&nested), format!("export type A = string{};", "[]".repeat(50)));
}

/// Any schema, and much that is none.
fn schemas() -> impl Strategy<Value = Value> {
    let text = || {
        prop_oneof![
            Just("A".to_owned()),
            Just("B".to_owned()),
            Just("*/".to_owned()),
            any::<String>(),
        ]
    };
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::from),
        prop_oneof!["A", "B"].prop_map(|name| json!({ "$ref": format!("#/$defs/{name}") })),
        text().prop_map(|text| json!({ "const": text, "description": text, "format": text })),
        prop_oneof!["string", "integer", "array", "object", "null"]
            .prop_map(|kind| json!({ "type": kind })),
    ];
    leaf.prop_recursive(5, 40, 4, move |inner| {
        let list = prop::collection::vec(inner.clone(), 0..4);
        let map = prop::collection::btree_map(text(), inner.clone(), 0..4);
        prop_oneof![
            list.clone().prop_map(|all| json!({ "anyOf": all })),
            list.clone().prop_map(|all| json!({ "allOf": all, "type": "object" })),
            (list, any::<u8>()).prop_map(|(items, least)| {
                json!({ "type": "array", "prefixItems": items, "minItems": least })
            }),
            (map, inner).prop_map(|(properties, rest)| {
                json!({ "type": "object", "properties": properties, "required": ["A", 1],
                        "additionalProperties": rest, "patternProperties": { "^": true } })
            }),
        ]
    })
}

/// What is left of TypeScript without its comments and string literals; `None` if one of them is open.
fn bare(text: &str) -> Option<String> {
    let mut bare = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['"', '/']) {
        bare.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(comment) = rest.strip_prefix("/*") {
            rest = &comment[comment.find("*/")? + 2..];
        } else if let Some(mut literal) = rest.strip_prefix('"') {
            loop {
                let end = literal.find(['"', '\\', '\n'])?;
                let is_escape = literal[end..].starts_with('\\');
                if literal[end..].starts_with('\n') {
                    return None;
                }
                literal = literal.get(end + if is_escape { 2 } else { 1 }..)?;
                if !is_escape {
                    break;
                }
            }
            bare.push_str("\"\"");
            rest = literal;
        } else {
            return None;
        }
    }
    Some(bare + rest)
}

proptest! {
    #[test]
    fn any_definition_is_written_and_breaks_out_of_nothing(a in schemas(), b in schemas()) {
        // What is no contract at all isn't our business.
        let Ok(document) = with_defs(&json!({ "A": a, "B": b })) else { return Ok(()) };
        let code = generate(&document, Parts::Types);
        let bare = bare(&code.text);
        prop_assert!(bare.is_some(), "{}", code.text);
        let bare = bare.unwrap_or_default();
        // Nothing of the contract's texts is left, and all brackets close.
        prop_assert!(bare.is_ascii(), "{bare}");
        for (open, close) in ["()", "[]", "{}"].map(|pair| pair.split_at(1)) {
            prop_assert_eq!(bare.matches(open).count(), bare.matches(close).count(), "{}", bare);
        }
    }
}

fn wirebond(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_wirebond")).args(args).current_dir(at("")).output().unwrap()
}

#[test]
fn the_command_writes_to_a_file_or_to_standard_output() {
    let shop = "tests/contract/shop.json";
    let out = wirebond(&["typescript", shop]);
    assert_eq!(out.status.code(), Some(0));
    let code = generate(&contract(shop), Parts::All);
    assert_eq!(String::from_utf8(out.stdout).unwrap(), code.text);
    let errors = String::from_utf8(out.stderr).unwrap();
    let expected: Vec<_> =
        code.warnings.iter().map(|warning| format!("warning: {warning}")).collect();
    assert_eq!(errors.lines().collect::<Vec<_>>(), expected);

    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("types.ts");
    let out = wirebond(&["typescript", shop, "--types-only", "-o", file.to_str().unwrap()]);
    assert_eq!((out.status.code(), out.stdout.as_slice()), (Some(0), &b""[..]));
    let written = fs::read_to_string(&file).unwrap();
    assert_eq!(written, generate(&contract(shop), Parts::Types).text);
    assert!(written.contains("export interface ServerMessages {"));
    for part in ["createWebSocketClient", "serverMessages", "class "] {
        assert!(!written.contains(part), "{part} is the client's");
    }
}

#[test]
fn the_command_says_what_it_can_not_do() {
    let out = wirebond(&["typescript", "README.md"]);
    assert_eq!(out.status.code(), Some(2));
    assert!(String::from_utf8(out.stderr).unwrap().contains("README.md is no contract"));
    let out = wirebond(&["typescript", "tests/contract/shop.json", "-o", "tests/nowhere/x.ts"]);
    assert_eq!(out.status.code(), Some(2));
    assert!(String::from_utf8(out.stderr).unwrap().contains("x.ts can't be written"));
}

#[test]
fn field_c5_the_file_says_that_nobody_edits_it() {
    for parts in [Parts::All, Parts::Types] {
        let text = generate(&contract("tests/contract/shop.json"), parts).text;
        let head = text.lines().take_while(|line| !line.is_empty()).collect::<Vec<_>>().join("\n");
        for part in [
            "@generated by `wirebond typescript` from the contract Shop 1.2.0.",
            "@noformat",
            "*/\n/* eslint-disable */\n",
            "/* biome-ignore-all lint: generated */",
            "/* biome-ignore-all format: generated */",
        ] {
            assert!(head.contains(part), "{part}: {head}");
        }
    }
}

#[test]
fn field_c5_check_holds_a_file_against_the_contract() {
    let shop = "tests/contract/shop.json";
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("checked.ts");
    let name = file.to_str().unwrap();
    let check = |more: &[&str]| {
        let out = wirebond(&[&["typescript", shop, "--check", name], more].concat());
        (
            out.status.code(),
            String::from_utf8(out.stdout).unwrap(),
            String::from_utf8(out.stderr).unwrap(),
        )
    };
    let _ = fs::remove_file(&file);
    let (code, out, errors) = check(&[]);
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(
        errors.contains("does not exist yet: write it with `wirebond typescript CONTRACT -o "),
        "{errors}"
    );

    for (more, parts) in [(&[][..], Parts::All), (&["--types-only"][..], Parts::Types)] {
        let text = generate(&contract(shop), parts).text;
        // A checkout may have changed the line ends.
        for committed in [text.clone(), text.replace('\n', "\r\n")] {
            fs::write(&file, committed).unwrap();
            let (code, out, _) = check(more);
            assert_eq!((code, out), (Some(0), format!("{name} is up to date\n")));
        }
        fs::write(&file, text.replace("export interface ChatMessage", "export interface ChatLine"))
            .unwrap();
        let (code, out, _) = check(more);
        assert_eq!(code, Some(1));
        for line in [
            "- export interface ChatLine",
            "+ export interface ChatMessage",
            "is not what the contract says",
        ] {
            assert!(out.contains(line), "{line}: {out}");
        }
        assert_eq!(out.contains("--types-only"), parts == Parts::Types, "{out}");
        assert!(fs::read_to_string(&file).unwrap().contains("ChatLine"), "nothing is written");
    }
    fs::write(&file, generate(&contract(shop), Parts::All).text).unwrap();
    assert_eq!(check(&["--types-only"]).0, Some(1), "the other parts");
    assert_eq!(check(&["-o", "x.ts"]).0, Some(2), "one of both");
    let folder = wirebond(&["typescript", shop, "--check", "tests"]);
    assert_eq!(folder.status.code(), Some(2));
    assert!(String::from_utf8(folder.stderr).unwrap().contains("tests is a folder"));
}
