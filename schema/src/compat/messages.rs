//! Messages by their wire names, and the contract around them.

use std::{cell::Cell, collections::HashMap};

use serde_json::Value;
use wirebond_core::Direction;

use super::{
    answers,
    change::{Change, Level, Way, change, of_contract},
    compare::{
        phrase::changed,
        walk::{BUDGET, Peers, Walk},
    },
    form,
    options::Rollout,
    renamed,
    rules::Rule,
    same::Same,
    shape::{expand::Shapes, node::Node},
    tags::{self, Tags},
};
use crate::{
    document::{Document, Message, SIDES},
    json_schema::keyword,
};

/// Keys that are compared separately in the document and in the list of a side's messages.
const JUDGED: [&str; 7] = ["$id", "$schema", "$defs", "$comment", "anyOf", "title", "description"];
const LISTED: [&str; 9] = [
    "title",
    "description",
    "oneOf",
    "anyOf",
    "not",
    "type",
    "properties",
    "required",
    "discriminator",
];

/// Everything that is compared.
pub(super) struct Pair<'a> {
    old: &'a Document,
    new: &'a Document,
    same: Same<'a>,
    old_shapes: Shapes<'a>,
    new_shapes: Shapes<'a>,
    old_tags: Tags<'a>,
    new_tags: Tags<'a>,
    rollout: Rollout,
    budget: Cell<usize>,
}

const BOTH: [Way; 2] = [Way::ToServer, Way::ToClient];

fn goes(direction: Direction, way: Way) -> bool {
    match way {
        Way::ToServer => direction.client_sends(),
        Way::ToClient => direction.server_sends(),
    }
}

/// The messages by their names: more than one only where the two sides have forms of their own.
fn by_name(document: &Document) -> HashMap<&str, Vec<Message<'_>>> {
    let mut all: HashMap<&str, Vec<Message<'_>>> = HashMap::new();
    for message in document.messages() {
        all.entry(message.name()).or_default().push(message);
    }
    all
}

/// The one of these messages that goes the same way.
fn counterpart<'m, 'a>(old: &Message<'_>, news: &'m [Message<'a>]) -> &'m Message<'a> {
    let meets = |new: &&Message<'_>| {
        BOTH.into_iter().any(|way| goes(old.direction(), way) && goes(new.direction(), way))
    };
    // There is one at least: it stands under the name.
    news.iter().find(meets).unwrap_or(&news[0])
}

/// Whether a message of this name goes this way.
fn sends(document: &Document, name: &str, way: Way) -> bool {
    document.messages().any(|message| message.name() == name && goes(message.direction(), way))
}

/// Who writes and who reads.
fn peers(way: Way, old_writes: bool) -> Peers {
    let (writer, reader) = match (way, old_writes) {
        (Way::ToServer, true) => ("old clients", "the new server"),
        (Way::ToServer, false) => ("new clients", "the old server"),
        (Way::ToClient, true) => ("the old server", "new clients"),
        (Way::ToClient, false) => ("the new server", "old clients"),
    };
    Peers { writer, reader }
}

impl<'a> Pair<'a> {
    pub(super) fn new(old: &'a Document, new: &'a Document, rollout: Rollout) -> Self {
        Self {
            old,
            new,
            same: Same::of(old, new),
            old_shapes: Shapes::of(old),
            new_shapes: Shapes::of(new),
            old_tags: Tags::of(old),
            new_tags: Tags::of(new),
            rollout,
            budget: Cell::new(BUDGET),
        }
    }

