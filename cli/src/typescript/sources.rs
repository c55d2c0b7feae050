//! The client's code, which uses the types and tables that are written above it: the same for every
//! contract whose messages stand on the wire in wirebond's own form, and the same for all others.

use super::Int64;

macro_rules! sources {
    ($($name:literal)*) => {
        &[$(include_str!(concat!($name, ".ts"))),*]
    };
}

/// For wirebond's own form.
const DEFAULT: &[&str] = sources!(
    "api" "calls" "answers" "client" "attempts" "opening" "holds" "heartbeat" "receiver" "handlers" "outbox"
    "sender" "outgoing" "session" "contract" "link" "settings" "closes" "rules" "frames" "values"
);

/// For any other form: without sessions, and without calls of the server's.
const FOREIGN: &[&str] = sources!(
    "api" "calls" "client" "attempts" "opening" "holds" "heartbeat" "form/receiver" "handlers" "outbox"
    "form/sender" "settings" "closes" "rules" "form/codec" "values"
);

/// The client.
pub(super) fn client(is_default: bool) -> String {
    let sources = if is_default { DEFAULT } else { FOREIGN };
    sources.iter().map(|source| select(source, is_default) + "\n").collect()
}

/// How it reads and writes JSON.
pub(super) fn json(int64: Int64, is_default: bool) -> String {
    let sources: &[&str] = match int64 {
        Int64::Number => sources!("json"),
        Int64::BigInt => sources!("json_wide" "bigint"),
        Int64::String => sources!("json_wide" "string"),
    };
    sources.iter().map(|source| select(source, is_default)).collect()
}

/// A source without the lines that are for other forms: those between `//#default` or `//#foreign` and
/// `//#end`.
fn select(source: &str, is_default: bool) -> String {
    let mut text = String::with_capacity(source.len());
    let mut is_selected = true;
    for line in source.lines() {
        match line.strip_prefix("//#") {
            Some("default") => is_selected = is_default,
            Some("foreign") => is_selected = !is_default,
            Some(_) => is_selected = true,
            None if is_selected => {
                text.push_str(line);
                text.push('\n');
            }
            None => {}
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_gets_its_own_lines() {
        let source = "a\n//#default\nb\n//#end\nc\n//#foreign\nd\n//#end\ne\n";
        assert_eq!([true, false].map(|is| select(source, is)), ["a\nb\nc\ne\n", "a\nc\nd\ne\n"]);
        for source in DEFAULT.iter().chain(FOREIGN) {
            let marks = source.lines().filter_map(|line| line.strip_prefix("//#"));
            let marks: Vec<_> = marks.collect();
            for pair in marks.chunks(2) {
                assert!(matches!(pair, ["default" | "foreign", "end"]), "{pair:?}");
            }
        }
    }
}
