//! Values without parts, and the limits that single keywords set.

use std::{cmp::Ordering, collections::BTreeSet};

use serde_json::Value;

use super::{
    path,
    phrase::{changed, short, some_of},
    walk::{Peers, Walk},
};
use crate::compat::{
    change::Level,
    rules::Rule,
    shape::{
        accepts::{accepts, content, has_opaque, is_rest, opaque},
        alternative::{Alt, Kind},
        limits::{Limits, limits, range, steps},
        node::Node,
        number::{Bound, Num, tighter},
        value,
    },
};
use crate::json_schema::keyword;

impl<'a> Walk<'a, '_> {
    /// A limit that differs: does the reader take all that the writer sends? `None`: that's open.
    fn limit(&mut self, fits: Option<bool>, path: &str, why: String) {
        let (rule, level) = match fits {
            Some(true) => {
                (self.rule(true, Rule::ConstraintLoosened, Rule::ConstraintTightened), Level::Ok)
            }
            Some(false) => {
                let rule = self.rule(true, Rule::ConstraintTightened, Rule::ConstraintLoosened);
                (rule, Level::Breaking)
            }
            None => (Rule::ConstraintChanged, Level::Undecided),
        };
        let why = |p: Peers| match fits {
            Some(true) => why,
            Some(false) => {
                format!("{why}: {} may send what is rejected by {}", p.writer, p.reader)
            }
            None => format!("{why}: which of them allows more can't be decided"),
        };
        self.report(rule, level, path, why);
    }

    /// The older text, an arrow and the newer one.
    fn arrow<T: ToString>(&self, key: &str, w: Option<T>, r: Option<T>) -> String {
        let (old, new) = if self.old_writes { (w, r) } else { (r, w) };
        let why = |one: Option<T>| one.map_or_else(|| "none".to_owned(), |one| one.to_string());
        format!("`{key}` {} → {}", why(old), why(new))
    }

    /// A number of characters, items or fields. The limits that are compared may be narrower than
    /// those that are written.
    pub(crate) fn sizes(
        &mut self,
        (w_alt, r_alt): (&Alt<'a>, &Alt<'a>),
        ((w_least, w_most), (r_least, r_most)): (Limits, Limits),
        [least, most]: [&str; 2],
        path: &str,
    ) {
        let own = limits(w_alt, least, most);
        let reader = limits(r_alt, least, most);
        if own.0 != reader.0 {
            let why = self.arrow(least, Some(own.0), Some(reader.0));
            self.limit(Some(r_least <= w_least), path, why);
        }
        if own.1 != reader.1 {
            let fits = r_most.is_none_or(|r_most| w_most.is_some_and(|w_most| w_most <= r_most));
            let why = self.arrow(most, own.1, reader.1);
            self.limit(Some(fits), path, why);
        }
    }

    /// Two alternatives of one type that lists no values.
    pub(crate) fn scalars(&mut self, w: &Alt<'a>, r: &Alt<'a>, path: &str) {
        match w.kind {
            Kind::Number => self.numbers(w, r, path),
            Kind::String => self.strings(w, r, path),
            _ => {}
        }
    }

    fn strings(&mut self, w: &Alt<'a>, r: &Alt<'a>, path: &str) {
        let of = |alt| limits(alt, "minLength", "maxLength");
        self.sizes((w, r), (of(w), of(r)), ["minLength", "maxLength"], path);
        self.contents(w, r, path);
        let patterns = |alt: &Alt<'a>| -> BTreeSet<&'a str> {
            alt.parts.iter().filter_map(|part| part.get("pattern")?.as_str()).collect()
        };
        let (ws, rs) = (patterns(w), patterns(r));
        if ws != rs {
            let fits = if rs.is_subset(&ws) {
                Some(true)
            } else if ws.is_empty() {
                Some(false)
            } else {
                None
            };
            let all = |all: &BTreeSet<&str>| {
                let all: Vec<_> = all.iter().map(|one| short(&Value::from(*one))).collect();
                (!all.is_empty()).then(|| all.join(" and "))
            };
            let why = self.arrow("pattern", all(&ws), all(&rs));
            self.limit(fits, path, why);
        }
    }

    /// What stands in the strings, where that is JSON of a schema.
    fn contents(&mut self, w: &Alt<'a>, r: &Alt<'a>, path: &str) {
        let of = |alt: &Alt<'a>| {
            let mut node = Node::default();
            alt.parts.iter().filter_map(|part| content(part)).for_each(|schema| node.push(schema));
            (alt.parts.iter().any(|part| content(part).is_some())).then_some(node)
        };
        match (of(w), of(r)) {
            (None, None) => {}
            (Some(w), Some(r)) => self.node(&w, &r, &path::content(path)),
            (w, _) => {
                let (json, any) = ("JSON of a schema", "any text");
                let (old, new) =
                    if w.is_some() == self.old_writes { (json, any) } else { (any, json) };
                let why = format!("{old} → {new}");
                self.limit(Some(w.is_some()), path, why);
            }
        }
    }

    fn numbers(&mut self, w: &Alt<'a>, r: &Alt<'a>, path: &str) {
        if w.integer != r.integer {
            let rule = self.rule(r.integer, Rule::TypeNarrowed, Rule::TypeWidened);
            let level = if r.integer { Level::Breaking } else { Level::Ok };
            let why = self.arrow("type", Some(w.type_name()), Some(r.type_name()));
            self.report(rule, level, path, |p| {
                if r.integer {
                    format!(
                        "{why}: fractions may be sent by {}, rejected by {}",
                        p.writer, p.reader
                    )
                } else {
                    why
                }
            });
        }
        let (ws, rs) = (range(w), range(r));
        let show = |bound: Option<Bound>| {
            bound.map(|Bound { at, open }| {
                format!("{at}{}", if open { " (not itself)" } else { "" })
            })
        };
        for (key, w, r, inward) in [
            ("minimum", ws.low, rs.low, Ordering::Greater),
            ("maximum", ws.high, rs.high, Ordering::Less),
        ] {
            if w != r {
                let why = self.arrow(key, show(w), show(r));
                self.limit(Some(!tighter(r, w, inward)), path, why);
            }
        }
        self.steps(w, r, path);
    }

    fn steps(&mut self, w: &Alt<'a>, r: &Alt<'a>, path: &str) {
        let own = |alt: &Alt<'_>| -> Vec<Num> {
            let steps = steps(alt);
            steps.into_iter().filter(|step| *step != Num::Int(1)).collect()
        };
        let (ws, rs) = (own(w), own(r));
        if ws == rs {
            return;
        }
        let all = steps(w);
        let fits = rs.iter().map(|step| {
            let answers: Vec<_> = all.iter().map(|one| one.is_multiple_of(*step)).collect();
            if answers.contains(&Some(true)) {
                Some(true)
            } else if answers.contains(&None) || ws.len() > 1 {
                None
            } else {
                Some(false)
            }
        });
        let fits: Vec<_> = fits.collect();
        let fits = if fits.contains(&Some(false)) {
            Some(false)
        } else {
            fits.into_iter().collect::<Option<Vec<_>>>().map(|_| true)
        };
        let show = |all: &[Num]| {
            let all: Vec<_> = all.iter().map(ToString::to_string).collect();
            (!all.is_empty()).then(|| all.join(" and "))
        };
        let why = self.arrow("multipleOf", show(&ws), show(&rs));
        self.limit(fits, path, why);
    }

    /// A writer's listed values against all that a reader takes of this type.
    pub(crate) fn values(&mut self, w: &Alt<'a>, rs: &[&Alt<'a>], path: &str) {
        let (mut rejected, mut open) = (Vec::new(), Vec::new());
        let known: BTreeSet<String> =
            rs.iter().flat_map(|r| r.values.iter().flatten()).map(|one| value::text(one)).collect();
        let is_list = |r: &&Alt<'a>| r.values.is_some() && !has_opaque(r);
        let is_plain =
            w.kind < Kind::Array && (rs.len() == 1 || !rs.iter().any(|r| r.is_exclusive()));
        let rests: Vec<_> = rs.iter().filter(|r| !is_plain || !is_list(r)).copied().collect();
        let is_known =
            |value| is_plain && rests.len() < rs.len() && known.contains(&value::text(value));
        for value in w.values.iter().flatten().filter(|value| !is_known(value)) {
            let rs = &rests;
            if !self.spend(path) {
                return;
            }
            let takers: Vec<_> = rs.iter().filter(|r| accepts(r, value) != Some(false)).collect();
            let doubted = takers.iter().all(|r| accepts(r, value).is_none())
                || takers.iter().any(|one| takers.iter().any(|other| one.excludes(other)));
            if takers.is_empty() {
                rejected.push(short(value));
            } else if doubted && !self.is_kept(w, &rests) {
                open.push(short(value));
            }
        }
        if !rejected.is_empty() {
            let rule = self.rule(true, Rule::EnumValueRemoved, Rule::EnumValueAdded);
            let rule = if rs.iter().any(|r| r.values.is_some()) {
                rule
            } else {
                self.rule(true, Rule::ConstraintTightened, Rule::ConstraintLoosened)
            };
            self.report(rule, Level::Breaking, path, |p| {
                format!(
                    "{} may be sent by {}, rejected by {}",
                    some_of(&rejected),
                    p.writer,
                    p.reader
                )
            });
        }
        if !open.is_empty() {
            self.undecided(path, |p| {
                format!("whether {} is accepted by {} can't be decided", some_of(&open), p.reader)
            });
        }
    }

    /// Whether what can't be judged is the same on both sides.
    fn is_kept(&self, w: &Alt<'a>, rs: &[&Alt<'a>]) -> bool {
        let [r] = rs else { return false };
        w.parts.len() == r.parts.len()
            && w.parts.iter().zip(&r.parts).all(|(w, r)| {
                w.iter().all(|(key, w)| {
                    matches!(key.as_str(), "enum" | "const")
                        || keyword::is_annotation(key)
                        || r.get(key).is_some_and(|r| self.are_same(w, r))
                }) && r.keys().all(|key| w.contains_key(key) || keyword::is_annotation(key))
            })
    }

    /// Values that only the reader lists, or that it lists in another order.
    pub(crate) fn values_of_reader(&mut self, ws: &[&Alt<'a>], rs: &[&Alt<'a>], path: &str) {
        if self.is_trial() {
            return;
        }
        let listed = |alts: &[&Alt<'a>]| -> Vec<String> {
            let all = alts.iter().flat_map(|alt| alt.values.iter().flatten());
            all.map(|value| value::text(value)).collect()
        };
        let (w_list, r_list) = (listed(ws), listed(rs));
        if w_list.is_empty() || r_list.is_empty() {
            if ws.iter().all(|alt| alt.values.is_some()) && r_list.is_empty() {
                let rule = self.rule(true, Rule::ConstraintLoosened, Rule::ConstraintTightened);
                let why = |p: Peers| format!("any value is accepted by {}", p.reader);
                self.report(rule, Level::Ok, path, why);
            }
            return;
        }
        let (w_set, r_set): (BTreeSet<_>, BTreeSet<_>) =
            (w_list.iter().collect(), r_list.iter().collect());
        let more: Vec<String> = r_list.iter().filter(|one| !w_set.contains(one)).cloned().collect();
        if !more.is_empty() && ws.iter().all(|alt| alt.values.is_some()) {
            let rule = self.rule(true, Rule::EnumValueAdded, Rule::EnumValueRemoved);
            self.report(rule, Level::Ok, path, |p| {
                format!("{} never sent by {}", some_of(&more), p.writer)
            });
        }
        if w_set == r_set && w_list != r_list {
            self.report(Rule::OrderChanged, Level::Ok, path, |_| {
                "values in another order".to_owned()
            });
        }
    }

    /// Formats, and keywords that are only compared as a whole.
    pub(crate) fn notes(&mut self, w: &Alt<'a>, r: &Alt<'a>, path: &str) {
        for key in ["format", "contentEncoding", "contentMediaType"] {
            let get = |alt: &Alt<'a>| alt.parts.iter().find_map(|part| part.get(key));
            let (w, r) = (get(w), get(r));
            if w != r && !self.is_trial() {
                let (old, new) = if self.old_writes { (w, r) } else { (r, w) };
                let why = changed(key, old, new);
                self.report(Rule::FormatChanged, Level::Warning, path, |_| why);
            }
        }
        if w.values.is_some() {
            return;
        }
        let (ws, rs) = (opaque(w), opaque(r));
        let same = |one: &'a Value, other: &'a Value| self.are_same(one, other);
        // The meaning of these depends on the keywords beside them.
        let depends =
            |all: &[(&'a str, &'a Value)]| all.iter().map(|(key, _)| *key).find(|key| is_rest(key));
        let odd = |one: &[(&'a str, &'a Value)], other: &[(&'a str, &'a Value)]| {
            let is_new = |(key, value): &&(&'a str, &'a Value)| {
                !other.iter().any(|(k, v)| k == key && same(value, v))
            };
            one.iter().find(is_new).map(|(key, _)| *key)
        };
        if let Some(key) = odd(&ws, &rs).or_else(|| odd(&rs, &ws)) {
            self.undecided(path, |_| format!("`{key}` differs, and what that means is not known"));
        } else if let Some(key) = depends(&ws) {
            let why = "what it means depends on what differs beside it";
            self.undecided(path, |_| format!("`{key}`: {why}"));
        }
    }
}