    /// Every change of every message, in the older contract's order, then that of the contract.
    pub(super) fn changes(&self) -> Vec<Change> {
        let mut changes = Vec::new();
        changes.extend(form::changed(self.old.form(), self.new.form()));
        let (news, olds) = (by_name(self.new), by_name(self.old));
        let came: Vec<_> =
            self.new.messages().filter(|one| !olds.contains_key(one.name())).collect();
        let gone = self.old.messages().filter(|one| !news.contains_key(one.name()));
        let gone: Vec<_> =
            gone.filter(|old| !BOTH.iter().any(|way| self.after(old, *way).is_some())).collect();
        let others: Vec<_> = came
            .iter()
            .filter(|new| !BOTH.iter().any(|way| self.before(new, *way).is_some()))
            .copied()
            .collect();
        let renamed = renamed::find(&gone, &others, &self.same);
        let old_answers = answers::find(self.old, self.new);
        let new_answers = answers::find(self.new, self.old);
        for old in self.old.messages() {
            match (news.get(old.name()), renamed.get(old.name())) {
                (Some(news), _) => self.kept(&old, counterpart(&old, news), &mut changes),
                (None, Some(new)) => changes.push(renamed_from(&old, new)),
                (None, None) => self.ways(&old, |way, old_writes| {
                    if let Some(new) = self.after(&old, way) {
                        changes.push(tags::renamed(&old, &new, way));
                        self.walk(&old, &new, way, old_writes, &mut changes);
                        return;
                    }
                    changes.push(match old_answers.get(old.name()) {
                        Some(kind) => {
                            let (level, why) =
                                answers::removed(*kind, peers(way, old_writes), old_writes);
                            change(Rule::ReplyRemoved, level, old.name(), Some(way), why)
                        }
                        None => removed(old.name(), way, old_writes),
                    });
                }),
            }
        }
        let is_renamed = |new: &Message<'_>| renamed.values().any(|one| one.name() == new.name());
        for new in came.iter().filter(|new| !is_renamed(new)) {
            self.ways(new, |way, old_writes| {
                if self.before(new, way).is_some() {
                    return;
                }
                changes.push(match new_answers.get(new.name()) {
                    Some(kind) => {
                        let (level, why) =
                            answers::added(*kind, peers(way, old_writes), old_writes);
                        change(Rule::ReplyAdded, level, new.name(), Some(way), why)
                    }
                    None => added(new.name(), way, old_writes),
                });
            });
        }
        changes.extend(form::clashes(self.old, self.new));
        let mut changes = merge(changes);
        changes.extend(self.around());
        changes
    }

