//! What is in a message or type: its fields, its values, its branches.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};
use serde_json::{Map, Value};
use wirebond_schema::internal::{reference::token, required};

use super::{
    Page, id,
    index::{Home, plain_reference},
    types::{literal, needs_room},
};

/// How deep fields stand in fields; what is deeper is shown as its schema.
const DEEPEST: usize = 12;

impl Page<'_> {
    /// A whole schema: its description, then its contents.
    pub(super) fn described(&self, schema: &Value) -> Markup {
        html! { (self.description(schema)) (self.body(schema, None, 0)) }
    }

    /// A description, without its paragraphs on an enum's values, which stand at the values.
    fn description(&self, schema: &Value) -> Markup {
        let text = schema.get("description").and_then(Value::as_str).unwrap_or_default();
        let values = schema.get("enum").and_then(Value::as_array);
        let values: BTreeSet<&str> =
            values.into_iter().flatten().filter_map(Value::as_str).collect();
        let is_of_value =
            |part: &&str| meaning(part).is_some_and(|(value, _)| values.contains(value));
        let parts: Vec<_> = text.split("\n\n").filter(|part| !is_of_value(part)).collect();
        self.prose(&parts.join("\n\n"))
    }

    /// What is in a schema. `tag` is the property that the reader knows already.
    fn body(&self, schema: &Value, tag: Option<&str>, depth: usize) -> Markup {
        let Some(map) = schema.as_object() else {
            return html! { p.is { (self.type_of(schema)) } };
        };
        if depth > DEEPEST {
            return html! { pre { code { (schema) } } };
        }
        if let Some((tag, branches)) = self.index.union(schema) {
            return self.union(&tag, &branches, depth);
        }
        let branches = ["oneOf", "anyOf", "allOf"]
            .into_iter()
            .find_map(|key| Some((key, map.get(key)?.as_array()?)));
        html! {
            @if let Some(values) = map.get("enum").and_then(Value::as_array) {
                (self.values(schema, values))
            } @else if let Some(properties) = map.get("properties").and_then(Value::as_object) {
                (self.fields(map, properties, tag, depth))
            } @else if branches.is_none() {
                (self.line(schema))
            }
            @if let Some((key, branches)) = branches {
                (self.branches(key, branches, depth))
            }
        }
    }

    /// A type that fits on one line.
    fn line(&self, schema: &Value) -> Markup {
        let limits = self.limits(schema);
        html! {
            p.is {
                span.kind { (self.type_of(schema)) }
                @for limit in limits { " " span.limit { (limit) } }
            }
        }
    }

    fn fields(
        &self,
        map: &Map<String, Value>,
        properties: &Map<String, Value>,
        tag: Option<&str>,
        depth: usize,
    ) -> Markup {
        let mut names: Vec<&str> = required(map).collect();
        // As they were declared, where that is known; then by name.
        let mut is_required = BTreeSet::new();
        names.retain(|name| properties.contains_key(*name) && is_required.insert(*name));
        let mut others: Vec<&str> = properties.keys().map(String::as_str).collect();
        others.retain(|name| !is_required.contains(name));
        others.sort_unstable();
        names.extend(others);
        names.retain(|name| Some(*name) != tag);
        html! {
            @if names.is_empty() && tag.is_none() { p.is { "No fields." } }
            @if !names.is_empty() {
                ul.fields {
                    @for name in names {
                        (self.field(name, &properties[name], is_required.contains(name), depth))
                    }
                }
            }
            @match map.get("additionalProperties") {
                Some(Value::Bool(false)) => p.note { "No other fields." },
                Some(schema @ Value::Object(_)) => p.note { "Other fields: " (self.type_of(schema)) },
                _ => "",
            }
        }
    }

    fn field(&self, name: &str, schema: &Value, is_required: bool, depth: usize) -> Markup {
        let is_deprecated = schema.get("deprecated") == Some(&Value::Bool(true));
        let limits = self.limits(schema);
        html! {
            li.field {
                div.head {
                    code.name { (name) }
                    " " span.kind { (self.type_of(schema)) }
                    " " @if is_required {
                        span.required { "required" }
                    } @else {
                        span.optional { "optional" }
                    }
                    @if is_deprecated { " " span.deprecated { "deprecated" } }
                }
                @if !limits.is_empty() {
                    div.limits { @for limit in limits { span.limit { (limit) } " " } }
                }
                (self.description(schema))
                (self.inner(schema, depth))
            }
        }
    }

    /// What a field's type holds, where it has no name of its own to be described under.
    fn inner(&self, schema: &Value, depth: usize) -> Markup {
        let item = ["items", "additionalProperties"].into_iter().filter_map(|key| schema.get(key));
        let branches = |key: &str| schema.get(key).and_then(Value::as_array);
        let lists = ["anyOf", "oneOf", "allOf"].into_iter().filter_map(branches).flatten();
        let has_values = schema.get("enum").is_some() && schema.get("description").is_some();
        html! {
            @if schema.get("properties").is_some() || lists.clone().any(needs_room) || has_values {
                (self.body(schema, None, depth + 1))
            } @else {
                @for item in item.filter(|item| needs_room(item)) {
                    p.note { "Each of them:" }
                    (self.body(item, None, depth + 1))
                }
            }
        }
    }

    fn values(&self, schema: &Value, values: &[Value]) -> Markup {
        let text = schema.get("description").and_then(Value::as_str).unwrap_or_default();
        let meanings: BTreeMap<&str, &str> = text.split("\n\n").filter_map(meaning).collect();
        let meaning = |value: &Value| meanings.get(value.as_str()?).copied();
        html! {
            @if let ([value], None) = (values, values.first().and_then(meaning)) {
                p.is { (literal(value)) }
            } @else if values.iter().any(|value| meaning(value).is_some()) {
                p.note { "One of:" }
                ul.values {
                    @for value in values {
                        li {
                            (literal(value))
                            @if let Some(meaning) = meaning(value) { (self.prose(meaning)) }
                        }
                    }
                }
            } @else {
                p.note.one {
                    "One of: "
                    @for (index, value) in values.iter().enumerate() {
                        @if index > 0 { " " }
                        (literal(value))
                    }
                }
            }
        }
    }

    fn union(&self, tag: &str, branches: &[&str], depth: usize) -> Markup {
        html! {
            p.note { "One of these, told apart by " code { (tag) } ":" }
            ul.branches {
                @for name in branches {
                    @let schema = self.index.def(name).unwrap_or(&Value::Null);
                    @let value = schema.pointer(&format!("/properties/{}/const", token(tag)));
                    @let is_here = self.index.home(name) == Some(Home::Union);
                    li id=[is_here.then(|| id("type", name))] {
                        div.head {
                            code.name { (tag) ": " (value.unwrap_or(&Value::Null)) }
                            " " @if is_here { span.type { (name) } } @else { (self.link(name)) }
                            @if schema.get("deprecated") == Some(&Value::Bool(true)) {
                                " " span.deprecated { "deprecated" }
                            }
                        }
                        @if is_here {
                            (self.description(schema))
                            (self.body(schema, Some(tag), depth + 1))
                        }
                    }
                }
            }
        }
    }

    fn branches(&self, key: &str, branches: &[Value], depth: usize) -> Markup {
        let is_here = |name: &&str| self.index.home(name) == Some(Home::Union);
        let here = |branch| plain_reference(branch).filter(is_here);
        html! {
            @if branches.iter().any(|branch| needs_room(branch) || here(branch).is_some()) {
                p.note { @if key == "allOf" { "All of:" } @else { "One of:" } }
                ul.branches {
                    @for branch in branches {
                        @if let Some(name) = here(branch) {
                            @let schema = self.index.def(name).unwrap_or(&Value::Null);
                            li id=(id("type", name)) {
                                div.head { span.type { (name) } }
                                (self.description(schema)) (self.body(schema, None, depth + 1))
                            }
                        } @else {
                            li { (self.description(branch)) (self.body(branch, None, depth + 1)) }
                        }
                    }
                }
            } @else {
                p.is {
                    @for (index, branch) in branches.iter().enumerate() {
                        @if index > 0 { @if key == "allOf" { " and " } @else { " or " } }
                        span.kind { (self.type_of(branch)) }
                        @for limit in self.limits(branch) { " " span.limit { (limit) } }
                    }
                }
            }
        }
    }
}

/// A paragraph such as "`admin`: May do anything." as the value and its description.
fn meaning(part: &str) -> Option<(&str, &str)> {
    part.strip_prefix('`')?.split_once("`: ")
}
