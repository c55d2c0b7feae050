//! From a document to validators, one for each message.

use std::{
    collections::{HashMap, HashSet},
    fmt::Write,
    sync::Arc,
};

use jsonschema::{Draft, PatternOptions, Registry};
use serde_json::{Map, Value, json};
use wirebond_core::Direction;

use super::{
    content::{self, Content, Contents},
    describe::short,
    error::ContractError,
    size::{check_depth, check_size},
};
use crate::{
    document::Document,
    json_schema::{reference, tag, walk::each_child},
};

/// Where the checked schema stands among the validator's resources.
const HOME: &str = "urn:wirebond:contract";
/// How long one pattern may try.
const BACKTRACKS: usize = 100_000;
/// How large one pattern may get, compiled, in bytes.
const PATTERN_SIZE: usize = 1 << 20;

/// The document's schema, if messages can be checked against it.
pub(super) fn sound_schema(document: &Document) -> Result<Value, ContractError> {
    let mut schema = document.value().clone();
    if let Err(error) = jsonschema::draft202012::meta::validate(&schema) {
        let place = error.instance_path().as_str();
        let message = short(&error.to_string(), 200);
        return Err(ContractError::new(format!("it is no JSON Schema at `{place}`: {message}")));
    }
    check_depth(document)?;
    check_size(document)?;
    if let Value::Object(map) = &mut schema {
        map.insert("$id".to_owned(), json!(HOME));
    }
    Ok(schema)
}

/// The schema of the time at which a message was written.
fn timestamp_of<'a>(message: &'a mut Value, key: &str) -> Option<&'a mut Value> {
    message.get_mut("properties")?.get_mut(key)
}

/// Adds the bounds that formats imply for numbers. The envelope's `timestamp` follows the codec's own rule.
pub(super) fn narrow(document: &Document, schema: &mut Value) {
    let Some(defs) = schema.get_mut("$defs").and_then(Value::as_object_mut) else { return };
    let timestamps: HashMap<&str, &str> = document
        .messages()
        .filter_map(|message| Some((message.def(), message.form().timestamp.as_deref()?)))
        .collect();
    for (name, def) in defs {
        let key = timestamps.get(name.as_str()).copied();
        let timestamp = key.and_then(|key| timestamp_of(def, key)).map(|schema| schema.clone());
        narrow_schema(def);
        if let (Some(mut old), Some(new)) = (timestamp, key.and_then(|key| timestamp_of(def, key)))
        {
            // `null` counts as none, and is taken away before the schema sees it.
            if old.get("type") == Some(&json!(["integer", "null"])) {
                old["type"] = json!("integer");
            }
            *new = old;
        }
    }
}

/// Adds the bounds of `int32` and `int64`: to JSON Schema these formats are annotations.
fn narrow_schema(schema: &mut Value) {
    let Value::Object(map) = schema else { return };
    let range = match map.get("format").and_then(Value::as_str) {
        Some("int32") => Some((i64::from(i32::MIN), i64::from(i32::MAX))),
        Some("int64") => Some((i64::MIN, i64::MAX)),
        _ => None,
    };
    if let Some((low, high)) = range {
        let bound = |keyword: &str| map.get(keyword).and_then(Value::as_f64);
        let (has_low, has_high) = (
            bound("minimum").is_some_and(|bound| bound >= to_f64(low)),
            bound("maximum").is_some_and(|bound| bound <= to_f64(high)),
        );
        if !has_low {
            map.insert("minimum".to_owned(), json!(low));
        }
        if !has_high {
            map.insert("maximum".to_owned(), json!(high));
        }
    }
    each_child(map, &mut narrow_schema);
}

/// Rewrites each tagged union so that the tag decides. One branch instead of all of them is looked at:
/// faults are reported of the branch that was meant, and unions within unions take no longer than
/// others.
pub(super) fn decide_by_tag(schema: &mut Value) {
    let whole = schema.clone();
    let Some(defs) = whole.get("$defs").and_then(Value::as_object) else { return };
    decide(schema, defs);
}

fn decide(schema: &mut Value, defs: &Map<String, Value>) {
    let Value::Object(map) = schema else { return };
    each_child(map, &mut |child| decide(child, defs));
    if let Some((tag, values)) = tags(map, defs) {
        by_tag(map, &tag, &values);
    }
}

/// A tagged union's tag and its value in each branch, if each branch asks for its own.
fn tags(map: &Map<String, Value>, defs: &Map<String, Value>) -> Option<(String, Vec<String>)> {
    map.get("type").filter(|name| *name == "object")?;
    tag::of_union(map, defs)
}

