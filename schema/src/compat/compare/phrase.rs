//! Parts of the sentences that a report consists of.

use serde_json::Value;

/// `key` with the value before and the value after.
pub(crate) fn changed(key: &str, old: Option<&Value>, new: Option<&Value>) -> String {
    match (old.map(short), new.map(short)) {
        (None, Some(new)) => format!("`{key}` is {new} now; there was none"),
        (Some(old), None) => format!("`{key}` was {old}; there is none now"),
        (old, new) => {
            format!("`{key}` {} → {}", old.unwrap_or_default(), new.unwrap_or_default())
        }
    }
}

/// A value in few characters.
pub(crate) fn short(value: &Value) -> String {
    const MOST: usize = 40;
    let text = value.to_string();
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// The first of them as a list.
pub(crate) fn some_of(values: &[String]) -> String {
    const MOST: usize = 5;
    let first: Vec<_> = values.iter().take(MOST).map(String::as_str).collect();
    let more = values.len().saturating_sub(MOST);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", first.join(", "))
}
