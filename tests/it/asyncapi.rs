//! The AsyncAPI documents of the sample contracts: the committed one is up to date, and other
//! people's readers accept them all without an error.

use std::{fs, process::Command};

use wirebond::schema::{
    Document,
    asyncapi::{self, Options, Perspective},
    sample,
};

use crate::support::tools;

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap().replace("\r\n", "\n")
}

#[test]
fn the_committed_document_is_up_to_date() {
    const PATH: &str = "examples/contract/asyncapi.yaml";
    let document = Document::parse(&read("examples/contract/contract.json")).unwrap();
    let options = Options { examples: sample::examples(&document), ..Options::default() };
    let text = asyncapi::document(&document, &options).unwrap().to_yaml().unwrap();
    tools::committed(PATH, &text);
}

#[test]
fn readers_take_the_documents() {
    if !tools::node("readers of AsyncAPI", "tests/asyncapi") {
        return;
    }
    let folder = tools::scratch("asyncapi");
    let mut files = Vec::new();
    for (name, path) in [
        ("app", "examples/contract/contract.json"),
        ("shop", "tests/contract/shop.json"),
        ("parcels", "tests/consumers/contract.json"),
    ] {
        let document = Document::parse(&read(path)).unwrap();
        for (side, perspective, server) in [
            ("server", Perspective::Server, Some("wss://example.com:8443/socket".to_owned())),
            ("client", Perspective::Client, None),
        ] {
            let examples = sample::examples(&document);
            let options = Options { perspective, server, examples, ..Options::default() };
            let asyncapi = asyncapi::document(&document, &options).unwrap();
            for (ending, text) in
                [("json", asyncapi.to_json().unwrap()), ("yaml", asyncapi.to_yaml().unwrap())]
            {
                let file = folder.join(format!("{name}-{side}.{ending}"));
                fs::write(&file, text).unwrap();
                files.push(file);
            }
        }
    }
    let judge = |files: &[_]| {
        let run =
            Command::new("node").arg("tests/asyncapi/check.mjs").args(files).output().unwrap();
        let output = [run.stdout, run.stderr].concat();
        (run.status.success(), String::from_utf8(output).unwrap())
    };
    let (is_fine, output) = judge(&files);
    assert!(is_fine && output.contains("12 documents, 0 errors"), "{output}");

    // The checker itself refuses an invalid document.
    let wrong = folder.join("wrong.yaml");
    let text = fs::read_to_string(folder.join("app-server.yaml")).unwrap();
    fs::write(&wrong, text.replace("action: send", "action: shout")).unwrap();
    let (is_fine, output) = judge(&[wrong]);
    assert!(!is_fine && output.contains("parser: asyncapi"), "{output}");
    assert!(output.contains("redocly: "), "{output}");
}
