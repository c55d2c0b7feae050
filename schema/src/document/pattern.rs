//! Patterns that other languages read: JSON Schema's are those of ECMA-262 (JavaScript) in Unicode mode.

mod class;
mod ecma;

use serde_json::Value;

use self::ecma::to_ecma;
use super::{
    generate::Warning,
    walk::{each_child, token},
};

/// Rewrites the patterns that only Rust takes, and warns of each: also of those that can't be rewritten.
pub(super) fn portable(root: &mut Value, warnings: &mut Vec<Warning>) {
    let Some(defs) = root.get_mut("$defs").and_then(Value::as_object_mut) else { return };
    for (name, schema) in defs {
        within(schema, &format!("/$defs/{}", token(name)), warnings);
    }
}

fn within(schema: &mut Value, place: &str, warnings: &mut Vec<Warning>) {
    let Value::Object(map) = schema else { return };
    let mut rewrite = |pattern: &str| {
        let (rewritten, words) = match to_ecma(pattern) {
            Ok(same) if same == pattern => return None,
            Ok(other) => {
                let words = format!("it is published as {other:?}");
                (Some(other), words)
            }
            Err(reason) => (None, format!("it is published as it is, with {reason}")),
        };
        warnings.push(Warning::new(format!(
            "the pattern {pattern:?} in `{place}` is Rust's alone, and JSON Schema's are JavaScript's: \
             {words}"
        )));
        rewritten
    };
    if let Some(Value::String(pattern)) = map.get_mut("pattern")
        && let Some(other) = rewrite(pattern)
    {
        *pattern = other;
    }
    if let Some(Value::Object(patterns)) = map.get_mut("patternProperties") {
        let known = std::mem::take(patterns);
        for (pattern, schema) in known {
            patterns.insert(rewrite(&pattern).unwrap_or(pattern), schema);
        }
    }
    each_child(map, &mut |child| within(child, place, warnings));
}
