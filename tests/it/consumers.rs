//! What other languages make of `contract.json`: their tools know each message by its name, and accept
//! and refuse a shared set of messages as our own codec does.

use std::{collections::BTreeMap, fs, process::Command};

use serde::Deserialize;

use self::shared::{Case, Exception, Side, Subject, Verdict, except, judge, names, subject};
use crate::{chat, support::tools};

#[allow(dead_code, reason = "other languages read the fields")]
mod parcels;
mod shared;

/// Where the consumers live.
const FOLDER: &str = "tests/consumers";

/// What a consumer answers.
#[derive(Deserialize)]
struct Answer {
    verdicts: Vec<Verdict>,
    /// By direction, the names of the messages: definition and wire name.
    names: BTreeMap<String, Vec<(String, String)>>,
}

fn subjects() -> [Subject; 2] {
    [
        subject::<chat::App>("chat", "examples/contract/contract.json", |_| None),
        subject::<parcels::App>("parcels", "tests/consumers/contract.json", parcels::answer),
    ]
}

/// Runs a consumer, which is a script that takes a contract, messages and a folder of its own.
fn ask(program: &str, script: &str, subject: &Subject) -> Answer {
    let folder = tools::scratch(&format!("consumers/{script}-{}", subject.name));
    let mut command = Command::new(program);
    command.arg(tools::here(FOLDER).join(script));
    command.args([&subject.contract, &subject.messages, &folder]);
    // No consumer leaves anything beside its script.
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    serde_json::from_str(&tools::output(&mut command)).unwrap()
}

/// Runs a consumer on both contracts, and returns its answers if all verdicts are as expected.
fn consult(program: &str, script: &str, exceptions: &[Exception]) -> Vec<Answer> {
    let subjects = subjects();
    let answers: Vec<_> = subjects.iter().map(|subject| ask(program, script, subject)).collect();
    judge(exceptions, &subjects, answers.iter().map(|answer| answer.verdicts.as_slice()));
    answers
}

/// A consumer's types bear the names of the contract's definitions, direction by direction.
fn assert_named(answers: &[Answer]) {
    for (subject, answer) in subjects().iter().zip(answers) {
        for (side, named) in [(Side::Client, "ClientMessage"), (Side::Server, "ServerMessage")] {
            let mut expected = names(&subject.document, side);
            let mut known = answer.names[named].clone();
            expected.sort();
            known.sort();
            assert_eq!(known, expected, "{}: {named}", subject.name);
        }
    }
}

/// A consumer reports where every fault is.
fn assert_located(answers: &[Answer]) {
    for verdict in answers.iter().flat_map(|answer| &answer.verdicts) {
        assert!(verdict.valid || verdict.at.is_some(), "{}", verdict.said);
    }
}

#[test]
fn the_document_is_the_committed_one() {
    wirebond::assert_contract!(parcels::App, "tests/consumers/contract.json");
}

