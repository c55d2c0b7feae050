//! Patterns that other languages understand: JSON Schema's are those of ECMA-262 (JavaScript) in Unicode mode.

mod case;
mod class;
mod ecma;

use serde_json::Value;

use self::ecma::to_ecma;
use super::error::Warning;
use crate::json_schema::{reference, walk::each_child};

/// Rewrites the patterns that only Rust understands. Each is a warning, also where it can't be rewritten.
pub(super) fn rewrite_all(root: &mut Value, warnings: &mut Vec<Warning>) {
    let Some(defs) = root.get_mut("$defs").and_then(Value::as_object_mut) else { return };
    for (name, schema) in defs {
        rewrite(schema, &reference::pointer(name), warnings);
    }
}

fn rewrite(schema: &mut Value, place: &str, warnings: &mut Vec<Warning>) {
    let Value::Object(map) = schema else { return };
    let mut rewritten = |pattern: &str| {
        let (published, how) = match to_ecma(pattern) {
            Ok(same) if same == pattern => return None,
            Ok(other) => {
                let how = format!("it is published as {other:?}");
                (Some(other), how)
            }
            Err(reason) => (None, format!("it is published as it is, with {reason}")),
        };
        warnings.push(Warning::new(format!(
            "the pattern {pattern:?} in `{place}` is Rust's alone, and JSON Schema's are JavaScript's: \
             {how}"
        )));
        published
    };
    if let Some(Value::String(pattern)) = map.get_mut("pattern")
        && let Some(other) = rewritten(pattern)
    {
        *pattern = other;
    }
    if let Some(Value::Object(patterns)) = map.get_mut("patternProperties") {
        let known = std::mem::take(patterns);
        for (pattern, schema) in known {
            patterns.insert(rewritten(&pattern).unwrap_or(pattern), schema);
        }
    }
    each_child(map, &mut |child| rewrite(child, place, warnings));
}
