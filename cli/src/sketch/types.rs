//! Payloads as Rust types.

use std::{collections::BTreeMap, fmt::Write};

use super::{
    names::{Names, camel, field, pascal, singular, snake},
    shape::{Members, Shape},
};

/// Any JSON value.
const ANY: &str = "serde_json::Value";

/// The type of a value, and what a person should know of it.
#[derive(Debug)]
pub(super) struct Typed {
    pub(super) name: String,
    /// Whether `null` was among the values.
    pub(super) is_nullable: bool,
    pub(super) note: Option<String>,
}

impl Typed {
    fn plain(name: &str) -> Self {
        Self { name: name.to_owned(), is_nullable: false, note: None }
    }

    fn noted(name: &str, note: impl Into<String>) -> Self {
        Self { note: Some(note.into()), ..Self::plain(name) }
    }

    /// The type where a value may be null or missing.
    pub(super) fn optional(&self, is_optional: bool) -> String {
        // `Value` has a null of its own; it still has to be an `Option` to be left out.
        if is_optional { format!("Option<{}>", self.name) } else { self.name.clone() }
    }
}

/// The structs of a sketch.
pub(super) struct Types {
    names: Names,
    /// The names of structs by what is in them and by what they are called for, so that equal ones are one.
    known: BTreeMap<(String, String), String>,
    /// The structs as source, in the order in which a reader meets them.
    pub(super) structs: Vec<String>,
    pub(super) uses_maps: bool,
    pub(super) uses_integers: bool,
}

impl Types {
    pub(super) fn new(contract: &str) -> Self {
        Self {
            names: Names::of_types(contract),
            known: BTreeMap::new(),
            structs: Vec::new(),
            uses_maps: false,
            uses_integers: false,
        }
    }

    /// The type of the values of this shape; `path` is what a struct would be called.
    pub(super) fn of(&mut self, shape: &Shape, path: &str, own: &str) -> Typed {
        let mut typed = match shape.kinds()[..] {
            [] if shape.count == 0 => Typed::noted(ANY, "no value was captured"),
            [] => Typed::noted(ANY, "null in every frame"),
            ["an object"] => self.object(shape, path, own),
            ["an array"] => self.list(shape, path, own),
            ["a boolean"] => Typed::plain("bool"),
            ["a string"] => text(shape),
            ["a number"] => number(shape),
            ref kinds => Typed::noted(ANY, format!("{} here", kinds.join(" or "))),
        };
        typed.is_nullable = shape.has_null;
        self.uses_integers |= typed.name == "i64";
        typed
    }

    fn object(&mut self, shape: &Shape, path: &str, own: &str) -> Typed {
        let Some(members) = &shape.object else { return Typed::plain(ANY) };
        if !members.are_data() {
            return Typed::plain(&self.members(members, path, own));
        }
        self.uses_maps = true;
        let values = self.of(&members.values(), &format!("{path}Value"), own);
        Typed {
            name: format!("BTreeMap<String, {}>", values.optional(values.is_nullable)),
            is_nullable: false,
            note: values.note,
        }
    }

    fn list(&mut self, shape: &Shape, path: &str, own: &str) -> Typed {
        let Some(items) = &shape.items else { return Typed::plain(ANY) };
        if items.count == 0 {
            return Typed::noted(&format!("Vec<{ANY}>"), "empty in every frame");
        }
        let one = pascal(&singular(&snake(own)));
        // `ChatTrades` holds `ChatTrade`.
        let stem = path.strip_suffix(&pascal(own)).unwrap_or(path);
        let typed = self.of(items, &format!("{stem}{one}"), &singular(&snake(own)));
        Typed {
            name: format!("Vec<{}>", typed.optional(typed.is_nullable)),
            is_nullable: false,
            note: typed.note,
        }
    }

    /// A struct with these members, by its name.
    pub(super) fn members(&mut self, members: &Members, path: &str, own: &str) -> String {
        // The struct stands before those of its fields.
        let place = self.structs.len();
        self.structs.push(String::new());
        let path =
            &if self.names.is_reserved(path) { format!("{path}Payload") } else { path.to_owned() };
        let body = self.fields(members, path);
        let key = (pascal(own), body);
        if let Some(known) = self.known.get(&key).filter(|_| !members.list.is_empty()) {
            self.structs.truncate(place);
            return known.clone();
        }
        let name = self.names.give(path, "");
        let (_, body) = &key;
        let attributes =
            body.strip_prefix("#[serde").map_or("", |_| body.lines().next().unwrap_or(""));
        let fields = body[attributes.len()..].trim_start_matches('\n');
        let line = if attributes.is_empty() { String::new() } else { format!("{attributes}\n") };
        let fields = if fields.is_empty() { "{}".to_owned() } else { format!("{{\n{fields}}}") };
        self.structs[place] = format!(
            "#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]\n{line}pub struct {name} {fields}\n"
        );
        self.known.insert(key, name.clone());
        name
    }

