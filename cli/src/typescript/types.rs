//! From a schema to a type.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};
use wirebond_schema::internal::reference;

use super::{
    Int64, Warning,
    names::Names,
    text::{comment, key, quoted},
};

mod absent;
mod bonds;
mod objects;

use bonds::{Type, intersection, union};

/// The last integer up to which JavaScript's numbers are exact: 2^53 - 1.
const EXACT: f64 = 9_007_199_254_740_991.0;

/// Keywords of JSON Schema that no type can express; the type then allows more.
const UNSAID: [&str; 6] = [
    "not",
    "if",
    "dependentSchemas",
    "dependentRequired",
    "propertyNames",
    "unevaluatedProperties",
];

/// Longer tuples of one type are written as lists.
const LONGEST_TUPLE: u64 = 16;

/// Whether a definition becomes an interface rather than an alias.
fn is_interface(schema: &Value) -> bool {
    schema.get("type").and_then(Value::as_str) == Some("object")
        && ["$ref", "allOf", "anyOf", "oneOf", "const", "enum"]
            .iter()
            .all(|key| schema.get(key).is_none())
}

/// Whether an integer may be one that JavaScript's numbers round.
pub(super) fn is_wide(map: &Map<String, Value>) -> bool {
    let number = |key: &str| map.get(key).and_then(Value::as_f64);
    let most = number("maximum").or_else(|| number("exclusiveMaximum"));
    let least = number("minimum").or_else(|| number("exclusiveMinimum"));
    let is_exact = |bound: Option<f64>| bound.is_some_and(|bound| bound.abs() <= EXACT);
    let is_narrow = map.get("format").is_some_and(|format| format == "int32");
    !(is_narrow || is_exact(most) && is_exact(least))
}

/// Writes the types of one contract.
pub(super) struct Types<'a> {
    names: &'a Names,
    defs: &'a BTreeMap<&'a str, &'a Value>,
    /// The properties of the object that the next schema is a part of, if it is.
    outer: Option<BTreeSet<String>>,
    /// The place in it, as a JSON pointer, and the lengths of its beginnings.
    place: String,
    /// Whether an integer too wide for JavaScript was met since the last comment began.
    is_wide: bool,
    int64: Int64,
    pub(super) warnings: Vec<Warning>,
}

impl<'a> Types<'a> {
    pub(super) fn new(
        names: &'a Names,
        defs: &'a BTreeMap<&'a str, &'a Value>,
        int64: Int64,
    ) -> Self {
        Self {
            names,
            defs,
            outer: None,
            place: String::new(),
            is_wide: false,
            int64,
            warnings: Vec::new(),
        }
    }

    /// The declaration of a definition. `moments` are the keys of the envelope's own numbers, the time and
    /// the number of a call, which stay exact.
    pub(super) fn definition(&mut self, def: &str, schema: &Value, moments: &[&str]) -> String {
        let Some(name) = self.names.get(def) else { return String::new() };
        self.place = reference::pointer(def);
        self.is_wide = false;
        let renamed = (name != def).then(|| format!("Called `{def}` in the contract."));
        if let (true, Some(map)) = (is_interface(schema), schema.as_object()) {
            let body = self.members(map, 0, moments);
            let paragraphs = self.paragraphs(schema, renamed);
            return format!("{}export interface {name} {body}\n", comment(&paragraphs, 0));
        }
        let type_ = self.of(schema, 0);
        let paragraphs = self.paragraphs(schema, renamed);
        let line = format!("export type {name} = {};\n", type_.text);
        let is_long = line.len() > 100 || line.trim_end().contains('\n');
        let line = if is_long { type_.broken(&format!("export type {name} =")) } else { line };
        comment(&paragraphs, 0) + &line
    }

    /// The type of a message's payload.
    pub(super) fn payload(&mut self, schema: &Value) -> String {
        let before = self.warnings.len();
        let type_ = self.of(schema, 1);
        // The envelope's own definition has reported the same warnings.
        self.warnings.truncate(before);
        type_.text
    }

    fn warn(&mut self, text: impl Into<String>) {
        self.warnings.push(Warning { place: self.place.clone(), text: text.into() });
    }

    /// Does something at a place below the present one.
    fn at<T>(&mut self, step: &str, work: impl FnOnce(&mut Self) -> T) -> T {
        let length = self.place.len();
        self.place.push('/');
        self.place.push_str(step);
        let result = work(self);
        self.place.truncate(length);
        result
    }

