//! From the validator's errors to faults: at the place that is wrong, and along the one branch that was
//! meant where there are several.

use jsonschema::{ValidationError, error::ValidationErrorKind as Kind, paths::LocationSegment};
use serde_json::{Map, Value};

use super::{
    describe, near,
    path::{push_index, push_key},
    rejection::{Fault, MOST_FAULTS},
};

/// How many alternatives within alternatives are looked into.
const DEEPEST: usize = 32;

/// What is wrong with an envelope, place by place.
pub(super) fn faults(
    root: &Value,
    validator: &jsonschema::Validator,
    envelope: &Value,
) -> Vec<Fault> {
    let mut explained = Explained { root, envelope, faults: Vec::new() };
    for error in validator.iter_errors(envelope) {
        if explained.is_full() {
            break;
        }
        explained.error(&error, DEEPEST);
    }
    if explained.faults.is_empty() {
        // No fault was found, yet the message is invalid.
        explained.push(String::new(), "expected what the message's schema asks for".to_owned());
    }
    explained.faults
}

struct Explained<'a> {
    root: &'a Value,
    envelope: &'a Value,
    faults: Vec<Fault>,
}

impl<'a> Explained<'a> {
    fn is_full(&self) -> bool {
        self.faults.len() >= MOST_FAULTS
    }

    /// One place has one fault: the first that was found there.
    fn push(&mut self, path: String, message: String) {
        if !self.is_full() && !self.faults.iter().any(|fault| fault.path() == path) {
            self.faults.push(Fault::new(path, message));
        }
    }

    fn expected(&mut self, path: String, expected: &str, found: &str) {
        self.push(path, format!("expected {expected}, found {found}"));
    }

    fn error(&mut self, error: &ValidationError<'_>, left: usize) {
        let schema = self.schema_of(error);
        let path = self.path(error);
        let value = error.instance().as_ref();
        let found = describe::found(value);
        match error.kind() {
            Kind::Required { property } => {
                self.missing(path, schema, value, property.as_str().unwrap_or_default());
            }
            Kind::AdditionalProperties { unexpected }
            | Kind::UnevaluatedProperties { unexpected } => {
                self.unexpected_keys(&path, schema, unexpected);
            }
            Kind::OneOfNotValid { context } | Kind::AnyOf { context } => {
                self.alternatives(path, schema, value, context, left);
            }
            Kind::OneOfMultipleValid { context } => {
                let matching = context.iter().filter(|errors| errors.is_empty()).count();
                let message =
                    format!("expected one of the alternatives, found what fits {matching}");
                self.push(path, message);
            }
            Kind::MinLength { .. } | Kind::MaxLength { .. } => {
                let length = value.as_str().map_or(0, |text| text.chars().count()) as u64;
                let found = format!("one of {}", describe::count(length, "character"));
                self.expected(path, &describe::expected(schema, self.root), &found);
            }
            Kind::FalseSchema if closes(error) => {
                self.push(path, "expected an object without keys, found some".to_owned());
            }
            Kind::FalseSchema => self.push(path, "expected nothing here".to_owned()),
            kind => {
                let message = match self.rare(kind, schema, value) {
                    Some(message) => message,
                    None => {
                        format!("expected {}, found {found}", describe::expected(schema, self.root))
                    }
                };
                self.push(path, message);
            }
        }
    }

    /// The message for keywords that aren't described best by their whole schema.
    fn rare(&self, kind: &Kind, schema: &Value, value: &Value) -> Option<String> {
        Some(match kind {
            Kind::Custom { message, .. } => message.clone(),
            Kind::UniqueItems => "expected items that all differ".to_owned(),
            Kind::Contains => {
                let inner = schema.get("contains").unwrap_or(&Value::Null);
                let inner = describe::expected(inner, self.root);
                format!("expected that the array contains {inner}")
            }
            Kind::UnevaluatedItems { .. } => "expected fewer items".to_owned(),
            Kind::Not { .. } => {
                format!("expected another value than {}", describe::found(value))
            }
            Kind::PropertyNames { error } => {
                let expected = describe::expected(self.schema_of(error), self.root);
                let key = describe::found(error.instance());
                format!("expected keys that are {expected}, found {key}")
            }
            Kind::BacktrackLimitExceeded { .. } | Kind::RegexEngineFailure { .. } => {
                "its pattern takes too long to try on this string".to_owned()
            }
            _ => return None,
        })
    }

