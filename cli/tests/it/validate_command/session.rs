//! Recordings of sessions: `wirebond validate --session`.

use std::{env, fs, path::Path};

use super::{SHOP, text, wirebond};

const RECORDING: &str = r#"
< {"type":"$hello","data":{"v":1,"boot":"b","session":{"id":"9fK2","key":"secret","keep":120000},"hold":1048576,"calls":64,"contract":"1.2.0 f"}}
> {"type":"$hello","data":{"v":1,"hold":1048576,"resume":{"id":"9fK2","key":"secret","try":7,"got":41}}}
< {"type":"$resumed","data":{"got":17,"done":15}}
< {"type":"$contract","data":{"version":"1.2.0","verdict":"breaking","unreadable":["count"],"refused":[]}}
> {"type":"leave"}
< {"type":"count","data":7,"key":"9fK2:16"}
< {"type":"$ack","data":{"n":1,"of":1,"ask":true}}
> {"type":"$gap","data":{"n":3,"why":"overflow"}}
< {"type":"$error","re":7,"data":{"code":"payload","path":"items[0].qty","message":"no"}}
> {"type":"$cancel","re":8}
< {"type":"$later","data":[1]}
"#;

fn validate(args: &[&str], input: &str) -> (Option<i32>, String, String) {
    let output = wirebond(&[&["validate", SHOP], args].concat(), input.as_bytes());
    (output.status.code(), text(&output.stdout).to_owned(), text(&output.stderr).to_owned())
}

#[test]
fn frames_of_sessions_are_checked_where_they_are_asked_for() {
    let (code, out, errors) = validate(&["--session"], RECORDING);
    assert_eq!(code, Some(0), "{out}{errors}");
    assert!(out.contains("$hello     2 valid, 0 invalid\n"), "{out}");
    assert!(out.ends_with("11 of 11 lines are valid\n"), "{out}");
    let (code, out, errors) = validate(&[], RECORDING);
    assert_eq!(code, Some(1));
    assert!(out.contains("the contract has no such message"), "{out}");
    assert_eq!(errors.matches("--session").count(), 1, "{errors}");
}

#[test]
fn faults_of_frames_are_reported_like_those_of_messages() {
    for (line, expected) in [
        (r#"< {"type":"$ack","data":{"n":1}}"#, "$ack: data.of: expected an integer"),
        (
            r#"< {"type":"$gap","data":{"n":0,"why":"room"}}"#,
            "$gap: data.n: expected an integer from 1",
        ),
        (
            r#"< {"type":"$error","re":"7","data":{"code":"busy"}}"#,
            "$error: re: expected an integer",
        ),
        (r#"< {"type":"$cancel"}"#, "$cancel: re: expected an integer"),
        (r#"> {"type":"$resumed","data":{"got":1,"done":1}}"#, "it is sent by the server only"),
        // The client's hello, of the server.
        (r#"< {"type":"$hello","data":{"v":1,"hold":1}}"#, "$hello: data.boot: expected a string"),
        // Whose it is, isn't known: it is neither's.
        (r#"{"type":"$hello","data":{"v":1}}"#, "$hello: data.boot: expected a string"),
        (r#"{"type":"$hello","data":{"v":1,"hold":1},"data":{}}"#, "data: expected it once"),
    ] {
        let (code, out, _) = validate(&["--session"], line);
        assert_eq!(code, Some(1), "{line}: {out}");
        assert!(out.contains(expected), "{line}: {out}");
    }
}

#[test]
fn the_schema_in_the_docs_is_the_one_that_is_used() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let own = fs::read_to_string(root.join("src/command/validate/session.schema.json")).unwrap();
    let docs = root.join("../docs/session.schema.json");
    if env::var_os("WIREBOND_UPDATE").is_some() {
        fs::write(&docs, &own).unwrap();
    }
    let copy = fs::read_to_string(&docs).unwrap();
    assert!(
        own.replace("\r\n", "\n") == copy.replace("\r\n", "\n"),
        "docs/session.schema.json is not cli/src/command/validate/session.schema.json: write it with \
         `WIREBOND_UPDATE=1 cargo test -p wirebond-cli --test it session`"
    );
}