    /// The paragraphs of a schema's doc comment.
    fn paragraphs(&self, schema: &Value, renamed: Option<String>) -> Vec<String> {
        let text = |key: &str| schema.get(key).and_then(Value::as_str);
        let mut paragraphs: Vec<String> =
            text("description").map(str::to_owned).into_iter().collect();
        paragraphs.extend(renamed);
        if let Some(format) = text("format")
            && !matches!(format, "int32" | "int64" | "float" | "double")
        {
            paragraphs.push(format!("Format: {format}."));
        }
        if self.is_wide {
            paragraphs.push(
                "An integer that may be wider than 53 bits: JavaScript rounds it beyond that."
                    .to_owned(),
            );
        }
        if let Some(default) = schema.get("default") {
            paragraphs.push(format!("@default {default}"));
        }
        if schema.get("deprecated") == Some(&Value::Bool(true)) {
            paragraphs.push("@deprecated".to_owned());
        }
        paragraphs
    }

    /// The type of a schema; `indent` is how deep its line stands.
    fn of(&mut self, schema: &Value, indent: usize) -> Type {
        match schema {
            Value::Bool(true) => Type::unknown(),
            Value::Bool(false) => Type::never(),
            Value::Object(map) => self.of_map(map, indent),
            _ => {
                self.warn("this is no schema: written as `unknown`");
                Type::unknown()
            }
        }
    }

    fn of_map(&mut self, map: &Map<String, Value>, indent: usize) -> Type {
        let object = absent::object(map, self.outer.take());
        let nothing = |schema: &Value| schema.as_object().is_some_and(Map::is_empty);
        if map.get("not").is_some_and(|not| nothing(not) || not == &Value::Bool(true)) {
            return Type::never();
        }
        if let Some(key) = UNSAID.iter().find(|key| map.contains_key(**key)) {
            self.warn(format!("no type can say `{key}`: the type allows more than the contract"));
        }
        let mut parts = Vec::new();
        let branches = ["oneOf", "anyOf"].map(|key| map.get(key).and_then(Value::as_array));
        let has_branches = branches.iter().any(Option::is_some);
        // The branches of a discriminated union repeat what the union itself declares.
        if !(has_branches && map.contains_key("discriminator")) {
            let is_only_kind =
                has_branches || map.contains_key("$ref") || map.contains_key("allOf");
            parts.extend(self.base(map, indent, is_only_kind));
        }
        if let Some(reference) = map.get("$ref") {
            parts.push(self.reference(reference));
        }
        if let Some(all) = map.get("allOf").and_then(Value::as_array) {
            parts.extend(self.each("allOf", all, indent, object.as_ref()));
        }
        for (key, branches) in ["oneOf", "anyOf"].into_iter().zip(branches) {
            if let Some(branches) = branches {
                let mut types = self.each(key, branches, indent, object.as_ref());
                if let Some(own) = &object {
                    self.absent(branches, own, &mut types);
                }
                parts.push(union(types));
            }
        }
        intersection(parts)
    }

    /// The types of several schemas that are parts of one, which may be an object.
    fn each(
        &mut self,
        key: &str,
        schemas: &[Value],
        indent: usize,
        object: Option<&BTreeSet<String>>,
    ) -> Vec<Type> {
        let of = |(index, schema): (usize, &Value)| {
            self.outer = object.cloned();
            let type_ = self.at(&format!("{key}/{index}"), |types| types.of(schema, indent));
            self.outer = None;
            type_
        };
        schemas.iter().enumerate().map(of).collect()
    }

    fn reference(&mut self, target: &Value) -> Type {
        let name = target.as_str().and_then(reference::plain_name);
        let Some(name) = name.and_then(|def| self.names.get(def)) else {
            self.warn(format!("{target} is no definition: written as `unknown`"));
            return Type::unknown();
        };
        Type::single(name)
    }