    /// What an older message that no longer goes this way is called now, where its tag has stayed.
    fn after(&self, old: &Message<'a>, way: Way) -> Option<Message<'a>> {
        let new = self.new_tags.like(old, way)?;
        let is_gone = goes(old.direction(), way) && !sends(self.new, old.name(), way);
        (is_gone && !sends(self.old, new.name(), way)).then_some(new)
    }

    /// What a newer message that didn't go this way was called before.
    fn before(&self, new: &Message<'a>, way: Way) -> Option<Message<'a>> {
        let old = self.old_tags.like(new, way)?;
        self.after(&old, way).filter(|after| after.name() == new.name()).map(|_| old)
    }

    /// Which of the two sides may be the older one, by who is deployed first.
    fn checks(&self, way: Way) -> &'static [bool] {
        match (self.rollout, way) {
            (Rollout::AnyOrder, _) => &[true, false],
            (Rollout::ServerFirst, Way::ToServer) | (Rollout::ClientFirst, Way::ToClient) => {
                &[true]
            }
            (Rollout::ServerFirst, Way::ToClient) | (Rollout::ClientFirst, Way::ToServer) => {
                &[false]
            }
        }
    }

    fn ways(&self, message: &Message<'_>, mut each: impl FnMut(Way, bool)) {
        for way in BOTH {
            if goes(message.direction(), way) {
                self.checks(way).iter().for_each(|old_writes| each(way, *old_writes));
            }
        }
    }

    fn kept(&self, old: &Message<'a>, new: &Message<'a>, changes: &mut Vec<Change>) {
        changes.extend(form::recognition(old, new));
        let (before, after) = (old.direction(), new.direction());
        let is_called_otherwise =
            |way: &Way| self.after(old, *way).is_some() || self.before(new, *way).is_some();
        let meets = |way: &Way| goes(before, *way) && goes(after, *way);
        if !BOTH.iter().any(|way| meets(way) || is_called_otherwise(way)) {
            let sender = |direction: Direction| match direction {
                Direction::Client => "the client",
                _ => "the server",
            };
            let why = format!("sent by {} → by {}", sender(before), sender(after));
            let rule = Rule::MessageDirectionChanged;
            changes.push(change(rule, Level::Breaking, old.name(), None, why));
            return;
        }
        for way in BOTH {
            for old_writes in self.checks(way).iter().copied() {
                match (goes(before, way), goes(after, way)) {
                    (true, true) => self.walk(old, new, way, old_writes, changes),
                    (true, false) if !sends(self.new, old.name(), way) => {
                        match self.after(old, way) {
                            Some(new) => {
                                changes.push(tags::renamed(old, &new, way));
                                self.walk(old, &new, way, old_writes, changes);
                            }
                            None => changes.push(removed(old.name(), way, old_writes)),
                        }
                    }
                    (false, true)
                        if !sends(self.old, old.name(), way) && self.before(new, way).is_none() =>
                    {
                        changes.push(added(old.name(), way, old_writes));
                    }
                    _ => {}
                }
            }
        }
    }

    fn walk(
        &self,
        old: &Message<'a>,
        new: &Message<'a>,
        way: Way,
        old_writes: bool,
        changes: &mut Vec<Change>,
    ) {
        let (older, newer) = (&self.old_shapes, &self.new_shapes);
        let (writer, reader) = if old_writes { (older, newer) } else { (newer, older) };
        let (w, r) = if old_writes { (old, new) } else { (new, old) };
        if old.is_heartbeat() && new.is_heartbeat() {
            // Readers ignore what it carries, and wirebond alone defines it.
            return;
        }
        let peers = peers(way, old_writes);
        let begin = || Walk::new(writer, reader, &self.same, old_writes, peers, &self.budget);
        let compare = |walk: &mut Walk<'a, '_>| {
            if old.def() != new.def() {
                let why = format!("`{}` → `{}`", old.def(), new.def());
                walk.report(Rule::DefRenamed, Level::Ok, "$", |_| why);
            }
            if !form::differs(old, new) {
                return walk.node(&Node::of(w.schema()), &Node::of(r.schema()), "$");
            }
            // What is around the payload differs as a whole, which is said once.
            match (w.payload(), r.payload()) {
                (Some(w), Some(r)) => walk.node(&Node::of(w), &Node::of(r), "$"),
                (None, None) => {}
                (before, _) => {
                    let is_added = before.is_none() == old_writes;
                    let rule = if is_added { Rule::PayloadAdded } else { Rule::PayloadRemoved };
                    walk.report(rule, Level::Breaking, "$", |_| {
                        "as the form has changed".to_owned()
                    });
                }
            }
        };
        let budget = self.budget.get();
        let mut walk = begin();
        compare(&mut walk);
        if !walk.is_cosmetic() {
            // Perhaps the two are only written differently.
            self.budget.set(budget);
            walk = begin().seeing_equivalents();
            compare(&mut walk);
        }
        let found = walk.found.into_iter().filter(|found| !found.is_void);
        changes.extend(found.map(|found| Change {
            path: found.path,
            also: found.also,
            ..change(found.rule, found.level, old.name(), Some(way), found.why)
        }));
    }

    /// The contract itself: its name, its description, and what stands beside the definitions.
    fn around(&self) -> Vec<Change> {
        let (old, new) = (self.old.value(), self.new.value());
        let mut changes = Vec::new();
        if self.old.name() != self.new.name() {
            let (old, new) = (self.old.name(), self.new.name());
            let why = format!("{old:?} → {new:?}: are these two versions of one contract?");
            changes.push(of_contract(Rule::ContractRenamed, Level::Warning, "title", why));
        }
        let key = "description";
        if old.get(key) != new.get(key) {
            let why = changed(key, old.get(key), new.get(key));
            changes.push(of_contract(Rule::DescriptionChanged, Level::Ok, key, why));
        }
        if old.get("anyOf") != new.get("anyOf") {
            let why = "the two sides are listed otherwise".to_owned();
            changes.push(of_contract(Rule::OrderChanged, Level::Ok, "anyOf", why));
        }
        changes.extend(unknown(old, new, &JUDGED, ""));
        for (side, way) in SIDES.into_iter().zip(BOTH) {
            let (Some(one), Some(other)) = (self.old.def(side), self.new.def(side)) else {
                continue;
            };
            changes.extend(unknown(one, other, &LISTED, &format!("{side}.")));
            let names = |document: &'a Document| -> Vec<Value> {
                let listed = document
                    .def(side)
                    .and_then(|side| side.get("oneOf").or_else(|| side.get("anyOf"))?.as_array());
                listed.into_iter().flatten().cloned().collect()
            };
            let (mut one, mut other) = (names(self.old), names(self.new));
            one.retain(|name| other.contains(name));
            other.retain(|name| one.contains(name));
            if one != other {
                let why = format!("the messages {way} are in another order");
                changes.push(of_contract(Rule::OrderChanged, Level::Ok, side, why));
            }
        }
        changes
    }
}

