//! A value for a schema, or for several that apply to one place.

use fastrand::Rng;
use serde_json::{Map, Value};
use wirebond_core::wire::form;
use wirebond_schema::internal::{push_index, push_key, reference};

use super::{height::Heights, number, text, view::View};

/// How many levels are filled with more than they must have.
pub(super) const PLENTY: usize = 5;
/// The most values in one example.
const MOST_VALUES: usize = 5_000;

/// Why a value could not be made.
#[derive(Debug, Clone)]
pub(super) struct ValueError {
    pub(super) place: String,
    pub(super) reason: String,
    /// Whether it would have become too large.
    pub(super) is_size: bool,
}

impl ValueError {
    pub(super) fn new(place: &str, reason: impl Into<String>) -> Self {
        Self { place: place.to_owned(), reason: reason.into(), is_size: false }
    }
}

/// Makes one example.
pub(super) struct Generator<'a> {
    pub(super) rng: Rng,
    /// Whether this is the example that shows everything.
    pub(super) is_first: bool,
    defs: Option<&'a Map<String, Value>>,
    heights: &'a Heights,
    plenty: usize,
    depth: usize,
    values: usize,
    path: String,
}

impl<'a> Generator<'a> {
    pub(super) fn new(
        defs: Option<&'a Map<String, Value>>,
        heights: &'a Heights,
        rng: Rng,
        plenty: usize,
        is_first: bool,
    ) -> Self {
        let path = String::new();
        Self { rng, is_first, defs, heights, plenty, depth: 0, values: 0, path }
    }

    /// Why no value could be made at this place.
    pub(super) fn error(&self, reason: impl Into<String>) -> ValueError {
        ValueError::new(&self.path, reason)
    }

    /// Whether this place may have more than it must.
    pub(super) fn has_plenty(&self) -> bool {
        self.depth <= self.plenty
    }

    /// Whether a schema has a finite value.
    pub(super) fn ends(&self, schema: &Value) -> bool {
        self.height(schema).is_some()
    }

    fn height(&self, schema: &Value) -> Option<usize> {
        self.defs.map_or(Some(0), |defs| self.heights.height(schema, defs))
    }

    /// Returns true with a probability of `percent`; always in the first example.
    pub(super) fn happens(&mut self, percent: u8) -> bool {
        self.is_first || self.rng.u8(0..100) < percent
    }

