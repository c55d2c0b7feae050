//! Changes of a form, and of what tells a message.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wirebond::{
    Contract,
    schema::{
        Document,
        compat::{Level, Options, Rule, diff},
    },
};

use super::contracts::{
    Adjacent, Flat, Outcome, PerSide, Rpc, Shared, SharedIntegers, Untagged, Wanted,
};

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
    for document in [
        Flat::contract(),
        PerSide::contract(),
        Rpc::contract(),
        Untagged::contract(),
        Shared::contract(),
        SharedIntegers::contract(),
    ] {
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
fn another_tag_of_a_message_breaks_and_is_told_once() {
    #[derive(Debug, Contract)]
    #[contract(version = "1.0.0", tag = "op")]
    enum Before {
        #[message(from = "client")]
        Subscribe(Wanted),
        #[message(from = "server", tag = "subscribe")]
        Subscribed(Outcome),
    }
    mod after {
        use super::{Contract, Outcome, Wanted};

        #[derive(Debug, Contract)]
        #[contract(name = "Before", version = "2.0.0", tag = "op")]
        pub(super) enum After {
            #[message(from = "client")]
            Subscribe(Wanted),
            #[message(from = "server", tag = "sub")]
            Subscribed(Outcome),
        }
    }
    let (old, new) = (Before::contract().unwrap(), after::After::contract().unwrap());
    let found = changes(&old, &new);
    let [only] = &found[..] else { panic!("{found:?}") };
    assert_eq!((only.0, only.1), (Rule::RecognitionChanged, Level::Breaking));
    assert_eq!(only.2, "subscribed: told by the tag \"subscribe\" → by the tag \"sub\"");
    let of = |document: &Document| {
        let all = document.message_fingerprints();
        all.into_iter().map(|(message, hash)| (message.name().to_owned(), hash)).collect::<Vec<_>>()
    };
    assert_eq!(of(&old)[0], of(&new)[0]);
    assert_ne!(of(&old)[1], of(&new)[1], "a peer's digest says so, too");
}

/// What was one message with a payload that took both becomes two, and an integer gets a name: on the wire
/// nothing has changed.
#[test]
fn what_is_called_otherwise_breaks_nothing() {
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    struct Either {
        args: Option<Vec<String>>,
        success: Option<bool>,
    }
    #[derive(Debug, Contract)]
    #[contract(version = "1.0.0", tag = "op", content = "d")]
    enum Before {
        #[message(name = 1)]
        Subscribe(Either),
        #[message(from = "server", name = 2)]
        Hello(Outcome),
    }
    mod after {
        use super::{Contract, Outcome, Wanted};

        #[derive(Debug, Contract)]
        #[contract(name = "Before", version = "1.1.0", tag = "op", content = "d")]
        pub(super) enum After {
            #[message(from = "client", name = 1)]
            Subscribe(Wanted),
            #[message(from = "server", tag = 1)]
            Subscribed(Outcome),
            #[message(from = "server", tag = 2)]
            Welcome(Outcome),
        }
    }
    let (old, new) = (Before::contract().unwrap(), after::After::contract().unwrap());
    let found = changes(&old, &new);
    let renamed = |found: &[(Rule, Level, String)]| {
        let renamed = found.iter().filter(|one| one.0 == Rule::MessageRenamed);
        renamed.map(|one| (one.1, one.2.clone())).collect::<Vec<_>>()
    };
    assert_eq!(
        renamed(&found),
        [
            (Level::Ok, "1: \"1\" → \"subscribed\": its tag stays".to_owned()),
            (Level::Ok, "2: \"2\" → \"welcome\": its tag stays".to_owned()),
        ]
    );
    // The payloads are compared all the same.
    let about = |name: &str| {
        let of_it = |one: &&(Rule, Level, String)| one.2.split([':', '.']).next() == Some(name);
        found.iter().filter(of_it).map(|one| one.0).collect::<Vec<_>>()
    };
    assert!(about("1").contains(&Rule::FieldBecameRequired), "{found:?}");
    assert!(about("welcome").is_empty() && about("subscribed").is_empty(), "{found:?}");
    assert!(
        about("2").iter().all(|rule| [Rule::MessageRenamed, Rule::DefRenamed, Rule::TitleChanged].contains(rule)),
        "{found:?}"
    );
    // The way back is the same.
    assert_eq!(renamed(&changes(&new, &old)).len(), 2);
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