    /// The fields of a struct as source, with an attribute for all of them ahead where one serves.
    fn fields(&mut self, members: &Members, path: &str) -> String {
        let mut names = Names::default();
        let fields: Vec<String> =
            members.list.iter().map(|(key, _)| names.give(&snake(key), "_")).collect();
        let keys = || members.list.iter().map(|(key, _)| key.as_str());
        let own = fields.iter().zip(keys()).filter(|(field, key)| field == key).count();
        let camels = fields.iter().zip(keys()).filter(|(field, key)| camel(field) == *key).count();
        let is_camel = camels > own;
        let mut body = String::new();
        if is_camel {
            body.push_str("#[serde(rename_all = \"camelCase\")]\n");
        }
        for (name, (key, shape)) in fields.iter().zip(&members.list) {
            let own = pascal(key);
            let inner = if path == own { format!("{path}Body") } else { format!("{path}{own}") };
            let typed = self.of(shape, &inner, key);
            let is_missing = shape.count < members.count;
            let identifier = field(name);
            let plain = identifier.trim_start_matches("r#");
            let written = if is_camel { camel(plain) } else { plain.to_owned() };
            let mut serde = Vec::new();
            if written != *key {
                serde.push(format!("rename = {key:?}"));
            }
            if is_missing {
                serde.push("skip_serializing_if = \"Option::is_none\"".to_owned());
            }
            if let Some(note) = &typed.note {
                let _ = writeln!(body, "    // {note}");
            }
            if !serde.is_empty() {
                let _ = writeln!(body, "    #[serde({})]", serde.join(", "));
            }
            let kind = typed.optional(is_missing || typed.is_nullable);
            let _ = writeln!(body, "    pub {identifier}: {kind},");
        }
        body
    }
}

fn text(shape: &Shape) -> Typed {
    let Some(texts) = &shape.texts else { return Typed::plain("String") };
    if texts.json > 0 {
        let how_many = if texts.json == texts.count { "always" } else { "sometimes" };
        return Typed::noted(
            "String",
            format!("{how_many} JSON as text: `wirebond::JsonText<T>` reads it"),
        );
    }
    match texts.few() {
        Some(1) => Typed::noted("String", "the same in every frame"),
        Some(few) => Typed::noted("String", format!("{few} different values: an enum?")),
        None => Typed::plain("String"),
    }
}

fn number(shape: &Shape) -> Typed {
    let numbers = shape.numbers.unwrap_or_default();
    if numbers.has_fraction || numbers.is_wide && numbers.has_negative {
        return Typed::plain("f64");
    }
    Typed::plain(if numbers.is_wide { "u64" } else { "i64" })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn sketched(values: &[&str]) -> (String, String) {
        let mut shape = Shape::default();
        for value in values {
            shape.add(&serde_json::from_str(value).unwrap());
        }
        let mut types = Types::new("App");
        let typed = types.of(&shape, "It", "It");
        (typed.optional(typed.is_nullable), types.structs.concat())
    }

    #[test]
    fn each_shape_has_its_type() {
        for (values, expected) in [
            (&["1", "2"][..], "i64"),
            (&["1", "-2.5"], "f64"),
            (&["18446744073709551615"], "u64"),
            (&["18446744073709551615", "-1"], "f64"),
            (&["true", "null"], "Option<bool>"),
            (&["null"], "Option<serde_json::Value>"),
            (&["1", "\"x\""], "serde_json::Value"),
            (&["[]"], "Vec<serde_json::Value>"),
            (&["[1,null]"], "Vec<Option<i64>>"),
            (&["[[0.1,2]]"], "Vec<Vec<f64>>"),
            (&[r#"{"7":1,"8":null}"#], "BTreeMap<String, Option<i64>>"),
        ] {
            assert_eq!(sketched(values).0, expected, "{values:?}");
        }
    }

    #[test]
    fn fields_are_optional_where_they_are_missing_and_null() {
        let (name, structs) = sketched(&[
            r#"{"orderId":1,"type":"a","t":1,"T":null,"self":[{"x":1}]}"#,
            r#"{"orderId":1,"type":"b","t":1,"T":2,"who":{"x":1}}"#,
        ]);
        assert_eq!(name, "It");
        assert_eq!(
            structs,
            "\
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = \"camelCase\")]
pub struct It {
    pub order_id: i64,
    pub r#type: String,
    pub t: i64,
    #[serde(rename = \"T\")]
    pub t_2: Option<i64>,
    #[serde(skip_serializing_if = \"Option::is_none\")]
    pub self_: Option<Vec<ItSelfItem>>,
    #[serde(skip_serializing_if = \"Option::is_none\")]
    pub who: Option<ItWho>,
}
"
            .to_owned()
                + "\
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ItSelfItem {
    pub x: i64,
}
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ItWho {
    pub x: i64,
}
"
        );
    }
}
