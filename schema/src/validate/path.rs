//! Places in a message: `data.user.tags[2]`.

use std::fmt::Write;

use super::describe::short;

/// How many characters of a key are shown.
const MOST_OF_KEY: usize = 60;

/// A key at the end of a path: `user` gives `data.user`, `a b` gives `data["a b"]`.
pub fn push_key(path: &mut String, key: &str) {
    let is_word = |c: char| c.is_alphanumeric() || "_-$".contains(c);
    if !key.is_empty() && key.chars().all(is_word) {
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(&short(key, MOST_OF_KEY));
    } else {
        let _ = write!(path, "[{:?}]", short(key, MOST_OF_KEY));
    }
}

/// An index at the end of a path: `data.tags[2]`.
pub fn push_index(path: &mut String, index: usize) {
    let _ = write!(path, "[{index}]");
}