fn by_tag(map: &mut Map<String, Value>, tag: &str, values: &[String]) {
    let Some(Value::Array(branches)) = map.remove("oneOf") else { return };
    let chosen = branches.into_iter().zip(values).map(|(branch, value)| {
        let has_tag = json!({ "properties": { tag: { "const": value } }, "required": [tag] });
        json!({ "if": has_tag, "then": branch })
    });
    let all = map.entry("allOf").or_insert_with(|| json!([]));
    if let Value::Array(all) = all {
        all.extend(chosen);
    }
    if let Value::Object(fields) = map.entry("properties").or_insert_with(|| json!({}))
        && let Value::Object(field) = fields.entry(tag).or_insert_with(|| json!({}))
    {
        field.insert("type".to_owned(), json!("string"));
        field.insert("enum".to_owned(), json!(values));
    }
    match map.entry("required").or_insert_with(|| json!([])) {
        Value::Array(keys) if !keys.iter().any(|key| key == tag) => keys.push(json!(tag)),
        _ => {}
    }
}

#[expect(clippy::cast_precision_loss, reason = "a bound that is off by one part in 2^53 stays one")]
fn to_f64(bound: i64) -> f64 {
    bound as f64
}

/// One message of the contract, ready to be checked.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own about a message")]
pub(super) struct Known {
    pub(super) direction: Direction,
    pub(super) has_payload: bool,
    /// The key of its payload, if that has one.
    pub(super) content: Option<String>,
    /// Whether the tag tells it.
    pub(super) is_tagged: bool,
    /// Whether nothing in the form tells it: no tag and no key.
    pub(super) is_bare: bool,
    /// Whether it answers calls whose answers have no names.
    pub(super) is_answer: bool,
    /// The fields of a struct beside the tag that takes no others.
    pub(super) closed: Option<HashSet<String>>,
    /// The name of its definition.
    pub(super) def: String,
    pub(super) envelope: jsonschema::Validator,
}

/// A validator for each message: all that its reader checks, or without formats and what stands in strings.
pub(super) fn messages(
    document: &Document,
    contents: &Arc<Contents>,
    is_whole: bool,
) -> Result<HashMap<String, Vec<Known>>, ContractError> {
    let fail = |place: &str, error: &dyn std::fmt::Display| {
        let message = short(&error.to_string(), 200);
        ContractError::new(format!("`{place}` can't be checked against: {message}"))
    };
    let registry = Registry::new()
        .draft(Draft::Draft202012)
        .add(HOME, &contents.schema)
        .and_then(jsonschema::RegistryBuilder::prepare)
        .map_err(|error| fail("/", &error))?;
    let mut options = jsonschema::options()
        .with_draft(Draft::Draft202012)
        .offline()
        .with_registry(&registry)
        .should_validate_formats(is_whole)
        .with_format("uri", is_uri)
        .with_pattern_options(
            PatternOptions::fancy_regex().backtrack_limit(BACKTRACKS).size_limit(PATTERN_SIZE),
        );
    if is_whole {
        let all = Arc::downgrade(contents);
        options = options
            .with_keyword(content::KEYWORD, move |_, _, at| Ok(Box::new(Content::new(&all, &at))));
    }
    let build = |pointer: &str| {
        let root = json!({ "$ref": format!("{HOME}#{}", fragment(pointer)) });
        options.build(&root).map_err(|error| match error.instance_path().as_str() {
            "" => fail(pointer, &error),
            place => fail(place, &error),
        })
    };
    contents.prepare(build)?;
    let mut all: HashMap<String, Vec<Known>> = HashMap::new();
    for message in document.messages() {
        let envelope = build(&reference::pointer(message.def()))?;
        let content = message.form().content.as_deref().filter(|_| message.tag().is_some());
        let known = Known {
            direction: message.direction(),
            has_payload: message.payload().is_some(),
            content: content.map(str::to_owned),
            is_tagged: message.tag().is_some(),
            is_bare: message.tag().is_none() && message.key().is_none(),
            is_answer: message.is_answer(),
            closed: contents.schema["$defs"]
                .get(message.def())
                .and_then(|def| fields(def, content)),
            def: message.def().to_owned(),
            envelope,
        };
        all.entry(message.name().to_owned()).or_default().push(known);
    }
    Ok(all)
}

/// The fields that an object has beside its tag, if it takes no others. `content` is the key of its payload, if it has one.
fn fields(def: &Value, content: Option<&str>) -> Option<HashSet<String>> {
    let is_closed = ["additionalProperties", "unevaluatedProperties"]
        .iter()
        .any(|rest| def.get(*rest) == Some(&Value::Bool(false)));
    let is_struct = ["anyOf", "oneOf", "allOf"].iter().all(|union| def.get(*union).is_none());
    let fields = def.get("properties")?.as_object()?;
    (content.is_none() && is_closed && is_struct).then(|| fields.keys().cloned().collect())
}

/// A URI as peers write it. Many libraries leave `{` or `|` in a query as they are, which RFC 3986
/// doesn't allow but readers accept.
fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
        && rest.bytes().all(|byte| byte.is_ascii_graphic())
}

/// A JSON Pointer as the fragment of a URI.
fn fragment(pointer: &str) -> String {
    let mut fragment = String::new();
    for byte in pointer.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/$".contains(&byte) {
            fragment.push(char::from(byte));
        } else {
            // Writing to a string can't fail.
            let _ = write!(fragment, "%{byte:02X}");
        }
    }
    fragment
}
