//! Fields by rules for their names: `propertyNames` and `patternProperties`.

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::{object::Object, path, walk::Walk};
use crate::compat::{
    change::Level,
    rules::Rule,
    shape::{accepts::accepts, alternative::Kind, expand::Shapes, node::Node},
};

/// What a name is in any case.
static NAME: LazyLock<Value> = LazyLock::new(|| json!({ "type": "string" }));

impl<'a> Walk<'a, '_> {
    /// Whether a rule for names takes this one; `None` if that can't be decided.
    pub(crate) fn takes_name(shapes: &Shapes<'a>, rule: &Node<'a>, name: &str) -> Option<bool> {
        let (shape, name) = (shapes.shape(rule).ok()?, Value::from(name));
        let takers: Vec<_> = shape
            .of_kind(Kind::String)
            .into_iter()
            .map(|alt| (alt, accepts(alt, &name)))
            .filter(|(_, answer)| *answer != Some(false))
            .collect();
        match &*takers {
            [] => Some(false),
            [(_, answer)] => *answer,
            all if all.iter().any(|(alt, answer)| answer.is_some() && !alt.is_exclusive()) => {
                Some(true)
            }
            _ => None,
        }
    }

    /// `propertyNames`: are the names of all fields that are sent taken?
    pub(crate) fn names_of_fields(&mut self, w: &Object<'a>, r: &Object<'a>, at: &str) {
        let (own, taken) = (w.names_taken(), r.names_taken());
        if self.same.nodes(&own, &taken) && !own.0.is_empty() {
            return;
        }
        if taken.0.is_empty() {
            if !own.0.is_empty() {
                let rule = self.rule(true, Rule::ConstraintLoosened, Rule::ConstraintTightened);
                self.report(rule, Level::Ok, at, |p| {
                    format!("fields of any name are accepted by {}", p.reader)
                });
            }
            return;
        }
        let rule = self.rule(true, Rule::ConstraintTightened, Rule::ConstraintLoosened);
        let mut names: Vec<_> = w.names().collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            let never = w.field(name).is_never()
                || Self::takes_name(self.writer, &own, name) == Some(false);
            match Self::takes_name(self.reader, &taken, name) {
                _ if never => {}
                Some(true) => {}
                Some(false) => self.report(rule, Level::Breaking, &path::field(at, name), |p| {
                    format!(
                        "sent by {}, rejected by {}: `propertyNames` accepts no such name",
                        p.writer, p.reader
                    )
                }),
                None => self.undecided(&path::field(at, name), |p| {
                    format!(
                        "whether `propertyNames` of {} accepts this name can't be decided",
                        p.reader
                    )
                }),
            }
        }
        let (mut own, mut taken) = (own, taken);
        own.push(&NAME);
        taken.push(&NAME);
        let place = path::branch(&path::any_field(at), "name");
        if !w.patterns().is_empty() {
            let why = "only names that fit `patternProperties` are sent";
            self.downgraded(why, |walk| walk.node(&own, &taken, &place));
        } else if w.sent().is_some() {
            self.node(&own, &taken, &place);
        }
    }

    /// `patternProperties`.
    pub(crate) fn patterns(&mut self, w: &Object<'a>, r: &Object<'a>, path: &str) {
        let (ws, rs) = (w.patterns(), r.patterns());
        if rs.is_empty() {
            return ws
                .iter()
                .for_each(|(pattern, schema)| self.pattern_of_writer(r, pattern, schema, path));
        }
        if ws.is_empty() {
            return self.patterns_of_reader(w, &rs, path);
        }
        let listed = |all: &[(&'a str, &'a Value)]| {
            let mut names: Vec<_> = all.iter().map(|(name, _)| *name).collect();
            names.sort_unstable();
            names
        };
        if listed(&ws) != listed(&rs) {
            return self.undecided(path, |_| "`patternProperties` has other patterns".to_owned());
        }
        for (pattern, schema) in ws {
            for (_, other) in rs.iter().filter(|(name, _)| *name == pattern) {
                let at = path::matching(path, pattern);
                self.node(&Node::of(schema), &Node::of(other), &at);
            }
        }
    }

    /// Fields that only the writer names by a pattern.
    fn pattern_of_writer(&mut self, r: &Object<'a>, pattern: &str, schema: &'a Value, path: &str) {
        let (at, taken) = (path::matching(path, pattern), r.taken());
        if taken.is_never() {
            let rule = self.rule(true, Rule::ConstraintTightened, Rule::ConstraintLoosened);
            return self.report(rule, Level::Breaking, &at, |p| {
                format!("such fields may be sent by {}, rejected by {}", p.writer, p.reader)
            });
        }
        self.node(&Node::of(schema), &taken, &at);
    }

    /// Fields that only the reader names by a pattern. Those that the writer declares are compared one
    /// by one.
    fn patterns_of_reader(&mut self, w: &Object<'a>, rs: &[(&'a str, &'a Value)], path: &str) {
        let Some(sent) = w.sent() else {
            let rule = self.rule(true, Rule::ConstraintLoosened, Rule::ConstraintTightened);
            return self.report(rule, Level::Ok, path, |p| {
                format!("no field is sent by {} for its pattern alone", p.writer)
            });
        };
        let is_restricted = !w.names_taken().0.is_empty();
        for (pattern, schema) in rs {
            let (at, schema) = (path::matching(path, pattern), Node::of(schema));
            if is_restricted {
                let why = "`propertyNames` may allow no name of this pattern";
                self.downgraded(why, |walk| walk.node(&sent, &schema, &at));
            } else {
                self.node(&sent, &schema, &at);
            }
        }
    }
}
