//! A schema as the alternatives that it allows, each of one JSON type.

use std::{
    cell::RefCell,
    collections::{HashMap, HashSet},
    rc::Rc,
};

use serde_json::{Map, Value};

use super::{
    absorb, keywords,
    number::Num,
    scope::{self, Scope},
};

/// Why a schema can't be judged.
pub(super) type Trouble = String;

/// Schemas that must hold at once; none at all allows anything.
#[derive(Debug, Clone, Default)]
pub(super) struct Node<'a>(pub(super) Vec<&'a Value>);

pub(super) static NEVER: Value = Value::Bool(false);
static TRUE: Value = Value::Bool(true);

impl<'a> Node<'a> {
    pub(super) fn of(schema: &'a Value) -> Self {
        Self(vec![schema])
    }

    pub(super) fn push(&mut self, schema: &'a Value) {
        if *schema != TRUE && !self.0.iter().any(|known| std::ptr::eq(*known, schema)) {
            self.0.push(schema);
        }
    }

    pub(super) fn is_never(&self) -> bool {
        self.0.iter().any(|schema| **schema == NEVER)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Kind {
    Null,
    Boolean,
    Number,
    String,
    Array,
    Object,
}

impl Kind {
    pub(super) const ALL: [Self; 6] =
        [Self::Null, Self::Boolean, Self::Number, Self::String, Self::Array, Self::Object];

    pub(super) fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(_) => Self::Boolean,
            Value::Number(_) => Self::Number,
            Value::String(_) => Self::String,
            Value::Array(_) => Self::Array,
            Value::Object(_) => Self::Object,
        }
    }
}

/// One type of value that a schema allows, with all that limits it.
#[derive(Debug, Clone)]
pub(super) struct Alt<'a> {
    pub(super) kind: Kind,
    /// The schemas whose keywords all hold.
    pub(super) parts: Vec<&'a Map<String, Value>>,
    /// The only values allowed.
    pub(super) values: Option<Vec<&'a Value>>,
    /// Of numbers: only integers.
    pub(super) integer: bool,
    /// The definition that it comes from.
    pub(super) def: Option<&'a str>,
    /// What is said of fields and items that are left over.
    pub(super) scopes: Vec<Scope<'a>>,
    /// Which branch of which `oneOf` it comes from.
    pub(super) groups: Vec<(usize, usize)>,
}

impl Alt<'_> {
    fn any(kind: Kind) -> Self {
        let (parts, scopes, groups) = (vec![], vec![], vec![]);
        Alt { kind, parts, values: None, integer: false, def: None, scopes, groups }
    }

    /// Whether it comes from a `oneOf`.
    pub(super) fn is_exclusive(&self) -> bool {
        !self.groups.is_empty()
    }

    /// Whether a `oneOf` refuses what fits both.
    pub(super) fn excludes(&self, other: &Self) -> bool {
        self.groups
            .iter()
            .any(|(id, branch)| other.groups.iter().any(|(o, b)| id == o && branch != b))
    }

    pub(super) fn type_name(&self) -> &'static str {
        match self.kind {
            Kind::Null => "null",
            Kind::Boolean => "boolean",
            Kind::Number if self.integer => "integer",
            Kind::Number => "number",
            Kind::String => "string",
            Kind::Array => "array",
            Kind::Object => "object",
        }
    }
}

/// All that a schema allows.
#[derive(Debug, Clone, Default)]
pub(super) struct Shape<'a> {
    pub(super) alts: Vec<Alt<'a>>,
    /// Whether it is written as branches, not as a list of types.
    pub(super) is_union: bool,
}

impl<'a> Shape<'a> {
    fn any() -> Self {
        Self { alts: Kind::ALL.map(Alt::any).to_vec(), is_union: false }
    }

    pub(super) fn without_null(&self) -> Self {
        let alts = self.alts.iter().filter(|alt| alt.kind != Kind::Null).cloned().collect();
        Self { alts, is_union: self.is_union }
    }

    pub(super) fn of_kind(&self, kind: Kind) -> Vec<&Alt<'a>> {
        self.alts.iter().filter(|alt| alt.kind == kind).collect()
    }
}

/// Alternatives beyond this are not looked at: a hostile document could have any number of them.
const MOST_ALTS: usize = 1000;
/// References and branches that may stand in one another without a field or an item between them.
pub(super) const MOST_NESTED: usize = 40;

/// The value that a local reference points at.
pub(super) fn resolve<'a>(root: &'a Value, reference: &str) -> Option<&'a Value> {
    root.pointer(reference.strip_prefix('#')?)
}