/// Keywords beside the known ones that differ.
fn unknown(old: &Value, new: &Value, known: &[&str], place: &str) -> Vec<Change> {
    let (Some(one), Some(other)) = (old.as_object(), new.as_object()) else { return Vec::new() };
    let mut keys: Vec<&String> = one.keys().chain(other.keys()).collect();
    keys.sort();
    keys.dedup();
    keys.retain(|key| !known.contains(&key.as_str()) && one.get(*key) != other.get(*key));
    let why = |key| changed(key, one.get(key), other.get(key));
    keys.into_iter()
        .map(|key| {
            let (why, at) = (why(key.as_str()), format!("{place}{key}"));
            if keyword::is_annotation(key) {
                return of_contract(Rule::AnnotationChanged, Level::Ok, &at, why);
            }
            let why = format!("{why}, and what that means is not known");
            of_contract(Rule::NotRecognised, Level::Undecided, &at, why)
        })
        .collect()
}

fn renamed_from(old: &Message<'_>, new: &Message<'_>) -> Change {
    let why = format!(
        "{:?} → {:?}: neither name is known to who has the other contract; \
         `#[message(name = {0:?})]` keeps the old one",
        old.name(),
        new.name()
    );
    change(Rule::MessageRenamed, Level::Breaking, old.name(), None, why)
}

fn removed(name: &str, way: Way, old_writes: bool) -> Change {
    let Peers { writer, reader } = peers(way, old_writes);
    let (level, why) = if old_writes {
        (Level::Breaking, format!("still sent by {writer}, unknown to {reader}"))
    } else {
        (Level::Warning, format!("no longer sent by {writer}; {reader} may wait for it"))
    };
    change(Rule::MessageRemoved, level, name, Some(way), why)
}

fn added(name: &str, way: Way, old_writes: bool) -> Change {
    let Peers { writer, reader } = peers(way, old_writes);
    let (level, why) = match (old_writes, way) {
        (true, _) => (Level::Ok, format!("not sent by {writer} yet")),
        (false, Way::ToClient) => (Level::Ok, format!("unknown to {reader}, which ignore it")),
        (false, Way::ToServer) => {
            (Level::Breaking, format!("sent by {writer}, unknown to {reader}"))
        }
    };
    change(Rule::MessageAdded, level, name, Some(way), why)
}

/// One change for those that two checks found at one place: the worst.
fn merge(changes: Vec<Change>) -> Vec<Change> {
    let mut known: HashMap<(Rule, Option<Way>, Option<String>, String), usize> = HashMap::new();
    let mut merged: Vec<(Change, Vec<String>)> = Vec::new();
    for change in changes {
        let key = (change.rule, change.way, change.message.clone(), change.path.clone());
        match known.get(&key).and_then(|at| merged.get_mut(*at)) {
            Some((first, _)) if first.level > change.level => {}
            Some((first, reasons)) if first.level == change.level => {
                if !reasons.contains(&change.why) {
                    reasons.push(change.why);
                }
            }
            Some(first) => *first = (change.clone(), vec![change.why]),
            None => {
                known.insert(key, merged.len());
                merged.push((change.clone(), vec![change.why]));
            }
        }
    }
    let joined =
        |(change, reasons): (Change, Vec<String>)| Change { why: reasons.join("; "), ..change };
    merged.into_iter().map(joined).collect()
}
