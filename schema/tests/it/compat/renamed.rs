//! Messages under another name, and what a report says about all changes together.
#![allow(clippy::too_many_lines, reason = "tables of cases")]

use serde_json::{Value, json};
use wirebond_schema::{
    Document,
    compat::{self, Level, Options, Rollout, Rule, Verdict},
};

/// A message: wire name, definition, payload, and who sends it.
type Sent<'s> = (&'s str, &'s str, Option<&'s str>, &'s str);

fn contract(title: &str, messages: &[Sent<'_>], defs: &Value) -> Document {
    let reference = |name: &str| json!({ "$ref": format!("#/$defs/{name}") });
    let mut all = defs.clone();
    let mut sides = [Vec::new(), Vec::new()];
    for (name, def, payload, from) in messages {
        let mut message = json!({
            "type": "object",
            "properties": { "type": { "type": "string", "const": name } },
            "required": ["type"],
        });
        if let Some(payload) = payload {
            message["properties"]["data"] = reference(payload);
            message["required"] = json!(["type", "data"]);
        }
        all[*def] = message;
        for (side, own) in sides.iter_mut().zip(["client", "server"]) {
            side.extend((*from == own || *from == "both").then(|| reference(def)));
        }
    }
    for (side, listed) in ["ClientMessage", "ServerMessage"].into_iter().zip(sides) {
        all[side] =
            if listed.is_empty() { json!({ "not": {} }) } else { json!({ "oneOf": listed }) };
    }
    let document = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:wirebond:app:1.0.0",
        "title": title,
        "$defs": all,
    });
    Document::parse(&document.to_string()).unwrap()
}

fn defs() -> Value {
    let of =
        |field: &str| json!({ "type": "object", "properties": { field: { "type": "string" } } });
    json!({ "Order": of("id"), "Same": of("id"), "Chat": of("text"), "Word": { "type": "string" } })
}

/// `old → new` of each message that was taken for another one, and what else was found of messages.
fn renamed(old: &[Sent<'_>], new: &[Sent<'_>]) -> Vec<String> {
    let (old, new) = (contract("App", old, &defs()), contract("App", new, &defs()));
    let mut all = Vec::new();
    for rollout in Rollout::ALL {
        let report = compat::diff(&old, &new, &Options { rollout, allow: Vec::new() });
        let found: Vec<String> = report
            .changes
            .iter()
            .filter(|change| change.message.is_some())
            .map(|change| match change.rule {
                Rule::MessageRenamed => {
                    assert_eq!(change.level, Level::Breaking);
                    let name = change.message.as_deref().unwrap();
                    assert!(
                        change.why.contains(&format!("`#[message(name = {name:?})]`")),
                        "{report}"
                    );
                    change.why.split(':').next().unwrap().replace('"', "")
                }
                rule => format!("{rule} {}", change.message.as_deref().unwrap()),
            })
            .collect();
        all = found;
    }
    all
}

#[test]
fn field_d5_a_renamed_message_is_breaking_and_says_how_to_keep_the_name() {
    let s = "server";
    let order = ("order-update", "OrderUpdateMessage", Some("Order"), s);
    let change = ("order-change", "OrderChangeMessage", Some("Order"), s);
    for (what, old, new, found) in [
        ("the variant", vec![order], vec![change], &["order-update → order-change"][..]),
        (
            "by the client",
            vec![("a", "AMessage", Some("Order"), "client")],
            vec![("b", "BMessage", Some("Order"), "client")],
            &["a → b"],
        ),
        (
            "by both",
            vec![("a", "AMessage", Some("Order"), "both")],
            vec![("b", "BMessage", Some("Order"), "both")],
            &["a → b"],
        ),
        (
            "its type as well",
            vec![order],
            vec![("order-change", "OrderChangeMessage", Some("Same"), s)],
            &["order-update → order-change"],
        ),
        (
            "a bare one",
            vec![("leave", "LeaveMessage", None, s)],
            vec![("quit", "QuitMessage", None, s)],
            &["leave → quit"],
        ),
        (
            "two that are alike go together",
            vec![("word-a", "AMessage", Some("Word"), s), ("line-b", "BMessage", Some("Word"), s)],
            vec![("line-c", "CMessage", Some("Word"), s), ("word-d", "DMessage", Some("Word"), s)],
            &["word-a → word-d", "line-b → line-c"],
        ),
        (
            "the better of two",
            vec![order],
            vec![("note", "NoteMessage", Some("Same"), s), change],
            &["order-update → order-change", "message-added note"],
        ),
        (
            "another payload",
            vec![order],
            vec![("chat", "ChatMessage", Some("Chat"), s)],
            &["message-removed order-update", "message-added chat"],
        ),
        (
            "a payload more",
            vec![("leave", "LeaveMessage", None, s)],
            vec![change],
            &["message-removed leave", "message-added order-change"],
        ),
        (
            "the other direction",
            vec![order],
            vec![("order-change", "OrderChangeMessage", Some("Order"), "client")],
            &["message-removed order-update", "message-added order-change"],
        ),
        ("one that stays", vec![order], vec![order, change], &["message-added order-change"]),
        (
            "bare ones with nothing in common",
            vec![("leave", "LeaveMessage", None, s), ("typing", "TypingMessage", None, s)],
            vec![("restart", "RestartMessage", None, s)],
            &["message-removed leave", "message-removed typing", "message-added restart"],
        ),
    ] {
        let mut names = renamed(&old, &new);
        names.dedup();
        let mut found: Vec<String> = found.iter().map(|one| (*one).to_owned()).collect();
        // Both sides' answers stand under `any-order`.
        names.sort();
        found.sort();
        assert_eq!(names, found, "{what}");
    }
}

