//! Text from outside, made safe to print.

use std::fmt::{self, Write};

/// Shows a text with its invisible characters escaped: a text of a contract or a peer can't steer a
/// terminal, nor look like something else.
#[derive(Debug, Clone, Copy)]
pub struct Printable<'a>(pub &'a str);

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
    is_invisible(c).then(|| c.escape_default())
}

/// Whether a character doesn't show, or changes how others do: control characters, line ends that editors
/// don't show, and what turns the direction of text.
pub fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(c, '\u{61c}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
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
