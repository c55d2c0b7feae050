//! From a schema to the alternatives that it accepts, behind references and branches as well.

use std::{
    cell::RefCell,
    collections::{HashMap, HashSet},
    rc::Rc,
};

use serde_json::{Map, Value};

use super::{
    absorb::absorb,
    accepts::{accepts, has_opaque},
    alternative::{Alt, Kind, Shape},
    limits,
    node::{Node, accepts_any},
    number::Num,
    scope::Scope,
    value,
};
use crate::{
    document::Document,
    json_schema::{keyword, reference},
};

/// Why a schema can't be judged.
pub(crate) type Unclear = String;

/// Alternatives beyond this are not looked at: a hostile document could have any number of them.
const MOST_ALTS: usize = 1000;
/// References and branches that may stand in one another without a field or an item between them.
pub(crate) const MOST_NESTED: usize = 40;

type Known<'a> = Result<Rc<Shape<'a>>, Unclear>;

/// Finds the shapes of one document's schemas.
pub(crate) struct Shapes<'a> {
    document: &'a Document,
    known: RefCell<HashMap<Vec<usize>, Known<'a>>>,
}

impl<'a> Shapes<'a> {
    pub(crate) fn of(document: &'a Document) -> Self {
        Self { document, known: RefCell::default() }
    }

