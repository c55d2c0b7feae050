//! Names in Rust for what has names on the wire.

use std::collections::BTreeSet;

/// Types that the sketch itself names, what would hide a name that derives or readers expect, and the lists of
/// messages that a contract's document has.
const TYPES: [&str; 28] = [
    "BTreeMap",
    "Box",
    "ClientMessage",
    "Clone",
    "Contract",
    "Copy",
    "Debug",
    "Default",
    "Deserialize",
    "Err",
    "Fn",
    "From",
    "Into",
    "Iterator",
    "JsonSchema",
    "None",
    "Ok",
    "Option",
    "Result",
    "Self",
    "Send",
    "Serialize",
    "ServerMessage",
    "Some",
    "String",
    "Sync",
    "Value",
    "Vec",
];
/// Endings of the types that the derive generates, behind the name of the contract.
const GENERATED: [&str; 9] =
    ["", "Client", "Handler", "Server", "Service", "Peer", "Opening", "Builder", "Target"];
/// What a message's methods would share with the client's own: `on_error` and the like.
const METHODS: [&str; 6] = ["open", "close", "error", "reconnect", "reconnect_failed", "unknown"];
const KEYWORDS: &str = "
    abstract as async await become box break const continue crate do dyn else enum extern false final fn for
    gen if impl in let loop macro match mod move mut override priv pub ref return self static struct super
    trait true try type typeof unsafe unsized use virtual where while yield
";

/// The words of a name: `phx_join`, `MESSAGE_CREATE`, `l2Book`, `session.update`.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let (mut word, mut last) = (String::new(), ' ');
    let chars: Vec<char> = name.chars().collect();
    for (place, &c) in chars.iter().enumerate() {
        if c.is_ascii_alphanumeric() {
            let next_is_lower = chars.get(place + 1).is_some_and(char::is_ascii_lowercase);
            let begins = c.is_ascii_uppercase()
                && (last.is_ascii_lowercase()
                    || last.is_ascii_digit()
                    || last.is_ascii_uppercase() && next_is_lower);
            if begins {
                words.push(std::mem::take(&mut word));
            }
            word.push(c.to_ascii_lowercase());
        } else {
            words.push(std::mem::take(&mut word));
        }
        last = c;
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

/// A type's or a variant's name for a name on the wire: `phx_join` is `PhxJoin`.
pub(super) fn pascal(name: &str) -> String {
    let mut pascal = String::new();
    for word in words(name) {
        let mut chars = word.chars();
        pascal.extend(chars.next().map(|c| c.to_ascii_uppercase()));
        pascal.push_str(chars.as_str());
    }
    match pascal.chars().next() {
        None => "Unnamed".to_owned(),
        Some(c) if c.is_ascii_digit() => format!("N{pascal}"),
        Some(_) => pascal,
    }
}

/// A field's name for a key, without regard to keywords.
pub(super) fn snake(name: &str) -> String {
    let snake = words(name).join("_");
    match snake.chars().next() {
        None => "unnamed".to_owned(),
        Some(c) if c.is_ascii_digit() => format!("n{snake}"),
        Some(_) => snake,
    }
}

/// What serde's `rename_all = "camelCase"` makes of a field's name.
pub(super) fn camel(field: &str) -> String {
    let mut camel = String::new();
    let mut begins = false;
    for c in field.chars() {
        if c == '_' {
            begins = true;
        } else if std::mem::take(&mut begins) {
            camel.push(c.to_ascii_uppercase());
        } else {
            camel.push(c);
        }
    }
    camel
}

/// The wire name that a variant has by itself: kebab-case as serde has it.
pub(super) fn kebab(variant: &str) -> String {
    let mut kebab = String::new();
    for (place, c) in variant.char_indices() {
        if place > 0 && c.is_ascii_uppercase() {
            kebab.push('-');
        }
        kebab.push(c.to_ascii_lowercase());
    }
    kebab
}

/// A field's name as source: keywords are raw identifiers.
pub(super) fn field(name: &str) -> String {
    match name {
        "self" | "super" | "crate" => format!("{name}_"),
        _ if is_keyword(name) => format!("r#{name}"),
        _ => name.to_owned(),
    }
}

fn is_keyword(name: &str) -> bool {
    KEYWORDS.split_whitespace().any(|word| word == name)
}

/// The suffix of a message's methods, where its own would be one of the client's.
pub(super) fn method(variant: &str) -> Option<String> {
    let own = snake(variant);
    METHODS.contains(&own.as_str()).then(|| format!("{own}_message"))
}

/// Names that were given, so that each is given once.
#[derive(Debug, Default)]
pub(super) struct Names(BTreeSet<String>);

impl Names {
    /// Names for types beside a contract of this name.
    pub(super) fn of_types(contract: &str) -> Self {
        let generated = GENERATED.iter().map(|ending| format!("{contract}{ending}"));
        Self(TYPES.iter().map(|name| (*name).to_owned()).chain(generated).collect())
    }

    /// Names for variants.
    pub(super) fn of_variants() -> Self {
        Self(BTreeSet::from(["Self".to_owned()]))
    }

    /// Whether it belongs to the language or to what the derive generates.
    pub(super) fn is_reserved(&self, name: &str) -> bool {
        TYPES.contains(&name) && self.0.contains(name)
    }

    /// This name, or one like it that is free.
    pub(super) fn give(&mut self, name: &str, separator: &str) -> String {
        let free = (1_u32..).map(|number| match number {
            1 => name.to_owned(),
            _ => format!("{name}{separator}{number}"),
        });
        let given = free.into_iter().find(|name| !self.0.contains(name)).unwrap_or_default();
        self.0.insert(given.clone());
        given
    }
}

/// The name of one of many: `trades` are of the type `Trade`.
pub(super) fn singular(name: &str) -> String {
    match name.strip_suffix('s') {
        Some(one) if one.len() > 2 && !one.ends_with(['s', 'u']) => {
            one.strip_suffix("ie").map_or_else(|| one.to_owned(), |stem| format!("{stem}y"))
        }
        _ => format!("{name}_item"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_wire_become_names_of_rust() {
        for (wire, type_name, field_name) in [
            ("phx_join", "PhxJoin", "phx_join"),
            ("MESSAGE_CREATE", "MessageCreate", "message_create"),
            ("l2Book", "L2Book", "l2_book"),
            ("session.update", "SessionUpdate", "session_update"),
            (
                "pusher_internal:member_added",
                "PusherInternalMemberAdded",
                "pusher_internal_member_added",
            ),
            ("T", "T", "t"),
            ("HTTPError", "HttpError", "http_error"),
            ("requestId", "RequestId", "request_id"),
            ("24h", "N24h", "n24h"),
            ("+", "Unnamed", "unnamed"),
            ("größe", "GrE", "gr_e"),
        ] {
            assert_eq!((pascal(wire).as_str(), snake(wire).as_str()), (type_name, field_name));
        }
        assert_eq!(camel("request_id"), "requestId");
        assert_eq!(kebab("PhxJoin"), "phx-join");
        assert_eq!([field("type"), field("self"), field("a")], ["r#type", "self_", "a"]);
        assert_eq!(
            ["trades", "entries", "status", "news", "s"].map(singular),
            ["trade", "entry", "status_item", "new", "s_item"]
        );
        let mut names = Names::of_types("App");
        assert_eq!(names.give("AppClient", ""), "AppClient2");
        assert_eq!([names.give("A", ""), names.give("A", "")], ["A", "A2"]);
    }
}
