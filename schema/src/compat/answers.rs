//! Answers to calls that came or went, while their request stayed.

use std::collections::{HashMap, HashSet};

use super::{change::Level, compare::walk::Peers};
use crate::document::Document;

/// What a message is to its request.
#[derive(Debug, Clone, Copy)]
pub(super) enum Answer {
    Reply,
    Error,
}

/// The answers of one contract to requests that the other one has as well.
pub(super) fn find<'a>(document: &'a Document, other: &Document) -> HashMap<&'a str, Answer> {
    let known: HashSet<&str> = other.messages().map(|message| message.name()).collect();
    let calls = document.calls().filter(|call| known.contains(call.request.name()));
    let answers = calls.flat_map(|call| {
        let error = call.error.map(|error| (error.name(), Answer::Error));
        [(call.reply.name(), Answer::Reply)].into_iter().chain(error)
    });
    answers.collect()
}

/// How bad it is that only the older contract has an answer.
pub(super) fn removed(answer: Answer, peers: Peers, old_writes: bool) -> (Level, String) {
    let Peers { writer, reader } = peers;
    match (answer, old_writes) {
        (Answer::Reply, true) => (Level::Ok, format!("not asked for by {reader}")),
        (Answer::Reply, false) => {
            (Level::Breaking, format!("no longer sent by {writer}; {reader} wait for it"))
        }
        (Answer::Error, true) => {
            (Level::Breaking, format!("still sent by {writer}, unknown to {reader}"))
        }
        (Answer::Error, false) => (Level::Ok, format!("no longer sent by {writer}")),
    }
}

/// How bad it is that only the newer contract has an answer.
pub(super) fn added(answer: Answer, peers: Peers, old_writes: bool) -> (Level, String) {
    let Peers { writer, reader } = peers;
    match (answer, old_writes) {
        (Answer::Reply, true) => {
            (Level::Breaking, format!("not sent by {writer}; {reader} wait for it"))
        }
        (Answer::Reply, false) => (Level::Ok, format!("not asked for by {reader}")),
        (Answer::Error, true) => (Level::Ok, format!("not sent by {writer} yet")),
        (Answer::Error, false) => (
            Level::Breaking,
            format!("sent by {writer}, unknown to {reader}, which wait for an answer"),
        ),
    }
}