    pub(crate) fn shape(&self, node: &Node<'a>) -> Known<'a> {
        let key = self.key(node);
        if let Some(known) = self.known.borrow().get(&key) {
            return known.clone();
        }
        let mut shape = Ok(Shape::any());
        for schema in &node.0 {
            shape = shape.and_then(|one| both(&one, &self.expand(schema, &mut Vec::new())?));
        }
        let shape = shape.map(|shape| Rc::new(finish(shape)));
        self.known.borrow_mut().insert(key, shape.clone());
        shape
    }

    /// The same for the same schemas of this document, whatever refers to them.
    pub(crate) fn key(&self, node: &Node<'a>) -> Vec<usize> {
        node.0.iter().map(|schema| std::ptr::from_ref(self.target(schema)).addr()).collect()
    }

    /// What a schema refers to, if it contains nothing else.
    pub(crate) fn next(&self, schema: &'a Value) -> Option<&'a Value> {
        let map = schema.as_object()?;
        let (_, target) = self.document.target(schema)?;
        let only_refers =
            map.keys().all(|key| key == reference::KEY || keyword::is_annotation(key));
        only_refers.then_some(target)
    }

    /// The schema that a schema only refers to; itself if it contains more than that.
    pub(crate) fn target(&self, schema: &'a Value) -> &'a Value {
        let next = |schema: &&'a Value| self.next(schema);
        std::iter::successors(Some(schema), next).take(MOST_NESTED).last().unwrap_or(schema)
    }

    fn expand(&self, schema: &'a Value, within: &mut Vec<usize>) -> Result<Shape<'a>, Unclear> {
        let map = match schema {
            Value::Bool(true) => return Ok(Shape::any()),
            Value::Bool(false) => return Ok(Shape::default()),
            Value::Object(map) => map,
            other => return Err(format!("{other} is no schema")),
        };
        let address = std::ptr::from_ref(schema).addr();
        if within.contains(&address) {
            return Err("a reference leads back to itself".to_owned());
        }
        if within.len() >= MOST_NESTED {
            return Err("references and branches are nested too deeply".to_owned());
        }
        check(map)?;
        within.push(address);
        let shape = self.expand_map(schema, map, within);
        within.pop();
        shape
    }

    fn expand_map(
        &self,
        schema: &'a Value,
        map: &'a Map<String, Value>,
        within: &mut Vec<usize>,
    ) -> Result<Shape<'a>, Unclear> {
        if map.get("not").is_some_and(accepts_any) {
            return Ok(Shape::default());
        }
        let mut shape = own(map);
        if let Some(reference) = map.get(reference::KEY) {
            let (name, target) = self
                .document
                .target(schema)
                .ok_or_else(|| format!("the reference {reference} leads nowhere"))?;
            let mut target = self.expand(target, within)?;
            // The name of a union is not that of a branch.
            if let [alt] = target.alts.as_mut_slice() {
                alt.def = alt.def.or(Some(name));
            }
            shape = both(&shape, &target)?;
        }
        for (keyword, is_exclusive) in [("oneOf", true), ("anyOf", false)] {
            let Some(Value::Array(branches)) = map.get(keyword) else { continue };
            let id = std::ptr::from_ref(branches).addr();
            let mut union = Shape { alts: Vec::new(), is_union: false };
            let mut real = 0;
            for (index, branch) in branches.iter().enumerate() {
                let mut branch = self.expand(branch, within)?;
                if is_exclusive {
                    branch.alts.iter_mut().for_each(|alt| alt.groups.push((id, index)));
                }
                real += usize::from(branch.alts.iter().any(|alt| alt.kind != Kind::Null));
                union.is_union |= branch.is_union;
                union.alts.append(&mut branch.alts);
                limit(union.alts.len())?;
            }
            union.is_union |= real > 1;
            shape = both(&shape, &union)?;
        }
        if let Some(Value::Array(all)) = map.get("allOf") {
            for schema in all {
                shape = both(&shape, &self.expand(schema, within)?)?;
            }
        }
        open_scopes(map, &mut shape.alts);
        Ok(shape)
    }
}

/// Whether the keywords that are read have values that can be read.
fn check(map: &Map<String, Value>) -> Result<(), Unclear> {
    const TYPES: [&str; 7] = ["null", "boolean", "integer", "number", "string", "array", "object"];
    let is_schema = |value: &Value| value.is_object() || value.is_boolean();
    let is_type = |value: &Value| value.as_str().is_some_and(|name| TYPES.contains(&name));
    let all = |value: &Value, fits: &dyn Fn(&Value) -> bool| {
        value.as_array().is_some_and(|items| items.iter().all(fits))
    };
    for (key, value) in map {
        let fits = match key.as_str() {
            "type" => is_type(value) || (all(value, &is_type) && *value != Value::Array(vec![])),
            "properties" | "patternProperties" => {
                value.as_object().is_some_and(|map| map.values().all(is_schema))
            }
            "required" => all(value, &Value::is_string),
            "additionalProperties"
            | "items"
            | "propertyNames"
            | "unevaluatedProperties"
            | "unevaluatedItems" => is_schema(value),
            "prefixItems" | "oneOf" | "anyOf" | "allOf" => all(value, &is_schema),
            "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" => {
                value.as_number().is_some_and(|number| Num::of(number).is_some())
            }
            "multipleOf" => value.as_f64().is_some_and(|step| step > 0.0 && step.is_finite()),
            "minLength" | "maxLength" | "minItems" | "maxItems" | "minProperties"
            | "maxProperties" => value.is_u64(),
            "uniqueItems" => value.is_boolean(),
            "enum" => value.is_array(),
            "pattern" | "format" | "$ref" => value.is_string(),
            "$id" | "$schema" | "$anchor" | "$dynamicAnchor" => false,
            _ => true,
        };
        if !fits {
            return Err(format!("its `{key}` is nothing that a contract has"));
        }
    }
    Ok(())
}

/// The keyword for the values of one type.
fn rest_keyword(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Object => Some("unevaluatedProperties"),
        Kind::Array => Some("unevaluatedItems"),
        _ => None,
    }
}

/// Gives the alternatives of a schema the scope that its keyword opens, if it has one.
fn open_scopes<'a>(schema: &'a Map<String, Value>, alts: &mut [Alt<'a>]) {
    for alt in alts {
        let Some(rest) = rest_keyword(alt.kind).and_then(|key| schema.get(key)) else { continue };
        let others = if alt.kind == Kind::Object { "additionalProperties" } else { "items" };
        let looks_at_all = |part: &&Map<String, Value>| part.contains_key(others);
        // Then nothing is left to it.
        if alt.scopes.is_empty() && !alt.parts.iter().any(looks_at_all) {
            alt.scopes.push(Scope { rest, parts: alt.parts.clone() });
        }
    }
}

fn limit(alts: usize) -> Result<(), Unclear> {
    if alts > MOST_ALTS {
        return Err(format!("a union has more than {MOST_ALTS} branches"));
    }
    Ok(())
}

/// What a schema's own `type`, `enum` and `const` allow.
fn own(map: &Map<String, Value>) -> Shape<'_> {
    let listed: Vec<&str> = match map.get("type") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let values: Option<Vec<&Value>> = match (map.get("const"), map.get("enum")) {
        (Some(value), None) => Some(vec![value]),
        (None, Some(Value::Array(values))) => Some(values.iter().collect()),
        (Some(value), Some(Value::Array(values))) => {
            Some(values.iter().filter(|one| value::equal(one, value)).collect())
        }
        _ => None,
    };
    let constrains = map.keys().any(|key| !keyword::is_annotation(key));
    let alts = Kind::ALL.into_iter().filter_map(|kind| {
        let name = |name: &str| listed.is_empty() || listed.contains(&name);
        let is_allowed = match kind {
            Kind::Null => name("null"),
            Kind::Boolean => name("boolean"),
            Kind::Number => name("number") || name("integer"),
            Kind::String => name("string"),
            Kind::Array => name("array"),
            Kind::Object => name("object"),
        };
        is_allowed.then(|| Alt {
            parts: if constrains { vec![map] } else { vec![] },
            values: values.as_ref().map(|values| {
                values.iter().copied().filter(|value| Kind::of(value) == kind).collect()
            }),
            integer: kind == Kind::Number && !name("number"),
            ..Alt::any(kind)
        })
    });
    Shape { alts: alts.collect(), is_union: false }
}

/// What two shapes both allow.
fn both<'a>(one: &Shape<'a>, other: &Shape<'a>) -> Result<Shape<'a>, Unclear> {
    let mut alts = Vec::new();
    for a in &one.alts {
        for b in other.alts.iter().filter(|b| b.kind == a.kind) {
            let mut parts = a.parts.clone();
            for part in &b.parts {
                if !parts.iter().any(|known| std::ptr::eq(*known, *part)) {
                    parts.push(part);
                }
            }
            let values = match (&a.values, &b.values) {
                (Some(a), Some(b)) => {
                    let known: HashSet<_> = b.iter().map(|value| value::text(value)).collect();
                    let is_known = |value: &&&Value| known.contains(&value::text(value));
                    Some(a.iter().filter(is_known).copied().collect())
                }
                (a, b) => a.clone().or_else(|| b.clone()),
            };
            let integer = a.integer || b.integer;
            let groups = a.groups.iter().chain(&b.groups).copied().collect();
            let scopes = a.scopes.iter().chain(&b.scopes).cloned().collect();
            let (kind, def) = (a.kind, b.def.or(a.def));
            alts.push(Alt { kind, parts, values, integer, def, scopes, groups });
            limit(alts.len())?;
        }
    }
    Ok(Shape { alts, is_union: one.is_union || other.is_union })
}

/// Drops what allows nothing, and lists the two values of a boolean and the one of null.
fn finish(mut shape: Shape<'_>) -> Shape<'_> {
    static BOOLEANS: [Value; 2] = [Value::Bool(false), Value::Bool(true)];
    for alt in &mut shape.alts {
        match alt.kind {
            Kind::Null => alt.values = alt.values.take().or(Some(vec![&Value::Null])),
            Kind::Boolean => alt.values = alt.values.take().or(Some(BOOLEANS.iter().collect())),
            Kind::Number => {
                let steps = alt.parts.iter().filter_map(|part| part.get("multipleOf")?.as_number());
                alt.integer |= steps.filter_map(Num::of).any(Num::is_integer);
            }
            _ => {}
        }
        if let Some(mut values) = alt.values.take() {
            values.retain(|value| accepts(alt, value) != Some(false));
            alt.integer = alt.kind == Kind::Number && values.iter().all(|v| value::is_integer(v));
            alt.values = Some(values);
        }
    }
    shape.alts.retain(|alt| match &alt.values {
        Some(values) => !values.is_empty(),
        None => !limits::is_empty(alt),
    });
    merge_values(&mut shape);
    absorb(&mut shape);
    shape
}

/// Lists of values of one type are one list: `enum: [a]` beside `enum: [b]`.
fn merge_values(shape: &mut Shape<'_>) {
    for kind in Kind::ALL {
        let is_plain = |alt: &Alt<'_>| alt.values.is_some() && !has_opaque(alt);
        let of_kind = shape.of_kind(kind);
        if of_kind.len() < 2 || !of_kind.iter().all(|alt| is_plain(alt)) {
            continue;
        }
        let mut values: Vec<&Value> = Vec::new();
        let all = of_kind.iter().flat_map(|alt| alt.values.iter().flatten());
        let (mut seen, mut doubled) = (HashSet::new(), false);
        for value in all {
            if seen.insert(value::text(value)) {
                values.push(value);
            } else {
                doubled = true;
            }
        }
        let is_exclusive = of_kind.iter().any(|alt| !alt.groups.is_empty());
        if doubled && is_exclusive {
            continue;
        }
        let integer = of_kind.iter().all(|alt| alt.integer);
        let parts = of_kind.iter().flat_map(|alt| alt.parts.iter().copied()).collect();
        shape.alts.retain(|alt| alt.kind != kind);
        let merged = Alt { values: Some(values), integer, parts, ..Alt::any(kind) };
        shape.alts.push(merged);
    }
}
