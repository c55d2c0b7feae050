//! What other languages make of contracts in forms of their own: named types for each message, and the same
//! verdicts as ours.

use std::{collections::BTreeMap, fs, process::Command};

use serde::Deserialize;
use serde_json::{Value, json};
use wirebond::{
    Contract, Direction,
    schema::{ContractDocument, Document, validate::Validator},
};

use super::contracts::{
    Adjacent, Flat, Integers, Nested, PerSide, Pointer, Rpc, Shared, SharedIntegers, Untagged,
};
use crate::support::tools;

/// Where the consumers live.
const FOLDER: &str = "tests/consumers";

#[derive(Deserialize)]
struct Answer {
    verdicts: Vec<Verdict>,
    /// By direction, the names of the messages: definition and wire name.
    names: BTreeMap<String, Vec<(String, Value)>>,
}

#[derive(Deserialize)]
struct Verdict {
    valid: bool,
    #[serde(default)]
    said: String,
}

/// A message, the definition that it is one of, and whether it is valid.
struct Case {
    side: &'static str,
    def: String,
    message: Value,
    valid: bool,
}

/// For each message of a contract the valid examples that wirebond makes, and invalid ones.
fn cases(document: &Document) -> Vec<Case> {
    let sampler = wirebond::schema::sample::Sampler::new(document, 0).unwrap();
    let mut cases = Vec::new();
    for message in document.messages() {
        let def = message.def().to_owned();
        let sends = [message.direction().client_sends(), message.direction().server_sends()];
        let mut side = "client";
        for (of_it, _) in ["client", "server"].into_iter().zip(sends).filter(|(_, sends)| *sends) {
            side = of_it;
            for index in 0..3 {
                let message = sampler.valid(&def, index).unwrap().value().clone();
                cases.push(Case { side, def: def.clone(), message, valid: true });
            }
        }
        // What lacks a tag may be valid as another message.
        if message.tag().is_some()
            && let Ok(sample) = sampler.invalid(&def, 0)
        {
            cases.push(Case { side, def, message: sample.value().clone(), valid: false });
        }
    }
    cases
}

fn ask(program: &str, script: &str, name: &str, document: &Document, cases: &[Case]) -> Answer {
    let folder = tools::scratch(&format!("forms/{name}-{script}"));
    let (contract, messages) = (folder.join("contract.json"), folder.join("messages.jsonl"));
    fs::write(&contract, document.to_json()).unwrap();
    let line = |case: &Case| {
        json!({ "side": case.side, "def": case.def, "message": case.message }).to_string() + "\n"
    };
    fs::write(&messages, cases.iter().map(line).collect::<String>()).unwrap();
    let mut command = Command::new(program);
    command.arg(tools::here(FOLDER).join(script)).args([&contract, &messages, &folder]);
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    serde_json::from_str(&tools::output(&mut command)).unwrap()
}

/// The names that a consumer has are those of the definitions.
fn assert_named(script: &str, document: &Document, answer: &Answer) {
    for (side, is_sent) in [
        ("ClientMessage", Direction::client_sends as fn(Direction) -> bool),
        ("ServerMessage", Direction::server_sends),
    ] {
        let sent = document.messages().filter(|message| is_sent(message.direction()));
        let mut expected: Vec<_> = sent.map(|message| message.def().to_owned()).collect();
        let known = answer.names.get(side).into_iter().flatten();
        let mut known: Vec<_> = known.map(|(def, _)| def.clone()).collect();
        expected.sort();
        known.sort();
        assert_eq!(known, expected, "{script}: {} {side}", document.name());
    }
}

fn hold<C: Contract>(test: &str) {
    let document = C::contract().unwrap();
    let cases = cases(&document);
    let ours = Validator::new(&document).unwrap();
    let theirs = jsonschema::draft202012::new(document.value()).unwrap();
    for Case { side, message, valid, .. } in &cases {
        let from = if *side == "client" { Direction::Client } else { Direction::Server };
        let checked = ours.check(&message.to_string(), from);
        assert_eq!(checked.is_ok(), *valid, "validate: {message}: {checked:?}");
        assert_eq!(theirs.is_valid(message), *valid, "jsonschema: {message}");
    }
    let judge = |script: &str, answer: &Answer, is_type: bool| {
        assert_eq!(answer.verdicts.len(), cases.len(), "{script}");
        for (case, verdict) in cases.iter().zip(&answer.verdicts) {
            let agrees = verdict.valid == case.valid || is_type && !case.valid;
            assert!(agrees, "{script}: {}: {}", case.message, verdict.said);
        }
    };
    if tools::node(test, FOLDER) {
        judge("ajv", &ask("node", "ajv.mjs", test, &document, &cases), false);
        let answer = ask("node", "typescript.mjs", test, &document, &cases);
        judge("typescript", &answer, true);
        assert_named("typescript", &document, &answer);
        if ["javac", "java"].into_iter().all(|program| tools::has_program(test, program)) {
            let answer = ask("node", "quicktype.mjs", test, &document, &cases);
            judge("quicktype", &answer, true);
            assert_named("quicktype", &document, &answer);
        }
    }
    if let Some(python) = tools::python(test, FOLDER) {
        let python = python.to_str().unwrap();
        judge("jsonschema", &ask(python, "validators.py", test, &document, &cases), false);
        let answer = ask(python, "models.py", test, &document, &cases);
        judge("models", &answer, false);
        // What no tag tells is read as the first class that fits.
        if document.messages().all(|message| message.tag().is_some()) {
            assert_named("models", &document, &answer);
        }
    }
}

macro_rules! forms {
    ($($test:ident $contract:ident)*) => {$(
        #[test]
        fn $test() {
            hold::<$contract>(stringify!($test));
        }
    )*};
}

forms! {
    flat Flat
    adjacent Adjacent
    per_side PerSide
    pointer Pointer
    integers Integers
    rpc Rpc
    untagged Untagged
    nested Nested
    shared Shared
    shared_integers SharedIntegers
}
