//! Places in a message, written like JSON paths.

/// A field of an object.
pub(crate) fn field(path: &str, name: &str) -> String {
    let is_plain = !name.is_empty()
        && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-')
        && !name.starts_with(|c: char| c.is_ascii_digit());
    if is_plain { format!("{path}.{name}") } else { format!("{path}[{name:?}]") }
}

/// The values of a map.
pub(crate) fn any_field(path: &str) -> String {
    format!("{path}.*")
}

/// The fields whose names match a pattern.
pub(crate) fn matching(path: &str, pattern: &str) -> String {
    format!("{path}[/{pattern}/]")
}

/// An item of a tuple.
pub(crate) fn item(path: &str, index: usize) -> String {
    format!("{path}[{index}]")
}

/// The items of a list.
pub(crate) fn any_item(path: &str) -> String {
    format!("{path}[*]")
}

/// What stands as JSON in a string.
pub(crate) fn content(path: &str) -> String {
    format!("{path}(JSON)")
}

/// A branch of a union.
pub(crate) fn branch(path: &str, label: &str) -> String {
    format!("{path}({label})")
}
