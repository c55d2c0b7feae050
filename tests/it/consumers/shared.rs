//! The messages that all consumers are asked about, and what is expected of the answers.

use std::{fmt::Write, fs, path::PathBuf};

use serde::Deserialize;
use serde_json::Value;
use wirebond::{Contract, Direction, Envelope, schema::Document};
use wirebond_core::wire::{RawMessage, form::Layout};

use super::FOLDER;
use crate::support::tools;

/// A contract and the messages that are tried on it.
pub(crate) struct Subject {
    pub(crate) name: &'static str,
    pub(crate) contract: PathBuf,
    pub(crate) messages: PathBuf,
    pub(crate) document: Document,
    pub(crate) cases: Vec<Case>,
    pub(crate) codec: fn(&Case) -> Result<(), String>,
    pub(crate) answer: Answer,
}

/// Reads the answer to a call; `None` for a message that is none.
pub(crate) type Answer = fn(&RawMessage<'_>) -> Option<Result<(), String>>;

/// One of the shared messages.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) side: Side,
    pub(crate) valid: bool,
    /// What kind of fault an invalid one has.
    pub(crate) fault: Option<String>,
    /// The fault's place: a wrong value's own, or that of the object which lacks a field, has one too
    /// many or can't be identified by its tag.
    pub(crate) at: Option<String>,
    /// What is tried: the message's name in this set.
    pub(crate) why: String,
    pub(crate) message: Value,
}

/// Who sends the message.
#[derive(Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Side {
    Client,
    Server,
}

#[derive(Deserialize)]
pub(crate) struct Verdict {
    pub(crate) valid: bool,
    pub(crate) at: Option<String>,
    #[serde(default)]
    pub(crate) said: String,
    pub(crate) errors: Option<usize>,
}

impl From<Result<(), String>> for Verdict {
    fn from(read: Result<(), String>) -> Self {
        let valid = read.is_ok();
        Self { valid, at: None, said: read.err().unwrap_or_default(), errors: None }
    }
}

impl Subject {
    /// Reads a message as Rust does.
    pub(crate) fn read(&self, case: &Case) -> Result<(), String> {
        let text = case.message.to_string();
        let answer = RawMessage::open(Layout::DEFAULT, &text)
            .ok()
            .and_then(|message| (self.answer)(&message));
        let Some(answer) = answer else { return (self.codec)(case) };
        let name = case.message["type"].as_str().unwrap_or_default();
        let of_side = names(&self.document, case.side).into_iter().any(|(_, known)| known == name);
        if of_side { answer } else { Err("an answer of the other side".to_owned()) }
    }
}

/// Where a consumer decides otherwise, and why that must be so.
pub(crate) struct Exception {
    /// The kind of fault, or one message's `why`.
    pub(crate) what: &'static str,
    pub(crate) reason: &'static str,
}

pub(crate) const fn except(what: &'static str, reason: &'static str) -> Exception {
    Exception { what, reason }
}

pub(crate) fn subject<C: Contract>(name: &'static str, contract: &str, answer: Answer) -> Subject {
    let contract = tools::here(contract);
    let messages = tools::here(FOLDER).join(format!("{name}.jsonl"));
    let document = Document::parse(&fs::read_to_string(&contract).unwrap()).unwrap();
    let read = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    let cases = fs::read_to_string(&messages).unwrap().lines().map(read).collect();
    Subject { name, contract, messages, document, cases, codec: codec::<C>, answer }
}

/// Reads a message as the client does, and as a backend in Rust does.
fn codec<C: Contract>(case: &Case) -> Result<(), String> {
    let text = case.message.to_string();
    let frame = RawMessage::open(Layout::DEFAULT, &text).map_err(|error| error.to_string())?;
    frame.check().map_err(|error| error.to_string())?;
    if matches!(frame.name(), "ping" | "pong") {
        return Ok(());
    }
    let index = C::position(frame.name()).ok_or("an unknown message")?;
    let direction = C::MESSAGES[index].direction();
    let sends = match case.side {
        Side::Client => direction.client_sends(),
        Side::Server => direction.server_sends(),
    };
    let client = frame.message::<C>(index).map(drop).map_err(|error| format!("{error:?}"));
    let backend =
        serde_json::from_str::<Envelope<C>>(&text).map(drop).map_err(|error| error.to_string());
    assert_eq!(client.is_ok(), backend.is_ok(), "{}: {client:?}, {backend:?}", case.why);
    if sends { client } else { Err("a message of the other side".to_owned()) }
}

/// Holds verdicts on both contracts against what is expected.
pub(crate) fn judge<'a>(
    exceptions: &[Exception],
    subjects: &[Subject],
    answers: impl Iterator<Item = &'a [Verdict]>,
) {
    let mut wrong = String::new();
    let mut needed = vec![false; exceptions.len()];
    for (subject, verdicts) in subjects.iter().zip(answers) {
        assert_eq!(subject.cases.len(), verdicts.len(), "a verdict for each message");
        for (case, verdict) in subject.cases.iter().zip(verdicts) {
            let excused = exceptions
                .iter()
                .position(|one| one.what == case.why || Some(one.what) == case.fault.as_deref());
            if let Some(place) = excused {
                needed[place] = true;
            }
            let agrees = verdict.valid == case.valid;
            let complaint = match (agrees, excused) {
                (false, None) => "is judged otherwise".to_owned(),
                (true, Some(place)) => {
                    format!("needs no exception ({})", exceptions[place].reason)
                }
                (true, None) if !case.valid && verdict.at.is_some() && verdict.at != case.at => {
                    format!("is faulty at {:?}, not at {:?}", case.at, verdict.at)
                }
                _ => continue,
            };
            let (name, why, said) = (subject.name, &case.why, &verdict.said);
            let _ = writeln!(wrong, "{name}, {why}: {complaint} ({said})\n    {}", case.message);
        }
    }
    for (exception, needed) in exceptions.iter().zip(needed) {
        if !needed {
            let _ = writeln!(wrong, "no message has anything to do with {:?}", exception.what);
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

pub(crate) fn names(document: &Document, side: Side) -> Vec<(String, String)> {
    let sends = |direction: Direction| match side {
        Side::Client => direction.client_sends(),
        Side::Server => direction.server_sends(),
    };
    let messages = document.messages().filter(|message| sends(message.direction()));
    messages.map(|message| (message.def().to_owned(), message.name().to_owned())).collect()
}
