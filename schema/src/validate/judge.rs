//! A value against its schema, whatever its size.

use std::thread;

use serde_json::Value;

use super::{explain, rejection::Fault};

/// How deep a message may be nested to be checked on the caller's stack.
const SHALLOW: usize = 12;
/// The stack for deeper ones, in bytes. The deepest that JSON's reader lets through takes 8 MiB without
/// optimization, against a contract as deep as one may be.
const STACK: usize = 64 << 20;

/// How many values a message may have for its faults to be searched: each value may have one.
const MOST_EXPLAINED: usize = 100_000;

/// How large a value is.
#[derive(Debug, Clone, Copy)]
struct Size {
    depth: usize,
    values: usize,
}

impl Size {
    fn of(value: &Value) -> Self {
        let around = |inside: Self, inner: &Value| {
            let Self { depth, values } = Self::of(inner);
            Self { depth: inside.depth.max(depth + 1), values: inside.values + values }
        };
        let alone = Self { depth: 0, values: 1 };
        match value {
            Value::Array(items) => items.iter().fold(alone, around),
            Value::Object(map) => map.values().fold(alone, around),
            _ => alone,
        }
    }
}

/// What is wrong with a value by its schema. `content` is the key of the payload in it, if it has one.
pub(super) fn faults(
    root: &Value,
    validator: &jsonschema::Validator,
    value: &Value,
    content: Option<&str>,
) -> Vec<Fault> {
    let size = Size::of(value);
    on_enough_stack(size, || {
        if validator.is_valid(value) {
            Vec::new()
        } else if size.values > MOST_EXPLAINED {
            vec![too_large(size, content)]
        } else {
            explain::faults(root, validator, value)
        }
    })
}

/// Whether a value is as its schema says.
pub(super) fn is_valid(validator: &jsonschema::Validator, value: &Value) -> bool {
    let rejected = || vec![Fault::new("", "")];
    let check = || if validator.is_valid(value) { Vec::new() } else { rejected() };
    on_enough_stack(Size::of(value), check).is_empty()
}

fn too_large(size: Size, content: Option<&str>) -> Fault {
    let message = format!(
        "expected what the message's schema asks for, found {} values of which some are wrong: more \
         than {MOST_EXPLAINED} are not looked through",
        size.values
    );
    Fault::new(content.unwrap_or_default(), message)
}

/// Checks on the caller's stack, or on a larger one where the message is nested so deeply that the
/// recursion might not fit.
fn on_enough_stack(size: Size, check: impl FnOnce() -> Vec<Fault> + Send) -> Vec<Fault> {
    if size.depth <= SHALLOW {
        return check();
    }
    let rejected = || vec![Fault::new("", "expected less nesting: there is no memory to check it")];
    thread::scope(|scope| {
        let thread = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, check);
        thread.map_or_else(|_| rejected(), |thread| thread.join().unwrap_or_else(|_| rejected()))
    })
}
