//! The verdicts of `compat` held against those of others: `jsoncompat` decides whether all that a
//! closed writer sends is accepted by the reader, and `jsonschema` validates random messages on both
//! sides.
//!
//! `WIREBOND_ORACLE=10000 cargo test --release -p wirebond-schema --test it compat_oracle` runs as many
//! mutations as it says.

use std::{collections::BTreeMap, env, fmt::Write};

use jsoncompat::{CompatibilityResult, Role, SchemaDocument, analyze_compat, check_compat};
use serde_json::{Value, json};
use wirebond_schema::{
    Document,
    compat::{self, Change, Level, Options, Rule, Way},
};

mod dice;
mod fingerprint;
mod generate;
mod instance;
mod mutate;
mod words;

use dice::Dice;

/// The writer sends only what it declares. An object with branches is closed by them.
fn close(schema: &mut Value) {
    let Value::Object(map) = schema else { return };
    let is_object = map.get("type") == Some(&json!("object")) || map.contains_key("properties");
    let has_branches = map.contains_key("oneOf") || map.contains_key("anyOf");
    for key in ["properties", "patternProperties", "$defs"] {
        if let Some(Value::Object(named)) = map.get_mut(key) {
            named.values_mut().for_each(close);
        }
    }
    for key in ["items", "additionalProperties"] {
        map.get_mut(key).into_iter().for_each(close);
    }
    for key in ["prefixItems", "anyOf", "oneOf"] {
        if let Some(Value::Array(all)) = map.get_mut(key) {
            all.iter_mut().for_each(close);
        }
    }
    if is_object && !has_branches {
        map.entry("additionalProperties").or_insert(json!(false));
    }
}

/// One message of a contract as a schema that stands alone.
fn alone(contract: &Value, message: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{message}"), "$defs": contract["$defs"] })
}

/// What all runs together come to.
#[derive(Default)]
struct Counts {
    /// Random documents that are no contracts.
    refused: usize,
    questions: usize,
    agreed_compatible: usize,
    agreed_breaking: usize,
    /// Counts of disagreements, by reason.
    explained: BTreeMap<&'static str, usize>,
    unexplained: Vec<String>,
    shown: usize,
    breaking: usize,
    checked: usize,
    contradicted: Vec<String>,
}

/// One question: does the reader take all that the writer sends?
struct Question<'q> {
    writer: &'q Value,
    reader: &'q Value,
    message: String,
    level: Level,
    changes: Vec<&'q Change>,
    what: &'q str,
}

impl Question<'_> {
    fn describe(&self, why: &str) -> String {
        let mut text = format!("{why}: {} by {}\n", self.level, self.what);
        for change in &self.changes {
            let _ = writeln!(
                text,
                "  {} {} {}: {}",
                change.level, change.rule, change.path, change.why
            );
        }
        let _ = writeln!(text, "  writer {}\n  reader {}", self.writer, self.reader);
        text
    }

    fn ask(&self, counts: &mut Counts, dice: &mut Dice) {
        counts.questions += 1;
        let mut closed = alone(self.writer, &self.message);
        close(&mut closed);
        let reader = alone(self.reader, &self.message);
        let witness = self.witness(&closed, &reader, counts, dice);
        let writer_document = SchemaDocument::from_json(&closed).unwrap();
        let reader_document = SchemaDocument::from_json(&reader).unwrap();
        // "Is what the new schema gives accepted by the old one?"
        let role = Role::Serializer;
        let Ok(fits) = check_compat(&reader_document, &writer_document, role) else {
            *counts.explained.entry("no schema: a reference to itself").or_default() += 1;
            return;
        };
        match (self.level, fits) {
            (Level::Ok | Level::Warning, true) => counts.agreed_compatible += 1,
            (Level::Breaking, false) => counts.agreed_breaking += 1,
            (Level::Undecided, _) => match self.why_undecided() {
                Some(reason) => *counts.explained.entry(reason).or_default() += 1,
                None => counts.unexplained.push(self.describe("undecided")),
            },
            (level, _) => {
                let answer = analyze_compat(&reader_document, &writer_document, role).unwrap();
                if let Some(reason) = explain(level, &answer, witness) {
                    *counts.explained.entry(reason).or_default() += 1;
                } else {
                    counts.unexplained.push(self.describe(&format!("jsoncompat says {answer:?}")));
                }
            }
        }
    }

    fn why_undecided(&self) -> Option<&'static str> {
        let mut all = self.changes.iter().filter(|change| change.level == Level::Undecided);
        all.find_map(|change| {
            let reasons = [
                ("leads back to itself", "undecided: a reference to itself"),
                ("`patternProperties`", "undecided: patterns of names"),
                ("which of them allows more", "undecided: limits that can't be compared"),
                ("several branches", "undecided: branches that overlap"),
                ("can't be decided", "undecided: branches that overlap"),
                (
                    "no value that undeclared fields may have",
                    "undecided: overlap in a field's values",
                ),
            ];
            let is_named = |(part, _): &(&str, _)| change.why.contains(part);
            reasons.into_iter().find(is_named).map(|(_, reason)| reason)
        })
    }

    /// Looks for a message that the writer may send and the reader refuses.
    fn witness(
        &self,
        closed: &Value,
        reader: &Value,
        counts: &mut Counts,
        dice: &mut Dice,
    ) -> bool {
        let (writer, taker) = (
            jsonschema::validator_for(closed).unwrap(),
            jsonschema::validator_for(reader).unwrap(),
        );
        let maker = instance::Maker { root: closed };
        let (tries, is_breaking) = match self.level {
            Level::Breaking => (400, true),
            _ => (25, false),
        };
        counts.breaking += usize::from(is_breaking);
        for _ in 0..tries {
            let message = maker.make(closed, 0, dice);
            if !writer.is_valid(&message) {
                continue;
            }
            counts.checked += 1;
            if taker.is_valid(&message) {
                continue;
            }
            if is_breaking {
                counts.shown += 1;
            } else if self.level < Level::Undecided {
                counts.contradicted.push(self.describe(&format!("{message} is refused")));
            }
            return true;
        }
        false
    }
}

