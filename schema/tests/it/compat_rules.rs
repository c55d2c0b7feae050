//! `docs/rules.md` is what the rules do: it is made from examples that are judged here. With
//! `WIREBOND_UPDATE` set it is written.

use std::{env, fmt::Write, fs, path::Path};

use serde_json::{Value, json};
use wirebond_schema::{
    Document,
    compat::{self, Change, Level, Options, Report, Rollout, Rule, Way},
};

mod model;
mod table;

use model::{Entry, Example, Form, Sent, Side, What};

const HEAD: &str = "\
# The rules of `wirebond diff`

<!-- Written by the test `compat_rules` from examples that it runs: \
`WIREBOND_UPDATE=1 cargo test -p wirebond-schema --test it compat_rules`. -->

`wirebond diff OLD NEW` compares two versions of a contract. It asks one question of each message in
each direction in which it goes: **is all that the writer sends accepted by the reader?** Who has the older
contract follows from who is deployed first:

| `--rollout` | client→server | server→client |
|---|---|---|
| `server-first` (default) | old clients write, the new server reads | the new server writes, old clients read |
| `client-first` | new clients write, the old server reads | the old server writes, new clients read |
| `any-order` | both | both |

A writer sends only the fields that it declares, unless its schema says expressly that there are others
(`additionalProperties`). A message that both sides send is asked about in both directions.

