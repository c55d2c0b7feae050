//! What is no plain list of messages: nothing at all, recordings of other tools, names mistyped.

use serde_json::{Value, json};

use super::{SHOP, text, wirebond};

fn validate(args: &[&str], input: &str) -> (Option<i32>, String, String) {
    let output = wirebond(&[&["validate", SHOP], args].concat(), input.as_bytes());
    (output.status.code(), text(&output.stdout).to_owned(), text(&output.stderr).to_owned())
}

#[test]
fn field_d6_no_message_at_all_fails_unless_it_is_asked_for() {
    for input in ["", "\n", " \n\n  \n", "Connected (press CTRL+C to quit)\n> \n"] {
        let (code, out, errors) = validate(&[], input);
        assert_eq!((code, out.as_str()), (Some(2), "0 of 0 lines are valid\n"), "{input:?}");
        assert!(
            errors.contains("no message was found") && errors.contains("--allow-empty"),
            "{errors}"
        );
        let (code, out, errors) = validate(&["--allow-empty"], input);
        assert_eq!((code, errors.as_str()), (Some(0), ""), "{input:?}");
        assert_eq!(out, "0 of 0 lines are valid\n");
        assert_eq!(validate(&["--allow-empty", "--format=json"], input).0, Some(0));
    }
    // A message that is there is judged as ever.
    assert_eq!(validate(&["--allow-empty"], "{}").0, Some(1));
    assert_eq!(validate(&[], r#"{"type":"leave"}"#).0, Some(0));
}

#[test]
fn field_d6_what_recordings_put_before_a_message_is_taken_off() {
    let count = r#"{"type":"count","data":1}"#;
    let leave = r#"{"type":"leave"}"#;
    for (sent, received) in [
        ("> ", "< "),
        ("2026-01-31T12:00:00.123Z > ", "2026-01-31T12:00:00.123Z < "),
        ("[12:00:00] send: ", "[12:00:00] recv: "),
        ("1700000000.123 SENT ", "1700000000.456 RECEIVED "),
        ("⬆ ", "⬇ "),
        ("12:00:00\t", "12:00:01\t"),
    ] {
        let recording = format!(
            "Connected (press CTRL+C to quit)\n{sent}{leave}\n{received}{count}\nDisconnected (code: 1000, reason: \"\")\n"
        );
        let (code, out, errors) = validate(&[], &recording);
        assert_eq!(code, Some(0), "{sent}: {out}");
        assert!(out.ends_with("2 of 2 lines are valid\n"), "{out}");
        assert!(errors.contains("lines begin with what a recording adds"), "{errors}");
        // Who sent it is known where the line says so.
        let (code, out, _) = validate(&[], &format!("{received}{leave}\n"));
        let is_known = sent != "12:00:00\t";
        assert_eq!(code, Some(i32::from(is_known)), "{out}");
        if is_known {
            assert!(out.contains("it is sent by the client only"), "{out}");
            let (_, out, _) = validate(&["--from=client"], &recording);
            assert!(out.ends_with("1 of 1 lines are valid\n"), "{out}");
        }
        // A fault is reported at its line.
        let (code, out, _) =
            validate(&[], &format!("{received}{}\n", r#"{"type":"count","data":256}"#));
        assert!(code == Some(1) && out.starts_with("stdin:1: count: data: expected"), "{out}");
    }
    // The frame in a line that says who sent it.
    let framed = |from: &str, message: &str| json!({ "from": from, "text": message }).to_string();
    let count = r#"{"type":"count","data":256}"#;
    assert_eq!(validate(&[], &framed("client", r#"{"type":"leave"}"#)).0, Some(0));
    for line in [
        framed("server", r#"{"type":"leave"}"#),
        framed("server", count),
        framed("client", "ready"),
    ] {
        assert_eq!(validate(&[], &line).0, Some(1), "{line}");
    }
    // What isn't known is not guessed at.
    for line in [r#"[{"type":"leave"}]"#, r#"note {"type":"leave"}"#, "< hello"] {
        assert_eq!(validate(&[], line).0, Some(1), "{line}");
    }
}

#[test]
fn field_d6_a_har_file_is_read() {
    let message = |way: &str, opcode: u8, data: &Value| json!({ "type": way, "time": 1_700_000_000.5, "opcode": opcode, "data": data.to_string() });
    let har = |messages: Value| {
        let plain = json!({ "request": { "url": "https://example.org" }, "response": {} });
        let socket = json!({ "_resourceType": "websocket", "_webSocketMessages": messages });
        json!({ "log": { "version": "1.2", "entries": [plain, socket] } })
    };
    let good = har(json!([
        message("send", 1, &json!({ "type": "leave" })),
        message("receive", 1, &json!({ "type": "count", "data": 1 })),
    ]));
    for text in [good.to_string(), format!("{good:#}"), format!("\u{feff}{good:#}\n")] {
        let (code, out, errors) = validate(&[], &text);
        assert_eq!(code, Some(0), "{out}{errors}");
        assert!(
            out.ends_with("2 of 2 lines are valid\n") && errors.contains("HAR"),
            "{out}{errors}"
        );
    }
    let bad = har(json!([
        message("send", 1, &json!({ "type": "leave" })),
        message("receive", 1, &json!({ "type": "leave" })),
        message("receive", 2, &json!("AAEC")),
    ]));
    let (code, out, _) = validate(&[], &format!("{bad:#}"));
    assert_eq!(code, Some(1));
    assert!(
        out.contains("stdin:2: type: expected") && out.contains("stdin:3: expected a text message"),
        "{out}"
    );
    let (code, _, errors) = validate(&[], &har(json!([])).to_string());
    assert!(code == Some(2) && errors.contains("_webSocketMessages"), "{errors}");
    // Other JSON of several lines is reported as that.
    let (code, out, errors) = validate(&[], "{\n  \"type\": \"leave\"\n}\n");
    assert!(
        code == Some(1) && out.contains("stdin:1:") && errors.contains("one a line"),
        "{out}{errors}"
    );
}

#[test]
fn field_d6_a_name_or_a_field_that_was_nearly_right_is_told() {
    for (line, expected) in [
        (r#"{"type":"order_update","data":{}}"#, "did you mean \"order-update\"?"),
        (r#"{"type":"OrderUpdate","data":{}}"#, "did you mean \"order-update\"?"),
        (r#"{"type":"cuont","data":1}"#, "did you mean \"count\"?"),
        (
            r#"{"type":"order-update","data":{"kind":"sent-to","Street":"x","number":1}}"#,
            "data.street: expected a string, found nothing, but \"Street\"; did you mean \"street\"?",
        ),
        (
            r#"{"type":"order-update","data":{"kind":"sent-to","street":"x","number":1,"nubmer":2}}"#,
            "did you mean \"number\"?",
        ),
    ] {
        let (code, out, _) = validate(&[], line);
        assert!(code == Some(1) && out.contains(expected), "{out}");
    }
    for line in [r#"{"type":"weather"}"#, r#"{"type":"","data":1}"#, r#"{"type":"count"}"#] {
        assert!(!validate(&[], line).1.contains("did you mean"), "{line}");
    }
}