type Known<'a> = Result<Rc<Shape<'a>>, Trouble>;

/// Finds the shapes of one document's schemas.
pub(super) struct Shapes<'a> {
    root: &'a Value,
    known: RefCell<HashMap<Vec<usize>, Known<'a>>>,
}

impl<'a> Shapes<'a> {
    pub(super) fn of(root: &'a Value) -> Self {
        Self { root, known: RefCell::default() }
    }

    pub(super) fn shape(&self, node: &Node<'a>) -> Known<'a> {
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
    pub(super) fn key(&self, node: &Node<'a>) -> Vec<usize> {
        node.0.iter().map(|schema| std::ptr::from_ref(self.target(schema)).addr()).collect()
    }

    /// What a schema refers to, if it says nothing else.
    pub(super) fn next(&self, schema: &'a Value) -> Option<&'a Value> {
        let map = schema.as_object()?;
        let reference = map.get("$ref")?.as_str()?;
        let only_refers = map.keys().all(|key| key == "$ref" || keywords::is_annotation(key));
        resolve(self.root, reference).filter(|_| only_refers)
    }

    /// The schema that a schema only refers to; itself if it says more than that.
    pub(super) fn target(&self, schema: &'a Value) -> &'a Value {
        let next = |schema: &&'a Value| self.next(schema);
        std::iter::successors(Some(schema), next).take(MOST_NESTED).last().unwrap_or(schema)
    }

    fn expand(&self, schema: &'a Value, within: &mut Vec<usize>) -> Result<Shape<'a>, Trouble> {
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
        keywords::check(map)?;
        within.push(address);
        let shape = self.expand_map(map, within);
        within.pop();
        shape
    }

    fn expand_map(
        &self,
        map: &'a Map<String, Value>,
        within: &mut Vec<usize>,
    ) -> Result<Shape<'a>, Trouble> {
        if map.get("not").is_some_and(keywords::is_trivial) {
            return Ok(Shape::default());
        }
        let mut shape = own(map);
        if let Some(Value::String(reference)) = map.get("$ref") {
            let target = resolve(self.root, reference)
                .ok_or_else(|| format!("the reference {reference:?} leads nowhere"))?;
            let mut target = self.expand(target, within)?;
            // The name of a union is not that of a branch.
            if let [alt] = target.alts.as_mut_slice() {
                alt.def = alt.def.or(reference.strip_prefix("#/$defs/"));
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
        scope::open(map, &mut shape.alts);
        Ok(shape)
    }
}

fn limit(alts: usize) -> Result<(), Trouble> {
    if alts > MOST_ALTS {
        return Err(format!("a union has more than {MOST_ALTS} branches"));
    }
    Ok(())
}

/// What a schema says by its own `type`, `enum` and `const`.
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
            Some(values.iter().filter(|one| keywords::equal(one, value)).collect())
        }
        _ => None,
    };
    let constrains = map.keys().any(|key| !keywords::is_annotation(key));
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
fn both<'a>(one: &Shape<'a>, other: &Shape<'a>) -> Result<Shape<'a>, Trouble> {
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
                    let known: HashSet<_> = b.iter().map(|value| keywords::text(value)).collect();
                    let is_known = |value: &&&Value| known.contains(&keywords::text(value));
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
            values.retain(|value| keywords::accepts(alt, value) != Some(false));
            alt.integer =
                alt.kind == Kind::Number && values.iter().all(|v| keywords::is_integer(v));
            alt.values = Some(values);
        }
    }
    shape.alts.retain(|alt| match &alt.values {
        Some(values) => !values.is_empty(),
        None => !keywords::is_empty(alt),
    });
    merge_values(&mut shape);
    absorb::absorb(&mut shape);
    shape
}

/// Lists of values of one type are one list: `enum: [a]` beside `enum: [b]`.
fn merge_values(shape: &mut Shape<'_>) {
    for kind in Kind::ALL {
        let is_plain = |alt: &Alt<'_>| alt.values.is_some() && !keywords::has_opaque(alt);
        let of_kind = shape.of_kind(kind);
        if of_kind.len() < 2 || !of_kind.iter().all(|alt| is_plain(alt)) {
            continue;
        }
        let mut values: Vec<&Value> = Vec::new();
        let all = of_kind.iter().flat_map(|alt| alt.values.iter().flatten());
        let (mut seen, mut doubled) = (HashSet::new(), false);
        for value in all {
            if seen.insert(keywords::text(value)) {
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
