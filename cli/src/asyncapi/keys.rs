//! Keys of components, and references to them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

/// The one channel's name.
pub(super) const CHANNEL: &str = "socket";

/// A reference to a place in the document. Keys are legal component keys: nothing needs escaping.
pub(super) fn reference(path: &[&str]) -> Value {
    json!({ "$ref": format!("#/{}", path.join("/")) })
}

/// The keys under which definitions stand: their names, in the letters that AsyncAPI allows.
pub(super) fn keys<'a>(defs: impl Iterator<Item = &'a str>) -> BTreeMap<&'a str, String> {
    let defs: BTreeSet<&str> = defs.collect();
    let is_legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    // A name that is legal as it stands keeps it, whatever the others become.
    let mut taken: BTreeSet<String> =
        defs.iter().filter(|def| is_key(def)).map(|def| (*def).to_owned()).collect();
    let mut keys = BTreeMap::new();
    // The number that comes next for each stem: many names may have one.
    let mut numbers: BTreeMap<String, u64> = BTreeMap::new();
    for def in defs {
        if is_key(def) {
            keys.insert(def, def.to_owned());
            continue;
        }
        let mut key: String = def.chars().map(|c| if is_legal(c) { c } else { '_' }).collect();
        if key.is_empty() {
            key.push('_');
        }
        let stem = key.clone();
        let number = numbers.entry(stem.clone()).or_insert(2);
        while !taken.insert(key.clone()) {
            key = format!("{stem}{number}");
            *number += 1;
        }
        keys.insert(def, key);
    }
    keys
}

fn is_key(name: &str) -> bool {
    !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
}
