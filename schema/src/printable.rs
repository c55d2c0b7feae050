//! Text from outside, made safe to print.

use std::fmt::{self, Write};

/// Shows a text with its control characters escaped, and with those that change the direction of
/// writing: what a contract or a peer says can't steer a terminal, nor look like something else.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Printable<'a>(pub(crate) &'a str);

impl fmt::Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| match escaped(c) {
            Some(escaped) => escaped.fmt(f),
            None => f.write_char(c),
        })
    }
}

/// How a character is written that must not be printed as it is; `None` for all others.
pub(crate) fn escaped(c: char) -> Option<std::char::EscapeDefault> {
    let changes_direction = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    (c.is_control() || changes_direction).then(|| c.escape_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_and_changes_of_direction_are_escaped() {
        let text = Printable("a\u{1b}[1mé\n\u{202e}\u{2069}→").to_string();
        assert_eq!(text, r"a\u{1b}[1mé\n\u{202e}\u{2069}→");
    }
}