#[test]
fn field_d5_two_contracts_of_different_names_are_a_warning() {
    let of = |title: &str| contract(title, &[("a", "AMessage", Some("Order"), "both")], &defs());
    let report = compat::diff(&of("App"), &of("Shop"), &Options::default());
    assert_eq!(report.verdict(), Verdict::Compatible);
    assert_eq!(report.count(Level::Warning), 1, "{report}");
    assert_eq!(report.changes[0].rule, Rule::ContractRenamed);
    assert_eq!(compat::diff(&of("App"), &of("App"), &Options::default()).changes, []);
}

#[test]
fn field_d5_the_counts_are_those_of_the_lines() {
    let field = |kind: &str, more: &str| {
        json!({ "Order": { "type": "object", "description": more, "properties": {
            "a": { "type": kind }, "b": { "type": "string", "description": more },
            more: {},
        }}})
    };
    let of = |defs: Value| contract("App", &[("a", "AMessage", Some("Order"), "both")], &defs);
    let (old, new) = (of(field("integer", "x")), of(field("number", "y")));
    for rollout in Rollout::ALL {
        for (one, other) in [(&old, &new), (&new, &old), (&old, &old)] {
            for allow in [vec![], vec!["type-widened:*".parse().unwrap()]] {
                let report = compat::diff(one, other, &Options { rollout, allow });
                let text = report.to_string();
                let last = text.lines().last().unwrap();
                for (level, noun) in [
                    ("breaking", " breaking"),
                    ("warning", " warning"),
                    ("ok", " ok"),
                    ("allowed", " allowed"),
                ] {
                    let listed = text
                        .lines()
                        .filter(|line| line.starts_with(&format!("  {level} ")))
                        .count();
                    let counted =
                        last.split(noun).next().filter(|rest| *rest != last).map_or(0, |rest| {
                            let digits = rest.rsplit(' ').next().unwrap_or_default();
                            digits.parse().unwrap_or(0)
                        });
                    assert_eq!(listed, counted, "{level}: {text}");
                }
                // As many in the table of the Markdown.
                let rows = report
                    .to_markdown()
                    .lines()
                    .filter(|line| line.starts_with("| ") && !line.starts_with("| level"))
                    .count();
                let lines = text
                    .lines()
                    .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
                    .count();
                assert_eq!(rows, lines, "{text}\n{}", report.to_markdown());
            }
        }
    }
}

#[test]
fn field_d5_a_report_in_markdown() {
    let of = |kind: &str, field: &str| {
        let defs = json!({ "Order": { "type": "object", "properties": { "a": { "type": kind }, field: {} } } });
        contract("App", &[("a", "AMessage", Some("Order"), "server")], &defs)
    };
    let report = compat::diff(&of("integer", "b"), &of("number", "<b>|`@you"), &Options::default());
    let text = report.to_markdown();
    assert!(text.starts_with("### Contract App 1.0.0 → 1.0.0: **breaking**\n"), "{text}");
    assert!(
        text.contains(
            "| breaking | `type-widened` | `a.data.a` | server→client | `type` integer → number: "
        ),
        "{text}"
    );
    assert!(text.contains("Required version: **2.0.0**."), "{text}");
    assert!(text.contains("<details><summary>1 change that nobody notices</summary>"), "{text}");
    let row = text.lines().find(|line| line.contains("optional-field-added")).unwrap();
    assert!(row.contains("``"), "what has a backtick stands between more of them: {row}");
    assert_eq!(row.matches(" | ").count(), 4, "{row}");
}
