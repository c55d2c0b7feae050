//! The walk through a writer's and a reader's schema: does the reader accept everything?

use std::{
    cell::Cell,
    collections::{HashMap, HashSet},
    iter::successors,
    ops::Range,
};

use serde_json::Value;

use super::phrase::changed;
use crate::compat::{
    change::Level,
    rules::Rule,
    same::Same,
    shape::{
        expand::{MOST_NESTED, Shapes},
        node::{Node, accepts_any},
    },
};

/// Schemas within schemas beyond this are not looked at.
const DEEPEST: usize = 80;
/// Pairs of schemas that one comparison of two contracts may look at.
pub(crate) const BUDGET: usize = 500_000;
/// Findings that are kept for one message in one direction.
const MOST_FOUND: usize = 1000;
/// What the last finding that is kept reports about those that aren't.
const MORE: &str = "; and there are more differences than are listed";
/// Further places that are listed with a finding.
const MOST_PLACES: usize = 8;

/// What the two sides are called in a report.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peers {
    pub(crate) writer: &'static str,
    pub(crate) reader: &'static str,
}

/// One difference, at one place.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) rule: Rule,
    pub(crate) level: Level,
    pub(crate) path: String,
    pub(crate) also: Vec<String>,
    pub(crate) why: String,
    /// Whether the schemas turned out to mean the same.
    pub(crate) is_void: bool,
    /// Whether it stands for all that were found after it.
    stands_for_more: bool,
}

type Pair = (Vec<usize>, Vec<usize>);

/// The comparison of one message in one direction.
///
/// A pair of schemas that leads back to itself is taken to fit: if it doesn't, the reason shows up
/// elsewhere on the way around.
pub(crate) struct Walk<'a, 's> {
    pub(crate) writer: &'s Shapes<'a>,
    pub(crate) reader: &'s Shapes<'a>,
    pub(crate) same: &'s Same<'a>,
    /// Whether the writer's schema is the older one.
    pub(crate) old_writes: bool,
    pub(crate) peers: Peers,
    pub(crate) found: Vec<Found>,
    budget: &'s Cell<usize>,
    /// Whether schemas that are written differently and accept the same values count as the same.
    sees_equivalents: bool,
    worst: Level,
    /// How many trials are running. A trial only finds out the worst level.
    trials: usize,
    active: Vec<Pair>,
    reported: HashMap<Pair, (String, Range<usize>)>,
    /// The results of trials. A pair fits on the assumption that the pairs around it do, so the result
    /// is forgotten when one of those turns out not to fit.
    tried: HashMap<Pair, Level>,
    fitting: Vec<Pair>,
}

impl<'a, 's> Walk<'a, 's> {
    pub(crate) fn new(
        writer: &'s Shapes<'a>,
        reader: &'s Shapes<'a>,
        same: &'s Same<'a>,
        old_writes: bool,
        peers: Peers,
        budget: &'s Cell<usize>,
    ) -> Self {
        Self {
            writer,
            reader,
            same,
            old_writes,
            peers,
            found: Vec::new(),
            budget,
            sees_equivalents: false,
            worst: Level::Ok,
            trials: 0,
            active: Vec::new(),
            reported: HashMap::new(),
            tried: HashMap::new(),
            fitting: Vec::new(),
        }
    }

    /// Also finds schemas that are written differently and accept the same values. That takes a look at
    /// all of both documents.
    pub(crate) fn seeing_equivalents(mut self) -> Self {
        self.sees_equivalents = true;
        self
    }

    /// Whether only descriptions, names and order were found to differ.
    pub(crate) fn is_cosmetic(&self) -> bool {
        self.worst <= Level::Warning && self.found.iter().all(|found| found.rule.is_cosmetic())
    }

    /// Whether two values of a keyword mean the same.
    pub(crate) fn are_same(&self, one: &'a Value, other: &'a Value) -> bool {
        self.same.values(one, other)
            || (self.sees_equivalents && self.same.classes().are_one(one, other))
    }

    pub(crate) fn is_trial(&self) -> bool {
        self.trials > 0
    }

    /// The one rule if the new schema has what the old one hasn't, or else the other.
    pub(crate) fn rule(&self, reader_has_more: bool, more: Rule, less: Rule) -> Rule {
        if self.old_writes == reader_has_more { more } else { less }
    }

