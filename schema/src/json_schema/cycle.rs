//! Definitions that consist of nothing but themselves.

use std::{borrow::Cow, collections::HashMap};

use serde_json::{Map, Value};

use super::{keyword, reference, walk};

/// A definition that leads back to itself without a field or an item between: it constrains nothing, and a
/// validator that follows it never ends. Returns the names on the way, in order.
pub(crate) fn find(definitions: &Map<String, Value>) -> Option<Vec<String>> {
    let edges: HashMap<&str, Vec<Cow<'_, str>>> = definitions
        .iter()
        .map(|(name, schema)| {
            let mut found = Vec::new();
            in_place(schema, &mut found);
            (name.as_str(), found)
        })
        .collect();
    // Depth first without recursion: a file may chain as many definitions as it likes.
    let mut done = HashMap::new();
    for start in definitions.keys().map(String::as_str) {
        let mut way = vec![(start, 0)];
        while let Some((name, next)) = way.pop() {
            if next == 0 && done.insert(name, false).is_some_and(|is_done| is_done) {
                done.insert(name, true);
                continue;
            }
            let Some(to) = edges.get(name).and_then(|edges| edges.get(next)).map(|to| &**to) else {
                done.insert(name, true);
                continue;
            };
            way.push((name, next + 1));
            match done.get(to) {
                Some(true) => {}
                Some(false) => {
                    let from = way.iter().position(|(on_way, _)| *on_way == to)?;
                    let names = way[from..].iter().map(|(name, _)| (*name).to_owned());
                    return Some(names.chain([to.to_owned()]).collect());
                }
                None => way.push((to, 0)),
            }
        }
    }
    None
}

/// The definitions that judge the same value as this schema.
fn in_place<'a>(schema: &'a Value, found: &mut Vec<Cow<'a, str>>) {
    let Value::Object(map) = schema else { return };
    found.extend(reference::name_in(schema));
    for child in walk::children(map).filter(|child| keyword::is_in_place(child.keyword)) {
        in_place(child.schema, found);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn cycle(defs: Value) -> Option<String> {
        let Value::Object(defs) = defs else { panic!("an object") };
        find(&defs).map(|names| names.join(" "))
    }

    #[test]
    fn only_a_circle_without_a_step_into_the_value_is_one() {
        let to = |name: &str| json!({ "$ref": format!("#/$defs/{name}") });
        assert_eq!(cycle(json!({ "A": to("A") })).as_deref(), Some("A A"));
        let long =
            json!({ "A": to("B"), "B": { "anyOf": [{ "type": "null" }, to("C")] }, "C": to("B") });
        assert_eq!(cycle(long).as_deref(), Some("B C B"));
        assert_eq!(cycle(json!({ "A": { "items": to("A") } })), None);
        let diamond =
            json!({ "A": { "allOf": [to("B"), to("C")] }, "B": to("D"), "C": to("D"), "D": {} });
        assert_eq!(cycle(diamond), None);
        // Not a keyword, but a property's name.
        assert_eq!(
            cycle(json!({ "A": { "properties": { "$ref": to("A"), "anyOf": to("A") } } })),
            None
        );
    }

    #[test]
    fn long_chains_are_no_danger() {
        let mut defs = Map::new();
        for n in 0..100_000 {
            defs.insert(format!("D{n}"), json!({ "$ref": format!("#/$defs/D{}", n + 1) }));
        }
        assert_eq!(find(&defs), None);
        defs.insert("D100000".to_owned(), json!({ "$ref": "#/$defs/D0" }));
        assert!(find(&defs).is_some());
    }
}
