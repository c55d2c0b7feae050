//! Changes of a form, and of what tells a message.

use wirebond::schema::{
    Document,
    compat::{Level, Options, Rule, diff},
};

use super::contracts::{Adjacent, Flat, PerSide, Rpc, Untagged};

fn changes(old: &Document, new: &Document) -> Vec<(Rule, Level, String)> {
    let report = diff(old, new, &Options::default());
    let changes = report.changes.iter();
    changes.map(|one| (one.rule, one.level, format!("{}: {}", one.place(), one.why))).collect()
}

fn changed(document: &Document, from: &str, to: &str) -> Document {
    let text = document.to_json();
    assert!(text.contains(from), "{from}: {text}");
    Document::parse(&text.replace(from, to)).unwrap()
}

#[test]
fn a_contract_has_not_changed_towards_itself() {
    for document in [Flat::contract(), PerSide::contract(), Rpc::contract(), Untagged::contract()] {
        let document = document.unwrap();
        assert_eq!(changes(&document, &document), []);
        assert_eq!(document.fingerprint(), document.clone().fingerprint());
    }
}

#[test]
fn another_key_is_one_change_that_breaks() {
    let old = Adjacent::contract().unwrap();
    let new = changed(&old, "\\\"payload\\\"", "\\\"body\\\"");
    let new = changed(&new, "\"payload\"", "\"body\"");
    let found = changes(&old, &new);
    let [form, version] = &found[..] else { panic!("{found:?}") };
    assert_eq!((form.0, form.1), (Rule::FormChanged, Level::Breaking));
    assert_eq!(
        form.2,
        "form: client: content: \"payload\" → \"body\"; server: content: \"payload\" → \"body\""
    );
    assert_eq!(version.0, Rule::MajorBumpMissing);
    assert_ne!(old.fingerprint(), new.fingerprint());
}

#[test]
fn another_key_of_the_time_is_a_warning() {
    let old = Adjacent::contract().unwrap();
    let new = changed(&old, "\\\"ts\\\"", "\\\"at\\\"");
    let new = changed(&new, "\"ts\":", "\"at\":");
    let found = changes(&old, &new);
    let form = found.iter().find(|one| one.0 == Rule::FormChanged).unwrap();
    assert_eq!(form.1, Level::Warning);
    assert!(found.iter().all(|one| one.1 <= Level::Warning), "{found:?}");
}

#[test]
fn a_message_that_another_key_tells_has_changed() {
    let old = Rpc::contract().unwrap();
    let text = old.to_json();
    let text = text.replace("\\\"key\\\":\\\"error\\\"", "\\\"key\\\":\\\"failure\\\"");
    let new = Document::parse(&text).unwrap();
    let found = changes(&old, &new);
    let of_it: Vec<_> = found.iter().filter(|one| one.0 == Rule::RecognitionChanged).collect();
    assert_eq!(of_it.len(), 1, "{found:?}");
    assert_eq!(of_it[0].1, Level::Breaking);
    assert_eq!(of_it[0].2, "failed: told by the key \"error\" → by the key \"failure\"");
}

#[test]
fn arrays_of_messages_are_a_part_of_the_form() {
    let old = Rpc::contract().unwrap();
    let mut value = old.value().clone();
    value["anyOf"].as_array_mut().unwrap().truncate(2);
    let text = value.to_string().replace("\\\"batch\\\":true,", "");
    let found = changes(&old, &Document::parse(&text).unwrap());
    assert!(found.iter().any(|one| one.0 == Rule::FormChanged && one.1 == Level::Breaking));
}

#[test]
fn replies_come_and_go_in_any_form() {
    let new = Rpc::contract().unwrap();
    let mut value = new.value().clone();
    let side = value["$defs"]["ServerMessage"]["anyOf"].as_array_mut().unwrap();
    side.retain(|one| !one.to_string().contains("BlockNumber"));
    let old = Document::parse(&value.to_string()).unwrap();
    let rules = |old, new| changes(old, new).into_iter().map(|one| one.0).collect::<Vec<_>>();
    assert!(rules(&old, &new).contains(&Rule::ReplyAdded), "{:?}", changes(&old, &new));
    assert!(rules(&new, &old).contains(&Rule::ReplyRemoved), "{:?}", changes(&new, &old));
}