    /// Keeps a difference.
    pub(crate) fn report(
        &mut self,
        rule: Rule,
        level: Level,
        path: &str,
        why: impl FnOnce(Peers) -> String,
    ) {
        self.worst = self.worst.max(level);
        if self.is_trial() {
            return;
        }
        // Beyond the limit only what fails is kept, and the last of it stands for the rest.
        let stands_for_more = self.found.len() >= MOST_FOUND;
        if stands_for_more && level <= Level::Warning {
            return;
        }
        if let Some(last) = self.found.last_mut().filter(|last| last.stands_for_more) {
            last.level = last.level.max(level);
            return;
        }
        let (path, also, mut why) = (path.to_owned(), Vec::new(), why(self.peers));
        if stands_for_more {
            why.push_str(MORE);
        }
        self.found.push(Found { rule, level, path, also, why, is_void: false, stands_for_more });
    }

    /// Reports what can't be judged.
    pub(crate) fn undecided(&mut self, path: &str, why: impl FnOnce(Peers) -> String) {
        self.report(Rule::NotRecognised, Level::Undecided, path, why);
    }

    /// How bad it would be, without reporting it.
    pub(crate) fn trial(&mut self, what: impl FnOnce(&mut Self)) -> Level {
        let before = std::mem::replace(&mut self.worst, Level::Ok);
        self.trials += 1;
        what(self);
        self.trials -= 1;
        std::mem::replace(&mut self.worst, before)
    }

    /// Runs with each breaking finding downgraded to undecided.
    pub(crate) fn downgraded(&mut self, why: &str, what: impl FnOnce(&mut Self)) {
        let before = std::mem::replace(&mut self.worst, Level::Ok);
        let start = self.found.len();
        what(self);
        for found in self.found.iter_mut().skip(start).filter(|one| one.level == Level::Breaking) {
            found.level = Level::Undecided;
            found.why = format!("{}; {why}", found.why);
        }
        let after = if self.worst == Level::Breaking { Level::Undecided } else { self.worst };
        self.worst = before.max(after);
    }

    pub(crate) fn spend(&mut self, path: &str) -> bool {
        let left = self.budget.get();
        self.budget.set(left.saturating_sub(1));
        if left == 0 {
            self.undecided(path, |_| {
                "the contracts differ in more places than can be compared".into()
            });
        }
        left > 0
    }

    /// Compares two schemas and all that is in them.
    pub(crate) fn node(&mut self, w: &Node<'a>, r: &Node<'a>, path: &str) {
        if !self.spend(path) || self.same.nodes(w, r) {
            return;
        }
        if self.sees_equivalents && self.same.classes().are_nodes_one(w, r) {
            return self.equivalent(w, r, path);
        }
        self.differing(w, r, path);
    }

    /// Two schemas that are written differently and accept the same values: only what can differ between
    /// such schemas is reported.
    fn equivalent(&mut self, w: &Node<'a>, r: &Node<'a>, path: &str) {
        if self.is_trial() {
            return;
        }
        let (start, before) = (self.found.len(), self.worst);
        self.differing(w, r, path);
        self.worst = before;
        for found in self.found.iter_mut().skip(start) {
            found.is_void |= !found.rule.can_hold_of_equals();
            self.worst = self.worst.max(if found.is_void { Level::Ok } else { found.level });
        }
    }

    fn differing(&mut self, w: &Node<'a>, r: &Node<'a>, path: &str) {
        self.annotations(&w.0, &r.0, path);
        self.defaults(w, r, path);
        let is_any = |shapes: &Shapes<'a>, node: &Node<'a>| {
            node.0.iter().all(|schema| accepts_any(shapes.target(schema)))
        };
        if is_any(self.reader, r) {
            if !is_any(self.writer, w) {
                let rule = self.rule(true, Rule::TypeWidened, Rule::TypeNarrowed);
                self.report(rule, Level::Ok, path, |p| {
                    format!("anything is accepted by {}", p.reader)
                });
            }
            return;
        }
        let pair = (self.writer.key(w), self.reader.key(r));
        if self.active.contains(&pair) {
            return;
        }
        if self.is_trial() {
            if let Some(level) = self.tried.get(&pair) {
                self.worst = self.worst.max(*level);
                return;
            }
        } else if let Some((known, range)) = self.reported.get(&pair).cloned() {
            self.repeat(&known, range, path);
            return;
        }
        if self.active.len() >= DEEPEST {
            self.undecided(path, |_| "it is nested too deeply to be compared".into());
            return;
        }
        self.enter(pair, w, r, path);
    }