Levels: **ok** (nobody notices), **warning** (it works, but somebody should know), **undecided** (it
can't be judged, so it fails: exit code 2), **breaking** (exit code 1). A `–` means that the rule has
nothing to say in that direction. `--allow RULE:PATH` accepts a change on purpose; the path is the wire
name and the place in the message, such as `chat.data.user`, `*` at its end stands for any rest, and
`$.data.user` is that place in any message.

A contract whose version doesn't follow SemVer is refused when it is read: exit code 2.

The levels in the tables below are those of the example, with `--rollout server-first`; with
`client-first` the two columns change places (but see [message-added](#message-added)).
";

/// A contract with one version and these messages, which carry payloads of these schemas.
fn contract(side: &Side) -> Document {
    let reference = |name: &str| json!({ "$ref": format!("#/$defs/{name}") });
    let mut defs = json!({});
    for (name, schema) in &side.defs {
        defs[*name] = serde_json::from_str(schema).unwrap();
    }
    let mut listed = [Vec::new(), Vec::new()];
    let form = side.form;
    for message in &side.messages {
        let def = format!("{}Message", message.variant);
        let mut fields = json!({ "type": { "type": "string", "const": message.name } });
        let mut required = json!(["type"]);
        if let Some(payload) = message.payload {
            fields["data"] = reference(payload);
            required = json!(["type", "data"]);
        }
        if let Some(key) = message.number {
            fields[key] = json!({ "type": "integer", "minimum": 0 });
            if key == "re" {
                required.as_array_mut().unwrap().push(json!(key));
            }
        }
        defs[&def] = json!({ "type": "object", "properties": fields, "required": required });
        if let Some(form) = form {
            defs[&def] = in_form(form, message, &side.defs);
        }
        for (goes, side) in [message.client, message.server].into_iter().zip(&mut listed) {
            side.extend(goes.then(|| reference(&def)));
        }
    }
    for (name, listed) in ["ClientMessage", "ServerMessage"].into_iter().zip(listed) {
        defs[name] =
            if listed.is_empty() { json!({ "not": {} }) } else { json!({ "oneOf": listed }) };
    }
    let mut document = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": format!("urn:wirebond:app:{}", side.version),
        "title": side.title,
        "$defs": defs,
    });
    if let Some(form) = form {
        let keys = form.keys.iter().map(|(key, name)| json!({ "key": key, "name": name }));
        let side = json!({ "tag": form.tag, "keys": keys.collect::<Vec<_>>() });
        let form = json!({ "client": side, "server": side });
        document["$comment"] = json!(format!("wirebond form {form}"));
    }
    Document::parse(&document.to_string()).unwrap()
}

/// The definition of a message whose payload stands beside the tag, or is told by a key.
fn in_form(form: Form, message: &Sent, defs: &[(&str, &str)]) -> Value {
    let key = form.keys.iter().find(|(_, name)| *name == message.name);
    let payload = defs.iter().find(|(name, _)| Some(*name) == message.payload);
    let mut def: Value = payload
        .map_or(json!({ "type": "object" }), |(_, schema)| serde_json::from_str(schema).unwrap());
    if !def["properties"].is_object() {
        def["properties"] = json!({});
    }
    if !def["required"].is_array() {
        def["required"] = json!([]);
    }
    let mut note = json!({});
    if let Some(payload) = message.payload {
        note["payload"] = json!(payload);
    }
    let required = if let Some((key, name)) = key {
        (note["key"], note["name"]) = (json!(key), json!(name));
        key
    } else {
        def["properties"][form.tag] = json!({ "type": "string", "const": message.name });
        form.tag
    };
    if !def["required"].as_array().unwrap().contains(&json!(required)) {
        def["required"].as_array_mut().unwrap().push(json!(required));
    }
    def["$comment"] = json!(format!("wirebond message {note}"));
    def
}

fn judge(example: &Example, rollout: Rollout) -> Report {
    let (old, new) = example.sides();
    compat::diff(&contract(&old), &contract(&new), &Options { rollout, allow: Vec::new() })
}

/// What the rule says in a direction; the first column also has what concerns no direction.
fn found(report: &Report, rule: Rule, way: Way) -> Option<&Change> {
    report
        .changes
        .iter()
        .filter(|change| change.rule == rule && change.way.is_none_or(|one| one == way))
        .max_by_key(|change| change.level)
}

#[test]
fn each_rule_has_an_example_that_trips_it_with_the_level_that_the_page_states() {
    let entries = table::entries();
    let documented: Vec<Rule> = entries.iter().map(|entry| entry.rule).collect();
    assert_eq!(documented, Rule::ALL);
    for Entry { rule, examples, .. } in &entries {
        assert!(!examples.is_empty(), "{rule}");
        for example in examples {
            let report = judge(example, Rollout::ServerFirst);
            for (way, expected) in [Way::ToServer, Way::ToClient].into_iter().zip(example.levels) {
                let level = found(&report, *rule, way).map(|change| change.level);
                assert_eq!(level, expected, "{rule} {way}: {}\n{report}", example.what);
            }
        }
    }
}

#[test]
fn client_first_is_the_reverse_and_any_order_the_worse_of_both() {
    for Entry { rule, examples, .. } in table::entries() {
        for example in examples {
            let ways = [Way::ToServer, Way::ToClient];
            let of = |rollout| {
                let report = judge(&example, rollout);
                ways.map(|way| found(&report, rule, way).map(|change| change.level))
            };
            let [to_server, to_client] = of(Rollout::ServerFirst);
            let reverse = of(Rollout::ClientFirst);
            // A server does not ignore what it doesn't know, and versions have no direction.
            let has_direction = rule != Rule::MessageAdded && !rule.id().contains("version");
            if has_direction && rule != Rule::MajorBumpMissing && example.is_symmetric() {
                assert_eq!(reverse, [to_client, to_server], "{rule}: {}", example.what);
            }
            let both = [to_server.max(reverse[0]), to_client.max(reverse[1])];
            if rule != Rule::MajorBumpMissing {
                assert_eq!(of(Rollout::AnyOrder), both, "{rule}: {}", example.what);
            }
        }
    }
}

#[test]
fn the_page_is_what_the_examples_do() {
    let page = page();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/rules.md");
    if env::var_os("WIREBOND_UPDATE").is_some() {
        fs::write(&path, &page).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap().replace("\r\n", "\n");
    let first = committed.lines().zip(page.lines()).find(|(one, other)| one != other);
    assert!(
        committed == page,
        "docs/rules.md is not what the rules do, at {first:?}: write it with `WIREBOND_UPDATE=1 cargo \
         test -p wirebond-schema --test it compat_rules`"
    );
}

fn page() -> String {
    let mut out = HEAD.to_owned();
    let entries = table::entries();
    out.push_str("\n| rule | what changed |\n|---|---|\n");
    for Entry { rule, .. } in &entries {
        let _ = writeln!(out, "| [{rule}](#{rule}) | {} |", rule.summary());
    }
    for Entry { rule, note, examples } in &entries {
        let _ = write!(out, "\n## {rule}\n\n{}", rule.summary());
        if !note.is_empty() {
            let _ = write!(out, " {note}");
        }
        out.push('\n');
        for example in examples {
            example_to(&mut out, *rule, example);
        }
    }
    out
}

fn example_to(out: &mut String, rule: Rule, example: &Example) {
    let _ = writeln!(out, "\nExample: {}.\n", example.what);
    match &example.change {
        What::Payload(old, new) => {
            for (when, text) in [("before", old), ("after ", new)] {
                let _ = writeln!(out, "    {when}  {text}");
            }
        }
        What::Contract(..) => {
            let (old, new) = example.sides();
            for (when, side) in [("before", &old), ("after ", &new)] {
                let _ = writeln!(out, "    {when}  {}", side.describe());
                for (name, schema) in side.defs.iter().filter(|_| old.defs != new.defs) {
                    let _ = writeln!(out, "            {name} = {schema}");
                }
            }
        }
    }
    let report = judge(example, Rollout::ServerFirst);
    let cell = |way: Way, level: Option<Level>| match (level, found(&report, rule, way)) {
        (Some(level), Some(change)) => {
            format!("**{level}**: {} (`{}`)", change.why.replace('|', "\\|"), change.place())
        }
        _ => "–".to_owned(),
    };
    let [to_server, to_client] = example.levels;
    out.push_str("\n| client→server | server→client |\n|---|---|\n");
    let cells = (cell(Way::ToServer, to_server), cell(Way::ToClient, to_client));
    let _ = writeln!(out, "| {} | {} |", cells.0, cells.1);
}