/// Why the two disagree, if that is known.
fn explain(level: Level, answer: &CompatibilityResult, witness: bool) -> Option<&'static str> {
    match (level, answer) {
        (Level::Breaking, CompatibilityResult::Compatible) if witness => {
            Some("a message refutes jsoncompat")
        }
        (Level::Ok | Level::Warning, CompatibilityResult::Unknown { .. }) if !witness => {
            Some("jsoncompat finds neither a proof nor a counterexample")
        }
        _ => None,
    }
}

/// Compares a random contract with a random change of it, message by message, in both directions.
fn run(seed: u64, counts: &mut Counts) {
    let mut dice = Dice::of(seed);
    let old = generate::contract(&mut dice);
    let mut new = old.clone();
    let changes: Vec<_> =
        (0..=dice.below(2)).map(|_| mutate::mutate(&mut new, &mut dice)).collect();
    let parse = |value: &Value| Document::parse(&value.to_string());
    let (Ok(old_document), Ok(new_document)) = (parse(&old), parse(&new)) else {
        // A definition that is nothing but itself: no contract, and no question.
        counts.refused += 1;
        return;
    };
    let report = compat::diff(&old_document, &new_document, &Options::default());
    let what = format!("seed {seed}: {}", changes.join(", "));
    for index in 0..2 {
        // Nothing to ask where the two are the same.
        let (message, name) = (format!("M{index}Message"), format!("m{index}"));
        for (way, writer, reader) in [(Way::ToServer, &old, &new), (Way::ToClient, &new, &old)] {
            let changes: Vec<&Change> = report
                .changes
                .iter()
                .filter(|one| one.message.as_deref() == Some(&name) && one.way == Some(way))
                .collect();
            if changes.is_empty() && index == 1 {
                continue;
            }
            assert!(!changes.iter().any(|change| change.rule == Rule::MessageRemoved), "{what}");
            let level = changes.iter().map(|change| change.level).max().unwrap_or(Level::Ok);
            let message = message.clone();
            Question { writer, reader, message, level, changes, what: &what }
                .ask(counts, &mut dice);
        }
    }
}

#[test]
fn verdicts_agree_with_an_independent_prover_and_with_messages() {
    let count = env::var("WIREBOND_ORACLE").ok().and_then(|text| text.parse().ok());
    let mut counts = Counts::default();
    for seed in 0..count.unwrap_or(40) {
        run(seed, &mut counts);
    }
    let Counts { unexplained, contradicted, .. } = &counts;
    let figures = format!(
        "{} mutations were no contract; {} questions: {} agreed compatible, {} agreed breaking; a counterexample for {} of {} breaking \
         verdicts, {} messages checked; disagreements explained: {:?}",
        counts.refused,
        counts.questions,
        counts.agreed_compatible,
        counts.agreed_breaking,
        counts.shown,
        counts.breaking,
        counts.checked,
        counts.explained,
    );
    if count.is_some() {
        println!("{figures}");
    }
    let first = |all: &[String]| all.iter().take(5).cloned().collect::<String>();
    assert!(contradicted.is_empty(), "{}\n{}", contradicted.len(), first(contradicted));
    let all = unexplained.len();
    assert!(all == 0, "{all} unexplained, {figures}\n{}", first(unexplained));
    assert!(
        counts.agreed_breaking > 0 && counts.agreed_compatible > 0 && counts.shown > 0,
        "{figures}"
    );
}
