//! Objects: their properties and what else they may hold.

use std::{collections::BTreeSet, fmt::Write};

use serde_json::{Map, Value};
use wirebond_schema::internal::{reference::token, required};

use super::{Type, Types, comment, key, union};

/// An object without comments up to this length stands on one line.
const SHORT: usize = 70;

impl Types<'_> {
    /// An object as a type within another.
    pub(super) fn object(&mut self, map: &Map<String, Value>, indent: usize) -> Type {
        let body = self.members(map, indent, &[]);
        let short = body.lines().map(str::trim).collect::<Vec<_>>().join(" ");
        if body.contains("/**\n") || body.contains("/** ") || short.len() > SHORT {
            return Type::single(body);
        }
        Type::single(short.strip_suffix("; }").map_or(short.clone(), |rest| format!("{rest} }}")))
    }

    /// An object's braces and what is in them. `moments` are the keys of an envelope's own numbers, which are
    /// no wide integers.
    pub(super) fn members(
        &mut self,
        map: &Map<String, Value>,
        indent: usize,
        moments: &[&str],
    ) -> String {
        let none = Map::new();
        let properties = map.get("properties").and_then(Value::as_object).unwrap_or(&none);
        let required: BTreeSet<&str> = required(map).collect();
        let names: BTreeSet<&str> =
            properties.keys().map(String::as_str).chain(required.iter().copied()).collect();
        let (mut lines, mut held) = (String::new(), Vec::new());
        let pad = "  ".repeat(indent + 1);
        for name in names {
            let schema = properties.get(name).unwrap_or(&Value::Bool(true));
            let step = format!("properties/{}", token(name));
            let outside = std::mem::replace(&mut self.is_wide, false);
            let type_ = if moments.contains(&name) {
                Type::single("number")
            } else {
                self.at(&step, |types| types.of(schema, indent + 1))
            };
            lines.push_str(&comment(&self.paragraphs(schema, None), indent + 1));
            self.is_wide = outside;
            let optional = if required.contains(name) { "" } else { "?" };
            let _ = writeln!(lines, "{pad}{}{optional}: {};", key(name), type_.text);
            held.push(type_);
            if !optional.is_empty() {
                held.push(Type::single("undefined"));
            }
        }
        if let Some(rest) = self.rest(map, held, indent) {
            let _ = writeln!(lines, "{pad}[key: string]: {};", rest.text);
        }
        format!("{{\n{lines}{}}}", "  ".repeat(indent))
    }

    /// What stands under other keys than the named ones. It must admit what these hold.
    fn rest(&mut self, map: &Map<String, Value>, held: Vec<Type>, indent: usize) -> Option<Type> {
        let mut rest = Vec::new();
        let patterns = map.get("patternProperties").and_then(Value::as_object);
        let mut patterns: Vec<_> = patterns.into_iter().flatten().collect();
        patterns.sort_unstable_by_key(|(pattern, _)| *pattern);
        for (pattern, schema) in patterns {
            let step = format!("patternProperties/{}", token(pattern));
            rest.push(self.at(&step, |types| types.of(schema, indent + 1)));
        }
        match map.get("additionalProperties") {
            // An open object with names of its own: to TypeScript, every object type is open.
            None | Some(Value::Bool(false)) if rest.is_empty() && !held.is_empty() => return None,
            None => rest.push(Type::unknown()),
            Some(schema) => {
                rest.push(self.at("additionalProperties", |types| types.of(schema, indent + 1)));
            }
        }
        rest.extend(held);
        Some(union(rest))
    }
}