    /// A value one level down, under a key.
    pub(super) fn member(&mut self, key: &str, schemas: &[&'a Value]) -> Result<Value, ValueError> {
        self.inside(schemas, |path| push_key(path, key))
    }

    /// A value one level down, at an index.
    pub(super) fn item(
        &mut self,
        index: usize,
        schemas: &[&'a Value],
    ) -> Result<Value, ValueError> {
        self.inside(schemas, |path| push_index(path, index))
    }

    fn inside(
        &mut self,
        schemas: &[&'a Value],
        push: impl FnOnce(&mut String),
    ) -> Result<Value, ValueError> {
        let length = self.path.len();
        push(&mut self.path);
        self.depth += 1;
        let value = self.value(schemas);
        self.depth -= 1;
        self.path.truncate(length);
        value
    }

    /// A value that all of these schemas may take. Whether they do is for the validator to check.
    pub(super) fn value(&mut self, schemas: &[&'a Value]) -> Result<Value, ValueError> {
        self.values += 1;
        // The reader of messages goes no deeper than 128.
        if self.values > MOST_VALUES || self.depth > 120 {
            let reason = format!("it would take more than {MOST_VALUES} values, or 120 levels");
            return Err(ValueError { is_size: true, ..self.error(reason) });
        }
        let mut view = View::default();
        for schema in schemas {
            self.look(schema, &mut view)?;
        }
        let examples: Vec<&Value> = view.lists("examples").flatten().collect();
        if self.is_first
            && let Some(value) = examples.first().copied().or_else(|| view.first("default"))
        {
            return Ok(value.clone());
        }
        if !examples.is_empty() && self.rng.u8(0..100) < 25 {
            return Ok(examples[self.rng.usize(..examples.len())].clone());
        }
        match self.made_up(&view) {
            Err(error) if !error.is_size && !examples.is_empty() => {
                Ok(examples[self.rng.usize(..examples.len())].clone())
            }
            result => result,
        }
    }

    /// Collects the keywords that apply to this place, along references and one of the alternatives.
    ///
    /// The validator has made sure that this ends.
    fn look(&mut self, schema: &'a Value, view: &mut View<'a>) -> Result<(), ValueError> {
        let Value::Object(map) = schema else {
            return match schema {
                Value::Bool(false) => Err(self.error("its schema takes no value at all")),
                _ => Ok(()),
            };
        };
        // By name, whatever order other crates ask of `serde_json`: what is random depends on it.
        let mut keywords: Vec<_> = map.iter().collect();
        keywords.sort_by_key(|(keyword, _)| *keyword);
        for (keyword, value) in keywords {
            match (keyword.as_str(), value) {
                (reference::KEY, _) => {
                    let target = self.defs.and_then(|defs| reference::target(schema, defs));
                    if let Some((_, schema)) = target {
                        self.look(schema, view)?;
                    }
                }
                ("allOf", Value::Array(parts)) => {
                    for part in parts {
                        self.look(part, view)?;
                    }
                }
                ("anyOf" | "oneOf", Value::Array(branches)) => {
                    let branch = self.branch(branches)?;
                    self.look(branch, view)?;
                }
                ("if", condition) => {
                    let other = if self.rng.bool() {
                        self.look(condition, view)?;
                        map.get("then")
                    } else {
                        map.get("else")
                    };
                    if let Some(schema) = other {
                        self.look(schema, view)?;
                    }
                }
                ("then" | "else" | "not", _) => {}
                (keyword, value) => view.add(keyword, value),
            }
        }
        Ok(())
    }

    /// One of several alternatives: the shallowest, or any where there is plenty.
    fn branch(&mut self, branches: &'a [Value]) -> Result<&'a Value, ValueError> {
        let mut ending: Vec<(usize, &Value)> = branches
            .iter()
            .filter_map(|branch| self.height(branch).map(|height| (height, branch)))
            .collect();
        if !self.has_plenty() {
            let least = ending.iter().map(|(height, _)| *height).min();
            ending.retain(|(height, _)| Some(*height) == least);
        }
        let is_null = |branch: &Value| branch.get("type").is_some_and(|name| name == "null");
        let place = match ending.len() {
            0 => return Err(self.error("none of its alternatives has a value that ends")),
            // The first example shows a value rather than `null`.
            _ if self.is_first => ending.iter().position(|(_, branch)| !is_null(branch)),
            number => Some(self.rng.usize(..number)),
        };
        Ok(ending[place.unwrap_or(0)].1)
    }

    fn made_up(&mut self, view: &View<'a>) -> Result<Value, ValueError> {
        if let Some(value) = view.first("const") {
            return Ok(value.clone());
        }
        let types = view.types();
        let fits = |value: &Value| types.as_ref().is_none_or(|types| has_type(value, types));
        if view.has(&["enum"]) {
            let mut lists = view.lists("enum");
            let first = lists.next().into_iter().flatten().filter(|value| fits(value));
            let others: Vec<_> = lists.collect();
            let values: Vec<_> =
                first.filter(|value| others.iter().all(|list| list.contains(value))).collect();
            return match values.len() {
                0 => Err(self.error("its `enum` leaves no value")),
                _ if self.is_first => Ok(values[0].clone()),
                number => Ok(values[self.rng.usize(..number)].clone()),
            };
        }
        let name = match types {
            Some(types) if types.is_empty() => {
                return Err(self.error("the types that its schemas ask for exclude each other"));
            }
            Some(types)
                if types.contains(&"null")
                    && view
                        .content()
                        .is_some_and(|inner| !self.has_plenty() || !self.ends(inner)) =>
            {
                "null"
            }
            Some(types) if self.is_first => {
                types.iter().find(|name| **name != "null").copied().unwrap_or("null")
            }
            Some(types) => types[self.rng.usize(..types.len())],
            None => self.likely_type(view),
        };
        match name {
            "null" => Ok(Value::Null),
            "boolean" => Ok(Value::Bool(self.happens(50))),
            "integer" => number::integer(view, self.key(), &mut self.rng, self.is_first)
                .map_err(|reason| self.error(reason)),
            "number" => number::number(view, &mut self.rng).map_err(|reason| self.error(reason)),
            "string" => match view.content() {
                // JSON in a string. The path says nothing of where in it something is.
                Some(schema) => {
                    let value = self.inside(&[schema], |_| ())?;
                    Ok(Value::String(value.to_string()))
                }
                None => text::string(view, self.key(), &mut self.rng)
                    .map(Value::String)
                    .map_err(|reason| self.error(reason)),
            },
            "array" => self.array(view),
            "object" => self.object(view),
            other => Err(self.error(format!("{other:?} is no type of JSON"))),
        }
    }

    /// The likely type of a schema without `type`.
    fn likely_type(&mut self, view: &View<'a>) -> &'static str {
        if view.has(&["properties", "required", "additionalProperties", "minProperties"]) {
            "object"
        } else if view.has(&["items", "prefixItems", "minItems", "maxItems", "contains"]) {
            "array"
        } else if view.has(&["minimum", "maximum", "multipleOf"])
            || view.has(&["exclusiveMinimum", "exclusiveMaximum"])
        {
            "number"
        } else if view.has(&["minLength", "maxLength", "pattern", "format"]) || self.is_first {
            "string"
        } else {
            ["string", "integer", "boolean"][self.rng.usize(..3)]
        }
    }

    /// The key that this value stands under: a hint at what it means.
    fn key(&self) -> &'a str {
        // Only these mean something to the makers of values; the path itself changes as they work.
        let last = self.path.rsplit('.').next().unwrap_or_default();
        [form::TIMESTAMP, "name", "user", "id"]
            .into_iter()
            .find(|key| *key == last)
            .unwrap_or_default()
    }
}

fn has_type(value: &Value, types: &[&str]) -> bool {
    types.iter().any(|name| match *name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => false,
    })
}
