//! Objects: fields, and what else may be in them.

use serde_json::{Map, Value};

use super::{
    path,
    walk::{Peers, Walk, names},
};
use crate::{
    compat::{
        change::Level,
        rules::Rule,
        shape::{alternative::Alt, limits::limits, node::Node, pattern, scope::Scope},
    },
    json_schema::required,
};

/// An alternative that is an object.
pub(crate) struct Object<'a> {
    parts: Vec<&'a Map<String, Value>>,
    /// The schemas of the fields that are left over.
    scopes: Vec<Scope<'a>>,
}

/// Keywords that show that an object is meant, so that a writer keeps to what is declared.
const OF_OBJECTS: [&str; 4] =
    ["properties", "required", "additionalProperties", "patternProperties"];

impl<'a> Object<'a> {
    pub(crate) fn of(alt: &Alt<'a>) -> Self {
        let scopes = if alt.has_clear_scopes() { alt.scopes.clone() } else { Vec::new() };
        Self { parts: alt.parts.clone(), scopes }
    }

    fn properties(&self) -> impl Iterator<Item = &'a Map<String, Value>> {
        self.parts.iter().filter_map(|part| part.get("properties")?.as_object())
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &'a str> {
        self.properties()
            .flat_map(|fields| fields.keys())
            .map(String::as_str)
            .chain(self.required())
    }

    pub(crate) fn required(&self) -> impl Iterator<Item = &'a str> {
        self.parts.iter().flat_map(|part| required(part))
    }

    pub(crate) fn requires(&self, name: &str) -> bool {
        self.required().any(|required| required == name)
    }

    pub(crate) fn declares(&self, name: &str) -> bool {
        self.properties().any(|fields| fields.contains_key(name)) || self.requires(name)
    }

    /// What a declared field must be.
    pub(crate) fn field(&self, name: &str) -> Node<'a> {
        let mut node = Node::default();
        for part in &self.parts {
            let own = part.get("properties").and_then(|fields| fields.get(name));
            let patterns = part.get("patternProperties").and_then(Value::as_object);
            let is_left = || {
                let names = patterns.into_iter().flat_map(Map::keys).map(String::as_str);
                pattern::any(names, name) == Some(false)
            };
            let schema = own.or_else(|| part.get("additionalProperties").filter(|_| is_left()));
            if let Some(schema) = schema {
                node.push(schema);
            }
            for (key, schema) in patterns.into_iter().flatten() {
                if pattern::matches(key, name) == Some(true) {
                    node.push(schema);
                }
            }
        }
        for scope in &self.scopes {
            if scope.has_field(name) == Some(false) {
                node.push(scope.rest);
            }
        }
        node
    }

    /// Whether no pattern leaves it open what a field must be.
    fn is_decided(&self, name: &str) -> bool {
        pattern::any(self.patterns().into_iter().map(|(pattern, _)| pattern), name).is_some()
    }

    /// Whether a pattern certainly applies to a field.
    fn has_pattern(&self, name: &str) -> bool {
        pattern::any(self.patterns().into_iter().map(|(pattern, _)| pattern), name) == Some(true)
    }

    /// What a field that nobody declares must be for a reader.
    pub(crate) fn taken(&self) -> Node<'a> {
        let mut node = Node::default();
        let all = self.parts.iter().filter_map(|part| part.get("additionalProperties"));
        all.chain(self.scopes.iter().map(|scope| scope.rest)).for_each(|schema| node.push(schema));
        node
    }

    /// What the names of fields must be.
    pub(crate) fn names_taken(&self) -> Node<'a> {
        let mut node = Node::default();
        let all = self.parts.iter().filter_map(|part| part.get("propertyNames"));
        all.for_each(|schema| node.push(schema));
        node
    }

    /// What a writer sends beyond the declared fields; `None` if nothing.
    pub(crate) fn sent(&self) -> Option<Node<'a>> {
        let means_object = |part: &&&Map<String, Value>| {
            OF_OBJECTS.iter().any(|key| part.contains_key(*key))
                || part.get("type").is_some_and(|types| match types {
                    Value::Array(all) => all.iter().any(|one| one == "object"),
                    one => one == "object",
                })
        };
        if self.parts.iter().find(means_object).is_none() {
            return Some(Node::default());
        }
        let taken = self.taken();
        let others = self.parts.iter().filter_map(|part| part.get("additionalProperties"));
        let is_explicit = others
            .chain(self.scopes.iter().map(|scope| scope.rest))
            .any(|schema| *schema != Value::Bool(false));
        (is_explicit && !taken.is_never()).then_some(taken)
    }

    pub(crate) fn patterns(&self) -> Vec<(&'a str, &'a Value)> {
        let all = self.parts.iter().filter_map(|part| part.get("patternProperties")?.as_object());
        all.flatten().map(|(pattern, schema)| (pattern.as_str(), schema)).collect()
    }
}