#[test]
fn the_examples_messages_have_plain_names() {
    let [chat, parcels] = subjects();
    let defs = |document, side| {
        names(document, side).into_iter().map(|(def, _)| def).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(
        defs(&chat.document, Side::Client),
        "ChatMessage JoinMessage PingMessage PongMessage"
    );
    assert_eq!(
        defs(&chat.document, Side::Server),
        "ChatMessage PingMessage PongMessage NotificationMessage OrderUpdateMessage"
    );
    assert!(defs(&parcels.document, Side::Client).starts_with("ChatEnvelope ParcelMessage"));
}

#[test]
fn the_messages_try_everything() {
    for subject in subjects() {
        assert!(subject.cases.len() >= 40, "{}", subject.name);
        let mut whys: Vec<_> = subject.cases.iter().map(|case| &case.why).collect();
        whys.sort();
        assert!(
            whys.windows(2).all(|pair| pair[0] != pair[1]),
            "{}: two of one name",
            subject.name
        );
        for side in [Side::Client, Side::Server] {
            for (_, name) in names(&subject.document, side) {
                let of_it = |case: &&Case| case.side == side && case.message["type"] == *name;
                let valid = subject.cases.iter().filter(of_it).any(|case| case.valid);
                assert!(valid, "{}: no valid message {name}", subject.name);
            }
        }
        for case in &subject.cases {
            assert_eq!(case.valid, case.fault.is_none(), "{}", case.why);
            assert_eq!(case.valid, case.at.is_none(), "{}", case.why);
        }
    }
}

/// What the document doesn't express, whichever tool reads it.
const UNSAID: Exception =
    except("wide", "JavaScript can't hold the bounds of 64 bits, so the document has none");

#[test]
fn our_codec() {
    let exceptions = [
        except("heartbeat", "the client answers a ping without looking into it"),
        except("id", "a request whose `id` is no number is a message without one"),
    ];
    let subjects = subjects();
    let verdicts = subjects.iter().map(|subject| {
        let read = |case: &Case| Verdict::from(subject.read(case));
        subject.cases.iter().map(read).collect()
    });
    let verdicts: Vec<Vec<_>> = verdicts.collect();
    judge(&exceptions, &subjects, verdicts.iter().map(Vec::as_slice));
}

#[test]
fn jsonschema_for_rust() {
    let subjects = subjects();
    let verdicts = subjects.iter().map(|subject| {
        let validator = |side: &str| {
            let mut schema = subject.document.value().clone();
            schema.as_object_mut().unwrap().remove("anyOf");
            schema["$ref"] = format!("#/$defs/{side}").into();
            jsonschema::draft202012::options().should_validate_formats(true).build(&schema).unwrap()
        };
        let (client, server) = (validator("ClientMessage"), validator("ServerMessage"));
        let read = |case: &Case| {
            let validator = if case.side == Side::Client { &client } else { &server };
            let error = validator.validate(&case.message).err();
            let said = error.map(|error| error.to_string());
            Verdict {
                valid: said.is_none(),
                at: None,
                said: said.unwrap_or_default(),
                errors: None,
            }
        };
        subject.cases.iter().map(read).collect()
    });
    let verdicts: Vec<Vec<_>> = verdicts.collect();
    judge(&[UNSAID], &subjects, verdicts.iter().map(Vec::as_slice));
}

#[test]
fn ajv() {
    if tools::node("ajv", FOLDER) {
        assert_located(&consult("node", "ajv.mjs", &[UNSAID]));
    }
}

#[test]
fn json_schema_to_typescript() {
    let exceptions = [
        UNSAID,
        except("bound", "a type of TypeScript's has no bounds"),
        except("fraction", "TypeScript has one type for numbers"),
        except("letters", "a string's length is no type"),
        except("format", "nor is its form"),
        except("time", "nor is its form"),
        except("map key", "nor is a key's form"),
        except("tuple", "json-schema-to-typescript 16 knows a tuple's length, not its types"),
        except("tagged by a key, two keys", "nor in one of closed objects"),
        except("a number for anything", "a schema without a type is taken for an object's"),
        except("null for anything", "the same"),
    ];
    if tools::node("json_schema_to_typescript", FOLDER) {
        assert_named(&consult("node", "typescript.mjs", &exceptions));
    }
}

#[test]
fn quicktype() {
    let exceptions = [
        UNSAID,
        except("bound", "quicktype's converters check types alone"),
        except("fraction", "the same"),
        except("length", "the same"),
        except("letters", "the same"),
        except("format", "the same"),
        except("a time without zone", "what JavaScript's Date reads is a time"),
        except("branch", "quicktype makes one class of a union's objects, its fields optional"),
        except("closed branch", "the same"),
        except("keys", "the same"),
        except("a number in a tuple where a string should be", "a tuple becomes a list of a union"),
        except("a map by number", "quicktype reads no `patternProperties`: no key is left"),
    ];
    if ["javac", "java"].into_iter().all(|program| tools::has_program("quicktype", program))
        && tools::node("quicktype", FOLDER)
    {
        assert_named(&consult("node", "quicktype.mjs", &exceptions));
    }
}

#[test]
fn jsonschema_for_python() {
    if let Some(python) = tools::python("jsonschema_for_python", FOLDER) {
        consult(python.to_str().unwrap(), "validators.py", &[UNSAID]);
    }
}

#[test]
fn datamodel_code_generator() {
    if let Some(python) = tools::python("datamodel_code_generator", FOLDER) {
        let answers = consult(python.to_str().unwrap(), "models.py", &[UNSAID]);
        assert_named(&answers);
        assert_located(&answers);
        for (subject, answer) in subjects().iter().zip(&answers) {
            for (case, verdict) in subject.cases.iter().zip(&answer.verdicts) {
                // A union without a tag has an error for each of its branches.
                let untagged = matches!(case.fault.as_deref(), Some("union" | "keys"))
                    || case.message["type"] == "lookup";
                if !verdict.valid && !untagged {
                    assert_eq!(verdict.errors, Some(1), "{}: {}", case.why, verdict.said);
                }
            }
        }
    }
}

/// The commands for other languages' generators on the page for teams without Rust.
#[test]
fn field_d7_the_page_s_commands_for_other_languages_work() {
    let page = fs::read_to_string(tools::here("docs/contract.md")).unwrap();
    let commands: Vec<_> = page
        .lines()
        .filter(|line| line.starts_with("npx ") || line.starts_with("datamodel-codegen "))
        .collect();
    assert_eq!(commands.len(), 4);
    let name = "the page's commands";
    let (true, Some(python)) = (tools::node(name, FOLDER), tools::python(name, FOLDER)) else {
        return;
    };
    let folder = tools::scratch("consumers/page");
    fs::create_dir(folder.join("java")).unwrap();
    fs::copy(tools::here("examples/contract/contract.json"), folder.join("contract.json")).unwrap();
    let node = tools::here(FOLDER).join("node_modules/.bin");
    for line in commands {
        // `npx` would look for the programs in the folder that it is run in.
        let line = line.strip_prefix("npx ").unwrap_or(line);
        let mut words = line.split(' ').map(|word| word.trim_matches('\''));
        let program = words.next().unwrap();
        let mut command = match program {
            "datamodel-codegen" => Command::new(python.with_file_name(program)),
            // What npm puts there is a script for node on some systems, and for a shell on others.
            _ => Command::new(node.join(program)),
        };
        tools::output(command.args(words).current_dir(&folder));
    }
    let made = |file: &str| fs::read_to_string(folder.join(file)).unwrap();
    let (types, models, go) = (made("contract.d.ts"), made("contract.py"), made("contract.go"));
    let [chat, _] = subjects();
    for (def, _) in [Side::Client, Side::Server].map(|side| names(&chat.document, side)).concat() {
        assert!(types.contains(&format!("export interface {def} {{")), "{def}: {types}");
        assert!(models.contains(&format!("class {def}(BaseModel):")), "{def}: {models}");
        assert!(go.contains(&format!("type {def} struct {{")), "{def}: {go}");
        assert!(made(&format!("java/{def}.java")).contains(&format!("public class {def} {{")));
    }
    for (language, text) in [("TypeScript", types), ("Python", models)] {
        for def in ["ChatMessage1", "ClientMessage1", "ChatMessage2", "Type1"] {
            assert!(!text.contains(def), "{language}: {def}: {text}");
        }
    }
}