    fn enter(&mut self, pair: Pair, w: &Node<'a>, r: &Node<'a>, path: &str) {
        let before = std::mem::replace(&mut self.worst, Level::Ok);
        let (start, fitting) = (self.found.len(), self.fitting.len());
        self.active.push(pair.clone());
        self.annotations_of_targets(w, r, path);
        match (self.writer.shape(w), self.reader.shape(r)) {
            (Ok(ws), Ok(rs)) => self.shapes(&ws, &rs, path),
            (Err(reason), _) | (_, Err(reason)) => self.undecided(path, |_| reason),
        }
        self.active.pop();
        if self.is_trial() {
            if self.worst > Level::Warning {
                for forgotten in self.fitting.drain(fitting..) {
                    self.tried.remove(&forgotten);
                }
            } else {
                self.fitting.push(pair.clone());
            }
            self.tried.insert(pair, self.worst);
        } else {
            self.reported.insert(pair, (path.to_owned(), start..self.found.len()));
        }
        self.worst = self.worst.max(before);
    }

    /// A pair that was met before: its findings hold here too.
    fn repeat(&mut self, known: &str, range: Range<usize>, path: &str) {
        for found in self.found.get_mut(range).into_iter().flatten().filter(|one| !one.is_void) {
            self.worst = self.worst.max(found.level);
            if let Some(rest) = found.path.strip_prefix(known)
                && found.also.len() < MOST_PLACES
            {
                found.also.push([path, rest].concat());
            }
        }
    }

    /// The annotations behind references.
    fn annotations_of_targets(&mut self, w: &Node<'a>, r: &Node<'a>, path: &str) {
        let (writer, reader) = (self.writer, self.reader);
        let ws: Vec<_> = w.0.iter().map(|schema| writer.target(schema)).collect();
        let rs: Vec<_> = r.0.iter().map(|schema| reader.target(schema)).collect();
        let is_own = |all: &[&'a Value], node: &Node<'a>| {
            all.iter().zip(&node.0).all(|(one, other)| std::ptr::eq(*one, *other))
        };
        if !is_own(&ws, w) || !is_own(&rs, r) {
            self.annotations(&ws, &rs, path);
        }
    }

    /// What decides nothing.
    pub(crate) fn annotations(&mut self, ws: &[&'a Value], rs: &[&'a Value], path: &str) {
        if self.is_trial() {
            return;
        }
        let def = |all: &[&'a Value]| all.iter().find_map(|one| one.get("$ref")?.as_str());
        if let (Some(w), Some(r)) = (def(ws), def(rs))
            && w != r
        {
            let (old, new) = if self.old_writes { (w, r) } else { (r, w) };
            self.report(Rule::DefRenamed, Level::Ok, path, |_| format!("`{old}` → `{new}`"));
        }
        for (key, rule) in [
            ("title", Rule::TitleChanged),
            ("description", Rule::DescriptionChanged),
            ("deprecated", Rule::DeprecatedChanged),
            ("examples", Rule::AnnotationChanged),
            ("$comment", Rule::AnnotationChanged),
            ("readOnly", Rule::AnnotationChanged),
            ("writeOnly", Rule::AnnotationChanged),
            ("discriminator", Rule::AnnotationChanged),
        ] {
            let get = |all: &[&'a Value]| all.iter().find_map(|one| one.get(key));
            let (w, r) = (get(ws), get(rs));
            if w != r {
                let (old, new) = if self.old_writes { (w, r) } else { (r, w) };
                let why = changed(key, old, new);
                self.report(rule, Level::Ok, path, |_| why);
            }
        }
    }

    /// The value that stands for a missing one, at its place or behind references.
    fn defaults(&mut self, w: &Node<'a>, r: &Node<'a>, path: &str) {
        if self.is_trial() {
            return;
        }
        let of = |shapes: &Shapes<'a>, node: &Node<'a>| -> Option<&'a Value> {
            node.0.iter().find_map(|schema| {
                let mut chain = successors(Some(*schema), |schema| shapes.next(schema));
                chain.by_ref().take(MOST_NESTED).find_map(|one| one.get("default"))
            })
        };
        let (w, r) = (of(self.writer, w), of(self.reader, r));
        if w != r {
            let (old, new) = if self.old_writes { (w, r) } else { (r, w) };
            let why = changed("default", old, new);
            self.report(Rule::DefaultChanged, Level::Warning, path, |_| why);
        }
    }
}

/// The names in both lists, each once, in an order that no feature of another crate changes.
pub(crate) fn names<'n>(
    one: impl Iterator<Item = &'n str>,
    other: impl Iterator<Item = &'n str>,
) -> Vec<&'n str> {
    let mut seen = HashSet::new();
    let mut names: Vec<_> = one.chain(other).filter(|name| seen.insert(*name)).collect();
    names.sort_unstable();
    names
}