    /// The type that a schema's own keywords give, if they give one. `is_only_kind` is whether other
    /// keywords describe the members of an object or a list.
    fn base(
        &mut self,
        map: &Map<String, Value>,
        indent: usize,
        is_only_kind: bool,
    ) -> Option<Type> {
        if let Some(value) = map.get("const") {
            return Some(literal(value));
        }
        if let Some(values) = map.get("enum").and_then(Value::as_array) {
            return Some(union(values.iter().map(literal).collect()));
        }
        let inside = ["properties", "additionalProperties", "patternProperties", "required"];
        let is_empty = !inside.iter().any(|key| map.contains_key(*key));
        match map.get("type") {
            Some(Value::String(kind)) if is_only_kind && is_empty && kind == "object" => None,
            Some(Value::String(kind)) => Some(self.kind(kind, map, indent)),
            Some(Value::Array(kinds)) => {
                let kinds = kinds.iter().filter_map(Value::as_str);
                Some(union(kinds.map(|kind| self.kind(kind, map, indent)).collect()))
            }
            _ if map.contains_key("properties") => Some(self.kind("object", map, indent)),
            _ if map.contains_key("prefixItems") => Some(self.kind("array", map, indent)),
            _ => None,
        }
    }

    fn kind(&mut self, kind: &str, map: &Map<String, Value>, indent: usize) -> Type {
        match kind {
            "string" | "boolean" | "null" | "number" => Type::single(kind),
            "integer" => self.integer(map),
            "array" => self.list(map, indent),
            "object" => self.object(map, indent),
            other => {
                self.warn(format!("there is no type {other:?}: written as `unknown`"));
                Type::unknown()
            }
        }
    }

    /// The type of an integer, which may not be exact as a number.
    fn integer(&mut self, map: &Map<String, Value>) -> Type {
        if !is_wide(map) {
            return Type::single("number");
        }
        match self.int64 {
            Int64::Number => self.warn_of_wide(map),
            Int64::BigInt => return Type::single("bigint"),
            Int64::String => return Type::single("string"),
        }
        Type::single("number")
    }

    fn warn_of_wide(&mut self, map: &Map<String, Value>) {
        self.is_wide = true;
        self.warn(if map.get("format").is_some_and(|format| format == "int64") {
            "a 64-bit integer: JavaScript rounds it beyond 2^53; send it as a string if it gets there"
        } else {
            "an integer without bounds: JavaScript rounds it beyond 2^53; give it a `minimum` and a \
             `maximum`, or send it as a string if it gets there"
        });
    }

    fn list(&mut self, map: &Map<String, Value>, indent: usize) -> Type {
        let length = |key: &str| map.get(key).and_then(Value::as_u64);
        let (least, most) = (length("minItems").unwrap_or(0), length("maxItems"));
        let items = map.get("items");
        let Some(first) = map.get("prefixItems").and_then(Value::as_array) else {
            let item = items.map_or_else(Type::unknown, |items| {
                self.at("items", |types| types.of(items, indent))
            });
            let is_tuple = Some(least) == most && (1..=LONGEST_TUPLE).contains(&least);
            if !is_tuple {
                return Type::list(&item);
            }
            let items = (0..least).map(|_| item.text.as_str()).collect::<Vec<_>>();
            return Type::single(format!("[{}]", items.join(", ")));
        };
        let mut parts: Vec<String> = Vec::new();
        for (index, (number, schema)) in (0_u64..).zip(first).enumerate() {
            let type_ = self.at(&format!("prefixItems/{index}"), |types| types.of(schema, indent));
            parts.push(if number < least { type_.text } else { type_.as_single() + "?" });
        }
        let is_closed = items == Some(&Value::Bool(false))
            || most.is_some_and(|most| usize::try_from(most).is_ok_and(|most| most <= first.len()));
        if !is_closed {
            let rest = items.map_or_else(Type::unknown, |items| {
                self.at("items", |types| types.of(items, indent))
            });
            parts.push(format!("...{}", Type::list(&rest).text));
        }
        Type::single(format!("[{}]", parts.join(", ")))
    }
}

/// The type of one value alone.
fn literal(value: &Value) -> Type {
    match value {
        Value::Null => Type::single("null"),
        Value::Bool(value) => Type::single(value.to_string()),
        Value::Number(number) => Type::single(number.to_string()),
        Value::String(text) => Type::single(quoted(text)),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(|item| literal(item).text).collect();
            Type::single(format!("[{}]", items.join(", ")))
        }
        Value::Object(map) => {
            let mut fields: Vec<_> = map.iter().collect();
            fields.sort_unstable_by_key(|(name, _)| *name);
            let fields = fields
                .iter()
                .map(|(name, value)| format!("{}: {}", key(name), literal(value).text));
            Type::single(format!("{{ {} }}", fields.collect::<Vec<_>>().join("; ")))
        }
    }
}