    /// The schema that has the keyword of an error.
    fn schema_of(&self, error: &ValidationError<'_>) -> &'a Value {
        let place = error.schema_path().as_str();
        let parent = match error.kind() {
            Kind::FalseSchema => place,
            _ => place.rfind('/').map_or("", |end| &place[..end]),
        };
        self.root.pointer(parent).unwrap_or(&Value::Null)
    }

    /// The place in the message, as `data.user.tags[2]`.
    fn path(&self, error: &ValidationError<'_>) -> String {
        let mut path = String::new();
        let mut value = Some(self.envelope);
        for segment in error.instance_path().segments() {
            // A key that is a number looks like an index: the message shows which it is.
            let text = match segment {
                LocationSegment::Property(key) => key.into_owned(),
                LocationSegment::Index(index) => index.to_string(),
            };
            let index = text.parse().ok().filter(|_| value.is_some_and(Value::is_array));
            match index {
                Some(index) => push_index(&mut path, index),
                None => push_key(&mut path, &text),
            }
            value = match index {
                Some(index) => value.and_then(|value| value.get::<usize>(index)),
                None => value.and_then(|value| value.get(&*text)),
            };
        }
        path
    }

    fn missing(&mut self, mut path: String, schema: &Value, value: &Value, key: &str) {
        let fields = schema.get("properties");
        let expected = match fields.and_then(|fields| fields.get(key)) {
            Some(property) => describe::expected(property, self.root),
            None => "a value".to_owned(),
        };
        let is_free = |other: &&str| fields.is_none_or(|fields| fields.get(*other).is_none());
        let others = value.as_object().into_iter().flat_map(Map::keys).map(String::as_str);
        let found = match near::nearest(key, others.filter(is_free)) {
            Some(other) => {
                let (other, key) = (describe::quoted(other), describe::quoted(key));
                format!("nothing, but {other}; did you mean {key}?")
            }
            None => "nothing".to_owned(),
        };
        push_key(&mut path, key);
        self.expected(path, &expected, &found);
    }

    fn unexpected_keys(&mut self, path: &str, schema: &Value, keys: &[String]) {
        let known = schema.get("properties").and_then(Value::as_object);
        let names: Vec<&str> = known.into_iter().flat_map(Map::keys).map(String::as_str).collect();
        let known: Vec<_> = names.iter().map(|key| describe::quoted(key)).collect();
        for key in keys {
            let mut path = path.to_owned();
            push_key(&mut path, key);
            let message = if known.is_empty() {
                "expected no such key".to_owned()
            } else {
                let hint = near::hint(key, names.iter().copied());
                format!("expected no other keys than {}{hint}", describe::all_of(known.clone()))
            };
            self.push(path, message);
        }
    }

    /// None of several alternatives fits. If one of them was plainly meant, its faults are reported;
    /// otherwise what all of them require.
    fn alternatives(
        &mut self,
        path: String,
        schema: &Value,
        value: &Value,
        context: &[Vec<ValidationError<'static>>],
        left: usize,
    ) {
        let errors = likeliest(context).and_then(|branch| context.get(branch));
        if let (Some(errors), Some(left)) = (errors, left.checked_sub(1)) {
            for error in errors {
                self.error(error, left);
            }
            return;
        }
        let expected = describe::expected(schema, self.root);
        self.expected(path, &expected, &describe::found(value));
    }
}

/// Whether an error means that an object without declared keys has keys.
fn closes(error: &ValidationError<'_>) -> bool {
    error.schema_path().as_str().ends_with("/additionalProperties")
}

/// The one alternative that a value comes closest to: it has the right type, and what is wrong lies
/// deeper than with any other.
fn likeliest(context: &[Vec<ValidationError<'static>>]) -> Option<usize> {
    let depth = |error: &ValidationError<'_>| error.instance_path().segments().count();
    let here = context.iter().flatten().map(depth).min()?;
    let ranks: Vec<u8> = context.iter().map(|errors| rank(errors, here)).collect();
    let best = *ranks.iter().min()?;
    let mut places = ranks.iter().enumerate().filter(|(_, rank)| **rank == best);
    let (place, _) = places.next()?;
    (best < 2 && places.next().is_none()).then_some(place)
}

/// How far a value is from an alternative: 0 if only a part of it is wrong, 2 if it is another value
/// altogether. `here` is how deep the value stands.
fn rank(errors: &[ValidationError<'static>], here: usize) -> u8 {
    let at_this_place =
        errors.iter().filter(|error| error.instance_path().segments().count() == here);
    at_this_place
        .map(|error| match error.kind() {
            Kind::Type { .. } | Kind::Constant { .. } | Kind::Enum { .. } | Kind::FalseSchema => 2,
            Kind::OneOfNotValid { context } | Kind::AnyOf { context } => {
                context.iter().map(|errors| rank(errors, here)).min().unwrap_or(1)
            }
            _ => 1,
        })
        .max()
        .unwrap_or(0)
}