impl<'a> Walk<'a, '_> {
    pub(crate) fn objects(&mut self, w_alt: &Alt<'a>, r_alt: &Alt<'a>, path: &str) {
        let (w, r) = (Object::of(w_alt), Object::of(r_alt));
        let is_impossible =
            |node: &Node<'a>| self.writer.shape(node).is_ok_and(|shape| shape.alts.is_empty());
        if let Some(name) = w.required().find(|name| is_impossible(&w.field(name))) {
            // Nothing can be sent, so that nothing can be rejected.
            let rule = self.rule(true, Rule::TypeWidened, Rule::TypeNarrowed);
            let why = |p: Peers| format!("no value of this field can be sent by {}", p.writer);
            return self.report(rule, Level::Ok, &path::field(path, name), why);
        }
        for name in names(w.names(), r.names()) {
            let at = path::field(path, name);
            match (w.declares(name), r.declares(name)) {
                (true, true) => self.field_of_both(&w, &r, name, &at),
                (true, false) => self.field_of_writer(&w, &r, name, &at),
                _ => self.field_of_reader(&w, &r, name, &at),
            }
        }
        self.order_of_required(&w, &r, path);
        self.names_of_fields(&w, &r, path);
        self.patterns(&w, &r, path);
        self.others(&w, &r, path);
        let count = |object: &Object<'_>| names(object.names(), std::iter::empty()).len() as u64;
        let is_finite = w.sent().is_none() && w.patterns().is_empty();
        let (mut least, mut most) = limits(w_alt, "minProperties", "maxProperties");
        least = least.max(names(w.required(), std::iter::empty()).len() as u64);
        if is_finite {
            most = Some(most.map_or(count(&w), |most| most.min(count(&w))));
        }
        let reader = limits(r_alt, "minProperties", "maxProperties");
        self.sizes(
            (w_alt, r_alt),
            ((least, most), reader),
            ["minProperties", "maxProperties"],
            path,
        );
    }

    fn field_of_both(&mut self, w: &Object<'a>, r: &Object<'a>, name: &str, at: &str) {
        let (w_node, r_node) = (w.field(name), r.field(name));
        if w.is_decided(name) && !r.is_decided(name) && !w_node.is_never() {
            self.undecided(at, |_| "`patternProperties` may say what it must be".to_owned());
        }
        match (w.requires(name), r.requires(name)) {
            (true, false) => {
                let rule = self.rule(true, Rule::FieldBecameOptional, Rule::FieldBecameRequired);
                self.report(rule, Level::Ok, at, |p| format!("always sent by {}", p.writer));
            }
            (false, true) => {
                let rule = self.rule(true, Rule::FieldBecameRequired, Rule::FieldBecameOptional);
                self.report(rule, Level::Breaking, at, |p| {
                    format!("may be left out by {}, required by {}", p.writer, p.reader)
                });
            }
            _ => {}
        }
        if !w_node.is_never() {
            self.node(&w_node, &r_node, at);
        }
    }

    /// A field that the reader does not declare.
    fn field_of_writer(&mut self, w: &Object<'a>, r: &Object<'a>, name: &str, at: &str) {
        let (node, required) = (w.field(name), w.requires(name));
        let rule = self.field_rule(false, required, at);
        if node.is_never() {
            return self.report(rule, Level::Ok, at, |p| format!("never sent by {}", p.writer));
        }
        if !r.is_decided(name) {
            let why = "`patternProperties` may say what it must be";
            return self.report(rule, Level::Undecided, at, |_| why.to_owned());
        }
        let taken = r.field(name);
        if taken.is_never() {
            return self.report(rule, Level::Breaking, at, |p| {
                format!("sent by {}, rejected by {}: the object is closed", p.writer, p.reader)
            });
        }
        let level = self.trial(|walk| walk.node(&node, &taken, at));
        if level > Level::Warning {
            return self.report(rule, level, at, |p| {
                format!(
                    "sent by {}, no value that undeclared fields may have for {}",
                    p.writer, p.reader
                )
            });
        }
        let level = if self.old_writes && !required { Level::Warning } else { Level::Ok };
        self.report(rule, level, at, |p| format!("sent by {}, ignored by {}", p.writer, p.reader));
    }

    /// A field that the writer does not declare.
    fn field_of_reader(&mut self, w: &Object<'a>, r: &Object<'a>, name: &str, at: &str) {
        let required = r.requires(name);
        let rule = self.field_rule(true, required, at);
        if required {
            return self.report(rule, Level::Breaking, at, |p| {
                format!("not sent by {}, required by {}", p.writer, p.reader)
            });
        }
        if let Some(sent) = self.sent_as(w, name) {
            let level = self.trial(|walk| walk.node(&sent, &r.field(name), at));
            if level > Level::Warning {
                return self.report(rule, level, at, |p| {
                    let (w, r) = (p.writer, p.reader);
                    format!("{w} may send any field of this name, and not each value suits {r}")
                });
            }
        }
        if !w.is_decided(name) {
            let why = "`patternProperties` may say what is sent";
            return self.report(rule, Level::Undecided, at, |_| why.to_owned());
        }
        let level = if self.old_writes { Level::Ok } else { Level::Warning };
        self.report(rule, level, at, |p| {
            format!("not sent by {}, and may be missing for {}", p.writer, p.reader)
        });
    }

    /// What the writer sends under a name that it doesn't declare; `None` if nothing.
    fn sent_as(&self, w: &Object<'a>, name: &str) -> Option<Node<'a>> {
        let is_named = w.is_decided(name) && w.has_pattern(name);
        let sent = if is_named { Some(w.field(name)) } else { w.sent() };
        let names = w.names_taken();
        sent.filter(|_| Self::takes_name(self.writer, &names, name) != Some(false))
    }

    fn field_rule(&self, reader_has_it: bool, required: bool, at: &str) -> Rule {
        // The envelope's own field: a path as deep can't come from a payload.
        if at == "$.data" {
            return self.rule(reader_has_it, Rule::PayloadAdded, Rule::PayloadRemoved);
        }
        let (added, removed) = if required {
            (Rule::RequiredFieldAdded, Rule::RequiredFieldRemoved)
        } else {
            (Rule::OptionalFieldAdded, Rule::OptionalFieldRemoved)
        };
        self.rule(reader_has_it, added, removed)
    }

    fn order_of_required(&mut self, w: &Object<'a>, r: &Object<'a>, path: &str) {
        let (ws, rs): (Vec<_>, Vec<_>) = (w.required().collect(), r.required().collect());
        if ws != rs && ws.len() == rs.len() && ws.iter().all(|name| r.requires(name)) {
            self.report(Rule::OrderChanged, Level::Ok, path, |_| {
                "`required` is in another order".into()
            });
        }
    }

    /// What is sent and taken beyond the declared fields.
    fn others(&mut self, w: &Object<'a>, r: &Object<'a>, path: &str) {
        let (sent, taken) = (w.sent(), r.taken());
        let is_closed = taken.is_never();
        let was_closed = w.taken().is_never();
        let rule = self.rule(is_closed, Rule::ObjectClosed, Rule::ObjectOpened);
        match sent {
            Some(_) if is_closed => self.report(rule, Level::Breaking, path, |p| {
                format!(
                    "any fields are sent by {}, only declared ones accepted by {}",
                    p.writer, p.reader
                )
            }),
            Some(sent) => self.node(&sent, &taken, &path::any_field(path)),
            None if is_closed && !was_closed => {
                let level = if self.old_writes { Level::Warning } else { Level::Ok };
                self.report(rule, level, path, |p| {
                    format!("fields that are not declared are rejected by {}", p.reader)
                });
            }
            None if was_closed && !is_closed => self.report(rule, Level::Ok, path, |p| {
                format!("fields that are not declared are ignored by {}", p.reader)
            }),
            None => {}
        }
    }
}
