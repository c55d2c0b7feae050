//! The sketch as source.

use std::fmt::Write;

use wirebond_schema::Direction;

use super::{
    form::{Form, Told},
    found::Found,
    json::Json,
    names::{kebab, method},
    notes::{comment, wrap},
    tag::Name,
    types::Types,
    variants::Variant,
};

/// The longest line.
const WIDTH: usize = 100;

/// The whole file.
pub(super) fn file(found: &Found<'_>, mut notes: Vec<String>, contract: &str) -> String {
    let mut types = Types::new(contract);
    let mut variants = String::new();
    for variant in &found.variants {
        write_variant(&mut variants, variant, found, &mut types);
    }
    if types.uses_integers {
        let note =
            "numbers that were whole in all frames are `i64`: prices and the like may want `f64`";
        wrap(&mut notes, "- ", note);
    }
    let mut text = String::new();
    for line in &notes {
        text.push_str(if line.is_empty() { "//" } else { "// " });
        text.push_str(line);
        text.push('\n');
    }
    text.push('\n');
    if types.uses_maps {
        text.push_str("use std::collections::BTreeMap;\n\n");
    }
    if !types.structs.is_empty() {
        text.push_str("use schemars::JsonSchema;\nuse serde::{Deserialize, Serialize};\n");
    }
    text.push_str("use wirebond::Contract;\n\n");
    let arguments = attribute(found);
    let line = format!("#[contract({})]", arguments.join(", "));
    let lines = format!("#[contract(\n    {},\n)]", arguments.join(",\n    "));
    let attribute = if line.len() > WIDTH { lines } else { line };
    let _ = writeln!(text, "#[derive(Debug, Contract)]\n{attribute}");
    let _ = writeln!(text, "pub enum {contract} {{\n{variants}}}");
    for one in &types.structs {
        text.push('\n');
        text.push_str(one);
    }
    text
}

/// What stands in `#[contract(…)]`.
fn attribute(found: &Found<'_>) -> Vec<String> {
    let mut arguments = vec!["version = \"0.1.0\"".to_owned()];
    arguments.extend(form_arguments(&found.client.form, &found.server.form));
    if !found.constants.is_empty() {
        let members =
            found.constants.iter().map(|(key, value)| format!("{key} = {}", literal(value)));
        arguments.push(format!("constant({})", members.collect::<Vec<_>>().join(", ")));
    }
    if found.has_batches {
        arguments.push("batch".to_owned());
    }
    arguments
}

fn form_arguments(client: &Form, server: &Form) -> Vec<String> {
    if client.is_default() && server.is_default() {
        return Vec::new();
    }
    if client == server {
        return client.arguments();
    }
    let side = |name: &str, form: &Form| format!("{name}({})", form.arguments().join(", "));
    vec![side("client", client), side("server", server)]
}

fn literal(value: &Json) -> String {
    match value {
        Json::Text(text) => format!("{text:?}"),
        Json::Number(number) => number.to_string(),
        Json::Bool(flag) => flag.to_string(),
        _ => "null".to_owned(),
    }
}

fn write_variant(out: &mut String, variant: &Variant<'_>, found: &Found<'_>, types: &mut Types) {
    if let Some(place) = variant.inner_tag(&[&found.client.form, &found.server.form]) {
        let place = comment(&place);
        let _ =
            writeln!(out, "    // Its payloads have several shapes, and `{place}` may tell which.");
    }
    if variant.differs && variant.from == Direction::Both {
        out.push_str("    // Both sides have a message of this name, with other payloads.\n");
    }
    let payload = (!variant.is_unit()).then(|| {
        let typed = match &variant.payload.object {
            // A message as a whole is a struct, whatever its keys are.
            Some(members)
                if variant.payload.kinds() == ["an object"] && !found.is_content(variant) =>
            {
                let name = types.members(members, &variant.name, &variant.name);
                (name, None)
            }
            _ => {
                let typed = types.of(&variant.payload, &variant.name, &variant.name);
                let is_optional = variant.missing > 0 || typed.is_nullable;
                (typed.optional(is_optional), typed.note)
            }
        };
        if let Some(note) = typed.1 {
            let _ = writeln!(out, "    // {note}");
        }
        typed.0
    });
    let settings = settings(variant);
    if !settings.is_empty() {
        let _ = writeln!(out, "    #[message({})]", settings.join(", "));
    }
    let payload = payload.map_or_else(String::new, |payload| format!("({payload})"));
    let _ = writeln!(out, "    {}{payload},", variant.name);
}

/// What stands in `#[message(…)]`.
fn settings(variant: &Variant<'_>) -> Vec<String> {
    let mut settings = Vec::new();
    match variant.from {
        Direction::Client => settings.push("from = \"client\"".to_owned()),
        Direction::Server => settings.push("from = \"server\"".to_owned()),
        Direction::Both => {}
    }
    let key = if variant.differs && variant.from == Direction::Server { "tag" } else { "name" };
    match &variant.told {
        Told::Name(Name::Text(name)) if *name == kebab(&variant.name) => {}
        Told::Name(Name::Text(name)) => settings.push(format!("{key} = {name:?}")),
        Told::Name(Name::Integer(name)) => settings.push(format!("{key} = {name}")),
        Told::Key(key) => settings.push(format!("key = {key:?}")),
        Told::Untagged => settings.push("untagged".to_owned()),
    }
    settings.extend(method(&variant.name).map(|method| format!("method = {method:?}")));
    settings
}
